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
 * STEP, LOCAL and EVENT carry in bits 16-27 the doubts (Doubt) under which the path ran: which of its inputs were not known.
 * A record never crosses a chunk; the rest of a chunk after the last record is begins with PAD.
 */
import { NEAR } from './place';
import { high } from './words';

export const REC_PAD = 0;
export const REC_MARK = 1;
export const REC_STEP = 2;
export const REC_ENTER = 3;
export const REC_LEAVE = 4;
export const REC_LOCAL = 5;
export const REC_EVENT = 6;
export const REC_WRITE = 7;
export const REC_RESUME = 8;

// First words of records, for `Log.w`: each with what its record names in the low bits.
export const STEP = REC_STEP << 28;
export const ENTER = REC_ENTER << 28;
export const LEAVE = REC_LEAVE << 28;
export const LOCAL = REC_LOCAL << 28;
export const EVENT = REC_EVENT << 28;

export const LOG_CHUNK_SHIFT = 16;
export const LOG_CHUNK = 1 << LOG_CHUNK_SHIFT;
/**
 * What a kernel path was told by replay without its being known: the values that depend on it stand for nothing. Bits of a
 * record's first word.
 */
export const Doubt = {
  /** the host frame */
  frame: 1 << 16,
  /** whether the host page is writable */
  rights: 1 << 17,
  /** R and C that the hardware set */
  rc: 1 << 18,
  /** which other HPTEs share the ring, and in which order */
  ring: 1 << 19,
  /** the number of the notifier's sequence */
  seq: 1 << 20,
  /** whether the host has the page */
  host: 1 << 21,
  /** nothing is unknown for it, but something that the path worked on is only assumed */
  assumed: 1 << 22,
} as const;
export type DoubtName = keyof typeof Doubt;
export const DOUBT_NAMES = Object.keys(Doubt) as readonly DoubtName[];
/** The step, local or kind in a record's value. */
export const ID_MASK = 0xffff;
/** The records that one path puts between two that make room are not longer than this many words together. */
const ROOM = 1024;
const LIMIT = LOG_CHUNK - ROOM;

export class Log {
  readonly chunks: Int32Array[] = [new Int32Array(LOG_CHUNK)];
  private cur: Int32Array = this.chunks[0] as Int32Array;
  /** position of the last word put there */
  private last = -1;
  private at = 0;

  /** A journal that goes on behind what another one holds: its chunks, and the address of its end. */
  static of(chunks: readonly Int32Array[], end: number): Log {
    const log = new Log();
    log.chunks.splice(0, log.chunks.length, ...chunks);
    log.at = Math.floor(end / LOG_CHUNK);
    log.last = (end % LOG_CHUNK) - 1;
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
      this.last = from + part.length - 1;
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
    return this.at * LOG_CHUNK + this.last + 1;
  }

  /** Memory that it takes, in bytes. */
  get bytes(): number {
    return this.chunks.length * LOG_CHUNK * 4;
  }

  /** Forgets everything, keeping the memory (benchmarks, conformance). */
  clear(): void {
    this.at = 0;
    this.last = -1;
    this.cur = this.chunks[0] as Int32Array;
  }

  /** Forgets the records from an address on. What they wrote is to be undone first (`undoFrom`). */
  rewind(address: number): void {
    this.at = Math.floor(address / LOG_CHUNK);
    this.last = (address % LOG_CHUNK) - 1;
    this.cur = this.chunks[this.at] as Int32Array;
  }

  private grow(): void {
    this.cur[this.last + 1] = REC_PAD << 28;
    this.at++;
    this.last = -1;
    let next = this.chunks[this.at];
    if (next === undefined) {
      next = new Int32Array(LOG_CHUNK);
      this.chunks.push(next);
    }
    this.cur = next;
  }

  /**
   * Makes sure that the records of one path fit, for `w`. Every `enter`, `step` and the like does the same.
   * @returns itself, so that the words can follow
   */
  room(): this {
    if (this.last > LIMIT) this.grow();
    return this;
  }

