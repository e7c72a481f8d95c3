// A hash table from byte strings (event names, task names as they stand in a file) to small numbers, for the text reader's
// hot path: looking a name up makes no string and no garbage.

import { hashStep } from './byteWords';

/** Starting value of the hash over a byte string; continue with `hashStep`. */
export const hashStart = 0x811c9dc5 | 0;

/** A hash of a stretch of bytes. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashStart;
  for (let i = start; i < end; i++) {
    hash = hashStep(hash, bytes[i] as number);
  }
  return hash;
}

export class ByteInterner {
  /** Open addressing; 0 = free, else index into keys + 1. */
  #slots = new Int32Array(256);
  readonly #keys: Uint8Array[] = [];
  readonly #hashes: number[] = [];
  readonly #values: number[] = [];

  /** The value stored for a byte string (`hash` is the one that it was stored with), or -1. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === 0) {
        return -1;
      }
      if (this.#hashes[entry - 1] === hash && same(this.#keys[entry - 1] as Uint8Array, bytes, start, end)) {
        return this.#values[entry - 1] as number;
      }
    }
  }

  /** Stores a value for a byte string that is not in the table yet. */
  insert(bytes: Uint8Array, start: number, end: number, hash: number, value: number): void {
    this.#keys.push(bytes.slice(start, end));
    this.#hashes.push(hash);
    this.#values.push(value);
    if (this.#keys.length * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2);
      for (let entry = 1; entry <= this.#keys.length; entry++) {
        this.#place(entry);
      }
    } else {
      this.#place(this.#keys.length);
    }
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry - 1] as number) & mask;
    while (this.#slots[slot] !== 0) {
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = entry;
  }
}

function same(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) {
    return false;
  }
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) {
      return false;
    }
  }
  return true;
}
