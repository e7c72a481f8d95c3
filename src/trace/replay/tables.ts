// The life of a machine's table: it is allocated, reset, replaced by one of another size, and filled with the real-mode area when
// the machine first runs.

import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';
import type { Context } from './context';
import { placeEntry } from './entries';
import type { PlacedHpt } from './input';
import { ABSENT, FREE, unknownSlot } from './knowledge';
import { isVcpuKind, type Machines } from './machines';
import { RC, slotAfterResize, V_BOLTED, vrmaEntries, vrmaShiftOf } from './words';

export class Tables {
  readonly #context: Context;
  /** the table is new, and the machine has not run with it */
  #fresh = false;
  /** event of the run that filled the real-mode area of the present table, while the VMM has the same mapping there */
  #firstRun: number | undefined;
  /** log2 of the page size of the last real-mode area that was seen, while the VMM has the same mapping there */
  #vrmaShift: number | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The table is another one from here on. */
  change(hpt: PlacedHpt): void {
    const { order, how, before } = hpt;
    const context = this.#context;
    const entries = 2 ** (order - 4);
    const { sizeKnown } = context;
    context.sizeKnown = true;
    context.hindsight.clear();
    if (how === 'resize') {
      resize(context, entries, sizeKnown);
      return;
    }
    context.table = context.newTable(entries, unknownSlot('no first dump'));
    // what was allocated later on may have been filled by the VMM (HTAB_FD), which no event tells
    this.#fresh = how === 'reset' || (hpt === context.input.hpts[0] && isNewMachine(context, before));
    this.#firstRun = undefined;
    if (this.#fresh) {
      context.table.empty();
    } else {
      assumeEmpty(context);
    }
  }

  /** The table may be another one, of another size, since the machine last ran: the VMM has replaced it, and nothing tells how. */
  replacedUnseen(entries: number): void {
    const context = this.#context;
    context.sizeKnown = false;
    context.hindsight.clear();
    context.table = context.newTable(Math.max(entries, context.table.entries), unknownSlot('untraced ioctl'));
    this.#fresh = false;
    this.memoryReplaced();
  }

  /** Events were lost: the machine may have run with its table. */
  lostEvents(): void {
    this.#fresh = false;
    this.memoryReplaced();
  }

  /** A dump shows the table; if it is not empty, the real-mode area is there. */
  dumped(isEmpty: boolean): void {
    this.#fresh &&= isEmpty;
  }

  /** An entry was seen. One of the real-mode area tells the page size of all of it. */
  seen(index: number, v: bigint, guest: bigint, byFault: boolean): void {
    const event = this.#firstRun;
    const shift = event === undefined || index % 8 !== 7 ? undefined : vrmaShiftOf(v, guest);
    if (event === undefined || shift === undefined) {
      return;
    }
    this.#vrmaShift = shift;
    if (byFault) {
      this.#context.hindsight.vrmaSeen(event, shift);
    }
  }

  /** Other memory may be mapped at a range of host addresses; that of large pages comes in no less than such a page. */
  mappingReplaced(start: bigint, end: bigint): void {
    const { host } = this.#context;
    if (end - start >= smallestHugetlb && host.guestRanges(start, end).some(({ from }) => from === 0n)) {
      this.memoryReplaced();
    }
  }

  /** Guest real address 0 is other memory. */
  memoryReplaced(): void {
    this.#firstRun = undefined;
    this.#vrmaShift = undefined;
  }

