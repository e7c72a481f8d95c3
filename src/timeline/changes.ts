/**
 * What differs between two moments of a run: the words that hold another value at `to` than at `from`, whichever of the two
 * comes first. A lock that was taken and dropped on the way is no difference.
 */
import { decodePlace, Plane } from '../model/state';
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

interface Word extends Difference {
  readonly firstHi: number;
  readonly firstLo: number;
  lastHi: number;
  lastLo: number;
}

/** The differences between two moments. */
export class Changes {
  /** Words by plane and owner, then by index. */
  private readonly words = new Map<number, Map<number, Difference>>();

  constructor(differences: Iterable<Difference> = []) {
    for (const difference of differences) {
      const key = keyOf(difference.plane, difference.owner);
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

  /** The HPTEs of a table of which a dword, the guest view or a link differs, ascending. */
  hptes(owner: number): number[] {
    const indexes = new Set<number>();
    for (const plane of [Plane.hpteV, Plane.hpteR, Plane.guestRpte, Plane.link]) {
      for (const index of this.indexes(plane, owner)) indexes.add(index);
    }
    return [...indexes].sort((a, b) => a - b);
  }
}

const OWNERS = 1 << 14;

function keyOf(plane: number, owner: number): number {
  return plane * OWNERS + owner;
}

/** Compares the state at `to` with the state at `from`; the run stays where it is. */
export function changesBetween(run: Run, from: number, to: number): Changes {
  const words = new Map<string, Word>();
  const forward = from <= to;
  run.forEachWrite(Math.min(from, to) + 1, Math.max(from, to), (place, indexLo, oldHi, oldLo, newHi, newLo) => {
    const key = `${place}:${indexLo}`;
    const known = words.get(key);
    if (known === undefined) {
      words.set(key, {
        ...decodePlace(place, indexLo),
        before: 0n,
        firstHi: oldHi,
        firstLo: oldLo,
        lastHi: newHi,
        lastLo: newLo,
      });
    } else {
      known.lastHi = newHi;
      known.lastLo = newLo;
    }
  });
  const differences: Difference[] = [];
  for (const { plane, owner, index, firstHi, firstLo, lastHi, lastLo } of words.values()) {
    if (firstHi === lastHi && firstLo === lastLo) continue;
    differences.push({ plane, owner, index, before: forward ? toBig(firstHi, firstLo) : toBig(lastHi, lastLo) });
  }
  return new Changes(differences);
}
