// Words taken apart for people: HPTE dwords, rmap words, host PTEs, MSR, DSISR, segment words. Bits and layouts are those of
// src/model/bits.ts (Power ISA "Page Table Entry"; the software bits are those of Book3S HV).

import {
  DSISR_ISSTORE,
  DSISR_KEYFAULT,
  DSISR_NOHPTE,
  DSISR_PROTFAULT,
  GR_MODIFIED_HI,
  MSR_DR,
  MSR_IR,
  MSR_PR,
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_NO_CACHE,
  PTE_PRESENT,
  PTE_RW,
  PTE_SPECIAL,
  PTE_WRITETHRU,
  R_C,
  R_G,
  R_N,
  R_PP,
  R_PP0_HI,
  R_R,
  RMAP_C_HI,
  RMAP_PRESENT_HI,
  RMAP_R_HI,
  SLB_1T_HI,
  SLB_KP,
  SLB_KS,
  SLB_L,
  SRR1_ISI_N_OR_G,
  V_ABSENT,
  V_BOLTED,
  V_HVLOCK,
  V_LARGE,
  V_SECONDARY,
  V_VALID,
} from '../model/bits';
import { sizeName } from '../model/explain';
import { storageKey } from '../model/hpte';
import { segmentShift } from '../model/search';
import type { Vm } from '../model/vm';
import { hiOf, loOf } from '../model/words';
import { hex, type Thing, thing } from './values';

/** "0x…  VALID BOLTED" of a word and the names of its bits that are set. */
function named(word: bigint, bits: readonly (readonly [boolean, string])[]): string {
  const set = bits.filter(([on]) => on).map(([, name]) => name);
  return set.length === 0 ? hex(word) : `${hex(word)}  ${set.join(' ')}`;
}

/** HPTE dword 0 in the old layout. */
export function dword0(v: bigint): Thing {
  const lo = loOf(v);
  const on = (bit: number) => (lo & bit) !== 0;
  const text = named(v, [
    [on(V_VALID), 'VALID'],
    [on(V_ABSENT), 'ABSENT'],
    [on(V_BOLTED), 'BOLTED'],
    [on(V_SECONDARY), 'SECONDARY'],
    [on(V_LARGE), 'LARGE'],
    [on(V_HVLOCK), 'HVLOCK'],
  ]);
  return thing(
    'word',
    text,
    {
      valid: () => on(V_VALID),
      absent: () => on(V_ABSENT),
      bolted: () => on(V_BOLTED),
      secondary: () => on(V_SECONDARY),
      large: () => on(V_LARGE),
      hvlock: () => on(V_HVLOCK),
      avpn: () => v & 0x3fffffffffffff80n,
      segment: () => ((hiOf(v) & SLB_1T_HI) === 0 ? '256M' : '1T'),
    },
    { number: v },
  );
}

/** HPTE dword 1, or the guest view of it. */
export function dword1(r: bigint, guest: boolean): Thing {
  const hi = hiOf(r);
  const lo = loOf(r);
  const on = (bit: number) => (lo & bit) !== 0;
  const pp = ((hi & R_PP0_HI) !== 0 ? 4 : 0) | (lo & R_PP);
  const key = storageKey(hi, lo);
  const text = named(r, [
    [on(R_R), 'R'],
    [on(R_C), 'C'],
    [true, `pp ${pp}`],
    [key !== 0, `key ${key}`],
    [on(R_N), 'N'],
    [guest && (hi & GR_MODIFIED_HI) !== 0, 'MODIFIED'],
  ]);
  const wimg = [0x40, 0x20, 0x10, R_G].map((bit, i) => (on(bit) ? 'WIMG'[i] : '')).join('');
  return thing(
    'word',
    text,
    {
      R: () => on(R_R),
      C: () => on(R_C),
      pp: () => pp,
      wimg: () => wimg || 'none',
      key: () => key,
      noExecute: () => on(R_N),
      rpn: () => r & 0x0ffffffffffff000n,
      ...(guest ? { modified: () => (hi & GR_MODIFIED_HI) !== 0 } : {}),
    },
    { number: r },
  );
}

