/**
 * The keyframes of a run: its writes in stretches of a fixed number, and these joined, four at a time, into longer and longer ones. A
 * long way is then a handful of stretches. They come from the journal alone: they are made while it is indexed, and no state is moved
 * for them. When they outgrow their memory the shortest ones are given up.
 */
import { Gathering, type Stretch } from './stretch';
import type { WriteVisitor } from './writes';

/** Writes in a shortest stretch, at first. */
const SHORTEST = 16384;
/** Stretches joined into one of the next level. */
const JOINED = 4;

export class Keyframes {
  /** stretches by level, each level in order without gaps from the first write on */
  private readonly levels: Stretch[][] = [[]];
  private gathering: Gathering | null = null;
  /** writes in a shortest stretch */
  spacing: number;
  bytes = 0;

  /**
   * @param forEachWrite visits the writes from..to, the latter not included
   * @param most memory for them, in bytes
   * @param shortest writes in a shortest stretch, at first
   */
  constructor(
    private readonly forEachWrite: (from: number, to: number, visit: WriteVisitor) => void,
    private readonly most = 64 * 2 ** 20,
    shortest = SHORTEST,
  ) {
    this.spacing = shortest;
  }

  /** Number of shortest stretches. */
  get length(): number {
    return this.levels[0]?.length ?? 0;
  }

  /** To be told each number of writes: makes a stretch when enough have come together. */
  reached(writes: number): void {
    const from = this.length * this.spacing;
    if (writes < from + this.spacing) return;
    this.gathering ??= new Gathering(this.spacing);
    const { gathering } = this;
    this.forEachWrite(from, writes, gathering.add.bind(gathering));
    this.put(0, gathering.take());
    if (this.bytes > this.most) this.giveUpShortest();
  }

  private put(level: number, stretch: Stretch): void {
    const stretches = this.levels[level] ?? [];
    this.levels[level] = stretches;
    stretches.push(stretch);
    this.bytes += stretch.bytes;
    if (stretches.length % JOINED === 0)
      this.put(
        level + 1,
        stretches.slice(-JOINED).reduce((joined, next) => joined.join(next)),
      );
  }

  private giveUpShortest(): void {
    const given = this.levels.shift() ?? [];
    if (this.levels.length === 0) this.levels.push([]);
    for (const { bytes } of given) this.bytes -= bytes;
    this.spacing *= JOINED;
    this.gathering = null;
  }

  /** Visits the stretches that lead from the beginning of one shortest stretch (or the end of the last) to that of another. */
  between(from: number, to: number, visit: (stretch: Stretch) => void): void {
    for (let at = from; at !== to; ) {
      let level = 0;
      let length = 1;
      while (this.leads(at, to, level + 1, length * JOINED)) {
        level++;
        length *= JOINED;
      }
      const stretch = this.levels[level]?.[Math.min(at, at < to ? at : at - length) / length];
      if (stretch === undefined) throw new Error(`there is no keyframe ${to}`);
      visit(stretch);
      at += at < to ? length : -length;
    }
  }

  /** Whether a stretch of a level begins at `at`, in the direction of `to`, and does not lead beyond it. */
  private leads(at: number, to: number, level: number, length: number): boolean {
    if (at % length !== 0 || Math.abs(to - at) < length) return false;
    return (this.levels[level]?.length ?? 0) > (at < to ? at : at - length) / length;
  }

  /** Whether a word can be written in a shortest stretch; in one that is not made yet any can. */
  mayWrite(stretch: number, place: number, index: number): boolean {
    return this.levels[0]?.[stretch]?.writes(place, index) ?? true;
  }
}
