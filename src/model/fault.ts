/** The host part of a guest's page fault (kvmppc_book3s_hv_page_fault). */
import {
  DSISR_ISSTORE,
  EFAULT,
  H_SUCCESS,
  PTE_CACHE,
  PTE_NO_CACHE,
  PTE_PRESENT,
  PTE_RW,
  R_G,
  R_I,
  R_KEY_HI,
  R_M,
  R_P9_B_HI,
  R_PP,
  R_PP0_HI,
  R_RC,
  R_RPN_HI,
  R_RPN_LO,
  R_W,
  RESUME_GUEST,
  RESUME_HOST,
  V_ABSENT,
  V_HVLOCK,
  V_P9_HI,
  V_VALID,
} from './bits';
import { invalidating, lockHpte, seqMoved, unlockHpte } from './entry';
import { eventCode, RETRY_WHY } from './events';
import type { Hpt } from './hpt';
import { actualShift, gfnOf, isWritable, newRHi, oldVHi, readonlyIsRxxx, wimgFits } from './hpte';
import * as Lane from './lane';
import { Local, sPageFault } from './listing';
import { ENTER, EVENT, LOCAL, type Log, STEP } from './log';
import { Point } from './points';
import type { Memslot } from './ranges';
import { addRevmapChain, lockRmap, unlockRmap } from './rmap';
import * as Scalar from './scalar';
import type { Registers } from './store';
import { tlbieHpte } from './tlb';
import * as Vcpu from './vcpu';
import type { Vm } from './vm';
import { frameHi, high, maskHi, maskLo, numHi, toNum } from './words';

const FAULT_ENTER = eventCode('fault.enter');
const FAULT_GUP = eventCode('fault.gup');
const FAULT_RETRY = eventCode('fault.retry');
const FAULT_ERROR = eventCode('fault.error');
const FAULT_MMIO = eventCode('fault.mmio');
const FAULT_EXIT = eventCode('fault.exit');
const REINSTATE = eventCode('hpte.reinstate');
const READONLY = eventCode('hpte.readonly');
type RetryWhy = (typeof RETRY_WHY)[number];

/**
 * Host part of a fault (kvmppc_book3s_hv_page_fault).
 * @param dsisr 0 for instruction faults
 * @returns RESUME_GUEST, RESUME_HOST (MMIO at vm.gpa), or a negative errno
 */
export function pageFault(vm: Vm, vcpu: number, eaHi: number, eaLo: number, dsisr: number): number {
  const log = vm.state.log;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room()
      .w(ENTER | sPageFault.PATH).w(vcpu).w(eaHi).w(eaLo).w(0).w(dsisr)
      .w(STEP | sPageFault.remembered);
  }
  const ret = resolve(vm, vm.state.vcpus[vcpu] as Registers, eaHi, eaLo, dsisr);
  if (log !== null) {
    if (ret < 0) log.event(FAULT_ERROR).u64(eaHi, eaLo).u32(ret);
    log.leave();
  }
  return ret;
}

/** Journals how a fault ends with the entry as it is, and answers that. */
function exit(
  log: Log | null,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
  ret: number,
  installed: boolean,
  traced: boolean,
): number {
  if (log !== null) {
    // biome-ignore format: one record a line
    log.w(EVENT | FAULT_EXIT).w(vHi).w(vLo).w(rHi).w(rLo).w(ret).w(installed ? 1 : 0).w(traced ? 1 : 0);
  }
  return ret;
}

function retry(vm: Vm, eaHi: number, eaLo: number, index: number, why: RetryWhy): void {
  if (vm.state.log !== null) vm.state.log.event(FAULT_RETRY).u64(eaHi, eaLo).num(index).u32(RETRY_WHY.indexOf(why));
}

function mmio(vm: Vm, eaHi: number, eaLo: number, gpaHi: number, gpaLo: number): number {
  vm.gpaHi = gpaHi;
  vm.gpaLo = gpaLo;
  if (vm.state.log !== null) vm.state.log.event(FAULT_MMIO).u64(eaHi, eaLo).u64(gpaHi, gpaLo);
  return RESUME_HOST;
}

/** Upper half of guest page address | offset of the access, from a guest view of the given actual shift. */
function gpaHiOf(guestHi: number, shift: number, eaHi: number): number {
  return (guestHi & R_RPN_HI & ~maskHi(shift)) | (eaHi & maskHi(shift));
}

