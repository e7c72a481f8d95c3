/**
 * Runs a checked scenario on the emulator and records it: a Log is attached to a Machine (src/model/machine.ts), `log.mark(n)`
 * begins statement n (an index into `sources`), and the finished Vm and Log become a Run (src/timeline/run.ts), which the
 * debugger and the views move through.
 */
import { Log } from '../model/log';
import { Machine } from '../model/machine';
import { MUTATION_NAMES, MUTATIONS, type Mutation } from '../model/mutations';
import { POINTS, type Point } from '../model/points';
import { Run } from '../timeline/run';
import type { Expectation, Racing, Statement } from './ast';
import { backRange, declaredMappings } from './backing';
import { type CheckedScenario, readScenario } from './checker';
import type { MachineFacts } from './checkMachine';
import type { Ended } from './ended';
import { numberOf, statementsIn } from './evaluate';
import { execute } from './execute';
import { endedText, judge } from './expect';
import { log2 } from './hpteWords';
import { InvariantWatch } from './invariantWatch';
import { LineStatements } from './lineStatements';
import { ParallelRun } from './parallel';
import { printExpectation } from './print';
import { RunState } from './runState';

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
  /** the last statement that began before this one was over: the last one inside a block, or of those that raced */
  readonly lastSource: number;
  /** what the statement answered, for people: "H_SUCCESS, r4 0x918" */
  readonly answer: string;
  readonly expectations: readonly ExpectationOutcome[];
  /** what a reader should know of it: a race that never happened, a statement that could not be done */
  readonly notes: readonly string[];
  /** text that the statement prints (htab-dump) */
  readonly text?: string;
}

export interface ScenarioRun {
  readonly run: Run;
  /** in the order in which they were over; a raced statement comes before the one that it raced */
  readonly statements: readonly StatementOutcome[];
  /** labels and the HPTE index they stand for at the end, for expressions and hovers */
  readonly labels: ReadonlyMap<string, number>;
  /** every expectation holds, and every statement could be done */
  readonly passed: boolean;
  /** it was cancelled, or an emulator failure ended it early */
  readonly cutOff: boolean;
}

/** A mistake that keeps a scenario from running. */
export interface RunProblem {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
}

export interface RunOptions {
  /** asked before each statement */
  readonly cancelled?: () => boolean;
}

/**
 * Parses, checks and runs a scenario.
 * @returns the run, or the problems when the text has errors
 */
export function runScenario(
  text: string,
  title: string,
  options: RunOptions = {},
): ScenarioRun | { readonly problems: readonly RunProblem[] } {
  const checked = readScenario(text);
  if (checked.runnable) return runChecked(checked, title, options);
  const errors = checked.diagnostics.filter(({ severity }) => severity === 'error');
  return { problems: errors.map(({ range, message }) => ({ ...range, message })) };
}

/** Runs a scenario that has no errors. */
export function runChecked(checked: CheckedScenario, title: string, options: RunOptions = {}): ScenarioRun {
  return new Runner(checked, title, options).run();
}

function makeMachine(facts: MachineFacts): Machine {
  return new Machine({
    kernel: facts.kernel,
    cpu: facts.cpu,
    order: facts.order,
    pageShift: log2(facts.page),
    vcpus: facts.vcpus,
    onlineVcpus: facts.vcpus,
    onlineVcores: facts.cores,
    realmode: facts.realMode,
    usingMmuNotifiers: facts.notifiers,
    tlbieStqBug: facts.erratumStq,
    tlbieEratBug: facts.erratumErat,
    tlb: facts.tlb,
  });
}

/** What may happen at the points of the statement under way. */
interface Underway {
  readonly vcpu: number;
  readonly pass: bigint;
  /** Races that have not happened yet. */
  readonly racing: Racing[];
  /** Parallel blocks: whether the turn of the actor that does it ends at a point. */
  readonly atPoint?: (point: string) => void;
  /** The repeat around it, whose races may happen here. */
  readonly repeat?: Underway;
}

/** What a statement is done with. */
interface Context {
  readonly vcpu: number | undefined;
  readonly pass: bigint;
  readonly actor?: string;
  readonly atPoint?: (point: string) => void;
  readonly repeat?: Underway;
}

