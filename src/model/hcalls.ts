/**
 * The guest's hypercalls on single entries: H_ENTER, H_REMOVE, H_PROTECT, H_READ, H_CLEAR_REF, H_CLEAR_MOD (Book3S HV
 * kvmppc_do_h_enter and its neighbours). Flags, indexes and words arrive as halves of 64-bit registers; the answer is the
 * hypercall's return code, output registers R4… are left in vm.outHi/outLo.
 */
import {
  GR_MODIFIED_HI,
  H_ANDCOND,
  H_AVPN,
  H_EXACT_HI,
  H_LOCAL,
  H_NOT_FOUND,
  H_PARAMETER,
  H_PTEG_FULL,
  H_READ_4_HI,
  H_RESOURCE,
  H_SUCCESS,
  H_TOO_HARD,
  PTE_CACHE,
  PTE_NO_CACHE,
  PTE_PRESENT,
  PTE_RW,
  R_C,
  R_G,
  R_I,
  R_KEY_HI,
  R_KEY_LO,
  R_M,
  R_N,
  R_PP,
  R_PP0_HI,
  R_R,
  R_RC,
  R_RPN_HI,
  R_RPN_LO,
  R_W,
  RMAP_R_HI,
  V_ABSENT,
  V_AVPN_LO,
  V_HVLOCK,
  V_VALID,
} from './bits';
import { eventCode } from './events';
import { actualShift, gfnOf, isWritable, newRHi, oldVHi, readonlyIsRxxx, wimgFits } from './hpte';
import { Local, sClearMod, sClearRef, sEnter, sProtect, sRead, sRemove, sVirtEnter } from './listing';
import { getGuestPage } from './pin';
import { Point } from './points';
import {
  addRevmapChain,
  lockRmap,
  noteModification,
  pagesOf,
  removeRevmapChain,
  unlockRmap,
  updateDirtyMap,
} from './rmap';
import { type Hpt, Lane, type Memslot, Scalar } from './state';
import { localInvalidate61, tlbieHpte } from './tlb';
import type { Vm } from './vm';
import { frameHi, maskHi, maskLo, numHi, toBig, toNum } from './words';

const HPTE_ENTER = eventCode('hpte.enter');
const HPTE_REMOVE = eventCode('hpte.remove');
const HPTE_PROTECT = eventCode('hpte.protect');
const HPTE_READONLY = eventCode('hpte.readonly');
const HPTE_RC = eventCode('hpte.rc');
const PTEG_FULL = eventCode('pteg.full');

/** Dword 0 bits 32-63 of an entry in the old layout, whatever the processor. */
export function vHiOf(vm: Vm, hpt: Hpt, index: number): number {
  return vm.newFormat ? oldVHi(hpt.vHi(index), hpt.rHi(index)) : hpt.vHi(index);
}

/** Dword 0 of an entry in the old layout, as one word. */
export function oldDword0(vm: Vm, hpt: Hpt, index: number): bigint {
  return toBig(vHiOf(vm, hpt, index), hpt.vLo(index));
}

/** Sets HVLOCK in dword 0, where it could be seen. */
export function lockHpte(vm: Vm, hpt: Hpt, index: number): void {
  if (vm.alone) return;
  const c = hpt.chunk(index);
  const o = (index & 255) << 3;
  vm.state.putV(hpt, index, c[o + Lane.vHi] as number, (c[o + Lane.vLo] as number) | V_HVLOCK);
}

