/**
 * HPT resize and reset (kvm_vm_ioctl_resize_hpt_prepare, kvm_vm_ioctl_resize_hpt_commit, resize_hpt_rehash_hpte;
 * kvmppc_alloc_reset_hpt).
 */
import { EBUSY, EINVAL, ENOSPC, ENXIO, SLB_1T_HI, V_ABSENT, V_BOLTED, V_HVLOCK, V_SECONDARY, V_VALID } from './bits';
import { lockHpte, unlockHpte, vHiOf } from './entry';
import { eventCode, RESIZE_PHASE } from './events';
import { Hpt } from './hpt';
import { actualShift, gfnOf, newRHi, pageShifts } from './hpte';
import { sReset, sResize } from './listing';
import { Cause, unmapHpte } from './notifiers';
import { lockRmap, unlockRmap } from './rmap';
import { Scalar } from './state';
import { flushAllTlbs } from './tlb';
import type { Vm } from './vm';
import { toBig } from './words';

const HPT_RESIZE = eventCode('hpt.resize');

/** States of a resize request. */
const NONE = 0;
const PENDING = 1;
const DONE = 2;

function note(vm: Vm, phase: (typeof RESIZE_PHASE)[number], order: number, ret: number): number {
  if (vm.state.log !== null) vm.state.log.event(HPT_RESIZE).u32(RESIZE_PHASE.indexOf(phase)).u32(order).u32(ret);
  return ret;
}

function badShift(flags: number, shift: number): boolean {
  return flags !== 0 || (shift !== 0 && (shift < 18 || shift > 46));
}

function framed(vm: Vm, shift: number, flags: number, work: () => number): number {
  const log = vm.state.log;
  if (log !== null) log.enter(sResize.PATH, -1, 0, shift, 0, flags);
  const ret = work();
  if (log !== null) log.leave();
  return ret;
}

/** Prepares a resize: 0 when the table is ready, 100 (ms to wait), or a negative errno. */
export function resizePrepare(vm: Vm, flags: number, shift: number): number {
  return framed(vm, shift, flags, () => {
    const st = vm.state;
    if (st.log !== null) st.log.step(sResize.prepare);
    if (badShift(flags, shift)) return note(vm, 'prepare', shift, EINVAL);
    if (st.scalarNum(Scalar.resizeState) !== NONE) {
      if (st.scalarNum(Scalar.resizeOrder) === shift)
        return note(vm, 'prepare', shift, st.scalarNum(Scalar.resizeState) === DONE ? 0 : 100);
      st.setScalarNum(Scalar.resizeState, NONE);
    }
    if (shift === 0) return note(vm, 'prepare', shift, 0);
    st.setScalarNum(Scalar.resizeState, PENDING);
    st.setScalarNum(Scalar.resizeOrder, shift);
    st.setScalarNum(Scalar.workQueued, st.scalarNum(Scalar.workQueued) + 1);
    return note(vm, 'prepare', shift, 100);
  });
}

/** Runs the queued work items of resize requests, cancelled ones too. Answers how many there were. */
export function runResizeWork(vm: Vm): number {
  const st = vm.state;
  const queued = st.scalarNum(Scalar.workQueued);
  if (queued === 0) return 0;
  framed(vm, st.scalarNum(Scalar.resizeOrder), 0, () => {
    if (st.log !== null) st.log.step(sResize.work);
    st.setScalarNum(Scalar.workQueued, 0);
    if (st.scalarNum(Scalar.resizeState) !== PENDING) return 0;
    const order = st.scalarNum(Scalar.resizeOrder);
    st.setScalarNum(Scalar.resizeHpt, st.newHpt(order).owner);
    st.setScalarNum(Scalar.resizeState, DONE);
    return note(vm, 'allocated', order, 0);
  });
  return queued;
}

/** Commits a resize: 0 or a negative errno. The request is released in every case but a bad argument. */
export function resizeCommit(vm: Vm, flags: number, shift: number): number {
  return framed(vm, shift, flags, () => {
    const st = vm.state;
    if (st.log !== null) st.log.step(sResize.commit);
    if (badShift(flags, shift)) return note(vm, 'failed', shift, EINVAL);
    const state = st.scalarNum(Scalar.resizeState);
    const order = st.scalarNum(Scalar.resizeOrder);
    st.setScalarNum(Scalar.resizeState, NONE);
    if (state === NONE || order !== shift) return note(vm, 'failed', shift, ENXIO);
    if (state !== DONE) return note(vm, 'failed', shift, EBUSY);
    const next = st.ownerOf(st.scalarNum(Scalar.resizeHpt));
    if (!(next instanceof Hpt)) return note(vm, 'failed', shift, ENXIO);
    const ret = rehash(vm, st.hpt, next);
    if (ret !== 0) return note(vm, 'failed', shift, ret);
    if (st.log !== null) st.log.step(sResize.pivot);
    st.setScalarNum(Scalar.hpt, next.owner);
    st.setScalarNum(Scalar.mmioUpdate, 0);
    return note(vm, 'commit', shift, 0);
  });
}

function rehash(vm: Vm, from: Hpt, to: Hpt): number {
  const entries: number[] = [];
  from.forEach((index, c, o) => {
    if (((c[o] as number) & (V_VALID | V_ABSENT)) !== 0) entries.push(index);
  });
  for (const index of entries) {
    const ret = rehashHpte(vm, from, to, index);
    if (ret !== 0) return ret;
  }
  return 0;
}

