// Breakpoints of every kind over a recorded run. A breakpoint is a list of moments at which it may stop, known as soon as it is
// set, and what must hold there (condition, hit count). So it stops at the same moments in both directions, and its hit count
// is a fact of the run: "the third time in the run".

import type { Event, EventName } from '../model/events';
import { upTo } from '../timeline/column';
import type { Run } from '../timeline/run';
import { atOnce } from '../timeline/slices';
import { readAhead } from './ahead';
import { evaluate, holds, type Scope } from './evaluate';
import { type Expression, ExpressionError, mistake, parseExpression } from './expression';
import type { MoveReason } from './host';
import { type Direction, includes, momentsOfEvents, nextOf } from './moments';
import { show } from './values';

/** Which hits of a breakpoint count, by their number in the run, from 1. */
type HitFilter = (hit: number) => boolean;

/** The event after which a breakpoint is armed: the first of a kind, or the first for which a condition holds. */
export interface Arming {
  readonly kind: EventName;
  readonly condition?: Expression;
}

export interface Breakpoint {
  readonly id: number;
  readonly reason: Extract<MoveReason, 'breakpoint' | 'exception'> | 'function breakpoint' | 'data breakpoint';
  /** moments at which it may stop, ascending */
  readonly moments: readonly number[];
  /** for event breakpoints: the kind */
  readonly kind?: EventName;
  /** it stops only after such an event of the run, whichever way the run is walked */
  readonly armed?: Arming;
  readonly condition?: Expression;
  readonly hit?: HitFilter;
  readonly log?: readonly (string | Expression)[];
}

/** Reads a hit condition: 3, == 3, > 3, >= 3, < 3, <= 3, % 3. @returns a sentence when it is none */
export function hitFilter(text: string): HitFilter | string {
  const match = /^\s*(==?|>=?|<=?|%)?\s*(\d{1,9})\s*$/.exec(text);
  if (match === null) return `hit count "${text.slice(0, 40)}": expected a number, or one behind ==, >, >=, <, <= or %`;
  const n = Number(match[2]);
  switch (match[1]) {
    case '>':
      return (hit) => hit > n;
    case '>=':
      return (hit) => hit >= n;
    case '<':
      return (hit) => hit < n;
    case '<=':
      return (hit) => hit <= n;
    case '%':
      return n === 0 ? 'hit count "% 0": every 0th hit is none' : (hit) => hit % n === 0;
    default:
      return (hit) => hit === n;
  }
}

/** Reads a condition. @returns a sentence with the mistake and its place when it is none */
export function conditionOf(text: string): Expression | string {
  try {
    return parseExpression(text);
  } catch (error) {
    if (error instanceof ExpressionError) return `condition, ${mistake(error)}`;
    throw error;
  }
}

/** Reads a log message: text with expressions in braces. @returns a sentence with the mistake when it is none */
export function logTemplate(text: string): readonly (string | Expression)[] | string {
  const parts: (string | Expression)[] = [];
  for (const [whole, braces] of text.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (braces === undefined) parts.push(whole);
    else {
      const expression = conditionOf(braces);
      if (typeof expression === 'string')
        return `log message, {${braces.slice(0, 40)}}, ${expression.replace(/^condition, /, '')}`;
      parts.push(expression);
    }
  }
  return parts;
}

/** A breakpoint that a moment hit, and the event it hit. */
export interface Hit {
  readonly breakpoint: Breakpoint;
  readonly event?: Event;
  readonly number?: number;
}

/** What a walk over the breakpoints calls. */
export interface Walk {
  scope(event?: Event, number?: number): Scope;
  /** a log point was passed */
  log(text: string): void;
  /** a condition could not be worked out at a moment */
  trouble(breakpoint: Breakpoint, error: ExpressionError): void;
}

/** Moments at which conditions are looked at between yields. */
const TRAVELS = 64;

/** The breakpoints in force. */
export class Stops {
  private readonly groups = new Map<string, readonly Breakpoint[]>();
  /** hits of breakpoints whose hits are counted, by breakpoint: moments, ascending */
  private readonly counted = new Map<Breakpoint, readonly number[]>();
  /** number of the event after which a breakpoint is armed; Infinity when there is none */
  private readonly armedFrom = new Map<Breakpoint, number>();

  constructor(private readonly run: Run) {}

  /** Replaces the breakpoints of one group (one source, the functions, the events, the data). */
  set(group: string, breakpoints: readonly Breakpoint[]): void {
    for (const old of this.groups.get(group) ?? []) {
      this.counted.delete(old);
      this.armedFrom.delete(old);
    }
    this.groups.set(group, breakpoints);
  }

  /** The run has grown: events that came since count too. */
  grow(): void {
    for (const [group, breakpoints] of this.groups) {
      const grown = breakpoints.map((one) =>
        one.kind === undefined ? one : { ...one, moments: atOnce(momentsOfEvents(this.run, one.kind)) },
      );
      this.set(group, grown);
    }
  }

  private get all(): Breakpoint[] {
    return [...this.groups.values()].flat();
  }

  /** The next moment at which some breakpoint may stop; -1 without one. */
  nextCandidate(from: number, direction: Direction): number {
    let best = -1;
    for (const { moments } of this.all) {
      const next = nextOf(moments, from, direction);
      if (next >= 0 && (best < 0 || (direction === 1 ? next < best : next > best))) best = next;
    }
    return best;
  }

