// Hypercalls and page faults between their enter and exit events. What two vCPUs do to one PTEG at the same time has no known order.

import type { DecodedEvent, PageFaultEnter } from '../decoded';
import type { Context, Pending } from './context';
import { applyFaultEnter, applyFaultExit, candidatesOfFault, checkMemslot, mayInstall, ptegsOfFault } from './faults';
import { applyHcall, HCALL, reachOfHcall } from './hcalls';
import { type Cause, VALID } from './knowledge';

/** Bit of a hypercall's result: the VMM is to complete it. */
const TO_HOST = 2n;

/** A slot of each of some PTEGs. */
function slotsIn(ptegs: ReadonlySet<number>): number[] {
  return [...ptegs].map((pteg) => pteg * 8);
}

export class Operations {
  /** operations done with all that they need known */
  done = 0;
  readonly #context: Context;
  /** under way, by vCPU */
  readonly #pending = new Map<number, Pending>();
  /** tasks whose vCPUs are in the guest; followed only where the guest changes its table unseen */
  readonly #inGuest = new Set<number>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** What was under way is not known to end. */
  clear(): void {
    this.#pending.clear();
  }

  /** A vCPU enters the guest. */
  enterGuest(task: number): void {
    const { unseen, table } = this.#context;
    if (unseen !== undefined) {
      this.#inGuest.add(task);
      table.forgetAll(unseen);
    }
  }

  exitGuest(task: number): void {
    this.#inGuest.delete(task);
  }

  /** Any other event of the machine's vCPUs. Answers false when it shows that the event that began the operation was lost. */
  event(i: number, task: number, event: DecodedEvent): boolean {
    switch (event.kind) {
      case 'kvm_hcall_enter': {
        const fact = this.#context.input.hcalls.get(i);
        const complete = fact !== undefined && fact.args.length >= 8;
        const reach = reachOfHcall(event.nr, complete ? fact.args : event.args, complete);
        const what = { kind: 'hcall', call: event, fact } as const;
        this.#begin(event.vcpu, { event: i, task, ...reach, disturbed: false, linked: undefined, what });
        return true;
      }
      case 'kvm_hcall_exit': {
        const pending = this.#take(event.vcpu, 'hcall');
        if (pending === undefined) {
          return this.#context.unseen !== undefined;
        }
        this.#endHcall(pending, event.ret, event.hcallRc);
        return true;
      }
      case 'kvm_page_fault_enter': {
        checkMemslot(this.#context, event);
        const { falseAssumptions } = this.#context;
        let pending = this.#faultAt(i, task, event);
        this.#abandon(event.vcpu);
        this.#beginFault(pending);
        if (this.#context.falseAssumptions !== falseAssumptions) {
          pending = this.#faultAt(i, task, event);
          this.#beginFault(pending);
        }
        if (this.#context.recorded.faultExits) {
          this.#pending.set(event.vcpu, pending);
        } else {
          this.#mayEnd(pending);
        }
        return true;
      }
      case 'kvm_page_fault_exit': {
        const pending = this.#take(event.vcpu, 'fault');
        if (pending === undefined) {
          return !this.#context.recorded.faults || !mayInstall(event);
        }
        if (applyFaultExit(this.#context, pending, event)) {
          this.done++;
        }
        this.#concurrent(pending);
        return true;
      }
      default:
        return true;
    }
  }

  /** The probe on the ring insertion: a task's operation has filled this slot with a valid entry. */
  linked(task: number, event: DecodedEvent): void {
    const index = event.kind === 'probe' ? event.fields.idx : undefined;
    if (index === undefined || index >= BigInt(this.#context.table.entries)) {
      return;
    }
    for (const pending of this.#pending.values()) {
      if (pending.task === task) {
        pending.linked = Number(index);
      }
    }
  }

  #faultAt(event: number, task: number, fault: PageFaultEnter): Pending {
    const ptegs = new Set(ptegsOfFault(this.#context, fault));
    const candidates = candidatesOfFault(this.#context, fault, [...ptegs]);
    const what = { kind: 'fault', fault, candidates } as const;
    return { event, task, ptegs, anywhere: false, disturbed: false, linked: undefined, what };
  }

  #begin(vcpu: number, pending: Pending): void {
    this.#abandon(vcpu);
    this.#pending.set(vcpu, pending);
  }

  #beginFault(pending: Pending): void {
    const { what } = pending;
    const context = this.#context;
    const guestChangesIt = context.unseen !== undefined && this.#inGuest.size > 0;
    if (what.kind !== 'fault' || guestChangesIt || this.#haveNoOrder(pending)) {
      return;
    }
    if (what.candidates.length > 0 || pending.ptegs.size > 0) {
      applyFaultEnter(context, what.fault, what.candidates);
    }
    if (what.candidates.length === 1) {
      this.done++;
    }
  }

  /** A fault of which no event will tell how it ends: it may install its entry from now on. */
  #mayEnd(pending: Pending): void {
    const { table, hindsight } = this.#context;
    if (this.#others(pending).length > 0) {
      this.#concurrent(pending);
    } else if (pending.what.kind === 'fault') {
      for (const index of pending.what.candidates) {
        const slot = table.get(index);
        const states = slot.states | VALID;
        table.put(index, { ...slot, states, frame: undefined, rc: undefined, cause: 'events not recorded' });
        hindsight.over(index);
      }
    }
  }

  #endHcall(pending: Pending, ret: bigint, rc: bigint): void {
    const context = this.#context;
    if (pending.what.kind !== 'hcall' || context.unseen !== undefined) {
      return;
    }
    const { nr } = pending.what.call;
    if ((ret & TO_HOST) !== 0n) {
      // the VMM may now replace the table
      if (nr === HCALL.resizeCommit || nr === HCALL.clientArchitecture || nr === HCALL.registerProcTable) {
        context.table.forgetAll('untraced ioctl');
        context.hindsight.clear();
      }
      return;
    }
    this.#apply(pending, rc);
    this.#concurrent(pending);
    if (!pending.anywhere && !pending.disturbed) {
      this.done++;
    }
  }

  /** Applies a hypercall; when it shows that an assumption was false, once more without that one. */
  #apply(pending: Pending, rc: bigint): void {
    const context = this.#context;
    const { falseAssumptions } = context;
    applyHcall(context, pending, rc);
    if (context.falseAssumptions !== falseAssumptions) {
      applyHcall(context, pending, rc);
    }
  }

