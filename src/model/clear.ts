/**
 * Clearing R and C of an entry: the hypercalls of linux-6.1 (kvmppc_h_clear_ref, kvmppc_h_clear_mod), and clearing R for the host's ageing
 * (kvmppc_clear_ref_hpte). Flags and indexes arrive as halves of 64-bit registers; R4 is left in vm.outHi/outLo.
 */
import { H_NOT_FOUND, H_PARAMETER, H_SUCCESS, R_C, R_R, R_RC, RMAP_R_HI, V_ABSENT, V_HVLOCK, V_VALID } from './bits';
import { indexIn, lockHpte, setOut, vHiOf } from './entry';
import { eventCode } from './events';
import type { Hpt } from './hpt';
import { actualShift, gfnOf } from './hpte';
import { sClearMod, sClearRef } from './listing';
import type { Memslot } from './ranges';
import { lockRmap, noteModification, pagesOf, updateDirtyMap } from './rmap';
import { tlbieHpte } from './tlb';
import type { Vm } from './vm';

const HPTE_RC = eventCode('hpte.rc');

/** Clears R in the real dword 1 of a valid entry and flushes the TLBs (kvmppc_clear_ref_hpte). */
export function clearRef(vm: Vm, vcpu: number, hpt: Hpt, index: number): void {
  const st = vm.state;
  const vHi = vHiOf(vm, hpt, index);
  const rLo = hpt.rLo(index);
  st.putR(hpt, index, hpt.rHi(index), rLo & ~R_R);
  tlbieHpte(vm, vcpu, index, vHi, hpt.vLo(index), rLo, false);
  if (st.log !== null)
    st.log
      .event(HPTE_RC)
      .num(index)
      .u32(hpt.rLo(index) & R_RC)
      .u64(hpt.rHi(index), hpt.rLo(index));
}

/** Guest frame that `slotOf` found. */
let gfnOut = 0;

/** The memslot of an entry by its guest view, or null. */
function slotOf(vm: Vm, hpt: Hpt, index: number): Memslot | null {
  const guestLo = hpt.guestLo(index);
  gfnOut = gfnOf(hpt.guestHi(index), guestLo, actualShift(vm, hpt.vLo(index), guestLo), vm.pageShift);
  return vm.state.slotOfGfn(gfnOut);
}

/** How the two hypercalls differ. */
interface ClearCall {
  readonly path: number;
  readonly find: number;
  readonly guest: number;
  readonly write: number;
  /** the bit of dword 1 that goes */
  readonly bit: number;
  /** What is done to a valid entry. Answers R and C as they were. */
  clearReal(vm: Vm, vcpu: number, hpt: Hpt, index: number, vLo: number): number;
}

const CLEAR_REF: ClearCall = {
  path: sClearRef.PATH,
  find: sClearRef.find,
  guest: sClearRef.guest,
  write: sClearRef.write,
  bit: R_R,
  clearReal: clearRealRef,
};

const CLEAR_MOD: ClearCall = {
  path: sClearMod.PATH,
  find: sClearMod.find,
  guest: sClearMod.guest,
  write: sClearMod.write,
  bit: R_C,
  clearReal: clearRealMod,
};

/** H_CLEAR_REF (linux-6.1). R4: the guest view with R and C as they were. */
export function hClearRef(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
): number {
  return clear(vm, vcpu, flagsHi, flagsLo, indexHi, indexLo, CLEAR_REF);
}

/** H_CLEAR_MOD (linux-6.1). R4: the guest view with R and C as they were. */
export function hClearMod(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
): number {
  return clear(vm, vcpu, flagsHi, flagsLo, indexHi, indexLo, CLEAR_MOD);
}

/** The frame of both: clears the bit in the guest view, then in the entry, and writes dword 0 back as it was read. */
function clear(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
  call: ClearCall,
): number {
  const st = vm.state;
  const { hpt, log } = st;
  vm.outs = 0;
  const index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(call.path, vcpu, indexHi, indexLo, flagsHi, flagsLo);
    log.step(call.find);
  }
  const vLo = hpt.vLo(index);
  const there = (vLo & (V_ABSENT | V_VALID)) !== 0;
  if (there) {
    lockHpte(vm, hpt, index);
    const guestHi = hpt.guestHi(index);
    const guestLo = hpt.guestLo(index);
    if (log !== null) log.step(call.guest);
    if ((guestLo & call.bit) !== 0) {
      st.putGuest(hpt, index, guestHi, guestLo & ~call.bit);
      noteModification(vm, hpt, index);
    }
    const realRc = (vLo & V_VALID) === 0 ? 0 : call.clearReal(vm, vcpu, hpt, index, vLo);
    if (log !== null) log.step(call.write);
    st.putV(hpt, index, hpt.vHi(index), vLo & ~V_HVLOCK);
    setOut(vm, 0, guestHi, guestLo | realRc);
  }
  if (log !== null) log.leave();
  return there ? H_SUCCESS : H_NOT_FOUND;
}

function clearRealRef(vm: Vm, vcpu: number, hpt: Hpt, index: number): number {
  const realRc = hpt.rLo(index) & R_RC;
  if ((realRc & R_R) === 0) return realRc;
  if (vm.state.log !== null) vm.state.log.step(sClearRef.clear);
  clearRef(vm, vcpu, hpt, index);
  const slot = slotOf(vm, hpt, index);
  if (slot !== null) {
    const page = gfnOut - slot.baseGfn;
    lockRmap(vm, slot, page);
    vm.state.put(slot.rmap, page, (slot.rmap.hi(page) | RMAP_R_HI) & ~vm.kernel.rmapLockHi, slot.rmap.lo(page));
  }
  return realRc;
}

function clearRealMod(vm: Vm, vcpu: number, hpt: Hpt, index: number, vLo: number): number {
  const st = vm.state;
  if (st.log !== null) st.log.step(sClearMod.invalidate);
  const vHi = vHiOf(vm, hpt, index);
  st.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) | V_ABSENT) & ~V_VALID);
  tlbieHpte(vm, vcpu, index, vHi, vLo, hpt.rLo(index), false);
  const rLo = hpt.rLo(index);
  if ((rLo & R_C) !== 0) {
    if (st.log !== null) st.log.step(sClearMod.clear);
    st.putR(hpt, index, hpt.rHi(index), rLo & ~R_C);
    const slot = slotOf(vm, hpt, index);
    if (slot !== null) updateDirtyMap(vm, slot, gfnOut, pagesOf(actualShift(vm, vLo, rLo), vm.pageShift), 'clear-mod');
  }
  return rLo & R_RC;
}
