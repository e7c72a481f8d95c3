/**
 * HPTE words: page size encodings, guest frame, permissions, storage keys, cache attributes, the POWER9 layout and the RB
 * operand of tlbie (Power ISA "Page Table Entry", "TLB Invalidate Entry"; Book3S HV kvmppc_actual_pgsz, hpte_make_readonly,
 * hpte_cache_flags_ok, compute_tlbie_rb).
 */
import {
  DSISR_KEYFAULT,
  R_I,
  R_KEY_HI,
  R_KEY_LO,
  R_M,
  R_P9_B_HI,
  R_PP,
  R_PP0_HI,
  R_RPN_HI,
  R_RPN_LO,
  R_W,
  R_WIMG,
  V_1TB_HI,
  V_AVPN_LO,
  V_LARGE,
  V_P9_HI,
  V_SECONDARY,
} from './bits';
import { maskHi, maskLo } from './words';

/** What of the kernel and the processor decides how an HPTE is read. */
export interface HpteRules {
  /** ISA 2.06: 64K pages, SAO (not on PPC970) */
  readonly arch206: boolean;
  readonly mixedPageSizes: boolean;
}

/**
 * Page sizes of an entry: base shift | actual shift << 8; 0 when the encoding is invalid. Shifts are 12, 16, 24 or 34.
 * @param vLo dword 0 bits 0-31
 * @param rLo dword 1 bits 0-31
 */
export function pageShifts(rules: HpteRules, vLo: number, rLo: number): number {
  return (vLo & V_LARGE) === 0 ? 0x0c0c : largePageShifts(rules, rLo);
}

/** Actual page size shift of an entry, 0 when invalid. */
export function actualShift(rules: HpteRules, vLo: number, rLo: number): number {
  return (vLo & V_LARGE) === 0 ? 12 : largePageShifts(rules, rLo) >>> 8;
}

/** Base page size shift of an entry, 0 when invalid. */
export function baseShiftOf(rules: HpteRules, vLo: number, rLo: number): number {
  return (vLo & V_LARGE) === 0 ? 12 : largePageShifts(rules, rLo) & 0xff;
}

function largePageShifts(rules: HpteRules, rLo: number): number {
  if (rules.mixedPageSizes !== true) {
    if ((rLo & 0xf000) === 0x1000 && rules.arch206 === true) return 0x1010;
    return (rLo & 0xff000) === 0 ? 0x1818 : 0;
  }
  const high = (rLo >>> 16) & 0xf;
  switch ((rLo >>> 12) & 0xf) {
    case 0:
      return high === 0 ? 0x1818 : 0;
    case 1:
      return 0x1010;
    case 3:
      return high === 0 ? 0x2222 : 0;
    case 7:
      return 0x100c;
    case 8:
      return high === 0 ? 0x1810 : high === 3 ? 0x180c : 0;
    default:
      return 0;
  }
}

/** Guest frame number (host page units) of an entry of the given actual page shift. */
export function gfnOf(guestHi: number, guestLo: number, shift: number, pageShift: number): number {
  const hi = guestHi & R_RPN_HI;
  if (hi === 0 && shift < 32) return (((guestLo & R_RPN_LO) >>> shift) << shift) >>> pageShift;
  return (hi & ~maskHi(shift)) * 2 ** (32 - pageShift) + ((guestLo & R_RPN_LO & ~maskLo(shift)) >>> pageShift);
}

/** Whether the PP field lets the guest write in any state: neither RXRX nor RXXX. */
export function isWritable(rHi: number, rLo: number): boolean {
  const pp = rLo & R_PP;
  return (rHi & R_PP0_HI) === 0 ? pp !== 3 : pp !== 2;
}

/** Whether make_readonly sets PP0 (RXXX) for this dword 1; otherwise PP becomes RXRX. */
export function readonlyIsRxxx(rHi: number, rLo: number): boolean {
  return (rHi & R_PP0_HI) !== 0 || (rLo & R_PP) === 0;
}

/** Read permission for a protection key bit (KS or KP of the segment). */
export function mayRead(rHi: number, rLo: number, key: number): boolean {
  return key === 0 || ((rHi & R_PP0_HI) === 0 && (rLo & R_PP) !== 0);
}

/** Write permission for a protection key bit. */
export function mayWrite(rHi: number, rLo: number, key: number): boolean {
  if ((rHi & R_PP0_HI) !== 0) return false;
  return key === 0 ? (rLo & R_PP) <= 2 : (rLo & R_PP) === 2;
}

