/**
 * The MMU notifiers: what the host's memory management tells KVM, and what that does to the rings of the pages concerned
 * (kvm_unmap_hva, kvm_unmap_hva_range, kvm_age_hva, kvm_test_age_hva, kvm_set_spte_hva; kvm_unmap_rmapp and its like).
 */
import { R_C, R_KEY_HI, R_KEY_LO, R_R, R_RC, RMAP_PRESENT_HI, RMAP_R_HI, V_ABSENT, V_VALID } from './bits';
import { lockHpte, unlockHpte, vHiOf } from './entry';
import { ABSENT_CAUSE, eventCode, SPAN_KINDS } from './events';
import { clearRef } from './hcalls';
import { actualShift, gfnOf } from './hpte';
import { sAge, sRange, sSetSpte, sTestAge, sUnmap } from './listing';
import { Point } from './points';
import { LONGEST_RING, lockRmap, noteModification, pagesOf, unlinkHpte, unlockRmap, updateDirtyMap } from './rmap';
import { type Hpt, Lane, type Memslot, Scalar } from './state';
import { tlbieHpte } from './tlb';
import type { Vm } from './vm';
import { numHi, numLo, toSigned } from './words';

const HPTE_ABSENT = eventCode('hpte.absent');
const RMAP_UNLINK = eventCode('rmap.unlink');
const RMAP_HARVEST = eventCode('rmap.harvest');
const NOTIFIER_START = eventCode('notifier.start');
const NOTIFIER_END = eventCode('notifier.end');
const NOTIFIER_AGE = eventCode('notifier.age');
const NOTIFIER_SET_SPTE = eventCode('notifier.set_spte');
export type AbsentCause = (typeof ABSENT_CAUSE)[number];

/** Adds to a signed counter word. */
function bump(vm: Vm, scalar: number, by: number): void {
  const s = vm.state.scalars;
  const next = toSigned(s.hi(scalar), s.lo(scalar)) + by;
  vm.state.putScalar(scalar, numHi(next), numLo(next));
}

/** Makes every HPTE of a guest page absent (kvm_unmap_rmapp). */
export function unmapRmapp(vm: Vm, slot: Memslot, gfn: number, cause: AbsentCause): void {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  const page = gfn - slot.baseGfn;
  const w = slot.rmap;
  if ((w.hi(page) & RMAP_PRESENT_HI) === 0) return;
  if (log !== null) log.enter(sUnmap.PATH, -1, numHi(gfn), gfn | 0, w.hi(page), w.lo(page));
  while ((w.hi(page) & RMAP_PRESENT_HI) !== 0) {
    if (log !== null) log.step(sUnmap.lock);
    lockRmap(vm, slot, page);
    const index = w.lo(page) >>> 0;
    if (log !== null) log.step(sUnmap.lockHpte);
    lockHpte(vm, hpt, index);
    if (vm.noRmapLock) vm.point(Point.unmapInRmap);
    unmapHpte(vm, hpt, index, slot, gfn, cause);
    if (log !== null) log.step(sUnmap.unlock);
    unlockRmap(vm, slot, page);
    unlockHpte(vm, hpt, index);
  }
  if (log !== null) log.leave();
}

