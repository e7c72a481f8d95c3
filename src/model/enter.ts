/**
 * H_ENTER (Book3S HV kvmppc_do_h_enter, kvmppc_virtmode_h_enter): flags, index and words arrive as halves of 64-bit registers; the answer
 * is the hypercall's return code, R4 is left in vm.outHi/outLo.
 */
import {
  GR_MODIFIED_HI,
  H_EXACT_HI,
  H_PARAMETER,
  H_PTEG_FULL,
  H_RESOURCE,
  H_SUCCESS,
  H_TOO_HARD,
  PTE_CACHE,
  PTE_NO_CACHE,
  PTE_PRESENT,
  PTE_RW,
  R_G,
  R_I,
  R_KEY_HI,
  R_KEY_LO,
  R_M,
  R_PP,
  R_PP0_HI,
  R_RC,
  R_RPN_HI,
  R_RPN_LO,
  R_W,
  V_ABSENT,
  V_HVLOCK,
  V_VALID,
} from './bits';
import { indexIn, invalidating, lockHpte, mmuRetry, setOut, slotIsAligned } from './entry';
import { eventCode } from './events';
import { actualShift, gfnOf, isWritable, newRHi, readonlyIsRxxx, wimgFits } from './hpte';
import * as Lane from './lane';
import { Local, sEnter, sVirtEnter } from './listing';
import { ENTER, EVENT, LOCAL, STEP } from './log';
import { getGuestPage } from './pin';
import { Point } from './points';
import type { Memslot } from './ranges';
import { addRevmapChain, lockRmap, noteModification, unlockRmap } from './rmap';
import { Scalar } from './state';
import type { Vm } from './vm';
import { frameHi, high, maskHi, maskLo, numHi } from './words';

const HPTE_ENTER = eventCode('hpte.enter');
const HPTE_READONLY = eventCode('hpte.readonly');
const PTEG_FULL = eventCode('pteg.full');

/** H_ENTER as the guest issues it: the real-mode handler, and on H_TOO_HARD the virtual-mode one. */
export function hEnter(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
): number {
  const ret = doHEnter(vm, vcpu, flagsHi, indexHi, indexLo, vHi, vLo, rHi, rLo);
  return ret === H_TOO_HARD ? virtmodeHEnter(vm, vcpu, flagsHi, flagsLo, indexHi, indexLo, vHi, vLo, rHi, rLo) : ret;
}

/** The virtual-mode handler of H_ENTER: pins the page when the machine has no MMU notifiers, then enters. */
export function virtmodeHEnter(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  _flagsLo: number,
  indexHi: number,
  indexLo: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
): number {
  const log = vm.state.log;
  if (log !== null) {
    log.enter(sVirtEnter.PATH, vcpu, indexHi, indexLo, rHi, rLo);
    log.step(sVirtEnter.check);
  }
  const ret = pinAndEnter(vm, vcpu, flagsHi, indexHi, indexLo, vHi, vLo, rHi, rLo);
  if (log !== null) log.leave();
  return ret;
}

function pinAndEnter(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  indexHi: number,
  indexLo: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
): number {
  const log = vm.state.log;
  const shift = actualShift(vm, vLo, rLo);
  if (shift === 0) return H_PARAMETER;
  const gfn = gfnOf(rHi, rLo, shift, vm.pageShift);
  const slot = vm.state.slotOfGfn(gfn);
  if (slot === null) {
    if (vm.arch206 !== true) return H_PARAMETER;
  } else {
    if (!slotIsAligned(slot, shift, vm.pageShift)) return H_PARAMETER;
    if (log !== null) log.step(sVirtEnter.pin);
    if (vm.notifiers !== true && getGuestPage(vm, slot, gfn, shift) < 0) return H_PARAMETER;
  }
  if (log !== null) log.step(sVirtEnter.again);
  const ret = doHEnter(vm, vcpu, flagsHi, indexHi, indexLo, vHi, vLo, rHi, rLo);
  return ret === H_TOO_HARD ? H_RESOURCE : ret;
}

/** The handler proper (kvmppc_do_h_enter). Answers H_TOO_HARD when the page must be pinned first. */
export function doHEnter(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  indexHi: number,
  indexLo: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
): number {
  const log = vm.state.log;
  vm.outs = 0;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room()
      .w(ENTER | sEnter.PATH).w(vcpu).w(indexHi).w(indexLo).w(rHi).w(rLo)
      .w(STEP | sEnter.size);
  }
  const ret = enterHpte(vm, flagsHi, indexHi, indexLo, vHi, vLo, rHi, rLo);
  if (log !== null) log.leave();
  return ret;
}

