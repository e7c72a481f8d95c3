// Checks the fields of one statement by themselves: which go together, and whether their values are in range.

import type { Field, Range, Statement, Value } from './ast';
import { sizeText } from './cursor';
import type { Diagnostics } from './diagnostics';
import { removeFix, replaceFix } from './diagnostics';
import { evaluate, fieldOf, has, usesPass } from './evaluate';
import type { FieldDefinition, FieldRule, Shape, StatementDefinition } from './grammar';
import { fieldDefinition, HIGHEST_ADDRESS } from './grammar';
import { listed } from './suggest';

/** `passes` is how often the innermost repeat runs, undefined outside of one. */
export function checkFields(
  statement: Statement,
  definition: StatementDefinition,
  passes: bigint | undefined,
  diagnostics: Diagnostics,
): void {
  // One broken rule often breaks another: the first is told.
  definition.rules.some((rule) => !checkRule(statement, definition, rule, diagnostics));
  for (const field of statement.fields) {
    const found = fieldDefinition(definition, field.name);
    if (found !== undefined && field.value !== undefined) checkValue(found, field.value, passes, diagnostics);
  }
}

function quoted(definition: StatementDefinition, name: string): string {
  const operand = definition.operands.find((field) => field.name === name);
  return operand === undefined
    ? `\`${name}\``
    : `${name === 'hpte' || name === 'page' || name === 'at' ? 'a label' : `the ${name}`}`;
}

/** How many of the named fields are given. */
function count(statement: Statement, names: readonly string[]): number {
  let given = 0;
  for (const name of names) if (has(statement, name)) given++;
  return given;
}

/** Whether the rule is kept; says so when not. */
function checkRule(
  statement: Statement,
  definition: StatementDefinition,
  rule: FieldRule,
  diagnostics: Diagnostics,
): boolean {
  switch (rule.rule) {
    case 'required': {
      if (has(statement, rule.field)) return true;
      const field = fieldDefinition(definition, rule.field);
      diagnostics.error(
        'field-missing',
        statement.range,
        `\`${definition.name}\` needs ${quoted(definition, rule.field)}: ${field?.summary ?? ''}`,
      );
      return false;
    }
    case 'exactly-one': {
      if (count(statement, rule.of) === 1) return true;
      const given = rule.of.filter((name) => has(statement, name));
      if (given.length === 0) {
        const wanted = rule.of.map((name) => quoted(definition, name)).join(' or ');
        diagnostics.error('field-missing', statement.range, `\`${definition.name}\` needs ${wanted}`);
        return false;
      }
      return !tooMany(statement, given, diagnostics);
    }
    case 'at-most-one':
      if (count(statement, rule.of) <= 1) return true;
      return !tooMany(
        statement,
        rule.of.filter((name) => has(statement, name)),
        diagnostics,
      );
    case 'needs': {
      const field = fieldOf(statement, rule.field);
      if (field === undefined || rule.one.some((name) => has(statement, name))) return true;
      const wanted = rule.one.map((name) => quoted(definition, name)).join(' or ');
      diagnostics.error('field-needs', field.range, `\`${rule.field}\` needs ${wanted} beside it`);
      return false;
    }
  }
}

function tooMany(statement: Statement, given: readonly string[], diagnostics: Diagnostics): boolean {
  const [first, second] = given.map((name) => fieldOf(statement, name));
  if (first === undefined || second === undefined) return false;
  const message = `\`${second.name}\` cannot stand beside \`${first.name}\`: they say the same thing in two ways, or contradict each other`;
  diagnostics.error('fields-exclude', second.range, message, removeFix(second.range, `\`${second.name}\``));
  return true;
}

/** The value of a field or of a check against its shape. */
export function checkValue(
  definition: Pick<FieldDefinition, 'name' | 'shape'>,
  value: Value,
  passes: bigint | undefined,
  diagnostics: Diagnostics,
): void {
  if (usesPass(value) && passes === undefined) {
    diagnostics.error(
      'pass-outside',
      value.range,
      '`pass` counts the passes of a `repeat`, and there is none around this line',
    );
    return;
  }
  const { shape, name } = definition;
  if (value.kind === 'list') {
    if ((shape.kind === 'numbers' || shape.kind === 'labels') && value.items.length > shape.most) {
      diagnostics.error('list-too-long', value.range, `\`${name}\` takes at most ${shape.most} of them`);
    }
    return;
  }
  const first = evaluate(value);
  const last = evaluate(value, (passes ?? 1n) - 1n);
  if (first === undefined || last === undefined) return;
  checkRange(name, shape, value.range, first < last ? first : last, first < last ? last : first, diagnostics);
}

function checkRange(
  name: string,
  shape: Shape,
  range: Range,
  low: bigint,
  high: bigint,
  diagnostics: Diagnostics,
): void {
  const [min, max] = bounds(shape);
  if (low < min || high > max) {
    const wrong = low < min ? low : high;
    const written =
      min < 256n && max < 4096n
        ? (n: bigint) => `${n}`
        : (n: bigint) => `${n < 0n ? '-' : ''}0x${(n < 0n ? -n : n).toString(16)}`;
    const message = `\`${name}\` is ${written(min)} to ${written(max)}, and this is ${written(wrong)}`;
    diagnostics.error('out-of-range', range, message, replaceFix(range, written(low < min ? min : max)));
  }
  if (shape.kind === 'size' && shape.of !== undefined && !shape.of.includes(low)) {
    const wanted = shape.of.map(sizeText);
    diagnostics.error(
      'bad-size',
      range,
      `\`${name}\` is ${listed(wanted)}, not ${sizeText(low)}`,
      ...wanted.map((text) => replaceFix(range, text)),
    );
  }
}

function bounds(shape: Shape): readonly [bigint, bigint] {
  switch (shape.kind) {
    case 'number':
      return [shape.min, shape.max];
    case 'vcpu':
      return [0n, 63n];
    case 'wimg':
      return [0n, 15n];
    case 'size':
      return [1n, HIGHEST_ADDRESS.hva];
    case 'address':
      return [0n, HIGHEST_ADDRESS[shape.space]];
    default:
      return [0n, HIGHEST_ADDRESS.ea];
  }
}

/** Says when the address in a field is not a multiple of `unit`, and offers the multiple below. */
export function checkAligned(
  field: Field | undefined,
  unit: bigint,
  why: string,
  passes: bigint | undefined,
  diagnostics: Diagnostics,
): void {
  const value = field?.value;
  // A unit that is no size was complained about where it stands.
  if (field === undefined || value?.kind !== 'number' || unit <= 0n) return;
  for (const at of [0n, (passes ?? 1n) - 1n]) {
    const address = evaluate(value, at) ?? 0n;
    if (address % unit === 0n) continue;
    const below = address - (address % unit);
    const fixes =
      value.terms.length === 1 && !usesPass(value) ? [replaceFix(value.range, `0x${below.toString(16)}`)] : [];
    diagnostics.error(
      'unaligned',
      value.range,
      `\`${field.name}\` 0x${address.toString(16)} is not a multiple of ${sizeText(unit)}, ${why}`,
      ...fixes,
    );
    return;
  }
}
