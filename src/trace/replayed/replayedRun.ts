// The run of a trace: each event is a statement, and where replay knows what an operation worked on, the model's own operation is run
// in it, step by step. What replay knows of the table after each event stands beside it (src/timeline/known.ts). Dumps are observed
// states of the table.
//
// An operation is run in the statement of its enter event when nothing of the machine happens before its exit event, else in that of
// its exit event; a fault that was retried is run in its enter event, with what came in between nested where it came in between.

import { DIVERGENCE_KINDS, eventCode as modelEvent, UNKNOWN_INDEX } from '../../model/events';
import { Doubt } from '../../model/log';
import { invalidateRangeStart } from '../../model/notifiers';
import { Scalar } from '../../model/state';
import { hiOf, loOf } from '../../model/words';
import { Run } from '../../timeline/run';
import type { SourceLine } from '../../timeline/statements';
import type { DecodedEvent, HvaOne, HvaRange, PageFaultEnter, PageFaultExit } from '../decoded';
import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';
import { assumedNotes } from '../replay/assumedNotes';
import type { Divergence } from '../replay/context';
import { coverageOf } from '../replay/coverage';
import { coverageNotes } from '../replay/coverageNotes';
import type { ReplayInput } from '../replay/input';
import { VALID } from '../replay/knowledge';
import { isVcpuKind } from '../replay/machines';
import { tellFaultEnter, tellFaultExit, tellHcallEnter, tellHcallExit, tellNotifier } from '../telling';
import { TraceStatements } from '../traceStatements';
import { showDump } from './dumpedTable';
import { endOfFault, type Fault, runFault } from './faultRuns';
import { type Fed, Feed } from './feed';
import { GuestExits } from './guestExits';
import { type Call, runHcall, slotsOfCall } from './hcallRuns';
import { endOf, isNotifier, type Until } from './lookAhead';
import { ReplayedMachine } from './replayedMachine';

const TO_HOST = 2n;
const EFAULT = -14;
const DIVERGENCE = modelEvent('replay.divergence');

export interface ReplayedRunOptions {
  /** asked every few thousand events */
  readonly cancelled?: () => boolean;
  readonly kind: 'trace' | 'dump';
  readonly notes: readonly string[];
  /** what is taken for granted: a set (src/timeline/assumptions.ts); nothing unless said */
  readonly assume?: number;
}

/** Replays a trace into a run, each dump used after it was compared. */
export function replayedRun(input: ReplayInput, options: ReplayedRunOptions): Run {
  return new Replayer(input, options).run();
}

interface OpenFault {
  readonly fault: Fault;
  /** it was run, or is not to be */
  done: boolean;
}

class Replayer {
  readonly #events: TraceEvents;
  readonly #feed: Feed;
  readonly #machine: ReplayedMachine;
  readonly #statements: TraceStatements;
  readonly #dumps: { source: number; file: string }[] = [];
  readonly #texts: string[] = [];
  readonly #calls = new Map<number, Call>();
  readonly #faults = new Map<number, OpenFault>();
  /** steps whose changes were told before their statement */
  readonly #told = new Set<Fed>();
  readonly #exits: GuestExits;
  /** the statement at which the whole table was observed last */
  #observedAt = 0;
  #rcFresh = false;

  constructor(
    readonly input: ReplayInput,
    readonly options: ReplayedRunOptions,
  ) {
    const { assume = 0, cancelled } = options;
    this.#events = input.events;
    this.#exits = new GuestExits(input.events);
    this.#feed = new Feed(input, assume, { keyframes: 'all', ...(cancelled !== undefined && { cancelled }) });
    const { start } = this.#feed;
    this.#statements = new TraceStatements(input.events, input.title);
    this.#machine = new ReplayedMachine(input, Math.log2(start.entries) + 4, vcpusOf(input.events));
    this.#machine.tellAll(start);
  }

  run(): Run {
    const { title } = this.input;
    const { kind, notes } = this.options;
    for (let fed = this.#feed.shift(); fed !== undefined; fed = this.#feed.shift()) {
      this.#step(fed);
    }
    if (this.#statements.length === 0) {
      this.#mark(title);
    }
    const { vm, log } = this.#machine;
    const { assuming, replay } = this.#feed;
    // a dump by itself leaves nothing open but its time
    const covered = kind === 'trace' ? coverageNotes(coverageOf(replay), replay.comparison) : [];
    return new Run({
      title,
      kind,
      vm,
      log,
      sources: this.#statements,
      texts: this.#texts,
      dumps: this.#dumps,
      notes: [...notes, ...(assuming === undefined ? [] : assumedNotes(assuming)), ...covered],
    });
  }

