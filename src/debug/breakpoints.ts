// Breakpoints of the protocol made into those of a run: lines of the program, steps of listings, kernel functions, events, data.
// One that cannot be is told so, unverified, with the reason.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { EVENT_NAMES, EVENTS, type EventName } from '../model/events';
import { PATHS } from '../model/listing';
import { changesOf, dataPoint } from './dataPoints';
import type { Debuggee } from './debuggee';
import { lineOfListing, listingOf, nearestStep, pathsNamed } from './listings';
import { type Breakpoint, conditionOf, hitFilter, logTemplate } from './stops';

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

/** An event breakpoint of the event tree. */
export interface EventBreakpoint extends Asked {
  readonly kind: string;
}

interface Made {
  readonly answer: DebugProtocol.Breakpoint;
  readonly breakpoint?: Breakpoint;
}

let nextId = 1;

const unverified = (id: number, message: string, line?: number): Made => ({
  answer: { id, verified: false, message, ...(line === undefined ? {} : { line }) },
});

/** Condition, hit count and log message read. @returns a sentence when one of them is wrong */
function read({ condition, hitCondition, logMessage }: Asked): Pick<Breakpoint, 'condition' | 'hit' | 'log'> | string {
  const when = condition === undefined || condition.trim() === '' ? undefined : conditionOf(condition);
  if (typeof when === 'string') return when;
  const hit = hitCondition === undefined || hitCondition.trim() === '' ? undefined : hitFilter(hitCondition);
  if (typeof hit === 'string') return hit;
  const log = logMessage === undefined || logMessage === '' ? undefined : logTemplate(logMessage);
  if (typeof log === 'string') return log;
  return {
    ...(when === undefined ? {} : { condition: when }),
    ...(hit === undefined ? {} : { hit }),
    ...(log === undefined ? {} : { log }),
  };
}

function make(
  asked: Asked,
  base: Omit<Breakpoint, 'id' | 'condition' | 'hit' | 'log'>,
  answer: Partial<DebugProtocol.Breakpoint> = {},
): Made {
  const id = nextId++;
  const rest = read(asked);
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

/** Line breakpoints of one source: a file of the run or a listing. */
export function setLineBreakpoints(
  debuggee: Debuggee,
  source: DebugProtocol.Source,
  asked: readonly DebugProtocol.SourceBreakpoint[],
  lines: Lines,
): DebugProtocol.Breakpoint[] {
  const listing = listingOf(source);
  const file = listing === undefined ? debuggee.sources.find(source) : undefined;
  const known = file === undefined ? [] : [...file.lines.keys()].sort((a, b) => a - b);
  const base = { reason: 'breakpoint' } as const;
  const made = asked.map((one): Made => {
    const line = lines.in(one.line);
    if (listing !== undefined) {
      const step = nearestStep(listing, line);
      const moments = debuggee.momentsOfStep(listing, step);
      const message = moments.length === 0 ? { message: 'This run never comes here.' } : {};
      return make(one, { ...base, moments }, { line: lines.out(lineOfListing(step)), ...message });
    }
    if (file === undefined) return unverified(nextId++, 'This file is not the one that is being debugged.', one.line);
    const at = known.find((other) => other >= line);
    if (at === undefined) return unverified(nextId++, 'No statement stands here or below.', one.line);
    return make(one, { ...base, moments: file.lines.get(at) ?? [] }, { line: lines.out(at) });
  });
  return put(debuggee, `source:${listing?.key ?? file?.path ?? ''}`, made);
}

/** Breakpoints on kernel functions: the run stops at the first step of each activation. */
export function setFunctionBreakpoints(
  debuggee: Debuggee,
  asked: readonly DebugProtocol.FunctionBreakpoint[],
): DebugProtocol.Breakpoint[] {
  const made = asked.map((one): Made => {
    const paths = pathsNamed(one.name);
    if (paths.length === 0) {
      const known = PATHS.map(({ fn }) => fn).join(', ');
      return unverified(nextId++, `"${one.name.slice(0, 60)}" is no modelled kernel function. There are ${known}.`);
    }
    return make(one, { reason: 'function breakpoint', moments: debuggee.momentsOfPaths(paths) });
  });
  return put(debuggee, 'functions', made);
}

function eventBreakpoint(debuggee: Debuggee, kind: string, asked: Asked): Made {
  const known: EventName | undefined = EVENT_NAMES.find((name) => name === kind);
  if (known === undefined) return unverified(nextId++, `"${kind.slice(0, 60)}" is no kind of event.`);
  return make(asked, {
    reason: 'exception',
    moments: debuggee.momentsOfEvents(known),
    event: (event) => event.kind === known,
  });
}

/** Exception filters, with and without conditions. The answers come in that order: filters, then filter options. */
export function setExceptionBreakpoints(
  debuggee: Debuggee,
  { filters, filterOptions = [] }: DebugProtocol.SetExceptionBreakpointsArguments,
): DebugProtocol.Breakpoint[] {
  return put(debuggee, 'filters', [
    ...filters.map((filter) => eventBreakpoint(debuggee, filter, {})),
    ...filterOptions.map(({ filterId, condition }) =>
      eventBreakpoint(debuggee, filterId, condition === undefined ? {} : { condition }),
    ),
  ]);
}

/** Breakpoints of the event tree, where condition, hit count and log message combine. */
export function setEventBreakpoints(debuggee: Debuggee, asked: readonly EventBreakpoint[]): DebugProtocol.Breakpoint[] {
  return put(
    debuggee,
    'events',
    asked.map((one) => eventBreakpoint(debuggee, String(one.kind), one)),
  );
}

/** Data breakpoints: an HPTE, a PTEG, a guest page or an rmap word changes. */
export function setDataBreakpoints(
  debuggee: Debuggee,
  asked: readonly DebugProtocol.DataBreakpoint[],
): DebugProtocol.Breakpoint[] {
  const made = asked.map((one): Made => {
    const point = dataPoint(debuggee.run.vm, one.dataId);
    if (point === undefined) return unverified(nextId++, `"${one.dataId.slice(0, 60)}" names nothing in this run.`);
    return make(one, { reason: 'data breakpoint', moments: changesOf(debuggee.run, point) });
  });
  return put(debuggee, 'data', made);
}
