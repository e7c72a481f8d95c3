/**
 * What the processor does with a guest access: segment look-up, table walk, permission check, R and C update, and the
 * interrupts around the hypervisor's handlers (Power ISA "Virtual Address Generation", "Page Table Search", "Storage
 * Protection"). Independent of the kernel's own search.
 */
import {
  DSISR_ISSTORE,
  DSISR_NOHPTE,
  DSISR_PROTFAULT,
  MSR_DR,
  MSR_IR,
  MSR_PR,
  R_C,
  R_G,
  R_N,
  R_R,
  R_RC,
  R_RPN_HI,
  R_RPN_LO,
  RESUME_GUEST,
  RESUME_HOST,
  SLB_1T_HI,
  SLB_ESID_VALID,
  SLB_KP,
  SLB_KS,
  SRR1_ISI_N_OR_G,
  SRR1_ISI_PROT,
  V_HVLOCK,
  V_LARGE,
  V_SECONDARY,
  V_VALID,
} from './bits';
import { vHiOf } from './entry';
import { ACCESS_KINDS, eventCode, INTERRUPTS } from './events';
import { pageFault } from './fault';
import type { Hpt } from './hpt';
import { actualShift, amrFault, baseShiftOf, mayRead, mayWrite, oldVHi } from './hpte';
import { hpteHvFault } from './hvFault';
import { sAccess } from './listing';
import { Point } from './points';
import * as Scalar from './scalar';
import { avpnIgnored, avpnLo, findLockHpte, noneHas, primaryPteg, secondaryPteg, segmentShift } from './search';
import { SLB_ENTRIES } from './state';
import type { Registers } from './store';
import { fillTlb, findTlb, flushIfNeeded, TLB_WORDS, Tlb } from './tlb';
import * as Vcpu from './vcpu';
import type { Vm } from './vm';
import { maskHi, maskLo, toNum } from './words';

const HDSI = eventCode('access.hdsi');
const HISI = eventCode('access.hisi');
const REFLECT = eventCode('access.reflect');
const LOOP = eventCode('access.loop');
const DONE = eventCode('access.done');
const TLB_STALE = eventCode('tlb.stale');

export type AccessKind = (typeof ACCESS_KINDS)[number];
export type Outcome = 'ok' | 'dseg' | 'iseg' | 'rmo' | 'dsi' | 'isi' | 'mmio' | 'host_error' | 'loop';

/** One step of an access as the conformance vectors tell it. */
export type AccessStep =
  | readonly ['hw', 'hit', number]
  | readonly ['hw', 'prot', number, number]
  | readonly ['hw', 'miss', number]
  | readonly ['hv_fault', number]
  | readonly ['page_fault', number];

export interface AccessResult {
  readonly outcome: Outcome;
  /** real address (ok), guest physical address (mmio) as halves */
  readonly raHi: number;
  readonly raLo: number;
  /** DSISR or SRR1 bits of a reflected interrupt; errno of host_error */
  readonly status: number;
}

/** Rounds after which an access that always faults again is given up. */
const ROUNDS = 8;

/** Segment word of an address: SLB entry number, -1 when none matches. */
export function findSlb(cpu: Registers, eaHi: number, eaLo: number): number {
  for (let i = 0; i < SLB_ENTRIES; i++) {
    const esidLo = cpu.lo(2 * i);
    if ((esidLo & SLB_ESID_VALID) === 0) continue;
    if ((cpu.hi(2 * i + 1) & SLB_1T_HI) !== 0) {
      if ((cpu.hi(2 * i) & 0xffffff00) === (eaHi & 0xffffff00)) return i;
    } else if (cpu.hi(2 * i) === eaHi && (esidLo & 0xf0000000) === (eaLo & 0xf0000000)) return i;
  }
  return -1;
}

/**
 * The hardware's table walk.
 * @returns index of the first matching valid HPTE, or -1
 */
