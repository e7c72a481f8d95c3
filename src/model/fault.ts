/**
 * The two halves of a guest's page fault: kvmppc_hpte_hv_fault in the interrupt's real mode, with its search and MMIO cache,
 * and kvmppc_book3s_hv_page_fault in the host kernel.
 */
import {
  DSISR_ISSTORE,
  DSISR_NOHPTE,
  DSISR_PROTFAULT,
  EFAULT,
  H_SUCCESS,
  MSR_DR,
  MSR_IR,
  MSR_PR,
  PTE_CACHE,
  PTE_NO_CACHE,
  PTE_PRESENT,
  PTE_RW,
  R_G,
  R_I,
  R_KEY_HI,
  R_M,
  R_N,
  R_PP,
  R_PP0_HI,
  R_RC,
  R_RPN_HI,
  R_RPN_LO,
  R_W,
  RESUME_GUEST,
  RESUME_HOST,
  SLB_1T_HI,
  SLB_KP,
  SLB_KS,
  SLB_L,
  SLB_LP,
  SRR1_ISI_N_OR_G,
  V_ABSENT,
  V_HVLOCK,
  V_LARGE,
  V_SECONDARY,
  V_VALID,
} from './bits';
import { invalidating, isKey31, lockHpte, seqMoved, unlockHpte, vHiOf } from './entry';
import { eventCode, RETRY_WHY } from './events';
import {
  actualShift,
  amrFault,
  gfnOf,
  isWritable,
  mayRead,
  mayWrite,
  newRHi,
  oldVHi,
  pageShifts,
  readonlyIsRxxx,
  wimgFits,
} from './hpte';
import { Local, sFind, sHvFault, sPageFault } from './listing';
import { Point } from './points';
import { addRevmapChain, lockRmap, unlockRmap } from './rmap';
import { type Hpt, Lane, type Memslot, MMIO_ENTRIES, Scalar, type Store, Vcpu } from './state';
import { tlbieHpte } from './tlb';
import type { Vm } from './vm';
import { frameHi, maskHi, maskLo, numHi, toNum } from './words';

const FAULT_ENTER = eventCode('fault.enter');
const FAULT_GUP = eventCode('fault.gup');
const FAULT_RETRY = eventCode('fault.retry');
const FAULT_ERROR = eventCode('fault.error');
const FAULT_MMIO = eventCode('fault.mmio');
const FAULT_EXIT = eventCode('fault.exit');
const MMIO_FILL = eventCode('mmio.fill');
const MMIO_STALE = eventCode('mmio.stale_hit');
const REINSTATE = eventCode('hpte.reinstate');
const READONLY = eventCode('hpte.readonly');
type RetryWhy = (typeof RETRY_WHY)[number];

/** Base page shift that a segment word asks for (kvmppc_hv_find_lock_hpte); 20 for the reserved encoding. */
export function segmentShift(slbLo: number): number {
  if ((slbLo & SLB_L) === 0) return 12;
  switch (slbLo & SLB_LP) {
    case 0x00:
      return 24;
    case 0x10:
      return 16;
    case 0x20:
      return 34;
    default:
      return 20;
  }
}

/** Hash and AVPN of an effective address in a segment (ISA "Page Table Search"). */
export interface Hashed {
  /** primary PTEG number */
  pteg: number;
  avpnHi: number;
  avpnLo: number;
}
const hashed: Hashed = { pteg: 0, avpnHi: 0, avpnLo: 0 };

/**
 * Works out the primary PTEG and the AVPN (dword 0 form, bits below the AVPN not cleared) of an address.
 * @returns one object that the next call overwrites
 */
