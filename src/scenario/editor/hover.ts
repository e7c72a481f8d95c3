// What the editor says about the word under the pointer, in Markdown: the grammar table's sentence, the value decoded, and what the
// last run made of the line.

import { EVENTS, type EventKind } from '../../model/events';
import { MUTATIONS, type Mutation } from '../../model/mutations';
import { POINTS } from '../../model/points';
import type { Expectation, Range, Statement, Word } from '../ast';
import { isEventName } from '../checkExpectations';
import type { CheckedScenario } from '../checker';
import { describeShape } from '../cursor';
import { RETURN_CODES, resultDefinition, subjectDefinition } from '../expectations';
import { CLAUSES, fieldDefinition, statementDefinition } from '../grammar';
import { statementReference } from '../reference';
import { decodeField } from './decode';
import { covers, nameAt, statementsOnLine } from './places';
import type { Visit } from './visits';

export interface HoverText {
  readonly range: Range;
  /** Paragraphs of Markdown. */
  readonly markdown: readonly string[];
}

/** What the last run made of a line; undefined when it did not come there. */
export type VisitOf = (line: number) => Visit | undefined;

const LABEL_KINDS = {
  hpte: 'an HPTE',
  access: 'an access',
  stream: 'an open HTAB stream',
  data: 'what an htab-read gave',
  actor: 'an actor of a `parallel` block',
} as const;

export function hoverAt(
  checked: CheckedScenario,
  line: number,
  column: number,
  visitOf: VisitOf = () => undefined,
): HoverText | undefined {
  const at = (range: Range | undefined) => range !== undefined && covers(range, line, column);
  const row = checked.tree.lines[line];
  if (row === undefined || at(row.comment?.range)) return undefined;
  const named = nameHover(checked, line, column, visitOf);
  if (named !== undefined) return named;
  for (const expectation of row.expectations) {
    if (at(expectation.range)) return expectationHover(expectation, at);
  }
  for (const { text, range } of row.without) {
    const sentence = MUTATIONS[text as Mutation];
    if (at(range) && sentence !== undefined) return { range, markdown: [`\`without ${text}\`: ${sentence}`] };
  }
  for (const { point } of row.racing) {
    const known = POINTS.find(({ name }) => name === point.text);
    if (at(point.range) && known !== undefined)
      return { range: point.range, markdown: [`Point \`${known.name}\`: ${known.text}`] };
  }
  for (const statement of statementsOnLine(checked, line).reverse()) {
    const found = statementHover(checked, statement, at, visitOf);
    if (found !== undefined) return found;
  }
  return clauseHover(row.text, line, column);
}

function nameHover(checked: CheckedScenario, line: number, column: number, visitOf: VisitOf): HoverText | undefined {
  const thing = nameAt(checked, line, column);
  if (thing === undefined) return undefined;
  const range = thing.places.find((place) => covers(place, line, column)) ?? thing.definition;
  const made = thing.definition.line;
  const source = checked.tree.lines[made]?.text.trim() ?? '';
  const uses = thing.places.length - 1;
  const markdown = [
    `\`${thing.name}\` names ${LABEL_KINDS[thing.kind]}, made on line ${made + 1}; ${uses === 1 ? 'one use' : `${uses} uses`}.`,
    codeBlock(source),
  ];
  const state = [...(visitOf(line)?.states ?? []), ...(visitOf(made)?.states ?? [])].find(
    ({ label }) => label === thing.name,
  );
  if (state !== undefined) markdown.push(`Last run: HPTE 0x${state.index.toString(16)}, here \`${state.state}\`.`);
  return { range, markdown };
}

function codeBlock(text: string): string {
  const longest = 300;
  return `\`\`\`hpt-scenario\n${text.slice(0, longest).replaceAll('```', '')}\n\`\`\``;
}

type Covered = (range: Range | undefined) => boolean;

