/**
 * What a stretch of a run's writes comes to: the words written in it, each with its value before and after, in the order of the
 * table's memory. Applying it takes a state from one end of the stretch to the other.
 */
import type { State } from '../model/state';
import type { WriteVisitor } from './writes';

/** The words of a stretch, ascending by place and index. */
export class Stretch {
  /**
   * @param places place of each word, as `State.apply` takes it
   * @param indexes low half of its index there
   * @param values four halves each: hi and lo before the stretch, hi and lo after it
   */
  constructor(
    readonly places: Int32Array,
    readonly indexes: Uint32Array,
    readonly values: Int32Array,
  ) {}

  get length(): number {
    return this.places.length;
  }

  get bytes(): number {
    return this.places.byteLength + this.indexes.byteLength + this.values.byteLength;
  }

  /** Takes a state that stands at one end of the stretch to the other. */
  apply(state: State, forward: boolean): void {
    const { places, indexes, values, length } = this;
    for (let from = 0; from < length; ) {
      const place = places[from] as number;
      let to = from + 1;
      while (to < length && places[to] === place) to++;
      state.applyAll(place, indexes, values, forward ? 2 : 0, from, to);
      from = to;
    }
  }

  /** Visits the words as if each were written once. */
  forEach(visit: WriteVisitor): void {
    const { places, indexes, values } = this;
    for (let word = 0; word < places.length; word++)
      visit(
        places[word] as number,
        indexes[word] as number,
        values[4 * word] as number,
        values[4 * word + 1] as number,
        values[4 * word + 2] as number,
        values[4 * word + 3] as number,
      );
  }

  /** Whether a word is written in it. */
  writes(place: number, index: number): boolean {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.isBelow(mid, place, index)) low = mid + 1;
      else high = mid;
    }
    return low < this.length && this.places[low] === place && this.indexes[low] === index;
  }

  private isBelow(word: number, place: number, index: number): boolean {
    const own = this.places[word] as number;
    return own < place || (own === place && (this.indexes[word] as number) < index);
  }

  /** This stretch and the one that follows it as one. */
  join(next: Stretch): Stretch {
    const places = new Int32Array(this.length + next.length);
    const indexes = new Uint32Array(places.length);
    const values = new Int32Array(4 * places.length);
    let length = 0;
    let i = 0;
    let j = 0;
    while (i < this.length || j < next.length) {
      const ours =
        i < this.length && (j === next.length || !next.isBelow(j, this.places[i] as number, this.indexes[i] as number));
      const theirs =
        j < next.length && (i === this.length || !this.isBelow(i, next.places[j] as number, next.indexes[j] as number));
      places[length] = (ours ? this.places[i] : next.places[j]) as number;
      indexes[length] = (ours ? this.indexes[i] : next.indexes[j]) as number;
      const from = ours ? this.values : next.values;
      const fromAt = 4 * (ours ? i : j);
      const to = theirs ? next.values : this.values;
      const toAt = 4 * (theirs ? j : i);
      values[4 * length] = from[fromAt] as number;
      values[4 * length + 1] = from[fromAt + 1] as number;
      values[4 * length + 2] = to[toAt + 2] as number;
      values[4 * length + 3] = to[toAt + 3] as number;
      length++;
      if (ours) i++;
      if (theirs) j++;
    }
    return new Stretch(places.slice(0, length), indexes.slice(0, length), values.slice(0, 4 * length));
  }
}

/** Gathers the writes of a stretch, in order. */
export class Gathering {
  private readonly places: Int32Array;
  private readonly indexes: Uint32Array;
  private readonly values: Int32Array;
  /** number of the word + 1 by hash, 0 for none */
  private readonly table: Int32Array;
  private readonly mask: number;
  private length = 0;

  /** @param most number of writes at most */
  constructor(most: number) {
    this.places = new Int32Array(most);
    this.indexes = new Uint32Array(most);
    this.values = new Int32Array(4 * most);
    const size = 2 ** Math.ceil(Math.log2(2 * most));
    this.table = new Int32Array(size);
    this.mask = size - 1;
  }

  add(place: number, index: number, oldHi: number, oldLo: number, newHi: number, newLo: number): void {
    const slot = this.slotOf(place, index);
    let word = (this.table[slot] as number) - 1;
    if (word < 0) {
      word = this.length++;
      this.table[slot] = word + 1;
      this.places[word] = place;
      this.indexes[word] = index;
      this.values[4 * word] = oldHi;
      this.values[4 * word + 1] = oldLo;
    }
    this.values[4 * word + 2] = newHi;
    this.values[4 * word + 3] = newLo;
  }

  /** Where a word stands in the table, or where it would. */
  private slotOf(place: number, index: number): number {
    const { table, places, indexes, mask } = this;
    let slot = (Math.imul(index ^ (place >>> 10), 0x9e3779b1) >>> 7) & mask;
    for (;;) {
      const word = (table[slot] as number) - 1;
      if (word < 0 || (places[word] === place && indexes[word] === index >>> 0)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  /** What they come to; begins anew. */
  take(): Stretch {
    const { length } = this;
    const stretch = new Stretch(new Int32Array(length), new Uint32Array(length), new Int32Array(4 * length));
    let at = 0;
    for (const [place, indexes] of this.byPlace()) {
      for (const index of indexes) {
        const word = (this.table[this.slotOf(place, index)] as number) - 1;
        stretch.places[at] = place;
        stretch.indexes[at] = index;
        for (let half = 0; half < 4; half++) stretch.values[4 * at + half] = this.values[4 * word + half] as number;
        at++;
      }
    }
    this.table.fill(0);
    this.length = 0;
    return stretch;
  }

  /** The places, ascending, with the indexes of their words, ascending. */
  private byPlace(): [number, Uint32Array][] {
    const counts = new Map<number, number>();
    for (let word = 0; word < this.length; word++) {
      const place = this.places[word] as number;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const ascending = [...counts].sort(([a], [b]) => a - b);
    const lists = new Map(ascending.map(([place, count]) => [place, { indexes: new Uint32Array(count), filled: 0 }]));
    for (let word = 0; word < this.length; word++) {
      const list = lists.get(this.places[word] as number);
      if (list !== undefined) list.indexes[list.filled++] = this.indexes[word] as number;
    }
    return [...lists].map(([place, { indexes }]) => [place, indexes.sort()]);
  }
}
