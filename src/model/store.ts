/** Stores: sparse arrays of 64-bit words, in chunks that are made when they are first written. */
import { type Plane, placeOf } from './place';

/** Entries in a chunk. */
export const CHUNK = 256;

/** What an index without a chunk reads: zeros. Never written. */
export const NOTHING: Int32Array = new Int32Array(CHUNK * 8);

/** Chunks that are found by position; those beyond (tables of more than 512 MiB) by a map. */
const NEAR_CHUNKS = 1 << 17;

/** Words in chunks, made when first written. */
export class Chunked {
  /** By chunk number, NOTHING where there is none; without holes, which would make looking up slow. */
  private readonly near: Int32Array[] = [];
  private readonly far = new Map<number, Int32Array>();
  /** Indexes below have their chunk in `near`. */
  private limit = 0;

  /**
   * @param chunkWords 32-bit words in a chunk
   * @param expected indexes are likely to stay below: a hint, for speed
   */
  constructor(
    private readonly chunkWords: number,
    expected: number,
  ) {
    this.reach(Math.min(Math.ceil(expected / CHUNK), NEAR_CHUNKS));
  }

  /** Makes `near` hold so many chunks at least. */
  private reach(chunks: number): void {
    while (this.near.length < chunks) this.near.push(NOTHING);
    this.limit = this.near.length * CHUNK;
  }

  /** The chunk of an index for reading; its words are zero when there is none. */
  chunk(index: number): Int32Array {
    return index < this.limit ? (this.near[index >>> 8] as Int32Array) : this.beyond(index);
  }

  private beyond(index: number): Int32Array {
    return this.far.size === 0 ? NOTHING : (this.far.get(Math.floor(index / CHUNK)) ?? NOTHING);
  }

  /** The chunk of an index for writing, made when it is missing. */
  own(index: number): Int32Array {
    const chunk = this.chunk(index);
    return chunk === NOTHING ? this.make(index) : chunk;
  }

  private make(index: number): Int32Array {
    const chunk = new Int32Array(this.chunkWords);
    this.keep(Math.floor(index / CHUNK), chunk);
    return chunk;
  }

  private keep(key: number, chunk: Int32Array): void {
    if (key < NEAR_CHUNKS) {
      this.reach(key + 1);
      this.near[key] = chunk;
    } else this.far.set(key, chunk);
  }

  /** Makes a chunk, as `forEachChunk` gives it, what stands from an index on. */
  adopt(chunk: Int32Array, first: number): void {
    this.keep(Math.floor(first / CHUNK), chunk);
  }

  /** Chunks in ascending order, with the index of their first entry. */
  forEachChunk(visit: (chunk: Int32Array, first: number) => void): void {
    for (let i = 0; i < this.near.length; i++) {
      const chunk = this.near[i] as Int32Array;
      if (chunk !== NOTHING) visit(chunk, i * CHUNK);
    }
    for (const key of [...this.far.keys()].sort((a, b) => a - b)) visit(this.far.get(key) ?? NOTHING, key * CHUNK);
  }
}

/** A sparse array of 64-bit words; in its chunk a word is at (index & 255) * 2: low, high. */
export class Store extends Chunked {
  readonly place: number;

  constructor(
    readonly plane: Plane,
    readonly owner: number,
    expected: number = CHUNK,
  ) {
    super(CHUNK * 2, expected);
    this.place = placeOf(plane, owner);
  }

  hi(index: number): number {
    return this.chunk(index)[((index & (CHUNK - 1)) << 1) + 1] as number;
  }

  lo(index: number): number {
    return this.chunk(index)[(index & (CHUNK - 1)) << 1] as number;
  }

  forEach(visit: (index: number, hi: number, lo: number) => void): void {
    this.forEachChunk((chunk, first) => {
      for (let i = 0; i < CHUNK; i++) {
        const lo = chunk[i << 1] as number;
        const hi = chunk[(i << 1) + 1] as number;
        if ((lo | hi) !== 0) visit(first + i, hi, lo);
      }
    });
  }
}

/** A store of at most 256 words that are always there: no look-up. Word i is at 2i, 2i + 1 of `words`: low, high. */
export class Registers extends Store {
  readonly words: Int32Array = this.own(0);

  override hi(word: number): number {
    return this.words[(word << 1) + 1] as number;
  }

  override lo(word: number): number {
    return this.words[word << 1] as number;
  }

  override adopt(chunk: Int32Array): void {
    this.words.set(chunk);
  }
}
