// Evaluates expectations: against the events of a statement, against how it ended, and against the state after it.

import { decodeEvent, EVENT_WORDS, EVENTS, type Event, type EventKind } from '../model/events';
import { type Log, REC_EVENT, readLog } from '../model/log';
import { Scalar } from '../model/state';
import type { EventExpectation, Expectation, Numeral, ResultExpectation, SubjectExpectation, Word } from './ast';
import { isNumeral } from './ast';
import { type Ended, errorName } from './ended';
import { evaluate } from './evaluate';
import { RETURN_CODES } from './expectations';
import { holds, nameOf, observe, shown } from './observe';
import { printExpectation } from './print';
import { CannotDo, type RunState } from './runState';

export interface Judged {
  readonly passed: boolean;
  readonly seen: string;
}

/** A statement that is over: how it ended, and the stretch of the journal that is its. */
export interface Over {
  readonly ended: Ended;
  readonly log: Log;
  readonly from: number;
  readonly to: number;
  readonly pass: bigint;
}

/** The events raised between two addresses of the journal. */
export function eventsBetween(log: Log, from: number, to: number): Event[] {
  const events: Event[] = [];
  readLog(log, from, to, EVENT_WORDS, (type, code, chunk, at) => {
    if (type === REC_EVENT) events.push(decodeEvent(code, chunk, at + 1));
  });
  return events;
}

/** Whether an expectation holds, and what was seen in its place. */
export function judge(run: RunState, item: Expectation, over: Over): Judged {
  try {
    switch (item.kind) {
      case 'event':
        return judgeEvent(run, item, over);
      case 'result':
        return judgeResult(run, item, over);
      case 'subject':
        return judgeSubject(run, item, over.pass);
    }
  } catch (error) {
    if (error instanceof CannotDo) return { passed: false, seen: error.message };
    throw error;
  }
}

function fieldValue(run: RunState, item: Word | Numeral, type: EventKind['fields'][string] | undefined): unknown {
  if (isNumeral(item)) return item.value;
  if (type === 'flag') return item.text === 'yes';
  return type === 'index' ? BigInt(run.indexOf(item) ?? -1) : item.text;
}

function matches(run: RunState, { event, fields }: EventExpectation, seen: Event): boolean {
  if (seen.kind !== event.text) return false;
  const types: EventKind['fields'] = EVENTS[seen.kind].fields;
  const values = seen as unknown as Readonly<Record<string, unknown>>;
  return fields.every(({ name, value }) => {
    const found = values[name.text];
    const wanted = fieldValue(run, value, types[name.text]);
    return typeof found === 'number' ? BigInt(found) === wanted : found === wanted;
  });
}

function judgeEvent(run: RunState, item: EventExpectation, { log, from, to }: Over): Judged {
  const all = eventsBetween(log, from, to);
  const times = BigInt(all.filter((event) => matches(run, item, event)).length);
  const count = item.count;
  const good = count === undefined ? times > 0n : count.atLeast ? times >= count.times : times === count.times;
  const name = printExpectation({ ...item, negated: false, count: undefined });
  const others = all.filter(({ kind }) => kind === item.event.text).length;
  const more = item.fields.length > 0 && BigInt(others) !== times ? ` (${item.event.text} x${others})` : '';
  return { passed: good !== item.negated, seen: times === 0n ? `no ${name}${more}` : `${name} x${times}${more}` };
}

function judgeSubject(run: RunState, item: SubjectExpectation, pass: bigint): Judged {
  const seen = observe(run, item.of, item.argument);
  const good = item.checks.every((check) => holds(run, check, seen, pass));
  const subject = item.of === 'label' ? item.argument.text : `${item.of}(${item.argument.text})`;
  const words = new Set(item.checks.map((check) => shown(run, check.name.text, seen)));
  return { passed: good !== item.negated, seen: `${subject} ${[...words].join(' ')}` };
}

