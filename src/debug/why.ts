// "Why is it so?": the chain of moments that made an HPTE, a PTEG, a guest page, an rmap word, or one field of it what it is, the last one
// first. Each link says what did it (the kernel path's step and the statement that led there), what the value was before and became,
// and how that is known.

import { eventText } from '../model/events';
import { generationOf } from '../timeline/generations';
import type { Run } from '../timeline/run';
import { acrossTables, type DataPoint, dataPoint, findChanges } from './dataPoints';
import { evaluate, type Scope } from './evaluate';
import { type Expression, ExpressionError, parseExpression } from './expression';
import { isThing, show, type Thing, type Value } from './values';

/** How a change is known: worked out by the emulator, seen in a dump of the table, forced by what was seen, or resting on assumptions. */
export type Certainty = 'emulated' | 'observed' | 'inferred' | 'assumed';

/** One moment that changed what was asked about. */
export interface Link {
  readonly moment: number;
  /** line of the statement, from 0 */
  readonly line: number;
  readonly statement: string;
  /** kernel functions under way, outermost first; empty for a statement itself */
  readonly path: readonly string[];
  /** what the innermost one did, or the statement */
  readonly step: string;
  readonly changes: readonly Change[];
  readonly events: readonly string[];
  readonly certainty: Certainty;
}