/** Takes one locked HPTE off the ring of a page and makes it absent when it maps that page (kvmppc_unmap_hpte). */
export function unmapHpte(vm: Vm, hpt: Hpt, index: number, slot: Memslot, gfn: number, cause: AbsentCause): void {
  const st = vm.state;
  const log = st.log;
  const k = vm.kernel;
  const page = gfn - slot.baseGfn;
  if (log !== null) log.step(sUnmap.unlink);
  unlinkHpte(vm, hpt, index, slot, page, true);
  if (log !== null) log.event(RMAP_UNLINK).num(index).num(gfn);
  const c = hpt.chunk(index);
  const o = (index & 255) << 3;
  const vLo = c[o + Lane.vLo] as number;
  const guestLo = c[o + Lane.guestLo] as number;
  if (
    (vLo & V_VALID) === 0 ||
    gfnOf(c[o + Lane.guestHi] as number, guestLo, actualShift(vm, vLo, guestLo), vm.pageShift) !== gfn
  )
    return;
  if (log !== null) log.step(sUnmap.absent);
  const vHi = vHiOf(vm, hpt, index);
  st.putV(hpt, index, hpt.vHi(index), (vLo | V_ABSENT) & ~V_VALID);
  if (log !== null)
    log.event(HPTE_ABSENT).num(index).num(gfn).u64(hpt.rHi(index), hpt.rLo(index)).u32(ABSENT_CAUSE.indexOf(cause));
  tlbieHpte(vm, -1, index, vHi, vLo, hpt.rLo(index), false);
  if (log !== null) log.step(sUnmap.harvest);
  if (k.absentDropsKeys) st.putR(hpt, index, hpt.rHi(index) & ~R_KEY_HI, hpt.rLo(index) & ~R_KEY_LO);
  const rLo = hpt.rLo(index);
  const rc = vm.noRcHarvest ? 0 : rLo & R_RC;
  st.put(slot.rmap, page, slot.rmap.hi(page) | rc, slot.rmap.lo(page));
  if ((rc & R_C) !== 0) updateDirtyMap(vm, slot, gfn, pagesOf(actualShift(vm, vLo, rLo), vm.pageShift), 'unmap');
  if ((rc & ~hpt.guestLo(index)) !== 0) {
    st.putGuest(hpt, index, hpt.guestHi(index), hpt.guestLo(index) | rc);
    noteModification(vm, hpt, index);
  }
  if (log !== null) log.event(RMAP_HARVEST).num(index).num(gfn).u32(rc);
}

/** What is done to one guest page of a range; true when the page was referenced. */
type PageVisit = (vm: Vm, slot: Memslot, gfn: number) => boolean;

/**
 * Calls `visit` for each memslot page in [start, end), in the order of the kernel's handlers: linux-6.1 memslot by memslot,
 * linux-3.4 page by page, and for each page the memslots that map it. Answers whether any visit answered true.
 */
function forEachPage(vm: Vm, start: number, end: number, visit: PageVisit): boolean {
  const slots = slotsInOrder(vm);
  let any = false;
  if (vm.kernel.notifiersBySlot) {
    for (let i = 0; i < slots.length; i++) if (forEachPageOf(vm, slots[i] as Memslot, start, end, visit)) any = true;
    return any;
  }
  // page by page means start, start + page, …: a last page that no step falls into is left out
  const last = start + Math.floor((end - 1 - start) / vm.page) * vm.page;
  if (slots.length === 1 || last === start) {
    for (let i = 0; i < slots.length; i++)
      if (forEachPageOf(vm, slots[i] as Memslot, start, last + 1, visit)) any = true;
    return any;
  }
  const pages: { readonly hva: number; readonly slot: Memslot; readonly gfn: number }[] = [];
  for (const slot of slots)
    forEachPageOf(vm, slot, start, last + 1, (_, __, gfn) => {
      pages.push({ hva: slot.hva + (gfn - slot.baseGfn) * vm.page, slot, gfn });
      return false;
    });
  // a stable sort keeps the order of the memslots within a page
  pages.sort((one, other) => one.hva - other.hva);
  for (const { slot, gfn } of pages) if (visit(vm, slot, gfn)) any = true;
  return any;
}

function forEachPageOf(vm: Vm, slot: Memslot, start: number, end: number, visit: PageVisit): boolean {
  const from = Math.max(start, slot.hva) - slot.hva;
  const to = Math.min(end - slot.hva, slot.npages * vm.page);
  if (from >= to) return false;
  const first = slot.baseGfn + Math.floor(from / vm.page);
  const last = slot.baseGfn + Math.floor((to - 1) / vm.page);
  let any = false;
  if (last - first < SPARSE) {
    for (let gfn = first; gfn <= last; gfn++) if (visit(vm, slot, gfn)) any = true;
  } else for (const gfn of pagesInUse(slot, first, last)) if (visit(vm, slot, gfn)) any = true;
  return any;
}

/** From this many pages on only those with an rmap word are looked at: the others have nothing to do. */
const SPARSE = 1024;

function pagesInUse(slot: Memslot, first: number, last: number): number[] {
  const pages: number[] = [];
  slot.rmap.forEach((page) => {
    const gfn = slot.baseGfn + page;
    if (gfn >= first && gfn <= last) pages.push(gfn);
  });
  return pages;
}

