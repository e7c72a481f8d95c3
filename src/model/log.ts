/**
 * The journal of a run: one append-only stream of 32-bit words in chunks, cheap enough to leave on.
 *
 * Records, by the top four bits of their first word:
 *   MARK   | source           a statement or source event begins (its number in bits 0-27)
 *   STEP   | step             a line of a listing is about to be carried out: this begins a moment
 *   ENTER  | path             a kernel path is entered: actor, two 64-bit arguments (hi, lo, hi, lo)
 *   LEAVE                     it is left
 *   LOCAL  | local            a named intermediate value: hi, lo
 *   EVENT  | kind             its fields as in events.ts: u32 one word, u64 two (hi, lo)
 *   WRITE                     place, index, old hi, old lo, new hi, new lo
 *   RESUME                    the statement that raced another one is over: the other goes on where it was
 * A record never crosses a chunk; the rest of a chunk after the last record is begins with PAD.
 */
export const REC_PAD = 0;
export const REC_MARK = 1;
export const REC_STEP = 2;
export const REC_ENTER = 3;
export const REC_LEAVE = 4;
export const REC_LOCAL = 5;
export const REC_EVENT = 6;
export const REC_WRITE = 7;
export const REC_RESUME = 8;

// First words of records, for `Log.put…`: each with what its record names in the low bits.
export const STEP = REC_STEP << 28;
export const ENTER = REC_ENTER << 28;
export const LEAVE = REC_LEAVE << 28;
export const LOCAL = REC_LOCAL << 28;
export const EVENT = REC_EVENT << 28;

export const LOG_CHUNK_SHIFT = 16;
export const LOG_CHUNK = 1 << LOG_CHUNK_SHIFT;
/** No record is longer than this many words. */
const LONGEST = 40;
const LIMIT = LOG_CHUNK - LONGEST;

export class Log {
  readonly chunks: Int32Array[] = [new Int32Array(LOG_CHUNK)];
  private cur: Int32Array = this.chunks[0] as Int32Array;
  private pos = 0;
  private at = 0;

  /** A journal that goes on behind what another one holds: its chunks, and the address of its end. */
  static of(chunks: readonly Int32Array[], end: number): Log {
    const log = new Log();
    log.chunks.splice(0, log.chunks.length, ...chunks);
    log.at = Math.floor(end / LOG_CHUNK);
    log.pos = end % LOG_CHUNK;
    log.cur = log.chunks[log.at] ?? new Int32Array(LOG_CHUNK);
    log.chunks[log.at] = log.cur;
    return log;
  }

  /** Takes words that were journaled elsewhere: they go on at the end, or at the beginning of the next chunk. */
  receive(at: number, words: Int32Array): void {
    for (let taken = 0; taken < words.length; ) {
      const address = at + taken;
      const number = Math.floor(address / LOG_CHUNK);
      const chunk = this.chunks[number] ?? new Int32Array(LOG_CHUNK);
      this.chunks[number] = chunk;
      const from = address % LOG_CHUNK;
      const part = words.subarray(taken, taken + LOG_CHUNK - from);
      chunk.set(part, from);
      taken += part.length;
      this.at = number;
      this.pos = from + part.length;
      this.cur = chunk;
    }
  }

  /** A copy of the words from an address to the end. */
  since(address: number): Int32Array {
    const words = new Int32Array(this.end - address);
    for (let from = address; from < this.end; ) {
      const to = Math.min(this.end, (Math.floor(from / LOG_CHUNK) + 1) * LOG_CHUNK);
      const chunk = this.chunks[Math.floor(from / LOG_CHUNK)];
      if (chunk !== undefined)
        words.set(chunk.subarray(from % LOG_CHUNK, (from % LOG_CHUNK) + to - from), from - address);
      from = to;
    }
    return words;
  }

  /** Address of the next record. */
  get end(): number {
    return this.at * LOG_CHUNK + this.pos;
  }

  /** Memory that it takes, in bytes. */
  get bytes(): number {
    return this.chunks.length * LOG_CHUNK * 4;
  }

  /** Forgets everything, keeping the memory (benchmarks, conformance). */
  clear(): void {
    this.at = 0;
    this.pos = 0;
    this.cur = this.chunks[0] as Int32Array;
  }

  private grow(): void {
    this.cur[this.pos] = REC_PAD << 28;
    this.at++;
    this.pos = 0;
    let next = this.chunks[this.at];
    if (next === undefined) {
      next = new Int32Array(LOG_CHUNK);
      this.chunks.push(next);
    }
    this.cur = next;
  }

  // Whole records, several at a time, as words: what the hot paths journal between two branches is one call.

  put2(a: number, b: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    this.pos = p + 2;
  }

  put3(a: number, b: number, c: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    this.pos = p + 3;
  }

  put4(a: number, b: number, c: number, d: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    this.pos = p + 4;
  }

  put5(a: number, b: number, c: number, d: number, e: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    this.pos = p + 5;
  }

  put6(a: number, b: number, c: number, d: number, e: number, f: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    this.pos = p + 6;
  }

  put7(a: number, b: number, c: number, d: number, e: number, f: number, g: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    w[p + 6] = g;
    this.pos = p + 7;
  }

  put8(a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    w[p + 6] = g;
    w[p + 7] = h;
    this.pos = p + 8;
  }

  put9(a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    w[p + 6] = g;
    w[p + 7] = h;
    w[p + 8] = i;
    this.pos = p + 9;
  }