/** Rmap word of a guest page. */
export function rmapWord(vm: Vm, word: bigint): Thing {
  const hi = hiOf(word);
  const on = (bit: number) => (hi & bit) !== 0;
  const present = on(RMAP_PRESENT_HI);
  const head = word & 0xffffffffn;
  const text = named(word, [
    [present, `head ${hex(head)}`],
    [on(RMAP_R_HI), 'REFERENCED'],
    [on(RMAP_C_HI), 'CHANGED'],
    [on(vm.kernel.rmapLockHi), 'LOCKED'],
  ]);
  return thing(
    'word',
    text,
    {
      present: () => present,
      head: () => (present ? head : undefined),
      R: () => on(RMAP_R_HI),
      C: () => on(RMAP_C_HI),
      locked: () => on(vm.kernel.rmapLockHi),
    },
    { number: word },
  );
}

/** Host PTE: flags in bits 0-11, page frame number above. */
export function hostPte(word: bigint): Thing {
  const lo = loOf(word);
  const on = (bit: number) => (lo & bit) !== 0;
  const text = on(PTE_PRESENT)
    ? named(word, [
        [on(PTE_RW), 'RW'],
        [on(PTE_DIRTY), 'DIRTY'],
        [on(PTE_ACCESSED), 'ACCESSED'],
        [on(PTE_SPECIAL), 'SPECIAL'],
        [on(PTE_NO_CACHE), 'NO_CACHE'],
        [on(PTE_WRITETHRU), 'WRITETHRU'],
      ])
    : 'not present';
  return thing(
    'word',
    text,
    {
      present: () => on(PTE_PRESENT),
      pfn: () => word >> 12n,
      writable: () => on(PTE_RW),
      dirty: () => on(PTE_DIRTY),
      accessed: () => on(PTE_ACCESSED),
    },
    { number: word },
  );
}

/** MSR, as far as translation cares. */
export function msrWord(msr: bigint): Thing {
  const lo = loOf(msr);
  const on = (bit: number) => (lo & bit) !== 0;
  const text = named(msr, [
    [on(MSR_PR), 'PR'],
    [on(MSR_IR), 'IR'],
    [on(MSR_DR), 'DR'],
  ]);
  const fields = { PR: () => on(MSR_PR), IR: () => on(MSR_IR), DR: () => on(MSR_DR) };
  return thing('word', text, fields, { number: msr });
}

/** DSISR of a data fault, or the status bits of an instruction fault, which lie at the same places. */
export function statusWord(status: bigint): Thing {
  const lo = loOf(status);
  const on = (bit: number) => (lo & bit) !== 0;
  const text = named(status, [
    [on(DSISR_NOHPTE), 'NOHPTE'],
    [on(DSISR_PROTFAULT), 'PROTFAULT'],
    [on(DSISR_ISSTORE), 'ISSTORE'],
    [on(DSISR_KEYFAULT), 'KEYFAULT'],
    [on(SRR1_ISI_N_OR_G), 'N_OR_G'],
  ]);
  return thing(
    'word',
    text,
    {
      nohpte: () => on(DSISR_NOHPTE),
      protfault: () => on(DSISR_PROTFAULT),
      isstore: () => on(DSISR_ISSTORE),
      keyfault: () => on(DSISR_KEYFAULT),
    },
    { number: status },
  );
}

/** VSID word of a segment. */
export function segmentWord(vsidWord: bigint): Thing {
  const lo = loOf(vsidWord);
  const oneT = (hiOf(vsidWord) & SLB_1T_HI) !== 0;
  const vsid = (vsidWord & 0x3fffffffffffffffn) >> (oneT ? 24n : 12n);
  const shift = segmentShift(lo);
  const page = shift === 20 ? 'reserved' : sizeName(shift);
  const on = (bit: number) => (lo & bit) !== 0;
  const text = named(vsidWord, [
    [true, `vsid ${hex(vsid)}`],
    [true, oneT ? '1T' : '256M'],
    [true, `page ${page}`],
    [on(SLB_KS), 'Ks'],
    [on(SLB_KP), 'Kp'],
    [on(SLB_L), 'L'],
  ]);
  return thing(
    'word',
    text,
    {
      vsid: () => vsid,
      segment: () => (oneT ? '1T' : '256M'),
      page: () => page,
      Ks: () => on(SLB_KS),
      Kp: () => on(SLB_KP),
    },
    { number: vsidWord },
  );
}
