// Reader of the pagemap texts of a recording: one line for each page of guest memory that is present or swapped,
//
//     data 1010000 81800000000004cc          slot name, guest real address, /proc/PID/pagemap entry (hex)
//     10000 818000000000121f                 the same without a name
//
// Bits of an entry: Documentation/admin-guide/mm/pagemap.rst.

import { joinU64, textOf } from './byteCursor';
import { LineSplitter } from './lineSplitter';
import { type InputProblem, ProblemList } from './problem';

const presentBit = 1n << 63n;
const swappedBit = 1n << 62n;
const frameMask = (1n << 55n) - 1n;

/** One page of guest memory as the host maps it. */
export interface PagemapPage {
  /** Guest real address. */
  readonly gpa: bigint;
  readonly present: boolean;
  readonly swapped: boolean;
  /** Host frame number in host pages; 0 unless present. */
  readonly frame: bigint;
}

export interface PagemapFile {
  readonly file: string;
  readonly count: number;
  page(i: number): PagemapPage;
  readonly problems: readonly InputProblem[];
}

/** Reads a pagemap text. Pages that are not listed are neither present nor swapped. */
export function readPagemapText(bytes: Uint8Array, file: string): PagemapFile {
  const problems = new ProblemList(file);
  const words: number[] = [];
  const lines = new LineSplitter((b, start, end, line, ended) => {
    const text = textOf(b, start, end);
    if (text.trim() === '') {
      return;
    }
    const match = /^\s*(?:\S+\s+)?(?:0x)?([0-9a-f]{1,16})\s+(?:0x)?([0-9a-f]{1,16})\s*$/i.exec(text);
    if (match === null || !ended) {
      const what = 'expected "[name] guest-real-address pagemap-entry" in hexadecimal';
      problems.add(
        ended ? 'error' : 'warning',
        ended ? what : `the file ends in the middle of this line; it is not used`,
        { line },
      );
      return;
    }
    for (const digits of [match[1] ?? '', match[2] ?? '']) {
      words.push(Number.parseInt(digits.slice(0, -8) || '0', 16), Number.parseInt(digits.slice(-8), 16));
    }
  });
  lines.push(bytes);
  lines.end();
  const columns = Uint32Array.from(words);
  const at = (i: number): number => columns[i] ?? 0;
  return {
    file,
    count: columns.length / 4,
    page: (i) => {
      const entry = joinU64(at(i * 4 + 2), at(i * 4 + 3));
      const present = (entry & presentBit) !== 0n;
      const gpa = joinU64(at(i * 4), at(i * 4 + 1));
      return { gpa, present, swapped: (entry & swappedBit) !== 0n, frame: present ? entry & frameMask : 0n };
    },
    problems: problems.list(),
  };
}