/** Memslots as the hva handlers go through them: linux-3.4 largest first, linux-6.1 by address. */
function slotsInOrder(vm: Vm): readonly Memslot[] {
  const slots = vm.state.slots;
  if (slots.length < 2) return slots;
  return vm.kernel.notifiersBySlot
    ? [...slots].sort((one, other) => one.hva - other.hva || one.id - other.id)
    : [...slots].sort((one, other) => other.npages - one.npages || one.id - other.id);
}

function visitUnmap(vm: Vm, slot: Memslot, gfn: number): boolean {
  const log = vm.state.log;
  if (log !== null && (slot.rmap.hi(gfn - slot.baseGfn) & RMAP_PRESENT_HI) !== 0) log.step(sRange.page);
  unmapRmapp(vm, slot, gfn, 'unmap');
  return false;
}

function visitRemap(vm: Vm, slot: Memslot, gfn: number): boolean {
  unmapRmapp(vm, slot, gfn, 'remap');
  return false;
}

function meetsSlot(vm: Vm, start: number, end: number): boolean {
  const slots = vm.state.slots;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Memslot;
    if (start < slot.hva + slot.npages * vm.page && end > slot.hva) return true;
  }
  return false;
}

/** An invalidation begins: the count goes up and the range is unmapped (kvm_mmu_notifier_invalidate_range_start). */
export function invalidateRangeStart(vm: Vm, start: number, end: number): void {
  const log = vm.state.log;
  if (log !== null) {
    log.enter(sRange.PATH, -1, numHi(start), start | 0, numHi(end), end | 0);
    log.event(NOTIFIER_START).num(start).num(end);
    log.step(sRange.start);
  }
  if (!vm.kernel.notifiersBySlot || meetsSlot(vm, start, end)) bump(vm, Scalar.count, 1);
  if (vm.notifiers) forEachPage(vm, start, end, visitUnmap);
  if (log !== null) log.leave();
}

/** It ends: the sequence advances, then the count goes down (kvm_mmu_notifier_invalidate_range_end). */
export function invalidateRangeEnd(vm: Vm, start: number, end: number): void {
  const log = vm.state.log;
  if (log !== null) {
    log.enter(sRange.PATH, -1, numHi(start), start | 0, numHi(end), end | 0);
    log.step(sRange.end);
  }
  if (!vm.kernel.notifiersBySlot || meetsSlot(vm, start, end)) {
    bump(vm, Scalar.seq, 1);
    bump(vm, Scalar.count, -1);
  }
  if (log !== null) {
    log.event(NOTIFIER_END).num(start).num(end).u64(vm.state.scalars.hi(Scalar.seq), vm.state.scalars.lo(Scalar.seq));
    log.leave();
  }
}

/** Invalidation of one host page (linux-3.4 kvm_mmu_notifier_invalidate_page): the sequence advances, then the page is unmapped. */
export function invalidatePage(vm: Vm, hva: number): void {
  const log = vm.state.log;
  if (log !== null) {
    log.enter(sRange.PATH, -1, numHi(hva), hva | 0, numHi(hva + vm.page), (hva + vm.page) | 0);
    log
      .event(NOTIFIER_START)
      .num(hva)
      .num(hva + vm.page);
    log.step(sRange.end);
  }
  bump(vm, Scalar.seq, 1);
  if (vm.notifiers) forEachPage(vm, hva, hva + 1, visitUnmap);
  if (log !== null) {
    log
      .event(NOTIFIER_END)
      .num(hva)
      .num(hva + vm.page)
      .u64(vm.state.scalars.hi(Scalar.seq), vm.state.scalars.lo(Scalar.seq));
    log.leave();
  }
}

/** The block at `hva` is invalidated as a whole: linux-3.4 by the single-page notifier unless it is huge. */
export function invalidateBlock(vm: Vm, hva: number, bytes: number): void {
  if (!vm.kernel.notifiersBySlot && bytes === vm.page) invalidatePage(vm, hva);
  else {
    invalidateRangeStart(vm, hva, hva + bytes);
    invalidateRangeEnd(vm, hva, hva + bytes);
  }
}

