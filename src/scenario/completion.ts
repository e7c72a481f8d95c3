// What could stand at a place of a scenario: statements, fields, values, labels, points, mutations and expectations, each
// with its sentence from the grammar table.

import { EVENTS, type EventKind } from '../model/events';
import { MUTATIONS } from '../model/mutations';
import { POINTS } from '../model/points';
import type { Range } from './ast';
import { isEventName } from './checkExpectations';
import { pointsOf } from './checker';
import { describeShape, sizeText } from './cursor';
import { ERRORS, RESULTS, RETURN_CODES, resultDefinition, SUBJECTS, subjectDefinition } from './expectations';
import type { FieldDefinition, LabelKind, Shape, StatementDefinition } from './grammar';
import { CLAUSES, SECOND_WORDS, STATEMENTS, statementDefinition } from './grammar';
import type { LabelInfo } from './labels';
import { type Token, tokenize } from './lexer';

export type CompletionKind =
  | 'statement'
  | 'field'
  | 'value'
  | 'label'
  | 'event'
  | 'point'
  | 'mutation'
  | 'clause'
  | 'result'
  | 'subject'
  | 'check';

export interface Completion {
  readonly kind: CompletionKind;
  readonly text: string;
  readonly summary: string;
}

export interface CompletionList {
  /** The word under the cursor, which an item replaces. */
  readonly range: Range;
  readonly items: readonly Completion[];
}

type Labels = ReadonlyMap<string, LabelInfo>;

const item = (kind: CompletionKind, text: string, summary: string): Completion => ({ kind, text, summary });

/** @param lineText the whole line; only what stands before `column` counts */
export function completionsAt(lineText: string, line: number, column: number, labels: Labels): CompletionList {
  const tokens = tokenize(lineText.slice(0, column), line);
  const last = tokens.at(-1);
  const typing =
    last !== undefined &&
    last.range.column + last.range.length === column &&
    (last.kind === 'word' || last.kind === 'number')
      ? last
      : undefined;
  const range = typing?.range ?? { line, column, length: 0 };
  if (last?.kind === 'comment') return { range, items: [] };
  const before = typing === undefined ? tokens : tokens.slice(0, -1);
  const above = new Map([...labels].filter(([, { definition }]) => definition.range.line < line));
  return { range, items: candidates(before, above, lineText.startsWith(' ') || lineText.startsWith('\t')) };
}

function candidates(tokens: readonly Token[], labels: Labels, indented: boolean): Completion[] {
  const arrow = tokens.findIndex(({ kind }) => kind === 'arrow');
  if (arrow >= 0) return expectationItems(tokens.slice(arrow + 1), labels, statementOf(tokens.slice(0, arrow)));
  if (tokens[0]?.text === 'expect') return expectationItems(tokens.slice(1), labels, undefined);
  const clause = lastIndex(tokens, ({ kind, text }) => kind === 'word' && (text === 'racing' || text === 'without'));
  if (clause < 0) return statementItems(tokens, labels, indented);
  const behind = tokens.slice(clause + 1);
  if (tokens[clause]?.text === 'without') return behind.length === 0 ? mutationItems() : clauseItems();
  if (behind.length === 0) return pointItems(statementOf(tokens.slice(0, clause)));
  return behind[1]?.text === ':' ? statementItems(behind.slice(2), labels, false) : [];
}

function lastIndex(tokens: readonly Token[], is: (token: Token) => boolean): number {
  for (let at = tokens.length - 1; at >= 0; at--) if (is(tokens[at] as Token)) return at;
  return -1;
}

// --- statements

const mutationItems = () => Object.entries(MUTATIONS).map(([name, text]) => item('mutation', name, text));

function pointItems(definition: StatementDefinition | undefined): Completion[] {
  const names = definition === undefined ? undefined : pointsOf(definition.name);
  return POINTS.filter(({ name }) => names === undefined || names.includes(name)).map(({ name, text }) =>
    item('point', name, text),
  );
}