  /** A vCPU does something. The first run of a new table enters the real-mode area (kvmppc_map_vrma). */
  run(): void {
    const { host, table, hindsight, at, isa3 } = this.#context;
    const slot = host.slotOf(0n);
    if (!this.#fresh || slot === null) {
      return;
    }
    this.#fresh = false;
    this.#firstRun = at;
    if (slot === undefined) {
      table.forgetAll('VRMA');
      return;
    }
    const told = hindsight.vrmaShiftOf(at) ?? this.#vrmaShift;
    const shift = told ?? (this.#context.assuming?.has('vrma-pages') === true ? host.pageShift : undefined);
    if (shift !== undefined) {
      for (const { index, v, guest } of vrmaEntries(slot.size, shift, table.ptegs, isa3)) {
        if (told === undefined) {
          this.#context.assume('vrma-pages', [index]);
        }
        placeEntry(this.#context, { event: at, linked: false, v, guest, rc: RC }, index);
      }
      return;
    }
    for (const possible of [12, 16, 24].filter((one) => one >= host.pageShift)) {
      for (const { index } of vrmaEntries(slot.size, possible, table.ptegs, isa3)) {
        table.put(index, unknownSlot('VRMA'));
      }
    }
  }
}

const smallestHugetlb = 1n << 21n;

/** A table of which nothing is known yet is empty, where that is to be assumed. */
export function assumeEmpty(context: Context): void {
  if (context.assuming?.has('empty-start') === true) {
    context.table.empty();
    context.assume('empty-start');
  }
}

/**
 * Whether the machine has not run yet: the trace begins before the table was made, and shows how it is first used. Else "allocate"
 * only tells the table's size.
 */
export function isNewMachine({ input: { events }, machines }: Context, before: number): boolean {
  for (let i = 0; i < events.count; i++) {
    const kind = events.kind[i] as number;
    if (isVcpuKind(kind) && machines.runs(events.task[i] as number)) {
      return (
        before > 0 && i >= before && (kind === eventCode.kvmppc_run_vcpu_enter || kind === eventCode.kvm_guest_enter)
      );
    }
  }
  return false;
}

/**
 * Moments (events before them have happened) by which the table may have become another one without a word of it in the recording:
 * somewhere between the machine's last run and the flush of its partition, so before each dump in between as well.
 */
export function unseenReplacements(context: Context): number[] {
  if (!context.isa3) {
    return [];
  }
  const { recorded, input } = context;
  return recorded.flushes || input.hpts.length > 0 ? flushedReplacements(context) : anyReplacements(context);
}

function flushedReplacements({ input: { events, hpts, tables }, machines }: Context): number[] {
  const found: number[] = [];
  let lastRun = -1;
  let next = 0;
  const { flushes } = machines;
  for (let i = 0; i < events.count && next < flushes.length; i++) {
    const kind = events.kind[i] as number;
    if (isVcpuKind(kind) && kind !== eventCode.kvmppc_run_vcpu_enter && machines.runs(events.task[i] as number)) {
      lastRun = i;
    }
    if (i === flushes[next]) {
      next++;
      // a resize is told after the flush: at a mark that follows it
      const toldUntil = nextRun(events, machines, i);
      if (lastRun >= 0 && !hpts.some(({ before }) => before > lastRun && before <= toldUntil)) {
        // a table that is replaced before a run is flushed at the run; if none comes, the machine goes
        const from = toldUntil < events.count ? lastRun + 1 : i + 1;
        const dumped = tables.map(({ before }) => before).filter((before) => before > from && before <= i);
        found.push(from, ...dumped, i + 1);
      }
    }
  }
  return found;
}

/**
 * The same where neither flushes nor tables are told: the VMM can replace the table whenever none of its vCPUs is in the kernel. (It
 * can do nothing else to the table unseen: what it does of the rest has events.)
 */
function anyReplacements({ input: { events, tables }, machines }: Context): number[] {
  const found: number[] = [];
  const inKernel = new Set<number>();
  let since: number | undefined = 0;
  for (let i = 0; i <= events.count; i++) {
    const kind = events.kind[i] as number;
    const task = events.task[i] as number;
    const runs = i < events.count && isVcpuKind(kind) && machines.runs(task);
    if (!runs && i < events.count) {
      continue;
    }
    if (since !== undefined) {
      const from = since;
      found.push(from, ...tables.map(({ before }) => before).filter((before) => before > from && before <= i), i);
      since = undefined;
    }
    if (kind !== eventCode.kvm_userspace_exit) {
      inKernel.add(task);
    } else if (inKernel.delete(task) && inKernel.size === 0) {
      since = i + 1;
    }
  }
  return found;
}

/** The machine's next own event but kvmppc_run_vcpu_enter, or the end. */
function nextRun(events: TraceEvents, machines: Machines, after: number): number {
  let i = after + 1;
  while (i < events.count && !(isVcpuKind(events.kind[i] as number) && machines.runs(events.task[i] as number))) {
    i++;
  }
  return i;
}

/** Bolted entries are kept, absent, at the slot of their hash, which depends on both sizes; all others go. */
function resize(context: Context, entries: number, sizeKnown: boolean): void {
  const old = context.table;
  const { ptegs } = old;
  const table = context.newTable(entries, unknownSlot('resize'));
  context.table = table;
  const drops = context.assuming?.has('resize-drops') === true;
  if (!sizeKnown || (old.background.states !== FREE && !drops)) {
    return;
  }
  table.empty();
  table.rests.addEverywhere(old.rests.all);
  if (old.background.states !== FREE) {
    context.assume('resize-drops');
  }
  for (const [index, slot] of [...old.known()]) {
    if (slot.states === FREE) {
      continue;
    }
    const to =
      slot.v === undefined || slot.guest === undefined
        ? undefined
        : slotAfterResize(index, slot.v, slot.guest, ptegs, table.ptegs);
    if (slot.v === undefined || to === undefined) {
      if (context.assume('resize-drops')) {
        continue;
      }
      table.forgetAll('resize');
      return;
    }
    if ((slot.v & V_BOLTED) !== 0n) {
      table.put(to, { ...slot, states: ABSENT | (slot.states & FREE), cause: 'resize' });
    }
  }
}
