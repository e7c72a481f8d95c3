// Opens a trace, a recording folder or a table dump as a recorded run. Reads through the host's file access; never throws for
// what stands in a file.

import type { Run } from '../timeline/run';
import { detectInput } from './detect';
import type { TraceEvents } from './events';
import { firstBytes } from './firstBytes';
import { readHtabText } from './htabText';
import { isNewLayout, type ObservedHpt, type ObservedSlot, type ObservedTable, observe } from './observed';
import { type OpenedRecording, type OpenServices, openRecording, openTrace } from './openTrace';
import { type InputProblem, ProblemList } from './problem';
import { type PlacedAt, resolvePlacedAt } from './recordingFile';

/** A run and what is wrong with its input although it could be made; without a run, why it could not. */
export interface OpenedRunFile {
  readonly run: Run | null;
  readonly problems: readonly InputProblem[];
}

/**
 * Opens a trace, a debugfs htab dump or the `hptscope.json` of a recording.
 *
 * @param path relative to the services' folder
 */
export async function openRun(path: string, services: OpenServices): Promise<OpenedRunFile> {
  let head: Uint8Array;
  try {
    head = await firstBytes(path, services.files);
  } catch (error) {
    return {
      run: null,
      problems: [{ severity: 'error', file: path, message: error instanceof Error ? error.message : String(error) }],
    };
  }
  const { kind } = detectInput(path, head);
  if (kind === 'recording') {
    return recordingRun(path, services);
  }
  return kind === 'htab' ? dumpRun(path, services) : traceRun(path, services);
}

/** A bare trace: neither the table's size nor its memslots are known. */
async function traceRun(path: string, services: OpenServices): Promise<OpenedRunFile> {
  const opened = await openTrace(path, services);
  if (!('events' in opened)) {
    return { run: null, problems: opened.problems };
  }
  const { events } = opened;
  if (events.count === 0) {
    const problems = new ProblemList(path);
    problems.add('error', 'there is no event in this trace');
    return { run: null, problems: [...opened.problems, ...problems.list()] };
  }
  const run = observe({
    title: path,
    kind: 'trace',
    machine: { kernel: 'linux-6.1', cpu: 'POWER9', pageShift: 16 },
    events,
    hpts: [],
    slots: [],
    tables: [],
    notes: [
      'A bare trace tells neither the size nor the content of the table, nor the memslots: a recording folder (hptscope.json) joins them.',
    ],
    cancelled: () => services.control?.cancelled?.() === true,
  });
  return { run, problems: opened.problems };
}

async function dumpRun(path: string, services: OpenServices): Promise<OpenedRunFile> {
  const { dump, problems } = readHtabText(await services.files.read(path), path);
  if (dump.count === 0 && problems.some(({ severity }) => severity === 'error')) {
    return { run: null, problems };
  }
  const newLayout = isNewLayout(dump);
  const run = observe({
    title: path,
    kind: 'dump',
    machine: { kernel: 'linux-6.1', cpu: newLayout ? 'POWER9' : 'POWER8', pageShift: 16 },
    events: null,
    hpts: [],
    slots: [],
    tables: [{ before: 0, file: path, dump }],
    notes: ['A dump does not tell the size of the table: the smallest one that holds its indexes is shown.'],
  });
  return { run, problems };
}

async function recordingRun(path: string, services: OpenServices): Promise<OpenedRunFile> {
  const opened = await openRecording(path, services);
  if (!('events' in opened)) {
    return { run: null, problems: opened.problems };
  }
  const { recording, events } = opened;
  const problems = [...opened.problems];
  const placed = (at: PlacedAt): number | undefined => {
    const resolved = resolvePlacedAt(at, events, opened.file);
    if ('before' in resolved) {
      return resolved.before;
    }
    problems.push(resolved);
    return undefined;
  };
  const hpts: ObservedHpt[] = [];
  for (const { order, at } of recording.hpt) {
    const before = placed(at);
    if (before !== undefined) {
      hpts.push({ before, order });
    }
  }
  const run = observe({
    title: path,
    kind: 'trace',
    machine: { kernel: recording.kernel, cpu: recording.cpu, pageShift: Math.log2(recording.hostPageSize) },
    events,
    hpts: hpts.sort((a, b) => a.before - b.before),
    slots: slotChanges(opened, placed),
    tables: await tablesOf(opened, placed, problems),
    notes: ['The table is shown as its dumps observed it; what events did in between is not replayed.'],
    cancelled: () => services.control?.cancelled?.() === true,
  });
  return { run, problems };
}

function slotChanges({ recording }: OpenedRecording, placed: (at: PlacedAt) => number | undefined): ObservedSlot[] {
  const changes: ObservedSlot[] = [];
  const page = BigInt(recording.hostPageSize);
  for (const { slot, gpa, size, hva, logDirty, from, to } of recording.memslots) {
    const is = { baseGfn: Number(gpa / page), npages: Number(size / page), hva: Number(hva), logDirty };
    const begins = from === undefined ? 0 : placed(from);
    const ends = to === undefined ? undefined : placed(to);
    if (begins !== undefined) {
      changes.push({ before: begins, slot, is });
    }
    if (ends !== undefined) {
      changes.push({ before: ends, slot, is: null });
    }
  }
  return changes;
}

async function tablesOf(
  opened: OpenedRecording & { readonly events: TraceEvents },
  placed: (at: PlacedAt) => number | undefined,
  problems: InputProblem[],
): Promise<ObservedTable[]> {
  const tables: ObservedTable[] = [];
  for (const dump of opened.recording.dumps) {
    const before = dump.kind === 'htab' ? placed(dump.at) : undefined;
    if (before === undefined) {
      continue;
    }
    const loaded = await opened.loadDump(dump);
    if ('kind' in loaded && loaded.kind === 'htab') {
      tables.push({ before, file: dump.file, dump: loaded.dump });
      problems.push(...loaded.problems);
    } else if (!('kind' in loaded)) {
      problems.push(loaded);
    }
  }
  return tables;
}
