// Parses the text of a scenario. Total: every text gives lines, statements and diagnostics; nothing throws, and a
// mistake on one line is forgotten on the next. Time is linear in the length of the text.
//
//   line        = [label ":"] statement {clause} ["->" expectations] ["#" comment]
//               | [label ":"]                              an actor of `parallel`; its statements are indented below
//               | "expect" expectations | "->" expectations | clause {clause} ["->" expectations] | "end" ["->" …]
//   statement   = name {operand | field-name [value]} | "repeat" number statement
//   clause      = "racing" point ":" [label ":"] statement | "without" mutation
//   expectation = ["no"] (event ["xN" ["+"]] {field value} | result [value] | subject {["no"] check [value]})

import type { Field, Line, Racing, ScenarioTree, Statement, Value, Word } from './ast';
import { span } from './ast';
import { Cursor } from './cursor';
import { Diagnostics, removeFix } from './diagnostics';
import type { FieldDefinition, StatementDefinition } from './grammar';
import { SECOND_WORDS, STATEMENTS, statementDefinition } from './grammar';
import { isSpaceAt, shorten, tokenize } from './lexer';
import { parseExpectations } from './parseExpectation';
import { listed, nearest } from './suggest';
import { buildTree } from './tree';

/** How deep `repeat 2 repeat 2 …` may go on one line. */
const DEEPEST_LINE = 8;

/** @param before the tree of an earlier version of the text; lines that are the same are taken from it */
export function parseScenario(text: string, before?: ScenarioTree): ScenarioTree {
  const diagnostics = new Diagnostics();
  const lines = text.split(/\r\n|\n|\r/).map((lineText, number) => {
    const known = before?.lines[number];
    const line = known?.text === lineText ? known : parseLine(lineText, number);
    diagnostics.take(line.problems);
    return line;
  });
  return { lines, ...buildTree(lines, diagnostics), diagnostics: diagnostics.all };
}

/** Width of the white space at the start of a line. */
export function indentOf(text: string): number {
  let width = 0;
  for (let at = 0; at < text.length && isSpaceAt(text, at); at++) {
    width = text[at] === '\t' ? (Math.floor(width / 4) + 1) * 4 : width + 1;
  }
  return width;
}

function parseLine(text: string, line: number): Line {
  const tokens = tokenize(text, line);
  const last = tokens.at(-1);
  const comment = last?.kind === 'comment' ? { text: last.text, range: last.range } : undefined;
  const diagnostics = new Diagnostics();
  const cursor = new Cursor(tokens, line, diagnostics);
  const content = cursor.peek() === undefined ? NOTHING : parseContent(cursor);
  const problems = diagnostics.all;
  return { line, text, indent: indentOf(text), ...content, comment, broken: problems.length > 0, problems };
}

const NOTHING = { racing: [], without: [], expectations: [] };

type Content = Pick<Line, 'statement' | 'end' | 'expect' | 'arrow' | 'racing' | 'without' | 'expectations'>;

function parseContent(cursor: Cursor): Content {
  const expect = cursor.takeWord('expect');
  if (expect !== undefined) {
    return { expect, racing: [], without: [], expectations: parseExpectations(cursor).items };
  }
  const end = cursor.isMark(':', 1) ? undefined : cursor.takeWord('end');
  let statement: Statement | undefined;
  if (end === undefined && !cursor.atClause()) statement = parseLabelled(cursor);
  else if (end !== undefined && !cursor.atClause()) {
    cursor.expected('end-of-line-expected', 'nothing but `->` stands behind `end`');
    cursor.skipTo(() => cursor.atClause());
  }
  const racing: Racing[] = [];
  const without: Word[] = [];
  while (cursor.peek() !== undefined && cursor.peek()?.kind !== 'arrow') parseClause(cursor, racing, without);
  const arrow = cursor.take()?.range;
  const expectations = arrow === undefined ? [] : parseExpectations(cursor).items;
  return { statement, end, arrow, racing, without, expectations };
}

