/**
 * Where the HPTE of an address is looked for: page size of its segment, hash, AVPN, and the kernel's own search of the two PTEGs
 * (ISA "Page Table Search", kvmppc_hv_find_lock_hpte).
 */
import { SLB_1T_HI, SLB_L, SLB_LP, V_LARGE, V_SECONDARY } from './bits';
import { lockHpte } from './entry';
import type { Hpt } from './hpt';
import { baseShiftOf, oldVHi } from './hpte';
import { Local, sFind } from './listing';
import { ENTER, LOCAL, STEP } from './log';
import type { Vm } from './vm';
import { high, toNum } from './words';

/** Base page shift that a segment word asks for (kvmppc_hv_find_lock_hpte); 20 for the reserved encoding. */
export function segmentShift(slbLo: number): number {
  return (slbLo & SLB_L) === 0 ? 12 : largeSegmentShift(slbLo);
}

function largeSegmentShift(slbLo: number): number {
  switch (slbLo & SLB_LP) {
    case 0x00:
      return 24;
    case 0x10:
      return 16;
    case 0x20:
      return 34;
    default:
      return 20;
  }
}

/** Number of the primary PTEG of an effective address in a segment (ISA "Page Table Search"). */
export function primaryPteg(
  hpt: Hpt,
  slbHi: number,
  slbLo: number,
  eaHi: number,
  eaLo: number,
  baseShift: number,
): number {
  let hashHi: number;
  let hashLo: number;
  if ((slbHi & SLB_1T_HI) === 0) {
    hashLo = (slbHi << 20) | (slbLo >>> 12);
    hashHi = (slbHi >>> 12) & 0x3ffff;
    if (baseShift < 32) hashLo ^= (eaLo & 0x0fffffff) >>> baseShift;
  } else {
    const offHi = eaHi & 0xff;
    const vsidLo = (slbHi << 8) | (slbLo >>> 24);
    const vsidHi = (slbHi >>> 24) & 0x3f;
    const offset = baseShift < 32 ? (eaLo >>> baseShift) | (offHi << (32 - baseShift)) : offHi >>> (baseShift - 32);
    hashLo = vsidLo ^ (vsidLo << 25) ^ offset;
    hashHi = vsidHi ^ ((vsidHi << 25) | (vsidLo >>> 7));
  }
  return hpt.maskHi === 0 ? (hashLo & hpt.maskLo) >>> 0 : toNum(hashHi & hpt.maskHi, hashLo & hpt.maskLo);
}

/** Bits 0-31 of the AVPN of an address in dword 0 form, bits below the AVPN not cleared. Bits 32-63 are those of the segment word. */
export function avpnLo(slbHi: number, slbLo: number, eaHi: number, eaLo: number): number {
  return (slbHi & SLB_1T_HI) === 0
    ? (slbLo & ~0xfff) | ((eaLo & 0x0fffffff) >>> 16)
    : (slbLo & ~0xffffff) | (eaLo >>> 16) | ((eaHi & 0xff) << 16);
}

/** PTEG that the secondary hash selects. */
export function secondaryPteg(hpt: Hpt, pteg: number): number {
  return hpt.lastPteg - pteg;
}

/** Bits of dword 0 that lie below what a search compares, by base page shift. */
export function avpnIgnored(baseShift: number): number {
  return baseShift >= 24 ? (1 << (baseShift - 16)) - 1 : 0x7f;
}

/**
 * Searches the table for an address and locks what it finds (kvmppc_hv_find_lock_hpte).
 * @param wanted V_VALID, or V_VALID | V_ABSENT
 * @returns HPTE index, or -1
 */
export function findLockHpte(vm: Vm, eaHi: number, eaLo: number, slbHi: number, slbLo: number, wanted: number): number {
  const hpt = vm.state.hpt;
  const log = vm.state.log;
  const baseShift = segmentShift(slbLo);
  const pteg = primaryPteg(hpt, slbHi, slbLo, eaHi, eaLo, baseShift);
  const large = (slbLo & SLB_L) !== 0 ? V_LARGE : 0;
  const avpn = (avpnLo(slbHi, slbLo, eaHi, eaLo) & ~avpnIgnored(baseShift)) | large;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room()
      .w(ENTER | sFind.PATH).w(-1).w(eaHi).w(eaLo).w(slbHi).w(slbLo)
      .w(STEP | sFind.hash);
    // biome-ignore format: one record a line
    log
      .w(LOCAL | Local.hash).w(high(pteg)).w(pteg | 0)
      .w(LOCAL | Local.avpn).w(slbHi).w(avpn)
      .w(STEP | sFind.primary);
  }
  let index = findIn(vm, hpt, pteg * 8, large, slbHi, avpn, wanted, baseShift);
  if (index < 0) {
    if (log !== null) log.step(sFind.secondary);
    index = findIn(vm, hpt, secondaryPteg(hpt, pteg) * 8, large, slbHi, avpn | V_SECONDARY, wanted, baseShift);
  }
  if (log !== null) {
    if (index >= 0) {
      // biome-ignore format: one record a line
      log
        .w(STEP | sFind.found)
        .w(LOCAL | Local.index).w(high(index)).w(index | 0);
      lockHpte(vm, hpt, index);
    } else log.step(sFind.missing);
    log.leave();
  }
  return index;
}

/** Whether dword 0 of none of a PTEG's slots, the first at `o`, has these bits. A look that is over for nearly every PTEG then. */
export function noneHas(c: Int32Array, o: number, mask: number, want: number): boolean {
  return (
    ((c[o] as number) & mask) !== want &&
    ((c[o + 8] as number) & mask) !== want &&
    ((c[o + 16] as number) & mask) !== want &&
    ((c[o + 24] as number) & mask) !== want &&
    ((c[o + 32] as number) & mask) !== want &&
    ((c[o + 40] as number) & mask) !== want &&
    ((c[o + 48] as number) & mask) !== want &&
    ((c[o + 56] as number) & mask) !== want
  );
}

/** The first slot of a PTEG that matches, as an HPTE index, or -1. */
function findIn(
  vm: Vm,
  hpt: Hpt,
  first: number,
  large: number,
  avpnHi: number,
  want: number,
  wanted: number,
  baseShift: number,
): number {
  const mask = ~0x7f | V_SECONDARY | large;
  const c = hpt.chunk(first);
  const o = (first & 255) << 3;
  if (noneHas(c, o, mask, want)) return -1;
  for (let at = o; at < o + 64; at += 8) {
    const vLo = c[at] as number;
    if ((vLo & mask) !== want || (vLo & wanted) === 0) continue;
    const vHi = vm.newFormat === true ? oldVHi(c[at + 1] as number, c[at + 3] as number) : (c[at + 1] as number);
    if (vHi === avpnHi && baseShiftOf(vm, vLo, c[at + 2] as number) === baseShift) return first + ((at - o) >> 3);
  }
  return -1;
}
