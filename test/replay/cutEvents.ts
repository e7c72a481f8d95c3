// Poorer copies of a recording: events taken out as real ring buffers and filters lose them.

import { TraceEvents } from '../../src/trace/events';
import type { ReplayInput } from '../../src/trace/replay/input';

/** Takes all events of some kinds out, as if they had not been recorded. */
export function withoutKinds(input: ReplayInput, names: readonly string[]): ReplayInput {
  const { events } = input;
  const kinds = new Set(names.map((name) => events.kindNames.indexOf(name)));
  return withoutEvents(
    input,
    Uint8Array.from({ length: events.count }, (_, i) => (kinds.has(events.kind[i] as number) ? 1 : 0)),
  );
}

/** Takes stretches of events out as a full ring buffer does: the trace says that something is lost, not what. */
export function withLostEvents(input: ReplayInput, stretches: number, random: () => number): ReplayInput {
  const { events } = input;
  const gone = new Uint8Array(events.count);
  for (let i = 0; i < stretches; i++) {
    const start = Math.floor(random() * events.count);
    const end = start + 1 + Math.floor(random() * 200);
    const cpu = events.cpu[start];
    // of one CPU only: the others went on
    for (let at = start; at < Math.min(end, events.count); at++) {
      gone[at] = events.cpu[at] === cpu ? 1 : (gone[at] as number);
    }
  }
  return withoutEvents(input, gone, true);
}

/** Takes the oldest events of each CPU out, as a ring buffer does that overwrites them. There is no mark of it. */
export function withoutBeginning(input: ReplayInput, random: () => number): ReplayInput {
  const { events } = input;
  const starts = new Map<number, number>();
  // the newest event of each CPU is always there
  const newest = new Map<number, number>();
  for (let i = 0; i < events.count; i++) {
    newest.set(events.cpu[i] as number, i);
  }
  const gone = Uint8Array.from({ length: events.count }, (_, i) => {
    const cpu = events.cpu[i] as number;
    const start = starts.get(cpu) ?? Math.floor(random() * events.count * 0.8);
    starts.set(cpu, start);
    return i < start && newest.get(cpu) !== i ? 1 : 0;
  });
  const left = withoutEvents(input, gone);
  left.events.overwritten = events.count - left.events.count;
  return left;
}

/** The trace ends earlier. */
export function withoutEnd(input: ReplayInput, random: () => number): ReplayInput {
  const { events } = input;
  const end = Math.floor(random() * events.count);
  return withoutEvents(
    input,
    Uint8Array.from({ length: events.count }, (_, i) => (i < end ? 0 : 1)),
  );
}

/** The same trace from a host with more CPUs: what ran on one now moves between several. */
export function onSeveralCpus(input: ReplayInput, cpus: number, random: () => number): ReplayInput {
  const { events } = input;
  const moved = withoutEvents(input, new Uint8Array(events.count));
  let cpu = 0;
  for (let i = 0; i < events.count; i++) {
    cpu = random() < 0.1 ? Math.floor(random() * cpus) : cpu;
    moved.events.cpu[i] = cpu;
  }
  return moved;
}

/**
 * Takes events out.
 * @param gone 1 for each event that goes
 * @param marked the trace says before the next event of the same CPU that some are lost
 */
export function withoutEvents(input: ReplayInput, gone: Uint8Array, marked = false): ReplayInput {
  const { events } = input;
  const left = new TraceEvents();
  left.base = events.base;
  left.unit = events.unit;
  left.resolution = events.resolution;
  left.overwritten = events.overwritten;
  left.sources.push(...events.sources);
  left.tasks.push(...events.tasks);
  left.kindNames.splice(0, left.kindNames.length, ...events.kindNames);
  const places = new Uint32Array(events.count + 1);
  const losing = new Set<number>();
  let lost = 0;
  for (let i = 0; i < events.count; i++) {
    places[i] = left.count;
    for (; (events.lost[lost]?.before ?? Number.POSITIVE_INFINITY) <= i; lost++) {
      losing.add(events.lost[lost]?.cpu ?? 0);
    }
    const cpu = events.cpu[i] as number;
    if (gone[i] === 1) {
      if (marked) {
        losing.add(cpu);
      }
      continue;
    }
    if (losing.delete(cpu)) {
      left.lost.push({ before: left.count, cpu, count: undefined });
    }
    left.add(
      {
        time: events.time[i] as number,
        cpu,
        task: events.task[i] as number,
        kind: events.kind[i] as number,
        flags: 0,
        offset: events.offset[i] as number,
        length: events.length[i] as number,
        textAt: events.textAt[i] as number,
        line: events.line[i] as number,
      },
      events.source[i] as number,
    );
  }
  places[events.count] = left.count;
  const [first, last] = [gone.indexOf(0), gone.lastIndexOf(0)];
  const placeOf = (before: number): number => {
    if (before > last + 1) {
      return left.count + 1;
    }
    return before < first ? -1 : (places[before] as number);
  };
  for (const { cpu = 0 } of events.lost.slice(lost)) {
    losing.add(cpu);
  }
  for (const cpu of losing) {
    left.lost.push({ before: left.count, cpu, count: undefined });
  }
  const moved = <T extends { readonly before: number }>(all: readonly T[]): T[] =>
    all.map((one) => ({ ...one, before: placeOf(one.before) }));
  return {
    ...input,
    events: left,
    hpts: moved(input.hpts),
    slots: input.slots === null ? null : moved(input.slots),
    tables: moved(input.tables),
    pagemaps: moved(input.pagemaps),
    pages: moved(input.pages),
    hcalls: new Map([...input.hcalls].filter(([i]) => gone[i] === 0).map(([i, fact]) => [places[i] as number, fact])),
  };
}
