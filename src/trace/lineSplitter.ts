// Splits pushed bytes into lines, for readers of small-lined texts that need not keep their source (dumps, facts).

/** Longest line that is passed on whole; longer ones are cut there and marked by `overlong`. */
export const longestDumpLine = 4096;

/** Called for each line, without its end. `ended` is false for a last line that the file does not end. */
export type LineTaker = (bytes: Uint8Array, start: number, end: number, line: number, ended: boolean) => void;

export class LineSplitter {
  readonly #take: LineTaker;
  readonly #limit: number;
  #carry = new Uint8Array(0);
  #line = 0;

  /** `limit` is the longest line that is passed on whole, in bytes; of longer ones the first part is. */
  constructor(take: LineTaker, limit = longestDumpLine) {
    this.#take = take;
    this.#limit = limit;
  }

  /** Takes the next bytes. */
  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#carry.length > 0) {
      const end = chunk.indexOf(10);
      const upTo = end < 0 ? chunk.length : end;
      const room = Math.max(0, this.#limit + 1 - this.#carry.length);
      this.#carry = joined(this.#carry, chunk.subarray(0, Math.min(upTo, room)));
      if (end < 0) {
        return;
      }
      this.#line++;
      this.#take(this.#carry, 0, withoutReturn(this.#carry, 0, this.#carry.length), this.#line, true);
      this.#carry = new Uint8Array(0);
      start = end + 1;
    }
    for (let end = chunk.indexOf(10, start); end >= 0; end = chunk.indexOf(10, start)) {
      this.#line++;
      this.#take(chunk, start, withoutReturn(chunk, start, end), this.#line, true);
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#carry = chunk.slice(start, Math.min(chunk.length, start + this.#limit + 1));
    }
  }

  /** Passes on a last line without line end. */
  end(): void {
    if (this.#carry.length > 0) {
      this.#line++;
      this.#take(this.#carry, 0, this.#carry.length, this.#line, false);
      this.#carry = new Uint8Array(0);
    }
  }
}

function withoutReturn(bytes: Uint8Array, start: number, end: number): number {
  return end > start && bytes[end - 1] === 13 ? end - 1 : end;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