function enterHpte(
  vm: Vm,
  flagsHi: number,
  indexHi: number,
  indexLo: number,
  vHi: number,
  vLo0: number,
  rHi0: number,
  rLo0: number,
): number {
  const st = vm.state;
  const k = vm.kernel;
  const log = st.log;
  let rHi = rHi0;
  let rLo = rLo0;
  let vLo = vLo0;
  if (k.mixedPageSizes === true && vHi < 0) return H_PARAMETER; // B = 1x is reserved
  const shift = actualShift(vm, vLo, rLo);
  if (shift === 0) return H_PARAMETER;
  const writing = isWritable(rHi, rLo);
  vLo &= ~(V_HVLOCK | V_ABSENT | V_VALID);
  if (k.tracksModification === true) rHi &= ~GR_MODIFIED_HI;
  const guestHi = rHi;
  const guestLo = rLo;

  const seqHi = st.scalars.hi(Scalar.seq);
  const seqLo = st.scalars.lo(Scalar.seq);
  const gpaHi = rHi & R_RPN_HI & ~maskHi(shift);
  const gpaLo = rLo & R_RPN_LO & ~maskLo(shift);
  const gfn = gfnOf(rHi, rLo, shift, vm.pageShift);
  const slot = st.slotOfGfn(gfn);
  if (log !== null) {
    // biome-ignore format: one record a line
    log
      .w(LOCAL | Local.psize).w(0).w(shift)
      .w(STEP | sEnter.clean)
      .w(STEP | sEnter.seq);
    // biome-ignore format: one record a line
    log
      .w(LOCAL | Local.gfn).w(high(gfn)).w(gfn | 0)
      .w(LOCAL | Local.mmu_seq).w(seqHi).w(seqLo);
  }

  if (slot === null) {
    if (log !== null) log.step(sEnter.noSlot);
    if (vm.arch206 !== true) return H_PARAMETER;
    vLo |= V_ABSENT;
    rHi |= R_KEY_HI;
    rLo |= R_KEY_LO;
  } else {
    if (shift > vm.pageShift && !slotIsAligned(slot, shift, vm.pageShift)) {
      if (log !== null) log.step(sEnter.align);
      return H_PARAMETER;
    }
    const host =
      k.mixedPageSizes === true ? hostPage61(vm, slot, gfn, shift, writing) : hostPage34(vm, slot, gfn, shift, writing);
    // copied out, because another processor may enter an entry at the point
    const { found: pageFound, shift: hostShift, io, wimgKnown, makeReadonly, reached } = hostPage;
    let { paHi, paLo } = hostPage;
    if (reached) vm.point(Point.enterAfterPte);
    if (host !== H_SUCCESS) return host;
    if (makeReadonly) {
      if (log !== null) log.step(sEnter.readonly);
      const rxxx = readonlyIsRxxx(rHi, rLo);
      if (rxxx) rHi |= R_PP0_HI;
      rLo = (rLo & ~R_PP) | (rxxx ? 2 : 3);
      if (log !== null) log.event(HPTE_READONLY).u64(indexHi, indexLo).u64(rHi, rLo);
    }
    // pa: the host frame, the offset inside a larger host page, and that of the guest page inside a host page
    if (pageFound && k.mixedPageSizes !== true) {
      // frame 0 counts as no page
      if ((paHi | paLo) !== 0 && hostShift > shift) {
        paHi |= gpaHi & maskHi(hostShift);
        paLo |= gpaLo & maskLo(hostShift);
      }
    } else if (pageFound) {
      const hva = slot.hva + (gfn - slot.baseGfn) * vm.page;
      paHi |= (numHi(hva) & maskHi(hostShift)) | (gpaHi & maskHi(vm.pageShift));
      paLo |= (hva & maskLo(hostShift)) | (gpaLo & maskLo(vm.pageShift));
    }
    if (log !== null) {
      // biome-ignore format: one record a line
      log
        .w(LOCAL | Local.hpa).w(paHi).w(paLo)
        .w(STEP | sEnter.realR);
    }
    const found = pageFound && (paHi | paLo) !== 0;
    if (k.mixedPageSizes === true) {
      rHi = (rHi & (R_KEY_HI | R_PP0_HI | maskHi(shift))) | paHi;
      rLo = (rLo & maskLo(shift)) | (rLo & R_KEY_LO) | paLo;
    } else {
      rHi = (rHi & (R_PP0_HI | maskHi(shift))) | paHi;
      rLo = (rLo & maskLo(shift)) | paLo;
    }
    if (found) vLo |= V_VALID;
    else {
      vLo |= V_ABSENT;
      if (k.absentDropsKeys === true) {
        rHi &= ~R_KEY_HI;
        rLo &= ~R_KEY_LO;
      }
    }
    if (wimgKnown) {
      if (log !== null) log.step(sEnter.wimg);
      if (!wimgFits(vm, k.ioIsBoolean, rLo, io)) {
        if (io !== 0) return H_PARAMETER;
        rLo = (rLo & ~(R_W | R_I | R_G)) | R_M;
      }
    }
  }

  const hpt = st.hpt;
  let index = indexIn(hpt, indexHi, indexLo);
  if (log !== null) {
    if (index < 0) log.step(sEnter.index);
    else log.w(STEP | sEnter.index).w(STEP | sEnter.slot);
  }
  if (index < 0) return H_PARAMETER;
  // the eight slots of a PTEG lie in one chunk
  const c = hpt.own(index);
  const o = freeSlot(c, (index & 255) << 3, (flagsHi & H_EXACT_HI) !== 0);
  if (o < 0) {
    if (log !== null) {
      // biome-ignore format: one record a line
      log
        .w(STEP | sEnter.full)
        .w(EVENT | PTEG_FULL).w(high(index / 8)).w(Math.floor(index / 8));
    }
    return H_PTEG_FULL;
  }
  index += (o >> 3) - (index & 255);
  const alone = log === null && vm.hook === null;
  if (!alone) lockHpte(vm, hpt, index);
  if (log !== null) {
    // biome-ignore format: one record a line
    log
      .w(LOCAL | Local.index).w(high(index)).w(index | 0)
      .w(STEP | sEnter.guest);
    log.write(hpt.placeGuest, index, c, o + Lane.guestLo, guestHi, guestLo);
  }
  c[o + Lane.guestLo] = guestLo;
  c[o + Lane.guestHi] = guestHi;
  if (k.tracksModification === true) noteModification(vm, hpt, index);

  if ((vLo & V_VALID) !== 0 && slot !== null) {
    const page = gfn - slot.baseGfn;
    if (log !== null) log.step(sEnter.lockRmap);
    if (!alone) lockRmap(vm, slot, page);
    if (log !== null) log.step(sEnter.seqCheck);
    if (vm.notifiers === true && mmuRetry(vm, seqHi, seqLo)) {
      vLo = (vLo & ~V_VALID) | V_ABSENT;
      if (k.absentDropsKeys === true) {
        rHi &= ~R_KEY_HI;
        rLo &= ~R_KEY_LO;
      }
      unlockRmap(vm, slot, page);
    } else {
      if (log !== null) log.step(sEnter.link);
      const w = slot.rmap.own(page);
      addRevmapChain(vm, hpt, index, c, slot, gfn, w, Point.enterInRmap);
      if (log !== null) log.step(sEnter.rc);
      rLo &= (w[((page & 255) << 1) + 1] as number) | ~R_RC;
    }
  }
  if (log !== null) log.step(sEnter.write);
  if (vm.newFormat === true) {
    rHi = newRHi(vHi, rHi);
    vHi &= 0x000fffff;
  }
  if (log !== null) {
    log.write(hpt.placeR, index, c, o + Lane.rLo, rHi, rLo);
    log.write(hpt.placeV, index, c, o + Lane.vLo, vHi, vLo);
    // biome-ignore format: one record a line
    log.w(EVENT | HPTE_ENTER).w(high(index)).w(index | 0).w(vHi).w(vLo).w(rHi).w(rLo).w(guestHi).w(guestLo).w(high(gfn)).w(gfn | 0);
  }
  c[o + Lane.rLo] = rLo;
  c[o + Lane.rHi] = rHi;
  c[o + Lane.vLo] = vLo;
  c[o + Lane.vHi] = vHi;
  setOutIndex(vm, index);
  return H_SUCCESS;
}

