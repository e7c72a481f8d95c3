// Replay: rebuilds the table of a real machine from its trace, and says at every moment what of it is known.
//
// Rules of knowledge. Something is known only when it was observed or when every course of events that fits the trace leads to it.
//
//  - A dump shows everything. Between observations R, C and the frame of a valid entry change without events; R and C that are both
//    set stay set until something clears them (ageing, H_CLEAR_REF and H_CLEAR_MOD, the dirty log of a slot that logs). Entries
//    that are absent do not change at all. A frame stays until the entry is installed again: an invalidation leaves it.
//  - H_ENTER (hcalls.ts) without H_EXACT takes the first free slot of its PTEG: known when one slot only can be it. It makes the
//    entry absent without a memslot; else valid if the host has the page mapped (entries.ts, hostPages.ts); while an
//    invalidation may be running it may be either.
//  - H_REMOVE and H_BULK_REMOVE free. Pairs three and four of H_BULK_REMOVE are not in the trace: unless the first two end the
//    list, any entry of the table may be gone afterwards.
//  - A page fault (faults.ts) names its entry by its words; if only one slot can hold them, everything in it is observed.
//  - An invalidation (host.ts) makes the valid entries of its guest pages absent, and so does a memslot that goes. Where memslots are
//    not told, any valid entry may be absent.
//  - The first run of a new table fills the VRMA (tables.ts). Its page size is that of the VMM's mapping: known once it was seen.
//  - A resize keeps bolted entries, absent, at the slot of their hash; a reset leaves nothing.
//  - POWER8 handles hypercalls in real mode, without a trace: all is unknown as soon as a vCPU runs.
//  - Lost events (losses.ts): all is unknown where they may have come, and from there on. So it is at an event that cannot be read.
//  - Kinds of events that the trace does not have at all may not have been recorded: what they would have told is unknown.
//  - What contradicts the knowledge is a divergence: something happened that no event tells, so all is unknown from there on.
//
// The plane is recomputed by replaying up to a moment. What later events force of earlier ones is found in a pass of its own
// (hindsight.ts); a dump is never used for what it is compared with.

import { type AssumptionName, bitOf } from '../../timeline/assumptions';
import { eventCode } from '../eventKinds';
import { type Loss, lossesOf } from '../losses';
import type { Assuming } from './assuming';
import type { Comparison } from './checkpoint';
import type { Context, Divergence, DivergenceKind } from './context';
import { Dumps } from './dumps';
import { faultsOf, type TracedFault } from './faultOutcomes';
import { Found, Hindsight } from './hindsight';
import { Host } from './host';
import type { PlacedHpt, PlacedSlot, PlacedTable, ReplayInput } from './input';
import { applyNotifier } from './invalidations';
import { type Cause, Knowledge, type KnowledgeWatch, type Slot, unknownSlot } from './knowledge';
import { isVcpuKind, type Machines, machinesOf } from './machines';
import { changeMemslot } from './memslots';
import { isOutsideNotifier, type NotifierWindow, notifierWindowsOf } from './notifierWindows';
import { Operations } from './operations';
import { seePage } from './pages';
import { type Recorded, recordedKinds } from './recorded';
import { Syscalls } from './syscalls';
import { assumeEmpty, isNewMachine, Tables, unseenReplacements } from './tables';
import { UnreadEvents } from './unread';

const smallestEntries = 2 ** 14;

export interface ReplayOptions {
  /** use the first dump that is not empty only, or each dump after it was compared */
  readonly keyframes: 'first' | 'all';
  readonly cancelled?: () => boolean;
  /** told after each event; the replay ends there when it answers true */
  readonly after?: (event: number) => boolean;
  /** what an earlier pass found that later events force */
  readonly found?: Found;
  /** gets to know of every change of what is known of the table */
  readonly watch?: KnowledgeWatch;
  /** what is taken for granted */
  readonly assuming?: Assuming;
}

/** What was replayed last: an event of the trace, or what the recording tells between two events. */
export type ReplayStep =
  | { readonly what: 'event'; readonly event: number }
  | { readonly what: 'hpt'; readonly hpt: PlacedHpt }
  | { readonly what: 'slot'; readonly slot: PlacedSlot }
  /** the table is now what the dump shows, if it was `used` */
  | { readonly what: 'table'; readonly table: PlacedTable; readonly used: boolean }
  /** `replaced`: the table may be another one from here on */
  | { readonly what: 'lost' | 'replaced' | 'page' | 'pagemap' };

