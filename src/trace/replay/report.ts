// The answer of `hptscope replay`: one object that says how much of the trace was replayed and how it compares with the dumps.

import { type AssumptionName, namesIn } from '../../timeline/assumptions';
import type { TraceEvents } from '../events';
import { type OpenServices, openRecording, openTrace } from '../openTrace';
import type { InputProblem } from '../problem';
import { matchHcallFacts } from '../recordingFacts';
import { type PlacedAt, resolvePlacedAt } from '../recordingFile';
import { type AssumedCount, AssumingReplay } from './assumingReplay';
import type { Field, FieldCount } from './checkpoint';
import type { DivergenceKind } from './context';
import { Found } from './hindsight';
import type { PlacedPagemap, PlacedSlot, PlacedTable, ReplayInput } from './input';
import { Replay, type ReplayOptions } from './replay';

export interface ReplayReport {
  /** events in the trace */
  readonly events: number;
  /** events that drove the machine, with all that they need known */
  readonly replayed: number;
  /** dumps that were compared */
  readonly checkpoints: number;
  /** dumps that were not compared: the VMM had two machines then, and nothing tells whose table they show */
  readonly unattributed: number;
  /** entries compared, over all checkpoints */
  readonly entries: number;
  readonly fields: Readonly<Record<Field, FieldCount>>;
  readonly divergences: Readonly<Partial<Record<DivergenceKind, number>>>;
  /** only where something was assumed */
  readonly assumed?: AssumedReport;
}

/** What was assumed. `fields` count values that are unknown without the assumptions, and among the unknown ones of the report. */
export interface AssumedReport {
  readonly assumptions: readonly AssumptionName[];
  readonly fields: Readonly<Record<Field, AssumedCount>>;
  /** how often each was among those of which one turned out false */
  readonly false: Readonly<Partial<Record<AssumptionName, number>>>;
}

export function reportOf(replay: Replay, events: number): ReplayReport {
  const divergences: Partial<Record<DivergenceKind, number>> = {};
  for (const { kind } of replay.divergences) {
    divergences[kind] = (divergences[kind] ?? 0) + 1;
  }
  const { checkpoints, entries, fields } = replay.comparison;
  const unattributed = replay.unattributed.length;
  return { events, replayed: replay.replayed, checkpoints, unattributed, entries, fields, divergences };
}

export interface OpenedReplay {
  readonly input: ReplayInput | null;
  readonly problems: readonly InputProblem[];
}

/** Opens a recording (`hptscope.json`) or a bare trace for replay. */
export async function openReplay(
  path: string,
  services: OpenServices,
  options: { readonly facts: boolean },
): Promise<OpenedReplay> {
  return /(^|\/)hptscope\.json$/.test(path)
    ? openRecordingReplay(path, services, options.facts)
    : openTraceReplay(path, services);
}

/** Opens a bare trace for replay. */
export async function openTraceReplay(path: string, services: OpenServices): Promise<OpenedReplay> {
  const opened = await openTrace(path, services);
  if (!('events' in opened)) {
    return { input: null, problems: opened.problems };
  }
  return { input: bareInput(path, opened.events), problems: opened.problems };
}

/** What a trace tells by itself: no table size, no memslots, no dumps. */
export function bareInput(title: string, events: TraceEvents): ReplayInput {
  return {
    title,
    events,
    kernel: 'linux-6.1',
    cpu: 'POWER9',
    pageShift: 12,
    tgid: undefined,
    hpts: [],
    slots: null,
    tables: [],
    pagemaps: [],
    pages: [],
    hcalls: new Map(),
  };
}