const clauseItems = () => [
  item('clause', 'racing', CLAUSES.racing),
  item('clause', 'without', CLAUSES.without),
  item('clause', '->', 'What is expected.'),
];

/** The statement at the end of these tokens: behind a label, and behind `repeat N`. */
function splitStatement(tokens: readonly Token[]): {
  definition: StatementDefinition | undefined;
  rest: readonly Token[];
  first: Token | undefined;
} {
  const rest = tokens[1]?.text === ':' ? tokens.slice(2) : tokens;
  const [first, second] = rest;
  if (first === undefined) return { definition: undefined, rest: [], first };
  if (first.text === 'repeat' && second?.kind === 'number' && rest[2] !== undefined)
    return splitStatement(rest.slice(2));
  const two = second === undefined ? undefined : statementDefinition(`${first.text} ${second.text}`);
  if (two !== undefined) return { definition: two, rest: rest.slice(2), first };
  return { definition: statementDefinition(first.text), rest: rest.slice(1), first };
}

function statementOf(tokens: readonly Token[]): StatementDefinition | undefined {
  return splitStatement(tokens).definition;
}

function statementItems(tokens: readonly Token[], labels: Labels, indented: boolean): Completion[] {
  const { definition, rest, first } = splitStatement(tokens);
  if (first === undefined) {
    const clauses = indented ? clauseItems() : [item('clause', 'end', CLAUSES.end)];
    return [
      ...STATEMENTS.map(({ name, summary }) => item('statement', name, summary)),
      item('clause', 'expect', CLAUSES.expect),
      ...clauses,
    ];
  }
  const seconds = rest.length === 0 ? (SECOND_WORDS.get(first.text) ?? []) : [];
  const named = seconds.map((word) =>
    item('statement', word, statementDefinition(`${first.text} ${word}`)?.summary ?? ''),
  );
  if (definition === undefined) return named;
  const open = openField(definition, rest);
  if (open !== undefined) return valueItems(open.shape, labels);
  const given = new Set(rest.filter(({ kind }) => kind === 'word').map(({ text }) => text));
  const fields = definition.fields
    .filter(({ name }) => !given.has(name))
    .map((field) => item('field', field.name, field.summary));
  const operands = definition.operands.flatMap(({ shape }) => operandItems(shape, rest, labels));
  const statements =
    definition.name === 'repeat' && rest.length > 0
      ? STATEMENTS.map(({ name, summary }) => item('statement', name, summary))
      : [];
  return [...named, ...operands, ...fields, ...statements, ...clauseItems()];
}

/** The field whose value is wanted next. */
function openField(definition: StatementDefinition, rest: readonly Token[]): FieldDefinition | undefined {
  const last = rest.at(-1);
  const on = last?.text === 'vcpu' && rest.at(-2)?.text === 'on';
  const found = definition.fields.find(({ name }) => name === last?.text && !on);
  return found === undefined || found.shape.kind === 'flag' ? undefined : found;
}

function operandItems(shape: Shape, rest: readonly Token[], labels: Labels): Completion[] {
  // One label or one word is enough; a list goes on.
  const taken =
    shape.kind === 'choice'
      ? rest.some(({ text }) => shape.of.includes(text))
      : rest.some(({ text }) => labels.has(text));
  return taken && shape.kind !== 'labels' ? [] : valueItems(shape, labels);
}

function labelItems(labels: Labels, kinds: readonly LabelKind[]): Completion[] {
  return [...labels.values()]
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ name, statement }) => item('label', name, `made on line ${statement.range.line + 1} by ${statement.name}`));
}

