/**
 * Runs a checked scenario on the emulator and records it: a Log is attached to a Machine (src/model/machine.ts), `log.mark(n)`
 * begins statement n (an index into `sources`), and the finished Vm and Log become a Run (src/timeline/run.ts), which the
 * debugger and the views move through.
 *
 * (Interface agreed with the debugger, the views and the command line; the body is the scenario author's.)
 */
import type { Run } from '../timeline/run';

/** One expectation and what became of it. Lines and columns count from 0. */
export interface ExpectationOutcome {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly expected: string;
  readonly seen: string;
  readonly passed: boolean;
}

/** One statement that was carried out. */
export interface StatementOutcome {
  /** source number, as in Log.mark */
  readonly source: number;
  readonly line: number;
  /** what the statement answered, for people: "H_SUCCESS, index 0x918" */
  readonly answer: string;
  readonly expectations: readonly ExpectationOutcome[];
}

export interface ScenarioRun {
  readonly run: Run;
  readonly statements: readonly StatementOutcome[];
  /** labels and the HPTE index they stand for at the end, for expressions and hovers */
  readonly labels: ReadonlyMap<string, number>;
}

/** A mistake that keeps a scenario from running. */
export interface RunProblem {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
}

/**
 * Parses, checks and runs a scenario.
 * @returns the run, or the problems when the text has errors
 */
export function runScenario(text: string, title: string): ScenarioRun | { readonly problems: readonly RunProblem[] } {
  return { problems: [{ line: 0, column: 0, length: 0, message: `${title}: running scenarios is not wired up yet (${text.length} characters)` }] };
}
