/**
 * Why a translation was found or not: the page table search of an effective address, slot by slot (Power ISA "Page Table
 * Search", Book3S HV kvmppc_hv_find_lock_hpte). Pure: it reads the state as it is and changes nothing.
 */
import { SLB_1T_HI, SLB_L, V_ABSENT, V_LARGE, V_SECONDARY, V_VALID } from './bits';
import { oldDword0 } from './entry';
import { pageShifts } from './hpte';
import { avpnIgnored, avpnLo, primaryPteg, secondaryPteg, segmentShift } from './search';
import type { Vm } from './vm';
import { hiOf, loOf, toBig } from './words';

/** One of the sixteen slots that a search looks at, in the order in which it does. */
export interface Candidate {
  readonly index: number;
  readonly group: 'primary' | 'secondary';
  /** 0 to 7 within the PTEG */
  readonly slot: number;
  readonly state: 'free' | 'valid' | 'absent';
  /** dword 0 in the old layout */
  readonly v: bigint;
  readonly r: bigint;
  /** It is an entry for this address, whether the hardware sees it (valid) or only the kernel does (absent). */
  readonly matches: boolean;
  /** A sentence. */
  readonly reason: string;
}

/** A search worked out. */
export interface SearchExplained {
  readonly ea: bigint;
  /** segment word: VSID, B, Ks, Kp, N, L and LP */
  readonly slbV: bigint;
  readonly vsid: bigint;
  readonly segment: '256M' | '1T';
  /** log2 of the segment's base page size; 20 for the reserved encoding, which finds nothing */
  readonly baseShift: number;
  /** virtual page number in 4K pages */
  readonly vpn: bigint;
  /** 39-bit hash before the table's mask */
  readonly hash: bigint;
  readonly primary: number;
  readonly secondary: number;
  /** dword 0 that a match has, bits that are not compared cleared */
  readonly avpn: bigint;
  readonly candidates: readonly Candidate[];
  /** first valid match: what the hardware finds; -1 none */
  readonly hardware: number;
  /** first match, absent ones included: what the kernel finds; -1 none */
  readonly kernel: number;
}

/** "4K", "64K", "16M", "16G" of a page shift. */
export function sizeName(shift: number): string {
  const units = ['', 'K', 'M', 'G', 'T'];
  return `${2 ** (shift % 10)}${units[Math.floor(shift / 10)] ?? ''}`;
}

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/**
 * Explains the search for an address in the current table.
 * @param slbV the segment word that translates it (an SLB entry's VSID word, or the VRMA's)
 */
export function explainSearch(vm: Vm, ea: bigint, slbV: bigint): SearchExplained {
  const hpt = vm.state.hpt;
  const slbHi = hiOf(slbV);
  const slbLo = loOf(slbV);
  const baseShift = segmentShift(slbLo);
  const oneT = (slbHi & SLB_1T_HI) !== 0;
  const vsid = (slbV & 0x3fffffffffffffffn) >> (oneT ? 24n : 12n);
  const offset = ea & (oneT ? 0xffffffffffn : 0xfffffffn);
  const pageNumber = offset >> BigInt(baseShift);
  const large = (slbLo & SLB_L) !== 0 ? V_LARGE : 0;
  const primary = primaryPteg(hpt, slbHi, slbLo, hiOf(ea), loOf(ea), baseShift);
  const avpnBits = avpnLo(slbHi, slbLo, hiOf(ea), loOf(ea)) & ~avpnIgnored(baseShift);
  const avpn = toBig(slbHi, avpnBits | large);
  const secondary = secondaryPteg(hpt, primary);
  const wanted: Wanted = { avpn, baseShift, large: large !== 0, ignored: BigInt(avpnIgnored(baseShift)) };
  const candidates = [primary, secondary].flatMap((pteg, group) =>
    Array.from({ length: 8 }, (_, slot) => candidate(vm, pteg * 8 + slot, group === 1, slot, wanted)),
  );
  return {
    ea,
    slbV,
    vsid,
    segment: oneT ? '1T' : '256M',
    baseShift,
    vpn: (vsid << (oneT ? 28n : 16n)) | (offset >> 12n),
    hash: (oneT ? vsid ^ (vsid << 25n) ^ pageNumber : vsid ^ pageNumber) & 0x7fffffffffn,
    primary,
    secondary,
    avpn,
    candidates,
    hardware: candidates.find(({ matches, state }) => matches && state === 'valid')?.index ?? -1,
    kernel: candidates.find(({ matches }) => matches)?.index ?? -1,
  };
}

interface Wanted {
  readonly avpn: bigint;
  readonly baseShift: number;
  readonly large: boolean;
  /** bits of dword 0 that the AVPN comparison leaves out, flags among them */
  readonly ignored: bigint;
}

function candidate(vm: Vm, index: number, secondary: boolean, slot: number, wanted: Wanted): Candidate {
  const hpt = vm.state.hpt;
  const v = oldDword0(vm, hpt, index);
  const flags = loOf(v);
  const state = (flags & V_VALID) !== 0 ? 'valid' : (flags & V_ABSENT) !== 0 ? 'absent' : 'free';
  const base = pageShifts(vm, flags, hpt.rLo(index)) & 0xff;
  const why = mismatch(v, flags, state, base, secondary, wanted);
  return {
    index,
    group: secondary ? 'secondary' : 'primary',
    slot,
    state,
    v,
    r: toBig(hpt.rHi(index), hpt.rLo(index)),
    matches: why === null,
    reason:
      why ??
      (state === 'valid' ? 'matches' : 'matches, but it is absent: the hardware does not see it, the kernel does'),
  };
}

/** Why an entry is none for the address, in the order in which a person would look; null when it is one. */
function mismatch(
  v: bigint,
  flags: number,
  state: Candidate['state'],
  base: number,
  secondary: boolean,
  wanted: Wanted,
): string | null {
  if (state === 'free') return 'free: neither VALID nor ABSENT';
  if (((flags & V_SECONDARY) !== 0) !== secondary)
    return secondary
      ? 'SECONDARY is clear: it was entered by its primary hash'
      : 'SECONDARY is set: it was entered by its secondary hash';
  if (v >> 62n !== wanted.avpn >> 62n)
    return `segment size: the entry has B ${v >> 62n}, the segment ${wanted.avpn >> 62n}`;
  const compared = 0x3fffffffffffff80n & ~wanted.ignored;
  const seen = v & compared;
  const want = wanted.avpn & compared;
  if (seen !== want) return `AVPN ${hex(seen)} is not ${hex(want)}`;
  if (((flags & V_LARGE) !== 0) !== wanted.large)
    return wanted.large
      ? 'LARGE is clear: a 4K page, the segment has larger ones'
      : 'LARGE is set: the segment has 4K pages';
  if (base === 0) return 'its page size encoding is invalid';
  if (base !== wanted.baseShift)
    return `base page size ${sizeName(base)}, the segment has ${wanted.baseShift === 20 ? 'a reserved one' : sizeName(wanted.baseShift)}`;
  return null;
}