function valueItems(shape: Shape, labels: Labels): Completion[] {
  const words = (...all: readonly string[]) => all.map((text) => item('value', text, describeShape(shape)));
  switch (shape.kind) {
    case 'switch':
      return words('on', 'off');
    case 'size':
      return words(...(shape.of ?? [4096n, 65536n, 1n << 20n, 1n << 24n]).map(sizeText));
    case 'choice':
      return words(...shape.of);
    case 'wimg':
      return words('M', 'IG', 'none');
    case 'pteg':
      return words('pteg(', 'secondary(');
    case 'address':
      return shape.inPteg ? words('in pteg(') : [];
    case 'label':
    case 'labels':
      return labelItems(labels, shape.of);
    case 'vcpu':
      return words('vcpu');
    case 'numbers':
      return words('none');
    case 'flag':
    case 'number':
    case 'turns':
      return [];
  }
}

// --- expectations

function expectationItems(
  tokens: readonly Token[],
  labels: Labels,
  definition: StatementDefinition | undefined,
): Completion[] {
  const comma = lastIndex(tokens, ({ text }) => text === ',');
  const all = tokens.slice(comma + 1);
  const since = all[0]?.text === 'no' ? all.slice(1) : all;
  const [head, ...rest] = since;
  if (head === undefined) return headItems(labels, definition, all.length === 0);
  if (rest[0]?.text === '(' && !rest.some(({ text }) => text === ')')) return labelItems(labels, ['hpte']);
  if (isEventName(head.text)) return eventItems(EVENTS[head.text].fields, rest, labels);
  const result = resultDefinition(head.text);
  if (result !== undefined) return rest.length === 0 ? resultValues(result.name, result.shape, labels) : [];
  const subject = rest[0]?.text === '(' ? subjectDefinition(head.text) : subjectDefinition('label');
  const asked = subject?.checks.find(({ name }) => name === rest.at(-1)?.text);
  if (asked !== undefined && asked.shape.kind !== 'flag') return valueItems(asked.shape, labels);
  const checks = subject?.checks.map((check) => item('check', check.name, check.summary)) ?? [];
  return [...checks, item('check', 'no', 'That it is not so.')];
}

function headItems(labels: Labels, definition: StatementDefinition | undefined, canNegate: boolean): Completion[] {
  const fits = (of: readonly string[] | undefined) =>
    of === undefined || definition === undefined || of.includes(definition.group) || of.includes(definition.name);
  const codes = fits(['hypercall'])
    ? [...RETURN_CODES.keys()].map((name) => item('result', name, 'Return code of the hypercall.'))
    : [];
  return [
    ...labelItems(labels, ['hpte']),
    ...SUBJECTS.filter(({ name }) => name !== 'label').map(({ name, summary }) => item('subject', `${name}(`, summary)),
    ...RESULTS.filter(({ of }) => fits(of)).map(({ name, summary }) => item('result', name, summary)),
    ...codes,
    ...Object.entries(EVENTS).map(([name, { title }]) => item('event', name, title)),
    ...(canNegate ? [item('check', 'no', 'That it does not happen, or is not so.')] : []),
  ];
}

function resultValues(name: string, shape: Shape, labels: Labels): Completion[] {
  if (name === 'error') return [...ERRORS].map(([text, value]) => item('value', text, `error number ${value}`));
  return valueItems(shape, labels);
}

function eventItems(fields: EventKind['fields'], rest: readonly Token[], labels: Labels): Completion[] {
  const last = rest.at(-1)?.text ?? '';
  const type = Object.hasOwn(fields, last) ? fields[last] : undefined;
  if (type === 'index') return labelItems(labels, ['hpte']);
  if (type === 'flag') return [item('value', 'yes', 'it is so'), item('value', 'no', 'it is not so')];
  if (type !== undefined)
    return typeof type === 'string' ? [] : type.map((word) => item('value', word, `${last} of the event`));
  const counts = rest.length === 0 ? [item('value', 'x1', 'exactly once'), item('value', 'x1+', 'once or more')] : [];
  return [...counts, ...Object.keys(fields).map((name) => item('field', name, 'field of the event'))];
}