/** A field (or the whole, with an empty name) before and after a moment. */
export interface Change {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** What is asked about, understood. */
export interface Asked {
  /** an expression that means the same at any moment */
  readonly expression: string;
  /** "HPTE 0x1aa8", "rmap word of page 0x10 in memslot 0", with the field behind it */
  readonly title: string;
  readonly point: DataPoint;
  /** whether it is one value; otherwise every field of the thing counts */
  readonly isField: boolean;
}

const ids = /^((?:hpte|pteg|page|rmap):[0-9a-fx:]+)(?:@(\d{1,5}))?/i;

/**
 * Understands what is asked about: an expression that ends in a field of something that is kept track of (`a`, `a.v.absent`,
 * `rmap(gfn 0x10).C`), or the id of a data point (`hpte:0x1aa8`, `hpte:0x1aa8@0` with its table, and a field behind it).
 * Throws an ExpressionError with its place.
 */
export function asked(text: string, scope: Scope): Asked {
  const [whole, id, generation] = ids.exec(text.trim()) ?? [];
  const now = generationOf(scope.run.vm.state);
  if (generation !== undefined && Number(generation) !== now)
    throw new ExpressionError(`table ${generation} is not in force at this moment: table ${now} is`, 0, text.length);
  const typed = whole === undefined || id === undefined ? text : expressionOf(id) + text.trim().slice(whole.length);
  const parsed = parseExpression(typed);
  const fields: string[] = [];
  for (let e: Expression = parsed; ; e = e.of) {
    const value = evaluate(e, scope);
    const thing = isThing(value) ? value : undefined;
    const found = thing?.data === undefined ? undefined : dataPoint(scope.run.vm, thing.data);
    const point = found === undefined ? undefined : acrossTables(scope.run.vm, found);
    if (point !== undefined && thing?.expression !== undefined) {
      evaluate(parsed, scope); // a field that does not exist is told at its place
      const path = fields.map((name) => `.${name}`).join('');
      return {
        expression: `${thing.expression}${path}`,
        title: fields.length === 0 ? point.description : `${point.description}: ${fields.join('.')}`,
        point,
        isField: fields.length > 0,
      };
    }
    if (e.kind !== 'field') {
      throw new ExpressionError(
        'expected an HPTE, a PTEG, a guest page, an rmap word, or a field of one',
        e.at,
        e.end - e.at,
      );
    }
    fields.unshift(e.name);
  }
}

/** "rmap:0:0x10" is page 0x10 of memslot 0; its expression counts guest frames. */
function expressionOf(id: string): string {
  const [kind = '', first = '', second] = id.split(':');
  return second === undefined ? `${kind}(${first})` : `rmap(${first}, slot(${first}).baseGfn + ${second})`;
}

/**
 * The links of the chain up to a moment, the last one first. The run stands where it stood whenever this yields.
 * @returns a generator that yields `undefined` now and then while it looks
 */
export function* whyChain(run: Run, what: Asked, until: number): Generator<Link | undefined, void> {
  const finding = findChanges(run, what.point);
  let found = finding.next();
  for (; found.done !== true; found = finding.next()) yield undefined;
  const moments = found.value;
  const expression = parseExpression(what.expression);
  for (let i = moments.length - 1; i >= 0; i--) {
    const moment = moments[i] ?? 0;
    if (moment > until) continue;
    const { changes, assumed } = changesAt(run, moment, expression, what);
    yield changes.length === 0 ? undefined : link(run, moment, changes, assumed);
  }
}

/** What of a value a moment changed, and whether what it became is assumed. */
function changesAt(
  run: Run,
  moment: number,
  expression: Expression,
  { isField, point }: Asked,
): { readonly changes: Change[]; readonly assumed: boolean } {
  const here = run.position;
  try {
    run.seek(moment);
    const after = told(valueAt(run, expression), isField);
    const assumed = restsOnAssumptions(run, point);
    if (moment === 0)
      return { changes: [...after].map(([field, now]) => ({ field, before: 'nothing', after: now })), assumed };
    run.seek(moment - 1);
    const before = told(valueAt(run, expression), isField);
    const changes = [...after].flatMap(([field, now]) => {
      const was = before.get(field) ?? 'nothing';
      return was === now ? [] : [{ field, before: was, after: now }];
    });
    return { changes, assumed };
  } finally {
    run.seek(here);
  }
}

/** Whether something about an HPTE or a PTEG, or about the step that the run stands at, is assumed. */
function restsOnAssumptions(run: Run, { id, words }: DataPoint): boolean {
  if (run.kind === 'scenario') return false;
  if (run.doubts(run.position).includes('assumed')) return true;
  const { entries } = run.vm.state.hpt;
  return (
    /^(hpte|pteg):/.test(id) && words.some(({ index }) => index < entries && (run.knownOf(index)?.assumed ?? 0) !== 0)
  );
}

function valueAt(run: Run, expression: Expression): Value | undefined {
  try {
    return evaluate(expression, { run, labels: new Map(), actor: '' });
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** A value in words: itself, or each field of a thing and each item of a list. */
function told(value: Value | undefined, isField: boolean): Map<string, string> {
  if (isField || !isThing(value)) return new Map([['', show(value)]]);
  const fields = value.names
    .filter((name) => name !== 'length')
    .map((name): [string, string] => [name, show(value.get(name))]);
  return new Map([...fields, ...itemsOf(value)]);
}

function itemsOf({ items }: Thing): [string, string][] {
  if (items === undefined) return [];
  return Array.from({ length: items.count }, (_, i) => [items.nameOf?.(i) ?? `[${i}]`, show(items.at(i))]);
}

function link(run: Run, moment: number, changes: readonly Change[], assumed: boolean): Link {
  const frames = run.frames(moment);
  const source = run.source(moment);
  return {
    moment,
    line: source.line,
    statement: source.text.replace(/\s+/g, ' ').trim(),
    path: frames.map(({ path }) => path.fn).reverse(),
    step: frames[0]?.text ?? source.text.replace(/\s+/g, ' ').trim(),
    changes,
    events: run.events(moment).map(eventText),
    certainty: assumed ? 'assumed' : certaintyOf(run, moment),
  };
}

function certaintyOf(run: Run, moment: number): Certainty {
  if (run.kind === 'scenario') return 'emulated';
  if (run.lastDump(moment)?.moment === moment) return 'observed';
  // a fault's enter event shows the words of its entry
  const shows = run.isStatement(moment) && run.source(moment).text.startsWith('kvm_page_fault_enter:');
  return shows ? 'observed' : 'inferred';
}

/** "state valid → absent", "valid → absent". */
export function changeText({ field, before, after }: Change): string {
  return `${field === '' ? '' : `${field} `}${before} → ${after}`;
}

/** A chain as text for a mail. @param title of what was asked about; `value`: what it is at `moment` */
export function chainText(run: Run, title: string, value: string, moment: number, links: readonly Link[]): string {
  const is = value.startsWith(`${title} `) ? value : `${title} is ${value}`;
  const head = `${is} at moment ${moment + 1} of ${run.title}`;
  if (links.length > 0) return [`${head}, because:`, ...links.map(linkText)].join('\n\n');
  return run.kind === 'scenario'
    ? `${head}: nothing has changed it.`
    : `${head}: the trace tells nothing that changed it.`;
}

function linkText({ moment, line, statement, path, step, changes, events, certainty }: Link): string {
  return [
    `moment ${moment + 1}, line ${line + 1}: ${statement}  [${certainty}]`,
    ...(path.length === 0 ? [] : [`  ${path.join(' > ')}: ${step}`]),
    ...changes.map((change) => `    ${changeText(change).replace('→', '->')}`),
    ...events.map((text) => `    ${text}`),
  ].join('\n');
}
