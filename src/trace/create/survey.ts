// Looks through the files of a folder for what a recording joins: traces, dumps, facts; and for what they tell of the machine.

import { detectInput, type InputKind } from '../detect';
import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';
import { firstBytes } from '../firstBytes';
import type { TraceFile } from '../ftraceText';
import { isNewLayout } from '../htabDump';
import { readHtabText } from '../htabText';
import { mergeEvents } from '../mergeEvents';
import { type OpenServices, openTrace } from '../openTrace';
import type { InputProblem } from '../problem';
import { readFacts } from '../recordingFacts';
import { type DumpKind, type RecordingCpu, type RecordingKernel, recordingCpus } from '../recordingFile';
import { areSameTrace } from './sameTrace';

/** Something that the files force, and by what. */
export interface Known<T> {
  readonly value: T;
  readonly why: string;
}

/** A file that the recording does not use, and why. */
export interface LeftOut {
  readonly file: string;
  readonly why: string;
}

/** What a folder holds. */
export interface Survey {
  readonly traces: readonly string[];
  /** True when a person named the traces; else all traces that hold different events are taken. */
  readonly tracesAreChosen: boolean;
  readonly dumps: ReadonlyArray<{ readonly kind: DumpKind; readonly file: string }>;
  readonly facts: string | undefined;
  readonly leftOut: readonly LeftOut[];
  /** The events of the traces. */
  readonly events: TraceEvents;
  readonly kernel: Known<RecordingKernel> | undefined;
  /** The processors that it can have been; one where it is known. */
  readonly cpus: Known<readonly RecordingCpu[]>;
  readonly hostPageSize: Known<number> | undefined;
  /** Processes that ran vCPUs. */
  readonly tgids: readonly number[];
  /** Where memslots begin, as faults show it: guest frame numbers and whether pages were logged. */
  readonly slotBases: ReadonlyArray<{ readonly gfn: bigint; readonly logDirty: boolean }>;
  /** Smallest log2 of a table's size in bytes that holds every index of the dumps. */
  readonly leastOrder: number;
  readonly problems: readonly InputProblem[];
}

/** Files that are looked at; in a larger folder the recording is not to be guessed. */
export const mostFiles = 20_000;

/**
 * Looks through files. Paths are relative to the folder of the services, with `/`.
 *
 * @param chosen the traces, where a person named them
 */
export async function surveyFiles(
  files: readonly string[],
  services: OpenServices,
  chosen: readonly string[] = [],
): Promise<Survey> {
  const leftOut: LeftOut[] = [];
  const problems: InputProblem[] = [];
  const found = await findKinds(files, services, leftOut);
  const of = (...kinds: readonly InputKind[]): string[] =>
    found.filter(({ kind }) => kinds.includes(kind)).map(({ file }) => file);

  const traceFiles = chosen.length > 0 ? chosen : of('ftrace-text', 'perf-script', 'trace-dat');
  const traces = await chooseTraces(traceFiles, services, leftOut, problems);
  const events = mergeEvents(traces.map((trace) => trace.events));
  const dumps = await readDumps(found, services);
  return {
    traces: traces.map(({ file }) => file),
    tracesAreChosen: chosen.length > 0,
    dumps: dumps.list,
    facts: await findFacts(files, services),
    leftOut,
    events,
    ...machineOf(events),
    kernel: kernelOf(traces, events),
    cpus: cpusOf(traces, dumps.newLayout),
    hostPageSize: hostPageSizeOf(traces, events),
    leastOrder: dumps.leastOrder,
    problems,
  };
}

interface FoundFile {
  readonly file: string;
  readonly kind: InputKind;
}

