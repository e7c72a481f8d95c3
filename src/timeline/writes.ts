/** The writes of a run, by number, as they stand in its journal: where each is, and which of them are to a word. */
import { LOG_CHUNK, LOG_CHUNK_SHIFT, type Log, REC_WRITE } from '../model/log';
import { Keyframes } from './keyframes';
import { RecordAddresses } from './recordAddresses';

/**
 * Gets a write as it stands in the journal: the two words of the place (`decodePlace`), the halves before, and the halves after.
 */
export type WriteVisitor = (
  place: number,
  indexLo: number,
  oldHi: number,
  oldLo: number,
  newHi: number,
  newLo: number,
) => void;

/** A word by the place of its writes: `Store.place` or one of `Hpt`'s, and the index there, below 2^32. */
export interface WordAt {
  readonly place: number;
  readonly index: number;
}

/** Stretches of writes that are gone through in one slice. */
const STRETCHES = 4;

export class Writes {
  private readonly addresses: RecordAddresses;
  readonly keyframes: Keyframes;

  constructor(private readonly log: Log) {
    this.addresses = new RecordAddresses(log, [REC_WRITE]);
    this.keyframes = new Keyframes((from, to, visit) => this.forEach(from, to, visit));
  }

  get length(): number {
    return this.addresses.length;
  }

  get bytes(): number {
    return this.addresses.bytes;
  }

  /** Takes the next write. @param address of its record */
  push(address: number): void {
    this.addresses.push(address);
    this.keyframes.reached(this.addresses.length);
  }

  /** Gives back memory that was kept for more of them. */
  trim(): void {
    this.addresses.trim();
  }

  addressOf(write: number): number {
    return this.addresses.at(write);
  }

  /** Number of writes whose record lies before an address. */
  before(address: number): number {
    return this.addresses.upTo(address - 1);
  }

  /** Visits the writes from..to (the latter not included) in order. */
  forEach(from: number, to: number, visit: WriteVisitor): void {
    const { chunks } = this.log;
    for (let write = from; write < to; write++) {
      const address = this.addresses.at(write);
      const c = chunks[address >>> LOG_CHUNK_SHIFT] as Int32Array;
      const p = address & (LOG_CHUNK - 1);
      visit(
        c[p + 1] as number,
        c[p + 2] as number,
        c[p + 3] as number,
        c[p + 4] as number,
        c[p + 5] as number,
        c[p + 6] as number,
      );
    }
  }

  /** The same with the writes of whole stretches to one word taken as one: what a long way comes to, sooner. */
  forEachNet(from: number, to: number, visit: WriteVisitor): void {
    const { spacing, length } = this.keyframes;
    const first = Math.ceil(from / spacing);
    const last = Math.min(length, Math.floor(to / spacing));
    if (first >= last) {
      this.forEach(from, to, visit);
      return;
    }
    this.forEach(from, first * spacing, visit);
    this.keyframes.between(first, last, (stretch) => stretch.forEach(visit));
    this.forEach(last * spacing, to, visit);
  }

  /**
   * Visits the writes below `to` that are to one of some words, the last one first, in slices.
   * @param visit gets the number of the write, and the write; false ends the visit
   */
  *eachTo(
    words: readonly WordAt[],
    to: number,
    visit: (write: number, place: number, oldHi: number, oldLo: number, newHi: number, newLo: number) => boolean,
  ): Generator<void, void> {
    const { keyframes } = this;
    const { spacing } = keyframes;
    const { chunks } = this.log;
    const wanted = new Wanted(words);
    for (let stretch = Math.floor((to - 1) / spacing); stretch >= 0; stretch--) {
      if (stretch % STRETCHES === 0) yield;
      if (!words.some(({ place, index }) => keyframes.mayWrite(stretch, place, index))) continue;
      for (let write = Math.min(to, (stretch + 1) * spacing) - 1; write >= stretch * spacing; write--) {
        const address = this.addresses.at(write);
        const c = chunks[address >>> LOG_CHUNK_SHIFT] as Int32Array;
        const p = address & (LOG_CHUNK - 1);
        const place = c[p + 1] as number;
        if (!wanted.has(place, c[p + 2] as number)) continue;
        if (!visit(write, place, c[p + 3] as number, c[p + 4] as number, c[p + 5] as number, c[p + 6] as number))
          return;
      }
    }
  }
}

/** Whether a write is to one of some words. */
class Wanted {
  private readonly byPlace = new Map<number, Set<number>>();
  private lastPlace = -1;
  private last: Set<number> | undefined;

  constructor(words: readonly WordAt[]) {
    for (const { place, index } of words) {
      const known = this.byPlace.get(place);
      if (known === undefined) this.byPlace.set(place, new Set([index]));
      else known.add(index);
    }
  }

  has(place: number, indexLo: number): boolean {
    if (place !== this.lastPlace) {
      this.lastPlace = place;
      this.last = this.byPlace.get(place);
    }
    return this.last?.has(indexLo >>> 0) ?? false;
  }
}
