// The recording folder's file `hptscope.json`: it joins traces, dumps, memslots and what else is known of one run of a virtual
// machine (docs/traces.md, and the JSON schema contributed for it). Reading it validates everything that it says; the files
// it names are opened later, through the host's FileAccess.

import { parseTraceTime, type TraceEvents } from './events';
import { parseJson, positionOf } from './json';
import { JsonFields } from './jsonFields';
import { type InputProblem, ProblemList } from './problem';

/** Name of the file, in the folder of the recording. */
export const recordingFileName = 'hptscope.json';

/** A moment of a trace: a time on its clock, or the first tracing_mark_write event with this whole text. */
export type RecordingAt = { readonly ns: bigint } | { readonly mark: string };

/** A moment and where it stands in the file. */
export interface PlacedAt {
  readonly at: RecordingAt;
  readonly path: string;
  /** Offset in the text of `hptscope.json`. */
  readonly start: number;
}

/** When the table was made, resized or emptied. `At` is how moments are given: with their place in a file, or plain. */
export interface RecordingHpt<At = PlacedAt> {
  /** log2 of the table's size in bytes. */
  readonly order: number;
  readonly how: 'allocate' | 'resize' | 'reset';
  readonly at: At;
}

export interface RecordingMemslot<At = PlacedAt> {
  readonly slot: number;
  /** Guest real address, size in bytes, host virtual address. */
  readonly gpa: bigint;
  readonly size: bigint;
  readonly hva: bigint;
  readonly logDirty: boolean;
  /** From the start of the trace where it is left out. */
  readonly from: At | undefined;
  /** To the end of the trace where it is left out. */
  readonly to: At | undefined;
}

export type DumpKind = 'htab' | 'htabfd' | 'pagemap';

export interface RecordingDump<At = PlacedAt> {
  readonly kind: DumpKind;
  /** Path relative to the recording folder, with `/`. */
  readonly file: string;
  /** The dump was taken after this moment and before the next event of the machine. */
  readonly at: At;
}

export const recordingKernels = ['linux-3.4', 'linux-6.1'] as const;
export const recordingCpus = ['PPC970', 'POWER7', 'POWER8', 'POWER9', 'POWER10'] as const;
export type RecordingKernel = (typeof recordingKernels)[number];
export type RecordingCpu = (typeof recordingCpus)[number];

export interface Recording<At = PlacedAt> {
  readonly kernel: RecordingKernel;
  readonly cpu: RecordingCpu;
  /** Host page size in bytes: 4096 or 65536. */
  readonly hostPageSize: number;
  /** Process of the machine's VMM, where the recording names it. */
  readonly tgid: number | undefined;
  readonly hpt: readonly RecordingHpt<At>[];
  readonly traces: readonly string[];
  readonly memslots: readonly RecordingMemslot<At>[];
  readonly dumps: readonly RecordingDump<At>[];
  readonly facts: string | undefined;
}

/** What a `hptscope.json` says (undefined when it cannot be used at all) and what is wrong with it. */
export interface RecordingFile {
  readonly file: string;
  readonly text: string;
  readonly recording: Recording | undefined;
  readonly problems: readonly InputProblem[];
}

const largestOrder = 46;
const smallestOrder = 18;

/** Reads the text of a `hptscope.json`. */
export function readRecordingFile(text: string, file: string): RecordingFile {
  const problems = new ProblemList(file);
  const json = parseJson(text);
  if ('error' in json) {
    const what = text.trim() === '' ? 'the file is empty; expected a recording ("hptscope": 1, …)' : json.error;
    problems.add('error', what, { ...positionOf(text, json.at), offset: json.at });
    return { file, text, recording: undefined, problems: problems.list() };
  }
  if (json.root.type !== 'object') {
    problems.add('error', 'expected an object with "hptscope": 1', {
      ...positionOf(text, json.root.start),
      offset: json.root.start,
    });
    return { file, text, recording: undefined, problems: problems.list() };
  }
  const recording = readRecording(new JsonFields(text, json.root, '', problems));
  const inOrder = problems.list().sort((a, b) => (a.offset ?? text.length) - (b.offset ?? text.length));
  return { file, text, recording, problems: inOrder };
}