function ageRmapp(vm: Vm, slot: Memslot, gfn: number): boolean {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  const page = gfn - slot.baseGfn;
  const w = slot.rmap;
  let referenced = false;
  if (log !== null) {
    log.enter(sAge.PATH, -1, numHi(gfn), gfn | 0, w.hi(page), w.lo(page));
    log.step(sAge.rmap);
  }
  lockRmap(vm, slot, page);
  if ((w.hi(page) & RMAP_R_HI) !== 0) {
    st.put(w, page, w.hi(page) & ~RMAP_R_HI, w.lo(page));
    referenced = true;
  }
  if ((w.hi(page) & RMAP_PRESENT_HI) !== 0) {
    const head = w.lo(page) >>> 0;
    let index = head;
    let steps = 0;
    do {
      if ((hpt.rLo(index) & R_R) !== 0) {
        if (log !== null) log.step(sAge.entry);
        lockHpte(vm, hpt, index);
        if ((hpt.vLo(index) & V_VALID) !== 0 && (hpt.rLo(index) & R_R) !== 0) {
          clearRef(vm, -1, hpt, index);
          if ((hpt.guestLo(index) & R_R) === 0) {
            st.putGuest(hpt, index, hpt.guestHi(index), hpt.guestLo(index) | R_R);
            noteModification(vm, hpt, index);
          }
          referenced = true;
        }
        unlockHpte(vm, hpt, index);
      }
      index = hpt.forw(index);
    } while (index !== head && ++steps < LONGEST_RING);
  }
  unlockRmap(vm, slot, page);
  if (log !== null) log.leave();
  return referenced;
}

function testAgeRmapp(vm: Vm, slot: Memslot, gfn: number): boolean {
  const log = vm.state.log;
  const hpt = vm.state.hpt;
  const page = gfn - slot.baseGfn;
  const w = slot.rmap;
  if (log !== null) {
    log.enter(sTestAge.PATH, -1, numHi(gfn), gfn | 0, w.hi(page), w.lo(page));
    log.step(sTestAge.look);
  }
  let referenced = (w.hi(page) & RMAP_R_HI) !== 0;
  if (!referenced && (w.hi(page) & RMAP_PRESENT_HI) !== 0) {
    const head = w.lo(page) >>> 0;
    let index = head;
    let steps = 0;
    do {
      referenced = (hpt.rLo(index) & R_R) !== 0;
      index = hpt.forw(index);
    } while (!referenced && index !== head && ++steps < LONGEST_RING);
  }
  if (log !== null) log.leave();
  return referenced;
}

/** Asks for and clears the referenced state of [start, end) (kvm_age_hva). */
export function ageRange(vm: Vm, start: number, end: number): boolean {
  return age(vm, start, end, 'age', ageRmapp);
}

/** Asks for the referenced state of [start, end) (kvm_test_age_hva). */
export function testAgeRange(vm: Vm, start: number, end: number): boolean {
  return age(vm, start, end, 'test-age', testAgeRmapp);
}

function age(vm: Vm, start: number, end: number, span: (typeof SPAN_KINDS)[number], look: PageVisit): boolean {
  const referenced = vm.notifiers && forEachPage(vm, start, end, look);
  const log = vm.state.log;
  if (log !== null)
    log
      .event(NOTIFIER_AGE)
      .num(start)
      .num(end)
      .u32(SPAN_KINDS.indexOf(span))
      .u32(referenced ? 1 : 0);
  return referenced;
}

/** The host maps another page at `hva` (kvm_set_spte_hva). linux-6.1 calls it between range start and end only. */
export function changePte(vm: Vm, hva: number): void {
  const log = vm.state.log;
  if (log !== null) {
    log.enter(sSetSpte.PATH, -1, numHi(hva), hva | 0, vm.state.scalars.hi(Scalar.seq), vm.state.scalars.lo(Scalar.seq));
    log.event(NOTIFIER_SET_SPTE).num(hva);
    log.step(sSetSpte.seq);
  }
  const s = vm.state.scalars;
  const goes = !vm.kernel.notifiersBySlot || (s.lo(Scalar.count) | s.hi(Scalar.count)) !== 0;
  if (!vm.kernel.notifiersBySlot) bump(vm, Scalar.seq, 1);
  if (log !== null) log.step(sSetSpte.unmap);
  if (goes && vm.notifiers) forEachPage(vm, hva, hva + 1, visitRemap);
  if (log !== null) log.leave();
}