/** How a statement ended, for people: `H_SUCCESS, r4 0x918`. */
export function endedText(run: RunState, ended: Ended): string {
  const { outcome, ret, regs, address, status, pages, entries, bytes, problem } = ended;
  if (problem !== undefined) return problem;
  const parts = [outcome === 'error' && ret !== undefined ? `error ${errorName(ret)}` : outcome];
  if (regs !== undefined) parts.push(...regs.map((value, at) => `r${at + 4} 0x${value.toString(16)}`));
  if (address !== undefined) parts.push(`${outcome === 'mmio' ? 'at' : 'ra'} 0x${address.toString(16)}`);
  if (status !== undefined && ['dsi', 'isi'].includes(outcome)) parts.push(`0x${status.toString(16)}`);
  if (pages !== undefined)
    parts.push(
      pages.length === 0
        ? 'pages none'
        : `pages ${pages
            .slice(0, 16)
            .map((gfn) => `0x${gfn.toString(16)}`)
            .join(' ')}`,
    );
  if (bytes !== undefined) parts.push(`bytes ${bytes}`);
  if (entries !== undefined)
    parts.push(
      entries.length === 0
        ? 'entries none'
        : `entries ${entries
            .slice(0, 16)
            .map((index) => nameOf(run, index))
            .join(' ')}`,
    );
  if (ret !== undefined && ret > 0n && regs === undefined && bytes === undefined) parts.push(`ret ${ret}`);
  return parts.join(', ');
}

function judgeResult(run: RunState, item: ResultExpectation, over: Over): Judged {
  const { ended } = over;
  const name = item.name.text;
  const good = resultHolds(run, name, item, over);
  const register = /^r([0-9]+)$/.exec(name);
  let seen = endedText(run, ended);
  if (name === 'seq' || name === 'count' || name === 'order') seen = `${name} ${numberAfter(run, name)}`;
  else if (register !== null && ended.regs?.[Number(register[1]) - 4] === undefined) seen = `no ${name}: ${seen}`;
  else if (name === 'ret') seen = `ret ${ended.ret ?? 'nothing'}`;
  return { passed: good !== item.negated && ended.problem === undefined, seen };
}

function numberAfter({ machine }: RunState, name: string): bigint {
  if (name === 'order') return BigInt(machine.state.hpt.order);
  return BigInt(machine.state.scalarNum(name === 'seq' ? Scalar.seq : Scalar.count));
}

function resultHolds(run: RunState, name: string, { value }: ResultExpectation, { ended, pass }: Over): boolean {
  const wanted = value === undefined ? undefined : evaluate(value, pass);
  if (RETURN_CODES.has(name)) return ended.outcome === name;
  const register = /^r([0-9]+)$/.exec(name);
  if (register !== null) return ended.regs?.[Number(register[1]) - 4] === wanted;
  const list = (items: readonly bigint[] | undefined) => {
    if (items === undefined) return false;
    const all =
      value?.kind === 'list'
        ? value.items.map((item) => (isNumeral(item) ? item.value : BigInt(run.indexOf(item) ?? -1)))
        : [];
    return all.length === items.length && all.every((item, at) => item === items[at]);
  };
  switch (name) {
    case 'ok':
      return ended.outcome === 'ok' || ended.outcome === 'H_SUCCESS';
    case 'error':
      return (
        ended.outcome === 'error' &&
        ended.ret !== undefined &&
        value?.kind === 'word' &&
        errorName(ended.ret) === value.text
      );
    case 'ret':
      return ended.ret === wanted;
    case 'ra':
      return ended.outcome === 'ok' && ended.address === wanted;
    case 'mmio':
      return ended.outcome === 'mmio' && (wanted === undefined || ended.address === wanted);
    case 'dsi':
    case 'isi':
      return ended.outcome === name && (wanted === undefined || ended.status === wanted);
    case 'pages':
      return list(ended.pages);
    case 'entries':
      return list(ended.entries?.map(BigInt));
    case 'bytes':
      return ended.bytes === wanted;
    case 'seq':
    case 'count':
    case 'order':
      return numberAfter(run, name) === wanted;
    default:
      return ended.outcome === name;
  }
}