function readRecording(f: JsonFields): Recording | undefined {
  const version = f.integer('hptscope', 1, 1);
  const kernel = f.choice('kernel', recordingKernels);
  const cpu = f.choice('cpu', recordingCpus);
  const hostPageSize = f.integer('hostPageSize', 4096, 65536);
  if (hostPageSize !== undefined && hostPageSize !== 4096 && hostPageSize !== 65536) {
    const node = f.object.members.get('hostPageSize');
    f.wrong('expected 4096 or 65536', node ?? f.object, f.pathOf('hostPageSize'));
  }
  const vm = f.fields('vm', false);
  const tgid = vm?.integer('tgid', 0, 0x7fff_ffff);
  vm?.rejectOthers();
  const traces = f.array('traces')?.items ?? [];
  const tracePaths = traces.map((node, i) =>
    relativePath(f, node.type === 'string' ? node.value : null, node, `traces[${i}]`),
  );
  const hpt = f.objects('hpt', false).map(readHpt);
  const memslots = f.objects('memslots', false).map((slot) => readMemslot(slot, hostPageSize ?? 4096));
  const dumps = f.objects('dumps', false).map(readDump);
  const facts = readFacts(f);
  f.node('$schema', false);
  f.rejectOthers();
  if (version === undefined || kernel === undefined || cpu === undefined || hostPageSize === undefined) {
    return undefined;
  }
  return {
    kernel,
    cpu,
    hostPageSize,
    tgid,
    hpt: present(hpt),
    traces: present(tracePaths),
    memslots: present(memslots),
    dumps: present(dumps),
    facts,
  };
}

function present<T>(items: ReadonlyArray<T | undefined>): T[] {
  return items.filter((item) => item !== undefined);
}

function readFacts(f: JsonFields): string | undefined {
  const path = f.string('facts', false);
  const node = f.object.members.get('facts');
  return path === undefined || node === undefined ? undefined : relativePath(f, path, node, f.pathOf('facts'));
}

function readHpt(f: JsonFields): RecordingHpt | undefined {
  const order = f.integer('order', smallestOrder, largestOrder);
  const how = f.choice('how', ['allocate', 'resize', 'reset']);
  const at = readAt(f, 'at');
  f.rejectOthers();
  return order === undefined || how === undefined || at === undefined ? undefined : { order, how, at };
}

function readMemslot(f: JsonFields, pageSize: number): RecordingMemslot | undefined {
  const slot = f.integer('slot', 0, 0xffff);
  const gpa = f.hex('gpa');
  const size = f.hex('size');
  const hva = f.hex('hva');
  const logDirty = f.boolean('logDirty', false) ?? false;
  const from = readAt(f, 'from', false);
  const to = readAt(f, 'to', false);
  f.rejectOthers();
  if (slot === undefined || gpa === undefined || size === undefined || hva === undefined) {
    return undefined;
  }
  const low = BigInt(pageSize - 1);
  for (const [key, value] of [
    ['gpa', gpa],
    ['size', size],
    ['hva', hva],
  ] as const) {
    if ((value & low) !== 0n) {
      return f.wrong(
        `expected a multiple of the host page size 0x${pageSize.toString(16)}`,
        nodeOf(f, key),
        f.pathOf(key),
      );
    }
  }
  if (size === 0n) {
    return f.wrong(
      'a memslot of size 0 holds nothing; leave it out, and give the older one a "to"',
      nodeOf(f, 'size'),
      f.pathOf('size'),
    );
  }
  if (gpa + size > 1n << 64n || hva + size > 1n << 64n) {
    return f.wrong('the memslot reaches beyond 64 bits', nodeOf(f, 'size'), f.pathOf('size'));
  }
  return { slot, gpa, size, hva, logDirty, from, to };
}