export function hashEa(hpt: Hpt, slbHi: number, slbLo: number, eaHi: number, eaLo: number, baseShift: number): Hashed {
  let hashHi: number;
  let hashLo: number;
  if ((slbHi & SLB_1T_HI) === 0) {
    const offset = eaLo & 0x0fffffff;
    hashLo = (slbHi << 20) | (slbLo >>> 12);
    hashHi = (slbHi >>> 12) & 0x3ffff;
    if (baseShift < 32) hashLo ^= offset >>> baseShift;
    hashed.avpnLo = (slbLo & ~0xfff) | (offset >>> 16);
  } else {
    const offHi = eaHi & 0xff;
    const vsidLo = (slbHi << 8) | (slbLo >>> 24);
    const vsidHi = (slbHi >>> 24) & 0x3f;
    const offset = baseShift < 32 ? (eaLo >>> baseShift) | (offHi << (32 - baseShift)) : offHi >>> (baseShift - 32);
    hashLo = vsidLo ^ (vsidLo << 25) ^ offset;
    hashHi = vsidHi ^ ((vsidHi << 25) | (vsidLo >>> 7));
    hashed.avpnLo = (slbLo & ~0xffffff) | ((eaLo >>> 16) | (offHi << 16));
  }
  hashed.avpnHi = slbHi;
  hashed.pteg = hpt.maskHi === 0 ? (hashLo & hpt.maskLo) >>> 0 : toNum(hashHi & hpt.maskHi, hashLo & hpt.maskLo);
  return hashed;
}

/** PTEG that the secondary hash selects. */
export function secondaryPteg(hpt: Hpt, pteg: number): number {
  return hpt.entries / 8 - 1 - pteg;
}

/** Bits of dword 0 that lie below what a search compares, by base page shift. */
export function avpnIgnored(baseShift: number): number {
  return baseShift >= 24 ? (1 << (baseShift - 16)) - 1 : 0x7f;
}

/**
 * Searches the table for an address and locks what it finds (kvmppc_hv_find_lock_hpte).
 * @param wanted V_VALID, or V_VALID | V_ABSENT
 * @returns HPTE index, or -1
 */
export function findLockHpte(vm: Vm, eaHi: number, eaLo: number, slbHi: number, slbLo: number, wanted: number): number {
  const hpt = vm.state.hpt;
  const log = vm.state.log;
  const baseShift = segmentShift(slbLo);
  const h = hashEa(hpt, slbHi, slbLo, eaHi, eaLo, baseShift);
  const large = (slbLo & SLB_L) !== 0 ? V_LARGE : 0;
  const mask = ~0x7f | V_SECONDARY | large;
  const avpnLo = (h.avpnLo & ~avpnIgnored(baseShift)) | large;
  const avpnHi = h.avpnHi;
  let pteg = h.pteg;
  if (log !== null) {
    log.enter(sFind.PATH, -1, eaHi, eaLo, slbHi, slbLo);
    log.step(sFind.hash);
    log.local(Local.hash, numHi(pteg), pteg | 0);
    log.local(Local.avpn, avpnHi, avpnLo);
  }
  for (let group = 0; group < 2; group++) {
    if (log !== null) log.step(group === 0 ? sFind.primary : sFind.secondary);
    const want = group === 0 ? avpnLo : avpnLo | V_SECONDARY;
    const first = pteg * 8;
    const c = hpt.chunk(first);
    for (let slot = 0, o = (first & 255) << 3; slot < 8; slot++, o += 8) {
      const vLo = c[o] as number;
      if ((vLo & wanted) === 0 || (vLo & mask) !== want) continue;
      const vHi = vm.newFormat ? oldVHi(c[o + 1] as number, c[o + 3] as number) : (c[o + 1] as number);
      if (vHi !== avpnHi || (pageShifts(vm, vLo, c[o + 2] as number) & 0xff) !== baseShift) continue;
      if (log !== null) {
        log.step(sFind.found);
        log.local(Local.index, numHi(first + slot), (first + slot) | 0);
        lockHpte(vm, hpt, first + slot);
        log.leave();
      }
      return first + slot;
    }
    pteg = secondaryPteg(hpt, pteg);
  }
  if (log !== null) {
    log.step(sFind.missing);
    log.leave();
  }
  return -1;
}

/**
 * Real-mode part of a fault (kvmppc_hpte_hv_fault).
 * @param status DSISR, or SRR1 bits of an instruction fault
 * @returns 0 retry, -1 hand to the host kernel, -2 the same with the instruction loaded, else the status for the guest
 */
