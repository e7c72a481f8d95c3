// What replay reads out of the words of an HPTE: its identity, guest page, frame and PTEG. Power ISA "Page Table Entry" and
// "Virtual to Real Translation"; the layouts of linux-6.1 (docs: ISA 3.0 moves the segment size to dword 1).
// Words here are bigints in the older layout, whatever the processor.

import { pageShifts } from '../../model/hpte';

export const V_VALID = 0x1n;
export const V_SECONDARY = 0x2n;
export const V_BOLTED = 0x10n;
export const V_ABSENT = 0x20n;
const stateBits = 0x61n; // VALID, ABSENT, HVLOCK
const avpnOfIsa3 = 0xc00fffffffffffffn;
const segmentOfIsa3 = 3n << 58n;
const rpn = 0x0ffffffffffff000n;
/** R and C in dword 1 and in the guest view. */
export const RC = 0x180n;
/** Guest view: modified since the last read of the HTAB stream. */
const MODIFIED = 1n << 62n;

const rules = { arch206: true, mixedPageSizes: true };

/** Dword 0 without its state and lock; with ISA 3.0 also without the AVPN bits that the table cannot hold. */
export function identityOf(v: bigint, isa3: boolean): bigint {
  return (isa3 ? v & avpnOfIsa3 : v) & ~stateBits;
}

/** Dword 0 of a table in memory, in the older layout and without the lock. */
export function dword0FromTable(v: bigint, r: bigint, isa3: boolean): bigint {
  return (isa3 ? (v & 0x000fffffffffffffn) | ((r & segmentOfIsa3) << 4n) : v) & ~0x40n;
}

/** The guest view without R, C and MODIFIED. */
export function guestOf(guest: bigint): bigint {
  return guest & ~(RC | MODIFIED);
}

const shiftsOf = (v: bigint, guest: bigint): number =>
  pageShifts(rules, Number(v & 0xffffffffn), Number(guest & 0xffffffffn));

/** log2 of the page that an entry maps; 0 when its encoding is invalid. */
export function actualShiftOf(v: bigint, guest: bigint): number {
  return shiftsOf(v, guest) >>> 8;
}

/** log2 of the base page size of an entry's segment; 0 when its encoding is invalid. */
export function baseShiftOf(v: bigint, guest: bigint): number {
  return shiftsOf(v, guest) & 0xff;
}

/** Guest real address of the page that an entry maps, or undefined when its size is invalid. */
export function gpaOf(v: bigint, guest: bigint): bigint | undefined {
  const shift = actualShiftOf(v, guest);
  return shift === 0 ? undefined : guest & rpn & ~((1n << BigInt(shift)) - 1n);
}

/** Real address in dword 1, of the page that the entry maps: without page size bits and without ISA 3.0's segment size. */
export function frameOf(v: bigint, r: bigint, guest: bigint, isa3: boolean): bigint | undefined {
  const shift = actualShiftOf(v, guest);
  const word = isa3 ? r & ~segmentOfIsa3 : r;
  return shift === 0 ? undefined : word & rpn & ~((1n << BigInt(shift)) - 1n);
}

/** The PTEG in which an entry with this dword 0 must stand when an access to `ea` found it. */
export function ptegOf(v: bigint, guest: bigint, ea: bigint, ptegs: number): number | undefined {
  const base = BigInt(shiftsOf(v, guest) & 0xff);
  if (base === 0n) {
    return undefined;
  }
  const high = (v & 0x3fffffffffffff80n) << 16n;
  const large = v >> 62n === 1n;
  const vsid = large ? high >> 40n : high >> 28n;
  const offset = (ea & (large ? 0xffffffffffn : 0xfffffffn)) >> base;
  const hash = large ? vsid ^ (vsid << 25n) ^ offset : vsid ^ offset;
  return Number(((v & V_SECONDARY) !== 0n ? ~hash : hash) & BigInt(ptegs - 1));
}

/**
 * The slot of a bolted entry after the table was replaced by one of another size: PTEG and AVPN give the hash back, which is
 * taken again under the new mask (see resize in semantics of KVM_PPC_RESIZE_HPT_COMMIT).
 */
export function slotAfterResize(
  index: number,
  v: bigint,
  guest: bigint,
  ptegs: number,
  newPtegs: number,
): number | undefined {
  const base = BigInt(shiftsOf(v, guest) & 0xff);
  if (base === 0n) {
    return undefined;
  }
  const secondary = (v & V_SECONDARY) !== 0n;
  const oldMask = BigInt(ptegs - 1);
  const found = BigInt(Math.floor(index / 8));
  const pteg = secondary ? ~found & oldMask : found;
  const avpn = ((v & 0x3fffffffffffff80n) >> 7n) & ~(((1n << base) - 1n) >> 23n);
  const large = v >> 62n === 1n;
  const inSegment = large ? 17n : 5n;
  const vsid = avpn >> inSegment;
  const mixed = large ? vsid ^ (vsid << 25n) : vsid;
  let offset = (avpn & ((1n << inSegment) - 1n)) << 23n;
  if (base < 23n) {
    offset |= ((mixed ^ pteg) & oldMask) << base;
  }
  const hash = mixed ^ (offset >> base);
  return Number((secondary ? ~hash : hash) & BigInt(newPtegs - 1)) * 8 + (index % 8);
}

const vrmaVsid = 0x1ffffffn;
const V_LARGE = 4n;
const R_M = 0x10n;

/** An entry of the real-mode area (kvmppc_map_vrma): its slot, dword 0 without state, and guest view without R and C. */
export interface VrmaEntry {
  readonly index: number;
  readonly v: bigint;
  readonly guest: bigint;
}

/**
 * The entries that the kernel makes for the real-mode area: bolted, one for each page of memslot 0, in the last slot of its PTEG.
 * @param bytes size of the memslot
 * @param shift log2 of the page size: 12, 16 or 24
 */
export function* vrmaEntries(bytes: bigint, shift: number, ptegs: number, isa3: boolean): Generator<VrmaEntry> {
  const pages = Math.min(Number(bytes >> BigInt(shift)), 2 ** (40 - shift), ptegs);
  const size = shift === 16 ? 0x1000n : 0n;
  for (let i = 0; i < pages; i++) {
    const address = BigInt(i) << BigInt(shift);
    const pteg = Number((BigInt(i) ^ vrmaVsid ^ (vrmaVsid << 25n)) & BigInt(ptegs - 1));
    const v = (1n << 62n) | (vrmaVsid << 24n) | V_BOLTED | (shift > 12 ? V_LARGE : 0n) | ((address >> 16n) & ~0x7fn);
    yield { index: pteg * 8 + 7, v: identityOf(v, isa3), guest: address | size | R_M };
  }
}

/** log2 of the page size of an entry of the real-mode area; undefined if an entry with these words is none. */
export function vrmaShiftOf(v: bigint, guest: bigint): number | undefined {
  const isVrma = v >> 62n === 1n && (v & V_BOLTED) !== 0n && (v & 0x3fffffffffffff80n) >> 24n === vrmaVsid;
  const shift = actualShiftOf(v, guest);
  return isVrma && shift !== 0 ? shift : undefined;
}
