/** A hashed page table with its reverse map. */
import { Plane, placeOf } from './place';
import { CHUNK, Chunked } from './store';
import { numHi, numLo, whole } from './words';

/**
 * One hashed page table and its reverse map: for each entry dword 0, dword 1, guest_rpte, forw and back.
 * An HPTE's identity is (owner of the table, index). In its chunk an entry is at (index & 255) * 8: vLo, vHi, rLo, rHi, guestLo,
 * guestHi, forw, back.
 */
export class Hpt extends Chunked {
  readonly entries: number;
  /** (number of PTEGs - 1) */
  readonly maskHi: number;
  readonly maskLo: number;
  readonly placeV: number;
  readonly placeR: number;
  readonly placeGuest: number;
  readonly placeLink: number;
  /** number of the last PTEG */
  readonly lastPteg: number;

  /** @param order log2 of the table's size in bytes, 10 to 46 */
  constructor(
    readonly owner: number,
    readonly order: number,
  ) {
    super(CHUNK * 8, 2 ** (order - 4));
    this.entries = whole(2 ** (order - 4));
    this.lastPteg = whole(2 ** (order - 7) - 1);
    this.maskHi = numHi(this.lastPteg);
    this.maskLo = numLo(this.lastPteg);
    this.placeV = placeOf(Plane.hpteV, owner);
    this.placeR = placeOf(Plane.hpteR, owner);
    this.placeGuest = placeOf(Plane.guestRpte, owner);
    this.placeLink = placeOf(Plane.link, owner);
  }

  vHi(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 1] as number;
  }
  vLo(index: number): number {
    return this.chunk(index)[(index & 255) << 3] as number;
  }
  rHi(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 3] as number;
  }
  rLo(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 2] as number;
  }
  guestHi(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 5] as number;
  }
  guestLo(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 4] as number;
  }
  /** forw, unsigned 32 bit HPTE index. */
  forw(index: number): number {
    return (this.chunk(index)[((index & 255) << 3) + 6] as number) >>> 0;
  }
  back(index: number): number {
    return (this.chunk(index)[((index & 255) << 3) + 7] as number) >>> 0;
  }

  /** Visits every entry with a non-zero word, ascending. */
  forEach(visit: (index: number, chunk: Int32Array, offset: number) => void): void {
    this.forEachChunk((chunk, first) => {
      for (let i = 0, o = 0; i < CHUNK; i++, o += 8) {
        if (
          ((chunk[o] as number) | (chunk[o + 1] as number) | (chunk[o + 2] as number) | (chunk[o + 3] as number)) !==
            0 ||
          ((chunk[o + 4] as number) |
            (chunk[o + 5] as number) |
            (chunk[o + 6] as number) |
            (chunk[o + 7] as number)) !==
            0
        )
          visit(first + i, chunk, o);
      }
    });
  }
}
