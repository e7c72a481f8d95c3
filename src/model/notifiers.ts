/**
 * The MMU notifiers: what the host's memory management tells KVM, and what that does to the rings of the pages concerned
 * (kvm_unmap_hva, kvm_unmap_hva_range, kvm_age_hva, kvm_test_age_hva, kvm_set_spte_hva; kvm_unmap_rmapp and its like).
 */
import { R_C, R_KEY_HI, R_KEY_LO, R_R, R_RC, RMAP_PRESENT_HI, RMAP_R_HI, V_ABSENT, V_VALID } from './bits';
import { clearRef } from './clear';
import { lockHpte, unlockHpte } from './entry';
import { ABSENT_CAUSE, eventCode, SPAN_KINDS } from './events';
import type { Hpt } from './hpt';
import { actualShift, gfnOf, oldVHi } from './hpte';
import * as Lane from './lane';
import { sAge, sRange, sSetSpte, sTestAge, sUnmap } from './listing';
import { ENTER, EVENT, LEAVE, type Log, STEP } from './log';
import { Point } from './points';
import type { Memslot } from './ranges';
import { LONGEST_RING, lockRmap, noteModification, pagesOf, unlinkHpte, unlockRmap, updateDirtyMap } from './rmap';
import * as Scalar from './scalar';
import { putAt } from './state';
import { tlbieHpte } from './tlb';
import type { Vm } from './vm';
import { high, numHi, whole } from './words';

const HPTE_ABSENT = eventCode('hpte.absent');
const RMAP_UNLINK = eventCode('rmap.unlink');
const RMAP_HARVEST = eventCode('rmap.harvest');
const NOTIFIER_START = eventCode('notifier.start');
const NOTIFIER_END = eventCode('notifier.end');
const NOTIFIER_AGE = eventCode('notifier.age');
const NOTIFIER_SET_SPTE = eventCode('notifier.set_spte');
/** Why entries become absent, as events tell it. */
export const Cause = {
  unmap: ABSENT_CAUSE.indexOf('unmap'),
  remap: ABSENT_CAUSE.indexOf('remap'),
  resize: ABSENT_CAUSE.indexOf('resize'),
  memslot: ABSENT_CAUSE.indexOf('memslot'),
} as const;

/** Makes every HPTE of a guest page absent (kvm_unmap_rmapp). */
export function unmapRmapp(vm: Vm, slot: Memslot, gfn: number, cause: number): void {
  const { hpt, log } = vm.state;
  const alone = log === null && vm.hook === null;
  const page = gfn - slot.baseGfn;
  const w = slot.rmap.chunk(page);
  const wo = (page & 255) << 1;
  if (((w[wo + 1] as number) & RMAP_PRESENT_HI) === 0) return;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room().w(ENTER | sUnmap.PATH).w(-1).w(high(gfn)).w(gfn | 0).w(w[wo + 1] as number).w(w[wo] as number);
  }
  do {
    if (log !== null) log.step(sUnmap.lock);
    if (!alone) lockRmap(vm, slot, page);
    const index = (w[wo] as number) >>> 0;
    if (log !== null) log.step(sUnmap.lockHpte);
    if (!alone) lockHpte(vm, hpt, index);
    if (vm.noRmapLock === true) vm.point(Point.unmapInRmap);
    unmapHpte(vm, hpt, index, slot, gfn, w, cause);
    if (log !== null) log.step(sUnmap.unlock);
    if (!alone) {
      unlockRmap(vm, slot, page);
      unlockHpte(vm, hpt, index);
    }
  } while (((w[wo + 1] as number) & RMAP_PRESENT_HI) !== 0);
  if (log !== null) log.leave();
}

/**
 * Takes one locked HPTE off the ring of a page and makes it absent when it maps that page (kvmppc_unmap_hpte).
 * @param w chunk of the page's rmap word
 */