export function hpteHvFault(
  vm: Vm,
  vcpu: number,
  eaHi: number,
  eaLo: number,
  slbHi: number,
  slbLo: number,
  status: number,
  data: boolean,
): number {
  const log = vm.state.log;
  if (log !== null) log.enter(sHvFault.PATH, vcpu, eaHi, eaLo, 0, status);
  const ret = hvFault(vm, vm.state.vcpus[vcpu] as Store, eaHi, eaLo, slbHi, slbLo, status, data);
  if (log !== null) log.leave();
  return ret;
}

function hvFault(
  vm: Vm,
  cpu: Store,
  eaHi: number,
  eaLo: number,
  slbHi: number,
  slbLo: number,
  status0: number,
  data: boolean,
): number {
  const st = vm.state;
  const hpt = st.hpt;
  const log = st.log;
  const nohpte = (status0 & DSISR_NOHPTE) !== 0;
  let status = status0;
  let index: number;
  let vHi: number;
  let vLo: number;
  let rHi: number;
  let rLo: number;
  let guestHi: number;
  let guestLo: number;
  let cached = -1;
  if (nohpte && vm.kernel.mmioCache) {
    if (log !== null) log.step(sHvFault.cache);
    cached = findMmioCache(vm, cpu, eaHi, eaLo, slbHi, slbLo);
  }
  if (cached >= 0) {
    const at = Vcpu.mmio + cached * 8;
    vHi = cpu.hi(at + 2);
    vLo = cpu.lo(at + 2);
    rHi = cpu.hi(at + 3);
    rLo = cpu.lo(at + 3);
    guestHi = cpu.hi(at + 4);
    guestLo = cpu.lo(at + 4);
    index = toNum(cpu.hi(at + 5), cpu.lo(at + 5));
    if (
      log !== null &&
      (vHiOf(vm, hpt, index) !== vHi ||
        hpt.vLo(index) !== vLo ||
        !isKey31(hpt.rHi(index), hpt.rLo(index)) ||
        st.slotOfGfn(gfnOf(guestHi, guestLo, actualShift(vm, vLo, guestLo), vm.pageShift)) !== null)
    )
      log.event(MMIO_STALE).u64(eaHi, eaLo).num(index);
  } else {
    if (log !== null) log.step(sHvFault.search);
    index = findLockHpte(vm, eaHi, eaLo, slbHi, slbLo, nohpte ? V_VALID | V_ABSENT : V_VALID);
    if (index < 0) {
      if (log !== null) log.step(sHvFault.none);
      return nohpte ? status : 0;
    }
    const c = hpt.chunk(index);
    const o = (index & 255) << 3;
    vLo = (c[o + Lane.vLo] as number) & ~V_HVLOCK;
    vHi = vHiOf(vm, hpt, index);
    rHi = (c[o + Lane.rHi] as number) & (vm.newFormat ? ~0x0c000000 : -1);
    rLo = c[o + Lane.rLo] as number;
    guestHi = c[o + Lane.guestHi] as number;
    guestLo = c[o + Lane.guestLo] as number;
    if (log !== null) unlockHpte(vm, hpt, index);
  }
  if (cached < 0 && nohpte && (vLo & V_VALID) !== 0) {
    if (log !== null) log.step(sHvFault.raced);
    return 0;
  }
  status &= ~DSISR_NOHPTE;
  if (log !== null) log.step(sHvFault.rights);
  const msr = cpu.lo(Vcpu.msr);
  const key = slbLo & ((msr & MSR_PR) !== 0 ? SLB_KP : SLB_KS);
  if (!data) {
    if ((guestLo & (R_N | R_G)) !== 0) return status | SRR1_ISI_N_OR_G;
    if (!mayRead(guestHi, guestLo, key)) return status | DSISR_PROTFAULT;
  } else {
    const store = (status & DSISR_ISSTORE) !== 0;
    if (store ? !mayWrite(guestHi, guestLo, key) : !mayRead(guestHi, guestLo, key)) return status | DSISR_PROTFAULT;
    if ((msr & MSR_DR) !== 0) {
      if (log !== null) log.step(sHvFault.amr);
      const fault = amrFault(cpu.hi(Vcpu.amr), cpu.lo(Vcpu.amr), guestHi, guestLo, store);
      if (fault !== 0) return status | fault;
    }
  }
  if (log !== null) log.step(sHvFault.remember);
  st.put(cpu, Vcpu.pgfaultAddr, eaHi, eaLo);
  st.put(cpu, Vcpu.pgfaultIndex, numHi(index), index | 0);
  st.put(cpu, Vcpu.pgfaultV, vHi, vLo);
  st.put(cpu, Vcpu.pgfaultR, rHi, rLo);
  if (vm.kernel.mmioCache) {
    st.put(cpu, Vcpu.pgfaultGuest, guestHi, guestLo);
    st.put(cpu, Vcpu.pgfaultCache, 0, cached + 1);
  }
  if (isKey31(rHi, rLo)) {
    if (vm.kernel.mmioCache && cached < 0)
      fillMmioCache(vm, cpu, nohpte, eaHi, eaLo, slbHi, slbLo, index, vHi, vLo, rHi, rLo, guestHi, guestLo);
    if (data && (msr & MSR_IR) !== 0) {
      if (log !== null) log.step(sHvFault.toHost);
      return -2;
    }
  }
  if (log !== null) log.step(sHvFault.toHost);
  return -1;
}