export function hardwareSearch(vm: Vm, eaHi: number, eaLo: number, slbHi: number, slbLo: number): number {
  const baseShift = segmentShift(slbLo);
  if (baseShift === 20) return -1;
  const hpt = vm.state.hpt;
  const pteg = primaryPteg(hpt, slbHi, slbLo, eaHi, eaLo, baseShift);
  const mask = ~avpnIgnored(baseShift) | V_SECONDARY | V_VALID;
  const want = (avpnLo(slbHi, slbLo, eaHi, eaLo) & ~avpnIgnored(baseShift)) | V_VALID;
  const index = validIn(vm, hpt, pteg * 8, mask, slbHi, want, baseShift);
  return index >= 0
    ? index
    : validIn(vm, hpt, secondaryPteg(hpt, pteg) * 8, mask, slbHi, want | V_SECONDARY, baseShift);
}

/** The first valid slot of a PTEG that matches, as an HPTE index, or -1. */
function validIn(
  vm: Vm,
  hpt: Hpt,
  first: number,
  mask: number,
  wantHi: number,
  want: number,
  baseShift: number,
): number {
  const c = hpt.chunk(first);
  const o = (first & 255) << 3;
  if (noneHas(c, o, mask, want)) return -1;
  for (let at = o; at < o + 64; at += 8) {
    const vLo = c[at] as number;
    if ((vLo & mask) !== want) continue;
    const vHi = vm.newFormat === true ? oldVHi(c[at + 1] as number, c[at + 3] as number) : (c[at + 1] as number);
    if (vHi !== wantHi) continue;
    const base = vm.arch206 === true || (vLo & V_LARGE) === 0 ? baseShiftOf(vm, vLo, c[at + 2] as number) : 24;
    if (base === baseShift) return first + ((at - o) >> 3);
  }
  return -1;
}

/** Permission of an access through an HPTE: 0, or the interrupt's status bit. */
export function accessFault(vm: Vm, cpu: Registers, kind: AccessKind, slbLo: number, rHi: number, rLo: number): number {
  const msr = cpu.lo(Vcpu.msr);
  const key = slbLo & ((msr & MSR_PR) !== 0 ? SLB_KP : SLB_KS);
  if (kind === 'ifetch') {
    if ((rLo & (R_N | R_G)) !== 0) return SRR1_ISI_N_OR_G;
    return mayRead(rHi, rLo, key) ? 0 : SRR1_ISI_PROT;
  }
  const store = kind === 'store';
  if (store ? !mayWrite(rHi, rLo, key) : !mayRead(rHi, rLo, key)) return DSISR_PROTFAULT;
  if ((msr & MSR_DR) === 0 || vm.arch206 !== true) return 0;
  return amrFault(cpu.hi(Vcpu.amr), cpu.lo(Vcpu.amr), rHi, rLo, store);
}

function result(outcome: Outcome, raHi: number, raLo: number, status: number): AccessResult {
  return { outcome, raHi, raLo, status };
}

/**
 * Carries out one guest access with everything that follows from it.
 * @param msr bits 0-31 of the MSR (PR, IR, DR)
 * @param steps receives the steps as the conformance vectors tell them, when given
 */
export function access(
  vm: Vm,
  vcpu: number,
  kind: AccessKind,
  eaHi: number,
  eaLo: number,
  steps: AccessStep[] | null = null,
): AccessResult {
  const cpu = vm.state.vcpus[vcpu] as Registers;
  const log = vm.state.log;
  if (log !== null) log.enter(sAccess.PATH, vcpu, eaHi, eaLo, cpu.hi(Vcpu.msr), cpu.lo(Vcpu.msr));
  const done = rounds(vm, vcpu, cpu, kind, eaHi, eaLo, steps);
  if (log !== null) log.leave();
  return done;
}