export function unmapHpte(
  vm: Vm,
  hpt: Hpt,
  index: number,
  slot: Memslot,
  gfn: number,
  w: Int32Array,
  cause: number,
): void {
  const { log } = vm.state;
  const page = gfn - slot.baseGfn;
  const c = hpt.own(index);
  const o = (index & 255) << 3;
  if (log !== null) log.step(sUnmap.unlink);
  unlinkHpte(vm, hpt, index, c, slot, page, w, true);
  if (log !== null) {
    // biome-ignore format: one record a line
    log.w(EVENT | RMAP_UNLINK).w(high(index)).w(index | 0).w(high(gfn)).w(gfn | 0);
  }
  const vLo = c[o + Lane.vLo] as number;
  const guestHi = c[o + Lane.guestHi] as number;
  const guestLo = c[o + Lane.guestLo] as number;
  if ((vLo & V_VALID) === 0 || gfnOf(guestHi, guestLo, actualShift(vm, vLo, guestLo), vm.pageShift) !== gfn) return;
  if (log !== null) log.step(sUnmap.absent);
  const vHi = c[o + Lane.vHi] as number;
  const rHi = c[o + Lane.rHi] as number;
  const rLo = c[o + Lane.rLo] as number;
  const absent = (vLo | V_ABSENT) & ~V_VALID;
  if (log !== null) log.write(hpt.placeV, index, c, o + Lane.vLo, vHi, absent);
  c[o + Lane.vLo] = absent;
  if (log !== null)
    // biome-ignore format: one record a line
    log.w(EVENT | HPTE_ABSENT).w(high(index)).w(index | 0).w(high(gfn)).w(gfn | 0).w(rHi).w(rLo).w(cause);
  tlbieHpte(vm, -1, index, vm.newFormat === true ? oldVHi(vHi, rHi) : vHi, vLo, rLo, false);
  if (log !== null) log.step(sUnmap.harvest);
  if (vm.kernel.absentDropsKeys === true && ((rHi & R_KEY_HI) | (rLo & R_KEY_LO)) !== 0)
    putAt(log, hpt.placeR, index, c, o + Lane.rLo, rHi & ~R_KEY_HI, rLo & ~R_KEY_LO);
  const rc = vm.noRcHarvest === true ? 0 : rLo & R_RC;
  const wo = (page & 255) << 1;
  const harvested = (w[wo + 1] as number) | rc;
  if (log !== null) log.write(slot.rmap.place, page, w, wo, harvested, w[wo] as number);
  w[wo + 1] = harvested;
  if ((rc & R_C) !== 0 && vm.kernel.dirtyBitmap === true)
    updateDirtyMap(vm, slot, gfn, pagesOf(actualShift(vm, vLo, rLo), vm.pageShift), 'unmap');
  if ((rc & ~guestLo) !== 0) {
    putAt(log, hpt.placeGuest, index, c, o + Lane.guestLo, guestHi, guestLo | rc);
    noteModification(vm, hpt, index);
  }
  if (log !== null) {
    // biome-ignore format: one record a line
    log.w(EVENT | RMAP_HARVEST).w(high(index)).w(index | 0).w(high(gfn)).w(gfn | 0).w(rc);
  }
}

/** What is done to each guest page of a range. */
const Work = { unmap: 0, remap: 1, age: 2, testAge: 3 } as const;
type Work = (typeof Work)[keyof typeof Work];

/** Does it to one page; true when the page was referenced. */
function visitPage(vm: Vm, slot: Memslot, gfn: number, work: Work): boolean {
  if (work === Work.age) return ageRmapp(vm, slot, gfn);
  if (work === Work.testAge) return testAgeRmapp(vm, slot, gfn);
  if (work === Work.unmap) {
    const log = vm.state.log;
    if (log !== null && (slot.rmap.hi(gfn - slot.baseGfn) & RMAP_PRESENT_HI) !== 0) log.step(sRange.page);
    unmapRmapp(vm, slot, gfn, Cause.unmap);
  } else unmapRmapp(vm, slot, gfn, Cause.remap);
  return false;
}

/**
 * Visits each memslot page in [start, end), in the order of the kernel's handlers: linux-6.1 memslot by memslot, linux-3.4 page by
 * page, and for each page the memslots that map it. Answers whether any visit answered true.
 */