function parseClause(cursor: Cursor, racing: Racing[], without: Word[]): void {
  const word = cursor.take() as Word;
  if (word.text === 'without') {
    const name = cursor.atClause() ? undefined : cursor.takeWord();
    if (name === undefined)
      cursor.expected(
        'mutation-expected',
        '`without` is followed by the name of the step to leave out, such as `seq-check`',
      );
    else without.push(name);
  } else {
    const race = parseRacing(cursor, word);
    if (race !== undefined) racing.push(race);
  }
  if (!cursor.atClause()) {
    const next = cursor.peek();
    // After a mistake that was told already, only the way to the next clause is looked for.
    if (word.text === 'without' && without.length > 0) {
      cursor.error(
        'end-of-clause-expected',
        cursor.here(),
        `\`${shorten(next?.text ?? '')}\` does not belong behind the clause; expectations follow \`->\``,
      );
    }
    cursor.skipTo(() => cursor.atClause());
  }
}

function parseRacing(cursor: Cursor, start: Word): Racing | undefined {
  const point = cursor.atClause() ? undefined : cursor.takeWord();
  if (point === undefined) {
    cursor.expected(
      'point-expected',
      '`racing` is followed by a point and a statement, as in `racing page_fault.before_lock: swap-out a`',
    );
    return undefined;
  }
  if (!cursor.takeMark(':')) {
    cursor.expected('colon-expected', `behind \`racing ${shorten(point.text)}\` stand \`:\` and a statement`);
    return undefined;
  }
  const statement = parseLabelled(cursor);
  if (statement.name === 'actor') return undefined;
  return { point, statement, range: span(start.range, cursor.before()) };
}

function parseLabelled(cursor: Cursor): Statement {
  const label = cursor.isWord() && cursor.isMark(':', 1) ? cursor.takeWord() : undefined;
  if (label === undefined) return parseStatement(cursor, 0, undefined);
  cursor.takeMark(':');
  return cursor.atClause()
    ? statementNode('actor', label.range, label, [], [], false)
    : parseStatement(cursor, 0, label);
}

function statementNode(
  name: string,
  range: Word['range'],
  label: Word | undefined,
  fields: Field[],
  body: Statement[],
  broken: boolean,
): Statement {
  return { name, range, label, fields, racing: [], without: [], expectations: [], body, broken };
}

function parseStatement(cursor: Cursor, depth: number, label: Word | undefined): Statement {
  const name = parseName(cursor);
  if (typeof name === 'string') {
    const range = cursor.before();
    cursor.skipTo(() => cursor.atClause());
    return statementNode(name, range, label, [], [], true);
  }
  const { definition, range } = name;
  const fields: Field[] = [];
  const body: Statement[] = [];
  let broken = false;
  while (!cursor.atClause()) {
    if (definition.name === 'repeat' && fields.length > 0 && cursor.isWord() && !cursor.isWord('pass')) {
      if (depth < DEEPEST_LINE) body.push(parseStatement(cursor, depth + 1, undefined));
      else cursor.error('too-deep', cursor.here(), `more than ${DEEPEST_LINE} repeats on one line`);
      broken ||= depth >= DEEPEST_LINE;
      break;
    }
    const field = parseField(cursor, definition, fields);
    if (field === undefined) {
      broken = true;
      break;
    }
    fields.push(field);
  }
  cursor.skipTo(() => cursor.atClause());
  return statementNode(definition.name, range, label, fields, body, broken || body.some((inner) => inner.broken));
}

