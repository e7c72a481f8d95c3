// Opens a capture's recording for replay, and makes poorer copies of it: facts, dumps or events taken out.

import { nodeDecompressors } from '../../src/platform/node/decoders';
import { TraceEvents } from '../../src/trace/events';
import type { ReplayInput } from '../../src/trace/replay/input';
import { openReplay } from '../../src/trace/replay/report';
import { type CaptureName, captureRecording } from '../support/captures';

/** The input of a capture. Fails the test when the recording has problems. */
export async function captureInput(capture: CaptureName, facts = true): Promise<ReplayInput> {
  const { access } = captureRecording(capture);
  const opened = await openReplay('hptscope.json', { files: access, decompressors: nodeDecompressors }, { facts });
  if (opened.input === null) {
    throw new Error(opened.problems.map(({ message }) => message).join('\n'));
  }
  return opened.input;
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Leaves out facts and dumps: each stays with the given probability. */
export function withoutSome(input: ReplayInput, stays: number, random: () => number): ReplayInput {
  const some = <T>(all: readonly T[]): T[] => all.filter(() => random() < stays);
  return {
    ...input,
    tables: some(input.tables),
    pagemaps: some(input.pagemaps),
    pages: some(input.pages),
    hcalls: new Map(some([...input.hcalls])),
  };
}

/** Takes stretches of events out as a full ring buffer does: the trace says that something is lost, not what. */
export function withLostEvents(input: ReplayInput, stretches: number, random: () => number): ReplayInput {
  const { events } = input;
  const gone = new Uint8Array(events.count);
  const starts = new Set<number>();
  for (let i = 0; i < stretches; i++) {
    const start = Math.floor(random() * events.count);
    starts.add(start);
    gone.fill(1, start, Math.min(events.count, start + 1 + Math.floor(random() * 200)));
  }
  return withoutEvents(input, gone, starts);
}

/** Takes all events of some kinds out, as if they had not been recorded. */
export function withoutKinds(input: ReplayInput, names: readonly string[]): ReplayInput {
  const { events } = input;
  const kinds = new Set(names.map((name) => events.kindNames.indexOf(name)));
  const gone = Uint8Array.from({ length: events.count }, (_, i) => (kinds.has(events.kind[i] as number) ? 1 : 0));
  return withoutEvents(input, gone, new Set());
}

/**
 * Takes events out.
 * @param gone 1 for each event that goes
 * @param starts events at which the trace says that some are lost
 */
function withoutEvents(input: ReplayInput, gone: Uint8Array, starts: ReadonlySet<number>): ReplayInput {
  const { events } = input;
  const left = new TraceEvents();
  left.base = events.base;
  left.unit = events.unit;
  left.resolution = events.resolution;
  left.sources.push(...events.sources);
  left.tasks.push(...events.tasks);
  left.kindNames.splice(0, left.kindNames.length, ...events.kindNames);
  const places = new Uint32Array(events.count + 1);
  for (let i = 0; i < events.count; i++) {
    places[i] = left.count;
    if (starts.has(i)) {
      left.lost.push({ before: left.count, cpu: 0, count: undefined });
    }
    if (gone[i] === 0) {
      left.add(
        {
          time: events.time[i] as number,
          cpu: events.cpu[i] as number,
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
  }
  places[events.count] = left.count;
  const moved = <T extends { readonly before: number }>(all: readonly T[]): T[] =>
    all.map((one) => ({ ...one, before: places[one.before] as number }));
  // what was seen within a lost stretch has no place any more
  const seen = <T extends { readonly before: number }>(all: readonly T[]): T[] =>
    moved(
      starts.size === 0
        ? all
        : all.filter(({ before }) => gone[before] !== 1 || before === 0 || gone[before - 1] !== 1),
    );
  return {
    ...input,
    events: left,
    hpts: moved(input.hpts),
    slots: input.slots === null ? null : moved(input.slots),
    tables: seen(input.tables),
    pagemaps: seen(input.pagemaps),
    pages: seen(input.pages),
    hcalls: new Map([...input.hcalls].filter(([i]) => gone[i] === 0).map(([i, fact]) => [places[i] as number, fact])),
  };
}
