// Where steps lead, in both directions. Everything here is a question to a recorded run; nothing is moved.

import type { Run } from '../timeline/run';

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

/** A direction in time. */
export type Direction = 1 | -1;

/** Whether a moment raised an event of some kind. */
function raises(run: Run, moment: number, wanted: RegExp): boolean {
  const from = moment === 0 ? 0 : run.eventsUpTo(moment - 1);
  const to = run.eventsUpTo(moment);
  for (let i = from; i < to; i++) if (wanted.test(run.eventName(i))) return true;
  return false;
}

const answered = new WeakMap<Run, Map<Preset, RegExp>>();

/** Event kinds of a preset; any kind when the run never raises one of them, as a trace that lacks these events. */
function eventsOf(run: Run, preset: Preset): RegExp {
  const known = answered.get(run) ?? new Map<Preset, RegExp>();
  answered.set(run, known);
  let events = known.get(preset);
  if (events === undefined) {
    const wanted: RegExp = PRESETS.find(({ name }) => name === preset)?.events ?? /./;
    let i = 0;
    while (i < run.eventCount && !wanted.test(run.eventName(i))) i++;
    events = i < run.eventCount || preset === 'steps' ? wanted : /./;
    known.set(preset, events);
  }
  return events;
}

/** Tells whether a frame is under way at moments, remembering what it was told of frames met before. */
export class FrameWatch {
  private readonly inside = new Map<number, boolean>();

  constructor(
    private readonly run: Run,
    private readonly frame: number,
  ) {}

  /** Whether the frame is on the stack at a moment, itself innermost or not. */
  holds(moment: number): boolean {
    const id = this.run.frameId(moment);
    if (id < 0) return false;
    const known = this.inside.get(id);
    if (known !== undefined) return known;
    const holds = this.run.frames(moment).some(({ frame }) => frame.id === this.frame);
    this.inside.set(id, holds);
    return holds;
  }
}

/** The nearest statement of the same actor chain after or before a moment; -1 when there is none. */
function statement(run: Run, from: number, direction: Direction): number {
  return run.find(from, direction, (moment) => run.isStatement(moment));
}

/** One step of the run. @returns the moment, or -1 at the end */
export function stepInto(run: Run, from: number, direction: Direction): number {
  const to = from + direction;
  return to >= 0 && to < run.length ? to : -1;
}

/**
 * Step over: from a scenario line to the next one; in a trace to the next moment that raises an event of the preset; inside
 * a kernel path to the next such event, or to where the path returns. Backwards the same, to where the path was called.
 * @returns the moment, or -1 when nothing of the kind follows
 */
export function stepOver(run: Run, from: number, direction: Direction, preset: Preset): number {
  const wanted = eventsOf(run, preset);
  const id = run.frameId(from);
  if (id < 0) {
    if (run.kind === 'scenario' || preset === 'everything' || preset === 'steps')
      return outermost(run, from, direction);
    return run.find(from, direction, (moment) => raises(run, moment, wanted));
  }
  const own = new FrameWatch(run, id);
  return run.find(from, direction, (moment) => {
    if (!isRacing(run, moment, from) && (run.isStatement(moment) || !own.holds(moment))) return true;
    return (preset === 'steps' && run.frameId(moment) === id) || raises(run, moment, wanted);
  });
}

/** The next or previous statement that does not run inside another one. */
function outermost(run: Run, from: number, direction: Direction): number {
  if (isRacing(run, from)) return statement(run, from, direction);
  return run.find(from, direction, (moment) => run.isStatement(moment) && !isRacing(run, moment));
}

/**
 * Step out: the moment at which the innermost path has returned; backwards the one at which it was called. From a statement
 * the next or previous one.
 */
export function stepOut(run: Run, from: number, direction: Direction): number {
  const id = run.frameId(from);
  if (id < 0) return outermost(run, from, direction);
  const own = new FrameWatch(run, id);
  return run.find(from, direction, (moment) => !own.holds(moment) && !isRacing(run, moment, from));
}

const racing = new WeakMap<Run, Int32Array>();

/**
 * For each moment the moment within which its statement runs, when the statement races another actor's kernel path; -1
 * otherwise. The journal tells it by resuming the outer statement afterwards.
 */
function interruptedBy(run: Run): Int32Array {
  const known = racing.get(run);
  if (known !== undefined) return known;
  const outer = new Int32Array(run.length).fill(-1);
  // statements begun and not known to be over: [first moment, source]
  const open: { first: number; source: number }[] = [];
  for (let m = 0; m < run.length; m++) {
    const source = run.sourceNumber(m);
    if (run.isStatement(m)) {
      open.push({ first: m, source });
      continue;
    }
    if (open[open.length - 1]?.source === source) continue;
    let resumed = open.length - 1;
    while (resumed >= 0 && open[resumed]?.source !== source) resumed--;
    const inner = resumed < 0 ? undefined : open.splice(resumed + 1)[0];
    if (inner !== undefined) for (let i = inner.first; i < m; i++) if (outer[i] === -1) outer[i] = inner.first - 1;
  }
  racing.set(run, outer);
  return outer;
}

/** The moment of another actor's path within which a moment's statement runs, or -1. */
export function interrupted(run: Run, moment: number): number {
  return interruptedBy(run)[moment] ?? -1;
}

/** Whether a moment belongs to a statement inside another one; `than`: and not the same as that moment's. */
function isRacing(run: Run, moment: number, than?: number): boolean {
  const within = interrupted(run, moment);
  return within >= 0 && (than === undefined || within !== interrupted(run, than));
}
