// What the guest and the host did in a stretch of a trace, put together from its events: hypercalls from enter to exit, accesses with all
// the faults that it took to resolve them, invalidations and ageing. The events are those of one machine.

import type { HcallEnter, HcallExit, PageFaultEnter, PageFaultExit } from '../decoded';
import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';
import { HCALL } from '../replay/hcalls';
import { isVcpuKind, type Machines } from '../replay/machines';

interface Events {
  /** index of the first event, and of the last one seen of it */
  readonly first: number;
  last: number;
}

/** Whether an event is one of an operation's own. */
export function hasEvent(operation: Operation, event: number): boolean {
  if (operation.first === event || operation.last === event) {
    return true;
  }
  return operation.kind === 'access' && operation.rounds.some((round) => round.event === event || round.left === event);
}

export interface HcallOperation extends Events {
  readonly kind: 'hcall';
  readonly vcpu: number;
  readonly call: HcallEnter;
  /** undefined while its exit has not been seen */
  exit: HcallExit | undefined;
}

/** One turn through the kernel's fault handler. */
export interface Round {
  readonly event: number;
  readonly fault: PageFaultEnter;
  exit: PageFaultExit | undefined;
  /** index of its exit event */
  left: number | undefined;
  /** invalidations by other tasks while the handler ran */
  readonly races: NotifierOperation[];
  /** the vCPU's own task invalidated, for a copy on write */
  copied: boolean;
}

export interface AccessOperation extends Events {
  readonly kind: 'access';
  readonly vcpu: number;
  readonly ea: bigint;
  readonly access: 'load' | 'store' | 'fetch';
  readonly rounds: Round[];
  /** how it left KVM_RUN after its last round: the errno, MMIO, or not at all as far as was seen */
  left: 'mmio' | number | undefined;
}

export interface NotifierOperation extends Events {
  readonly kind: 'unmap' | 'age';
  readonly task: number;
  /** host virtual addresses, the end excluded */
  readonly start: bigint;
  readonly end: bigint;
}

export type Operation = HcallOperation | AccessOperation | NotifierOperation;

/** Hypercalls on the table. */
const tableCalls: ReadonlySet<bigint> = new Set([
  HCALL.enter,
  HCALL.remove,
  HCALL.read,
  HCALL.protect,
  HCALL.clearRef,
  HCALL.clearMod,
  HCALL.bulkRemove,
]);
const ISSTORE = 0x02000000;
const V_VALID = 0x1n;
const V_ABSENT = 0x20n;
/** Events after the last one asked for that are looked through for the ends of what has begun. */
const lookAhead = 4096;

/**
 * The operations that begin in a stretch of events.
 * @param from first event
 * @param to last event; ends of what begins before it are looked for behind it
 */
export function operationsOf(
  events: TraceEvents,
  machines: Machines,
  isa3: boolean,
  from: number,
  to: number,
): Operation[] {
  const reader = new OperationReader(events, machines, isa3);
  const end = Math.min(events.count, to + 1 + lookAhead);
  for (let i = Math.max(0, from); i < end && (i <= to || reader.open); i++) {
    reader.event(i, i > to);
  }
  return reader.operations;
}

/** Whether a fault's exit event says that nothing was installed. */
export function isRetried(round: Round, isa3: boolean): boolean {
  const { exit } = round;
  if (exit === undefined || exit.ret < 0n) {
    return exit === undefined;
  }
  const notInstalled = (exit.hpteV & V_VALID) === 0n || (exit.hpteV & V_ABSENT) !== 0n;
  return notInstalled || (isa3 && exit.hpteV >> 62n !== 0n);
}

class OperationReader {
  readonly operations: Operation[] = [];
  readonly #hcalls = new Map<number, HcallOperation>();
  /** the access that each vCPU is at, also between two of its faults */
  readonly #accesses = new Map<number, AccessOperation>();
  /** faults whose handler is running, by vCPU */
  readonly #running = new Map<number, { readonly round: Round; readonly task: number }>();
  readonly #vcpuOfTask = new Map<number, number>();

  constructor(
    readonly events: TraceEvents,
    readonly machines: Machines,
    readonly isa3: boolean,
  ) {}

  /** Whether something has begun that has not ended. */
  get open(): boolean {
    return this.#hcalls.size > 0 || this.#running.size > 0 || this.#accesses.size > 0;
  }

