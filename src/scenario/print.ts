// Statements, clauses and expectations back to text, in the one way the formatter writes them. Parsing what this prints
// gives the same tree again.

import type { Check, Expectation, Field, Line, Numeral, PtegReference, Racing, Statement, Value, Word } from './ast';
import { statementDefinition } from './grammar';

/** A line without its indent and comment, in two parts: before the arrow, and from the arrow on. */
export function printLine(line: Line): { head: string; tail: string } {
  const parts: string[] = [];
  if (line.expect !== undefined) parts.push('expect', printExpectations(line.expectations));
  if (line.end !== undefined) parts.push('end');
  if (line.statement !== undefined) parts.push(printLabelled(line.statement));
  for (const clause of clausesInOrder(line)) parts.push(clause);
  return { head: parts.join(' '), tail: line.arrow === undefined ? '' : `-> ${printExpectations(line.expectations)}` };
}

/** `racing` and `without` of a line in the order in which they stand. */
function clausesInOrder(line: Line): string[] {
  const clauses = [
    ...line.racing.map((race) => ({ column: race.range.column, text: printRacing(race) })),
    ...line.without.map((name) => ({ column: name.range.column, text: `without ${name.text}` })),
  ];
  return clauses.sort((a, b) => a.column - b.column).map(({ text }) => text);
}

function printRacing({ point, statement }: Racing): string {
  return `racing ${point.text}: ${printLabelled(statement)}`;
}

function printLabelled(statement: Statement): string {
  const label = statement.label === undefined ? '' : `${statement.label.text}:`;
  if (statement.name === 'actor') return label;
  return label === '' ? printStatement(statement) : `${label} ${printStatement(statement)}`;
}

/** The statement without label, clauses and expectations. The statement of a one-line repeat is printed with it. */
export function printStatement(statement: Statement): string {
  const definition = statementDefinition(statement.name);
  const operands = new Set(definition?.operands.map(({ name }) => name));
  const parts = [statement.name, ...statement.fields.map((field) => printField(field, operands.has(field.name)))];
  const nested = statement.name === 'repeat' ? statement.body[0] : undefined;
  if (nested !== undefined && nested.range.line === statement.range.line) parts.push(printStatement(nested));
  return parts.join(' ');
}

function printField(field: Field, operand: boolean): string {
  if (field.value === undefined) return field.name;
  const value = printValue(field.value);
  if (operand) return value;
  return field.name === 'on' ? `on vcpu ${value}` : `${field.name} ${value}`;
}

export function printValue(value: Value): string {
  switch (value.kind) {
    case 'number':
      return value.terms
        .map(({ numeral, pass }) =>
          !pass ? (numeral?.text ?? '0') : numeral === undefined ? 'pass' : `pass*${numeral.text}`,
        )
        .join('+');
    case 'word':
    case 'label':
      return value.text;
    case 'list':
      return value.items.map(itemText).join(' ');
    case 'pteg':
      return printPteg(value.pteg);
    case 'in-pteg':
      return `in ${printPteg(value.pteg)}`;
    case 'turns':
      return value.turns
        .map(({ actor, until }) => (until === undefined ? actor.text : `${actor.text}@${until.text}`))
        .join(' ');
  }
}

function itemText(item: Word | Numeral): string {
  return item.text;
}

function printPteg({ which, of }: PtegReference): string {
  return `${which.text}(${of.text})`;
}

export function printExpectations(items: readonly Expectation[]): string {
  return items.map(printExpectation).join(', ');
}

export function printExpectation(item: Expectation): string {
  const no = item.negated ? 'no ' : '';
  switch (item.kind) {
    case 'event': {
      const count = item.count === undefined ? '' : ` x${item.count.times}${item.count.atLeast ? '+' : ''}`;
      return `${no}${item.event.text}${count}${item.fields.map(({ name, value }) => ` ${name.text} ${value.text}`).join('')}`;
    }
    case 'result':
      return `${no}${item.name.text}${item.value === undefined ? '' : ` ${printValue(item.value)}`}`;
    case 'subject':
      return `${no}${printSubject(item)}`;
  }
}

function printSubject(item: Expectation & { kind: 'subject' }): string {
  const subject = item.of === 'label' ? item.argument.text : `${item.of}(${item.argument.text})`;
  const only = item.checks.length === 1 ? item.checks[0] : undefined;
  if (
    item.of === 'rmap' &&
    only !== undefined &&
    !only.negated &&
    only.value === undefined &&
    /^[RC]$/.test(only.name.text)
  ) {
    return `${subject}.${only.name.text}`;
  }
  return `${subject} ${item.checks.map(printCheck).join(' ')}`;
}

function printCheck({ negated, name, value }: Check): string {
  return `${negated ? 'no ' : ''}${name.text}${value === undefined ? '' : ` ${printValue(value)}`}`;
}