/** Where the first free slot stands of the PTEG that holds `at`, or `at` itself when it must be that one; -1 when none is free. */
function freeSlot(c: Int32Array, at: number, exact: boolean): number {
  const first = exact ? at : at & ~63;
  const end = exact ? at : first + 56;
  for (let o = first; o <= end; o += 8) if (((c[o] as number) & (V_HVLOCK | V_VALID | V_ABSENT)) === 0) return o;
  return -1;
}

/** Answers of the host page look-up for H_ENTER. */
const hostPage = {
  found: false,
  paHi: 0,
  paLo: 0,
  /** log2 of what the host maps there; the guest's size when nothing is known */
  shift: 0,
  io: 0,
  /** the cache attributes are known, so WIMG is checked */
  wimgKnown: false,
  makeReadonly: false,
  /** the point after the host PTE is passed */
  reached: false,
};

function setPa(vm: Vm, pfn: number): void {
  hostPage.found = true;
  hostPage.paHi = frameHi(pfn, vm.pageShift);
  hostPage.paLo = pfn << vm.pageShift;
}

/** Begins a look-up: nothing known yet. */
function clearHostPage(vm: Vm, slot: Memslot, gfn: number, shift: number): void {
  hostPage.found = false;
  hostPage.paHi = 0;
  hostPage.paLo = 0;
  hostPage.shift = shift;
  hostPage.io = 0;
  hostPage.wimgKnown = false;
  hostPage.makeReadonly = false;
  hostPage.reached = false;
  const log = vm.state.log;
  if (log !== null) {
    const hva = slot.hva + (gfn - slot.baseGfn) * vm.page;
    // biome-ignore format: one record a line
    log
      .w(STEP | sEnter.align)
      .w(LOCAL | Local.hva).w(high(hva)).w(hva | 0)
      .w(STEP | sEnter.hostPte);
  }
}