function visitRange(vm: Vm, start: number, end: number, work: Work): boolean {
  const slots = slotsInOrder(vm);
  // page by page means start, start + page, …: a last page that no step falls into is left out
  const bySlot = vm.kernel.notifiersBySlot;
  const last = bySlot ? end : end - start <= vm.page ? start + 1 : lastStep(vm, start, end) + 1;
  let any = false;
  if (bySlot || slots.length === 1 || last === start + 1) {
    for (let i = 0; i < slots.length; i++) if (visitSlot(vm, slots[i] as Memslot, start, last, work)) any = true;
    return any;
  }
  const pages = slots
    .filter((slot) => meets(slot, start, last))
    .flatMap((slot) =>
      gfnsToVisit(slot, firstGfn(vm, slot, start), lastGfn(vm, slot, last)).map((gfn) => ({
        hva: slot.hva + (gfn - slot.baseGfn) * vm.page,
        slot,
        gfn,
      })),
    );
  // a stable sort keeps the order of the memslots within a page
  pages.sort((one, other) => one.hva - other.hva);
  for (const { slot, gfn } of pages) if (visitPage(vm, slot, gfn, work)) any = true;
  return any;
}

/** The last of start, start + page, … below `end`. */
function lastStep(vm: Vm, start: number, end: number): number {
  return start + Math.floor((end - 1 - start) * vm.pagesPerByte) * vm.page;
}

/** The first guest frame of a memslot in a range that begins at `start` and meets it. */
function firstGfn(vm: Vm, slot: Memslot, start: number): number {
  return start <= slot.hva ? slot.baseGfn : slot.baseGfn + whole((start - slot.hva) * vm.pagesPerByte);
}

/** The last guest frame of a memslot in a range that ends at `end` and meets it. */
function lastGfn(vm: Vm, slot: Memslot, end: number): number {
  const last = end >= slot.end ? slot.npages - 1 : whole((end - 1 - slot.hva) * vm.pagesPerByte);
  return slot.baseGfn + last;
}

function meets(slot: Memslot, start: number, end: number): boolean {
  return start < slot.end && end > slot.hva;
}

function visitSlot(vm: Vm, slot: Memslot, start: number, end: number, work: Work): boolean {
  if (!meets(slot, start, end)) return false;
  const first = firstGfn(vm, slot, start);
  const last = lastGfn(vm, slot, end);
  let any = false;
  if (last - first < SPARSE) {
    for (let gfn = first; gfn <= last; gfn++) if (visitPage(vm, slot, gfn, work)) any = true;
  } else for (const gfn of gfnsToVisit(slot, first, last)) if (visitPage(vm, slot, gfn, work)) any = true;
  return any;
}

/** From this many pages on only those with an rmap word are looked at: the others have nothing to do. */
const SPARSE = 1024;

function gfnsToVisit(slot: Memslot, first: number, last: number): number[] {
  const gfns: number[] = [];
  if (last - first < SPARSE) for (let gfn = first; gfn <= last; gfn++) gfns.push(gfn);
  else
    slot.rmap.forEach((page) => {
      const gfn = slot.baseGfn + page;
      if (gfn >= first && gfn <= last) gfns.push(gfn);
    });
  return gfns;
}

/** Memslots as the hva handlers go through them: linux-3.4 largest first, linux-6.1 by address. */
function slotsInOrder(vm: Vm): readonly Memslot[] {
  const slots = vm.state.slots;
  if (slots.length < 2) return slots;
  return vm.kernel.notifiersBySlot === true
    ? [...slots].sort((one, other) => one.hva - other.hva || one.id - other.id)
    : [...slots].sort((one, other) => other.npages - one.npages || one.id - other.id);
}

function meetsSlot(vm: Vm, start: number, end: number): boolean {
  const slots = vm.state.slots;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Memslot;
    if (meets(slot, start, end)) return true;
  }
  return false;
}