/** Unmaps one entry and, when it is bolted, writes it absent into the new table (resize_hpt_rehash_hpte). */
function rehashHpte(vm: Vm, from: Hpt, to: Hpt, index: number): number {
  const st = vm.state;
  const log = st.log;
  // the guest view as it was before the unmap goes into the new table
  const guestHi = from.guestHi(index);
  const guestLo = from.guestLo(index);
  lockHpte(vm, from, index);
  if ((from.vLo(index) & V_VALID) !== 0) {
    if (log !== null) log.step(sResize.unmap);
    const gfn = gfnOf(guestHi, guestLo, actualShift(vm, from.vLo(index), guestLo), vm.pageShift);
    const slot = st.slotOfGfn(gfn);
    if (slot !== null) {
      const page = gfn - slot.baseGfn;
      lockRmap(vm, slot, page);
      unmapHpte(vm, from, index, slot, gfn, slot.rmap.own(page), Cause.resize);
      unlockRmap(vm, slot, page);
    }
  }
  const vHi = vHiOf(vm, from, index);
  const vLo = from.vLo(index) & ~V_HVLOCK;
  unlockHpte(vm, from, index);
  if ((vLo & V_BOLTED) === 0) {
    if (log !== null) log.step(sResize.drop);
    return 0;
  }
  const rHi = vm.newFormat ? from.rHi(index) & ~0x0c000000 : from.rHi(index);
  const rLo = from.rLo(index);
  const target = newIndex(vm, from, to, index, vHi, vLo, rLo);
  if ((to.vLo(target) & (V_VALID | V_ABSENT)) !== 0) {
    if (log !== null) log.step(sResize.collide);
    // POWER9: the kernel leaves the entry it could not place in the old layout
    if (vm.newFormat) st.putV(from, index, vHi, vLo);
    return ENOSPC;
  }
  if (log !== null) log.step(sResize.move);
  st.putR(to, target, vm.newFormat ? newRHi(vHi, rHi) : rHi, rLo);
  st.putV(to, target, vm.newFormat ? vHi & 0x000fffff : vHi, (vLo & ~V_VALID) | V_ABSENT);
  st.putGuest(to, target, guestHi, guestLo);
  return 0;
}

/** Slot of an entry in the new table: the hash is recovered from PTEG and AVPN. */
function newIndex(vm: Vm, from: Hpt, to: Hpt, index: number, vHi: number, vLo: number, rLo: number): number {
  const base = pageShifts(vm, vLo, rLo) & 0xff;
  let pteg = BigInt(Math.floor(index / 8));
  const oldMask = BigInt(from.entries / 8 - 1);
  const newMask = BigInt(to.entries / 8 - 1);
  if ((vLo & V_SECONDARY) !== 0) pteg = ~pteg & oldMask;
  // AVPN value (dword 0 bits 7-61), without the bits that lie inside the page
  const inPage = ((1n << BigInt(base)) - 1n) >> 23n;
  const avpn = (toBig(vHi & 0x3fffffff, vLo & ~0x7f) >> 7n) & ~inPage;
  const shift = BigInt(base);
  let hash: bigint;
  if ((vHi & SLB_1T_HI) === 0) {
    let offset = (avpn & 0x1fn) << 23n;
    const vsid = avpn >> 5n;
    if (base < 23) offset |= ((vsid ^ pteg) & oldMask) << shift;
    hash = vsid ^ (offset >> shift);
  } else {
    let offset = (avpn & 0x1ffffn) << 23n;
    const vsid = avpn >> 17n;
    if (base < 23) offset |= ((vsid ^ (vsid << 25n) ^ pteg) & oldMask) << shift;
    hash = vsid ^ (vsid << 25n) ^ (offset >> shift);
  }
  const target = ((vLo & V_SECONDARY) !== 0 ? ~hash : hash) & newMask;
  return Number(target) * 8 + (index % 8);
}

/**
 * Resets the table (KVM_PPC_ALLOCATE_HTAB): 0, EBUSY while vCPUs run on a ready table, EINVAL for an order that is neither the
 * present one nor 18 to 46.
 */
export function resetHpt(vm: Vm, order: number): number {
  const st = vm.state;
  const log = st.log;
  if (st.scalars.lo(Scalar.mmuReady) !== 0) {
    if (st.scalars.lo(Scalar.vcpusRunning) !== 0) return EBUSY;
    st.setScalarNum(Scalar.mmuReady, 0);
  }
  if (order !== st.hpt.order && (!Number.isInteger(order) || order < 18 || order > 46)) return EINVAL;
  if (log !== null) log.enter(sReset.PATH, -1, 0, order, 0, 0);
  if (order === st.hpt.order) {
    if (log !== null) log.step(sReset.clear);
    const hpt = st.hpt;
    const used: number[] = [];
    hpt.forEach((index) => used.push(index));
    for (const index of used) {
      st.putV(hpt, index, 0, 0);
      st.putR(hpt, index, 0, 0);
    }
  } else {
    if (log !== null) log.step(sReset.replace);
    st.setScalarNum(Scalar.hpt, st.newHpt(order).owner);
    st.setScalarNum(Scalar.mmioUpdate, 0);
  }
  for (const slot of st.slots) {
    const pages: number[] = [];
    slot.rmap.forEach((page) => pages.push(page));
    for (const page of pages) st.put(slot.rmap, page, 0, 0);
  }
  flushAllTlbs(vm);
  note(vm, 'reset', order, 0);
  if (log !== null) log.leave();
  return 0;
}