/** Lower half of it. */
function gpaLoOf(guestLo: number, shift: number, eaLo: number): number {
  return (guestLo & R_RPN_LO & ~maskLo(shift)) | (eaLo & maskLo(shift));
}

function gfnOfAccess(
  guestHi: number,
  guestLo: number,
  shift: number,
  eaHi: number,
  eaLo: number,
  pageShift: number,
): number {
  return gfnOf(gpaHiOf(guestHi, shift, eaHi), gpaLoOf(guestLo, shift, eaLo), 12, pageShift);
}

/** The host page that a fault found. Copied before the next point: other processors may take faults there. */
const hostPage = {
  pfn: 0,
  /** its address, with what the guest page adds to it */
  paHi: 0,
  paLo: 0,
  /** log2 of what the host maps there */
  shift: 0,
  io: 0,
  writable: false,
  /** a reference was taken */
  known: false,
};

function resolve(vm: Vm, cpu: Registers, eaHi: number, eaLo: number, dsisr: number): number {
  const st = vm.state;
  const k = vm.kernel;
  const { mixedPageSizes } = k;
  const log = st.log;
  const hpt = st.hpt;
  const index = toNum(cpu.hi(Vcpu.pgfaultIndex), cpu.lo(Vcpu.pgfaultIndex));
  if (cpu.lo(Vcpu.pgfaultAddr) !== eaLo || cpu.hi(Vcpu.pgfaultAddr) !== eaHi) {
    retry(vm, eaHi, eaLo, index, 'stale-ea');
    return RESUME_GUEST;
  }
  if (k.mmioCache === true && cpu.lo(Vcpu.pgfaultCache) !== 0) {
    if (log !== null) log.step(sPageFault.cached);
    const at = Vcpu.mmio + (cpu.lo(Vcpu.pgfaultCache) - 1) * 8;
    if (cpu.lo(at + 6) === st.scalars.lo(Scalar.mmioUpdate) && cpu.hi(at + 6) === st.scalars.hi(Scalar.mmioUpdate)) {
      const guestLo = cpu.lo(Vcpu.pgfaultGuest);
      const shift = actualShift(vm, cpu.lo(Vcpu.pgfaultV), guestLo);
      return mmio(vm, eaHi, eaLo, gpaHiOf(cpu.hi(Vcpu.pgfaultGuest), shift, eaHi), gpaLoOf(guestLo, shift, eaLo));
    }
  }
  if (log !== null) log.step(sPageFault.readHpte);
  const c = hpt.own(index);
  const o = (index & 255) << 3;
  const vLo = (c[o + Lane.vLo] as number) & ~V_HVLOCK;
  let vHi = c[o + Lane.vHi] as number;
  let rHi = c[o + Lane.rHi] as number;
  const rLo = c[o + Lane.rLo] as number;
  const guestHi = c[o + Lane.guestHi] as number;
  const guestLo = c[o + Lane.guestLo] as number;
  if (vm.newFormat === true) {
    vHi = oldVHi(vHi, rHi);
    rHi &= ~R_P9_B_HI;
  }
  if (
    vLo !== cpu.lo(Vcpu.pgfaultV) ||
    vHi !== cpu.hi(Vcpu.pgfaultV) ||
    rLo !== cpu.lo(Vcpu.pgfaultR) ||
    rHi !== cpu.hi(Vcpu.pgfaultR)
  ) {
    if (log !== null) log.step(sPageFault.changed);
    retry(vm, eaHi, eaLo, index, 'hpte-changed');
    return exit(log, vHi, vLo, rHi, rLo, RESUME_GUEST, false, false);
  }

  const shift = actualShift(vm, vLo, guestLo);
  const baseGfn = gfnOf(guestHi, guestLo, shift, vm.pageShift);
  // linux-6.1 goes on with the frame of the access, linux-3.4 with the first one of the guest page
  const gfn =
    mixedPageSizes === true && shift > vm.pageShift
      ? gfnOfAccess(guestHi, guestLo, shift, eaHi, eaLo, vm.pageShift)
      : baseGfn;
  const slot = st.slotOfGfn(gfn);
  if (log !== null) {
    const first = slot === null ? -1 : slot.baseGfn;
    const flags = slot !== null && st.logDirty(slot) ? 1 : 0;
    // biome-ignore format: one record a line
    log
      .w(STEP | sPageFault.memslot)
      .w(LOCAL | Local.psize).w(0).w(shift)
      .w(LOCAL | Local.gfn).w(high(gfn)).w(gfn | 0);
    // biome-ignore format: one record a line
    log.w(EVENT | FAULT_ENTER).w(eaHi).w(eaLo).w(dsisr).w(high(index)).w(index | 0).w(vHi).w(vLo).w(rHi).w(rLo).w(guestHi).w(guestLo).w(slot === null ? -1 : high(first)).w(first | 0).w(flags);
  }
  if (slot === null) {
    if (log !== null) log.step(sPageFault.mmio);
    // linux-3.4 drops the index of a small page inside a larger host page
    const keep = mixedPageSizes === true ? -1 : ~maskLo(vm.pageShift) | maskLo(shift);
    return mmio(vm, eaHi, eaLo, gpaHiOf(guestHi, shift, eaHi), gpaLoOf(guestLo, shift, eaLo) & keep);
  }
  if (vm.notifiers !== true) {
    if (log !== null) log.step(sPageFault.noNotifiers);
    return EFAULT;
  }
  if (baseGfn < slot.baseGfn) return EFAULT;

  const seqHi = st.scalars.hi(Scalar.seq);
  const seqLo = st.scalars.lo(Scalar.seq);
  const writing = (dsisr & DSISR_ISSTORE) !== 0;
  const hostPageNumber = (mixedPageSizes === true ? gfn : baseGfn) - slot.baseGfn;
  if (log !== null) {
    const hva = slot.hva + hostPageNumber * vm.page;
    // biome-ignore format: one record a line
    log
      .w(STEP | sPageFault.seq)
      .w(LOCAL | Local.hva).w(high(hva)).w(hva | 0)
      .w(STEP | sPageFault.gup);
  }
  const got =
    mixedPageSizes === true
      ? hostPage61(vm, slot, hostPageNumber, shift, writing, seqHi, seqLo, eaHi, eaLo, index)
      : hostPage34(vm, slot, hostPageNumber, shift, writing, isWritable(guestHi, guestLo));
  if (got !== H_SUCCESS) return got < 0 ? got : exit(log, vHi, vLo, rHi, rLo, RESUME_GUEST, false, false);

  // from the host page to the new dword 1
  const { pfn, known, io, shift: hostShift } = hostPage;
  const fits = wimgFits(vm, k.ioIsBoolean, guestLo, io);
  if (shift > hostShift || (!fits && io !== 0)) {
    if (log !== null) log.step(shift > hostShift ? sPageFault.tooSmall : sPageFault.wimg);
    return giveUp(vm, known, vHi, vLo, rHi, rLo, EFAULT);
  }
  const baseLo = fits ? guestLo : (guestLo & ~(R_W | R_I | R_G)) | R_M;

  if (log !== null)
    // biome-ignore format: one record a line
    log
      .w(STEP | sPageFault.wimg)
      .w(LOCAL | Local.hpa).w(hostPage.paHi).w(hostPage.paLo)
      .w(STEP | sPageFault.newR);
  const keep = mixedPageSizes !== true ? hostShift : shift > vm.pageShift ? shift : vm.pageShift;
  let newHi = (guestHi & ((mixedPageSizes === true ? R_KEY_HI : 0) | R_PP0_HI | maskHi(keep))) | hostPage.paHi;
  let newLo = (baseLo & maskLo(keep)) | hostPage.paLo;
  if (!hostPage.writable && isWritable(newHi, newLo)) {
    if (log !== null) log.step(sPageFault.readonly);
    const rxxx = readonlyIsRxxx(newHi, newLo);
    if (rxxx) newHi |= R_PP0_HI;
    newLo = (newLo & ~R_PP) | (rxxx ? 2 : 3);
    if (log !== null) log.event(READONLY).num(index).u64(newHi, newLo);
  }
  if (log !== null) log.local(Local.new_r, newHi, newLo);
  if (vm.hook !== null) vm.hook(Point.beforeLock);

  // and into the table, unless something got in between
  if (log !== null) log.step(sPageFault.lock);
  if (mixedPageSizes === true && st.scalars.lo(Scalar.mmuReady) === 0) {
    if (log !== null) log.step(sPageFault.notReady);
    retry(vm, eaHi, eaLo, index, 'not-ready');
    return giveUp(vm, known, vHi, vLo, rHi, rLo, RESUME_GUEST);
  }
  if (log !== null) log.step(sPageFault.recheck);
  // dwords 0 and 1 as they should still lie in memory
  const maskV = vm.newFormat === true ? V_P9_HI : -1;
  const memVHi = vHi & maskV;
  const memRHi = vm.newFormat === true ? newRHi(vHi, rHi) : rHi;
  const changed =
    (((c[o + Lane.vLo] as number) ^ vLo) & ~V_HVLOCK) |
    (((c[o + Lane.vHi] as number) ^ memVHi) & maskV) |
    ((c[o + Lane.rLo] as number) ^ rLo) |
    ((c[o + Lane.rHi] as number) ^ memRHi) |
    ((c[o + Lane.guestLo] as number) ^ guestLo) |
    ((c[o + Lane.guestHi] as number) ^ guestHi);
  if (changed !== 0 && vm.noHpteRecheck !== true) {
    retry(vm, eaHi, eaLo, index, 'hpte-changed');
    return giveUp(vm, known, vHi, vLo, rHi, rLo, RESUME_GUEST);
  }
  const alone = log === null && vm.hook === null;
  if (!alone) lockHpte(vm, hpt, index);
  const newVLo = (vLo & ~V_ABSENT) | V_VALID;
  const page = baseGfn - slot.baseGfn;
  if (log !== null) log.step(sPageFault.lockRmap);
  if (!alone) lockRmap(vm, slot, page);
  if (log !== null) log.step(sPageFault.seqCheck);
  if (vm.noSeqCheck !== true && (invalidating(vm) || seqMoved(vm, seqHi, seqLo))) {
    retry(vm, eaHi, eaLo, index, invalidating(vm) ? 'count' : 'seq');
    unlockRmap(vm, slot, page);
    unlockHpte(vm, hpt, index);
    return giveUp(vm, known, vHi, newVLo, rHi, rLo, RESUME_GUEST);
  }
  if (log !== null) log.step(sPageFault.rc);
  const w = slot.rmap.own(page);
  newLo &= (w[((page & 255) << 1) + 1] as number) | ~R_RC;
  if (((c[o + Lane.vLo] as number) & V_VALID) !== 0) newLo |= upgrade(vm, hpt, index, slot, page, vHi, vLo);
  else {
    if (log !== null) log.step(sPageFault.link);
    addRevmapChain(vm, hpt, index, c, slot, baseGfn, w, Point.faultInRmap);
  }
  if (vm.newFormat === true) newHi = newRHi(vHi, newHi);
  if (log !== null) {
    log.step(sPageFault.install);
    log.write(hpt.placeR, index, c, o + Lane.rLo, newHi, newLo);
    log.write(hpt.placeV, index, c, o + Lane.vLo, memVHi, newVLo);
    // biome-ignore format: one record a line
    log.w(EVENT | REINSTATE).w(high(index)).w(index | 0).w(high(baseGfn)).w(baseGfn | 0).w(memVHi).w(newVLo).w(newHi).w(newLo);
  }
  c[o + Lane.rLo] = newLo;
  c[o + Lane.rHi] = newHi;
  c[o + Lane.vLo] = newVLo;
  c[o + Lane.vHi] = memVHi;
  if (known && isWritable(newHi, newLo)) {
    if (log !== null) log.step(sPageFault.dirtyPage);
    vm.world.setPageDirty(pfn);
  }
  if (log !== null) {
    log.step(sPageFault.done);
    exit(log, memVHi, newVLo, rHi, rLo, RESUME_GUEST, true, mixedPageSizes);
  }
  if (known) vm.world.putPage();
  return RESUME_GUEST;
}

