// Joins the events of several traces of one run (say, one of each instance or of each file) in the order of their time.

import { type NewEvent, TraceEvents } from './events';

/** A trace being merged: the next event, and what its codes are in the merged one. */
interface Part {
  readonly events: TraceEvents;
  next: number;
  nextLost: number;
  readonly kinds: readonly number[];
  readonly tasks: readonly number[];
  readonly flags: readonly number[];
  readonly sources: readonly number[];
  /** What to add to a time of this trace to make it one of the merged trace. */
  readonly shift: number;
}

/** The events of all traces. Traces must count the same unit on the same clock. */
export function mergeEvents(traces: readonly TraceEvents[]): TraceEvents {
  const only = traces[0];
  if (only !== undefined && traces.length === 1) {
    return only;
  }
  const merged = new TraceEvents();
  const filled = traces.filter((events) => events.count > 0);
  merged.unit = filled[0]?.unit ?? 'ns';
  merged.base = filled.reduce((least, { base }) => (base < least ? base : least), filled[0]?.base ?? 0n);
  merged.resolution = Math.max(1, ...filled.map(({ resolution }) => resolution));
  const parts = filled.map((events) => partOf(events, merged));
  for (let part = earliest(parts); part !== undefined; part = earliest(parts)) {
    if (part.next === 0 && merged.count > 0 && !parts.some(isRunning)) {
      // nothing was recorded between the end of one trace and the start of the next
      merged.lost.push({ before: merged.count, cpu: part.events.cpu[0] as number, count: undefined });
    }
    merged.overwritten += part.next === 0 ? part.events.overwritten : 0;
    take(part, merged);
  }
  for (const part of parts) {
    takeLosses(part, merged);
  }
  return merged;
}

function isRunning({ next, events }: Part): boolean {
  return next > 0 && next < events.count;
}

function partOf(events: TraceEvents, merged: TraceEvents): Part {
  return {
    events,
    next: 0,
    nextLost: 0,
    kinds: events.kindNames.map((name) => merged.kindCode(name)),
    tasks: events.tasks.map(({ comm, pid, tgid }) => merged.taskCode(comm, pid, tgid)),
    flags: events.flagTexts.map((text) => merged.flagCode(text)),
    sources: events.sources.map((source) => Math.min(merged.sources.push(source) - 1, 0xff)),
    shift: Number(events.base - merged.base),
  };
}

/** The part whose next event is the earliest; the first of those with the same time. */
function earliest(parts: readonly Part[]): Part | undefined {
  let best: Part | undefined;
  let bestTime = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    const time = part.next < part.events.count ? (part.events.time[part.next] as number) + part.shift : bestTime;
    if (time < bestTime) {
      best = part;
      bestTime = time;
    }
  }
  return best;
}

/** Takes over what a part lost before its next event. */
function takeLosses(part: Part, merged: TraceEvents): void {
  const { lost } = part.events;
  for (let one = lost[part.nextLost]; one !== undefined && one.before <= part.next; one = lost[++part.nextLost]) {
    merged.lost.push({ ...one, before: merged.count });
  }
}

function take(part: Part, merged: TraceEvents): void {
  const { events, next: i } = part;
  takeLosses(part, merged);
  const event: NewEvent = {
    time: (events.time[i] as number) + part.shift,
    cpu: events.cpu[i] as number,
    task: part.tasks[events.task[i] as number] ?? 0,
    kind: part.kinds[events.kind[i] as number] ?? 0,
    flags: part.flags[events.flags[i] as number] ?? 0,
    offset: events.offset[i] as number,
    length: events.length[i] as number,
    textAt: events.textAt[i] as number,
    line: events.line[i] as number,
  };
  merged.add(event, part.sources[events.source[i] as number] ?? 0);
  part.next++;
}
