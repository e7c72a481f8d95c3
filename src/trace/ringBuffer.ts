// Walks the records of one CPU's ring-buffer pages as trace.dat holds them. Format: the kernel's header_page and header_event
// descriptions (in every trace.dat): a page has a time stamp, a commit word (bytes of data, and what was lost), and records that
// begin with a word of 5 bits type_len and 27 bits time_delta.

import type { PageLayout } from './datParts';

/** Bits of the commit word: events are missing before this page; their number stands behind the data. */
const MISSED_EVENTS = 0x8000_0000;
const MISSED_STORED = 0x4000_0000;
const COMMIT_MASK = 0x07ff_ffff;

const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;

const deltaRange = 2 ** 27;
/** Absolute time stamps have 59 bits; the others are those of the page. */
const stampMask = (1n << 59n) - 1n;

/** Cursor over one CPU's records: `next` moves to a record; its place and time are then in the fields. */
export class RingBufferCursor {
  /** Position and length of the record's data. */
  start = 0;
  length = 0;
  /** Time since `base`, in the buffer's own units. */
  time = 0;
  /** Events lost before this record: a number, `undefined` if it is not told, 0 if none. */
  lost: number | undefined = 0;
  /** What was wrong with a page, and where; the walk goes on with the next page. */
  damage: { readonly message: string; readonly offset: number } | undefined;

  readonly #view: DataView;
  readonly #data: Uint8Array;
  readonly #little: boolean;
  readonly #page: PageLayout;
  readonly #pageSize: number;
  readonly #base: bigint;
  #nextPage = 0;
  #at = 0;
  #end = 0;
  #pageTime = 0n;

  /** `base` is subtracted from every time stamp. */
  constructor(data: Uint8Array, pageSize: number, page: PageLayout, littleEndian: boolean, base: bigint) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#little = littleEndian;
    this.#page = page;
    this.#pageSize = pageSize;
    this.#base = base;
  }

  /** Time stamp of the first page, or undefined if there is none. */
  static firstTime(data: Uint8Array, littleEndian: boolean): bigint | undefined {
    if (data.length < 8) {
      return undefined;
    }
    return new DataView(data.buffer, data.byteOffset, data.byteLength).getBigUint64(0, littleEndian);
  }

  /** Moves to the next record. False at the end of the data. */
  next(): boolean {
    this.lost = 0;
    for (;;) {
      if (this.#at + 4 > this.#end) {
        if (!this.#turnPage()) {
          return false;
        }
        continue;
      }
      if (this.#record()) {
        return true;
      }
    }
  }

  #turnPage(): boolean {
    const page = this.#nextPage;
    const { commitOffset, commitSize, dataOffset } = this.#page;
    if (page + dataOffset > this.#data.length) {
      return false;
    }
    this.#nextPage = page + this.#pageSize;
    const pageEnd = Math.min(this.#nextPage, this.#data.length);
    this.#pageTime = this.#view.getBigUint64(page, this.#little);
    this.time = Number(this.#pageTime - this.#base);
    const wordAt = page + commitOffset + (this.#little || commitSize === 4 ? 0 : 4);
    const commit = this.#view.getUint32(wordAt, this.#little);
    const used = commit & COMMIT_MASK;
    this.#at = page + dataOffset;
    this.#end = this.#at + used;
    if (this.#end > pageEnd) {
      this.damage ??= {
        message: `a ring-buffer page says it has ${used} bytes of data, but only ${pageEnd - this.#at} are there`,
        offset: page,
      };
      this.#end = pageEnd;
    }
    if ((commit & MISSED_EVENTS) !== 0) {
      const stored = (commit & MISSED_STORED) !== 0 && this.#end + commitSize <= pageEnd;
      this.lost = stored ? this.#long(this.#end, commitSize) : undefined;
    }
    return true;
  }

  #long(at: number, size: number): number {
    return size === 8 ? Number(this.#view.getBigUint64(at, this.#little)) : this.#view.getUint32(at, this.#little);
  }

  /** Takes what stands at the position. True if it is an event. */
  #record(): boolean {
    const at = this.#at;
    const word = this.#view.getUint32(at, this.#little);
    const typeLength = this.#little ? word & 31 : word >>> 27;
    const delta = this.#little ? word >>> 5 : word & (deltaRange - 1);
    if (typeLength >= 1 && typeLength < PADDING) {
      this.time += delta;
      return this.#event(at + 4, typeLength * 4);
    }
    if (typeLength === PADDING && delta === 0) {
      this.#at = this.#end;
      return false;
    }
    if (at + 8 > this.#end) {
      return this.#broken(at);
    }
    const array = this.#view.getUint32(at + 4, this.#little);
    switch (typeLength) {
      case 0:
        this.time += delta;
        return array < 4 ? this.#broken(at) : this.#event(at + 8, array - 4);
      case PADDING:
        this.time += delta;
        if (array < 4) {
          return this.#broken(at);
        }
        this.#at = at + 4 + array;
        return false;
      case TIME_EXTEND:
        this.time += array * deltaRange + delta;
        this.#at = at + 8;
        return false;
      case TIME_STAMP: {
        const stamp = (BigInt(array) << 27n) | BigInt(delta);
        this.time = Number(((this.#pageTime & ~stampMask) | (stamp & stampMask)) - this.#base);
        this.#at = at + 8;
        return false;
      }
      default:
        return this.#broken(at);
    }
  }

  #event(start: number, length: number): boolean {
    if (start + length > this.#end) {
      return this.#broken(start);
    }
    this.start = start;
    this.length = length;
    this.#at = start + length;
    return true;
  }

  /** A record that reaches beyond its page: the rest of the page is left out. */
  #broken(at: number): boolean {
    this.damage ??= { message: 'a record of the ring buffer reaches beyond its page', offset: at };
    this.#at = this.#end;
    return false;
  }
}