function reflect(
  vm: Vm,
  outcome: Outcome,
  eaHi: number,
  eaLo: number,
  interrupt: (typeof INTERRUPTS)[number],
  status: number,
): AccessResult {
  const log = vm.state.log;
  if (log !== null) {
    log.step(
      outcome === 'dseg' || outcome === 'iseg'
        ? sAccess.noSegment
        : outcome === 'rmo'
          ? sAccess.realModeOffset
          : sAccess.reflect,
    );
    log.event(REFLECT).u64(eaHi, eaLo).u32(INTERRUPTS.indexOf(interrupt)).u32(status);
  }
  return result(outcome, 0, 0, status);
}

function rounds(
  vm: Vm,
  vcpu: number,
  cpu: Registers,
  kind: AccessKind,
  eaHi: number,
  eaLo: number,
  steps: AccessStep[] | null,
): AccessResult {
  const st = vm.state;
  const log = st.log;
  const data = kind !== 'ifetch';
  const translate = (cpu.lo(Vcpu.msr) & (data ? MSR_DR : MSR_IR)) !== 0;
  if (vm.config.tlb === true) flushIfNeeded(vm, vcpu);
  for (let round = 0; round < ROUNDS; round++) {
    if (log !== null) log.step(sAccess.slb);
    let slbHi = st.scalars.hi(Scalar.vrmaSlbV);
    let slbLo = st.scalars.lo(Scalar.vrmaSlbV);
    if (translate) {
      const entry = findSlb(cpu, eaHi, eaLo);
      if (entry < 0)
        return data ? reflect(vm, 'dseg', eaHi, eaLo, 'DSegI', 0) : reflect(vm, 'iseg', eaHi, eaLo, 'ISegI', 0);
      slbHi = cpu.hi(2 * entry + 1);
      slbLo = cpu.lo(2 * entry + 1);
    } else if (vm.arch206 !== true) return reflect(vm, 'rmo', eaHi, eaLo, 'RMO', 0);

    const walked = walk(vm, vcpu, cpu, kind, eaHi, eaLo, slbHi, slbLo, steps);
    if (walked === 0) return result('ok', raHi, raLo, 0);
    let status = walked;
    if (kind === 'store') status |= DSISR_ISSTORE;
    if (!data && vm.newFormat !== true) status |= cpu.lo(Vcpu.msr) & ~0x783f0000;
    if (steps !== null) steps.push(missed ? ['hw', 'miss', status >>> 0] : ['hw', 'prot', foundIndex, status >>> 0]);
    if (vm.arch206 !== true || (status & (data ? DSISR_NOHPTE | DSISR_PROTFAULT : DSISR_NOHPTE)) === 0)
      return reflect(vm, data ? 'dsi' : 'isi', eaHi, eaLo, data ? 'DSI' : 'ISI', status);

    if (log !== null) {
      log.step(data ? sAccess.hdsi : sAccess.hisi);
      log
        .event(data ? HDSI : HISI)
        .u64(eaHi, eaLo)
        .u32(status);
    }
    vm.point(Point.beforeHvFault);
    const hv = hpteHvFault(vm, vcpu, eaHi, eaLo, slbHi, slbLo, status, data);
    if (steps !== null) steps.push(['hv_fault', hv]);
    if (hv !== 0) {
      if (hv !== -1 && hv !== -2) return reflect(vm, data ? 'dsi' : 'isi', eaHi, eaLo, data ? 'DSI' : 'ISI', hv);
      vm.point(Point.beforeFault);
      const ret = pageFault(vm, vcpu, eaHi, eaLo, data ? status : 0);
      if (steps !== null) steps.push(['page_fault', ret]);
      if (ret === RESUME_HOST) {
        if (log !== null) log.step(sAccess.mmio);
        return result('mmio', vm.gpaHi, vm.gpaLo, 0);
      }
      if (ret !== RESUME_GUEST) {
        if (log !== null) log.step(sAccess.failed);
        return result('host_error', 0, 0, ret);
      }
    }
    if (log !== null) log.step(sAccess.retry);
  }
  if (log !== null) log.event(LOOP).u64(eaHi, eaLo);
  return result('loop', 0, 0, 0);
}