  #step(fed: Fed): void {
    const { step } = fed;
    switch (step.what) {
      case 'event':
        this.#event(fed, step.event);
        break;
      case 'table':
        this.#dump(fed, step.table.file, step.used);
        break;
      case 'hpt':
        this.#mark(`HPT of order ${step.hpt.order}: ${step.hpt.how}`);
        this.#replaceTable(fed);
        break;
      case 'slot': {
        const { slot, is } = step.slot;
        this.#mark(
          `memslot ${slot} ${is === null ? 'goes' : `comes: gpa 0x${is.gpa.toString(16)}, 0x${is.size.toString(16)} bytes`}`,
        );
        this.#changeSlots(fed);
        break;
      }
      case 'replaced':
        // perhaps: one that may still be the same is no generation of its own, unless its size is another
        if (fed.entries === this.#machine.vm.state.hpt.entries) {
          this.#machine.tellAll(fed);
        } else {
          this.#replaceTable(fed);
        }
        break;
      case 'lost':
        this.#mark('events were lost here');
        this.#machine.tellAll(fed);
        break;
      default:
        this.#machine.tellAll(fed);
    }
    for (const divergence of fed.divergences) {
      const { kind, expected, seen } = divergence;
      const because = 'assumptions' in divergence ? ` (assumed: ${divergence.assumptions.join(', ')})` : '';
      this.#diverge({ kind, expected: `${expected}${because}`, seen });
    }
  }

  #mark(text: string, file?: string): void {
    const last = this.#statements.at(this.#statements.length - 1);
    const source: SourceLine =
      file === undefined ? { line: last?.line ?? 0, file: last?.file, text } : { line: 0, file, text };
    this.#machine.log.mark(this.#statements.insert(source));
  }

  #diverge(
    { kind, expected, seen }: Pick<Divergence, 'expected' | 'seen'> & { readonly kind: string },
    index = UNKNOWN_INDEX,
  ): void {
    const { log } = this.#machine;
    const text = (sentence: string): number => this.#texts.push(sentence) - 1;
    log
      .event(DIVERGENCE)
      .u32(divergenceNumber(kind))
      .u64(hiOf(index), loOf(index))
      .u32(text(expected))
      .u32(text(seen))
      .u32(this.#observedAt + 1);
  }

  // ---- between events -----------------------------------------------------------------------------------------------

  #dump(fed: Fed, file: string, used: boolean): void {
    const { step } = fed;
    if (step.what !== 'table') {
      return;
    }
    const { dump } = step.table;
    this.#mark(`${file}: ${dump.count} entries observed`, this.options.kind === 'dump' ? undefined : file);
    for (const { index, field, expected, seen } of fed.wrong) {
      this.#diverge({ kind: 'dump', expected: `${field} ${expected}`, seen }, BigInt(index));
    }
    if (!used) {
      this.#machine.tellAll(fed);
      return;
    }
    this.#observedAt = this.#statements.length - 1;
    this.#dumps.push({ source: this.#observedAt, file });
    showDump(this.#machine, dump, fed);
    this.#machine.known.setRcFresh(true);
    this.#rcFresh = true;
  }

  #replaceTable(fed: Fed): void {
    const { state } = this.#machine.vm;
    for (const slot of state.slots) {
      const pages: number[] = [];
      slot.rmap.forEach((page) => pages.push(page));
      for (const page of pages) {
        state.put(slot.rmap, page, 0, 0);
      }
    }
    state.setScalarNum(Scalar.hpt, state.newHpt(Math.log2(fed.entries) + 4).owner);
    this.#machine.tellAll(fed);
  }

  #changeSlots(fed: Fed): void {
    const { step } = fed;
    const next = this.#feed.peek()?.step;
    // flags change as the recording says it: the memslot goes and comes at once
    const changes =
      step.what === 'slot' && step.slot.is === null && next?.what === 'slot' && next.slot.slot === step.slot.slot;
    this.#machine.tellAll(fed);
    if (!changes) {
      this.#machine.setSlots(fed.slots, true);
    }
  }

  // ---- events -------------------------------------------------------------------------------------------------------

  #event(fed: Fed, i: number): void {
    const machine = this.#machine;
    machine.log.mark(this.#statements.event());
    if (this.#rcFresh) {
      this.#rcFresh = false;
      machine.known.setRcFresh(false);
    }
    machine.endInvalidations(fed.underWay);
    const kind = this.#events.kind[i] as number;
    const task = this.#events.task[i] as number;
    const { machines } = this.#feed;
    if (isVcpuKind(kind)) {
      if (machines.runs(task)) {
        this.#vcpuEvent(fed, i, kind, task);
      }
    } else if (isNotifier(kind)) {
      const event = this.#events.decode(i);
      if ('hva' in event || 'end' in event) {
        this.#notifier(fed, event, machines.mayInvalidate(task) && (machines.tgids.length <= 1 || machines.runs(task)));
      }
    }
    if (!this.#told.delete(fed)) {
      machine.tellAll(fed);
    }
    machine.setSlots(fed.slots, false);
  }

  #vcpuEvent(fed: Fed, i: number, kind: number, task: number): void {
    if (kind === eventCode.kvm_guest_exit) {
      this.#exits.note(i);
    }
    if (!isOperation(kind)) {
      return;
    }
    const event = this.#events.decode(i);
    const { log } = this.#machine;
    switch (event.kind) {
      case 'kvm_hcall_enter':
        tellHcallEnter(log, event);
        this.#beginCall(task, event.vcpu, {
          vcpu: event.vcpu,
          call: event,
          args: this.input.hcalls.get(i)?.args ?? event.args,
        });
        return;
      case 'kvm_hcall_exit': {
        const call = this.#calls.get(event.vcpu);
        this.#calls.delete(event.vcpu);
        if (call !== undefined && (event.ret & TO_HOST) === 0n && !this.#told.has(fed)) {
          this.#runCall(call, fed, event.hcallRc);
          this.#told.add(fed);
        }
        tellHcallExit(log, event, call?.call.nr);
        return;
      }
      case 'kvm_page_fault_enter':
        this.#beginFault(fed, task, event);
        return;
      case 'kvm_page_fault_exit':
        this.#endFault(fed, event);
        return;
      default:
        return;
    }
  }

  #runCall(call: Call, exit: Fed, rc: bigint): void {
    const machine = this.#machine;
    machine.resting(slotsOfCall(call), exit, () => {
      const answer = runHcall(machine, call, exit, rc);
      if (answer !== undefined) {
        const kind = machine.basis === 0 ? 'operation' : 'assumption';
        this.#diverge({ kind, expected: `the hypercall returns ${answer}`, seen: `${rc}` });
      }
    });
  }

  /** A hypercall that ends before anything else happens to the machine is run at once. */
  #beginCall(task: number, vcpu: number, call: Call): void {
    this.#calls.set(vcpu, call);
    const exit = this.#calmEnd(task);
    const event = exit?.event;
    if (exit !== undefined && event?.kind === 'kvm_hcall_exit' && event.vcpu === vcpu && (event.ret & TO_HOST) === 0n) {
      this.#runCall(call, exit.fed, event.hcallRc);
      this.#told.add(exit.fed);
    }
  }

  /** The next event of a task, when nothing happens before it that the machine could notice. */
  #calmEnd(task: number): { readonly fed: Fed; readonly event: DecodedEvent } | undefined {
    const end = endOf(task, this.#feed, this.#events);
    return end?.disturbed === false ? end : undefined;
  }

  // ---- faults -------------------------------------------------------------------------------------------------------

  #beginFault(fed: Fed, task: number, enter: PageFaultEnter): void {
    const machine = this.#machine;
    const exit = this.#exits.of(enter.vcpu);
    const [index, ...others] = fed.puts.keys();
    const certain = index !== undefined && others.length === 0 && fed.background === undefined ? index : undefined;
    if (certain === undefined) {
      machine.tellAll(fed);
    } else {
      const slot = fed.puts.get(certain);
      if (slot !== undefined) {
        machine.tell(certain, slot, { shown: { v: enter.hpteV, r: enter.hpteR, guest: enter.gpteR } });
      }
    }
    this.#told.add(fed);
    machine.setSlots(fed.slots, false);
    const fault =
      certain === undefined ? undefined : { enter, index: certain, fetch: exit?.trap === 0xe20, msr: exit?.msr };
    if (fault === undefined) {
      this.#faults.delete(enter.vcpu);
    } else {
      this.#faults.set(enter.vcpu, { fault, done: false });
    }
    if (fault === undefined || !this.#runAtOnce(fault, task)) {
      tellFaultEnter(machine.log, enter, certain);
    }
  }

  /** Runs a fault in its enter event, when its end is known and the order of what happened meanwhile is. */
  #runAtOnce(fault: Fault, task: number): boolean {
    const until = endOf(task, this.#feed, this.#events);
    if (until === undefined) {
      return false;
    }
    const { event, fed } = until;
    const exit = event.kind === 'kvm_page_fault_exit' && event.vcpu === fault.enter.vcpu ? { event, fed } : undefined;
    const error = event.kind === 'kvmppc_run_vcpu_exit' && event.ret === EFAULT;
    const end = endOfFault(fault, exit, error, until.invalidated);
    if (!until.nestable) {
      return false;
    }
    const ran = this.#machine.resting([fault.index], until.fed, () =>
      runFault(this.#machine, fault, end, () => this.#meanwhile(until)),
    );
    if (ran && exit !== undefined && end.came === 'installed') {
      this.#machine.tellAll(fed, new Set([fault.index]));
      this.#told.add(fed);
    }
    if (ran) {
      this.#faults.set(fault.enter.vcpu, { fault, done: true });
    }
    return ran;
  }

  /** What happened between the events of a fault, nested in it. */
  #meanwhile({ fed, steps }: Until): void {
    const machine = this.#machine;
    machine.under(0, () => {
      for (let left = steps; left > 0; left--) {
        const next = this.#feed.shift();
        if (next !== undefined) {
          this.#step(next);
        }
      }
      // the fault goes on when the invalidations are over
      machine.endInvalidations(fed.underWay);
      machine.log.resume();
    });
  }

  #endFault(fed: Fed, exit: PageFaultExit): void {
    const open = this.#faults.get(exit.vcpu);
    this.#faults.delete(exit.vcpu);
    if (open?.done === true) {
      return;
    }
    const states = open === undefined ? undefined : fed.puts.get(open.fault.index)?.states;
    tellFaultExit(this.#machine.log, exit, exit.ret === 0n ? (states === VALID ? true : undefined) : false);
  }

  // ---- the notifier -------------------------------------------------------------------------------------------------

  /** @param ours it surely concerns this machine */
  #notifier(fed: Fed, event: HvaRange | HvaOne, ours: boolean): void {
    const machine = this.#machine;
    const { step } = fed;
    const begun = step.what !== 'event' ? undefined : fed.underWay.find((one) => one.event === step.event);
    if (event.kind !== 'kvm_unmap_hva_range' || begun === undefined || !ours || !machine.slotsKnown) {
      tellNotifier(machine.log, event);
      return;
    }
    machine.resting(fed.puts.keys(), fed, () =>
      machine.under(Doubt.ring | Doubt.seq | Doubt.frame | Doubt.rights | Doubt.rc, () =>
        invalidateRangeStart(machine.vm, Number(event.start), Number(event.end)),
      ),
    );
    machine.opened(begun);
  }
}

/** Whether a vCPU's event begins or ends a hypercall or a page fault. */
function isOperation(kind: number): boolean {
  switch (kind) {
    case eventCode.kvm_hcall_enter:
    case eventCode.kvm_hcall_exit:
    case eventCode.kvm_page_fault_enter:
    case eventCode.kvm_page_fault_exit:
      return true;
    default:
      return false;
  }
}

function divergenceNumber(kind: string): number {
  return Math.max(0, (DIVERGENCE_KINDS as readonly string[]).indexOf(kind));
}

/** vCPUs that take page faults: their registers are part of the machine. */
function vcpusOf(events: TraceEvents): number {
  let last = 0;
  for (let i = 0; i < events.count; i++) {
    if (events.kind[i] === eventCode.kvm_page_fault_enter) {
      const event = events.decode(i);
      last = event.kind === 'kvm_page_fault_enter' ? Math.max(last, event.vcpu) : last;
    }
  }
  return Math.min(last + 1, mostVcpus);
}

const mostVcpus = 2048;
