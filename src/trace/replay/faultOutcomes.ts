// What came of each fault of a machine's vCPUs, from the exit out of the guest (HDSI, HISI) or the kernel's handler
// (kvm_page_fault_enter) to the event that settles it. Says nothing of the table: these are facts of the trace alone.
//
// On the way out of the guest the kernel looks for the HPTE itself. It may find nothing to do (the guest tries again), give the
// fault to the guest as an interrupt, or find an MMIO page in the vCPU's cache, all without kvm_page_fault_enter. The handler prints
// no exit event for MMIO, an unreachable host address, and when an invalidation came before it looked at the host PTE.

import type { DecodedEvent, GuestEnter, GuestExit, PageFaultEnter, PageFaultExit } from '../decoded';
import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';
import type { Machines } from './machines';
import { V_ABSENT, V_VALID } from './words';

export const FAULT_OUTCOMES = ['reinstated', 'retried', 'reflected', 'mmio', 'efault', 'cut off'] as const;
/**
 * reinstated: the handler made the entry valid. retried: nothing was changed, the guest tries again. reflected: the guest got the
 * interrupt. mmio: the access was emulated. efault: the host could not reach the page, KVM_RUN failed. cut off: the trace ends first,
 * or lost events.
 */
export type FaultOutcome = (typeof FAULT_OUTCOMES)[number];

/** observed: an event says so. inferred: no other course fits the events. unknown: another one fits too. */
export type Certainty = 'observed' | 'inferred' | 'unknown';

/** A fault. Events are indexes into the trace. */
export interface TracedFault {
  readonly vcpu: number;
  readonly task: number;
  /** the exit out of the guest, or the handler's enter event where the trace does not have that */
  readonly first: number;
  /** kvm_page_fault_enter; undefined when the fault never reached the handler */
  readonly enter: number | undefined;
  /** the event that settled it; undefined when it is cut off */
  readonly last: number | undefined;
  readonly outcome: FaultOutcome;
  readonly certainty: Certainty;
  /** from first to last, in units of the trace's clock; undefined when it is cut off */
  readonly duration: number | undefined;
  /** effective address and DSISR, where the handler was reached */
  readonly ea: bigint | undefined;
  readonly dsisr: number | undefined;
  /** address of the instruction, where the exit out of the guest was traced */
  readonly pc: bigint | undefined;
}

interface Open {
  readonly task: number;
  readonly first: number;
  readonly exit: GuestExit | undefined;
  enter: { readonly event: number; readonly fault: PageFaultEnter } | undefined;
  /** an invalidation began while the handler ran */
  invalidated: boolean;
  /** the instruction was handed to the emulator */
  emulated: boolean;
}

const H_DATA_STORAGE = 0xe00;
const H_INST_STORAGE = 0xe20;
const EXIT_MMIO = 6;
const EFAULT = 14;
/** Interrupt vectors of data and instruction storage and segment interrupts; with AIL the same in the last 16 bits from 0x4000. */
const storageVectors = new Set([0x300n, 0x380n, 0x400n, 0x480n, 0x4300n, 0x4380n, 0x4400n, 0x4480n]);

const settling: ReadonlySet<number> = new Set([
  eventCode.kvm_guest_enter,
  eventCode.kvm_guest_exit,
  eventCode.kvm_page_fault_enter,
  eventCode.kvm_page_fault_exit,
  eventCode.kvm_ppc_instr,
  eventCode.kvm_userspace_exit,
  eventCode.kvm_hcall_enter,
]);

/** All faults of the chosen machine, in the order in which they were settled. */
export function faultsOf(events: TraceEvents, machines: Machines, isa3: boolean): TracedFault[] {
  const tracker = new FaultTracker(events, isa3);
  let lost = 0;
  for (let i = 0; i < events.count; i++) {
    for (; (events.lost[lost]?.before ?? Number.POSITIVE_INFINITY) <= i; lost++) {
      tracker.cutOff();
    }
    const kind = events.kind[i] as number;
    if (kind === eventCode.kvm_unmap_hva_range) {
      tracker.invalidated();
    } else if (settling.has(kind) && machines.runs(events.task[i] as number)) {
      tracker.event(i, events.task[i] as number, events.decode(i));
    }
  }
  tracker.cutOff();
  return tracker.faults;
}

class FaultTracker {
  readonly faults: TracedFault[] = [];
  /** by task: some of the events that settle a fault do not name the vCPU */
  readonly #open = new Map<number, Open & { readonly vcpu: number }>();
  readonly #events: TraceEvents;
  readonly #isa3: boolean;

  constructor(events: TraceEvents, isa3: boolean) {
    this.#events = events;
    this.#isa3 = isa3;
  }