// answers of walk()
let raHi = 0;
let raLo = 0;
let foundIndex = -1;
let missed = false;

/** TLB, walk and permission. Answers 0 when the access completes (raHi, raLo), else the status bit. */
function walk(
  vm: Vm,
  vcpu: number,
  cpu: Registers,
  kind: AccessKind,
  eaHi: number,
  eaLo: number,
  slbHi: number,
  slbLo: number,
  steps: AccessStep[] | null,
): number {
  const log = vm.state.log;
  const hpt = vm.state.hpt;
  missed = false;
  if (vm.config.tlb === true && throughTlb(vm, vcpu, cpu, kind, eaHi, eaLo, slbHi, slbLo)) return 0;
  if (log !== null) log.step(sAccess.walk);
  const index = hardwareSearch(vm, eaHi, eaLo, slbHi, slbLo);
  foundIndex = index;
  if (index < 0) {
    missed = true;
    return DSISR_NOHPTE;
  }
  const rHi = hpt.rHi(index);
  const rLo = hpt.rLo(index);
  const fault = accessFault(vm, cpu, kind, slbLo, rHi, rLo);
  if (fault !== 0) {
    if (log !== null) log.step(sAccess.denied);
    return fault;
  }
  if (log !== null) log.step(sAccess.complete);
  const rc = kind === 'store' ? R_RC : R_R;
  if ((rLo & rc) !== rc) vm.world.hardwareRc(hpt, index, rc);
  const vLo = hpt.vLo(index);
  const shift = vm.arch206 === true || (vLo & V_LARGE) === 0 ? actualShift(vm, vLo, rLo) : 24;
  setRa(vm.newFormat === true ? rHi & ~0x0c000000 : rHi, rLo, shift, eaHi, eaLo);
  if (vm.config.tlb === true)
    fillTlb(vm, vcpu, eaHi, eaLo, slbHi, slbLo, index, vHiOf(vm, hpt, index), vLo, rHi, rLo | rc);
  if (log !== null) log.event(DONE).u64(eaHi, eaLo).u32(ACCESS_KINDS.indexOf(kind)).num(index).u64(raHi, raLo);
  if (steps !== null) steps.push(['hw', 'hit', index]);
  return 0;
}

function setRa(rHi: number, rLo: number, shift: number, eaHi: number, eaLo: number): void {
  raHi = (rHi & R_RPN_HI & ~maskHi(shift)) | (eaHi & maskHi(shift));
  raLo = (rLo & R_RPN_LO & ~maskLo(shift)) | (eaLo & maskLo(shift));
}

/** Uses a cached translation that allows the access and needs no C update; reports one that no longer stands in the table. */
function throughTlb(
  vm: Vm,
  vcpu: number,
  cpu: Registers,
  kind: AccessKind,
  eaHi: number,
  eaLo: number,
  slbHi: number,
  slbLo: number,
): boolean {
  const log = vm.state.log;
  const hpt = vm.state.hpt;
  if (log !== null) log.step(sAccess.tlb);
  const entry = findTlb(vm, vcpu, eaHi, eaLo, slbHi, slbLo);
  const tlb = vm.state.tlbs[vcpu];
  if (entry < 0 || tlb === undefined) return false;
  const at = entry * TLB_WORDS;
  const rHi = tlb.hi(at + Tlb.r);
  const rLo = tlb.lo(at + Tlb.r);
  if (accessFault(vm, cpu, kind, slbLo, rHi, rLo) !== 0 || (kind === 'store' && (rLo & R_C) === 0)) return false;
  const vLo = tlb.lo(at + Tlb.v);
  const index = toNum(tlb.hi(at + Tlb.index), tlb.lo(at + Tlb.index));
  const sameV = ((hpt.vLo(index) ^ vLo) & ~V_HVLOCK) === 0 && vHiOf(vm, hpt, index) === tlb.hi(at + Tlb.v);
  const sameR = hpt.rHi(index) === rHi && ((hpt.rLo(index) ^ rLo) & ~R_RC) === 0;
  if (log !== null && !(sameV && sameR)) log.event(TLB_STALE).u32(vcpu).u64(eaHi, eaLo).num(index).u64(rHi, rLo);
  setRa(vm.newFormat === true ? rHi & ~0x0c000000 : rHi, rLo, actualShift(vm, vLo, rLo), eaHi, eaLo);
  if (log !== null) log.event(DONE).u64(eaHi, eaLo).u32(ACCESS_KINDS.indexOf(kind)).num(index).u64(raHi, raLo);
  return true;
}

