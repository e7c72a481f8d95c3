// Ascending lists of moments: where breakpoints may stop.

import type { EventName } from '../model/events';
import { upTo } from '../timeline/column';
import type { Run } from '../timeline/run';

/** A direction in time. */
export type Direction = 1 | -1;

/** The next of ascending moments after `from` in a direction; -1 without one. */
export function nextOf(moments: readonly number[], from: number, direction: Direction): number {
  if (direction === 1) return moments[upTo(moments, from)] ?? -1;
  return moments[upTo(moments, from - 1) - 1] ?? -1;
}

/** Whether a moment is one of ascending ones. */
export function includes(moments: readonly number[], moment: number): boolean {
  return moments[upTo(moments, moment) - 1] === moment;
}

/** Moments that raise an event of a kind, with so many looked at before each yield. */
export function* momentsOfEvents(run: Run, kind: EventName, slice = 1 << 11): Generator<void, number[]> {
  const moments: number[] = [];
  const events = run.eventsOf(kind);
  for (let i = 0; i < events.length; i++) {
    const moment = run.eventMomentOf(events[i] ?? 0);
    if (moments[moments.length - 1] !== moment) moments.push(moment);
    if (i % slice === slice - 1) yield;
  }
  return moments;
}

/** Moments that carry out a step, by its id (listing.ts), with so many looked at before each yield. */
export function* momentsOfStep(run: Run, step: number, slice = 1 << 18): Generator<void, number[]> {
  const moments: number[] = [];
  if (!run.doesStep(step)) return moments;
  for (let moment = 0; moment < run.length; moment++) {
    if (run.stepAt(moment) === step) moments.push(moment);
    if (moment % slice === slice - 1) yield;
  }
  return moments;
}