export class Replay implements Context {
  readonly input: ReplayInput;
  readonly isa3: boolean;
  readonly host: Host;
  readonly divergences: Divergence[] = [];
  readonly hindsight: Hindsight;
  readonly machines: Machines;
  readonly recorded: Recorded;
  readonly tables: Tables;
  readonly assuming: Assuming | null;
  readonly unread: UnreadEvents;
  table: Knowledge;
  sizeKnown = false;
  unseen: Cause | undefined;
  at = 0;
  lastVcpu = { event: -1, task: -1 };

  readonly #cancelled: (() => boolean) | undefined;
  readonly #after: ((event: number) => boolean) | undefined;
  readonly #watch: KnowledgeWatch | undefined;
  readonly #operations: Operations;
  readonly #dumps: Dumps;
  /** invalidations of which it was known what they concern */
  #notified = 0;
  readonly #syscalls: Syscalls;
  #diverged = false;
  /** assumptions on which all that is known of any table rests */
  #always = 0;

  constructor(input: ReplayInput, { keyframes, found, cancelled, after, watch, assuming }: ReplayOptions) {
    this.input = input;
    this.assuming = assuming ?? null;
    this.#cancelled = cancelled;
    this.#after = after;
    this.#watch = watch;
    this.isa3 = input.cpu === 'POWER9' || input.cpu === 'POWER10';
    this.machines = machinesOf(input.events, input.tgid);
    this.recorded = recordedKinds(input.events);
    this.hindsight = new Hindsight(found ?? new Found(), this.recorded.faults);
    const { flushes, exits, hcalls, hcallEnters } = this.recorded;
    const seen = hcalls || (hcallEnters && this.#standing('hcall-done'));
    this.unseen = this.isa3 ? (seen ? undefined : 'events not recorded') : 'real-mode hypercalls';
    const mayBeReplaced = input.hpts.length === 0 && !flushes && !exits;
    if (mayBeReplaced && !this.#standing('same-table')) {
      this.unseen ??= 'untraced ioctl';
    }
    const [made] = input.hpts;
    const fromStart = made?.how === 'allocate' && isNewMachine(this, made.before);
    this.host = new Host(input.pageShift, input.slots === null ? null : [], fromStart);
    this.table = this.newTable(entriesOfDumps(input), unknownSlot('no first dump'));
    this.#operations = new Operations(this);
    this.tables = new Tables(this);
    this.unread = new UnreadEvents(input.events);
    this.#syscalls = new Syscalls(input.events);
    this.#dumps = new Dumps(this, keyframes === 'all');
    if (fromStart) {
      this.table.empty();
    } else {
      assumeEmpty(this);
    }
  }

  get falseAssumptions(): number {
    return this.assuming?.falseOnes.length ?? 0;
  }

  assume(name: AssumptionName, slots?: Iterable<number>): boolean {
    if (this.assuming?.has(name) !== true) {
      return false;
    }
    const { rests } = this.table;
    if (slots === undefined) {
      rests.addEverywhere(bitOf(name));
    } else {
      rests.addAt(slots, bitOf(name));
    }
    return true;
  }

  /** An assumption that holds for each table from its beginning to its end. */
  #standing(name: AssumptionName): boolean {
    const made = this.assuming?.has(name) === true;
    this.#always |= made ? bitOf(name) : 0;
    return made;
  }

  /** Events that drove the machine with all that they need known. */
  get replayed(): number {
    return this.#operations.done + this.#notified;
  }

  /** What came of each fault. */
  faults(): TracedFault[] {
    return faultsOf(this.input.events, this.machines, this.isa3);
  }

  /** Invalidations as spans of time. */
  notifierWindows(): NotifierWindow[] {
    return notifierWindowsOf(this.input.events, this.machines);
  }

  /** Files of dumps that were not used: the VMM had two machines then, and nothing tells whose table they show. */
  get unattributed(): readonly string[] {
    return this.#dumps.unattributed;
  }

  get comparison(): Comparison {
    return this.#dumps.comparison;
  }