/** What the kernel's own translation of a guest address tells (kvmppc_mmu_book3s_64_hv_xlate). */
export interface Xlate {
  readonly vpage: bigint;
  readonly raddr: bigint;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  readonly mayExecute: boolean;
}

/**
 * Translates an address as the kernel does for its own accesses to guest memory (kvmppc_mmu_book3s_64_hv_xlate).
 * @returns the translation, EINVAL (-22) without a segment, ENOENT (-2) without an HPTE
 */
export function xlate(vm: Vm, vcpu: number, eaHi: number, eaLo: number, data: boolean): Xlate | -22 | -2 {
  const st = vm.state;
  const cpu = st.vcpus[vcpu] as Registers;
  const msr = cpu.lo(Vcpu.msr);
  let slbHi = st.scalars.hi(Scalar.vrmaSlbV);
  let slbLo = st.scalars.lo(Scalar.vrmaSlbV);
  if ((msr & (data ? MSR_DR : MSR_IR)) !== 0) {
    const entry = findSlb(cpu, eaHi, eaLo);
    if (entry < 0) return -22;
    slbHi = cpu.hi(2 * entry + 1);
    slbLo = cpu.lo(2 * entry + 1);
  }
  const hpt = st.hpt;
  const index = findLockHpte(vm, eaHi, eaLo, slbHi, slbLo, 0x21);
  if (index < 0) return -2;
  st.putV(hpt, index, hpt.vHi(index), hpt.vLo(index) & ~V_HVLOCK);
  const rHi = hpt.guestHi(index);
  const rLo = hpt.guestLo(index);
  const vHi = vHiOf(vm, hpt, index);
  const vLo = hpt.vLo(index);
  const key = slbLo & ((msr & MSR_PR) !== 0 ? SLB_KP : SLB_KS);
  let read = mayRead(rHi, rLo, key);
  let write = mayWrite(rHi, rLo, key);
  const execute = read && (rLo & (R_N | R_G)) === 0;
  if (data && translateKeys(msr)) {
    if (amrFault(cpu.hi(Vcpu.amr), cpu.lo(Vcpu.amr), rHi, rLo, false) !== 0) read = false;
    if (amrFault(cpu.hi(Vcpu.amr), cpu.lo(Vcpu.amr), rHi, rLo, true) !== 0) write = false;
  }
  setRa(rHi, rLo, actualShift(vm, vLo, rLo), eaHi, eaLo);
  const oneT = (slbHi & SLB_1T_HI) !== 0;
  const offset = oneT ? ((BigInt(eaHi & 0xff) << 32n) | BigInt(eaLo >>> 0)) >> 12n : BigInt((eaLo & 0x0fffffff) >>> 12);
  const vsidV = (BigInt(vHi & 0x3fffffff) << 32n) | BigInt(vLo >>> 0);
  const vpage = oneT ? ((vsidV >> 24n) << 28n) | offset : ((vsidV >> 12n) << 16n) | offset;
  return {
    vpage,
    raddr: (BigInt(raHi >>> 0) << 32n) | BigInt(raLo >>> 0),
    mayRead: read,
    mayWrite: write,
    mayExecute: execute,
  };
}

function translateKeys(msr: number): boolean {
  return (msr & MSR_DR) !== 0;
}