/** The name of a statement, of one word or two; or what was written, after saying that there is none such. */
function parseName(cursor: Cursor): { definition: StatementDefinition; range: Word['range'] } | string {
  const first = cursor.takeWord();
  if (first === undefined) {
    const token = cursor.peek();
    cursor.expected('statement-expected', 'a statement is expected here, such as `load a` or `swap-out gpa 0x10000`');
    cursor.take();
    return shorten(token?.text ?? '');
  }
  const seconds = SECOND_WORDS.get(first.text) ?? [];
  const second = seconds.some((word) => cursor.isWord(word)) ? cursor.takeWord() : undefined;
  const definition = statementDefinition(second === undefined ? first.text : `${first.text} ${second.text}`);
  if (definition !== undefined)
    return { definition, range: second === undefined ? first.range : span(first.range, second.range) };
  if (seconds.length > 0) {
    cursor.error('unknown-statement', first.range, `\`${first.text}\` is followed by ${listed(seconds)}`);
  } else if (first.text === 'actor' || cursor.isMark('(')) {
    cursor.error(
      'unknown-statement',
      first.range,
      `\`${first.text}\` is not a statement; an expectation follows \`->\` or \`expect\``,
    );
  } else {
    cursor.unknown(
      'unknown-statement',
      'unknown statement',
      first,
      STATEMENTS.map(({ name }) => name),
    );
  }
  return first.text;
}

function parseField(cursor: Cursor, definition: StatementDefinition, taken: readonly Field[]): Field | undefined {
  const start = cursor.here();
  const isField = (word: string) => definition.fields.some(({ name }) => name === word);
  const token = cursor.peek();
  const named = token?.kind === 'word' ? definition.fields.find(({ name }) => name === token.text) : undefined;
  const operand = named === undefined ? openOperand(cursor, definition, taken) : undefined;
  const chosen = named ?? operand;
  if (chosen === undefined || token === undefined) {
    explainUnknownField(cursor, definition);
    return undefined;
  }
  if (named !== undefined) {
    cursor.take();
    if (taken.some(({ name }) => name === named.name)) {
      cursor.error(
        'field-twice',
        token.range,
        `\`${named.name}\` is given twice`,
        removeFix(token.range, `the second \`${named.name}\``),
      );
    }
  }
  const value = cursor.value(chosen, isField);
  if (value === undefined) return undefined;
  return { name: chosen.name, ...withoutEmpty(value), range: span(start, cursor.before()) };
}

function withoutEmpty(value: Value): { value?: Value } {
  return value.kind === 'word' && value.text === '' ? {} : { value };
}

/** The operand that may begin with the next token and is not given yet. */
function openOperand(
  cursor: Cursor,
  definition: StatementDefinition,
  taken: readonly Field[],
): FieldDefinition | undefined {
  const open = definition.operands.filter(({ name }) => !taken.some((field) => field.name === name));
  return open.find(({ shape }) => {
    switch (shape.kind) {
      case 'choice':
        return shape.of.some((word) => cursor.isWord(word));
      case 'pteg':
        return (cursor.isWord('pteg') || cursor.isWord('secondary')) && cursor.isMark('(', 1);
      case 'label':
      case 'labels':
        return cursor.isWord() && !cursor.isMark('(', 1);
      default:
        return cursor.atNumber();
    }
  });
}

function explainUnknownField(cursor: Cursor, definition: StatementDefinition): void {
  const token = cursor.peek();
  const choices = definition.operands.flatMap(({ shape }) => (shape.kind === 'choice' ? shape.of : []));
  const names = [...choices, ...definition.fields.map(({ name }) => name)];
  if (token?.kind === 'word' && (names.length > 0 || definition.operands.length === 0)) {
    const near = nearest(token.text, names);
    if (near === undefined && names.length === 0) {
      cursor.error(
        'unknown-field',
        token.range,
        `\`${definition.name}\` stands alone; \`${shorten(token.text)}\` does not belong to it`,
        removeFix(token.range, 'it'),
      );
    } else {
      cursor.unknown('unknown-field', `\`${definition.name}\` has no field`, token, names);
    }
    return;
  }
  const what = definition.operands.map(({ name, summary }) => `\`${name}\` (${summary})`);
  const hint =
    names.length > 0 ? `; its fields are ${listed(names)}` : what.length > 0 ? `; it takes ${what.join(', ')}` : '';
  cursor.error(
    'unexpected',
    cursor.here(),
    `\`${shorten(token?.text ?? '')}\` does not belong to \`${definition.name}\`${hint}`,
  );
}
