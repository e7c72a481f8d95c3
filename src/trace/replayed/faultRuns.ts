// Page faults of a trace run by the model: the real-mode part that finds the HPTE, and the host's part that installs it or does not.
// kvm_page_fault_enter shows all words of the HPTE; what came of the fault is known from the events behind it.

import { EFAULT, RESUME_HOST } from '../../model/bits';
import { pageFault } from '../../model/fault';
import { actualShift, isWritable, pageShifts, wimgFits } from '../../model/hpte';
import { hpteHvFault } from '../../model/hvFault';
import { Doubt } from '../../model/log';
import { Point } from '../../model/points';
import { MMIO_ENTRIES, Vcpu } from '../../model/state';
import type { Store } from '../../model/store';
import { hiOf, loOf } from '../../model/words';
import type { PageFaultEnter, PageFaultExit } from '../decoded';
import { FREE, type Slot, VALID } from '../replay/knowledge';
import { identityOf } from '../replay/words';
import type { Fed } from './feed';
import type { ReplayedMachine } from './replayedMachine';
import { UNKNOWN_PFN } from './traceWorld';

const ISSTORE = 0x02000000;
const NOHPTE = 0x40000000;
const noSlot = 0xffffffffffffffffn;
const V_VALID = 1n;
const V_ABSENT = 0x20n;

/** A fault whose entry is known. */
export interface Fault {
  readonly enter: PageFaultEnter;
  readonly index: number;
  /** an instruction fetch faulted */
  readonly fetch: boolean;
  /** MSR of the guest, if its exit was traced */
  readonly msr: bigint | undefined;
}

/** What came of a fault, as far as it is certain. */
export type FaultEnd =
  | { readonly came: 'installed'; readonly slot: Slot }
  /** an invalidation came in between: before the host PTE was looked at, or after it (then the exit event was traced) */
  | { readonly came: 'retried'; readonly late: boolean }
  | { readonly came: 'mmio' | 'failed' | 'too small' }
  | { readonly came: 'unknown' };

/**
 * What came of a fault.
 * @param exit the exit event and what replay made of it; undefined without one
 * @param error the vCPU then left the kernel with -EFAULT
 * @param invalidated an invalidation of the machine's memory began meanwhile
 */
export function endOfFault(
  { enter, index }: Pick<Fault, 'enter' | 'index'>,
  exit: { readonly event: PageFaultExit; readonly fed: Fed } | undefined,
  error: boolean,
  invalidated: boolean,
): FaultEnd {
  if (exit === undefined) {
    if (enter.baseGfn === noSlot) {
      return { came: 'mmio' };
    }
    return error ? { came: 'failed' } : invalidated ? { came: 'retried', late: false } : { came: 'unknown' };
  }
  const slot = exit.fed.puts.get(index);
  if (slot?.states === VALID && exit.fed.background === undefined) {
    return { came: 'installed', slot };
  }
  const { hpteV, ret } = exit.event;
  if (ret === BigInt(EFAULT)) {
    return { came: 'too small' };
  }
  const looksInstalled = (hpteV & (V_VALID | V_ABSENT)) === V_VALID;
  return ret === 0n && looksInstalled && slot === undefined && invalidated
    ? { came: 'retried', late: true }
    : { came: 'unknown' };
}

