// Breakpoints of the protocol made into those of a run: lines of the program, steps of listings, kernel functions, events, data.
// One that cannot be is told so, unverified, with the reason.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { EVENT_NAMES, EVENTS, type EventName } from '../model/events';
import { PATHS, type Path } from '../model/listing';
import { dataPoint, findChanges } from './dataPoints';
import type { Debuggee } from './debuggee';
import { lineOfListing, listingOf, nearestStep, pathsNamed } from './listings';
import { momentsOfEvents, momentsOfStep } from './moments';
import type { PlacedFile } from './sources';
import { type Arming, type Breakpoint, conditionOf, hitFilter, logTemplate } from './stops';

/** One exception filter a kind of event, from the event table. */
export const EXCEPTION_FILTERS: readonly DebugProtocol.ExceptionBreakpointsFilter[] = EVENT_NAMES.map((filter) => ({
  filter,
  label: EVENTS[filter].title,
  description: `${filter}, in ${EVENTS[filter].fn}`,
  default: filter === 'invariant.broken' || filter === 'replay.divergence',
  supportsCondition: true,
  conditionDescription: `for example: ${Object.keys(EVENTS[filter].fields)[0]} == …, gfn in 0x10..0x20, count(${filter}) > 3`,
}));

/** What any kind of breakpoint can ask for besides. */
export interface Asked {
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
}

/** A breakpoint of the event tree: on a kind of event, a kernel function, or data (the id of dataPoints.ts). */
export interface EventBreakpoint extends Asked {
  readonly kind?: string;
  readonly function?: string;
  readonly data?: string;
  /** for a kind: it stops only after an event of another kind, the first one for which the condition holds */
  readonly armedAfter?: { readonly kind: string; readonly condition?: string };
}

interface Made {
  readonly answer: DebugProtocol.Breakpoint;
  readonly breakpoint?: Breakpoint;
}

let nextId = 1;

const unverified = (id: number, message: string, line?: number): Made => ({
  answer: { id, verified: false, message, ...(line === undefined ? {} : { line }) },
});

type Extras = Pick<Breakpoint, 'condition' | 'hit' | 'log' | 'armed'>;

/** What a text says, read by `how`; undefined when it is empty. */
function readText<T>(text: string | undefined, how: (text: string) => T): T | undefined {
  return text === undefined || text.trim() === '' ? undefined : how(text);
}

/** Condition, hit count, log message and arming read. @returns a sentence when one of them is wrong */
function read(
  { condition, hitCondition, logMessage }: Asked,
  armedAfter: EventBreakpoint['armedAfter'],
): Extras | string {
  const when = readText(condition, conditionOf);
  if (typeof when === 'string') return when;
  const hit = readText(hitCondition, hitFilter);
  if (typeof hit === 'string') return hit;
  const log = readText(logMessage, logTemplate);
  if (typeof log === 'string') return log;
  const armed = armedAfter === undefined ? undefined : arming(armedAfter);
  if (typeof armed === 'string') return armed;
  return {
    ...(when === undefined ? {} : { condition: when }),
    ...(hit === undefined ? {} : { hit }),
    ...(log === undefined ? {} : { log }),
    ...(armed === undefined ? {} : { armed }),
  };
}

function arming({ kind, condition }: NonNullable<EventBreakpoint['armedAfter']>): Arming | string {
  const known = EVENT_NAMES.find((name) => name === kind);
  if (known === undefined) return `armed after: "${kind.slice(0, 60)}" is no kind of event`;
  const when = readText(condition, conditionOf);
  if (typeof when === 'string') return `armed after ${known}, ${when}`;
  return { kind: known, ...(when === undefined ? {} : { condition: when }) };
}

function make(
  asked: Asked,
  base: Omit<Breakpoint, 'id' | keyof Extras>,
  answer: Partial<DebugProtocol.Breakpoint> = {},
  armedAfter?: EventBreakpoint['armedAfter'],
): Made {
  const id = nextId++;
  const rest = read(asked, armedAfter);
  if (typeof rest === 'string') return unverified(id, rest, answer.line);
  return { answer: { id, verified: true, ...answer }, breakpoint: { id, ...base, ...rest } };
}

/** Puts a group of breakpoints into force. @returns the answers, in order */
function put(debuggee: Debuggee, group: string, made: readonly Made[]): DebugProtocol.Breakpoint[] {
  debuggee.stops.set(
    group,
    made.flatMap(({ breakpoint }) => breakpoint ?? []),
  );
  return made.map(({ answer }) => answer);
}

/** How client lines become ours, from 0, and back. */
export interface Lines {
  in(line: number): number;
  out(line: number): number;
}

/** Breakpoints are looked up in the run in slices, and put into force at the end; until then the earlier ones of their group hold. */
type Setting = Generator<void, DebugProtocol.Breakpoint[]>;

