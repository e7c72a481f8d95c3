/** The dirty log of a memslot (kvm_vm_ioctl_get_dirty_log, kvmppc_hv_get_dirty_log; linux-3.4 kvm_test_clear_dirty). */
import { R_C, RMAP_C_HI, RMAP_PRESENT_HI, V_ABSENT, V_VALID } from './bits';
import { lockHpte, unlockHpte, vHiOf } from './entry';
import { eventCode } from './events';
import type { Hpt } from './hpt';
import { actualShift, isWritable } from './hpte';
import { sDirtyLog } from './listing';
import type { Memslot } from './ranges';
import { LONGEST_RING, lockRmap, noteModification, pagesOf, unlockRmap } from './rmap';
import { Scalar } from './state';
import { tlbieHpte } from './tlb';
import type { Vm } from './vm';
import { numHi } from './words';

const DIRTY_READ = eventCode('dirty.read');

/**
 * Reads and clears the dirty log of a memslot.
 * @returns the dirty pages, ascending, as page numbers within the slot
 */
export function getDirtyLog(vm: Vm, slot: Memslot): number[] {
  const st = vm.state;
  const log = st.log;
  if (log !== null) log.enter(sDirtyLog.PATH, -1, 0, slot.id, numHi(slot.npages), slot.npages | 0);
  const dirty = new Set<number>();
  const pages: number[] = [];
  slot.rmap.forEach((page) => pages.push(page));
  for (const page of pages) {
    if (log !== null) log.step(sDirtyLog.page);
    const count = vm.kernel.dirtyBitmap ? testClearDirty61(vm, slot, page) : testClearDirty34(vm, slot, page);
    for (let i = 0; i < count && page + i < slot.npages; i++) dirty.add(page + i);
  }
  if (vm.kernel.dirtyBitmap) {
    if (log !== null) log.step(sDirtyLog.bitmap);
    const words: number[] = [];
    slot.dirty.forEach((word, hi, lo) => {
      words.push(word);
      for (let bit = 0; bit < 64; bit++)
        if (
          ((bit < 32 ? lo >>> bit : hi >>> (bit - 32)) & 1) !== 0 &&
          word * 64 + bit < Math.ceil(slot.npages / 64) * 64
        )
          dirty.add(word * 64 + bit);
    });
    for (const word of words) st.put(slot.dirty, word, 0, 0);
  }
  const list = [...dirty].sort((a, b) => a - b);
  if (log !== null) {
    log.event(DIRTY_READ).u32(slot.id).u32(list.length);
    log.leave();
  }
  return list;
}

/** linux-3.4: CHANGED of the rmap word, then C of each entry on the ring. One page a word. */
function testClearDirty34(vm: Vm, slot: Memslot, page: number): number {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  const w = slot.rmap;
  let dirty = 0;
  lockRmap(vm, slot, page);
  if ((w.hi(page) & RMAP_C_HI) !== 0) {
    if (log !== null) log.step(sDirtyLog.rmap);
    st.put(w, page, w.hi(page) & ~RMAP_C_HI, w.lo(page));
    dirty = 1;
  }
  if ((w.hi(page) & RMAP_PRESENT_HI) !== 0) {
    const head = w.lo(page) >>> 0;
    let index = head;
    let steps = 0;
    do {
      if ((hpt.rLo(index) & R_C) !== 0 && (hpt.vLo(index) & V_VALID) !== 0) {
        lockHpte(vm, hpt, index);
        collectC(vm, hpt, index);
        unlockHpte(vm, hpt, index);
        dirty = 1;
      }
      index = hpt.forw(index);
    } while (index !== head && ++steps < LONGEST_RING);
  }
  unlockRmap(vm, slot, page);
  return dirty;
}

/** linux-6.1: C of each entry; while no vCPU runs, entries that may be written are flushed too, so that no C is missed. */
function testClearDirty61(vm: Vm, slot: Memslot, page: number): number {
  const st = vm.state;
  const hpt = st.hpt;
  const w = slot.rmap;
  if ((w.hi(page) & RMAP_PRESENT_HI) === 0) return 0;
  const running = st.scalars.lo(Scalar.vcpusRunning) !== 0;
  let dirty = 0;
  lockRmap(vm, slot, page);
  const head = w.lo(page) >>> 0;
  let index = head;
  let steps = 0;
  do {
    const skip = (hpt.rLo(index) & R_C) === 0 && (!isWritable(hpt.rHi(index), hpt.rLo(index)) || running);
    if (!skip && (hpt.vLo(index) & V_VALID) !== 0) {
      lockHpte(vm, hpt, index);
      const shift = actualShift(vm, hpt.vLo(index), hpt.rLo(index));
      if (collectC(vm, hpt, index)) dirty = Math.max(dirty, pagesOf(shift, vm.pageShift));
      unlockHpte(vm, hpt, index);
    }
    index = hpt.forw(index);
  } while (index !== head && ++steps < LONGEST_RING);
  unlockRmap(vm, slot, page);
  return dirty;
}

/** Invalidates a valid locked entry, moves C to the guest view, and makes it valid again. Answers whether C was set. */
function collectC(vm: Vm, hpt: Hpt, index: number): boolean {
  const st = vm.state;
  const log = st.log;
  if (log !== null) log.step(sDirtyLog.entry);
  const vLo = hpt.vLo(index);
  st.putV(hpt, index, hpt.vHi(index), (vLo | V_ABSENT) & ~V_VALID);
  tlbieHpte(vm, -1, index, vHiOf(vm, hpt, index), vLo, hpt.rLo(index), false);
  const changed = (hpt.rLo(index) & R_C) !== 0;
  if (changed) {
    st.putR(hpt, index, hpt.rHi(index), hpt.rLo(index) & ~R_C);
    if ((hpt.guestLo(index) & R_C) === 0) {
      st.putGuest(hpt, index, hpt.guestHi(index), hpt.guestLo(index) | R_C);
      noteModification(vm, hpt, index);
    }
  }
  st.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) & ~V_ABSENT) | V_VALID);
  return changed;
}
