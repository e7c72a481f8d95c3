// Replay: rebuilds the table of a real machine from its trace, and says at every moment what of it is known.
//
// Rules of knowledge. Something is known only when it was observed or when every course of events that fits the trace leads to it.
//
//  - A dump shows everything. Between observations R, C and the frame of a valid entry change without events; R and C that are both
//    set stay set until something clears them (ageing, H_CLEAR_REF and H_CLEAR_MOD, the dirty log of a slot that logs). Entries
//    that are absent do not change at all. A frame stays until the entry is installed again: an invalidation leaves it.
//  - H_ENTER (hcalls.ts) without H_EXACT takes the first free slot of its PTEG: known when one slot only can be it. It makes the
//    entry absent without a memslot; else valid if the host has the page mapped, which is known from what was seen of the page since the
//    last invalidation that covered it (a page fact, a valid entry); while an invalidation may be running it may be either.
//  - H_REMOVE and H_BULK_REMOVE free. Pairs three and four of H_BULK_REMOVE are not in the trace: unless the first two end the
//    list, any entry of the table may be gone afterwards.
//  - A page fault (faults.ts) names its entry by its words; if only one slot can hold them, everything in it is observed.
//  - An invalidation (host.ts) makes the valid entries of its guest pages absent. Without memslots it may concern any entry.
//  - The first run of a new table fills the VRMA; which of its slots are taken is then unknown until they are seen.
//  - A resize keeps bolted entries, absent, at the slot of their hash; a reset leaves nothing.
//  - POWER8 handles hypercalls in real mode, without a trace: all is unknown as soon as a vCPU runs.
//  - Lost events: all is unknown from there on.
//  - Kinds of events that the trace does not have at all may not have been recorded: what they would have told is unknown.
//  - What contradicts the knowledge is a divergence: something happened that no event tells, so all is unknown from there on.
//
// The plane is recomputed by replaying up to a moment; nothing here depends on what comes later, but for the look at what
// happens while a dump is taken.

import type { DecodedEvent } from '../decoded';
import { eventCode, isHptProbe } from '../eventKinds';
import type { TraceEvents } from '../events';
import { Comparison, wordsOf } from './checkpoint';
import type { Context, Divergence, DivergenceKind, Pending } from './context';
import { applyFaultEnter, applyFaultExit, candidatesOfFault, checkMemslot, ptegsOfFault } from './faults';
import { applyHcall, HCALL, reachOfHcall } from './hcalls';
import { Hindsight } from './hindsight';
import { Host, type ReplaySlot } from './host';
import type { PlacedHpt, PlacedPage, PlacedPagemap, PlacedSlot, PlacedTable, ReplayInput } from './input';
import { ABSENT, bytesOf, type Cause, FREE, Knowledge, lastingRc, type Slot, unknownSlot, VALID } from './knowledge';
import { isVcpuKind, type Machines, machinesOf } from './machines';
import { slotAfterResize, V_BOLTED, vrmaSlots } from './words';

const smallestEntries = 2 ** 14;
const TO_HOST = 2n;

export interface ReplayOptions {
  /** use the first dump that is not empty only, or each dump after it was compared */
  readonly keyframes: 'first' | 'all';
  readonly cancelled?: () => boolean;
  /** what an earlier pass found that later events force of H_ENTERs */
  readonly outcomes?: ReadonlyMap<number, number>;
}

/** Which events a trace has; what is missing cannot be told. */
export interface Recorded {
  readonly unmaps: boolean;
  readonly faults: boolean;
  readonly faultExits: boolean;
  readonly hcalls: boolean;
  readonly guestEnters: boolean;
}

export class Replay implements Context {
  readonly isa3: boolean;
  readonly host: Host;
  readonly comparison = new Comparison();
  readonly divergences: Divergence[] = [];
  readonly hindsight: Hindsight;
  readonly machines: Machines;
  readonly recorded: Recorded;
  /** events that drove the machine with all that they need known */
  replayed = 0;
  table: Knowledge;
  sizeKnown: boolean;

  readonly #input: ReplayInput;
  readonly #options: ReplayOptions;
  readonly #pending = new Map<number, Pending>();
  /** hypercalls leave no trace, or cannot be told from another machine's: entries change unseen */
  #unseen: boolean;
  /** the VMM's process runs two machines, whose vCPUs and memory cannot be told apart */
  #secondMachine = false;
  #lpid = 0n;
  readonly #running = new Set<number>();
  #vrmaPending = false;
  #keyframed = false;
  #lastVcpuEvent = -1;
  #vcpuTask = -1;
  #diverged = false;
  #at = 0;