/** Ends a fault that installs nothing, and gives the host page back. */
function giveUp(vm: Vm, known: boolean, vHi: number, vLo: number, rHi: number, rLo: number, ret: number): number {
  exit(vm.state.log, vHi, vLo, rHi, rLo, ret, false, vm.kernel.mixedPageSizes);
  if (known) vm.world.putPage();
  return ret;
}

/** linux-3.4: get_user_pages, or I/O memory mapped by frame number. */
function hostPage34(
  vm: Vm,
  slot: Memslot,
  page: number,
  shift: number,
  writing: boolean,
  guestWritable: boolean,
): number {
  const w = vm.world;
  const log = vm.state.log;
  const ok = w.getPage(slot, page, writing);
  const pfn = w.ptePfn;
  const hostShift = w.pteShift;
  if (log !== null) gotPage(log, slot.hva + page * vm.page, ok ? pfn : 0, ok && (w.pteFlags & PTE_RW) !== 0, ok);
  if (vm.hook !== null) vm.hook(Point.afterGup);
  hostPage.known = ok;
  if (!ok) return ioPage34(vm, slot, page, shift);
  hostPage.shift = hostShift;
  hostPage.io = 0;
  hostPage.writable = writing;
  setPage(vm, pfn);
  if (!writing && guestWritable) {
    if (log !== null) log.step(sPageFault.readPte);
    if (w.findPte(slot, page)) {
      w.updatePte(true);
      if ((w.pteFlags & PTE_PRESENT) !== 0 && (w.pteFlags & PTE_RW) !== 0) hostPage.writable = true;
    }
  }
  return H_SUCCESS;
}