/** An invalidation begins: the count goes up and the range is unmapped (kvm_mmu_notifier_invalidate_range_start). */
export function invalidateRangeStart(vm: Vm, start: number, end: number): void {
  const log = vm.state.log;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room().w(ENTER | sRange.PATH).w(-1).w(high(start)).w(start | 0).w(high(end)).w(end | 0);
    // biome-ignore format: one record a line
    log
      .w(EVENT | NOTIFIER_START).w(high(start)).w(start | 0).w(high(end)).w(end | 0)
      .w(STEP | sRange.start);
  }
  if (vm.kernel.notifiersBySlot !== true || meetsSlot(vm, start, end)) vm.state.countScalar(Scalar.count, 1);
  if (vm.notifiers === true) visitRange(vm, start, end, Work.unmap);
  if (log !== null) log.leave();
}

/** It ends: the sequence advances, then the count goes down (kvm_mmu_notifier_invalidate_range_end). */
export function invalidateRangeEnd(vm: Vm, start: number, end: number): void {
  const log = vm.state.log;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room()
      .w(ENTER | sRange.PATH).w(-1).w(high(start)).w(start | 0).w(high(end)).w(end | 0)
      .w(STEP | sRange.end);
  }
  if (vm.kernel.notifiersBySlot !== true || meetsSlot(vm, start, end)) {
    vm.state.countScalar(Scalar.seq, 1);
    vm.state.countScalar(Scalar.count, -1);
  }
  if (log !== null) {
    ended(vm, log, start, end);
  }
}

/** Invalidation of one host page (linux-3.4 kvm_mmu_notifier_invalidate_page): the sequence advances, then the page is unmapped. */
export function invalidatePage(vm: Vm, hva: number): void {
  const log = vm.state.log;
  const end = hva + vm.page;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room().w(ENTER | sRange.PATH).w(-1).w(high(hva)).w(hva | 0).w(high(end)).w(end | 0);
    // biome-ignore format: one record a line
    log
      .w(EVENT | NOTIFIER_START).w(high(hva)).w(hva | 0).w(high(end)).w(end | 0)
      .w(STEP | sRange.end);
  }
  vm.state.countScalar(Scalar.seq, 1);
  if (vm.notifiers === true) visitRange(vm, hva, hva + 1, Work.unmap);
  if (log !== null) ended(vm, log, hva, end);
}

/** Journals the end of an invalidation, and of its path. */
function ended(vm: Vm, log: Log, start: number, end: number): void {
  const { scalars } = vm.state;
  const seqHi = scalars.hi(Scalar.seq);
  // biome-ignore format: one record a line
  log
    .w(EVENT | NOTIFIER_END).w(high(start)).w(start | 0).w(high(end)).w(end | 0).w(seqHi).w(scalars.lo(Scalar.seq))
    .w(LEAVE);
}

/** The block at `hva` is invalidated as a whole: linux-3.4 by the single-page notifier unless it is huge. */
export function invalidateBlock(vm: Vm, hva: number, bytes: number): void {
  if (vm.kernel.notifiersBySlot !== true && bytes === vm.page) invalidatePage(vm, hva);
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
  return age(vm, start, end, 'age', Work.age);
}

/** Asks for the referenced state of [start, end) (kvm_test_age_hva). */
export function testAgeRange(vm: Vm, start: number, end: number): boolean {
  return age(vm, start, end, 'test-age', Work.testAge);
}

function age(vm: Vm, start: number, end: number, span: (typeof SPAN_KINDS)[number], look: Work): boolean {
  const referenced = vm.notifiers === true && visitRange(vm, start, end, look);
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
  const goes = vm.kernel.notifiersBySlot !== true || (s.lo(Scalar.count) | s.hi(Scalar.count)) !== 0;
  if (vm.kernel.notifiersBySlot !== true) vm.state.countScalar(Scalar.seq, 1);
  if (log !== null) log.step(sSetSpte.unmap);
  if (goes && vm.notifiers === true) visitRange(vm, hva, hva + 1, Work.remap);
  if (log !== null) log.leave();
}