  newTable(entries: number, background: Slot): Knowledge {
    // without a trace a dump is all there is, and nothing comes after it
    const traced = this.input.events.count > 0;
    const { unmaps, ages, faults } = this.recorded;
    const complete = (unmaps && ages && faults) || this.#standing('nothing-unrecorded');
    const unseen: Cause = complete || unmaps ? 'memslots not told' : 'events not recorded';
    const silent = {
      // a memslot that goes takes its entries along, and has no event
      unmaps: traced && (!(complete || unmaps) || this.input.slots === null) ? unseen : undefined,
      ages: traced && !complete && !ages,
      faults: traced && !complete && !faults,
    };
    return new Knowledge(entries, background, silent, this.#watch, this.#always);
  }

  diverge(kind: DivergenceKind, expected: string, seen: string, slots: Iterable<number>): void {
    if (this.unseen !== undefined) {
      return;
    }
    const told = { event: this.at, expected, seen, since: this.#dumps.agreed };
    if (this.assuming?.giveUp(this.table, slots, told) === true) {
      return;
    }
    this.assuming?.excuse(this.at);
    this.divergences.push({ kind, ...told });
    if (!endsKnowledge(kind)) {
      return;
    }
    if (this.assume('nothing-else')) {
      new Set([...slots].map((slot) => Math.floor(slot / 8))).forEach((pteg) => this.table.blur(pteg, 'divergence'));
    } else {
      this.#diverged = true;
    }
  }

  /** Replays the whole trace. */
  run(): this {
    const steps = this.steps();
    while (steps.next().done !== true) {}
    return this;
  }

  /** Replays the trace step by step: each is over when it is told. */
  *steps(): Generator<ReplayStep, void> {
    const { events } = this.input;
    const inserts = this.#inserts();
    let next = 0;
    const losses = lossesOf(events);
    let loss: Loss | undefined;
    for (let i = 0; i <= events.count; i++) {
      this.at = i;
      if (losses[0]?.since === i) {
        loss = losses.shift();
        yield this.#lostEvents();
      }
      for (let insert = inserts[next]; insert !== undefined && insert.before <= i; insert = inserts[++next]) {
        const step = insert.apply();
        this.#settleDivergence();
        yield step;
        if (loss !== undefined || (insert.before < 0 && step.what !== 'hpt' && step.what !== 'slot')) {
          // what is not in the trace may have come after it
          yield this.#lostEvents(loss === undefined ? 'no first dump' : 'lost events');
        }
      }
      if (loss !== undefined && loss.before <= i) {
        if (loss.since < i) {
          yield this.#lostEvents();
        }
        loss = undefined;
      }
      if (i === events.count) {
        for (let insert = inserts[next]; insert !== undefined; insert = inserts[++next]) {
          yield this.#lostEvents('events not recorded');
          yield insert.apply();
        }
        break;
      }
      if ((i & 0xfff) === 0 && this.#cancelled?.() === true) {
        break;
      }
      if (i >= this.machines.mixedFrom && this.unseen === undefined) {
        this.unseen = 'untraced ioctl';
        this.table.forgetAll(this.unseen);
      }
      if (loss === undefined || this.assuming?.has('nothing-lost') === true) {
        this.#event(i);
        this.#settleDivergence();
      }
      yield { what: 'event', event: i };
      if (this.#after?.(i) === true) {
        break;
      }
    }
  }

  #settleDivergence(): void {
    if (this.#diverged) {
      this.#diverged = false;
      this.table.forgetAll('divergence');
      this.hindsight.clear();
    }
  }

  /** Anything may have happened right before this moment, unseen. */
  #lostEvents(cause: Cause = 'lost events'): ReplayStep {
    const nothing = cause === 'no first dump' ? 'empty-start' : 'nothing-lost';
    if (this.assume(nothing)) {
      return { what: 'lost' };
    }
    this.table.forgetAll(cause);
    this.hindsight.clear();
    this.host.lostEvents(this.at);
    this.tables.lostEvents();
    this.#operations.clear();
    this.#syscalls.clear();
    return { what: 'lost' };
  }

