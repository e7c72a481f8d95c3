/**
 * TLB invalidation (do_tlbies and its POWER9 errata), and the optional TLB per vCPU: entries are cached at a successful
 * hardware walk and leave only by an invalidation that covers them, so a missing or wrong one is seen.
 */
import { eventCode, TLBIE_SCOPE } from './events';
import { tlbieRb } from './hpte';
import { sTlbie } from './listing';
import { ENTER, EVENT, STEP } from './log';
import { Vcpu } from './state';
import type { Vm } from './vm';

const TLBIE = eventCode('tlbie.page');
const GLOBAL = TLBIE_SCOPE.indexOf('global');
const LOCAL = TLBIE_SCOPE.indexOf('local');
const ERAT = TLBIE_SCOPE.indexOf('erat');
const STQ = TLBIE_SCOPE.indexOf('stq');

/** Words of a TLB entry: tag (page | valid), segment word, RB that covers it, dword 0, dword 1, index. */
export const TLB_WORDS = 6;
export const Tlb = { tag: 0, slb: 1, rb: 2, v: 3, r: 4, index: 5 } as const;

/** linux-6.1: whether an invalidation by this guest's own hypercall may stay on this processor (global_invalidates). */
export function localInvalidate61(vm: Vm): boolean {
  const { config } = vm;
  return config.onlineVcores === 1 && config.pacaVcpu && config.realmode;
}

/**
 * Flushes the translation of one HPTE, with the repeats that POWER9 errata ask for.
 * @param vHi,vLo dword 0 in the old layout
 */
export function tlbieHpte(
  vm: Vm,
  vcpu: number,
  index: number,
  vHi: number,
  vLo: number,
  rLo: number,
  local: boolean,
): void {
  const log = vm.state.log;
  // nobody could see it
  if (log === null && vm.config.tlb !== true) return;
  tlbieRb(vm, index, vHi, vLo, rLo, vm);
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room().w(ENTER | sTlbie.PATH).w(-1).w(vm.rbHi).w(vm.rbLo).w(0).w(local ? 1 : 0);
  }
  tlbiePage(vm, vcpu, vm.rbHi, vm.rbLo, local);
  tlbieErrata(vm, local);
  if (log !== null) log.leave();
}

/** One tlbie or tlbiel with the given RB operand. */
export function tlbiePage(vm: Vm, vcpu: number, rbHi: number, rbLo: number, local: boolean): void {
  vm.rbHi = rbHi;
  vm.rbLo = rbLo;
  if (vm.noTlbie === true) return;
  const log = vm.state.log;
  if (log !== null)
    // biome-ignore format: one record a line
    log
      .w(STEP | (local ? sTlbie.local : sTlbie.global))
      .w(EVENT | TLBIE).w(local ? LOCAL : GLOBAL).w(rbHi).w(rbLo);
  if (vm.config.tlb === true) flushTlbs(vm, vcpu, rbHi, rbLo, local);
}

/** The POWER9 erratum repeats, once after a batch of global tlbies; uses the last RB. */
export function tlbieErrata(vm: Vm, local: boolean): void {
  if (local || vm.noTlbie === true || vm.newFormat !== true) return;
  const log = vm.state.log;
  if (log === null) return;
  if (vm.config.tlbieEratBug) {
    log.step(sTlbie.erat);
    log.event(TLBIE).u32(ERAT).u64(0, 0x800);
  }
  if (vm.config.tlbieStqBug) {
    log.step(sTlbie.stq);
    log.event(TLBIE).u32(STQ).u64(vm.rbHi, vm.rbLo);
  }
}

function flushTlbs(vm: Vm, vcpu: number, rbHi: number, rbLo: number, local: boolean): void {
  const st = vm.state;
  for (let i = 0; i < st.vcpus.length; i++) {
    if (!local || i === vcpu) flushTlb(vm, i, rbHi, rbLo);
    else {
      const cpu = st.vcpus[i];
      if (cpu !== undefined) st.put(cpu, Vcpu.needFlush, 0, 1);
    }
  }
}