async function findKinds(
  files: readonly string[],
  services: OpenServices,
  leftOut: LeftOut[],
): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  for (const file of [...files].sort()) {
    services.control?.onProgress?.(found.length);
    if (services.control?.cancelled?.() === true) {
      break;
    }
    if (/\.htabinc(\.bin)?(\.(gz|xz|zst))?$/i.test(file)) {
      leftOut.push({ file, why: 'an incremental stream holds only what changed since the one before' });
      continue;
    }
    if (/\.jsonl?(\.(gz|xz|zst))?$/i.test(file)) {
      continue; // facts are found by their name; logs of steps are no part of a recording
    }
    try {
      const { kind } = detectInput(file, await firstBytes(file, services.files));
      if (kind !== undefined) {
        found.push({ file, kind });
      }
    } catch (error) {
      leftOut.push({ file, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return found;
}

/** Opens the traces; of several forms of one recording the best is taken. */
async function chooseTraces(
  files: readonly string[],
  services: OpenServices,
  leftOut: LeftOut[],
  problems: InputProblem[],
): Promise<TraceFile[]> {
  const opened: TraceFile[] = [];
  for (const file of files) {
    const trace = await openTrace(file, services);
    if ('events' in trace && trace.events.count > 0) {
      opened.push(trace);
    } else {
      leftOut.push({ file, why: trace.problems[0]?.message ?? 'there is no event in it' });
    }
  }
  opened.sort((a, b) => worth(b) - worth(a) || b.events.count - a.events.count || (a.file < b.file ? -1 : 1));
  const chosen: TraceFile[] = [];
  for (const trace of opened) {
    const same = chosen.find((other) => areSameTrace(other.events, trace.events));
    if (same === undefined) {
      chosen.push(trace);
      problems.push(...trace.problems);
    } else {
      leftOut.push({ file: trace.file, why: `it holds the same events as ${same.file}` });
    }
  }
  return chosen;
}

/** A binary trace tells more than a text (nanoseconds, unprinted fields), a newer version more than an older. */
function worth({ about }: TraceFile): number {
  return about.container?.version ?? 0;
}

async function readDumps(
  found: readonly FoundFile[],
  { files }: OpenServices,
): Promise<{ list: Survey['dumps']; newLayout: string | undefined; leastOrder: number }> {
  const list: Array<{ kind: DumpKind; file: string }> = [];
  let newLayout: string | undefined;
  let largest = 0;
  for (const { file, kind } of found) {
    if (kind !== 'htab' && kind !== 'htabfd' && kind !== 'pagemap') {
      continue;
    }
    list.push({ kind, file });
    if (kind === 'htab') {
      const { dump } = readHtabText(await files.read(file), file);
      largest = Math.max(largest, dump.index[dump.count - 1] ?? 0);
      newLayout ??= isNewLayout(dump) ? file : undefined;
    }
  }
  return { list, newLayout, leastOrder: Math.max(18, Math.ceil(Math.log2((largest + 1) * 16))) };
}

/** A facts file, by its name; it counts only when every line of it is a fact. */
async function findFacts(files: readonly string[], services: OpenServices): Promise<string | undefined> {
  const named = files.find((file) => /(^|\/)facts\.jsonl(\.(gz|xz|zst))?$/i.test(file));
  if (named === undefined) {
    return undefined;
  }
  const { facts, problems } = readFacts(await services.files.read(named), named);
  return facts.length > 0 && problems.length === 0 ? named : undefined;
}

function kernelOf(traces: readonly TraceFile[], events: TraceEvents): Known<RecordingKernel> | undefined {
  for (const { file, about } of traces) {
    const [, major, minor] = /^(\d{1,3})\.(\d{1,3})/.exec(about.kernel ?? '') ?? [];
    if (Number(major) >= 4) {
      return { value: 'linux-6.1', why: `${file} is of Linux ${major}.${minor}, whose code is that of linux-6.1` };
    }
  }
  for (let i = 0; i < events.count; i++) {
    if (events.kind[i] === eventCode.kvm_page_fault_enter || events.kind[i] === eventCode.kvm_hcall_enter) {
      return { value: 'linux-6.1', why: 'linux-3.4 has no events of kvm_hv' };
    }
  }
  return undefined;
}

function cpusOf(traces: readonly TraceFile[], newLayout: string | undefined): Known<readonly RecordingCpu[]> {
  for (const { file, about } of traces) {
    const named = recordingCpus.find((cpu) => new RegExp(`\\b${cpu}\\b`, 'i').test(about.cpu ?? ''));
    if (named !== undefined) {
      return { value: [named], why: `${file} was recorded on ${about.cpu}` };
    }
  }
  return newLayout === undefined
    ? { value: recordingCpus, why: 'nothing in the files tells it' }
    : { value: ['POWER9', 'POWER10'], why: `the entries of ${newLayout} are in the layout of ISA 3.0` };
}

function hostPageSizeOf(traces: readonly TraceFile[], events: TraceEvents): Known<number> | undefined {
  for (const { file, about } of traces) {
    if (about.hostPageSize === 4096 || about.hostPageSize === 65536) {
      return { value: about.hostPageSize, why: `${file} was recorded on a host with pages of this size` };
    }
  }
  for (let i = 0; i < events.count; i++) {
    if (events.kind[i] === eventCode.kvm_unmap_hva_range) {
      const event = events.decode(i);
      if (event.kind === 'kvm_unmap_hva_range' && ((event.start | event.end) & 0xffffn) !== 0n) {
        return { value: 4096, why: 'an invalidation begins or ends inside a page of 64 KiB' };
      }
    }
  }
  return undefined;
}

/** What the events tell of the machines and their memslots. */
function machineOf(events: TraceEvents): Pick<Survey, 'tgids' | 'slotBases'> {
  const tgids = new Set<number>();
  const bases = new Map<string, { gfn: bigint; logDirty: boolean }>();
  for (let i = 0; i < events.count; i++) {
    const kind = events.kind[i];
    if (kind !== eventCode.kvmppc_run_vcpu_enter && kind !== eventCode.kvm_page_fault_enter) {
      continue;
    }
    const event = events.decode(i);
    if (event.kind === 'kvmppc_run_vcpu_enter') {
      tgids.add(event.tgid);
    } else if (event.kind === 'kvm_page_fault_enter' && event.baseGfn !== 0xffff_ffff_ffff_ffffn) {
      const logDirty = (event.slotFlags & 1) !== 0;
      bases.set(`${event.baseGfn} ${logDirty}`, { gfn: event.baseGfn, logDirty });
    }
  }
  const slotBases = [...bases.values()].sort((a, b) => (a.gfn < b.gfn ? -1 : a.gfn > b.gfn ? 1 : 0));
  return { tgids: [...tgids].sort((a, b) => a - b), slotBases };
}
