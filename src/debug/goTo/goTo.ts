// "Go to": every way to read what a person typed, each with what it finds at the current moment. The workbench's box and
// `hptscope goto` show these readings.

import * as l10n from '@vscode/l10n';
import { EVENTS } from '../../model/events';
import { hex, type Reading, type Standpoint, type Work } from './standpoint';
import { entryText, findAddress, findAvpn, findEa, findFrame, findHva, findIndex, findPage, findPteg } from './table';
import { findEvent, findKind, findLine, findMoment, findTime, kindsNamed, momentText } from './time';
import { type Asked, type Mistyped, readTyped } from './typed';

/** Labels and marks of which a part was typed: no more than this. */
const MOST_NAMES = 20;

/**
 * The readings of a text, those that lead somewhere and those that say why they do not.
 * @returns a generator that yields readings as they are found, and `undefined` now and then while it still looks; its end says what
 * would be right when the text can be read in no way
 */
export function* readings(from: Standpoint, text: string): Generator<Reading | undefined, Mistyped | undefined> {
  const typed = text.trim();
  let any = false;
  for (const mark of marksNamed(from, typed)) {
    any = true;
    yield mark;
  }
  const asked = readTyped(typed);
  if ('mistake' in asked) return any ? undefined : asked;
  for (const one of asked) {
    if (one.as === 'name') {
      for (const reading of yield* named(from, one)) {
        any = true;
        yield reading;
      }
    } else {
      any = true;
      yield yield* counted(from, one);
    }
  }
  return any ? undefined : { mistake: unnamed(from, typed) };
}

function unnamed({ labels }: Standpoint, typed: string): string {
  const known = labels.size === 0 ? '' : ` ${l10n.t('Labels: {0}.', [...labels.keys()].slice(0, 12).join(', '))}`;
  return `${l10n.t('Nothing is called "{0}".', typed.slice(0, 40))}${known}`;
}

function marksNamed({ marks, run }: Standpoint, typed: string): Reading[] {
  const wanted = typed.replace(/^(?:book)?mark[\s:=]+/i, '').toLowerCase();
  const found = wanted === '' ? [] : marks.filter(({ name }) => name.toLowerCase().includes(wanted));
  return found.slice(0, MOST_NAMES).map(({ name, moment }) => ({
    as: 'mark',
    title: name,
    sentence: momentText(run, moment),
    target: { moment },
  }));
}

/** Labels that begin with a name, and events of the kinds that it can mean. */
function* named(from: Standpoint, { name, nth }: Extract<Asked, { as: 'name' }>): Work<Reading[]> {
  const all: Reading[] = [];
  const labels = [...from.labels].filter(([label]) => label === name || label.startsWith(name));
  labels.sort(([a], [b]) => Number(b === name) - Number(a === name));
  for (const [label, index] of labels.slice(0, MOST_NAMES)) {
    const sentence = l10n.t('HPTE {0}: {1}', hex(index), entryText(from, index));
    all.push({ as: 'label', title: label, sentence, target: { entries: [index] } });
  }
  for (const kind of kindsNamed(name)) {
    const title = nth === undefined ? EVENTS[kind].title : `${EVENTS[kind].title} #${nth}`;
    all.push({ as: 'kind', title, ...(yield* findKind(from, kind, nth)) });
  }
  return all;
}

function* counted(from: Standpoint, asked: Exclude<Asked, { as: 'name' }>): Work<Reading> {
  const { as, value } = asked;
  const made = (written: string, answer: Pick<Reading, 'sentence' | 'target'>): Reading => ({
    as,
    title: `${as} ${written}`,
    ...answer,
  });
  switch (asked.as) {
    case 'hpte':
      return made(hex(value), findIndex(from, value));
    case 'pteg':
      return made(hex(value), findPteg(from, value));
    case 'ea':
      return made(hex(value), findEa(from, value, asked.segment));
    case 'gpa':
      return made(hex(value), yield* findAddress(from, value));
    case 'gfn':
      return made(hex(value), yield* findPage(from, value));
    case 'hva':
      return made(hex(value), yield* findHva(from, value));
    case 'pfn':
      return made(hex(value), yield* findFrame(from, value));
    case 'avpn':
      return made(hex(value), yield* findAvpn(from, value));
    case 'moment':
      return made(momentWritten(from, asked), findMoment(from, value, asked.relative));
    case 'event':
      return made(value.toString(), findEvent(from, value));
    case 'line':
      return made(value.toString(), yield* findLine(from, value));
    case 'time':
      return made(timeWritten(value), yield* findTime(from, value));
  }
}

function momentWritten({ run }: Standpoint, { value, relative }: Extract<Asked, { as: 'moment' }>): string {
  return (relative ? BigInt(run.position + 1) + value : value).toString();
}

function timeWritten(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${(ns % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '')}`.replace(
    /\.$/,
    '',
  );
}

/** Every reading of a text at once, for where nobody waits: those that lead somewhere first. */
export function allReadings(
  from: Standpoint,
  text: string,
): { readonly readings: readonly Reading[]; readonly mistake?: string } {
  const all: Reading[] = [];
  const walk = readings(from, text);
  for (;;) {
    const { value, done } = walk.next();
    if (done === true) return { readings: inOrder(all), ...value };
    if (value !== undefined) all.push(value);
  }
}

/** Those that lead somewhere first, otherwise as they came. */
export function inOrder(all: readonly Reading[]): Reading[] {
  return [...all.filter(({ target }) => target !== undefined), ...all.filter(({ target }) => target === undefined)];
}
