// The two dwords of an HPTE, and the PTEG it belongs to, from the words of the field: effective address, guest physical
// address, protection, key, WIMG, sizes (Power ISA "Page Table Entry", "Page Table Search").

import { SLB_1T_HI, SLB_ESID_VALID, V_BOLTED, V_LARGE, V_SECONDARY, V_VALID } from '../model/bits';
import type { Hpt } from '../model/hpt';
import { findSlb } from '../model/mmu';
import { primaryPteg as ptegOf, secondaryPteg, segmentShift } from '../model/search';
import type { Registers } from '../model/store';
import { hiOf, loOf, toBig } from '../model/words';

/** A segment as an address falls into it. */
export interface SegmentWord {
  /** VSID word of the SLB entry */
  readonly word: bigint;
  /** log2 of the base page size */
  readonly baseShift: number;
}

/** The segment of an address on a vCPU; undefined when no SLB entry covers it. */
export function segmentOf(cpu: Registers, ea: bigint): SegmentWord | undefined {
  const entry = findSlb(cpu, hiOf(ea), loOf(ea));
  if (entry < 0) return undefined;
  const word = toBig(cpu.hi(2 * entry + 1), cpu.lo(2 * entry + 1));
  return { word, baseShift: segmentShift(loOf(word)) };
}

/** Number of the primary PTEG of an address. */
export function primaryPteg(hpt: Hpt, { word, baseShift }: SegmentWord, ea: bigint): number {
  return ptegOf(hpt, hiOf(word), loOf(word), hiOf(ea), loOf(ea), baseShift);
}

export { secondaryPteg };

const ONE_TB = BigInt(SLB_1T_HI) << 32n;
const SEGMENT_1T = (1n << 40n) - 1n;
const SEGMENT_256M = (1n << 28n) - 1n;

/** Mask of the offset within the segment. */
export function offsetMask({ word }: SegmentWord): bigint {
  return (word & ONE_TB) !== 0n ? SEGMENT_1T : SEGMENT_256M;
}

/** log2 of a power of two. */
export function log2(size: bigint): number {
  return size.toString(2).length - 1;
}

/** The encoding of base and actual page size in bits 12-19 of dword 1. */
function sizeBits(baseShift: number, shift: number): bigint {
  if (baseShift === 12) return shift === 16 ? 0x7000n : shift === 24 ? 0x38000n : 0n;
  if (baseShift === 16) return shift === 24 ? 0x8000n : 0x1000n;
  return baseShift === 34 ? 0x3000n : 0n;
}

export interface EntryWords {
  readonly ea: bigint;
  readonly gpa: bigint;
  /** log2 of the actual page size */
  readonly shift: number;
  /** PP in the low two bits, PP0 as 4 */
  readonly pp: bigint;
  readonly wimg: bigint;
  readonly key: bigint;
  readonly noExecute: boolean;
  readonly referenced: boolean;
  readonly changed: boolean;
  readonly bolted: boolean;
  readonly secondary: boolean;
}

/** Dword 0 as H_ENTER takes it. */
export function dword0(segment: SegmentWord, entry: EntryWords): bigint {
  const vsidMask = (segment.word & ONE_TB) !== 0n ? ~0xffffffn : ~0xfffn;
  const ignored = segment.baseShift >= 24 ? (1n << BigInt(segment.baseShift - 16)) - 1n : 0x7fn;
  let v = (segment.word & vsidMask) | (((entry.ea & offsetMask(segment)) >> 16n) & ~ignored) | BigInt(V_VALID);
  if (segment.baseShift > 12 || entry.shift > 12) v |= BigInt(V_LARGE);
  if (entry.bolted) v |= BigInt(V_BOLTED);
  if (entry.secondary) v |= BigInt(V_SECONDARY);
  return v;
}

/** Dword 1 as H_ENTER takes it. */
export function dword1(segment: SegmentWord, entry: EntryWords): bigint {
  const page = entry.gpa & ~((1n << BigInt(entry.shift)) - 1n);
  return (
    page |
    sizeBits(segment.baseShift, entry.shift) |
    protection(entry.pp, entry.key, entry.noExecute) |
    (entry.wimg << 3n) |
    (entry.referenced ? 0x100n : 0n) |
    (entry.changed ? 0x80n : 0n)
  );
}

/** PP0, PP, key and N where dword 1 has them. */
function protection(pp: bigint, key: bigint, noExecute: boolean): bigint {
  return ((pp >> 2n) << 63n) | (pp & 3n) | ((key >> 3n) << 60n) | ((key & 7n) << 9n) | (noExecute ? 4n : 0n);
}

/** The same where the flags of H_PROTECT have them: PP0 in bit 8, the high key bits in bits 12 and 13. */
export function protectFlags(pp: bigint, key: bigint, noExecute: boolean): bigint {
  return ((pp >> 2n) << 8n) | (pp & 3n) | ((key >> 3n) << 12n) | ((key & 7n) << 9n) | (noExecute ? 4n : 0n);
}

/** The two SLB words of a segment. */
export function slbWords(segment: {
  ea: bigint;
  vsid: bigint;
  oneTb: boolean;
  pageShift: number;
  ks: boolean;
  kp: boolean;
}): { esid: bigint; vsid: bigint } {
  const page = { 12: 0n, 16: 0x110n, 24: 0x100n, 34: 0x120n }[segment.pageShift] ?? 0n;
  const bits = (segment.ks ? 0x800n : 0n) | (segment.kp ? 0x400n : 0n) | page;
  const esidMask = segment.oneTb ? ~SEGMENT_1T : ~SEGMENT_256M;
  return {
    esid: (segment.ea & esidMask) | BigInt(SLB_ESID_VALID),
    vsid:
      ((segment.oneTb ? ONE_TB : 0n) | (segment.vsid << (segment.oneTb ? 24n : 12n)) | bits) & 0xffff_ffff_ffff_ffffn,
  };
}