  /** @param behind only ends count */
  event(i: number, behind: boolean): void {
    const kind = this.events.kind[i] as number;
    const task = this.events.task[i] as number;
    if (isVcpuKind(kind)) {
      if (this.machines.runs(task)) {
        this.#vcpuEvent(i, kind, task, behind);
      }
    } else if (this.machines.mayInvalidate(task)) {
      this.#notifier(i, kind, task, behind);
    }
  }

  #vcpuEvent(i: number, kind: number, task: number, behind: boolean): void {
    const event = this.events.decode(i);
    const vcpu = 'vcpu' in event ? event.vcpu : this.#vcpuOfTask.get(task);
    if (vcpu === undefined) {
      return;
    }
    this.#vcpuOfTask.set(task, vcpu);
    switch (event.kind) {
      case 'kvm_hcall_enter':
        this.#over(vcpu);
        this.#running.delete(vcpu);
        if (!behind && tableCalls.has(event.nr)) {
          const operation: HcallOperation = { kind: 'hcall', first: i, last: i, vcpu, call: event, exit: undefined };
          this.operations.push(operation);
          this.#hcalls.set(vcpu, operation);
        }
        return;
      case 'kvm_hcall_exit': {
        const operation = this.#hcalls.get(vcpu);
        this.#hcalls.delete(vcpu);
        if (operation !== undefined) {
          operation.exit = event;
          operation.last = i;
        }
        return;
      }
      case 'kvm_page_fault_enter':
        this.#fault(i, task, event, behind);
        return;
      case 'kvm_page_fault_exit': {
        const running = this.#running.get(vcpu);
        this.#running.delete(vcpu);
        const access = this.#accesses.get(vcpu);
        if (running !== undefined && access !== undefined) {
          running.round.exit = event;
          running.round.left = i;
          access.last = i;
          if (!isRetried(running.round, this.isa3) && behind) {
            this.#over(vcpu);
          }
        }
        return;
      }
      case 'kvm_userspace_exit': {
        const access = this.#accesses.get(vcpu);
        if (access !== undefined) {
          access.left = event.errno === 0 ? 'mmio' : event.errno;
          access.last = i;
        }
        this.#over(vcpu);
        this.#running.delete(vcpu);
        return;
      }
      default:
        if (kind === eventCode.kvm_guest_enter || kind === eventCode.kvmppc_run_vcpu_enter) {
          this.#running.delete(vcpu);
        }
    }
  }

  /** What the vCPU was at is over, or is something else now. */
  #over(vcpu: number): void {
    this.#accesses.delete(vcpu);
  }

  #fault(i: number, task: number, fault: PageFaultEnter, behind: boolean): void {
    const { vcpu, ea } = fault;
    const access = fault.dsisr === 0 ? 'fetch' : (fault.dsisr & ISSTORE) !== 0 ? 'store' : 'load';
    const round: Round = { event: i, fault, exit: undefined, left: undefined, races: [], copied: false };
    const before = this.#accesses.get(vcpu);
    const last = before?.rounds.at(-1);
    const again =
      before?.ea === ea &&
      before.access === access &&
      last !== undefined &&
      (isRetried(last, this.isa3) || last.races.length > 0);
    if (again) {
      before.rounds.push(round);
      before.last = i;
    } else {
      this.#over(vcpu);
      if (behind) {
        return;
      }
      const operation: AccessOperation = {
        kind: 'access',
        first: i,
        last: i,
        vcpu,
        ea,
        access,
        rounds: [round],
        left: undefined,
      };
      this.operations.push(operation);
      this.#accesses.set(vcpu, operation);
    }
    this.#running.set(vcpu, { round, task });
  }

  #notifier(i: number, kind: number, task: number, behind: boolean): void {
    if (
      kind !== eventCode.kvm_unmap_hva_range &&
      kind !== eventCode.kvm_set_spte_hva &&
      kind !== eventCode.kvm_age_hva
    ) {
      return;
    }
    const event = this.events.decode(i);
    if (event.kind !== 'kvm_unmap_hva_range' && event.kind !== 'kvm_age_hva') {
      // kvm_set_spte_hva stands within an invalidation of the same page
      return;
    }
    const { start, end } = event;
    const is = event.kind === 'kvm_age_hva' ? 'age' : 'unmap';
    const operation: NotifierOperation = { kind: is, first: i, last: i, task, start, end };
    const own = [...this.#running.values()].find((running) => running.task === task);
    if (own !== undefined) {
      own.round.copied ||= is === 'unmap';
      return;
    }
    for (const { round } of this.#running.values()) {
      round.races.push(operation);
    }
    if (!behind) {
      this.operations.push(operation);
    }
  }
}
