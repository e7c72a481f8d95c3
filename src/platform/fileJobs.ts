// Jobs on files as they are, without a run made of them: reading a binary file for its editor, writing a trace as text, making a
// scenario of one of its moments.

import { type Survey, surveyFiles } from '../trace/create/survey';
import { detectInput } from '../trace/detect';
import { firstBytes } from '../trace/firstBytes';
import type { TraceFile } from '../trace/ftraceText';
import { type HtabStreamFile, readHtabStream } from '../trace/htabStream';
import { type OpenServices, openTrace } from '../trace/openTrace';
import { type PackedEvents, packEvents, unpackEvents } from '../trace/packedEvents';
import { formatProblem, type InputProblem } from '../trace/problem';
import { type Coverage, coverageOf } from '../trace/replay/coverage';
import { chooseMachine } from '../trace/replay/machineChoice';
import { Replay } from '../trace/replay/replay';
import { bareInput, openReplay } from '../trace/replay/report';
import { type Reproduced, reproduce } from '../trace/reproduce/reproduce';
import { ftraceText, jsonLines } from '../trace/writeFtrace';

/** What a binary file holds, or why it cannot be shown. */
export type ReadFile =
  | { readonly kind: 'trace'; readonly trace: PackedTrace }
  | { readonly kind: 'stream'; readonly stream: HtabStreamFile; readonly bytes: Uint8Array }
  | { readonly kind: 'none'; readonly problems: readonly InputProblem[] };

export interface PackedTrace {
  readonly events: PackedEvents;
  readonly rest: Omit<TraceFile, 'events'>;
  /** What the trace by itself leaves open. */
  readonly coverage: Coverage;
}

/** Forms that a trace is written in. */
export type TextForm = 'trace' | 'jsonl';
export const textWriters = { trace: ftraceText, jsonl: jsonLines } as const;

/** Reads a trace or an HTAB_FD stream. @param buffers takes those of the result that may be transferred */
export async function readFile(path: string, services: OpenServices, buffers: Set<ArrayBuffer>): Promise<ReadFile> {
  const { kind } = detectInput(path, await firstBytes(path, services.files));
  if (kind === 'htabfd') {
    const bytes = await services.files.read(path);
    return { kind: 'stream', stream: readHtabStream(bytes, path), bytes };
  }
  const trace = await openTrace(path, services);
  if (!('events' in trace) || trace.events.count === 0) {
    return { kind: 'none', problems: trace.problems };
  }
  const { events, ...rest } = trace;
  const coverage = coverageOf(new Replay(bareInput(path, events), { keyframes: 'first' }));
  return { kind: 'trace', trace: { events: packEvents(events, buffers), rest, coverage } };
}

/** The trace that was packed. */
export function unpackTrace({ events, rest }: PackedTrace): TraceFile {
  return { ...rest, events: unpackEvents(events) };
}

/** What a folder holds; see `surveyFiles`. */
export interface PackedSurvey {
  readonly events: PackedEvents;
  readonly rest: Omit<Survey, 'events'>;
}

/** Looks through the files of a folder. @param buffers takes those of the result that may be transferred */
export async function surveyFolder(
  files: readonly string[],
  chosen: readonly string[],
  services: OpenServices,
  buffers: Set<ArrayBuffer>,
): Promise<PackedSurvey> {
  const { events, ...rest } = await surveyFiles(files, services, chosen);
  return { events: packEvents(events, buffers), rest };
}

/** The survey that was packed. */
export function unpackSurvey({ events, rest }: PackedSurvey): Survey {
  return { ...rest, events: unpackEvents(events) };
}

/** A trace as text, in UTF-8; without it the problems say why. */
export async function convertFile(
  path: string,
  form: TextForm,
  services: OpenServices,
): Promise<{ readonly pieces: readonly Uint8Array[] | null; readonly problems: readonly InputProblem[] }> {
  const trace = await openTrace(path, services);
  if (!('events' in trace) || trace.events.count === 0) {
    return { pieces: null, problems: trace.problems };
  }
  const encoder = new TextEncoder();
  const pieces = Array.from(textWriters[form](trace.events), (piece) => encoder.encode(piece));
  return { pieces, problems: trace.problems };
}

/**
 * A moment of a trace or recording as a scenario.
 * @param event its index in the trace
 * @param vm process of the VMM whose machine is meant, where the trace shows several
 */
export async function reproduceMoment(
  path: string,
  event: number,
  vm: number | undefined,
  services: OpenServices,
): Promise<Reproduced> {
  const { input, problems } = await openReplay(path, services, { facts: true });
  if (input === null) {
    return { why: problems.map(formatProblem).join('\n') };
  }
  const chosen = chooseMachine(input, vm);
  return typeof chosen === 'string' ? { why: chosen } : reproduce(chosen.input, event);
}