  /** What the recording tells, in the order in which it holds. */
  #inserts(): { readonly before: number; apply(): ReplayStep }[] {
    const { hpts, slots, tables, pagemaps, pages } = this.input;
    const at = <T extends { readonly before: number }>(
      all: readonly T[],
      rank: number,
      apply: (one: T) => ReplayStep,
    ) => all.map((one) => ({ before: one.before, rank, apply: () => apply(one) }));
    const replaced = unseenReplacements(this).map((before) => ({ before }));
    const entries = entriesOfDumps(this.input);
    return [
      ...at(replaced, -1, () => {
        if (!this.assume('same-table')) {
          this.tables.replacedUnseen(entries);
        }
        return { what: 'replaced' };
      }),
      ...at(hpts, 0, (hpt) => {
        this.#operations.clear();
        this.tables.change(hpt);
        return { what: 'hpt', hpt };
      }),
      ...at(slots ?? [], 1, (slot) => {
        changeMemslot(this, slot);
        return { what: 'slot', slot };
      }),
      ...at(pages, 2, (page) => {
        seePage(this, page);
        return { what: 'page' };
      }),
      ...at(tables, 3, (table) => ({ what: 'table', table, used: this.#dumps.table(table) })),
      ...at(pagemaps, 4, (pagemap) => {
        this.#dumps.pagemap(pagemap);
        return { what: 'pagemap' };
      }),
    ].sort((a, b) => a.before - b.before || a.rank - b.rank);
  }

  #event(i: number): void {
    const { events } = this.input;
    const kind = events.kind[i] as number;
    const task = events.task[i] as number;
    if (isOutsideNotifier(kind, events)) {
      if (this.host.invalidating) {
        this.host.taskGoesOn(task);
      }
      this.#syscalls.goesOn(i, kind, task);
    }
    if (isVcpuKind(kind)) {
      if (this.machines.runs(task)) {
        this.#vcpuEvent(i, kind, task);
      }
      return;
    }
    switch (kind) {
      case eventCode.kvm_unmap_hva_range:
      case eventCode.kvm_set_spte_hva:
      case eventCode.kvm_age_hva:
        if (this.machines.mayInvalidate(task)) {
          this.#notifier(i, task);
        }
        return;
      case eventCode.add_revmap:
        this.#operations.linked(task, events.decode(i));
        return;
      case eventCode.tlbie:
        if (this.unread.note(i, events.decode(i))) {
          this.#lostEvents();
        }
        return;
    }
  }

  #vcpuEvent(i: number, kind: number, task: number): void {
    this.lastVcpu = { event: i, task };
    this.tables.run();
    switch (kind) {
      case eventCode.kvmppc_run_vcpu_enter:
        return;
      case eventCode.kvm_guest_enter:
        this.#operations.enterGuest(task);
        return;
      case eventCode.kvm_guest_exit:
        this.#operations.exitGuest(task);
        return;
      case eventCode.kvm_hcall_enter:
      case eventCode.kvm_hcall_exit:
      case eventCode.kvm_page_fault_enter:
      case eventCode.kvm_page_fault_exit: {
        const event = this.input.events.decode(i);
        if (this.unread.note(i, event) || !this.#operations.event(i, task, event)) {
          this.#lostEvents();
        }
        return;
      }
    }
  }

  #notifier(i: number, task: number): void {
    const event = this.input.events.decode(i);
    if (this.unread.note(i, event)) {
      this.#lostEvents();
    } else if (
      event.kind === 'kvm_unmap_hva_range' ||
      event.kind === 'kvm_set_spte_hva' ||
      event.kind === 'kvm_age_hva'
    ) {
      const extent = 'hva' in event ? 'page' : this.host.extentOf(event.start, event.end);
      const mayClose = event.kind !== 'kvm_set_spte_hva' && this.#syscalls.mayClosePages(task, extent);
      this.#notified += applyNotifier(this, task, event, mayClose) ? 1 : 0;
      if (event.kind === 'kvm_unmap_hva_range' && this.#syscalls.mayReplaceMapping(task)) {
        this.tables.mappingReplaced(event.start, event.end);
      }
    }
  }
}

/** Whether nothing is known any more after a divergence. */
export function endsKnowledge(kind: DivergenceKind): boolean {
  return kind !== 'page fact' && kind !== 'memslot';
}

/** Slots of the smallest table that holds what the dumps list. */
function entriesOfDumps({ tables }: ReplayInput): number {
  let entries = smallestEntries;
  for (const { dump } of tables) {
    const last = dump.count === 0 ? 0 : (dump.index[dump.count - 1] as number);
    while (entries <= last) {
      entries *= 2;
    }
  }
  return entries;
}