/** Clears HVLOCK in dword 0. */
export function unlockHpte(vm: Vm, hpt: Hpt, index: number): void {
  const c = hpt.chunk(index);
  const o = (index & 255) << 3;
  const vLo = c[o + Lane.vLo] as number;
  if ((vLo & V_HVLOCK) !== 0) vm.state.putV(hpt, index, c[o + Lane.vHi] as number, vLo & ~V_HVLOCK);
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

function setOutIndex(vm: Vm, index: number): void {
  setOut(vm, 0, numHi(index), index | 0);
}

/** Whether an invalidation runs. */
export function invalidating(vm: Vm): boolean {
  const words = vm.state.scalars.chunk(Scalar.count);
  return ((words[Scalar.count << 1] as number) | (words[(Scalar.count << 1) + 1] as number)) !== 0;
}

/** Whether an invalidation has ended since the snapshot of the sequence. */
export function seqMoved(vm: Vm, seqHi: number, seqLo: number): boolean {
  const words = vm.state.scalars.chunk(Scalar.seq);
  return words[Scalar.seq << 1] !== seqLo || words[(Scalar.seq << 1) + 1] !== seqHi;
}

/** Whether an invalidation runs or has run since the snapshot (mmu_notifier_retry, mmu_invalidate_retry). */
export function mmuRetry(vm: Vm, seqHi: number, seqLo: number): boolean {
  if (vm.noSeqCheck) return false;
  return invalidating(vm) || seqMoved(vm, seqHi, seqLo);
}

/** Whether a memslot may hold pages of this size (slot_is_aligned). */
export function slotIsAligned(slot: Memslot, shift: number, pageShift: number): boolean {
  if (shift <= pageShift) return true;
  const pages = pagesOf(shift, pageShift);
  return slot.baseGfn % pages === 0 && slot.npages % pages === 0;
}

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
    if (!vm.arch206) return H_PARAMETER;
  } else {
    if (!slotIsAligned(slot, shift, vm.pageShift)) return H_PARAMETER;
    if (log !== null) log.step(sVirtEnter.pin);
    if (!vm.notifiers && getGuestPage(vm, slot, gfn, shift) < 0) return H_PARAMETER;
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
  if (log !== null) log.enter(sEnter.PATH, vcpu, indexHi, indexLo, rHi, rLo);
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
  if (log !== null) log.step(sEnter.size);
  if (k.mixedPageSizes && vHi < 0) return H_PARAMETER; // B = 1x is reserved
  const shift = actualShift(vm, vLo, rLo);
  if (shift === 0) return H_PARAMETER;
  if (log !== null) {
    log.local(Local.psize, 0, shift);
    log.step(sEnter.clean);
  }
  const writing = isWritable(rHi, rLo);
  vLo &= ~(V_HVLOCK | V_ABSENT | V_VALID);
  if (k.tracksModification) rHi &= ~GR_MODIFIED_HI;
  const guestHi = rHi;
  const guestLo = rLo;

  if (log !== null) log.step(sEnter.seq);
  const seqHi = st.scalars.hi(Scalar.seq);
  const seqLo = st.scalars.lo(Scalar.seq);
  const gpaHi = rHi & R_RPN_HI & ~maskHi(shift);
  const gpaLo = rLo & R_RPN_LO & ~maskLo(shift);
  const gfn = gfnOf(rHi, rLo, shift, vm.pageShift);
  const slot = st.slotOfGfn(gfn);
  if (log !== null) {
    log.local(Local.gfn, numHi(gfn), gfn | 0);
    log.local(Local.mmu_seq, seqHi, seqLo);
  }

  if (slot === null) {
    if (log !== null) log.step(sEnter.noSlot);
    if (!vm.arch206) return H_PARAMETER;
    vLo |= V_ABSENT;
    rHi |= R_KEY_HI;
    rLo |= R_KEY_LO;
  } else {
    if (log !== null) log.step(sEnter.align);
    if (!slotIsAligned(slot, shift, vm.pageShift)) return H_PARAMETER;
    const host = k.mixedPageSizes
      ? hostPage61(vm, slot, gfn, shift, writing)
      : hostPage34(vm, slot, gfn, shift, writing);
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
    if (pageFound && !k.mixedPageSizes) {
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
      log.local(Local.hpa, paHi, paLo);
      log.step(sEnter.realR);
    }
    const found = pageFound && (paHi | paLo) !== 0;
    if (k.mixedPageSizes) {
      rHi = (rHi & (R_KEY_HI | R_PP0_HI | maskHi(shift))) | paHi;
      rLo = (rLo & maskLo(shift)) | (rLo & R_KEY_LO) | paLo;
    } else {
      rHi = (rHi & (R_PP0_HI | maskHi(shift))) | paHi;
      rLo = (rLo & maskLo(shift)) | paLo;
    }
    if (found) vLo |= V_VALID;
    else {
      vLo |= V_ABSENT;
      if (k.absentDropsKeys) {
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

  if (log !== null) log.step(sEnter.index);
  const hpt = st.hpt;
  let index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) log.step(sEnter.slot);
  const exact = (flagsHi & H_EXACT_HI) !== 0;
  if (!exact) index -= index % 8;
  const last = exact ? index : index + 7;
  // the eight slots of a PTEG lie in one chunk
  const slots = hpt.chunk(index);
  while (index <= last && ((slots[(index & 255) << 3] as number) & (V_HVLOCK | V_VALID | V_ABSENT)) !== 0) index++;
  if (index > last) {
    if (log !== null) {
      log.step(sEnter.full);
      log.event(PTEG_FULL).num(Math.floor(last / 8));
    }
    return H_PTEG_FULL;
  }
  lockHpte(vm, hpt, index);
  if (log !== null) {
    log.local(Local.index, numHi(index), index | 0);
    log.step(sEnter.guest);
  }
  st.putGuest(hpt, index, guestHi, guestLo);
  noteModification(vm, hpt, index);

  if ((vLo & V_VALID) !== 0 && slot !== null) {
    const page = gfn - slot.baseGfn;
    if (log !== null) log.step(sEnter.lockRmap);
    lockRmap(vm, slot, page);
    if (log !== null) log.step(sEnter.seqCheck);
    if (vm.notifiers && mmuRetry(vm, seqHi, seqLo)) {
      vLo = (vLo & ~V_VALID) | V_ABSENT;
      if (k.absentDropsKeys) {
        rHi &= ~R_KEY_HI;
        rLo &= ~R_KEY_LO;
      }
      unlockRmap(vm, slot, page);
    } else {
      if (log !== null) log.step(sEnter.link);
      addRevmapChain(vm, hpt, index, slot, gfn, Point.enterInRmap);
      if (log !== null) log.step(sEnter.rc);
      rLo &= slot.rmap.hi(page) | ~R_RC;
    }
  }
  if (log !== null) log.step(sEnter.write);
  if (vm.newFormat) {
    rHi = newRHi(vHi, rHi);
    vHi &= 0x000fffff;
  }
  st.putR(hpt, index, rHi, rLo);
  st.putV(hpt, index, vHi, vLo);
  if (log !== null) log.event(HPTE_ENTER).num(index).u64(vHi, vLo).u64(rHi, rLo).u64(guestHi, guestLo).num(gfn);
  setOutIndex(vm, index);
  return H_SUCCESS;
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

/** Begins a look-up: nothing known yet. Answers the page's host address. */
function clearHostPage(vm: Vm, slot: Memslot, gfn: number, shift: number): number {
  hostPage.found = false;
  hostPage.paHi = 0;
  hostPage.paLo = 0;
  hostPage.shift = shift;
  hostPage.io = 0;
  hostPage.wimgKnown = false;
  hostPage.makeReadonly = false;
  hostPage.reached = false;
  const hva = slot.hva + (gfn - slot.baseGfn) * vm.page;
  const log = vm.state.log;
  if (log !== null) {
    log.local(Local.hva, numHi(hva), hva | 0);
    log.step(sEnter.hostPte);
  }
  return hva;
}

function hostPage34(vm: Vm, slot: Memslot, gfn: number, shift: number, writing: boolean): number {
  const hva = clearHostPage(vm, slot, gfn, shift);
  const w = vm.world;
  const log = vm.state.log;
  if (!vm.notifiers) {
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
  } else if (w.findPte(hva)) {
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
  const hva = clearHostPage(vm, slot, gfn, shift);
  const w = vm.world;
  hostPage.reached = true;
  if (!invalidating(vm) && w.findPte(hva)) {
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

/**
 * Whether the HPTE is there and is what the flags ask for; HVLOCK counts as set for H_ANDCOND, as in the kernel.
 */
function matches(vHi: number, vLo: number, flagsLo: number, avpnHi: number, avpnLo: number): boolean {
  if ((vLo & (V_ABSENT | V_VALID)) === 0) return false;
  if ((flagsLo & H_AVPN) !== 0 && ((vLo & V_AVPN_LO) !== avpnLo || vHi !== avpnHi)) return false;
  return (flagsLo & H_ANDCOND) === 0 || ((vHi & avpnHi) | ((vLo | V_HVLOCK) & avpnLo)) === 0;
}

/** H_REMOVE (kvmppc_do_h_remove). R4: dword 0 as it was, R5: the guest view. */
export function hRemove(
  vm: Vm,
  vcpu: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
  avpnHi: number,
  avpnLo: number,
): number {
  const st = vm.state;
  const k = vm.kernel;
  const log = st.log;
  const hpt = st.hpt;
  vm.outs = 0;
  const index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(sRemove.PATH, vcpu, indexHi, indexLo, avpnHi, avpnLo);
    log.step(sRemove.find);
  }
  const vLo = hpt.vLo(index) & ~V_HVLOCK;
  const vHi = vHiOf(vm, hpt, index);
  if (!matches(vHi, vLo, flagsLo, avpnHi, avpnLo)) {
    if (log !== null) log.leave();
    return H_NOT_FOUND;
  }
  lockHpte(vm, hpt, index);
  noteModification(vm, hpt, index);
  if ((vLo & V_VALID) !== 0) {
    if (log !== null) log.step(sRemove.invalidate);
    st.putV(hpt, index, hpt.vHi(index), hpt.vLo(index) & ~V_VALID);
    const local = k.laterCalls ? localInvalidate61(vm) : (flagsLo & H_LOCAL) !== 0 || vm.config.onlineVcpus <= 1;
    tlbieHpte(vm, vcpu, index, vHi, vLo, hpt.rLo(index), local);
    if (log !== null) log.step(sRemove.unlink);
    removeRevmapChain(vm, hpt, index, vLo, hpt.rLo(index));
  } else if (k.mmioCache && isKey31(hpt.rHi(index), hpt.rLo(index))) vm.mmioUpdateNext();
  if (log !== null) log.step(sRemove.clear);
  st.putV(hpt, index, 0, 0);
  const guestHi = k.tracksModification ? hpt.guestHi(index) & ~GR_MODIFIED_HI : hpt.guestHi(index);
  setOut(vm, 0, vHi, k.absentReadsValid && (vLo & V_ABSENT) !== 0 ? (vLo & ~V_ABSENT) | V_VALID : vLo);
  setOut(vm, 1, guestHi, hpt.guestLo(index));
  if (log !== null) {
    log.event(HPTE_REMOVE).num(index).u64(vHi, vLo).u64(guestHi, hpt.guestLo(index));
    log.leave();
  }
  return H_SUCCESS;
}

/** Key 31 in the real dword 1: an MMIO entry. */
export function isKey31(rHi: number, rLo: number): boolean {
  return (rHi & R_KEY_HI) === R_KEY_HI && (rLo & R_KEY_LO) === R_KEY_LO;
}

/** H_PROTECT (kvmppc_h_protect): protection, N and key from the flags. */
export function hProtect(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
  avpnHi: number,
  avpnLo: number,
): number {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  vm.outs = 0;
  const index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(sProtect.PATH, vcpu, indexHi, indexLo, flagsHi, flagsLo);
    log.step(sProtect.find);
  }
  const vLo = hpt.vLo(index) & ~V_HVLOCK;
  const vHi = vHiOf(vm, hpt, index);
  if (!matches(vHi, vLo, flagsLo & H_AVPN, avpnHi, avpnLo)) {
    if (log !== null) log.leave();
    return H_NOT_FOUND;
  }
  lockHpte(vm, hpt, index);
  // flags << 55 gives PP0, flags << 48 KEY_HI: both lie in the upper half
  const bitsHi = ((flagsLo << 23) & R_PP0_HI) | ((flagsLo << 16) & R_KEY_HI);
  const bitsLo = flagsLo & (R_PP | R_N | R_KEY_LO);
  const keepHi = ~(R_PP0_HI | R_KEY_HI);
  const keepLo = ~(R_PP | R_N | R_KEY_LO);
  if (log !== null) log.step(sProtect.guest);
  const oldHi = hpt.guestHi(index);
  const oldLo = hpt.guestLo(index);
  st.putGuest(hpt, index, (oldHi & keepHi) | bitsHi, (oldLo & keepLo) | bitsLo);
  noteModification(vm, hpt, index);
  let rHi = (hpt.rHi(index) & keepHi) | bitsHi;
  let rLo = (hpt.rLo(index) & keepLo) | bitsLo;
  if (!vm.kernel.protectKeepsHost) {
    if ((vLo & V_VALID) !== 0) {
      if (log !== null) log.step(sProtect.invalidate);
      st.putV(hpt, index, hpt.vHi(index), hpt.vLo(index) & ~V_VALID);
      tlbieHpte(vm, vcpu, index, vHi, vLo, rLo, (flagsLo & H_LOCAL) !== 0 || vm.config.onlineVcpus === 1);
    }
    if (log !== null) log.step(sProtect.write);
    st.putR(hpt, index, rHi, rLo);
  } else if ((vLo & V_VALID) !== 0) {
    if (isWritable(rHi, rLo) && !isWritable(hpt.rHi(index), hpt.rLo(index))) {
      const rxxx = readonlyIsRxxx(rHi, rLo);
      if (rxxx) rHi |= R_PP0_HI;
      rLo = (rLo & ~R_PP) | (rxxx ? 2 : 3);
    }
    if (rHi !== hpt.rHi(index) || rLo !== hpt.rLo(index)) {
      if (log !== null) log.step(sProtect.invalidate);
      st.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) | V_ABSENT) & ~V_VALID);
      tlbieHpte(vm, vcpu, index, vHi, vLo, rLo, localInvalidate61(vm));
      if (log !== null) log.step(sProtect.write);
      st.putR(hpt, index, rHi, rLo | (hpt.rLo(index) & R_RC));
    }
  } else if (isKey31(hpt.rHi(index), hpt.rLo(index))) vm.mmioUpdateNext();
  st.putV(hpt, index, hpt.vHi(index), vLo);
  if (log !== null) {
    log
      .event(HPTE_PROTECT)
      .num(index)
      .u64(oldHi, oldLo)
      .u64(hpt.guestHi(index), hpt.guestLo(index))
      .u64(hpt.rHi(index), hpt.rLo(index));
    log.leave();
  }
  return H_SUCCESS;
}

/** H_READ (kvmppc_h_read): one entry, or four with H_READ_4. R4, R5, … are dword 0 and guest dword 1 of each. */
export function hRead(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
): number {
  const hpt = vm.state.hpt;
  const log = vm.state.log;
  vm.outs = 0;
  let index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(sRead.PATH, vcpu, indexHi, indexLo, flagsHi, flagsLo);
    log.step(sRead.read);
  }
  const four = (flagsHi & H_READ_4_HI) !== 0;
  if (four) index -= index % 4;
  for (let i = 0; i < (four ? 4 : 1); i++, index++) {
    const vHi = vHiOf(vm, hpt, index);
    let vLo = hpt.vLo(index) & ~V_HVLOCK;
    // the B field of the POWER9 layout is not part of the guest's dword 1
    let rHi = vm.newFormat ? hpt.rHi(index) & ~0x0c000000 : hpt.rHi(index);
    let rLo = hpt.rLo(index);
    if ((vLo & V_ABSENT) !== 0) vLo = (vLo & ~V_ABSENT) | V_VALID;
    if ((vLo & V_VALID) !== 0) {
      rHi = vm.kernel.tracksModification ? hpt.guestHi(index) & ~GR_MODIFIED_HI : hpt.guestHi(index);
      rLo = hpt.guestLo(index) | (rLo & R_RC);
    }
    setOut(vm, i * 2, vHi, vLo);
    setOut(vm, i * 2 + 1, rHi, rLo);
  }
  if (log !== null) log.leave();
  return H_SUCCESS;
}

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