/** MMIO cache entry of an address (mmio_cache_search), or -1. */
function findMmioCache(vm: Vm, cpu: Store, eaHi: number, eaLo: number, slbHi: number, slbLo: number): number {
  const updateLo = vm.state.scalars.lo(Scalar.mmioUpdate);
  const updateHi = vm.state.scalars.hi(Scalar.mmioUpdate);
  for (let i = 0; i < MMIO_ENTRIES; i++) {
    const at = Vcpu.mmio + i * 8;
    if (cpu.lo(at + 6) !== updateLo || cpu.hi(at + 6) !== updateHi) continue;
    const base = pageShifts(vm, cpu.lo(at + 2), cpu.lo(at + 3)) & 0xff;
    if (base === 0 || cpu.lo(at + 1) !== slbLo || cpu.hi(at + 1) !== slbHi) continue;
    if (
      (cpu.hi(at) & ~maskHi(base)) === (eaHi & ~maskHi(base)) &&
      (cpu.lo(at) & ~maskLo(base)) === (eaLo & ~maskLo(base))
    )
      return i;
  }
  return -1;
}

/**
 * Writes the next MMIO cache entry, round robin. mmio_update is read only on the way to a cache look-up: an entry made by a
 * protection fault carries 0 instead, so it is not found while mmio_update has moved on.
 */
function fillMmioCache(
  vm: Vm,
  cpu: Store,
  nohpte: boolean,
  eaHi: number,
  eaLo: number,
  slbHi: number,
  slbLo: number,
  index: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
  guestHi: number,
  guestLo: number,
): void {
  const st = vm.state;
  const log = st.log;
  const next = cpu.lo(Vcpu.mmioNext);
  const at = Vcpu.mmio + next * 8;
  if (log !== null) {
    log.step(sHvFault.fillCache);
    log.event(MMIO_FILL).u64(eaHi, eaLo).num(index);
  }
  st.put(cpu, Vcpu.mmioNext, 0, (next + 1) % MMIO_ENTRIES);
  st.put(cpu, at, eaHi, eaLo);
  st.put(cpu, at + 1, slbHi, slbLo);
  st.put(cpu, at + 2, vHi, vLo);
  st.put(cpu, at + 3, rHi, rLo);
  st.put(cpu, at + 4, guestHi, guestLo);
  st.put(cpu, at + 5, numHi(index), index | 0);
  st.put(cpu, at + 6, nohpte ? st.scalars.hi(Scalar.mmioUpdate) : 0, nohpte ? st.scalars.lo(Scalar.mmioUpdate) : 0);
}

/**
 * Host part of a fault (kvmppc_book3s_hv_page_fault).
 * @param dsisr 0 for instruction faults
 * @returns RESUME_GUEST, RESUME_HOST (MMIO at vm.gpa), or a negative errno
 */