function readDump(f: JsonFields): RecordingDump | undefined {
  const kind = f.choice('kind', ['htab', 'htabfd', 'pagemap']);
  const path = f.string('file');
  const file = path === undefined ? undefined : relativePath(f, path, nodeOf(f, 'file'), f.pathOf('file'));
  const at = readAt(f, 'at');
  f.rejectOthers();
  return kind === undefined || file === undefined || at === undefined ? undefined : { kind, file, at };
}

function nodeOf(f: JsonFields, key: string): { readonly start: number } {
  return f.object.members.get(key) ?? f.object;
}

/** AT: `{ "time": "6.486738593" }` or `{ "mark": "hptgt step 7 end" }`. */
export function readAt(f: JsonFields, key: string, required = true): PlacedAt | undefined {
  const at = f.fields(key, required);
  if (at === undefined) {
    return undefined;
  }
  const placed = (value: RecordingAt): PlacedAt => ({ at: value, path: at.path, start: at.object.start });
  const time = at.string('time', false);
  const mark = at.string('mark', false);
  at.rejectOthers();
  if ((time === undefined) === (mark === undefined)) {
    return at.wrong('expected { "time": "seconds" } or { "mark": "text" }', at.object, at.path);
  }
  if (mark !== undefined) {
    return placed({ mark });
  }
  const ns = parseTraceTime(time ?? '');
  if (ns === undefined) {
    return at.wrong(
      'expected seconds with up to nine decimals, such as "6.486738593"',
      nodeOf(at, 'time'),
      at.pathOf('time'),
    );
  }
  return placed({ ns });
}

/** A path inside the recording folder; anything that could lead out of it is refused. */
function relativePath(
  f: JsonFields,
  path: unknown,
  node: { readonly start: number },
  where: string,
): string | undefined {
  if (typeof path !== 'string' || path === '') {
    return f.wrong('expected the path of a file, relative to this one', node, where);
  }
  const parts = path.split('/');
  const outside =
    path.startsWith('/') || path.includes('\\') || path.includes('\0') || /^[a-z][a-z0-9+.-]*:/i.test(path);
  if (outside || parts.some((part) => part === '..' || part === '')) {
    return f.wrong('expected a path inside the recording folder: relative, with "/", and without ".."', node, where);
  }
  return parts.filter((part) => part !== '.').join('/');
}

/** Where a moment lies in the events: everything before `before` had happened. */
export interface ResolvedAt {
  /** Number of events that came at or before the moment. */
  readonly before: number;
  /** Exact time, in the unit of the trace's clock. */
  readonly time: bigint;
}

/** The place of a moment in a trace, or undefined if no such mark is in it. */
export function resolveAt(at: RecordingAt, events: TraceEvents): ResolvedAt | undefined {
  if ('ns' in at) {
    return { before: events.firstAfter(at.ns), time: at.ns };
  }
  const mark = events.findMark(at.mark);
  return mark === undefined ? undefined : { before: mark + 1, time: events.timeOf(mark) };
}

/** The same for a moment of a recording file; a mark that is not in the trace is a problem of the file. */
export function resolvePlacedAt(
  placed: PlacedAt,
  events: TraceEvents,
  source: RecordingFile,
): ResolvedAt | InputProblem {
  const resolved = resolveAt(placed.at, events);
  if (resolved !== undefined) {
    return resolved;
  }
  const text = 'mark' in placed.at ? placed.at.mark : '';
  return {
    severity: 'error',
    file: source.file,
    message: `the trace has no tracing_mark_write event with the text ${JSON.stringify(text)}`,
    path: placed.path,
    offset: placed.start,
    ...positionOf(source.text, placed.start),
  };
}
