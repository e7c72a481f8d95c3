// The file `facts.jsonl` of a recording: what a trace does not tell, one JSON object a line:
//
//     {"kind":"hcall","at":AT,"nr":"0x124","args":["0x…",…],"ret":0,"out":["0x…",…]}    one hypercall in full
//     {"kind":"page","at":AT,"gpa":"0x…","present":true,"frame":"0x…"}                  a host page at that time
//
// A hypercall fact belongs to the next kvm_hcall_enter of its number and first arguments at or after AT.

import { textOf } from './byteCursor';
import { eventCode } from './eventKinds';
import type { TraceEvents } from './events';
import { type JsonNode, parseJson } from './json';
import { JsonFields } from './jsonFields';
import { LineSplitter } from './lineSplitter';
import { lossesOf } from './losses';
import { type InputProblem, ProblemList } from './problem';
import { type PlacedAt, readAt, resolveAt } from './recordingFile';

/** A hypercall with all its registers. */
export interface HcallFact {
  readonly kind: 'hcall';
  readonly at: PlacedAt;
  readonly line: number;
  readonly nr: bigint;
  /** r4 and on. */
  readonly args: readonly bigint[];
  /** H_… return value, signed. */
  readonly ret: number;
  /** r4 and on after the call. */
  readonly out: readonly bigint[];
}

/** A page of host memory behind a guest page. */
export interface PageFact {
  readonly kind: 'page';
  readonly at: PlacedAt;
  readonly line: number;
  readonly gpa: bigint;
  readonly present: boolean;
  /** Host frame number in host pages; undefined unless present. */
  readonly frame: bigint | undefined;
}

export type RecordingFact = HcallFact | PageFact;

export interface FactsFile {
  readonly file: string;
  readonly facts: readonly RecordingFact[];
  readonly problems: readonly InputProblem[];
}

/** Longest line believed. */
const longestFact = 1 << 16;

/** Reads a facts file. A line that is wrong is left out. */
export function readFacts(bytes: Uint8Array, file: string): FactsFile {
  const problems = new ProblemList(file);
  const facts: RecordingFact[] = [];
  const lines = new LineSplitter((b, start, end, line, ended) => {
    const text = textOf(b, start, end);
    if (text.trim() === '') {
      return;
    }
    const json = parseJson(text);
    if ('error' in json) {
      const cut = ended ? '' : ' (the file ends in the middle of this line)';
      problems.add('error', `${json.error}${cut}`, { line, column: json.at + 1 });
      return;
    }
    if (json.root.type !== 'object') {
      problems.add('error', 'expected an object such as {"kind":"page", …}', { line, column: 1 });
      return;
    }
    const fact = readFact(new JsonFields(text, json.root, '', problems, line), line);
    if (fact !== undefined) {
      facts.push(fact);
    }
  }, longestFact);
  lines.push(bytes);
  lines.end();
  return { file, facts, problems: problems.list() };
}

function readFact(f: JsonFields, line: number): RecordingFact | undefined {
  const kind = f.choice('kind', ['hcall', 'page']);
  const at = readAt(f, 'at');
  const fact = kind === 'hcall' ? readHcall(f, at, line) : kind === 'page' ? readPage(f, at, line) : undefined;
  if (kind !== undefined) {
    f.rejectOthers();
  }
  return fact;
}

function readHcall(f: JsonFields, at: PlacedAt | undefined, line: number): HcallFact | undefined {
  const nr = f.hex('nr');
  const args = hexList(f, 'args');
  const ret = f.integer('ret', -0x8000_0000, 0x7fff_ffff);
  const out = f.object.members.has('out') ? hexList(f, 'out') : [];
  if (at === undefined || nr === undefined || args === undefined || ret === undefined || out === undefined) {
    f.node('out', false);
    return undefined;
  }
  f.node('out', false);
  return { kind: 'hcall', at, line, nr, args, ret, out };
}

