// Saved sessions (`*.hptsession`): JSON with bookmarks, notes, event breakpoints, stepping and view state beside a program, so that a
// finding can be sent to somebody else. Reading tells every mistake at its place and keeps what can be understood. Moments count from 1
// in the file, as people count them.

import { EVENT_NAMES } from '../model/events';
import type { Bookmark } from '../timeline/bookmarks';
import { parseJson, positionOf } from '../trace/json';
import { JsonFields } from '../trace/jsonFields';
import { type InputProblem, ProblemList } from '../trace/problem';
import type { EventBreakpoint } from './breakpoints';
import { followed } from './follow';
import { PRESETS, type Preset } from './stepping';
import { conditionOf, hitFilter, logTemplate } from './stops';

/** An event breakpoint as it is kept: one that is off keeps what was written. */
export interface KeptBreakpoint extends EventBreakpoint {
  readonly on: boolean;
}

/** What a session keeps. */
export interface SavedSession {
  /** path of the program, relative to the session's folder */
  readonly program: string;
  /** where the run stood, from 0 */
  readonly moment?: number;
  readonly stepping?: Preset;
  /** what steps keep to, as launch.json says it */
  readonly follow?: string;
  readonly bookmarks: readonly Bookmark[];
  readonly breakpoints: readonly KeptBreakpoint[];
  /** state of views by name; what each value means is the view's own affair */
  readonly views: Readonly<Record<string, string>>;
}

/** What a file says, as far as it can be used at all, and what is wrong with it. */
export interface SessionFile {
  readonly session: SavedSession | undefined;
  readonly problems: readonly InputProblem[];
}

const LAST_MOMENT = 2 ** 32 - 1;

/** Reads a session. @param file its name, for the problems */
export function readSession(text: string, file: string): SessionFile {
  const problems = new ProblemList(file);
  const json = parseJson(text);
  const wrong = (message: string, offset: number): SessionFile => {
    problems.add('error', message, { ...positionOf(text, offset), offset });
    return { session: undefined, problems: problems.list() };
  };
  const wanted = 'expected a saved session: an object with "hptsession": 1 and "program"';
  if ('error' in json) return wrong(text.trim() === '' ? `the file is empty; ${wanted}` : json.error, json.at);
  if (json.root.type !== 'object') return wrong(wanted, json.root.start);
  const session = sessionOf(new JsonFields(text, json.root, '', problems));
  const inOrder = problems.list().sort((a, b) => (a.offset ?? text.length) - (b.offset ?? text.length));
  return { session, problems: inOrder };
}

function sessionOf(f: JsonFields): SavedSession | undefined {
  const version = f.integer('hptsession', 1, 1);
  const program = f.string('program');
  const moment = f.integer('moment', 1, LAST_MOMENT, false);
  const stepping = f.choice(
    'stepping',
    PRESETS.map(({ name }) => name),
    false,
  );
  const follow = checked(f, 'follow', followed);
  const bookmarks = f.objects('bookmarks', false).map(bookmarkOf);
  const breakpoints = f.objects('breakpoints', false).map(breakpointOf);
  const views = viewsOf(f);
  f.string('$schema', false);
  f.rejectOthers();
  if (version === undefined || program === undefined) return undefined;
  return {
    program,
    ...(moment === undefined ? {} : { moment: moment - 1 }),
    ...(stepping === undefined ? {} : { stepping }),
    ...(follow === undefined ? {} : { follow }),
    bookmarks: bookmarks.filter((one) => one !== undefined),
    breakpoints: breakpoints.filter((one) => one !== undefined),
    views,
  };
}

/** A text that some reader understands; its mistake is told at the text. */
function checked(f: JsonFields, key: string, read: (text: string) => unknown): string | undefined {
  const text = f.string(key, false);
  if (text === undefined) return undefined;
  const answer = read(text);
  const node = f.node(key);
  if (typeof answer === 'string' && node !== undefined) return f.wrong(answer, node, f.pathOf(key));
  return text;
}

function bookmarkOf(f: JsonFields): Bookmark | undefined {
  const moment = f.integer('moment', 1, LAST_MOMENT);
  const name = f.string('name');
  const note = f.string('note', false);
  const statement = f.string('statement');
  const offset = f.integer('offset', 0, LAST_MOMENT);
  f.rejectOthers();
  if (moment === undefined || name === undefined || statement === undefined || offset === undefined) return undefined;
  return { moment: moment - 1, name, statement, offset, ...(note === undefined ? {} : { note }) };
}

function breakpointOf(f: JsonFields): KeptBreakpoint | undefined {
  const on = f.boolean('on', false) ?? true;
  const kind = f.choice('kind', EVENT_NAMES, false);
  const fn = f.string('function', false);
  const data = f.string('data', false);
  const condition = checked(f, 'condition', conditionOf);
  const hitCondition = checked(f, 'hitCondition', hitFilter);
  const logMessage = checked(f, 'logMessage', logTemplate);
  const armedAfter = armingOf(f.fields('armedAfter', false));
  f.rejectOthers();
  if ([kind, fn, data].filter((what) => what !== undefined).length !== 1)
    return f.wrong('expected one of "kind", "function" and "data"', f.object, f.path);
  return {
    on,
    ...(kind === undefined ? {} : { kind }),
    ...(fn === undefined ? {} : { function: fn }),
    ...(data === undefined ? {} : { data }),
    ...(condition === undefined ? {} : { condition }),
    ...(hitCondition === undefined ? {} : { hitCondition }),
    ...(logMessage === undefined ? {} : { logMessage }),
    ...(armedAfter === undefined ? {} : { armedAfter }),
  };
}

function armingOf(f: JsonFields | undefined): EventBreakpoint['armedAfter'] {
  if (f === undefined) return undefined;
  const kind = f.choice('kind', EVENT_NAMES);
  const condition = checked(f, 'condition', conditionOf);
  f.rejectOthers();
  return kind === undefined ? undefined : { kind, ...(condition === undefined ? {} : { condition }) };
}

/** View state: texts by name. */
function viewsOf(f: JsonFields): Record<string, string> {
  const given = f.fields('views', false);
  const names = given === undefined ? [] : [...given.object.members.keys()];
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = given?.string(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** The text of a session, which `readSession` reads back as it was. */
export function writeSession({
  program,
  moment,
  stepping,
  follow,
  bookmarks,
  breakpoints,
  views,
}: SavedSession): string {
  const file = {
    hptsession: 1,
    program,
    ...(moment === undefined ? {} : { moment: moment + 1 }),
    ...(stepping === undefined ? {} : { stepping }),
    ...(follow === undefined ? {} : { follow }),
    bookmarks: bookmarks.map((bookmark) => ({ ...bookmark, moment: bookmark.moment + 1 })),
    breakpoints,
    views,
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