/** Storage key of dword 1, 0 to 31. */
export function storageKey(rHi: number, rLo: number): number {
  return ((rHi & R_KEY_HI) >>> 25) | ((rLo & R_KEY_LO) >>> 9);
}

/** The two AMR bits of a storage key: 2 no write, 1 no read. */
export function amrBits(amrHi: number, amrLo: number, key: number): number {
  const shift = 62 - 2 * key;
  return (shift >= 32 ? amrHi >>> (shift - 32) : amrLo >>> shift) & 3;
}

/** DSISR_KEYFAULT when the AMR forbids the access, else 0. */
export function amrFault(amrHi: number, amrLo: number, rHi: number, rLo: number, store: boolean): number {
  if ((amrHi | amrLo) === 0) return 0;
  return (amrBits(amrHi, amrLo, storageKey(rHi, rLo)) & (store ? 2 : 1)) !== 0 ? DSISR_KEYFAULT : 0;
}

/**
 * Whether the guest's WIMG bits fit the host mapping. `io`: 0 for RAM, else linux-3.4: the host PTE's W and I bits, linux-6.1:
 * non-zero when the host PTE is cache-inhibited.
 */
export function wimgFits(rules: HpteRules, ioIsBoolean: boolean, rLo: number, io: number): boolean {
  let wimg = rLo & R_WIMG;
  if (io === 0 && wimg === R_M) return true;
  if (wimg === (R_W | R_I | R_M) && rules.arch206 === true) wimg = R_M;
  if (io === 0) return wimg === R_M;
  return ioIsBoolean ? (wimg & (R_W | R_I)) === R_I : (wimg & (R_W | R_I)) === io;
}

/** Dword 0 bits 32-63 in the old layout from the POWER9 words. */
export function oldVHi(vHi: number, rHi: number): number {
  return (vHi & V_P9_HI) | ((rHi & R_P9_B_HI) << 4);
}

/** Dword 1 bits 32-63 in the POWER9 layout from the old words. */
export function newRHi(vHi: number, rHi: number): number {
  return (rHi & ~R_P9_B_HI) | ((vHi >>> 30) << 26);
}

/** RB operand of tlbie, written to `out`. */
export interface Rb {
  rbHi: number;
  rbLo: number;
}

/**
 * RB operand of tlbie for an entry: AVA, segment size and page size (ISA "TLB Invalidate Entry").
 * @param vHi,vLo dword 0 in the old layout
 * @param rLo bits 0-31 of dword 1
 */
export function tlbieRb(rules: HpteRules, index: number, vHi: number, vLo: number, rLo: number, out: Rb): void {
  const v = vLo & V_AVPN_LO;
  let hi = (vHi << 16) | (v >>> 16);
  let lo = v << 16;
  let vaLow = Math.floor(index / 8) & 0x7ff;
  if ((vLo & V_SECONDARY) !== 0) vaLow ^= 0x7ff;
  vaLow ^= ((vHi & V_1TB_HI) === 0 ? vLo >>> 12 : (vLo >>> 24) | (vHi << 8)) & 0x7ff;
  if (rules.mixedPageSizes !== true) {
    if ((vLo & V_LARGE) === 0) lo |= vaLow << 12;
    else {
      lo |= 1;
      if (rules.arch206 === true && (rLo & 0xff000) !== 0) lo |= 0x1000 | ((vaLow & 0x7f) << 16) | (vaLow & 0xfe);
    }
    lo |= (vHi >>> 22) & 0x300;
  } else {
    const shifts = pageShifts(rules, vLo, rLo);
    const base = shifts & 0xff;
    const actual = shifts >>> 8;
    if (base === 12) {
      if (actual === 16) lo |= 5 << 5;
      else if (actual === 24) lo |= 4 << 5;
      lo |= vaLow << 12;
    } else {
      if (base < 23) lo |= (vaLow << base) & 0x7ff000;
      lo &= ~maskLo(actual);
      hi &= ~maskHi(actual);
      if (base < 20) lo |= (vaLow << (base - 12)) & 0xfe;
      lo |= 1 | (rLo & 0xff000 & maskLo(actual));
    }
    lo |= (vHi >>> 30) << 8;
  }
  out.rbHi = hi;
  out.rbLo = lo;
}
