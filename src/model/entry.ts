/**
 * What the kernel paths share about one entry: its lock, its dword 0 in the old layout, its index in a register, and the checks around
 * an invalidation (kvmppc_hv lock_hpte and unlock_hpte, mmu_invalidate_retry, slot_is_aligned).
 */
import { R_KEY_HI, R_KEY_LO, V_HVLOCK } from './bits';
import type { Hpt } from './hpt';
import { oldVHi } from './hpte';
import * as Lane from './lane';
import type { Memslot } from './ranges';
import { pagesOf } from './rmap';
import * as Scalar from './scalar';
import type { Vm } from './vm';
import { toBig, toNum } from './words';

/** Dword 0 bits 32-63 of an entry in the old layout, whatever the processor. */
export function vHiOf(vm: Vm, hpt: Hpt, index: number): number {
  return vm.newFormat === true ? oldVHi(hpt.vHi(index), hpt.rHi(index)) : hpt.vHi(index);
}

/** Dword 0 of an entry in the old layout, as one word. */
export function oldDword0(vm: Vm, hpt: Hpt, index: number): bigint {
  return toBig(vHiOf(vm, hpt, index), hpt.vLo(index));
}

/** Sets HVLOCK in dword 0, where it could be seen. */
export function lockHpte(vm: Vm, hpt: Hpt, index: number): void {
  const { log } = vm.state;
  if (log === null && vm.hook === null) return;
  const c = hpt.own(index);
  const o = (index & 255) << 3;
  const vLo = (c[o + Lane.vLo] as number) | V_HVLOCK;
  if (log !== null) log.write(hpt.placeV, index, c, o + Lane.vLo, c[o + Lane.vHi] as number, vLo);
  c[o + Lane.vLo] = vLo;
}

/** Clears HVLOCK in dword 0. */
export function unlockHpte(vm: Vm, hpt: Hpt, index: number): void {
  const { log } = vm.state;
  const c = hpt.chunk(index);
  const o = (index & 255) << 3;
  const vLo = c[o + Lane.vLo] as number;
  if ((vLo & V_HVLOCK) === 0) return;
  if (log !== null) log.write(hpt.placeV, index, c, o + Lane.vLo, c[o + Lane.vHi] as number, vLo & ~V_HVLOCK);
  c[o + Lane.vLo] = vLo & ~V_HVLOCK;
}

/** The HPTE index in a register, or -1 when it does not lie in the table. */
export function indexIn(hpt: Hpt, hi: number, lo: number): number {
  if ((hi & 0xffe00000) !== 0) return -1;
  const index = toNum(hi, lo);
  return index < hpt.entries ? index : -1;
}

export function setOut(vm: Vm, n: number, hi: number, lo: number): void {
  vm.outHi[n] = hi;
  vm.outLo[n] = lo;
  vm.outs = n + 1;
}

/** Whether an invalidation runs. */
export function invalidating(vm: Vm): boolean {
  const { words } = vm.state.scalars;
  return ((words[Scalar.count << 1] as number) | (words[(Scalar.count << 1) + 1] as number)) !== 0;
}

/** Whether an invalidation has ended since the snapshot of the sequence. */
export function seqMoved(vm: Vm, seqHi: number, seqLo: number): boolean {
  const { words } = vm.state.scalars;
  return words[Scalar.seq << 1] !== seqLo || words[(Scalar.seq << 1) + 1] !== seqHi;
}

/** Whether an invalidation runs or has run since the snapshot (mmu_notifier_retry, mmu_invalidate_retry). */
export function mmuRetry(vm: Vm, seqHi: number, seqLo: number): boolean {
  if (vm.noSeqCheck === true) return false;
  return invalidating(vm) || seqMoved(vm, seqHi, seqLo);
}

/** Whether a memslot may hold pages of this size (slot_is_aligned). */
export function slotIsAligned(slot: Memslot, shift: number, pageShift: number): boolean {
  if (shift <= pageShift) return true;
  const pages = pagesOf(shift, pageShift);
  return slot.baseGfn % pages === 0 && slot.npages % pages === 0;
}

/** Key 31 in the real dword 1: an MMIO entry. */
export function isKey31(rHi: number, rLo: number): boolean {
  return (rHi & R_KEY_HI) === R_KEY_HI && (rLo & R_KEY_LO) === R_KEY_LO;
}
