// Opens a trace, a recording folder or a table dump as a recorded run. Reads through the host's file access; never throws for
// what stands in a file.

import type { Run } from '../timeline/run';
import { detectInput } from './detect';
import { TraceEvents } from './events';
import { firstBytes } from './firstBytes';
import { isNewLayout } from './htabDump';
import { readHtabText } from './htabText';
import type { OpenServices } from './openTrace';
import { type InputProblem, ProblemList } from './problem';
import type { ReplayInput } from './replay/input';
import { chooseMachine, type MachineChoice, machineNotes } from './replay/machineChoice';
import { bareInput, openRecordingReplay, openTraceReplay } from './replay/report';
import { replayedRun } from './replayed/replayedRun';

/** A run and what is wrong with its input although it could be made; without a run, why it could not. */
export interface OpenedRunFile {
  readonly run: Run | null;
  readonly problems: readonly InputProblem[];
  /** The machines to choose from, where the trace shows several and nobody has named one: the run is that of the `chosen` one. */
  readonly machines?: readonly MachineChoice[];
}

/** What is wanted of a trace. */
export interface Wanted {
  /** process of the VMM whose machine is wanted, where a trace shows several */
  readonly vm?: number;
  /** what replay takes for granted: a set (src/timeline/assumptions.ts); nothing unless said */
  readonly assume?: number;
}

/**
 * Opens a trace, a debugfs htab dump or the `hptscope.json` of a recording.
 *
 * @param path relative to the services' folder
 */
export async function openRun(path: string, services: OpenServices, wanted: Wanted = {}): Promise<OpenedRunFile> {
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
    return recordingRun(path, services, wanted);
  }
  return kind === 'htab' ? dumpRun(path, services) : traceRun(path, services, wanted);
}

/** A bare trace: neither the table's size nor its memslots are known. */
async function traceRun(path: string, services: OpenServices, wanted: Wanted): Promise<OpenedRunFile> {
  const { input, problems } = await openTraceReplay(path, services);
  if (input === null) {
    return { run: null, problems };
  }
  if (input.events.count === 0) {
    const empty = new ProblemList(path);
    empty.add('error', 'there is no event in this trace');
    return { run: null, problems: [...problems, ...empty.list()] };
  }
  const notes = [
    'A bare trace tells neither the size of the table nor the memslots: a recording folder (hptscope.json) joins them.',
  ];
  return machineRun({ input, problems, notes }, services, wanted);
}

async function dumpRun(path: string, services: OpenServices): Promise<OpenedRunFile> {
  const { dump, problems } = readHtabText(await services.files.read(path), path);
  if (dump.count === 0 && problems.some(({ severity }) => severity === 'error')) {
    return { run: null, problems };
  }
  const cpu = isNewLayout(dump) ? 'POWER9' : 'POWER8';
  const input: ReplayInput = { ...bareInput(path, new TraceEvents()), cpu, tables: [{ before: 0, file: path, dump }] };
  const notes = ['A dump does not tell the size of the table: the smallest one that holds its indexes is shown.'];
  return { run: replayedRun(input, { kind: 'dump', notes, ...cancelled(services) }), problems };
}

async function recordingRun(path: string, services: OpenServices, wanted: Wanted): Promise<OpenedRunFile> {
  const { input, problems } = await openRecordingReplay(path, services, true);
  return input === null ? { run: null, problems } : machineRun({ input, problems, notes: [] }, services, wanted);
}

/** The run of one machine. */
function machineRun(
  {
    input,
    problems,
    notes,
  }: {
    readonly input: ReplayInput;
    readonly problems: readonly InputProblem[];
    readonly notes: readonly string[];
  },
  services: OpenServices,
  { vm, assume = 0 }: Wanted,
): OpenedRunFile {
  const choice = chooseMachine(input, vm);
  if (typeof choice === 'string') {
    return { run: null, problems: [...problems, { severity: 'error', file: input.title, message: choice }] };
  }
  const said = [...machineNotes(choice), ...notes];
  const run = replayedRun(choice.input, { kind: 'trace', notes: said, assume, ...cancelled(services) });
  const { machines, named } = choice;
  return { run, problems, ...(machines.length > 1 && !named && { machines }) };
}

function cancelled({ control }: OpenServices): { readonly cancelled?: () => boolean } {
  return control?.cancelled === undefined ? {} : { cancelled: () => control.cancelled?.() === true };
}