class Stopped extends Error {}

class Runner {
  readonly #checked: CheckedScenario;
  readonly #title: string;
  readonly #options: RunOptions;
  readonly #machine: Machine;
  readonly #state: RunState;
  readonly #log = new Log();
  readonly #sources = new LineStatements();
  readonly #outcomes: StatementOutcome[] = [];
  readonly #underway: Underway[] = [];
  readonly #mutations = new Map<Mutation, number>();
  readonly #declared;
  readonly #watch: InvariantWatch;
  #cutOff = false;
  /** At a point: a statement that begins now stands inside the kernel path of another. */
  #inPath = false;

  constructor(checked: CheckedScenario, title: string, options: RunOptions) {
    this.#checked = checked;
    this.#title = title;
    this.#options = options;
    this.#machine = makeMachine(checked.machine);
    this.#state = new RunState(this.#machine);
    this.#declared = declaredMappings(checked.tree.statements);
    this.#watch = new InvariantWatch(this.#machine.vm);
    this.#machine.record(this.#log);
    this.#machine.onPoint((point) => this.#atPoint(point));
  }

  run(): ScenarioRun {
    const notes = this.#checked.tree.statements.flatMap(mutationNotes);
    try {
      this.#block(this.#checked.tree.statements, { vcpu: undefined, pass: 0n });
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      this.#cutOff = true;
    }
    const labels = new Map<string, number>();
    for (const [name, binding] of this.#state.bindings) {
      if (binding.kind === 'hpte' && binding.index !== undefined) labels.set(name, binding.index);
    }
    const passed = this.#outcomes.every(({ expectations }) => expectations.every((one) => one.passed));
    const run = new Run({
      title: this.#title,
      kind: 'scenario',
      vm: this.#machine.vm,
      log: this.#log,
      sources: this.#sources,
      notes,
    });
    return { run, statements: this.#outcomes, labels, passed: passed && !this.#cutOff, cutOff: this.#cutOff };
  }

  /** Does statements one after the other; answers how the last one ended. */
  #block(statements: readonly Statement[], context: Context): Ended {
    let ended: Ended = { outcome: 'ok' };
    for (const statement of statements) ended = this.#statement(statement, context);
    return ended;
  }

  // --- one statement

  #statement(statement: Statement, context: Context): Ended {
    if (this.#options.cancelled?.()) throw new Stopped();
    const { vcpu = this.#state.vcpu, pass } = context;
    const nested = this.#inPath;
    this.#inPath = false;
    const source = this.#begin(statement, context);
    const from = this.#log.end;
    const underway: Underway = {
      vcpu,
      pass,
      racing: [...statement.racing],
      ...(context.atPoint && { atPoint: context.atPoint }),
      ...(context.repeat && { repeat: context.repeat }),
    };
    this.#switchOff(statement, true);
    this.#underway.push(underway);
    const ended = this.#carryOut(statement, context, underway);
    this.#underway.pop();
    this.#switchOff(statement, false);
    // Inside a kernel path nothing need hold.
    if (!nested) this.#watch.look(this.#log, this.#underway.length === 0);
    this.#finish(statement, source, from, ended, underway);
    this.#inPath = nested;
    if (nested) this.#log.resume();
    return ended;
  }

  /** Marks the statement in the journal; answers its source number. */
  #begin(statement: Statement, context: Context): number {
    const { line } = statement.range;
    const text = this.#checked.tree.lines[line]?.text.trim() ?? statement.name;
    const source = this.#sources.push(line, text, context.actor);
    this.#log.mark(source);
    return source;
  }

  #switchOff(statement: Statement, off: boolean): void {
    // What the machine line leaves out is left out to the end.
    if (statement.name === 'machine' && !off) return;
    for (const { text } of statement.without) {
      const name = MUTATION_NAMES.find((known) => known === text);
      if (name === undefined) continue;
      const times = (this.#mutations.get(name) ?? 0) + (off ? 1 : -1);
      this.#mutations.set(name, times);
      this.#machine.setMutation(name, times > 0);
    }
  }