function gotPage(log: Log, hva: number, pfn: number, writable: boolean, ok: boolean): void {
  // biome-ignore format: one record a line
  log.w(EVENT | FAULT_GUP).w(high(hva)).w(hva | 0).w(high(pfn)).w(pfn | 0).w(writable ? 1 : 0).w(ok ? 1 : 0);
}

function ioPage34(vm: Vm, slot: Memslot, page: number, shift: number): number {
  const w = vm.world;
  if (vm.state.log !== null) vm.state.log.step(sPageFault.gupFailed);
  if (!w.pfnmap(slot, page, 2 ** shift) || w.ptePfn === 0) return EFAULT;
  hostPage.shift = shift;
  hostPage.io = w.pteFlags & PTE_CACHE;
  hostPage.writable = (w.pteFlags & PTE_RW) !== 0;
  setPage(vm, w.ptePfn);
  return H_SUCCESS;
}

/** linux-6.1: fast get_user_pages for write, else the slow path, then the host PTE as it is now. 1: back to the guest. */
function hostPage61(
  vm: Vm,
  slot: Memslot,
  page: number,
  shift: number,
  writing: boolean,
  seqHi: number,
  seqLo: number,
  eaHi: number,
  eaLo: number,
  index: number,
): number {
  const w = vm.world;
  const log = vm.state.log;
  let ok = w.getPageFast(slot, page);
  let known = ok;
  let writable = ok;
  if (!ok) {
    ok = w.getPage(slot, page, writing);
    known = ok;
    if (ok) {
      writable = writing;
      if (!writing && w.getPageFast(slot, page)) {
        w.putPage();
        writable = true;
      }
    } else if (w.fixupPfnmap(slot, page, writing)) {
      ok = true;
      writable = (w.pteFlags & PTE_RW) !== 0;
    }
  }
  if (log !== null) gotPage(log, slot.hva + page * vm.page, ok ? w.ptePfn : 0, writable, ok);
  if (!ok) {
    if (log !== null) log.step(sPageFault.gupFailed);
    return EFAULT;
  }
  if (vm.hook !== null) vm.hook(Point.afterGup);
  if (log !== null) log.step(sPageFault.readPte);
  const running = invalidating(vm);
  const stale = running || seqMoved(vm, seqHi, seqLo);
  if ((stale && vm.noSeqCheck !== true) || !w.findPte(slot, page) || (w.pteFlags & PTE_PRESENT) === 0) {
    if (log !== null) log.step(sPageFault.noPte);
    retry(vm, eaHi, eaLo, index, running ? 'count' : stale ? 'seq' : 'no-host-pte');
    if (known) w.putPage();
    return 1;
  }
  hostPage.known = known;
  hostPage.writable = writable;
  const hostShift = w.pteShift;
  hostPage.shift = hostShift;
  hostPage.io = w.pteFlags & PTE_NO_CACHE;
  setPage(vm, w.ptePfn);
  if (hostShift > shift) {
    const hva = slot.hva + page * vm.page;
    hostPage.paHi |= numHi(hva) & maskHi(hostShift) & ~maskHi(shift);
    hostPage.paLo |= hva & maskLo(hostShift) & ~maskLo(shift);
  }
  return H_SUCCESS;
}

function setPage(vm: Vm, pfn: number): void {
  hostPage.pfn = pfn;
  hostPage.paHi = frameHi(pfn, vm.pageShift);
  hostPage.paLo = pfn << vm.pageShift;
}

/** An entry that is valid already gets more rights: it is invalidated first. Answers its R and C. */
function upgrade(vm: Vm, hpt: Hpt, index: number, slot: Memslot, page: number, vHi: number, vLo: number): number {
  if (vm.state.log !== null) vm.state.log.step(sPageFault.upgrade);
  unlockRmap(vm, slot, page);
  const oldRLo = hpt.rLo(index);
  vm.state.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) | V_ABSENT) & ~V_VALID);
  tlbieHpte(vm, -1, index, vHi, vLo, oldRLo, false);
  return hpt.rLo(index) & R_RC;
}
