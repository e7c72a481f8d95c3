/** The real-mode part of a fault (kvmppc_hpte_hv_fault): search, rights, the MMIO cache, and what it remembers for the host part. */
import {
  DSISR_ISSTORE,
  DSISR_NOHPTE,
  DSISR_PROTFAULT,
  MSR_DR,
  MSR_IR,
  MSR_PR,
  R_G,
  R_N,
  R_P9_B_HI,
  SLB_KP,
  SLB_KS,
  SRR1_ISI_N_OR_G,
  V_ABSENT,
  V_HVLOCK,
  V_VALID,
} from './bits';
import { isKey31, unlockHpte, vHiOf } from './entry';
import { eventCode } from './events';
import { actualShift, amrFault, baseShiftOf, gfnOf, mayRead, mayWrite, oldVHi } from './hpte';
import * as Lane from './lane';
import { sHvFault } from './listing';
import { ENTER } from './log';
import * as Scalar from './scalar';
import { findLockHpte } from './search';
import { MMIO_ENTRIES } from './state';
import type { Registers } from './store';
import * as Vcpu from './vcpu';
import type { Vm } from './vm';
import { maskHi, maskLo, numHi, toNum } from './words';

const MMIO_FILL = eventCode('mmio.fill');
const MMIO_STALE = eventCode('mmio.stale_hit');

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
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room().w(ENTER | sHvFault.PATH).w(vcpu).w(eaHi).w(eaLo).w(0).w(status);
  }
  const ret = hvFault(vm, vm.state.vcpus[vcpu] as Registers, eaHi, eaLo, slbHi, slbLo, status, data);
  if (log !== null) log.leave();
  return ret;
}

function hvFault(
  vm: Vm,
  cpu: Registers,
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
  if (nohpte && vm.kernel.mmioCache === true) {
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
    vHi = c[o + Lane.vHi] as number;
    rHi = c[o + Lane.rHi] as number;
    if (vm.newFormat === true) {
      vHi = oldVHi(vHi, rHi);
      rHi &= ~R_P9_B_HI;
    }
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
  const { mmioCache } = vm.kernel;
  const w = cpu.words;
  if (log !== null) {
    const { place } = cpu;
    log.write(place, Vcpu.pgfaultAddr, w, Vcpu.pgfaultAddr * 2, eaHi, eaLo);
    log.write(place, Vcpu.pgfaultIndex, w, Vcpu.pgfaultIndex * 2, numHi(index), index);
    log.write(place, Vcpu.pgfaultV, w, Vcpu.pgfaultV * 2, vHi, vLo);
    log.write(place, Vcpu.pgfaultR, w, Vcpu.pgfaultR * 2, rHi, rLo);
    if (mmioCache) {
      log.write(place, Vcpu.pgfaultGuest, w, Vcpu.pgfaultGuest * 2, guestHi, guestLo);
      log.write(place, Vcpu.pgfaultCache, w, Vcpu.pgfaultCache * 2, 0, cached + 1);
    }
  }
  w[Vcpu.pgfaultAddr * 2] = eaLo;
  w[Vcpu.pgfaultAddr * 2 + 1] = eaHi;
  w[Vcpu.pgfaultIndex * 2] = index | 0;
  w[Vcpu.pgfaultIndex * 2 + 1] = numHi(index);
  w[Vcpu.pgfaultV * 2] = vLo;
  w[Vcpu.pgfaultV * 2 + 1] = vHi;
  w[Vcpu.pgfaultR * 2] = rLo;
  w[Vcpu.pgfaultR * 2 + 1] = rHi;
  if (mmioCache === true) {
    w[Vcpu.pgfaultGuest * 2] = guestLo;
    w[Vcpu.pgfaultGuest * 2 + 1] = guestHi;
    w[Vcpu.pgfaultCache * 2] = cached + 1;
    w[Vcpu.pgfaultCache * 2 + 1] = 0;
  }
  if (isKey31(rHi, rLo)) {
    if (vm.kernel.mmioCache === true && cached < 0)
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
function findMmioCache(vm: Vm, cpu: Registers, eaHi: number, eaLo: number, slbHi: number, slbLo: number): number {
  const updateLo = vm.state.scalars.lo(Scalar.mmioUpdate);
  const updateHi = vm.state.scalars.hi(Scalar.mmioUpdate);
  for (let i = 0; i < MMIO_ENTRIES; i++) {
    const at = Vcpu.mmio + i * 8;
    if (cpu.lo(at + 6) !== updateLo || cpu.hi(at + 6) !== updateHi) continue;
    if (cpu.lo(at + 1) !== slbLo || cpu.hi(at + 1) !== slbHi) continue;
    const base = baseShiftOf(vm, cpu.lo(at + 2), cpu.lo(at + 3));
    if (base === 0) continue;
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
  cpu: Registers,
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
