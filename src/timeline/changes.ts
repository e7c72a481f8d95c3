/**
 * What differs between two moments of a run: the words that hold another value at `to` than at `from`, whichever of the two
 * comes first. A lock that was taken and dropped on the way is no difference.
 */
import { decodePlace, Plane } from '../model/place';
import { toBig } from '../model/words';
import type { Run } from './run';

/** A word that differs. */
export interface Difference {
  readonly plane: Plane;
  readonly owner: number;
  readonly index: number;
  /** its value at `from` */
  readonly before: bigint;
}

/** First and last value of a word between two moments. */
interface Word {
  readonly firstHi: number;
  readonly firstLo: number;
  lastHi: number;
  lastLo: number;
}

/** The differences between two moments. */
export class Changes {
  /** Words by plane and owner, then by index. */
  private readonly words = new Map<number, Map<number, Difference>>();

  /** HPTEs of a replayed table of which something else is known at `to` than at `from`, as far as they were told one by one. */
  readonly learnt = new Set<number>();

  constructor(differences: Iterable<Difference> = []) {
    for (const difference of differences) {
      const key = keyOf(difference.plane, difference.owner);
      if (difference.plane === Plane.known) this.learnt.add(difference.index);
      const words = this.words.get(key) ?? new Map<number, Difference>();
      words.set(difference.index, difference);
      this.words.set(key, words);
    }
  }

  /** Whether nothing differs. */
  get none(): boolean {
    return this.words.size === 0;
  }

  /** Whether a word differs. */
  has(plane: Plane, owner: number, index: number): boolean {
    return this.words.get(keyOf(plane, owner))?.has(index) ?? false;
  }

  /** The value that a word had at `from`, or undefined when it is the same at `to`. */
  before(plane: Plane, owner: number, index: number): bigint | undefined {
    return this.words.get(keyOf(plane, owner))?.get(index)?.before;
  }

  /** Whether any word of a plane differs. */
  any(plane: Plane): boolean {
    for (const key of this.words.keys()) if (Math.floor(key / OWNERS) === plane) return true;
    return false;
  }

  /** Indexes of the words of one owner that differ, in the order in which they were first written. */
  indexes(plane: Plane, owner: number): Iterable<number> {
    return this.words.get(keyOf(plane, owner))?.keys() ?? [];
  }

  /** The HPTEs of a table of which a dword, the guest view, a link or what is known of it differs, ascending. */
  hptes(owner: number): number[] {
    const indexes = new Set<number>();
    for (const plane of [Plane.hpteV, Plane.hpteR, Plane.guestRpte, Plane.link]) {
      for (const index of this.indexes(plane, owner)) indexes.add(index);
    }
    for (const index of this.learnt) indexes.add(index);
    return [...indexes].sort((a, b) => a - b);
  }
}

const OWNERS = 1 << 14;

function keyOf(plane: number, owner: number): number {
  return plane * OWNERS + owner;
}

/**
 * From so many moments on, what lies between is better read afresh than compared: about 100 ms of comparing.
 */
export const farTravel = 100_000;

/** Compares the state at `to` with the state at `from`; the run stays where it is. Takes time by the moments in between. */
export function changesBetween(run: Run, from: number, to: number): Changes {
  const places = new Map<number, Map<number, Word>>();
  const forward = from <= to;
  let place = -1;
  let words = new Map<number, Word>();
  run.forEachChange(Math.min(from, to) + 1, Math.max(from, to), (writtenPlace, indexLo, oldHi, oldLo, newHi, newLo) => {
    if (writtenPlace !== place) {
      place = writtenPlace;
      words = places.get(place) ?? new Map<number, Word>();
      places.set(place, words);
    }
    const known = words.get(indexLo);
    if (known === undefined) {
      words.set(indexLo, { firstHi: oldHi, firstLo: oldLo, lastHi: newHi, lastLo: newLo });
    } else {
      known.lastHi = newHi;
      known.lastLo = newLo;
    }
  });
  const differences: Difference[] = [];
  for (const [at, written] of places) {
    for (const [indexLo, { firstHi, firstLo, lastHi, lastLo }] of written) {
      if (firstHi === lastHi && firstLo === lastLo) continue;
      const before = forward ? toBig(firstHi, firstLo) : toBig(lastHi, lastLo);
      differences.push({ ...decodePlace(at, indexLo), before });
    }
  }
  return new Changes(differences);
}
