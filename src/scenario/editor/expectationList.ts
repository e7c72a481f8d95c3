// The expectations of a scenario, as a list of tests shows them, and what a run made of each.

import type { Range } from '../ast';
import type { CheckedScenario } from '../checker';
import { printExpectation } from '../print';
import type { ExpectationOutcome, ScenarioRun } from '../runner';
import { allStatements } from './places';

export interface ListedExpectation {
  /** Unique within the scenario; stays the same when lines above come and go. */
  readonly id: string;
  /** As the formatter writes it. */
  readonly text: string;
  readonly range: Range;
  /** The line of the statement that it is expected of. */
  readonly statement: string;
}

const placeOf = ({ line, column }: { line: number; column: number }) => `${line}:${column}`;

/** Every expectation, in the order of the text. */
export function expectationsOf({ tree }: CheckedScenario): ListedExpectation[] {
  const found: Omit<ListedExpectation, 'id'>[] = [];
  for (const { range: made, name, expectations } of allStatements(tree.statements)) {
    if (expectations.length === 0) continue;
    const statement = (tree.lines[made.line]?.text ?? name).replace(/\s*(?:->|#).*$/, '').trim();
    for (const item of expectations) found.push({ text: printExpectation(item), range: item.range, statement });
  }
  found.sort((a, b) => a.range.line - b.range.line || a.range.column - b.range.column);
  const times = new Map<string, number>();
  return found.map((one) => {
    const name = `${one.statement} -> ${one.text}`;
    const time = times.get(name) ?? 0;
    times.set(name, time + 1);
    return { ...one, id: time === 0 ? name : `${name} (${time + 1})` };
  });
}

export interface Verdict {
  /** The first outcomes that failed; in a `repeat` there is one for each pass. */
  readonly failed: readonly ExpectationOutcome[];
  /** How many failed. */
  readonly failures: number;
  /** How often it was judged. */
  readonly times: number;
}

/** What a run made of its expectations. */
export interface Verdicts {
  /** By id. */
  readonly byId: ReadonlyMap<string, Verdict>;
  /** The first failures that belong to no expectation: statements that could not be done. */
  readonly others: readonly ExpectationOutcome[];
}

/** Failed outcomes that are kept of one expectation, and of those that belong to none. */
const MOST_FAILED = 3;
const MOST_OTHERS = 100;

/** What a run made of its expectations. */
export function verdictsOf(
  listedOnes: readonly ListedExpectation[],
  { statements }: Pick<ScenarioRun, 'statements'>,
): Verdicts {
  const byId = new Map(listedOnes.map(({ id }) => [id, { failed: [] as ExpectationOutcome[], failures: 0, times: 0 }]));
  const idAt = new Map(listedOnes.map(({ id, range }) => [placeOf(range), id]));
  const others: ExpectationOutcome[] = [];
  for (const { expectations } of statements) {
    for (const outcome of expectations) {
      const verdict = byId.get(idAt.get(placeOf(outcome)) ?? '');
      if (verdict === undefined) {
        if (!outcome.passed && others.length < MOST_OTHERS) others.push(outcome);
        continue;
      }
      verdict.times++;
      if (outcome.passed) continue;
      verdict.failures++;
      if (verdict.failed.length < MOST_FAILED) verdict.failed.push(outcome);
    }
  }
  return { byId, others };
}
