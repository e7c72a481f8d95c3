// Parses what stands behind `->` or `expect`: expectations parted by commas. After a mistake it goes on behind the next
// comma, so that each expectation answers for itself.

import type { Check, Expectation, Numeral, Value, Word } from './ast';
import { span } from './ast';
import type { Cursor } from './cursor';
import type { CheckDefinition, SubjectDefinition } from './expectations';
import { RETURN_CODES, resultDefinition, SUBJECTS, subjectDefinition } from './expectations';
import { readNumber, shorten } from './lexer';

export interface ParsedExpectations {
  readonly items: Expectation[];
  readonly broken: boolean;
}

const stopsList = (word: string) => word === 'no';

export function parseExpectations(cursor: Cursor): ParsedExpectations {
  const items: Expectation[] = [];
  let broken = false;
  do {
    const item = parseItem(cursor);
    if (item !== undefined) items.push(item);
    if (item !== undefined && cursor.peek() !== undefined && !cursor.isMark(',')) {
      const next = cursor.peek();
      const hint =
        next?.kind === 'word' && cursor.atClause()
          ? '; it stands before the `->`'
          : '; expectations are parted by commas';
      cursor.error('comma-expected', cursor.here(), `\`${shorten(next?.text ?? '')}\` does not belong here${hint}`);
      broken = true;
    }
    if (item === undefined) broken = true;
    cursor.skipTo(() => cursor.isMark(','));
  } while (cursor.takeMark(','));
  return { items, broken };
}

function parseItem(cursor: Cursor): Expectation | undefined {
  const start = cursor.here();
  const negated = cursor.takeWord('no') !== undefined;
  const head = cursor.takeWord();
  if (head === undefined) {
    cursor.expected(
      'expectation-expected',
      'an expectation is missing here, such as `a valid`, `hpte.absent x1` or `H_SUCCESS`',
    );
    return undefined;
  }
  if (cursor.isMark('(')) return parseSubject(cursor, head, negated, start);
  if (head.text.includes('.')) return parseEvent(cursor, head, negated, start);
  const definition = resultDefinition(head.text);
  if (definition !== undefined) {
    const value = parseCheckValue(cursor, definition);
    if (value === 'error') return undefined;
    return { kind: 'result', negated, name: head, ...(value && { value }), range: span(start, cursor.before()) };
  }
  if (head.text.startsWith('H_')) {
    if (!RETURN_CODES.has(head.text)) {
      cursor.unknown('unknown-return-code', 'unknown return code', head, [...RETURN_CODES.keys()]);
      return undefined;
    }
    return { kind: 'result', negated, name: head, range: span(start, cursor.before()) };
  }
  const checks = parseChecks(cursor, subjectDefinition('label') as SubjectDefinition, head.text);
  return (
    checks && { kind: 'subject', negated, of: 'label', argument: head, checks, range: span(start, cursor.before()) }
  );
}

function parseSubject(
  cursor: Cursor,
  head: Word,
  negated: boolean,
  start: Expectation['range'],
): Expectation | undefined {
  const definition = head.text === 'label' ? undefined : subjectDefinition(head.text);
  if (definition === undefined) {
    const names = SUBJECTS.map(({ name }) => name).filter((name) => name !== 'label');
    cursor.unknown('unknown-subject', 'unknown subject', head, names);
    return undefined;
  }
  const argument = cursor.argument(definition.name, `a ${definition.argument}`);
  if (argument === undefined) return undefined;
  cursor.takeMark('.');
  const checks = parseChecks(cursor, definition, `${definition.name}(${argument.text})`);
  return (
    checks && { kind: 'subject', negated, of: definition.name, argument, checks, range: span(start, cursor.before()) }
  );
}

function parseChecks(cursor: Cursor, definition: SubjectDefinition, subject: string): Check[] | undefined {
  const checks: Check[] = [];
  while (!cursor.atClause() && !cursor.isMark(',')) {
    const check = parseCheck(cursor, definition);
    if (check === undefined) return undefined;
    checks.push(check);
  }
  if (checks.length > 0) return checks;
  const example = definition.checks[0]?.name === '=' ? 'empty' : definition.checks[0]?.name;
  cursor.expected(
    'check-expected',
    `what is expected of \`${shorten(subject)}\`? For example \`${shorten(subject)} ${example}\``,
  );
  return undefined;
}

function parseCheck(cursor: Cursor, definition: SubjectDefinition): Check | undefined {
  const negated = cursor.takeWord('no') !== undefined;
  const equals = cursor.isMark('=');
  const token = cursor.take();
  if (token === undefined || (token.kind !== 'word' && !equals)) {
    cursor.error(
      'check-expected',
      token?.range ?? cursor.here(),
      `\`${shorten(token?.text ?? 'no')}\` is nothing that can be expected of ${definition.name === 'label' ? 'an HPTE' : `\`${definition.name}(…)\``}`,
    );
    return undefined;
  }
  // `= empty` is read as `empty`, which is what it means.
  const emptied = equals ? cursor.takeWord('empty') : undefined;
  const name = emptied ?? token;
  const found = definition.checks.find((check) => check.name === name.text);
  if (found === undefined) {
    const names = definition.checks.map((check) => check.name);
    const what =
      definition.name === 'label' ? 'of an HPTE one cannot expect' : `of \`${definition.name}(…)\` one cannot expect`;
    cursor.unknown('unknown-check', what, name, names);
    return undefined;
  }
  const value = parseCheckValue(cursor, found);
  if (value === 'error') return undefined;
  return { negated, name: { text: name.text, range: name.range }, ...(value && { value }) };
}

function parseCheckValue(cursor: Cursor, definition: CheckDefinition): Value | undefined | 'error' {
  if (definition.shape.kind === 'flag') return undefined;
  const value = cursor.value(definition, stopsList) ?? 'error';
  return value !== 'error' && value.kind === 'word' && value.text === '' ? undefined : value;
}

/** `hpte.absent x2`, `fault.retry x1+ why seq`. */
function parseEvent(
  cursor: Cursor,
  event: Word,
  negated: boolean,
  start: Expectation['range'],
): Expectation | undefined {
  const times = parseTimes(cursor);
  const fields: { name: Word; value: Word | Numeral }[] = [];
  while (cursor.isWord() && !cursor.atClause()) {
    const name = cursor.takeWord() as Word;
    const value = cursor.takeWord() ?? cursor.numeral(`field \`${shorten(name.text)}\` of the event`);
    if (value === undefined) return undefined;
    fields.push({ name, value });
  }
  return { kind: 'event', negated, event, ...(times && { count: times }), fields, range: span(start, cursor.before()) };
}

function parseTimes(cursor: Cursor) {
  const token = cursor.peek();
  if (token?.kind !== 'word' || !/^x[0-9]+$/.test(token.text)) return undefined;
  cursor.take();
  const read = readNumber({ ...token, text: token.text.slice(1) });
  if (typeof read === 'string') {
    cursor.error('bad-number', token.range, read);
    return undefined;
  }
  const atLeast = cursor.takeMark('+');
  return { times: read.value, atLeast, range: token.range };
}