  /**
   * Finds out what holds for the whole run before it is walked: since when each breakpoint is armed, and which hits of it there are when
   * they are counted. The run travels for that, and is back where it was at every yield and at the end.
   */
  *prepare(walk: Walk): Generator<void, true> {
    const quiet: Walk = { scope: walk.scope, log: () => {}, trouble: () => {} };
    for (const breakpoint of this.all) {
      for (const expression of expressionsOf(breakpoint)) yield* readAhead(this.run, expression);
      if (breakpoint.armed !== undefined && !this.armedFrom.has(breakpoint))
        this.armedFrom.set(breakpoint, yield* this.firstArming(breakpoint, breakpoint.armed, walk));
      if (breakpoint.hit !== undefined && !this.counted.has(breakpoint))
        this.counted.set(breakpoint, yield* this.hitsOf(breakpoint, quiet));
    }
    return true;
  }

  private *firstArming(breakpoint: Breakpoint, { kind, condition }: Arming, walk: Walk): Generator<void, number> {
    const events = this.run.eventsOf(kind);
    if (condition === undefined) return events[0] ?? Number.POSITIVE_INFINITY;
    const first = yield* this.travel(
      events.length,
      (i) => this.run.eventMomentOf(events[i] ?? 0),
      (i) => this.holds(breakpoint, condition, walk, this.run.event(events[i] ?? 0).event, events[i]),
    );
    return events[first] ?? Number.POSITIVE_INFINITY;
  }

  private *hitsOf(breakpoint: Breakpoint, walk: Walk): Generator<void, readonly number[]> {
    const { condition, armed, moments } = breakpoint;
    if (condition === undefined && armed === undefined) return moments;
    const hits: number[] = [];
    const momentAt = (i: number): number => moments[i] ?? 0;
    yield* this.travel(moments.length, momentAt, (i) => {
      if (this.hitAt(breakpoint, momentAt(i), walk) !== undefined) hits.push(momentAt(i));
      return false;
    });
    return hits;
  }

  /**
   * Asks something at one moment after the other; the run is where it was at every yield and at the end.
   * @returns the number of the first moment at which the answer was yes, or -1
   */
  private *travel(
    count: number,
    momentAt: (i: number) => number,
    ask: (i: number) => boolean,
  ): Generator<void, number> {
    for (let from = 0; from < count; from += TRAVELS) {
      const here = this.run.position;
      try {
        for (let i = from; i < Math.min(count, from + TRAVELS); i++) {
          this.run.seek(momentAt(i));
          if (ask(i)) return i;
        }
      } finally {
        this.run.seek(here);
      }
      yield;
    }
    return -1;
  }

  /**
   * Asks every breakpoint that may stop at a moment. The run must stand there, and be prepared. Log points speak, the others stop.
   * @returns those that stop
   */
  at(moment: number, walk: Walk): Hit[] {
    const hits: Hit[] = [];
    for (const breakpoint of this.all) {
      if (!includes(breakpoint.moments, moment)) continue;
      const hit = this.hitAt(breakpoint, moment, walk);
      if (hit === undefined) continue;
      if (breakpoint.hit !== undefined && !breakpoint.hit(upTo(this.counted.get(breakpoint) ?? [], moment))) continue;
      if (breakpoint.log === undefined) hits.push(hit);
      else walk.log(message(breakpoint.log, walk.scope(hit.event, hit.number)));
    }
    return hits;
  }

  /** The hit of a breakpoint at the current moment: armed, its condition looked at, its hit count not. */
  private hitAt(breakpoint: Breakpoint, moment: number, walk: Walk): Hit | undefined {
    const { condition, kind } = breakpoint;
    if (kind === undefined)
      return condition === undefined || this.holds(breakpoint, condition, walk) ? { breakpoint } : undefined;
    const armedFrom = breakpoint.armed === undefined ? -1 : (this.armedFrom.get(breakpoint) ?? -1);
    for (let number = this.run.eventsUpTo(moment - 1); number < this.run.eventsUpTo(moment); number++) {
      if (number <= armedFrom || this.run.eventName(number) !== kind) continue;
      const { event } = this.run.event(number);
      if (condition === undefined || this.holds(breakpoint, condition, walk, event, number))
        return { breakpoint, event, number };
    }
    return undefined;
  }

  private holds(breakpoint: Breakpoint, condition: Expression, walk: Walk, event?: Event, number?: number): boolean {
    try {
      return holds(condition, walk.scope(event, number));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      walk.trouble(breakpoint, error);
      return false;
    }
  }
}

/** The expressions that a breakpoint works out while the run is walked. */
function expressionsOf({ condition, armed, log = [] }: Breakpoint): Expression[] {
  const spoken = log.flatMap((part) => (typeof part === 'string' ? [] : part));
  return [condition, armed?.condition, ...spoken].filter((one) => one !== undefined);
}

/** A log message with its expressions worked out; a mistake stands in its place. */
function message(parts: readonly (string | Expression)[], scope: Scope): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      try {
        return show(evaluate(part, scope));
      } catch (error) {
        if (error instanceof ExpressionError) return `{${error.message}}`;
        throw error;
      }
    })
    .join('');
}