  put10(
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    h: number,
    i: number,
    j: number,
  ): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    w[p + 6] = g;
    w[p + 7] = h;
    w[p + 8] = i;
    w[p + 9] = j;
    this.pos = p + 10;
  }

  put11(
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    h: number,
    i: number,
    j: number,
    k: number,
  ): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    w[p + 6] = g;
    w[p + 7] = h;
    w[p + 8] = i;
    w[p + 9] = j;
    w[p + 10] = k;
    this.pos = p + 11;
  }

  put12(
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    h: number,
    i: number,
    j: number,
    k: number,
    l: number,
  ): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    w[p + 6] = g;
    w[p + 7] = h;
    w[p + 8] = i;
    w[p + 9] = j;
    w[p + 10] = k;
    w[p + 11] = l;
    this.pos = p + 12;
  }

  put15(
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    g: number,
    h: number,
    i: number,
    j: number,
    k: number,
    l: number,
    m: number,
    n: number,
    o: number,
  ): void {
    if (this.pos > LIMIT) this.grow();
    const w = this.cur;
    const p = this.pos;
    w[p] = a;
    w[p + 1] = b;
    w[p + 2] = c;
    w[p + 3] = d;
    w[p + 4] = e;
    w[p + 5] = f;
    w[p + 6] = g;
    w[p + 7] = h;
    w[p + 8] = i;
    w[p + 9] = j;
    w[p + 10] = k;
    w[p + 11] = l;
    w[p + 12] = m;
    w[p + 13] = n;
    w[p + 14] = o;
    this.pos = p + 15;
  }

  mark(source: number): void {
    if (this.pos > LIMIT) this.grow();
    this.cur[this.pos++] = (REC_MARK << 28) | source;
  }

  /** Ends a statement that was marked inside another one's kernel path, at a point. */
  resume(): void {
    if (this.pos > LIMIT) this.grow();
    this.cur[this.pos++] = REC_RESUME << 28;
  }

  step(step: number): void {
    if (this.pos > LIMIT) this.grow();
    this.cur[this.pos++] = (REC_STEP << 28) | step;
  }

  enter(path: number, actor: number, aHi: number, aLo: number, bHi: number, bLo: number): void {
    if (this.pos > LIMIT) this.grow();
    const c = this.cur;
    const p = this.pos;
    c[p] = (REC_ENTER << 28) | path;
    c[p + 1] = actor;
    c[p + 2] = aHi;
    c[p + 3] = aLo;
    c[p + 4] = bHi;
    c[p + 5] = bLo;
    this.pos = p + 6;
  }

  leave(): void {
    if (this.pos > LIMIT) this.grow();
    this.cur[this.pos++] = REC_LEAVE << 28;
  }

  local(name: number, hi: number, lo: number): void {
    if (this.pos > LIMIT) this.grow();
    const c = this.cur;
    const p = this.pos;
    c[p] = (REC_LOCAL << 28) | name;
    c[p + 1] = hi;
    c[p + 2] = lo;
    this.pos = p + 3;
  }

  /**
   * A word is about to be written.
   * @param place of the word, without the part of its index beyond 2^32
   * @param chunk where it stands, low half at `o`, high half at `o + 1`
   */
  write(place: number, index: number, chunk: Int32Array, o: number, hi: number, lo: number): void {
    const oldLo = chunk[o] as number;
    const oldHi = chunk[o + 1] as number;
    if (oldLo === (lo | 0) && oldHi === (hi | 0)) return;
    if (this.pos > LIMIT) this.grow();
    const c = this.cur;
    const p = this.pos;
    c[p] = REC_WRITE << 28;
    c[p + 1] = (index & 0x3fffffff) === index ? place : place + Math.floor(index / 4294967296);
    c[p + 2] = index;
    c[p + 3] = oldHi;
    c[p + 4] = oldLo;
    c[p + 5] = hi;
    c[p + 6] = lo;
    this.pos = p + 7;
  }

  /** Begins an event; its fields follow by u32, u64 and num in the order of the event table. */
  event(kind: number): this {
    if (this.pos > LIMIT) this.grow();
    this.cur[this.pos++] = (REC_EVENT << 28) | kind;
    return this;
  }

  u32(value: number): this {
    this.cur[this.pos++] = value;
    return this;
  }

  u64(hi: number, lo: number): this {
    this.cur[this.pos++] = hi;
    this.cur[this.pos++] = lo;
    return this;
  }

  /** An integer below 2^53 as a u64 field. */
  num(value: number): this {
    this.cur[this.pos++] = Math.floor(value / 4294967296) | 0;
    this.cur[this.pos++] = value | 0;
    return this;
  }
}

/** Words of a record whose first word is given; event lengths come from the event table. */
export function recordWords(first: number, eventWords: readonly number[]): number {
  switch (first >>> 28) {
    case REC_ENTER:
      return 6;
    case REC_LOCAL:
      return 3;
    case REC_WRITE:
      return 7;
    case REC_EVENT:
      return 1 + (eventWords[first & 0x0fffffff] as number);
    default:
      return 1;
  }
}

/**
 * Visits the records in [from, to), in order.
 * @param visit gets the record's type, the value in its first word, the chunk, the position of its first word there, and its address
 * @returns the address behind the last record: `to`, or beyond it when a record reaches over it
 */
export function readLog(
  log: Log,
  from: number,
  to: number,
  eventWords: readonly number[],
  visit: (type: number, value: number, chunk: Int32Array, at: number, address: number) => void,
): number {
  let address = from;
  while (address < to) {
    const chunk = log.chunks[Math.floor(address / LOG_CHUNK)] as Int32Array;
    const at = address % LOG_CHUNK;
    const first = chunk[at] as number;
    const type = first >>> 28;
    if (type === REC_PAD) {
      address += LOG_CHUNK - at;
      continue;
    }
    visit(type, first & 0x0fffffff, chunk, at, address);
    address += recordWords(first, eventWords);
  }
  return address;
}
