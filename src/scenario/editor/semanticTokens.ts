// Colours that only the meaning tells: a label and what it names, actors, events, points, mutations, words of a choice.

import { MUTATIONS } from '../../model/mutations';
import { POINTS } from '../../model/points';
import type { Expectation, Range, Statement } from '../ast';
import { isEventName } from '../checkExpectations';
import type { CheckedScenario } from '../checker';
import { allStatements } from './places';

/** VS Code's own types, so that every theme colours them. */
export const TOKEN_TYPES = [
  'variable',
  'class',
  'event',
  'function',
  'macro',
  'enumMember',
  'property',
  'parameter',
] as const;
export const TOKEN_MODIFIERS = ['declaration'] as const;

export interface SemanticToken {
  readonly range: Range;
  readonly type: (typeof TOKEN_TYPES)[number];
  readonly declaration?: boolean;
}

const POINT_NAMES: ReadonlySet<string> = new Set(POINTS.map(({ name }) => name));

/** Tokens in the order of the text; none overlaps another. */
export function semanticTokens({ tree, labels }: CheckedScenario): SemanticToken[] {
  const tokens: SemanticToken[] = [];
  for (const { definition, references } of labels.values()) {
    tokens.push({ range: definition.range, type: 'variable', declaration: true });
    for (const range of references) tokens.push({ range, type: 'variable' });
  }
  for (const statement of allStatements(tree.statements)) ofStatement(statement, tokens);
  tokens.sort((a, b) => a.range.line - b.range.line || a.range.column - b.range.column);
  return tokens.filter(({ range }, at) => {
    const before = tokens[at - 1]?.range;
    return before === undefined || before.line < range.line || before.column + before.length <= range.column;
  });
}

function ofStatement(statement: Statement, tokens: SemanticToken[]): void {
  const { name, label, fields, racing, without, expectations } = statement;
  if (name === 'actor' && label !== undefined) tokens.push({ range: label.range, type: 'class', declaration: true });
  for (const { value } of fields) {
    if (value?.kind === 'word') tokens.push({ range: value.range, type: 'enumMember' });
    if (value?.kind !== 'turns') continue;
    for (const { actor, until } of value.turns) {
      tokens.push({ range: actor.range, type: 'class' });
      if (until !== undefined) tokens.push({ range: until.range, type: 'function' });
    }
  }
  for (const { point } of racing)
    if (POINT_NAMES.has(point.text)) tokens.push({ range: point.range, type: 'function' });
  for (const { text, range } of without) if (Object.hasOwn(MUTATIONS, text)) tokens.push({ range, type: 'macro' });
  for (const expectation of expectations) ofExpectation(expectation, tokens);
}

function ofExpectation(expectation: Expectation, tokens: SemanticToken[]): void {
  if (expectation.kind === 'event') {
    if (isEventName(expectation.event.text)) tokens.push({ range: expectation.event.range, type: 'event' });
    for (const { name } of expectation.fields) tokens.push({ range: name.range, type: 'parameter' });
  } else if (expectation.kind === 'subject') {
    for (const { name } of expectation.checks)
      if (name.text !== '=') tokens.push({ range: name.range, type: 'property' });
  } else tokens.push({ range: expectation.name.range, type: 'enumMember' });
}