/** Opens the hptscope.json of a recording for replay. @param useFacts whether its facts count */
export async function openRecordingReplay(
  path: string,
  services: OpenServices,
  useFacts: boolean,
): Promise<OpenedReplay> {
  const opened = await openRecording(path, services);
  if (!('events' in opened)) {
    return { input: null, problems: opened.problems };
  }
  const { recording, events, file } = opened;
  const problems = [...opened.problems];
  const place = (at: PlacedAt): number | undefined => {
    const outside = placeOutside(at, events);
    if (outside !== undefined) {
      return outside;
    }
    const resolved = resolvePlacedAt(at, events, file);
    if ('before' in resolved) {
      return resolved.before;
    }
    problems.push(resolved);
    return undefined;
  };
  const placed = <T extends { readonly at: PlacedAt }>(all: readonly T[]): (T & { readonly before: number })[] =>
    all.flatMap((one) => {
      const before = place(one.at);
      return before === undefined ? [] : [{ ...one, before }];
    });
  const slots: PlacedSlot[] = [];
  for (const { from, to, slot, ...rest } of recording.memslots) {
    const comes = from === undefined ? 0 : place(from);
    const goes = to === undefined ? undefined : place(to);
    if (comes !== undefined) {
      slots.push({ before: comes, slot, is: { slot, ...rest } });
    }
    if (goes !== undefined) {
      slots.push({ before: goes, slot, is: null });
    }
  }
  const hpts = placed(recording.hpt);
  // what has no place may concern any moment
  const allSlots = slots.length === recording.memslots.reduce((sum, { to }) => sum + (to === undefined ? 1 : 2), 0);
  // at one place what goes, goes first
  slots.sort((a, b) => a.before - b.before || (a.is === null ? 0 : 1) - (b.is === null ? 0 : 1));
  const tables: PlacedTable[] = [];
  const pagemaps: PlacedPagemap[] = [];
  for (const dump of placed(recording.dumps)) {
    const loaded = await opened.loadDump(dump);
    if (!('kind' in loaded)) {
      problems.push(loaded);
      continue;
    }
    problems.push(...loaded.problems);
    if (loaded.kind === 'htab') {
      tables.push({ before: dump.before, file: dump.file, dump: loaded.dump });
    } else if (loaded.kind === 'pagemap') {
      pagemaps.push({ before: dump.before, pagemap: loaded });
    }
  }
  const facts = useFacts ? (opened.facts?.facts ?? []) : [];
  const pages = facts.flatMap((fact) => (fact.kind === 'page' ? [fact] : []));
  const input: ReplayInput = {
    title: path,
    events,
    kernel: recording.kernel,
    cpu: recording.cpu,
    pageShift: Math.log2(recording.hostPageSize),
    tgid: recording.tgid,
    hpts: hpts.length === recording.hpt.length ? hpts : [],
    slots: recording.memslots.length === 0 || !allSlots ? null : slots,
    tables,
    pagemaps,
    pages: placed(pages),
    hcalls: matchHcallFacts(facts, events).byEvent,
  };
  return { input, problems };
}

/** The place of a time before the trace begins or after its end, where events may be missing; undefined within the trace. */
function placeOutside({ at }: PlacedAt, events: TraceEvents): number | undefined {
  if (!('ns' in at) || events.count === 0) {
    return undefined;
  }
  const resolution = BigInt(events.resolution);
  if (at.ns < events.timeOf(0) - resolution) {
    return -1;
  }
  return at.ns > events.timeOf(events.count - 1) + resolution ? events.count + 1 : undefined;
}

/** Passes that look for what later events force of earlier ones; each can only tell more. */
const morePasses = 3;

/** Replays until later events force nothing more of earlier ones. */
function settle(input: ReplayInput, options: ReplayOptions): { readonly replay: Replay; readonly found: Found } {
  let found = new Found();
  let replay = new Replay(input, { ...options, found }).run();
  for (let pass = 0, amount = 0; pass < morePasses && replay.hindsight.found.amount > amount; pass++) {
    found = replay.hindsight.found;
    amount = found.amount;
    replay = new Replay(input, { ...options, found }).run();
  }
  return { replay, found };
}

/** The same with assumptions. @param assumptions a set (src/timeline/assumptions.ts) */
export function replayAssuming(
  input: ReplayInput,
  assumptions: number,
  options: ReplayOptions,
): { readonly replay: AssumingReplay; readonly report: ReplayReport } {
  const found = foundIn(input, options);
  const replay = new AssumingReplay(input, assumptions, { ...options, found }).run();
  const report = reportOf(replay.sound, input.events.count);
  const falseOnes: Partial<Record<AssumptionName, number>> = {};
  for (const name of replay.falseOnes.flatMap((one) => one.assumptions)) {
    falseOnes[name] = (falseOnes[name] ?? 0) + 1;
  }
  const assumption = replay.falseOnes.length;
  return {
    replay,
    report: {
      ...report,
      divergences: { ...report.divergences, ...(assumption > 0 && { assumption }) },
      assumed: { assumptions: namesIn(assumptions), fields: replay.compared, false: falseOnes },
    },
  };
}

/** Replays what was opened. The last pass knows what those before it found. */
export function replayInput(input: ReplayInput, options: ReplayOptions): { replay: Replay; report: ReplayReport } {
  const { replay } = settle(input, options);
  return { replay, report: reportOf(replay, input.events.count) };
}

/** What later events force of earlier ones, for a pass that is to know it. */
export function foundIn(input: ReplayInput, options: ReplayOptions): Found {
  return settle(input, options).found;
}
