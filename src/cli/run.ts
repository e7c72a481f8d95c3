// `hptscope run FILE…`: runs scenarios, prints their moments, and says which expectations do not hold.

import { type Event, eventText } from '../model/events';
import type { ExpectationOutcome, ScenarioRun, StatementOutcome } from '../scenario/runner';
import { runScenario } from '../scenario/runner';
import type { Run } from '../timeline/run';
import {
  type Command,
  EXIT_FAILED,
  EXIT_GOOD,
  EXIT_TROUBLE,
  readText,
  type Surroundings,
  splitArguments,
} from './command';

/** Lines and columns of files count from 1 where people read them, and in JSON. */
const place = (path: string, { line, column }: { line: number; column: number }) => `${path}:${line + 1}:${column + 1}`;

export const runCommand: Command = {
  name: 'run',
  usage: 'run FILE… [--steps] [--quiet] [--json]',
  summary: 'runs scenarios and checks their expectations; --steps prints every step, --quiet only what fails',
  async run(args, surroundings) {
    const { files, flags } = splitArguments(args, ['--json', '--steps', '--quiet']);
    let worst = EXIT_GOOD;
    const reports: unknown[] = [];
    for (const path of files) {
      const text = await readText(surroundings.files, path);
      const result = runScenario(text, path);
      if ('problems' in result) {
        for (const problem of result.problems) surroundings.problem(`${place(path, problem)}: ${problem.message}`);
        reports.push({ file: path, passed: false, problems: result.problems.map(fromOne) });
        worst = EXIT_TROUBLE;
        continue;
      }
      if (flags.has('--json')) reports.push(report(path, result));
      else print(path, result, flags, surroundings);
      if (!result.passed) worst = Math.max(worst, EXIT_FAILED);
    }
    if (flags.has('--json')) surroundings.out(JSON.stringify(files.length === 1 ? reports[0] : reports, undefined, 2));
    return worst;
  },
};

// --- for people

function print(path: string, result: ScenarioRun, flags: ReadonlySet<string>, { out }: Surroundings): void {
  const { run } = result;
  if (!flags.has('--quiet')) {
    printMoments(result, flags.has('--steps'), out);
    out('');
  }
  const all = result.statements.flatMap(({ expectations }) => expectations);
  const failed = all.filter(({ passed }) => !passed);
  for (const one of failed) out(`${place(path, one)}: expected ${one.expected}, seen ${one.seen}`);
  if (result.cutOff) out(`${path}: the run was cut off`);
  const verdict =
    failed.length === 0 ? `${all.length} hold` : `${all.length - failed.length} hold, ${failed.length} not`;
  out(`${path}: ${run.length} moments, ${run.eventCount} events; expectations: ${all.length === 0 ? 'none' : verdict}`);
}

function printMoments({ run, statements }: ScenarioRun, steps: boolean, out: (text: string) => void): void {
  const over = new Map<number, StatementOutcome[]>();
  const lastMoments = lastMomentOfSources(run);
  for (const outcome of statements) {
    let last = -1;
    for (let source = outcome.source; source <= outcome.lastSource; source++)
      last = Math.max(last, lastMoments.get(source) ?? -1);
    over.set(last, [...(over.get(last) ?? []), outcome]);
  }
  for (let moment = 0; moment < run.length; moment++) {
    if (run.isStatement(moment)) {
      const { line, text, actor } = run.source(moment);
      out(`${String(line + 1).padStart(4)}  ${text}${actor === undefined ? '' : `   (${actor})`}`);
    } else if (steps) out(`${indent(run, moment)}${run.frames(moment)[0]?.text ?? ''}`);
    for (const event of run.events(moment)) out(`${indent(run, moment)}#${moment} ${event.kind}: ${eventText(event)}`);
    for (const outcome of over.get(moment) ?? []) printOutcome(outcome, out);
  }
}

function indent(run: Run, moment: number): string {
  return '      '.padEnd(6 + 2 * Math.max(1, run.depth(moment)));
}

function lastMomentOfSources(run: Run): Map<number, number> {
  const last = new Map<number, number>();
  for (let moment = 0; moment < run.length; moment++) last.set(run.sourceNumber(moment), moment);
  return last;
}

function printOutcome(
  { line, answer, notes, expectations, text }: StatementOutcome,
  out: (text: string) => void,
): void {
  out(`${String(line + 1).padStart(4)}  = ${answer}`);
  for (const note of notes) out(`        ${note}`);
  if (text !== undefined) out(text.trimEnd());
  for (const { passed, expected, seen } of expectations)
    out(`      ${passed ? 'holds' : 'FAILS'}  ${expected}${passed ? '' : `   seen: ${seen}`}`);
}

// --- for programs

function fromOne<T extends { line: number; column: number }>(it: T): T {
  return { ...it, line: it.line + 1, column: it.column + 1 };
}

/** An event with its 64-bit fields as "0x…" strings. */
function plainEvent(event: Event): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => [name, typeof value === 'bigint' ? `0x${value.toString(16)}` : value]),
  );
}

interface StatementReport {
  line: number;
  text: string;
  actor?: string;
  answer: string;
  notes: readonly string[];
  expectations: readonly ExpectationOutcome[];
  moments: number[];
  events: Record<string, unknown>[];
}

function report(path: string, { run, statements, labels, passed }: ScenarioRun): unknown {
  const bySource = new Map<number, StatementReport>();
  const outcomes = new Map(statements.map((outcome) => [outcome.source, outcome]));
  for (let moment = 0; moment < run.length; moment++) {
    const source = run.sourceNumber(moment);
    let entry = bySource.get(source);
    if (entry === undefined) {
      const { line, text, actor } = run.source(moment);
      const { answer = '', notes = [], expectations = [] } = outcomes.get(source) ?? {};
      entry = {
        line: line + 1,
        text,
        ...(actor !== undefined && { actor }),
        answer,
        notes,
        expectations: expectations.map(fromOne),
        moments: [],
        events: [],
      };
      bySource.set(source, entry);
    }
    entry.moments.push(moment);
    for (const event of run.events(moment)) entry.events.push({ moment, ...plainEvent(event) });
  }
  return {
    file: path,
    passed,
    moments: run.length,
    events: run.eventCount,
    notes: run.notes,
    labels: Object.fromEntries([...labels].map(([name, index]) => [name, `0x${index.toString(16)}`])),
    statements: [...bySource.values()],
  };
}
