// Reader of the debugfs file `htab` of a Book3S HV machine (/sys/kernel/debug/kvm/…/htab). One line for each used slot:
//
//     80 0000002002000001 0400000004cc0112 0000000001010112
//
// index (hex, right-aligned), HPTE dword 0, dword 1, and the guest's view of dword 1, all raw as in memory.

import { hexDigit, textOf } from './byteCursor';
import { HtabDump } from './htabDump';
import { LineSplitter } from './lineSplitter';
import { type InputProblem, ProblemList } from './problem';

/** A dump and what was wrong with its file. An empty file is an empty table. */
export interface HtabTextFile {
  readonly file: string;
  readonly dump: HtabDump;
  readonly problems: readonly InputProblem[];
}

/** Push reader of a debugfs `htab` text. */
export class HtabTextReader {
  readonly #dump = new HtabDump();
  readonly #problems: ProblemList;
  readonly #lines = new LineSplitter((bytes, start, end, line, ended) => this.#take(bytes, start, end, line, ended));
  #last = -1;
  /** hi and lo of each of the line's four numbers. */
  readonly #words = new Uint32Array(8);

  constructor(readonly file: string) {
    this.#problems = new ProblemList(file);
  }

  /** Takes the next bytes of the file. */
  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** Ends the file. */
  end(): HtabTextFile {
    this.#lines.end();
    return { file: this.file, dump: this.#dump, problems: this.#problems.list() };
  }

  #take(bytes: Uint8Array, start: number, end: number, line: number, ended: boolean): void {
    const words = this.#words;
    let p = start;
    for (let field = 0; field < 4; field++) {
      while (p < end && bytes[p] === 32) {
        p++;
      }
      if (p === end && field === 0) {
        return;
      }
      const from = p;
      let hi = 0;
      let lo = 0;
      for (; p < end; p++) {
        const digit = hexDigit(bytes[p] as number);
        if (digit < 0) {
          break;
        }
        hi = ((hi << 4) | (lo >>> 28)) >>> 0;
        lo = ((lo << 4) | digit) >>> 0;
      }
      const digits = p - from;
      const behind = p < end ? bytes[p] : 32;
      if (digits === 0 || digits > 16 || behind !== 32) {
        this.#wrong(bytes, start, end, line, p - start + 1, field, ended);
        return;
      }
      words[field * 2] = hi;
      words[field * 2 + 1] = lo;
    }
    while (p < end && (bytes[p] as number) <= 32) {
      p++;
    }
    if (p < end) {
      this.#problems.add('error', 'expected the end of the line after four hexadecimal numbers', {
        line,
        column: p - start + 1,
      });
      return;
    }
    if (!ended && p - start < 4 + 3 * 17) {
      this.#cut(line);
      return;
    }
    this.#add(line);
  }

  #add(line: number): void {
    const words = this.#words;
    const index = words[1] as number;
    if (words[0] !== 0) {
      this.#problems.add('error', 'the HPTE index does not fit 32 bits', { line, column: 1 });
      return;
    }
    if (index <= this.#last) {
      const message = `HPTE index 0x${index.toString(16)} is not above the one before (0x${this.#last.toString(16)}); ignored`;
      this.#problems.add('error', message, { line, column: 1 });
      return;
    }
    this.#last = index;
    const word = (i: number): number => words[i] as number;
    this.#dump.add(index, word(2), word(3), word(4), word(5), word(6), word(7));
  }

  #wrong(
    bytes: Uint8Array,
    start: number,
    end: number,
    line: number,
    column: number,
    field: number,
    ended: boolean,
  ): void {
    if (!ended) {
      this.#cut(line);
      return;
    }
    const what = ['the HPTE index', 'HPTE dword 0', 'HPTE dword 1', "the guest's view of dword 1"][field] ?? '';
    const seen = textOf(bytes, start, Math.min(end, start + 60));
    this.#problems.add(
      'error',
      `expected ${what} as a hexadecimal number of at most 16 digits in ${JSON.stringify(seen)}`,
      {
        line,
        column,
      },
    );
  }

  #cut(line: number): void {
    this.#problems.add('warning', `the file ends in the middle of this line: loaded up to line ${line - 1}`, { line });
  }
}

/** Reads a whole debugfs `htab` text. */
export function readHtabText(bytes: Uint8Array, file: string): HtabTextFile {
  const reader = new HtabTextReader(file);
  reader.push(bytes);
  return reader.end();
}

/** A dump as the debugfs file prints it. */
export function writeHtabText(dump: HtabDump): string {
  let text = '';
  for (let i = 0; i < dump.count; i++) {
    const { index, v, r, guest } = dump.entry(i);
    const words = [v, r, guest].map((word) => word.toString(16).padStart(16, '0')).join(' ');
    text += `${index.toString(16).padStart(6)} ${words}\n`;
  }
  return text;
}