  #take(vcpu: number, kind: Pending['what']['kind']): Pending | undefined {
    const pending = this.#pending.get(vcpu);
    this.#pending.delete(vcpu);
    return pending?.what.kind === kind ? pending : undefined;
  }

  /** An operation without an exit event: a fault has changed nothing, of a hypercall nothing is known. */
  #abandon(vcpu: number): void {
    const pending = this.#pending.get(vcpu);
    this.#pending.delete(vcpu);
    if (pending?.what.kind !== 'hcall' || this.#context.unseen !== undefined) {
      return;
    }
    if (this.#context.assume('hcall-done', slotsIn(pending.ptegs))) {
      this.#apply(pending, 0n);
      return;
    }
    for (const pteg of pending.ptegs) {
      this.#blur(pteg, 'lost events');
    }
    if (pending.anywhere) {
      this.#context.table.maybeFreeAll('hidden bulk pairs');
    }
  }

  /** Other vCPUs' operations under way that can meet one on the same PTEG. */
  #others(pending: Pending): Pending[] {
    const others: Pending[] = [];
    for (const other of this.#pending.values()) {
      const meet = pending.anywhere || other.anywhere || [...pending.ptegs].some((pteg) => other.ptegs.has(pteg));
      if (other !== pending && meet) {
        others.push(other);
      }
    }
    return others;
  }

  /** Whether another vCPU's operation is under way that an operation can meet, and their order is not taken for granted. */
  #haveNoOrder(pending: Pending): boolean {
    return this.#others(pending).length > 0 && !this.#context.assume('in-order', slotsIn(pending.ptegs));
  }

  /** The order of two operations on one PTEG that overlap in time is not known. */
  #concurrent(pending: Pending): void {
    const others = this.#others(pending);
    for (const other of others) {
      other.disturbed = true;
    }
    if ((pending.disturbed || others.length > 0) && !this.#context.assume('in-order', slotsIn(pending.ptegs))) {
      for (const pteg of pending.ptegs) {
        this.#blur(pteg, 'race');
      }
    }
  }

  #blur(pteg: number, cause: Cause): void {
    this.#context.table.blur(pteg, cause);
    for (let i = 0; i < 8; i++) {
      this.#context.hindsight.over(pteg * 8 + i);
    }
  }
}