function statementHover(
  checked: CheckedScenario,
  statement: Statement,
  at: Covered,
  visitOf: VisitOf,
): HoverText | undefined {
  const definition = statementDefinition(statement.name);
  if (definition === undefined) return undefined;
  if (at(statement.range)) {
    const markdown = [statementReference(definition), ...lastRun(visitOf(statement.range.line))];
    return { range: statement.range, markdown };
  }
  const field = statement.fields.find(({ range }) => at(range));
  if (field === undefined) return undefined;
  const known = fieldDefinition(definition, field.name);
  const shape = known === undefined || known.shape.kind === 'flag' ? '' : ` (${describeShape(known.shape)})`;
  const decoded = decodeField(checked, statement, field, known).filter((text) => text !== '');
  return {
    range: field.range,
    markdown: [
      `\`${field.name}\`${shape}: ${known?.summary ?? ''}`,
      ...(decoded.length > 0 ? [decoded.map((text) => `* ${text}`).join('\n')] : []),
    ],
  };
}

/** What the last run made of a line, in words. */
function lastRun(visit: Visit | undefined): string[] {
  if (visit === undefined) return [];
  const events = visit.events.map((text) => `\`${text}\``).join(', ');
  const states = visit.states.slice(0, 8).map(({ label, state }) => `\`${label} ${state}\``);
  return [
    `**Last run:** ${events === '' ? 'no event' : events}${states.length > 0 ? `; after it ${states.join(', ')}` : ''}`,
  ];
}

function expectationHover(expectation: Expectation, at: Covered): HoverText | undefined {
  switch (expectation.kind) {
    case 'event':
      return eventHover(expectation.event, expectation.fields, at, expectation.range);
    case 'result': {
      const { name, range } = expectation;
      const code = RETURN_CODES.get(name.text);
      const summary =
        code === undefined ? resultDefinition(name.text)?.summary : `return code ${code} of the hypercall`;
      return summary === undefined ? undefined : { range, markdown: [`\`${name.text}\`: ${summary}`] };
    }
    case 'subject': {
      const subject = subjectDefinition(expectation.of);
      const asked = expectation.checks.find(({ name }) => at(name.range));
      const check = asked && subject?.checks.find(({ name }) => name === asked.name.text);
      if (asked !== undefined && check !== undefined)
        return { range: asked.name.range, markdown: [`\`${check.name}\`: ${check.summary}`] };
      return subject && { range: expectation.range, markdown: [subject.summary] };
    }
  }
}

function eventHover(
  event: Word,
  fields: readonly { readonly name: Word }[],
  at: Covered,
  range: Range,
): HoverText | undefined {
  if (!isEventName(event.text)) return undefined;
  const kind: EventKind = EVENTS[event.text];
  const asked = fields.find(({ name }) => at(name.range))?.name;
  const type = asked === undefined ? undefined : kind.fields[asked.text];
  if (asked !== undefined && type !== undefined) {
    const values = typeof type === 'string' ? type : type.map((word) => `\`${word}\``).join(', ');
    return { range: asked.range, markdown: [`\`${asked.text}\` of \`${event.text}\`: ${values}`] };
  }
  const names = Object.keys(kind.fields).map((name) => `\`${name}\``);
  return {
    range: at(event.range) ? event.range : range,
    markdown: [
      `\`${event.text}\`: ${kind.title}, in \`${kind.fn}\``,
      `${kind.text.replace(/\{(\w+)\}/g, '*$1*')}`,
      ...(names.length > 0 ? [`Fields: ${names.join(', ')}`] : []),
    ],
  };
}

/** `racing`, `without`, `expect`, `end`. */
function clauseHover(text: string, line: number, column: number): HoverText | undefined {
  for (const match of text.matchAll(/[A-Za-z]+/g)) {
    const range = { line, column: match.index, length: match[0].length };
    if (!covers(range, line, column)) continue;
    const sentence = Object.entries(CLAUSES).find(([word]) => word === match[0])?.[1];
    return sentence === undefined ? undefined : { range, markdown: [sentence] };
  }
  return undefined;
}