  constructor(input: ReplayInput, options: ReplayOptions) {
    this.#input = input;
    this.#options = options;
    this.hindsight = new Hindsight(options.outcomes ?? new Map());
    const { events } = input;
    this.isa3 = input.cpu === 'POWER9' || input.cpu === 'POWER10';
    this.machines = machinesOf(events, input.tgid);
    this.recorded = recordedKinds(input);
    this.#unseen = !this.isa3 || !this.recorded.hcalls;
    this.host = new Host(input.pageShift, input.slots === null ? null : []);
    this.sizeKnown = false;
    this.table = this.#newTable(entriesOfDumps(input), unknownSlot('no first dump'));
    const [made] = input.hpts;
    if (made?.how === 'allocate' && this.#isNewMachine(made.before)) {
      this.table.empty();
    }
  }

  #newTable(entries: number, background: Slot): Knowledge {
    return new Knowledge(entries, background, {
      unmaps: !this.recorded.unmaps,
      faults: !this.recorded.faults,
    });
  }

  diverge(kind: DivergenceKind, expected: string, seen: string): void {
    if (this.#unseen) {
      return;
    }
    this.divergences.push({ kind, event: this.#at, expected, seen });
    this.#diverged ||= kind !== 'page fact' && kind !== 'memslot';
  }

  /** Replays the whole trace. */
  run(): this {
    const { events } = this.#input;
    const { cancelled } = this.#options;
    const inserts = this.#inserts();
    let next = 0;
    let lost = 0;
    for (let i = 0; i <= events.count; i++) {
      let gap = false;
      for (; (events.lost[lost]?.before ?? Number.POSITIVE_INFINITY) <= i; lost++) {
        gap = true;
        this.#lostEvents();
      }
      for (; next < inserts.length && (inserts[next]?.before ?? 0) <= i; next++) {
        this.#at = i;
        inserts[next]?.apply();
        this.#settleDivergence();
      }
      if (gap) {
        // what was lost may also have come after a dump at the same place
        this.#lostEvents();
      }
      if (i === events.count || ((i & 0xfff) === 0 && cancelled?.() === true)) {
        break;
      }
      this.#at = i;
      this.#event(i);
      this.#settleDivergence();
    }
    return this;
  }

  #settleDivergence(): void {
    if (this.#diverged) {
      this.#diverged = false;
      this.table.forgetAll('divergence');
      this.hindsight.clear();
    }
  }

  #lostEvents(): void {
    this.table.forgetAll('lost events');
    this.hindsight.clear();
    this.host.forgetPages();
    this.#pending.clear();
  }

  #inserts(): { readonly before: number; apply(): void }[] {
    const { hpts, slots, tables, pagemaps, pages } = this.#input;
    const at = <T extends { readonly before: number }>(all: readonly T[], rank: number, apply: (one: T) => void) =>
      all.map((one) => ({ before: one.before, rank, apply: () => apply(one) }));
    const changes = at(slots ?? [], 1, (slot) => this.#slot(slot));
    return [
      ...at(hpts, 0, (hpt) => this.#hpt(hpt)),
      ...changes,
      ...at(pages, 2, (page) => this.#page(page)),
      ...at(tables, 3, (table) => this.#dump(table)),
      ...at(pagemaps, 4, (pagemap) => this.#pagemap(pagemap)),
    ].sort((a, b) => a.before - b.before || a.rank - b.rank);
  }

  // ---- what a recording tells ---------------------------------------------------------------------------------------

  #hpt({ order, how, before }: PlacedHpt): void {
    const entries = 2 ** (order - 4);
    this.sizeKnown = true;
    this.#pending.clear();
    this.hindsight.clear();
    if (how === 'resize') {
      this.#resize(entries);
      return;
    }
    const fresh = how === 'reset' || this.#isNewMachine(before);
    this.table = this.#newTable(entries, unknownSlot('no first dump'));
    if (fresh) {
      this.table.empty();
      this.#vrmaPending = true;
    }
  }

  /** Whether the machine has not run yet: the trace shows how it begins. Else "allocate" only tells the size of its table. */
  #isNewMachine(before: number): boolean {
    const { events } = this.#input;
    for (let i = 0; i < events.count; i++) {
      const kind = events.kind[i] as number;
      if (isVcpuKind(kind) && this.machines.runs(events.task[i] as number)) {
        return i >= before && (kind === eventCode.kvmppc_run_vcpu_enter || kind === eventCode.kvm_guest_enter);
      }
    }
    return false;
  }

  #resize(entries: number): void {
    const old = this.table;
    const { ptegs } = old;
    this.table = this.#newTable(entries, unknownSlot('resize'));
    if (old.background.states !== FREE) {
      return;
    }
    this.table.empty();
    for (const [index, slot] of [...old.known()]) {
      if (slot.states === FREE) {
        continue;
      }
      const to =
        slot.v === undefined || slot.guest === undefined
          ? undefined
          : slotAfterResize(index, slot.v, slot.guest, ptegs, this.table.ptegs);
      if (slot.v === undefined || to === undefined) {
        this.table.forgetAll('resize');
        return;
      }
      if ((slot.v & V_BOLTED) !== 0n) {
        this.table.put(to, { ...slot, states: ABSENT | (slot.states & FREE), cause: 'resize' });
      }
    }
  }

  #slot({ slot: id, is, before }: PlacedSlot): void {
    const { host, table } = this;
    const slots = host.slots ?? [];
    if (is !== null) {
      host.slots = [...slots.filter(({ slot }) => slot !== id), is];
      return;
    }
    const old = slots.find(({ slot }) => slot === id);
    const same = (to: ReplaySlot): boolean => old?.gpa === to.gpa && old.size === to.size && old.hva === to.hva;
    const stays = this.#input.slots?.some(
      (one) => one.before === before && one.slot === id && one.is !== null && same(one.is),
    );
    host.slots = slots.filter(({ slot }) => slot !== id);
    if (old !== undefined && stays !== true) {
      table.unmap(old.gpa, old.gpa + old.size);
      host.forgetPages();
    }
  }

  #page({ gpa, present, frame }: PlacedPage): void {
    const { host } = this;
    const last = host.lastInvalidationOf(gpa);
    // another task's invalidation may have come between the look at the page and the time that the fact gives
    if (last.event > this.#lastVcpuEvent && (last.task !== this.#vcpuTask || host.invalidating)) {
      return;
    }
    if (present) {
      host.setMapped(gpa, frame === undefined ? undefined : frame << BigInt(host.pageShift));
      this.#settleFrames(gpa);
    } else {
      this.notMapped(gpa);
    }
  }

  /** A page that is not mapped has no valid entry, and has had none since the last invalidation that covered it. */
  notMapped(gpa: bigint): void {
    const { host, table } = this;
    const size = 1n << BigInt(host.pageShift);
    const from = gpa & ~(size - 1n);
    for (let page = from; page < from + size; page += 4096n) {
      for (const index of table.mapping(page)) {
        const { states } = table.get(index);
        if (states === VALID) {
          this.diverge('page fact', `a mapped page: slot 0x${index.toString(16)} is valid`, 'not mapped');
        } else {
          this.hindsight.notMapped(index);
          table.narrow(index, FREE | ABSENT);
        }
      }
    }
  }

  /** A valid entry maps the frame that the host has at its page. */
  #settleFrames(gpa: bigint): void {
    const { host, table } = this;
    if (host.invalidating || this.#unseen) {
      return;
    }
    const size = 1n << BigInt(host.pageShift);
    const from = gpa & ~(size - 1n);
    for (let page = from; page < from + size; page += 4096n) {
      const frame = host.frameOf(page);
      for (const index of table.mapping(page)) {
        const slot = table.get(index);
        if (frame !== undefined && slot.states === VALID && slot.frame === undefined && bytesOf(slot) <= size) {
          table.put(index, { ...slot, frame });
        }
      }
    }
  }

  #pagemap({ pagemap, before }: PlacedPagemap): void {
    const keyframe = this.#input.tables.some((table) => table.before === before && table === this.#usedTable);
    if (!keyframe || this.#duringDump(before).length > 0) {
      return;
    }
    for (let i = 0; i < pagemap.count; i++) {
      const { gpa, present, frame } = pagemap.page(i);
      if (present) {
        this.host.setMapped(gpa, frame << BigInt(this.host.pageShift));
      }
    }
  }

  #usedTable: PlacedTable | undefined;

  #dump(placed: PlacedTable): void {
    const { dump, before } = placed;
    const first = !this.#keyframed && dump.count > 0;
    if (this.#unseen) {
      this.table.forgetAll(this.#secondMachine ? 'untraced ioctl' : 'real-mode hypercalls');
    }
    if (!first) {
      const during = this.#duringDump(before);
      this.comparison.compare(dump, this.table, this.isa3, placed, (index) => this.#whileDumped(index, during));
    }
    if (first || (this.#keyframed && this.#options.keyframes === 'all')) {
      this.#keyframed = true;
      this.#usedTable = placed;
      this.#observe(placed);
    }
  }

  /** Guest ranges of invalidations that may have run while a dump was read: before the machine's next own event. */
  #duringDump(before: number): { readonly from: bigint; readonly to: bigint }[] {
    const { events } = this.#input;
    const ranges: { readonly from: bigint; readonly to: bigint }[] = [];
    for (let i = before; i < events.count; i++) {
      const kind = events.kind[i] as number;
      if (isVcpuKind(kind) || kind === eventCode.print) {
        break;
      }
      if (kind === eventCode.kvm_unmap_hva_range && this.machines.mayInvalidate(events.task[i] as number)) {
        const event = events.decode(i);
        if (event.kind === 'kvm_unmap_hva_range') {
          ranges.push(...this.host.guestRanges(event.start, event.end));
        }
      }
    }
    return ranges;
  }

  #whileDumped(index: number, during: readonly { readonly from: bigint; readonly to: bigint }[]): Slot {
    const slot = this.table.get(index);
    if (slot.states !== VALID || !during.some(({ from, to }) => this.#maps(slot, index, from, to))) {
      return slot;
    }
    return { ...slot, states: VALID | ABSENT, cause: 'race', rc: undefined };
  }

  #maps({ guest }: Slot, index: number, from: bigint, to: bigint): boolean {
    if (guest === undefined) {
      return true;
    }
    for (let page = from; page < to; page += 4096n) {
      if (this.table.mapping(page).includes(index)) {
        return true;
      }
    }
    return false;
  }

  /** The table becomes what a dump shows. */
  #observe({ dump }: PlacedTable): void {
    const { table, host, isa3 } = this;
    this.#vrmaPending &&= dump.count === 0;
    table.empty();
    for (let i = 0; i < dump.count; i++) {
      const { state, v, guest, frame, rc } = wordsOf(dump, i, isa3);
      const slot: Slot = {
        states: state,
        v,
        guest,
        frame,
        rc: undefined,
        cause: 'no first dump',
        idCause: 'no first dump',
        frameCause: 'frame not traced',
        rcCause: 'R and C not traced',
      };
      const gpa = guest & 0x0ffffffffffff000n;
      const memslot = host.slotOf(gpa);
      const logged = memslot === undefined || memslot?.logDirty === true;
      table.put(dump.index[i] as number, { ...slot, rc: lastingRc(state, rc, logged) });
      if (state === VALID && frame !== undefined && this.#duringDump(this.#at).length === 0) {
        host.setMapped(
          gpa,
          bytesOf(slot) > 1n << BigInt(host.pageShift) ? undefined : frame & ~((1n << BigInt(host.pageShift)) - 1n),
        );
      }
    }
  }

  // ---- events -------------------------------------------------------------------------------------------------------

  #event(i: number): void {
    const { events } = this.#input;
    const kind = events.kind[i] as number;
    const task = events.task[i] as number;
    if (this.host.invalidating && endsInvalidation(kind, events)) {
      this.host.taskGoesOn(task);
    }
    if (isVcpuKind(kind)) {
      if (!this.machines.runs(task)) {
        return;
      }
      this.#vcpuEvent(i, kind, task);
      return;
    }
    switch (kind) {
      case eventCode.kvm_unmap_hva_range:
      case eventCode.kvm_set_spte_hva:
      case eventCode.kvm_age_hva:
        if (this.machines.mayInvalidate(task)) {
          this.#notifier(i, task, events.decode(i));
        }
        return;
      case eventCode.tlbie:
        this.#lpidSeen(task, events.decode(i));
        return;
      case eventCode.add_revmap:
        this.#linked(task, events.decode(i));
        return;
    }
  }

  #vcpuEvent(i: number, kind: number, task: number): void {
    this.#lastVcpuEvent = i;
    this.#vcpuTask = task;
    if (this.#vrmaPending) {
      this.#fillVrma();
    }
    if (this.#unseen && kind === eventCode.kvm_guest_enter) {
      this.#running.add(task);
      this.table.forgetAll('real-mode hypercalls');
      return;
    }
    if (kind === eventCode.kvm_guest_enter || kind === eventCode.kvmppc_run_vcpu_enter) {
      return;
    }
    if (kind === eventCode.kvm_guest_exit) {
      this.#running.delete(task);
      return;
    }
    const event = this.#input.events.decode(i);
    switch (event.kind) {
      case 'kvm_hcall_enter': {
        this.#abandon(event.vcpu);
        const fact = this.#input.hcalls.get(i);
        const complete = fact !== undefined && fact.args.length >= 8;
        const reach = reachOfHcall(event.nr, complete ? fact.args : event.args, complete);
        this.#pending.set(event.vcpu, {
          event: i,
          task,
          ...reach,
          disturbed: false,
          linked: undefined,
          what: { kind: 'hcall', call: event, fact },
        });
        return;
      }
      case 'kvm_hcall_exit': {
        const pending = this.#take(event.vcpu, 'hcall');
        if (pending !== undefined) {
          this.#hcall(pending, event.ret, event.hcallRc);
        }
        return;
      }
      case 'kvm_page_fault_enter': {
        this.#abandon(event.vcpu);
        checkMemslot(this, event);
        const ptegs = new Set(ptegsOfFault(this, event));
        const pending: Pending = {
          event: i,
          task,
          ptegs,
          anywhere: false,
          disturbed: false,
          linked: undefined,
          what: { kind: 'fault', fault: event, candidates: candidatesOfFault(this, event, [...ptegs]) },
        };
        this.#fault(pending);
        this.#pending.set(event.vcpu, pending);
        return;
      }
      case 'kvm_page_fault_exit': {
        const pending = this.#take(event.vcpu, 'fault');
        if (pending !== undefined) {
          if (applyFaultExit(this, pending, event)) {
            this.replayed++;
          }
          this.#concurrent(pending);
        }
        return;
      }
      default:
        return;
    }
  }

  #fault(pending: Pending): void {
    if (pending.what.kind !== 'fault' || (this.#unseen && this.#running.size > 0)) {
      return;
    }
    if (this.#others(pending).length > 0) {
      return;
    }
    if (pending.what.candidates.length > 0 || pending.ptegs.size > 0) {
      applyFaultEnter(this, pending.what.fault, pending.what.candidates);
    }
    if (pending.what.candidates.length === 1) {
      this.replayed++;
    }
    if (!this.recorded.faultExits) {
      for (const index of pending.what.candidates) {
        const slot = this.table.get(index);
        this.table.put(index, { ...slot, states: slot.states | VALID, frame: undefined, cause: 'events not recorded' });
      }
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

  /** The order of two operations on one PTEG that overlap in time is not known. */
  #concurrent(pending: Pending): void {
    const others = this.#others(pending);
    for (const other of others) {
      other.disturbed = true;
    }
    if (pending.disturbed || others.length > 0) {
      for (const pteg of pending.ptegs) {
        this.#blur(pteg, 'race');
      }
    }
  }

  #blur(pteg: number, cause: Cause): void {
    this.table.blur(pteg, cause);
    for (let i = 0; i < 8; i++) {
      this.hindsight.over(pteg * 8 + i);
    }
  }

  #hcall(pending: Pending, ret: bigint, rc: bigint): void {
    if (pending.what.kind !== 'hcall' || this.#unseen) {
      return;
    }
    const { nr } = pending.what.call;
    if ((ret & TO_HOST) !== 0n) {
      // the VMM may now replace the table
      if (nr === HCALL.resizeCommit || nr === HCALL.clientArchitecture || nr === HCALL.registerProcTable) {
        this.table.forgetAll('untraced ioctl');
        this.hindsight.clear();
      }
      return;
    }
    applyHcall(this, pending, rc);
    this.#concurrent(pending);
    if (!pending.anywhere && !pending.disturbed) {
      this.replayed++;
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
    if (pending?.what.kind !== 'hcall' || this.#unseen) {
      return;
    }
    for (const pteg of pending.ptegs) {
      this.#blur(pteg, 'lost events');
    }
    if (pending.anywhere) {
      this.table.maybeFreeAll('hidden bulk pairs');
    }
  }

  /** A flush of another guest's partition by the machine's own task: its process has a second machine. */
  #lpidSeen(task: number, event: DecodedEvent): void {
    if (event.kind !== 'tlbie' || event.lpid === 0n || !this.machines.runs(task)) {
      return;
    }
    if (this.#lpid === 0n) {
      this.#lpid = event.lpid;
    } else if (this.#lpid !== event.lpid) {
      this.#unseen = true;
      this.#secondMachine = true;
      this.table.forgetAll('untraced ioctl');
    }
  }

  #linked(task: number, event: DecodedEvent): void {
    const index = event.kind === 'probe' ? event.fields.idx : undefined;
    for (const pending of this.#pending.values()) {
      if (pending.task === task && index !== undefined && index < BigInt(this.table.entries)) {
        pending.linked = Number(index);
      }
    }
  }

  #notifier(i: number, task: number, event: DecodedEvent): void {
    const { host, table } = this;
    const page = 1n << BigInt(host.pageShift);
    if (event.kind !== 'kvm_unmap_hva_range' && event.kind !== 'kvm_set_spte_hva' && event.kind !== 'kvm_age_hva') {
      return;
    }
    const [start, end] = 'hva' in event ? [event.hva, event.hva + page] : [event.start, event.end];
    const ranges = host.slots === null ? null : host.guestRanges(start, end);
    if (event.kind === 'kvm_age_hva') {
      if (ranges === null) {
        table.ageAll();
      } else {
        for (const { from, to } of ranges) {
          table.age(from, to);
        }
      }
    } else if (ranges === null) {
      host.invalidate(i, task, start, end, null);
      table.maybeUnmapAll('memslots not told');
      return;
    } else if (ranges.length > 0) {
      host.invalidate(i, task, start, end, ranges);
      for (const { from, to } of ranges) {
        this.#unmap(from, to, task);
      }
    }
    this.replayed++;
  }

  #unmap(from: bigint, to: bigint, task: number): void {
    // an invalidation of which VMM's memory it is cannot be told where several have the same addresses
    const { tgids } = this.machines;
    if (tgids.length > 1 && !this.machines.runs(task)) {
      this.table.maybeUnmap(from, to, 'race');
    } else {
      this.table.unmap(from, to);
    }
  }

  /** The first run of a new table enters the real-mode area (kvmppc_map_vrma); the size of its pages is the VMM's mapping's. */
  #fillVrma(): void {
    this.#vrmaPending = false;
    const { host, table } = this;
    const slot = host.slotOf(0n);
    if (slot === undefined) {
      table.forgetAll('VRMA');
      return;
    }
    for (const shift of [12, 16, 24]) {
      if (slot === null || shift < host.pageShift) {
        continue;
      }
      for (const index of vrmaSlots(Number(slot.size), shift, table.ptegs)) {
        table.put(index, unknownSlot('VRMA'));
      }
    }
  }
}