  event(i: number, task: number, event: DecodedEvent): void {
    switch (event.kind) {
      case 'other':
        // it cannot be read: the event that settles a fault may be this one
        this.cutOff();
        return;
      case 'kvm_guest_exit':
        this.#nextExit(i, task, event);
        return;
      case 'kvm_page_fault_enter':
        this.#handlerEnters(i, task, event);
        return;
      case 'kvm_page_fault_exit':
        this.#handlerExits(i, task, event);
        return;
      case 'kvm_ppc_instr': {
        const open = this.#open.get(task);
        if (open !== undefined) {
          open.emulated = true;
        }
        return;
      }
      case 'kvm_userspace_exit':
        this.#toUserspace(i, task, event.reason, event.errno);
        return;
      case 'kvm_guest_enter':
        this.#guestEnters(i, task, event);
        return;
      case 'kvm_hcall_enter':
        // the guest went on, without a guest exit in the trace
        this.#settle(task, i, 'retried', 'unknown');
        return;
      default:
        return;
    }
  }

  /** An invalidation of any address begins. */
  invalidated(): void {
    for (const open of this.#open.values()) {
      open.invalidated ||= open.enter !== undefined;
    }
  }

  /** Nothing that comes now can settle what is open. */
  cutOff(): void {
    for (const task of [...this.#open.keys()]) {
      this.#settle(task, undefined, 'cut off', 'observed');
    }
  }

  #nextExit(i: number, task: number, exit: GuestExit): void {
    const open = this.#open.get(task);
    if (open !== undefined) {
      // the guest entries are not in the trace
      const again = isStorageInterrupt(exit.trap) && open.exit?.pc === exit.pc;
      this.#settle(task, i, open.emulated ? 'mmio' : 'retried', again && !open.emulated ? 'inferred' : 'unknown');
    }
    if (isStorageInterrupt(exit.trap)) {
      const { vcpu } = exit;
      this.#open.set(task, { vcpu, task, first: i, exit, enter: undefined, invalidated: false, emulated: false });
    }
  }

  #handlerEnters(i: number, task: number, fault: PageFaultEnter): void {
    const open = this.#open.get(task);
    if (open !== undefined && open.enter === undefined) {
      open.enter = { event: i, fault };
      return;
    }
    this.#settle(task, i, 'retried', 'unknown');
    const { vcpu } = fault;
    const enter = { event: i, fault };
    this.#open.set(task, { vcpu, task, first: i, exit: undefined, enter, invalidated: false, emulated: false });
  }

  #handlerExits(i: number, task: number, exit: PageFaultExit): void {
    const open = this.#open.get(task);
    if (open?.enter === undefined) {
      return;
    }
    if (exit.ret < 0n) {
      this.#settle(task, i, 'efault', 'observed');
    } else if ((exit.hpteV & V_VALID) === 0n || (exit.hpteV & V_ABSENT) !== 0n) {
      this.#settle(task, i, 'retried', 'observed');
    } else if (this.#isa3 && open.enter.fault.hpteV >> 62n !== 0n) {
      // the layout of dword 0 tells whether the handler came to install it
      this.#settle(task, i, exit.hpteV >> 62n === 0n ? 'reinstated' : 'retried', 'observed');
    } else {
      this.#settle(task, i, 'reinstated', open.invalidated ? 'unknown' : 'inferred');
    }
  }

  #toUserspace(i: number, task: number, reason: number, errno: number): void {
    if (reason === EXIT_MMIO) {
      this.#settle(task, i, 'mmio', 'observed');
    } else if (reason < 0 && errno === -EFAULT) {
      this.#settle(task, i, 'efault', 'observed');
    }
  }

  #guestEnters(i: number, task: number, { pc }: GuestEnter): void {
    const open = this.#open.get(task);
    const from = open?.exit?.pc;
    if (open === undefined) {
      return;
    }
    if (open.emulated) {
      this.#settle(task, i, 'mmio', 'inferred');
    } else if (from === undefined || pc === from) {
      this.#settle(task, i, 'retried', 'inferred');
    } else if (storageVectors.has(pc & 0xffffn)) {
      this.#settle(task, i, 'reflected', 'observed');
    } else {
      this.#settle(task, i, 'reflected', 'unknown');
    }
  }

  #settle(task: number, last: number | undefined, outcome: FaultOutcome, certainty: Certainty): void {
    const open = this.#open.get(task);
    if (open === undefined) {
      return;
    }
    this.#open.delete(task);
    const { time } = this.#events;
    const duration = last === undefined ? undefined : (time[last] as number) - (time[open.first] as number);
    this.faults.push({
      vcpu: open.vcpu,
      task,
      first: open.first,
      enter: open.enter?.event,
      last,
      outcome,
      certainty,
      duration,
      ea: open.enter?.fault.ea,
      dsisr: open.enter?.fault.dsisr,
      pc: open.exit?.pc,
    });
  }
}

function isStorageInterrupt(trap: number): boolean {
  return trap === H_DATA_STORAGE || trap === H_INST_STORAGE;
}