function readPage(f: JsonFields, at: PlacedAt | undefined, line: number): PageFact | undefined {
  const gpa = f.hex('gpa');
  const present = f.boolean('present');
  const frame = f.hex('frame', false);
  if (present === true && frame === undefined && !f.object.members.has('frame')) {
    return f.wrong('a page that is present has a "frame"', f.object, f.pathOf('frame'));
  }
  if (at === undefined || gpa === undefined || present === undefined) {
    return undefined;
  }
  return { kind: 'page', at, line, gpa, present, frame: present ? frame : undefined };
}

function hexList(f: JsonFields, key: string): bigint[] | undefined {
  const items = f.array(key)?.items;
  const values = items?.map((node: JsonNode, i) => f.hexNode(node, `${f.pathOf(key)}[${i}]`));
  const known = values?.filter((value) => value !== undefined);
  return known?.length === values?.length ? known : undefined;
}

/** Which event each hypercall fact belongs to. */
export interface MatchedHcalls {
  /** By index of the kvm_hcall_enter event. */
  readonly byEvent: ReadonlyMap<number, HcallFact>;
  /** Facts without an event: hypercalls that the kernel handles in real mode leave none (POWER8). */
  readonly unmatched: readonly HcallFact[];
}

/**
 * Finds the kvm_hcall_enter event of each hypercall fact: the next one of its number and first arguments. Where events are missing
 * that may be another call's: a fact stays unmatched when events were lost in between, when it is older than the trace, and
 * when another fact has the same next event.
 */
export function matchHcallFacts(facts: readonly RecordingFact[], events: TraceEvents): MatchedHcalls {
  const { calls, unread } = hcallsByArguments(events);
  const losses = [...lossesOf(events), ...unread.map((i) => ({ since: i, before: i }))];
  const byEvent = new Map<number, HcallFact>();
  const claimed = new Set<number>();
  const unmatched: HcallFact[] = [];
  for (const fact of facts) {
    if (fact.kind !== 'hcall') {
      continue;
    }
    const from = nextEvent(fact, events);
    const same = calls.get(callKey(fact.nr, fact.args)) ?? [];
    const event = from === undefined ? undefined : firstFrom(same, from);
    if (from === undefined || event === undefined || losses.some((one) => one.since <= event && one.before >= from)) {
      unmatched.push(fact);
      continue;
    }
    const other = byEvent.get(event);
    if (claimed.has(event)) {
      unmatched.push(...(other === undefined ? [] : [other]), fact);
      byEvent.delete(event);
    } else {
      claimed.add(event);
      byEvent.set(event, fact);
    }
  }
  return { byEvent, unmatched };
}

/** The first event at or after a fact; undefined when the fact is older than the trace, or its mark is not there. */
function nextEvent({ at: { at } }: HcallFact, events: TraceEvents): number | undefined {
  if (!('ns' in at)) {
    return resolveAt(at, events)?.before;
  }
  const from = events.firstAtOrAfter(at.ns);
  return from === 0 && events.count > 0 && at.ns < events.timeOf(0) - BigInt(events.resolution) ? undefined : from;
}

/** The first of the ascending indexes that is at least `from`. */
function firstFrom(indexes: readonly number[], from: number): number | undefined {
  let low = 0;
  let high = indexes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((indexes[middle] ?? 0) < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return indexes[low];
}

/** The registers that the trace shows of a call: its number and r4 to r7; those that the fact leaves out may be anything. */
function callKey(nr: bigint, args: readonly bigint[]): string {
  return `${nr} ${args.slice(0, 4).join(' ')}`;
}

/** Indexes of the kvm_hcall_enter events by number and each number of first arguments, and of those that cannot be read. */
function hcallsByArguments(events: TraceEvents): { readonly calls: Map<string, number[]>; readonly unread: number[] } {
  const calls = new Map<string, number[]>();
  const unread: number[] = [];
  for (let i = 0; i < events.count; i++) {
    if (events.kind[i] !== eventCode.kvm_hcall_enter) {
      continue;
    }
    const event = events.decode(i);
    if (event.kind !== 'kvm_hcall_enter') {
      unread.push(i);
      continue;
    }
    for (let n = 0; n <= event.args.length; n++) {
      const key = callKey(event.nr, event.args.slice(0, n));
      const list = calls.get(key);
      if (list === undefined) {
        calls.set(key, [i]);
      } else {
        list.push(i);
      }
    }
  }
  return { calls, unread };
}