/** Whether an event says that its task is outside the notifier. */
function endsInvalidation(kind: number, events: TraceEvents): boolean {
  switch (kind) {
    case eventCode.kvm_unmap_hva_range:
    case eventCode.kvm_set_spte_hva:
    case eventCode.tlbie:
      return false;
    default:
      // a system call begins or ends; what else the trace brought along may come from inside the notifier
      return kind < firstForeignKind || (!isHptProbe(kind) && (events.kindNames[kind] ?? '').startsWith('sys_'));
  }
}

const firstForeignKind = eventCode.add_revmap;

function recordedKinds({ events }: ReplayInput): Recorded {
  const seen = new Set<number>();
  for (let i = 0; i < events.count; i++) {
    seen.add(events.kind[i] as number);
  }
  return {
    unmaps: seen.has(eventCode.kvm_unmap_hva_range),
    faults: seen.has(eventCode.kvm_page_fault_enter),
    faultExits: seen.has(eventCode.kvm_page_fault_exit),
    hcalls: seen.has(eventCode.kvm_hcall_exit) && hasTableHcall(events),
    guestEnters: seen.has(eventCode.kvm_guest_enter),
  };
}

/** Whether any hypercall on the table was traced: POWER8 handles them where nothing is traced. */
function hasTableHcall(events: TraceEvents): boolean {
  for (let i = 0; i < events.count; i++) {
    if (events.kind[i] === eventCode.kvm_hcall_enter) {
      const event = events.decode(i);
      if (event.kind === 'kvm_hcall_enter' && (event.nr <= HCALL.protect || event.nr === HCALL.bulkRemove)) {
        return true;
      }
    }
  }
  return false;
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
