// What logs, mails and terminals put around the lines of a trace on their way: a kernel log's stamp, the journal's date and host, marks of
// quotation, line numbers, escape sequences.

import { textOf } from './byteCursor';

const ESCAPE = 27;

const kernelStamp = String.raw`\[ *\d{1,9}\.\d{3,9}\](?:\[ *[TC]\d{1,9}\])* `;
const date = String.raw`(?:[A-Z][a-z]{2} [ \d]\d [\d:.]{8,15}|\d{4}-\d\d-\d\d[T ][\d:.,+Z-]{8,25})`;
const dress = new RegExp(
  `^(?:(?:> ?)+| *\\d{1,9}\\t|(?:<\\d{1,3}>)?${kernelStamp}|${date} \\S+ [^\\s:]+: (?:${kernelStamp})?)`,
);

/** How many bytes of the line in b[start, end) were put before it by a log or a mail. */
export function dressLength(b: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && b[p] === 32) {
    p++;
  }
  const first = b[p] ?? 0;
  const mayBe = first === 91 /* [ */ || first === 62 /* > */ || first === 60 /* < */ || isDigitOrCapital(first);
  return mayBe ? (dress.exec(textOf(b, start, Math.min(end, start + 120)))?.[0].length ?? 0) : 0;
}

function isDigitOrCapital(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90);
}

/** Takes the escape sequences of terminals (ECMA-48: colours, clearing of lines) out of bytes that come in pieces. */
export class EscapeFilter {
  /** What the next byte belongs to: text, what follows an escape character, a control sequence, or a command string. */
  #inside: 'text' | 'escape' | 'control' | 'command' = 'text';

  /** True if some were taken out. */
  found = false;

  /** A piece without them; the piece itself if there are none. */
  strip(chunk: Uint8Array): Uint8Array {
    const first = this.#inside === 'text' ? chunk.indexOf(ESCAPE) : 0;
    if (first < 0) {
      return chunk;
    }
    this.found = true;
    const kept = chunk.slice();
    let to = first;
    for (let p = first; p < chunk.length; p++) {
      const c = chunk[p] as number;
      if (this.#isText(c)) {
        kept[to++] = c;
      }
    }
    return kept.subarray(0, to);
  }

  #isText(c: number): boolean {
    // no sequence goes on in the next line
    if (c === 10) {
      this.#inside = 'text';
      return true;
    }
    switch (this.#inside) {
      case 'text':
        this.#inside = c === ESCAPE ? 'escape' : 'text';
        return c !== ESCAPE;
      case 'escape':
        this.#inside = c === 91 /* [ */ ? 'control' : c === 93 /* ] */ ? 'command' : 'text';
        return false;
      case 'control':
        this.#inside = c >= 0x40 && c <= 0x7e ? 'text' : 'control';
        return false;
      case 'command':
        this.#inside = c === 7 ? 'text' : c === ESCAPE ? 'escape' : 'command';
        return false;
    }
  }
}
