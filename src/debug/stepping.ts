// Where steps lead, in both directions. Everything here is a question to a recorded run; nothing is moved.

import { EVENT_NAMES, type EventName } from '../model/events';
import type { Run } from '../timeline/run';
import type { Trail } from './follow';
import type { Direction } from './moments';

/** Presets: at which events a step over stops inside kernel paths, and between the records of a trace. */
export const PRESETS = [
  {
    name: 'table',
    events: /^(hpte\.|pteg\.|rmap\.|tlb|hpt\.|htab\.write|replay\.|invariant\.)/,
  },
  { name: 'faults', events: /^(access\.|fault\.|mmio\.|hpte\.reinstate|replay\.|invariant\.)/ },
  {
    name: 'hypercalls',
    events: /^(hcall\.|hpte\.(enter|remove|protect)|pteg\.|replay\.|invariant\.)/,
  },
  {
    name: 'notifiers',
    events: /^(notifier\.|host\.|hpte\.absent|rmap\.unlink|replay\.|invariant\.)/,
  },
  { name: 'everything', events: /./ },
  { name: 'steps', events: /^$/ },
] as const;
export type Preset = (typeof PRESETS)[number]['name'];

/** How a step looks for its moment: candidates one after the other, the first that is wanted. */
export interface Search {
  /** The candidate after one; -1 when there is none. */
  next(from: number): number;
  wanted(moment: number): boolean;
}

const always = () => true;

/** Event kinds of a preset; every kind when the run never raises one of them, as a trace that lacks these events. */
function kindsOf(run: Run, preset: Preset): readonly EventName[] {
  const events: RegExp = PRESETS.find(({ name }) => name === preset)?.events ?? /./;
  const kinds = EVENT_NAMES.filter((kind) => events.test(kind));
  return preset === 'steps' || kinds.some((kind) => run.eventsOf(kind).length > 0) ? kinds : EVENT_NAMES;
}

/** Whether a moment raised an event of one of some kinds. */
function raises(run: Run, moment: number, kinds: ReadonlySet<EventName>): boolean {
  const to = run.eventsUpTo(moment);
  for (let event = run.eventsUpTo(moment - 1); event < to; event++) if (kinds.has(run.eventName(event))) return true;
  return false;
}

/** The nearest moment: every one is a candidate. */
function everyMoment(run: Run, direction: Direction, wanted: (moment: number) => boolean): Search {
  return { next: (from) => stepInto(run, from, direction), wanted };
}

/** One step of the run. @returns the moment, or -1 at the end */
export function stepInto(run: Run, from: number, direction: Direction): number {
  const to = from + direction;
  return to >= 0 && to < run.length ? to : -1;
}

/**
 * Step over: from a scenario line to the next one; in a trace to the next moment that raises an event of the preset, in whatever
 * kernel path that is; inside a kernel path of a scenario to the next such event of the statement, or to the next statement. With the preset "steps" calls are stepped over. All
 * of it backwards the same: the stops of a walk are those of the walk back.
 */
export function stepOver(run: Run, from: number, direction: Direction, preset: Preset): Search {
  const kinds = kindsOf(run, preset);
  if (run.kind !== 'scenario' && preset !== 'everything' && preset !== 'steps')
    return { next: (moment) => run.nextMomentOf(kinds, moment, direction), wanted: always };
  if (run.frameId(from) < 0) return outermost(run, from, direction);
  const wanted = new Set(kinds);
  const depth = run.depth(from);
  return everyMoment(run, direction, (moment) => {
    if (raises(run, moment, wanted) || (run.isStatement(moment) && !isRacing(run, moment))) return true;
    return preset === 'steps' && run.depth(moment) <= depth && !isRacing(run, moment, from);
  });
}

/**
 * Step over while something is followed: to the next moment, wherever it is, that concerns it and raises an event of the preset;
 * with the preset "steps" to the next one that concerns it.
 */
export function stepAlong(run: Run, direction: Direction, preset: Preset, trail: Trail): Search {
  const kinds = new Set(kindsOf(run, preset));
  return {
    next: (from) => trail.next(from, direction),
    wanted: (moment) => (preset === 'steps' || raises(run, moment, kinds)) && trail.concerns(moment),
  };
}

/** The next or previous statement that does not run inside another one. */
function outermost(run: Run, from: number, direction: Direction): Search {
  const inRace = isRacing(run, from);
  return everyMoment(run, direction, (moment) => run.isStatement(moment) && (inRace || !isRacing(run, moment)));
}

/**
 * Step out: the moment at which the innermost path has returned; backwards the one at which it was called. From a statement
 * the next or previous one.
 */
export function stepOut(run: Run, from: number, direction: Direction): Search {
  const id = run.frameId(from);
  if (id < 0) return outermost(run, from, direction);
  return everyMoment(run, direction, (moment) => !run.isInside(id, moment) && !isRacing(run, moment, from));
}

/** Whether a moment belongs to a statement inside another one; `than`: and not the same as that moment's. */
function isRacing(run: Run, moment: number, than?: number): boolean {
  const within = run.interruptedAt(moment);
  return within >= 0 && (than === undefined || within !== run.interruptedAt(than));
}
