// What helps a person to write the condition of an event breakpoint: completion of the event's fields beside all other names, the
// mistakes that only show when it is worked out, and how often it holds in the open run.

import { EVENTS, type EventName } from '../model/events';
import { readAhead } from './ahead';
import { type Completions, complete } from './complete';
import { holds, type Scope } from './evaluate';
import { type Expression, ExpressionError, mistake } from './expression';
import { type Completion, eventsBeginning, namesBeginning } from './names';
import { conditionOf } from './stops';

/** Events that are looked at before others may go on. */
const BREATH = 50;

/** How often a condition holds among the events of its kind. */
export interface Tried {
  readonly events: number;
  readonly holds: number;
  /** what was wrong at the first event at which it could not be worked out, and the moment */
  readonly mistake?: string;
}

/** Completes a condition at its end. @param scope the open run; without one only names that need none are offered */
export function completeCondition(text: string, kind: EventName, scope: Scope | undefined): Completions {
  const found = scope === undefined ? withoutRun(text) : complete(text, text.length, scope);
  const word = text.slice(found.start, found.start + found.length);
  if (text[found.start - 1] === '.' || /\b(?:count|dt)\(\s*$/.test(text.slice(0, found.start))) return found;
  const fields = Object.keys(EVENTS[kind].fields)
    .filter((name) => name.startsWith(word))
    .map((label): Completion => ({ label, kind: 'field', detail: EVENTS[kind].title }));
  return { ...found, items: [...fields, ...found.items] };
}

function withoutRun(text: string): Completions {
  const kinds = /\b(?:count|dt)\(\s*([\w.]*)$/.exec(text);
  const word = kinds?.[1] ?? /[A-Za-z_]?\w*(?:-[A-Za-z_]\w*)*$/.exec(text)?.[0] ?? '';
  const start = text.length - word.length;
  const items = kinds !== null ? eventsBeginning(word) : text[start - 1] === '.' ? [] : namesBeginning(word, new Map());
  return { start, length: word.length, items };
}

/** Completes a log message at its end: inside of braces stands an expression. */
export function completeLogMessage(text: string, kind: EventName, scope: Scope | undefined): Completions {
  const open = text.lastIndexOf('{') + 1;
  if (open === 0 || text.indexOf('}', open) >= 0) return { start: text.length, length: 0, items: [] };
  const found = completeCondition(text.slice(open), kind, scope);
  return { ...found, start: found.start + open };
}

/**
 * Tries a condition at every event of a kind in the run. The run stands where it stood whenever this yields.
 * @param text a condition without mistakes of writing; an empty one always holds
 */
export function* tryCondition(text: string, kind: EventName, scope: Scope): Generator<undefined, Tried> {
  const { run } = scope;
  const condition = text.trim() === '' ? null : conditionOf(text);
  if (condition !== null && typeof condition !== 'string') for (const _ of readAhead(run, condition)) yield undefined;
  let events = 0;
  let hits = 0;
  let wrong: string | undefined;
  for (const number of run.eventsOf(kind)) {
    events++;
    if (condition !== null && typeof condition !== 'string') {
      const answer = holdsAt(condition, number, scope);
      if (typeof answer === 'string') wrong ??= answer;
      else hits += answer ? 1 : 0;
    } else hits++;
    if (events % BREATH === 0) yield;
  }
  return { events, holds: hits, ...(wrong === undefined ? {} : { mistake: wrong }) };
}

/** @returns whether it holds there, or a sentence with the mistake */
function holdsAt(condition: Expression, number: number, scope: Scope): boolean | string {
  const { run } = scope;
  const here = run.position;
  const { event, moment } = run.event(number);
  try {
    run.seek(moment);
    return holds(condition, { ...scope, event, number });
  } catch (error) {
    if (error instanceof ExpressionError) return `moment ${moment + 1}: ${mistake(error)}`;
    throw error;
  } finally {
    run.seek(here);
  }
}
