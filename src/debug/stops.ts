// Breakpoints of every kind over a recorded run. A breakpoint is a list of moments at which it may stop, known as soon as it is
// set, and what must hold there (condition, hit count). So it stops at the same moments in both directions, and its hit count
// is a fact of the run: "the third time in the run".

import type { Event } from '../model/events';
import type { Run } from '../timeline/run';
import { evaluate, holds, type Scope } from './evaluate';
import { type Expression, ExpressionError, mistake, parseExpression } from './expression';
import type { MoveReason } from './host';
import { show } from './values';

/** Which hits of a breakpoint count, by their number in the run, from 1. */
type HitFilter = (hit: number) => boolean;

export interface Breakpoint {
  readonly id: number;
  readonly reason: Extract<MoveReason, 'breakpoint' | 'exception'> | 'function breakpoint' | 'data breakpoint';
  /** moments at which it may stop, ascending */
  readonly moments: readonly number[];
  /** For event breakpoints: whether an event is one of its kind. */
  readonly event?: (event: Event) => boolean;
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

/** Index of the first of ascending moments that is > moment. */
function after(moments: readonly number[], moment: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((moments[mid] ?? 0) <= moment) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** The next of ascending moments in a direction; -1 without one. */
function nextOf(moments: readonly number[], from: number, direction: 1 | -1): number {
  const at = after(moments, from);
  if (direction === 1) return moments[at] ?? -1;
  const before = moments[at - 1] === from ? at - 2 : at - 1;
  return moments[before] ?? -1;
}

/** A breakpoint that a moment hit, and the event it hit. */
export interface Hit {
  readonly breakpoint: Breakpoint;
  readonly event?: Event;
}

/** What a walk over the breakpoints calls. */
export interface Walk {
  scope(event?: Event): Scope;
  /** a log point was passed */
  log(text: string): void;
  /** a condition could not be worked out at a moment */
  trouble(breakpoint: Breakpoint, error: ExpressionError): void;
}

/** The breakpoints in force. */
export class Stops {
  private readonly groups = new Map<string, readonly Breakpoint[]>();
  /** hits of breakpoints with a hit count, by breakpoint */
  private readonly counted = new Map<Breakpoint, readonly number[]>();

  constructor(private readonly run: Run) {}

  /** Replaces the breakpoints of one group (one source, the functions, the events, the data). */
  set(group: string, breakpoints: readonly Breakpoint[]): void {
    for (const old of this.groups.get(group) ?? []) this.counted.delete(old);
    this.groups.set(group, breakpoints);
  }

  private get all(): Breakpoint[] {
    return [...this.groups.values()].flat();
  }

  /** The next moment at which some breakpoint may stop; -1 without one. */
  nextCandidate(from: number, direction: 1 | -1): number {
    let best = -1;
    for (const { moments } of this.all) {
      const next = nextOf(moments, from, direction);
      if (next >= 0 && (best < 0 || (direction === 1 ? next < best : next > best))) best = next;
    }
    return best;
  }

  /**
   * Asks every breakpoint that may stop at a moment. The run must stand there. Log points speak, the others stop.
   * @returns those that stop
   */
  at(moment: number, walk: Walk): Hit[] {
    const hits: Hit[] = [];
    for (const breakpoint of this.all) {
      const at = after(breakpoint.moments, moment) - 1;
      if (breakpoint.moments[at] !== moment) continue;
      const hit = this.hitAt(breakpoint, moment, walk);
      if (hit === undefined) continue;
      if (breakpoint.hit !== undefined && !breakpoint.hit(this.number(breakpoint, moment, walk))) continue;
      if (breakpoint.log === undefined) hits.push(hit);
      else walk.log(message(breakpoint.log, walk.scope(hit.event)));
    }
    return hits;
  }

  /** The hit of a breakpoint at the current moment, its condition looked at, its hit count not. */
  private hitAt(breakpoint: Breakpoint, moment: number, walk: Walk): Hit | undefined {
    const { condition, event: isWanted } = breakpoint;
    const events = isWanted === undefined ? [undefined] : this.run.events(moment).filter(isWanted);
    for (const event of events) {
      try {
        if (condition === undefined || holds(condition, walk.scope(event)))
          return { breakpoint, ...(event === undefined ? {} : { event }) };
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        walk.trouble(breakpoint, error);
      }
    }
    return undefined;
  }

  /** Which hit of the run a moment is. Conditions of the earlier ones are looked at once, by travelling there. */
  private number(breakpoint: Breakpoint, moment: number, walk: Walk): number {
    const { condition, moments } = breakpoint;
    if (condition === undefined) return after(moments, moment);
    let hits = this.counted.get(breakpoint);
    if (hits === undefined) {
      const here = this.run.position;
      const quiet: Walk = { scope: walk.scope, log: () => {}, trouble: () => {} };
      hits = moments.filter((candidate) => {
        this.run.seek(candidate);
        return this.hitAt(breakpoint, candidate, quiet) !== undefined;
      });
      this.run.seek(here);
      this.counted.set(breakpoint, hits);
    }
    return after(hits, moment);
  }
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
