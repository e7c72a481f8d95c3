// The expectations of a scenario, as a list of tests shows them, and what a run made of each.

import type { Expectation, Range } from '../ast';
import type { CheckedScenario } from '../checker';
import { printExpectation } from '../print';
import type { ExpectationOutcome, ScenarioRun } from '../runner';
import { allStatements } from './places';

export interface ListedExpectation {
  /** Unique within the scenario, and the same as long as it stands at the same place. */
  readonly id: string;
  /** As the formatter writes it. */
  readonly text: string;
  readonly range: Range;
  /** The line of the statement that it is expected of. */
  readonly statement: string;
}

const idOf = ({ line, column }: { line: number; column: number }) => `${line}:${column}`;

/** Every expectation, in the order of the text. */
export function expectationsOf({ tree }: CheckedScenario): ListedExpectation[] {
  const found: ListedExpectation[] = [];
  for (const statement of allStatements(tree.statements)) {
    const text = tree.lines[statement.range.line]?.text.replace(/\s*(?:->|#).*$/, '').trim() ?? statement.name;
    for (const item of statement.expectations) found.push(listed(item, text));
  }
  return found.sort((a, b) => a.range.line - b.range.line || a.range.column - b.range.column);
}

function listed(item: Expectation, statement: string): ListedExpectation {
  return { id: idOf(item.range), text: printExpectation(item), range: item.range, statement };
}

export interface Verdict {
  /** Outcomes that failed; in a `repeat` one for each pass. */
  readonly failed: readonly ExpectationOutcome[];
  /** How often it was judged. */
  readonly times: number;
}

/** What a run made of its expectations, by id; and the failures that belong to none: statements that could not be done. */
export function verdictsOf(
  listedOnes: readonly ListedExpectation[],
  { statements }: Pick<ScenarioRun, 'statements'>,
): { readonly byId: ReadonlyMap<string, Verdict>; readonly others: readonly ExpectationOutcome[] } {
  const byId = new Map(listedOnes.map(({ id }) => [id, { failed: [] as ExpectationOutcome[], times: 0 }]));
  const others: ExpectationOutcome[] = [];
  for (const { expectations } of statements) {
    for (const outcome of expectations) {
      const verdict = byId.get(idOf(outcome));
      if (verdict === undefined) {
        if (!outcome.passed) others.push(outcome);
        continue;
      }
      verdict.times++;
      if (!outcome.passed) verdict.failed.push(outcome);
    }
  }
  return { byId, others };
}