function flushTlb(vm: Vm, vcpu: number, rbHi: number, rbLo: number): void {
  const st = vm.state;
  const cpu = st.vcpus[vcpu];
  const tlb = st.tlbs[vcpu];
  if (cpu === undefined || tlb === undefined) return;
  const count = cpu.lo(Vcpu.tlbCount);
  for (let i = 0; i < count; i++) {
    const at = i * TLB_WORDS;
    if ((tlb.lo(at + Tlb.tag) & 1) !== 0 && tlb.lo(at + Tlb.rb) === rbLo && tlb.hi(at + Tlb.rb) === rbHi)
      st.put(tlb, at + Tlb.tag, 0, 0);
  }
}

/** Every vCPU flushes its TLB before it goes on: the table was taken away as a whole, without a tlbie for each entry. */
export function flushAllTlbs(vm: Vm): void {
  if (vm.config.tlb !== true) return;
  for (const cpu of vm.state.vcpus) vm.state.put(cpu, Vcpu.needFlush, 0, 1);
}

/** Drops everything a vCPU has cached, when another one flushed only its own processor (need_tlb_flush). */
export function flushIfNeeded(vm: Vm, vcpu: number): void {
  const st = vm.state;
  const cpu = st.vcpus[vcpu];
  const tlb = st.tlbs[vcpu];
  if (cpu === undefined || tlb === undefined || cpu.lo(Vcpu.needFlush) === 0) return;
  st.put(cpu, Vcpu.needFlush, 0, 0);
  const count = cpu.lo(Vcpu.tlbCount);
  for (let i = 0; i < count; i++) st.put(tlb, i * TLB_WORDS + Tlb.tag, 0, 0);
}

/** The cached translation of an address: entry number, or -1. */
export function findTlb(vm: Vm, vcpu: number, eaHi: number, eaLo: number, slbHi: number, slbLo: number): number {
  const cpu = vm.state.vcpus[vcpu];
  const tlb = vm.state.tlbs[vcpu];
  if (cpu === undefined || tlb === undefined) return -1;
  const count = cpu.lo(Vcpu.tlbCount);
  for (let i = 0; i < count; i++) {
    const at = i * TLB_WORDS;
    const tag = tlb.lo(at + Tlb.tag);
    if ((tag & 1) === 0 || tlb.lo(at + Tlb.slb) !== slbLo || tlb.hi(at + Tlb.slb) !== slbHi) continue;
    if (tlb.hi(at + Tlb.tag) === eaHi && (tag & ~0xfff) === (eaLo & ~0xfff)) return i;
  }
  return -1;
}

/** Caches a translation (4K granules of the address, however large the page). */
export function fillTlb(
  vm: Vm,
  vcpu: number,
  eaHi: number,
  eaLo: number,
  slbHi: number,
  slbLo: number,
  index: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
): void {
  const st = vm.state;
  const cpu = st.vcpus[vcpu];
  const tlb = st.tlbs[vcpu];
  if (cpu === undefined || tlb === undefined) return;
  let entry = findTlb(vm, vcpu, eaHi, eaLo, slbHi, slbLo);
  if (entry < 0) {
    const count = cpu.lo(Vcpu.tlbCount);
    entry = 0;
    while (entry < count && (tlb.lo(entry * TLB_WORDS + Tlb.tag) & 1) !== 0) entry++;
    if (entry === count) st.put(cpu, Vcpu.tlbCount, 0, count + 1);
  }
  tlbieRb(vm, index, vHi, vLo, rLo, vm);
  const at = entry * TLB_WORDS;
  st.put(tlb, at + Tlb.tag, eaHi, (eaLo & ~0xfff) | 1);
  st.put(tlb, at + Tlb.slb, slbHi, slbLo);
  st.put(tlb, at + Tlb.rb, vm.rbHi, vm.rbLo);
  st.put(tlb, at + Tlb.v, vHi, vLo);
  st.put(tlb, at + Tlb.r, rHi, rLo);
  st.put(tlb, at + Tlb.index, Math.floor(index / 4294967296), index | 0);
}
