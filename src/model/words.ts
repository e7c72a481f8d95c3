/**
 * 64-bit words as two 32-bit halves.
 *
 * Bulk storage and hot paths hold a 64-bit word as two two's-complement int32 halves (`hi`, `lo`): results of bit
 * operators in the language are int32, so equality needs no conversion. `bigint` is used at the edges only, "0x…"
 * strings in JSON. Indexes, guest frame numbers and host addresses are plain numbers: they stay below 2^53.
 */

const TWO32 = 4294967296;

/** The unsigned 64-bit value of two halves. */
export function toBig(hi: number, lo: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

/** Upper half (bits 32-63) of a 64-bit value, as int32. */
export function hiOf(value: bigint): number {
  return Number((value >> 32n) & 0xffffffffn) | 0;
}

/** Lower half (bits 0-31) of a 64-bit value, as int32. */
export function loOf(value: bigint): number {
  return Number(value & 0xffffffffn) | 0;
}

/** Upper half of an integer |n| < 2^53 (two's complement when negative). */
export function numHi(n: number): number {
  return n >= 0 && n < TWO32 ? 0 : Math.floor(n / TWO32) | 0;
}

/** Whole part of a number that is not negative. Most are small, and become integers for the engine this way. */
export function whole(n: number): number {
  return n < TWO32 ? n >>> 0 : Math.floor(n);
}

const PER_TWO32 = 1 / TWO32;

/** Upper half of an address, frame or index, none of them negative: for hot paths, small enough to be put in place of its calls. */
export function high(n: number): number {
  return n < TWO32 ? 0 : (n * PER_TWO32) | 0;
}

/** Lower half of an integer |n| < 2^53. */
export function numLo(n: number): number {
  return n | 0;
}

/** The number of two halves; exact below 2^53. */
export function toNum(hi: number, lo: number): number {
  // most are small, and stay integers for the engine this way
  if (hi === 0) return lo >>> 0;
  return (hi >>> 0) * TWO32 + (lo >>> 0);
}

/** The number of two halves read as a signed 64-bit value; exact for |n| < 2^53. */
export function toSigned(hi: number, lo: number): number {
  if (hi === 0) return lo >>> 0;
  return hi * TWO32 + (lo >>> 0);
}

/** "0x…" in lower case without padding. */
export function hex64(hi: number, lo: number): string {
  return hi === 0
    ? `0x${(lo >>> 0).toString(16)}`
    : `0x${(hi >>> 0).toString(16)}${(lo >>> 0).toString(16).padStart(8, '0')}`;
}

/** Sixteen hex digits without prefix. */
export function hex64Padded(hi: number, lo: number): string {
  return (hi >>> 0).toString(16).padStart(8, '0') + (lo >>> 0).toString(16).padStart(8, '0');
}

/** Upper half of the address of a frame (the lower half is frame << pageShift). */
export function frameHi(pfn: number, pageShift: number): number {
  return (pfn & 0x3fffffff) === pfn ? pfn >>> (32 - pageShift) : Math.floor(pfn / 2 ** (32 - pageShift)) | 0;
}

/** Low-half mask of a power-of-two size: the bits of (1 << shift) - 1 in bits 0-31. */
export function maskLo(shift: number): number {
  return shift >= 32 ? -1 : (1 << shift) - 1;
}

/** High-half mask of a power-of-two size: the bits of (1 << shift) - 1 in bits 32-63. */
export function maskHi(shift: number): number {
  return shift <= 32 ? 0 : maskLo(shift - 32);
}

/** FNV-1a 64 over 64-bit words, each fed as eight little-endian bytes (the state hash of the conformance vectors). */
export class Fnv {
  // four 16-bit limbs, least significant first, so that a product stays below 2^53
  private h0 = 0x2325;
  private h1 = 0x8422;
  private h2 = 0x9ce4;
  private h3 = 0xcbf2;

  word(hi: number, lo: number): void {
    this.half(lo);
    this.half(hi);
  }

  num(n: number): void {
    this.word(numHi(n), numLo(n));
  }

  private half(value: number): void {
    let { h0, h1, h2, h3 } = this;
    for (let shift = 0; shift < 32; shift += 8) {
      h0 ^= (value >>> shift) & 0xff;
      // times 0x100000001b3 = 2^40 + 0x1b3
      const p0 = h0 * 0x1b3;
      const p1 = h1 * 0x1b3 + (p0 >>> 16);
      const p2 = h2 * 0x1b3 + (p1 >>> 16) + ((h0 << 8) & 0xffff);
      const p3 = h3 * 0x1b3 + (p2 >>> 16) + (((h1 << 8) | (h0 >>> 8)) & 0xffff);
      h0 = p0 & 0xffff;
      h1 = p1 & 0xffff;
      h2 = p2 & 0xffff;
      h3 = p3 & 0xffff;
    }
    this.h0 = h0;
    this.h1 = h1;
    this.h2 = h2;
    this.h3 = h3;
  }

  /** The hash as "0x" and sixteen digits. */
  digest(): string {
    return `0x${hex64Padded((this.h3 << 16) | this.h2, (this.h1 << 16) | this.h0)}`;
  }
}
