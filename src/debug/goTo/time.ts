// "Go to" a moment: by its number, an event's number or kind, a line, a time on the trace's clock.

import * as l10n from '@vscode/l10n';
import { EVENT_NAMES, EVENTS, type EventName, eventText } from '../../model/events';
import type { Run } from '../../timeline/run';
import type { Reading, Standpoint, Work } from './standpoint';

/** Moments or events that are looked at before others may go on. */
const BREATH = 1 << 14;
/** No more kinds of events are offered for the beginning of a name. */
const MOST_KINDS = 6;

type Answer = Pick<Reading, 'sentence' | 'target'>;

/** What is done at a moment: "line 21: load b", and the step of the kernel path. */
export function momentText(run: Run, moment: number): string {
  const { line, text } = run.source(moment);
  const step = run.frames(moment)[0];
  const statement = text.replace(/\s+/g, ' ').trim();
  const where = l10n.t('line {0}', line + 1);
  return step === undefined ? `${where}: ${statement}` : `${where}: ${step.path.fn}: ${step.text}`;
}

const at = (run: Run, moment: number, sentence = momentText(run, moment)): Answer => ({ sentence, target: { moment } });

/** @param value number from 1, or moments from here */
export function findMoment({ run }: Standpoint, value: bigint, relative: boolean): Answer {
  const number = relative ? BigInt(run.position + 1) + value : value;
  if (number >= 1n && number <= BigInt(run.length)) return at(run, Number(number) - 1);
  return { sentence: l10n.t('There is no moment {0}: the run has 1 to {1}.', number.toString(), run.length) };
}

/** @param value number from 1 */
export function findEvent({ run }: Standpoint, value: bigint): Answer {
  if (run.eventCount === 0) return { sentence: l10n.t('The run has no event.') };
  if (value < 1n || value > BigInt(run.eventCount)) {
    return { sentence: l10n.t('There is no event {0}: the run has 1 to {1}.', value.toString(), run.eventCount) };
  }
  const { moment, event } = run.event(Number(value) - 1);
  return at(run, moment, `${event.kind}: ${eventText(event)}`);
}

/** @param value number from 1 */
export function* findLine({ run }: Standpoint, value: bigint): Work<Answer> {
  let best = -1;
  let bestLine = Number.POSITIVE_INFINITY;
  for (let source = 0; source < run.statements.length; source++) {
    if (source % BREATH === BREATH - 1) yield;
    const line = run.statements.at(source)?.line ?? 0;
    if (line < Number(value) - 1 || line >= bestLine) continue;
    const moment = run.momentOfSource(source);
    if (moment < 0) continue;
    best = moment;
    bestLine = line;
  }
  return best < 0
    ? { sentence: l10n.t('Nothing of the run stands on line {0} or below.', value.toString()) }
    : at(run, best);
}

/** The last moment that is not later. @param value nanoseconds on the trace's clock */
export function* findTime({ run }: Standpoint, value: bigint): Work<Answer> {
  let best = -1;
  let first: bigint | undefined;
  for (let moment = 0; moment < run.length; moment++) {
    if (moment % BREATH === BREATH - 1) yield;
    const { time } = run.source(moment);
    if (time === undefined) continue;
    first ??= time;
    if (time > value) break;
    if (run.isStatement(moment)) best = moment;
  }
  if (first === undefined) return { sentence: l10n.t('A scenario has no clock: go to a line, an event or a moment.') };
  if (best < 0) return { sentence: l10n.t('The trace begins later, at {0}.', seconds(first)) };
  return at(run, best, `${seconds(run.source(best).time ?? value)}: ${run.source(best).text}`);
}

function seconds(time: bigint): string {
  return `${time / 1_000_000_000n}.${(time % 1_000_000_000n).toString().padStart(9, '0')} s`;
}

/** Kinds of events that a name, or a part of one or of its title, can mean; those that are named exactly come alone. */
export function kindsNamed(name: string): readonly EventName[] {
  const exact = EVENT_NAMES.find((kind) => kind === name);
  if (exact !== undefined) return [exact];
  if (name.length < 3) return [];
  const wanted = name.toLowerCase();
  return EVENT_NAMES.filter((kind) => kind.includes(wanted) || EVENTS[kind].title.toLowerCase().includes(wanted)).slice(
    0,
    MOST_KINDS,
  );
}

/** An event of a kind: the `nth` of the run, from 1, or the next one, or the last one before when none follows. */
export function* findKind({ run }: Standpoint, kind: EventName, nth: number | undefined): Work<Answer> {
  const here = run.eventsUpTo(run.position);
  let seen = 0;
  let chosen = -1;
  let chosenNth = 0;
  for (let number = 0; number < run.eventCount; number++) {
    if (number % BREATH === BREATH - 1) yield;
    if (run.eventName(number) !== kind) continue;
    seen++;
    if (nth === undefined ? chosen < here : seen === nth) {
      chosen = number;
      chosenNth = seen;
    }
  }
  if (seen === 0) return { sentence: l10n.t('The run has no {0}.', kind) };
  if (chosen < 0) return { sentence: l10n.t('The run has {0} of {1}.', seen, kind) };
  const { moment, event } = run.event(chosen);
  const which = l10n.t('{0} of {1}', chosenNth, seen);
  const where =
    nth !== undefined
      ? which
      : chosen >= here
        ? l10n.t('the next, {0}', which)
        : l10n.t('none follows; the last, {0}', which);
  return at(run, moment, `${where}: ${eventText(event)}`);
}