function hostPage34(vm: Vm, slot: Memslot, gfn: number, shift: number, writing: boolean): number {
  clearHostPage(vm, slot, gfn, shift);
  const w = vm.world;
  const log = vm.state.log;
  if (vm.notifiers !== true) {
    if (slot.phys === null) return H_PARAMETER;
    const wordHi = slot.phys.hi(gfn - slot.baseGfn);
    const word = slot.phys.lo(gfn - slot.baseGfn);
    if ((wordHi | word) === 0) {
      if (log !== null) log.step(sEnter.tooHard);
      return H_TOO_HARD;
    }
    hostPage.io = word & PTE_CACHE;
    hostPage.wimgKnown = true;
    hostPage.shift = vm.pageShift + (word & 0x1f);
    hostPage.found = true;
    hostPage.paHi = wordHi;
    hostPage.paLo = word & ~maskLo(vm.pageShift);
  } else if (w.findPte(slot, gfn - slot.baseGfn)) {
    hostPage.shift = w.pteShift;
    if (hostPage.shift >= shift && (w.pteFlags & PTE_PRESENT) !== 0) {
      w.updatePte(writing);
      hostPage.makeReadonly = writing && (w.pteFlags & PTE_RW) === 0;
      hostPage.io = w.pteFlags & PTE_CACHE;
      hostPage.wimgKnown = true;
      hostPage.reached = true;
      setPa(vm, w.ptePfn);
    }
  }
  return fitsHostPage(vm, shift);
}

function hostPage61(vm: Vm, slot: Memslot, gfn: number, shift: number, writing: boolean): number {
  clearHostPage(vm, slot, gfn, shift);
  const w = vm.world;
  hostPage.reached = true;
  if (!invalidating(vm) && w.findPte(slot, gfn - slot.baseGfn)) {
    hostPage.shift = w.pteShift;
    hostPage.wimgKnown = true;
    if (hostPage.shift >= shift && (w.pteFlags & PTE_PRESENT) !== 0) {
      w.updatePte(writing);
      hostPage.makeReadonly = writing && (w.pteFlags & PTE_RW) === 0;
      hostPage.io = w.pteFlags & PTE_NO_CACHE;
      setPa(vm, w.ptePfn);
    }
  }
  return fitsHostPage(vm, shift);
}

function fitsHostPage(vm: Vm, shift: number): number {
  if (hostPage.shift >= shift) return H_SUCCESS;
  if (vm.state.log !== null) vm.state.log.step(sEnter.tooSmall);
  return H_PARAMETER;
}

function setOutIndex(vm: Vm, index: number): void {
  setOut(vm, 0, numHi(index), index | 0);
}