/** Runs a fault as it came. `meanwhile` is what happened between its events; it is run where the fault was retried for it. */
export function runFault(machine: ReplayedMachine, fault: Fault, end: FaultEnd, meanwhile: () => void): boolean {
  const { vm } = machine;
  const { enter, index } = fault;
  const { vcpu, ea, dsisr } = enter;
  const cpu = vm.state.vcpus[vcpu];
  if (end.came === 'unknown' || cpu === undefined || machine.words.stateOf(index) === FREE) {
    return false;
  }
  const shift = actualShift(vm, loOf(enter.hpteV), loOf(enter.gpteR));
  const slb = segmentOf(enter, vm.newFormat);
  if (shift === 0 || slb === undefined) {
    return false;
  }
  prepareCpu(machine, cpu, fault.msr);
  expectPage(machine, fault, end, shift, meanwhile);
  const installed = end.came === 'installed';
  const openRights = rightsAreOpen(fault, end);
  const doubt = installed
    ? Doubt.seq |
      Doubt.rc |
      Doubt.ring |
      (end.slot.frame === undefined ? Doubt.frame : 0) |
      (openRights ? Doubt.rights : 0)
    : Doubt.seq | Doubt.frame | Doubt.rights;
  const status = (enter.hpteV & V_ABSENT) === 0n ? dsisr : dsisr | NOHPTE;
  let hv = 0;
  let ret = 0;
  let found = false;
  const start = machine.log.end;
  machine.under(doubt, () => {
    hv = hpteHvFault(vm, vcpu, hiOf(ea), loOf(ea), hiOf(slb), loOf(slb), status, !fault.fetch);
    found = (hv === -1 || hv === -2) && cpu.lo(Vcpu.pgfaultIndex) === (index | 0);
  });
  if (!found) {
    machine.undo(start);
    return false;
  }
  const late = end.came === 'retried' && end.late;
  vm.hook = late
    ? (point) => {
        if (point === Point.beforeLock) {
          vm.hook = null;
          meanwhile();
        }
      }
    : null;
  machine.under(doubt, () => {
    ret = pageFault(vm, vcpu, hiOf(ea), loOf(ea), dsisr);
  });
  vm.hook = null;
  if (end.came === 'retried') {
    return true;
  }
  const fits = installed ? machine.words.stateOf(index) === VALID : ret === answerOf(end.came);
  if (!fits) {
    machine.undo(start);
    return false;
  }
  if (installed) {
    machine.tell(index, end.slot, { made: 'installed', rights: openRights ? 'unknown' : 'inferred' });
  }
  return true;
}

function answerOf(came: 'mmio' | 'failed' | 'too small'): number {
  return came === 'mmio' ? RESUME_HOST : EFAULT;
}

/**
 * What the rights in dword 1 became is open: whether the host page is writable (a store has shown that it is, and a guest view
 * without the right does not need it), or whether it is RAM where the guest's WIMG says otherwise.
 */
function rightsAreOpen({ enter, fetch }: Fault, end: FaultEnd): boolean {
  if (end.came !== 'installed') {
    return false;
  }
  const store = !fetch && (enter.dsisr & ISSTORE) !== 0;
  const fits = wimgFits(rules, true, loOf(enter.gpteR), 0);
  return !fits || (!store && isWritable(hiOf(enter.gpteR), loOf(enter.gpteR)));
}

function expectPage(
  { world, vm }: ReplayedMachine,
  { enter }: Fault,
  end: FaultEnd,
  shift: number,
  meanwhile: () => void,
): void {
  const frame = end.came === 'installed' ? end.slot.frame : undefined;
  const pfn = frame === undefined ? UNKNOWN_PFN : Number(frame >> BigInt(vm.pageShift));
  const present = end.came !== 'failed';
  const hostShift = end.came === 'too small' ? vm.pageShift : Math.max(shift, vm.pageShift);
  const writable = (enter.dsisr & ISSTORE) !== 0 || present;
  const early = end.came === 'retried' && !end.late;
  world.expect({ present, pfn, shift: hostShift, writable }, early ? meanwhile : null);
}

/** The vCPU's registers as far as the paths read them: MSR, and no MMIO cache hit, which would have left no event. */
function prepareCpu({ vm }: ReplayedMachine, cpu: Store, msr: bigint | undefined): void {
  if (msr !== undefined) {
    vm.state.put(cpu, Vcpu.msr, hiOf(msr), loOf(msr));
  }
  for (let i = 0; i < MMIO_ENTRIES; i++) {
    vm.state.put(cpu, Vcpu.mmio + i * 8 + 1, 0, 0);
  }
}

/** The segment word under which the entry of a fault is found: its VSID, segment size and base page size. */
function segmentOf({ hpteV, gpteR }: PageFaultEnter, isa3: boolean): bigint | undefined {
  const v = identityOf(hpteV, isa3);
  const high = (v & 0x3fffffffffffff80n) << 16n;
  const large = v >> 62n === 1n;
  const vsid = large ? (high >> 40n) << 24n : (high >> 28n) << 12n;
  const base = BASE_SIZE_BITS[pageShifts(rules, loOf(v), loOf(gpteR)) & 0xff];
  return base === undefined ? undefined : (large ? 1n << 62n : 0n) | vsid | base;
}

const rules = { arch206: true, mixedPageSizes: true };
/** L and LP of a segment word by log2 of its base page size. */
const BASE_SIZE_BITS: Readonly<Record<number, bigint>> = { 12: 0n, 16: 0x110n, 24: 0x100n, 34: 0x120n };