  #carryOut(statement: Statement, context: Context, underway: Underway): Ended {
    switch (statement.name) {
      case 'repeat':
        return this.#repeat(statement, context, underway);
      case 'parallel':
        return new ParallelRun(
          statement,
          (inner, actor, atPoint) => {
            this.#statement(inner, { vcpu: actor.vcpu, pass: underway.pass, actor: actor.name, atPoint });
          },
          this.#checked.machine.vcpus,
        ).run();
      case 'memslot':
        this.#back(statement, underway.pass);
        return execute(this.#state, statement, underway);
      default:
        return execute(this.#state, statement, underway);
    }
  }

  /** Ends as the last statement of its last pass does. */
  #repeat(statement: Statement, context: Context, repeat: Underway): Ended {
    const times = numberOf(statement, 'times', context.pass) ?? 0n;
    let ended: Ended = { outcome: 'ok' };
    for (let pass = 0n; pass < times; pass++) ended = this.#block(statement.body, { ...context, pass, repeat });
    return ended;
  }

  #back(statement: Statement, pass: bigint): void {
    const start = numberOf(statement, 'hva', pass) ?? 0n;
    backRange(this.#machine, this.#declared, start, start + (numberOf(statement, 'size', pass) ?? 0n));
  }

  #finish(statement: Statement, source: number, from: number, ended: Ended, { pass, racing }: Underway): void {
    const over = { ended, log: this.#log, from, to: this.#log.end, pass };
    const notes = racing.map(
      (race) => `\`${race.point.text}\` was not reached, so \`${race.statement.name}\` did not race`,
    );
    if (ended.problem !== undefined) notes.push(ended.problem);
    notes.push(...statement.without.map(({ text }) => mutationNote(text)));
    const expectations = statement.expectations.map((item) => this.#judged(item, over));
    // A statement that could not be done, and of which nothing was expected, must not pass unseen.
    if (ended.problem !== undefined && expectations.every((one) => one.passed))
      expectations.push(impossible(statement, ended.problem));
    const { line } = statement.range;
    const answer = endedText(this.#state, ended);
    this.#outcomes.push({
      source,
      line,
      lastSource: this.#sources.length - 1,
      answer,
      expectations,
      notes,
      ...(ended.text !== undefined && { text: ended.text }),
    });
  }

  #judged(item: Expectation, over: Parameters<typeof judge>[2]): ExpectationOutcome {
    return { ...item.range, expected: printExpectation(item), ...judge(this.#state, item, over) };
  }

  // --- races

  /** A kernel path has come to a point: the races that wait for it happen, as another processor's doing. */
  #atPoint(point: Point): void {
    const underway = this.#underway.at(-1);
    const name = POINTS[point]?.name;
    if (underway === undefined || name === undefined) return;
    this.#inPath = true;
    for (let holder: Underway | undefined = underway; holder !== undefined; holder = holder.repeat) {
      const at = holder.racing.findIndex((race) => race.point.text === name);
      const [race] = at < 0 ? [] : holder.racing.splice(at, 1);
      if (race === undefined) continue;
      this.#race(race.statement, underway);
      break;
    }
    underway.atPoint?.(name);
    this.#inPath = false;
  }

  #race(statement: Statement, { vcpu, pass }: Underway): void {
    const other = (vcpu + 1) % this.#machine.state.vcpus.length;
    this.#statement(statement, { vcpu: other, pass, actor: 'race' });
  }
}

/** What a run should say of itself: the steps that are left out somewhere in it. */
function mutationNotes(statement: Statement): string[] {
  const where = statement.name === 'machine' ? '' : `line ${statement.range.line + 1}: `;
  return [statement, ...statementsIn(statement)].flatMap(({ without }) =>
    without.map(({ text }) => where + mutationNote(text)),
  );
}

function mutationNote(name: string): string {
  const what = MUTATIONS[name as Mutation];
  return `without ${name}: ${what}`;
}

function impossible(statement: Statement, problem: string): ExpectationOutcome {
  return { ...statement.range, expected: `\`${statement.name}\` can be done`, seen: problem, passed: false };
}