export function pageFault(vm: Vm, vcpu: number, eaHi: number, eaLo: number, dsisr: number): number {
  const log = vm.state.log;
  if (log !== null) log.enter(sPageFault.PATH, vcpu, eaHi, eaLo, 0, dsisr);
  const ret = resolve(vm, vm.state.vcpus[vcpu] as Store, eaHi, eaLo, dsisr);
  if (log !== null) {
    if (ret < 0) log.event(FAULT_ERROR).u64(eaHi, eaLo).u32(ret);
    log.leave();
  }
  return ret;
}

function exit(
  vm: Vm,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
  ret: number,
  installed: boolean,
  traced: boolean,
): number {
  if (vm.state.log !== null)
    vm.state.log
      .event(FAULT_EXIT)
      .u64(vHi, vLo)
      .u64(rHi, rLo)
      .u32(ret)
      .u32(installed ? 1 : 0)
      .u32(traced ? 1 : 0);
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

// the host page that a fault found; copied out of the world because other processors may ask it meanwhile
let hostPfn = 0;
let hpaHi = 0;
let hpaLo = 0;
let hostShift = 0;
let hostIo = 0;
let writeOk = false;
let pageKnown = false;

function resolve(vm: Vm, cpu: Store, eaHi: number, eaLo: number, dsisr: number): number {
  const st = vm.state;
  const k = vm.kernel;
  const log = st.log;
  const hpt = st.hpt;
  const index = toNum(cpu.hi(Vcpu.pgfaultIndex), cpu.lo(Vcpu.pgfaultIndex));
  if (log !== null) log.step(sPageFault.remembered);
  if (cpu.lo(Vcpu.pgfaultAddr) !== eaLo || cpu.hi(Vcpu.pgfaultAddr) !== eaHi) {
    retry(vm, eaHi, eaLo, index, 'stale-ea');
    return RESUME_GUEST;
  }
  if (k.mmioCache && cpu.lo(Vcpu.pgfaultCache) !== 0) {
    if (log !== null) log.step(sPageFault.cached);
    const at = Vcpu.mmio + (cpu.lo(Vcpu.pgfaultCache) - 1) * 8;
    if (cpu.lo(at + 6) === st.scalars.lo(Scalar.mmioUpdate) && cpu.hi(at + 6) === st.scalars.hi(Scalar.mmioUpdate)) {
      const guestLo = cpu.lo(Vcpu.pgfaultGuest);
      const shift = actualShift(vm, cpu.lo(Vcpu.pgfaultV), guestLo);
      return mmio(vm, eaHi, eaLo, gpaHiOf(cpu.hi(Vcpu.pgfaultGuest), shift, eaHi), gpaLoOf(guestLo, shift, eaLo));
    }
  }
  if (log !== null) log.step(sPageFault.readHpte);
  const c = hpt.chunk(index);
  const o = (index & 255) << 3;
  const vLo = (c[o + Lane.vLo] as number) & ~V_HVLOCK;
  const memRHi = c[o + Lane.rHi] as number;
  const vHi = vm.newFormat ? oldVHi(c[o + Lane.vHi] as number, memRHi) : (c[o + Lane.vHi] as number);
  const rHi = vm.newFormat ? memRHi & ~0x0c000000 : memRHi;
  const rLo = c[o + Lane.rLo] as number;
  const guestHi = c[o + Lane.guestHi] as number;
  const guestLo = c[o + Lane.guestLo] as number;
  if (
    vLo !== cpu.lo(Vcpu.pgfaultV) ||
    vHi !== cpu.hi(Vcpu.pgfaultV) ||
    rLo !== cpu.lo(Vcpu.pgfaultR) ||
    rHi !== cpu.hi(Vcpu.pgfaultR)
  ) {
    if (log !== null) log.step(sPageFault.changed);
    retry(vm, eaHi, eaLo, index, 'hpte-changed');
    return exit(vm, vHi, vLo, rHi, rLo, RESUME_GUEST, false, false);
  }

  if (log !== null) log.step(sPageFault.memslot);
  const shift = actualShift(vm, vLo, guestLo);
  const baseGfn = gfnOf(guestHi, guestLo, shift, vm.pageShift);
  const gpaHi = gpaHiOf(guestHi, shift, eaHi);
  const gpaLo = gpaLoOf(guestLo, shift, eaLo);
  const gfn = k.mixedPageSizes ? gfnOf(gpaHi, gpaLo, 12, vm.pageShift) : baseGfn;
  const slot = st.slotOfGfn(gfn);
  if (log !== null) {
    log.local(Local.psize, 0, shift);
    log.local(Local.gfn, numHi(gfn), gfn | 0);
    log.event(FAULT_ENTER).u64(eaHi, eaLo).u32(dsisr).num(index).u64(vHi, vLo).u64(rHi, rLo).u64(guestHi, guestLo);
    if (slot === null) log.u64(-1, -1).u32(0);
    else log.num(slot.baseGfn).u32(st.logDirty(slot) ? 1 : 0);
  }
  if (slot === null) {
    if (log !== null) log.step(sPageFault.mmio);
    // linux-3.4 drops the index of a small page inside a larger host page
    const keep = k.mixedPageSizes ? -1 : ~maskLo(vm.pageShift) | maskLo(shift);
    return mmio(vm, eaHi, eaLo, gpaHi, gpaLo & keep);
  }
  if (!vm.notifiers) {
    if (log !== null) log.step(sPageFault.noNotifiers);
    return EFAULT;
  }
  if (baseGfn < slot.baseGfn) return EFAULT;

  if (log !== null) log.step(sPageFault.seq);
  const seqHi = st.scalars.hi(Scalar.seq);
  const seqLo = st.scalars.lo(Scalar.seq);
  const writing = (dsisr & DSISR_ISSTORE) !== 0;
  const hvaGfn = k.mixedPageSizes ? gfn : baseGfn;
  const hva = slot.hva + (hvaGfn - slot.baseGfn) * vm.page;
  if (log !== null) {
    log.local(Local.hva, numHi(hva), hva | 0);
    log.step(sPageFault.gup);
  }
  const got = k.mixedPageSizes
    ? hostPage61(vm, hva, shift, writing, seqHi, seqLo, eaHi, eaLo, index)
    : hostPage34(vm, hva, shift, writing, isWritable(guestHi, guestLo));
  if (got !== H_SUCCESS) return got < 0 ? got : exit(vm, vHi, vLo, rHi, rLo, RESUME_GUEST, false, false);
  const ret = build(
    vm,
    hpt,
    index,
    slot,
    baseGfn,
    shift,
    vHi,
    vLo,
    rHi,
    rLo,
    guestHi,
    guestLo,
    memRHi,
    eaHi,
    eaLo,
    seqHi,
    seqLo,
  );
  if (pageKnown) vm.world.putPage();
  return ret;
}

/** linux-3.4: get_user_pages, or I/O memory mapped by frame number. */
function hostPage34(vm: Vm, hva: number, shift: number, writing: boolean, guestWritable: boolean): number {
  const w = vm.world;
  const log = vm.state.log;
  const ok = w.getUserPages(hva, writing);
  const pfn = w.ptePfn;
  hostShift = w.pteShift;
  if (log !== null)
    log
      .event(FAULT_GUP)
      .num(hva)
      .num(ok ? pfn : 0)
      .u32(ok && (w.pteFlags & PTE_RW) !== 0 ? 1 : 0)
      .u32(ok ? 1 : 0);
  const held = hostShift;
  vm.point(Point.afterGup);
  hostShift = held;
  hostIo = 0;
  writeOk = writing;
  pageKnown = ok;
  if (ok) {
    setHpa(vm, pfn);
    if (!writing && guestWritable) {
      if (log !== null) log.step(sPageFault.readPte);
      if (w.findPte(hva)) {
        w.updatePte(true);
        if ((w.pteFlags & PTE_PRESENT) !== 0 && (w.pteFlags & PTE_RW) !== 0) writeOk = true;
      }
    }
    return H_SUCCESS;
  }
  if (log !== null) log.step(sPageFault.gupFailed);
  if (!w.pfnmap(hva, 2 ** shift) || w.ptePfn === 0) return EFAULT;
  hostShift = shift;
  hostIo = w.pteFlags & PTE_CACHE;
  writeOk = (w.pteFlags & PTE_RW) !== 0;
  setHpa(vm, w.ptePfn);
  return H_SUCCESS;
}

/** linux-6.1: fast get_user_pages for write, else the slow path, then the host PTE as it is now. 1: back to the guest. */
function hostPage61(
  vm: Vm,
  hva: number,
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
  let ok = w.getUserPagesFast(hva);
  let known = ok;
  let writable = ok;
  if (!ok) {
    ok = w.getUserPages(hva, writing);
    known = ok;
    if (ok) {
      writable = writing;
      if (!writing && w.getUserPagesFast(hva)) {
        w.putPage();
        writable = true;
      }
    } else if (w.fixupPfnmap(hva, writing)) {
      ok = true;
      writable = (w.pteFlags & PTE_RW) !== 0;
    }
  }
  if (log !== null)
    log
      .event(FAULT_GUP)
      .num(hva)
      .num(ok ? w.ptePfn : 0)
      .u32(writable ? 1 : 0)
      .u32(ok ? 1 : 0);
  if (!ok) {
    if (log !== null) log.step(sPageFault.gupFailed);
    return EFAULT;
  }
  vm.point(Point.afterGup);
  pageKnown = known;
  writeOk = writable;
  if (log !== null) log.step(sPageFault.readPte);
  const running = invalidating(vm);
  const stale = running || seqMoved(vm, seqHi, seqLo);
  if ((stale && !vm.noSeqCheck) || !w.findPte(hva) || (w.pteFlags & PTE_PRESENT) === 0) {
    if (log !== null) log.step(sPageFault.noPte);
    retry(vm, eaHi, eaLo, index, running ? 'count' : stale ? 'seq' : 'no-host-pte');
    if (known) w.putPage();
    return 1;
  }
  hostShift = w.pteShift;
  hostIo = w.pteFlags & PTE_NO_CACHE;
  setHpa(vm, w.ptePfn);
  if (hostShift > shift) {
    hpaHi |= numHi(hva) & maskHi(hostShift) & ~maskHi(shift);
    hpaLo |= hva & maskLo(hostShift) & ~maskLo(shift);
  }
  return H_SUCCESS;
}

function setHpa(vm: Vm, pfn: number): void {
  hostPfn = pfn;
  hpaHi = frameHi(pfn, vm.pageShift);
  hpaLo = pfn << vm.pageShift;
}

/** From the host page to the new dword 1, and into the table unless something got in between. */
function build(
  vm: Vm,
  hpt: Hpt,
  index: number,
  slot: Memslot,
  gfn: number,
  shift: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
  guestHi: number,
  guestLo: number,
  memRHi: number,
  eaHi: number,
  eaLo: number,
  seqHi: number,
  seqLo: number,
): number {
  const st = vm.state;
  const k = vm.kernel;
  const log = st.log;
  const canWrite = writeOk;
  const known = pageKnown;
  const pfn = hostPfn;
  if (shift > hostShift) {
    if (log !== null) log.step(sPageFault.tooSmall);
    return exit(vm, vHi, vLo, rHi, rLo, EFAULT, false, k.mixedPageSizes);
  }
  if (log !== null) log.step(sPageFault.wimg);
  const fits = wimgFits(vm, k.ioIsBoolean, guestLo, hostIo);
  if (!fits && hostIo !== 0) return exit(vm, vHi, vLo, rHi, rLo, EFAULT, false, k.mixedPageSizes);
  const baseLo = fits ? guestLo : (guestLo & ~(R_W | R_I | R_G)) | R_M;

  if (log !== null) {
    log.local(Local.hpa, hpaHi, hpaLo);
    log.step(sPageFault.newR);
  }
  const keep = k.mixedPageSizes ? Math.max(shift, vm.pageShift) : hostShift;
  let newHi = (guestHi & ((k.mixedPageSizes ? R_KEY_HI : 0) | R_PP0_HI | maskHi(keep))) | hpaHi;
  let newLo = (baseLo & maskLo(keep)) | hpaLo;
  if (isWritable(newHi, newLo) && !canWrite) {
    if (log !== null) log.step(sPageFault.readonly);
    const rxxx = readonlyIsRxxx(newHi, newLo);
    if (rxxx) newHi |= R_PP0_HI;
    newLo = (newLo & ~R_PP) | (rxxx ? 2 : 3);
    if (log !== null) log.event(READONLY).num(index).u64(newHi, newLo);
  }
  if (log !== null) log.local(Local.new_r, newHi, newLo);
  vm.point(Point.beforeLock);
  pageKnown = known;

  if (log !== null) log.step(sPageFault.lock);
  if (k.mixedPageSizes && st.scalars.lo(Scalar.mmuReady) === 0) {
    if (log !== null) log.step(sPageFault.notReady);
    retry(vm, eaHi, eaLo, index, 'not-ready');
    return exit(vm, vHi, vLo, rHi, rLo, RESUME_GUEST, false, k.mixedPageSizes);
  }
  if (log !== null) log.step(sPageFault.recheck);
  const c = hpt.chunk(index);
  const o = (index & 255) << 3;
  const sameV = ((c[o + Lane.vLo] as number) & ~V_HVLOCK) === vLo && vHiOf(vm, hpt, index) === vHi;
  const sameR = c[o + Lane.rHi] === memRHi && c[o + Lane.rLo] === rLo;
  const sameGuest = c[o + Lane.guestHi] === guestHi && c[o + Lane.guestLo] === guestLo;
  if (!vm.noHpteRecheck && !(sameV && sameR && sameGuest)) {
    retry(vm, eaHi, eaLo, index, 'hpte-changed');
    return exit(vm, vHi, vLo, rHi, rLo, RESUME_GUEST, false, k.mixedPageSizes);
  }
  lockHpte(vm, hpt, index);
  const newVLo = (vLo & ~V_ABSENT) | V_VALID;
  const page = gfn - slot.baseGfn;
  if (log !== null) log.step(sPageFault.lockRmap);
  lockRmap(vm, slot, page);
  if (log !== null) log.step(sPageFault.seqCheck);
  if (mmuRetryWhy(vm, seqHi, seqLo, eaHi, eaLo, index)) {
    unlockRmap(vm, slot, page);
    unlockHpte(vm, hpt, index);
    return exit(vm, vHi, newVLo, rHi, rLo, RESUME_GUEST, false, k.mixedPageSizes);
  }
  if (log !== null) log.step(sPageFault.rc);
  newLo &= slot.rmap.hi(page) | ~R_RC;
  if ((hpt.vLo(index) & V_VALID) !== 0) {
    if (log !== null) log.step(sPageFault.upgrade);
    unlockRmap(vm, slot, page);
    const oldRLo = hpt.rLo(index);
    st.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) | V_ABSENT) & ~V_VALID);
    tlbieHpte(vm, -1, index, vHi, vLo, oldRLo, false);
    newLo |= hpt.rLo(index) & R_RC;
  } else {
    if (log !== null) log.step(sPageFault.link);
    addRevmapChain(vm, hpt, index, slot, gfn, Point.faultInRmap);
  }
  if (log !== null) log.step(sPageFault.install);
  let outVHi = vHi;
  if (vm.newFormat) {
    newHi = newRHi(vHi, newHi);
    outVHi = vHi & 0x000fffff;
  }
  st.putR(hpt, index, newHi, newLo);
  st.putV(hpt, index, outVHi, newVLo);
  if (log !== null) log.event(REINSTATE).num(index).num(gfn).u64(outVHi, newVLo).u64(newHi, newLo);
  if (known && isWritable(newHi, newLo)) {
    if (log !== null) log.step(sPageFault.dirtyPage);
    vm.world.setPageDirty(pfn);
  }
  if (log !== null) log.step(sPageFault.done);
  return exit(vm, outVHi, newVLo, rHi, rLo, RESUME_GUEST, true, k.mixedPageSizes);
}

function mmuRetryWhy(vm: Vm, seqHi: number, seqLo: number, eaHi: number, eaLo: number, index: number): boolean {
  if (vm.noSeqCheck) return false;
  if (invalidating(vm)) {
    retry(vm, eaHi, eaLo, index, 'count');
    return true;
  }
  if (seqMoved(vm, seqHi, seqLo)) {
    retry(vm, eaHi, eaLo, index, 'seq');
    return true;
  }
  return false;
}
