// What stands at a place of a scenario: the names that can be followed and renamed (labels, and actors of a `parallel` block),
// and the statements of a line.

import type { Range, Statement, Word } from '../ast';
import type { CheckedScenario } from '../checker';
import type { LabelKind } from '../grammar';
import { labelAt, placesOf, renameProblem } from '../symbols';

export function covers(range: Range, line: number, column: number): boolean {
  return range.line === line && column >= range.column && column <= range.column + range.length;
}

/** A name that is made at one place and used at others. */
export interface NamedThing {
  readonly name: string;
  readonly kind: LabelKind | 'actor';
  readonly definition: Range;
  /** Every place, the definition first. */
  readonly places: readonly Range[];
  /** What makes it: the statement behind the label, or the `parallel` around the actor. */
  readonly statement: Statement;
}

/** Statements at any depth, those that race among them, in the order of the text. */
export function* allStatements(statements: readonly Statement[]): Generator<Statement> {
  for (const statement of statements) {
    yield statement;
    for (const race of statement.racing) yield* allStatements([race.statement]);
    yield* allStatements(statement.body);
  }
}

/** Statements whose name stands on a line; several with `repeat 2 load a` or a race. */
export function statementsOnLine({ tree }: CheckedScenario, line: number): Statement[] {
  const found: Statement[] = [];
  for (const statement of allStatements(tree.statements)) if (statement.range.line === line) found.push(statement);
  return found;
}

/** Every use of an actor in the `order` of its block. */
function turnsOf(parallel: Statement, name: string): Word[] {
  return parallel.fields.flatMap(({ value }) =>
    value?.kind === 'turns' ? value.turns.flatMap(({ actor }) => (actor.text === name ? [actor] : [])) : [],
  );
}

function actorAt({ tree }: CheckedScenario, line: number, column: number): NamedThing | undefined {
  for (const parallel of allStatements(tree.statements)) {
    if (parallel.name !== 'parallel') continue;
    for (const actor of parallel.body) {
      const { label } = actor;
      if (actor.name !== 'actor' || label === undefined) continue;
      const places = [label.range, ...turnsOf(parallel, label.text).map(({ range }) => range)];
      if (places.some((range) => covers(range, line, column)))
        return { name: label.text, kind: 'actor', definition: label.range, places, statement: parallel };
    }
  }
  return undefined;
}

/** The label or actor that is made or used at a place. */
export function nameAt(checked: CheckedScenario, line: number, column: number): NamedThing | undefined {
  const label = labelAt(checked, line, column);
  if (label === undefined) return actorAt(checked, line, column);
  const { name, kind, definition, statement } = label;
  return { name, kind, definition: definition.range, places: placesOf(label), statement };
}

/** Why something cannot get a name; undefined when it can. */
export function newNameProblem(checked: CheckedScenario, thing: NamedThing, name: string): string | undefined {
  const label = checked.labels.get(thing.name);
  if (thing.kind !== 'actor') return label && renameProblem(checked, label, name);
  const taken = thing.statement.body.some((actor) => actor.label?.text === name && name !== thing.name);
  if (taken) return `there is already an actor \`${name}\` in this block`;
  return /^[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*$/.test(name)
    ? undefined
    : 'the name of an actor is a word of letters, digits, `_` and `-`';
}
