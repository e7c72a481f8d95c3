// Opens inputs through a host's file access: a trace of any form, and a recording folder with everything that it names.

import { joined } from './bytes';
import { detectBytes, detectInput, type InputKind } from './detect';
import type { TraceEvents } from './events';
import type { Decompressors, FileAccess } from './files';
import { readFtraceText, type TraceFile } from './ftraceText';
import { type HtabStreamFile, readHtabStream } from './htabStream';
import { type HtabTextFile, readHtabText } from './htabText';
import { mergeEvents } from './mergeEvents';
import { type PagemapFile, readPagemapText } from './pagemapText';
import type { InputProblem, ReadControl } from './problem';
import { type FactsFile, readFacts } from './recordingFacts';
import { type Recording, type RecordingDump, type RecordingFile, readRecordingFile } from './recordingFile';
import { readTraceDat } from './traceDat';

/** What a host gives for opening inputs. */
export interface OpenServices {
  readonly files: FileAccess;
  readonly decompressors: Decompressors;
  readonly control?: ReadControl;
}

/** A trace, or why the file is none. */
export type OpenedTrace = TraceFile | { readonly problems: readonly InputProblem[] };

/** Opens a trace of any form. Never throws for what stands in the file, nor when it cannot be read. */
export async function openTrace(path: string, services: OpenServices): Promise<OpenedTrace> {
  try {
    return await detectAndRead(path, services);
  } catch (error) {
    return { problems: [unreadable(path, error)] };
  }
}

function unreadable(file: string, error: unknown): InputProblem {
  return { severity: 'error', file, message: error instanceof Error ? error.message : String(error) };
}

async function detectAndRead(path: string, services: OpenServices): Promise<OpenedTrace> {
  const iterator = services.files.stream(path)[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < detectBytes) {
    const next = await iterator.next();
    if (next.done === true) {
      break;
    }
    head.push(next.value);
    length += next.value.length;
  }
  async function* all(): AsyncIterable<Uint8Array> {
    yield* head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value;
    }
  }
  const detected = detectInput(path, joined(head, length));
  try {
    return await readAs(detected.kind, path, all(), services, 'message' in detected ? detected.message : undefined);
  } finally {
    await iterator.return?.();
  }
}

async function readAs(
  kind: InputKind | undefined,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  services: OpenServices,
  why: string | undefined,
): Promise<OpenedTrace> {
  const { control = {}, decompressors } = services;
  if (kind === 'ftrace-text' || kind === 'perf-script') {
    return readFtraceText(chunks, path, control);
  }
  if (kind === 'trace-dat') {
    const all: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of chunks) {
      all.push(chunk);
      length += chunk.length;
      control.onProgress?.(length);
    }
    return readTraceDat(joined(all, length), path, decompressors, control);
  }
  const dump = kind === 'htab' || kind === 'htabfd' || kind === 'pagemap';
  const message =
    why ??
    (dump
      ? `this is a dump (${kind}) and no trace: a recording (hptscope.json) joins dumps to a trace`
      : `this is no trace (it looks like: ${kind})`);
  return { problems: [{ severity: 'error', file: path, message }] };
}

/** A dump of a recording, read. */
export type LoadedDump =
  | ({ readonly kind: 'htab' } & HtabTextFile)
  | ({ readonly kind: 'htabfd' } & HtabStreamFile)
  | ({ readonly kind: 'pagemap' } & PagemapFile);

/** A recording with its events; its dumps are read when they are asked for. */
export interface OpenedRecording {
  readonly file: RecordingFile;
  readonly recording: Recording;
  /** The events of all its traces, in the order of their time. */
  readonly events: TraceEvents;
  readonly facts: FactsFile | undefined;
  /** Everything that is wrong with the recording, its traces and its facts. */
  readonly problems: readonly InputProblem[];
  /** Reads a dump. A dump that cannot be read is a problem. */
  loadDump(dump: RecordingDump): Promise<LoadedDump | InputProblem>;
}

/** Opens the recording folder whose `hptscope.json` is `path`, by the folder's file access. */
export async function openRecording(
  path: string,
  services: OpenServices,
): Promise<OpenedRecording | { readonly problems: readonly InputProblem[] }> {
  let text: string;
  try {
    text = new TextDecoder().decode(await services.files.read(path));
  } catch (error) {
    return { problems: [unreadable(path, error)] };
  }
  const file = readRecordingFile(text, path);
  const { recording } = file;
  if (recording === undefined) {
    return { problems: file.problems };
  }
  const traces: OpenedTrace[] = [];
  for (const trace of recording.traces) {
    traces.push(await openTrace(trace, services));
  }
  const events = mergeEvents(traces.flatMap((trace) => ('events' in trace ? [trace.events] : [])));
  const { facts, problems: factProblems } = await openFacts(recording, services);
  const problems = [...file.problems, ...traces.flatMap((trace) => trace.problems), ...factProblems];
  return { file, recording, events, facts, problems, loadDump: (dump) => loadDump(dump, services.files) };
}

async function openFacts(
  recording: Recording,
  services: OpenServices,
): Promise<{ facts: FactsFile | undefined; problems: readonly InputProblem[] }> {
  if (recording.facts === undefined) {
    return { facts: undefined, problems: [] };
  }
  try {
    const facts = readFacts(await services.files.read(recording.facts), recording.facts);
    return { facts, problems: facts.problems };
  } catch (error) {
    return { facts: undefined, problems: [unreadable(recording.facts, error)] };
  }
}

async function loadDump(dump: RecordingDump, files: FileAccess): Promise<LoadedDump | InputProblem> {
  try {
    const bytes = await files.read(dump.file);
    switch (dump.kind) {
      case 'htab':
        return { kind: dump.kind, ...readHtabText(bytes, dump.file) };
      case 'htabfd':
        return { kind: dump.kind, ...readHtabStream(bytes, dump.file) };
      case 'pagemap':
        return { kind: dump.kind, ...readPagemapText(bytes, dump.file) };
    }
  } catch (error) {
    return unreadable(dump.file, error);
  }
}