  /**
   * Puts the next word of a record. So small that the engine always puts it in place of the call: hot paths journal with it, word by
   * word. The room is made by `room` before.
   */
  w(word: number): this {
    this.cur[++this.last] = word;
    return this;
  }

  mark(source: number): void {
    if (this.last > LIMIT) this.grow();
    this.cur[++this.last] = (REC_MARK << 28) | source;
  }

  /** Ends a statement that was marked inside another one's kernel path, at a point. */
  resume(): void {
    if (this.last > LIMIT) this.grow();
    this.cur[++this.last] = REC_RESUME << 28;
  }

  step(step: number): void {
    if (this.last > LIMIT) this.grow();
    this.cur[++this.last] = (REC_STEP << 28) | step;
  }

  enter(path: number, actor: number, aHi: number, aLo: number, bHi: number, bLo: number): void {
    if (this.last > LIMIT) this.grow();
    const c = this.cur;
    const p = this.last + 1;
    c[p] = (REC_ENTER << 28) | path;
    c[p + 1] = actor;
    c[p + 2] = aHi;
    c[p + 3] = aLo;
    c[p + 4] = bHi;
    c[p + 5] = bLo;
    this.last = p + 5;
  }

  leave(): void {
    if (this.last > LIMIT) this.grow();
    this.cur[++this.last] = REC_LEAVE << 28;
  }

  local(name: number, hi: number, lo: number): void {
    if (this.last > LIMIT) this.grow();
    const c = this.cur;
    const p = this.last + 1;
    c[p] = (REC_LOCAL << 28) | name;
    c[p + 1] = hi;
    c[p + 2] = lo;
    this.last = p + 2;
  }

  /**
   * A word is about to be written.
   * @param place of the word, without the part of its index beyond 2^32
   * @param chunk where it stands, low half at `o`, high half at `o + 1`
   */
  write(place: number, index: number, chunk: Int32Array, o: number, hi: number, lo: number): void {
    const oldLo = chunk[o] as number;
    const oldHi = chunk[o + 1] as number;
    if (((oldLo ^ lo) | (oldHi ^ hi)) === 0) return;
    if (this.last > LIMIT) this.grow();
    const c = this.cur;
    const p = this.last;
    c[p + 1] = REC_WRITE << 28;
    c[p + 2] = index < NEAR ? place : place + high(index);
    c[p + 3] = index;
    c[p + 4] = oldHi;
    c[p + 5] = oldLo;
    c[p + 6] = hi;
    c[p + 7] = lo;
    this.last = p + 7;
  }

  /** Begins an event; its fields follow by u32, u64 and num in the order of the event table. */
  event(kind: number): this {
    if (this.last > LIMIT) this.grow();
    this.cur[++this.last] = (REC_EVENT << 28) | kind;
    return this;
  }

  u32(value: number): this {
    this.cur[++this.last] = value;
    return this;
  }

  u64(hi: number, lo: number): this {
    this.cur[++this.last] = hi;
    this.cur[++this.last] = lo;
    return this;
  }

  /** An integer below 2^53 as a u64 field. */
  num(value: number): this {
    this.cur[++this.last] = Math.floor(value / 4294967296) | 0;
    this.cur[++this.last] = value | 0;
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
      return 1 + (eventWords[first & ID_MASK] as number);
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

/**
 * Says of the steps, locals and events from an address to the end that they came under doubts. Set behind a path that has run, so that
 * the paths themselves know nothing of it.
 * @param doubts bits of `Doubt`
 */
export function markDoubts(log: Log, from: number, doubts: number, eventWords: readonly number[]): void {
  if (doubts === 0) return;
  readLog(log, from, log.end, eventWords, (type, _, chunk, at) => {
    if (type === REC_STEP || type === REC_LOCAL || type === REC_EVENT) chunk[at] = (chunk[at] as number) | doubts;
  });
}