/** The memslot of an entry by its guest view, or null. Leaves the guest frame in `gfnOut`. */
let gfnOut = 0;
function slotOf(vm: Vm, hpt: Hpt, index: number): Memslot | null {
  const guestLo = hpt.guestLo(index);
  gfnOut = gfnOf(hpt.guestHi(index), guestLo, actualShift(vm, hpt.vLo(index), guestLo), vm.pageShift);
  return vm.state.slotOfGfn(gfnOut);
}

/** H_CLEAR_REF (linux-6.1). R4: the guest view with R and C as they were. */
export function hClearRef(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
): number {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  vm.outs = 0;
  const index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(sClearRef.PATH, vcpu, indexHi, indexLo, flagsHi, flagsLo);
    log.step(sClearRef.find);
  }
  const vLo = hpt.vLo(index);
  let ret: number = H_NOT_FOUND;
  if ((vLo & (V_ABSENT | V_VALID)) !== 0) {
    ret = H_SUCCESS;
    lockHpte(vm, hpt, index);
    const valid = (vLo & V_VALID) !== 0;
    const realRc = valid ? hpt.rLo(index) & R_RC : 0;
    const guestHi = hpt.guestHi(index);
    const guestLo = hpt.guestLo(index);
    if (log !== null) log.step(sClearRef.guest);
    if ((guestLo & R_R) !== 0) {
      st.putGuest(hpt, index, guestHi, guestLo & ~R_R);
      noteModification(vm, hpt, index);
    }
    if (valid && (hpt.rLo(index) & R_R) !== 0) {
      if (log !== null) log.step(sClearRef.clear);
      clearRef(vm, vcpu, hpt, index);
      const slot = slotOf(vm, hpt, index);
      if (slot !== null) {
        const page = gfnOut - slot.baseGfn;
        lockRmap(vm, slot, page);
        st.put(slot.rmap, page, (slot.rmap.hi(page) | RMAP_R_HI) & ~vm.kernel.rmapLockHi, slot.rmap.lo(page));
      }
    }
    if (log !== null) log.step(sClearRef.write);
    unlockHpte(vm, hpt, index);
    setOut(vm, 0, guestHi, guestLo | realRc);
  }
  if (log !== null) log.leave();
  return ret;
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
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  vm.outs = 0;
  const index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(sClearMod.PATH, vcpu, indexHi, indexLo, flagsHi, flagsLo);
    log.step(sClearMod.find);
  }
  const vLo = hpt.vLo(index);
  let ret: number = H_NOT_FOUND;
  if ((vLo & (V_ABSENT | V_VALID)) !== 0) {
    ret = H_SUCCESS;
    lockHpte(vm, hpt, index);
    const guestHi = hpt.guestHi(index);
    const guestLo = hpt.guestLo(index);
    if (log !== null) log.step(sClearMod.guest);
    if ((guestLo & R_C) !== 0) {
      st.putGuest(hpt, index, guestHi, guestLo & ~R_C);
      noteModification(vm, hpt, index);
    }
    let realRc = 0;
    if ((vLo & V_VALID) !== 0) {
      if (log !== null) log.step(sClearMod.invalidate);
      const vHi = vHiOf(vm, hpt, index);
      st.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) | V_ABSENT) & ~V_VALID);
      tlbieHpte(vm, vcpu, index, vHi, vLo, hpt.rLo(index), false);
      realRc = hpt.rLo(index) & R_RC;
      if ((realRc & R_C) !== 0) {
        if (log !== null) log.step(sClearMod.clear);
        const rLo = hpt.rLo(index);
        st.putR(hpt, index, hpt.rHi(index), rLo & ~R_C);
        const slot = slotOf(vm, hpt, index);
        if (slot !== null)
          updateDirtyMap(vm, slot, gfnOut, pagesOf(actualShift(vm, vLo, rLo), vm.pageShift), 'clear-mod');
      }
    }
    if (log !== null) log.step(sClearMod.write);
    st.putV(hpt, index, hpt.vHi(index), vLo & ~V_HVLOCK);
    setOut(vm, 0, guestHi, guestLo | realRc);
  }
  if (log !== null) log.leave();
  return ret;
}