/** Line breakpoints of one source: a file of the run or a listing. */
export function* setLineBreakpoints(
  debuggee: Debuggee,
  source: DebugProtocol.Source,
  asked: readonly DebugProtocol.SourceBreakpoint[],
  lines: Lines,
): Setting {
  const listing = listingOf(source);
  const file = listing === undefined ? debuggee.sources.find(source) : undefined;
  const made: Made[] = [];
  for (const one of asked)
    made.push(
      listing === undefined ? lineBreakpoint(file, one, lines) : yield* stepBreakpoint(debuggee, listing, one, lines),
    );
  return put(debuggee, `source:${listing?.key ?? file?.path ?? ''}`, made);
}

function lineBreakpoint(file: PlacedFile | undefined, one: DebugProtocol.SourceBreakpoint, lines: Lines): Made {
  if (file === undefined) return unverified(nextId++, 'This file is not the one that is being debugged.', one.line);
  const at = file.lineFrom(lines.in(one.line));
  if (at < 0) return unverified(nextId++, 'No statement stands here or below.', one.line);
  return make(one, { reason: 'breakpoint', moments: file.momentsOn(at) }, { line: lines.out(at) });
}

function* stepBreakpoint(
  { run }: Debuggee,
  listing: Path,
  one: DebugProtocol.SourceBreakpoint,
  lines: Lines,
): Generator<void, Made> {
  const step = nearestStep(listing, lines.in(one.line));
  const moments = yield* momentsOfStep(run, (listing.id << 6) | step);
  const message = moments.length === 0 ? { message: 'This run never comes here.' } : {};
  return make(one, { reason: 'breakpoint', moments }, { line: lines.out(lineOfListing(step)), ...message });
}

/** Breakpoints on kernel functions: the run stops at the first step of each activation. */
export function* setFunctionBreakpoints(
  debuggee: Debuggee,
  asked: readonly DebugProtocol.FunctionBreakpoint[],
): Setting {
  const made: Made[] = [];
  for (const one of asked) made.push(yield* functionBreakpoint(debuggee, one.name, one));
  return put(debuggee, 'functions', made);
}

function* functionBreakpoint({ run }: Debuggee, name: string, asked: Asked): Generator<void, Made> {
  const paths = pathsNamed(name);
  if (paths.length > 0) return make(asked, { reason: 'function breakpoint', moments: yield* run.entriesOf(paths) });
  const known = PATHS.map(({ fn }) => fn).join(', ');
  return unverified(nextId++, `"${name.slice(0, 60)}" is no modelled kernel function. There are ${known}.`);
}

function* eventBreakpoint(
  { run }: Debuggee,
  kind: string,
  asked: Asked,
  armedAfter?: EventBreakpoint['armedAfter'],
): Generator<void, Made> {
  const known: EventName | undefined = EVENT_NAMES.find((name) => name === kind);
  if (known === undefined) return unverified(nextId++, `"${kind.slice(0, 60)}" is no kind of event.`);
  const moments = yield* momentsOfEvents(run, known);
  return make(asked, { reason: 'exception', moments, kind: known }, {}, armedAfter);
}

/** Exception filters, with and without conditions. The answers come in that order: filters, then filter options. */
export function* setExceptionBreakpoints(
  debuggee: Debuggee,
  { filters, filterOptions = [] }: DebugProtocol.SetExceptionBreakpointsArguments,
): Setting {
  const made: Made[] = [];
  for (const filter of filters) made.push(yield* eventBreakpoint(debuggee, filter, {}));
  for (const { filterId, condition } of filterOptions)
    made.push(yield* eventBreakpoint(debuggee, filterId, condition === undefined ? {} : { condition }));
  return put(debuggee, 'filters', made);
}

/** Breakpoints of the event tree, where condition, hit count, log message and arming combine. */
export function* setEventBreakpoints(debuggee: Debuggee, asked: readonly EventBreakpoint[]): Setting {
  const made: Made[] = [];
  for (const one of asked) {
    if (one.function !== undefined) made.push(yield* functionBreakpoint(debuggee, one.function, one));
    else if (one.data !== undefined) made.push(yield* dataBreakpoint(debuggee, one.data, one));
    else made.push(yield* eventBreakpoint(debuggee, one.kind ?? '', one, one.armedAfter));
  }
  return put(debuggee, 'events', made);
}

/** Data breakpoints: an HPTE, a PTEG, a guest page or an rmap word changes. */
export function* setDataBreakpoints(debuggee: Debuggee, asked: readonly DebugProtocol.DataBreakpoint[]): Setting {
  const made: Made[] = [];
  for (const one of asked) made.push(yield* dataBreakpoint(debuggee, one.dataId, one));
  return put(debuggee, 'data', made);
}

function* dataBreakpoint({ run }: Debuggee, id: string, asked: Asked): Generator<void, Made> {
  const point = dataPoint(run.vm, id);
  if (point === undefined) return unverified(nextId++, `"${id.slice(0, 60)}" names nothing in this run.`);
  return make(asked, { reason: 'data breakpoint', moments: yield* findChanges(run, point) });
}
