// Checks the meaning of a parsed scenario: does what it says exist, fit together and make sense? Whatever is wrong is
// said with its place, what would be right, and where possible a quick fix. A scenario without errors can run.

import type { KernelName } from '../model/kernel';
import { MUTATION_NAMES } from '../model/mutations';
import { POINTS } from '../model/points';
import type { Diagnostic, Field, Racing, Range, ScenarioTree, Statement, Word } from './ast';
import { isNumeral } from './ast';
import { checkExpectation } from './checkExpectations';
import { checkAligned, checkFields } from './checkFields';
import { MachineCheck, type MachineFacts } from './checkMachine';
import { sizeText } from './cursor';
import { Diagnostics, insertAfterFix, removeFix } from './diagnostics';
import { fieldOf, has, isGuest, numberOf, statementsIn } from './evaluate';
import type { StatementDefinition } from './grammar';
import { fieldDefinition, isGuestStatement, MAX_REPEAT, PAGE_SIZES, statementDefinition } from './grammar';
import { type LabelInfo, Labels } from './labels';
import { parseScenario } from './parser';
import { listed } from './suggest';

export interface CheckedScenario {
  readonly tree: ScenarioTree;
  readonly machine: MachineFacts;
  readonly labels: ReadonlyMap<string, LabelInfo>;
  /** Of syntax and meaning, by line. */
  readonly diagnostics: readonly Diagnostic[];
  /** There is no error: it can run. */
  readonly runnable: boolean;
}

/**
 * Parses and checks a text.
 * @param before what this gave for an earlier version of the text, so that only lines that are new are parsed
 */
export function readScenario(text: string, before?: CheckedScenario): CheckedScenario {
  return checkScenario(parseScenario(text, before?.tree));
}

export function checkScenario(tree: ScenarioTree): CheckedScenario {
  const checker = new Checker(tree);
  checker.run();
  const diagnostics = [...tree.diagnostics, ...checker.diagnostics.all].sort(
    (a, b) => a.range.line - b.range.line || a.range.column - b.range.column,
  );
  return {
    tree,
    machine: checker.memory.facts,
    labels: checker.labels.all,
    diagnostics,
    runnable: !diagnostics.some(({ severity }) => severity === 'error'),
  };
}

/** Statements in which the points of a function lie. */
const POINT_STATEMENTS: Readonly<Record<string, readonly string[]>> = {
  access: ['load', 'store', 'fetch'],
  page_fault: ['load', 'store', 'fetch'],
  h_enter: ['h_enter'],
  unmap: [
    'swap-out',
    'unmap',
    'write-protect',
    'ksm-merge',
    'migrate',
    'vma remove',
    'memslot remove',
    'invalidate start',
    'resize commit',
  ],
};
const POINT_NAMES = POINTS.map(({ name }) => name);

/** The points that the kernel paths of a statement may come to. */
export function pointsOf(statement: string): readonly string[] {
  return POINT_NAMES.filter((name) => POINT_STATEMENTS[name.split('.')[0] ?? '']?.includes(statement));
}

/** What is around a statement. */
interface Around {
  /** How often the innermost repeat runs; undefined outside of one. */
  readonly passes?: bigint;
  /** How often the statement runs in all. */
  readonly times: bigint;
  readonly raced: boolean;
  readonly without: readonly string[];
}

class Checker {
  readonly diagnostics = new Diagnostics();
  readonly labels = new Labels(this.diagnostics);
  readonly memory = new MachineCheck(this.diagnostics);
  #machineSeen: Statement | undefined;
  readonly #tree: ScenarioTree;

  constructor(tree: ScenarioTree) {
    this.#tree = tree;
  }

  run(): void {
    const { statements, lines } = this.#tree;
    const first = statements[0];
    if (first === undefined) {
      if (this.#tree.diagnostics.length > 0) return;
      const start: Range = { line: 0, column: 0, length: lines[0]?.text.length ?? 0 };
      this.diagnostics.error(
        'no-machine',
        start,
        'there is no statement here; a scenario begins with a `machine` line',
        this.#machineFix(start),
      );
      return;
    }
    if (first.name !== 'machine' && !first.broken) {
      this.diagnostics.error(
        'no-machine',
        first.range,
        'a scenario begins with a `machine` line',
        this.#machineFix(first.range),
      );
    }
    this.#statements(statements, { times: 1n, raced: false, without: [] });
  }

  #machineFix({ line }: Range) {
    const newText = 'machine power9 linux-6.1 order 18 page 64K\n';
    return { title: 'Add a `machine` line', edits: [{ range: { line, column: 0, length: 0 }, newText }] };
  }

  #statements(statements: readonly Statement[], around: Around): void {
    for (const statement of statements) this.#statement(statement, around);
  }

  #statement(statement: Statement, around: Around): void {
    const definition = statementDefinition(statement.name);
    if (definition === undefined) {
      // An actor, or a name that the parser has already complained about.
      this.#clauses(statement, around);
      this.#statements(statement.body, around);
      return;
    }
    if (statement.broken) {
      this.#afterBroken(statement, definition);
      this.#statements(statement.body, around);
      return;
    }
    checkFields(statement, definition, around.passes, this.diagnostics);
    this.#kernel(statement, definition.kernels);
    this.#references(statement, definition);
    this.#meaning(statement, around);
    this.#label(statement, definition);
    const inside = this.#clauses(statement, around);
    if (definition.name === 'repeat') this.#repeat(statement, inside);
    else if (definition.name === 'parallel') this.#parallel(statement, inside);
    for (const item of statement.expectations) {
      checkExpectation(item, statement, definition, this.labels, around.passes, this.diagnostics);
    }
  }

  /** A broken line may have made labels, memslots or segments: nothing is said of what cannot be known. */
  #afterBroken(statement: Statement, definition: StatementDefinition): void {
    if (statement.name === 'machine') this.#machineSeen ??= statement;
    if (statement.name === 'slb') this.memory.segmentsUnknown = true;
    this.#label(statement, definition);
  }

  #label(statement: Statement, { labels, name }: StatementDefinition): void {
    if (statement.label === undefined) return;
    if (labels !== undefined && labels !== 'actor') this.labels.define(statement.label, labels, statement);
    else
      this.diagnostics.error(
        'label-nothing',
        statement.label.range,
        `\`${name}\` makes nothing that a label could name`,
        removeFix(statement.label.range, 'the label'),
      );
  }

  #kernel(statement: Statement, kernels: readonly KernelName[] | undefined): void {
    const { kernel } = this.memory.facts;
    if (kernels === undefined || kernels.includes(kernel)) return;
    this.diagnostics.error(
      'not-in-kernel',
      statement.range,
      `${kernel} has no \`${statement.name}\`; ${listed([...kernels])} has`,
    );
  }

  /** Labels in operands and fields, and vCPU numbers. */
  #references(statement: Statement, definition: StatementDefinition): void {
    for (const field of statement.fields) {
      const { value } = field;
      const shape = fieldDefinition(definition, field.name)?.shape;
      if (value === undefined || shape === undefined) continue;
      if (value.kind === 'label' && shape.kind === 'label') this.labels.use(value.text, value.range, shape.of);
      if (value.kind === 'list' && shape.kind === 'labels') this.#list(value.items, shape.of);
      if ((value.kind === 'pteg' || value.kind === 'in-pteg') && !isNumeral(value.pteg.of)) {
        this.labels.use(value.pteg.of.text, value.pteg.of.range, ['hpte']);
      }
      if (shape.kind === 'vcpu' || (definition.name === 'vcpu' && field.name === 'vcpu')) this.#vcpu(statement, field);
    }
  }

  #list(
    items: readonly (Word | { value: bigint; range: Range })[],
    kinds: readonly ('hpte' | 'access' | 'stream' | 'data')[],
  ): void {
    for (const item of items) if ('text' in item && !('value' in item)) this.labels.use(item.text, item.range, kinds);
  }

  #vcpu(statement: Statement, field: Field): void {
    const number = numberOf(statement, field.name);
    const { vcpus } = this.memory.facts;
    if (number === undefined || number < BigInt(vcpus)) return;
    this.diagnostics.error(
      'unknown-vcpu',
      field.range,
      `the machine has vCPUs 0 to ${vcpus - 1}; \`vcpus ${number + 1n}\` on the \`machine\` line makes more`,
    );
  }

  #meaning(statement: Statement, { passes, raced, times }: Around): void {
    const fails = statement.expectations.some(
      (item) => item.kind === 'result' && ['error', 'ret'].includes(item.name.text),
    );
    switch (statement.name) {
      case 'machine':
        if (this.#machineSeen !== undefined || raced || times !== 1n) {
          this.diagnostics.error(
            'second-machine',
            statement.range,
            'a scenario has one machine, and says so on its first line',
          );
        } else this.memory.machine(statement);
        this.#machineSeen ??= statement;
        return;
      case 'memslot':
        this.memory.memslot(statement, passes, fails);
        return;
      case 'memslot remove':
      case 'memslot change':
      case 'dirty-log':
      case 'map-vrma':
        this.memory.usesSlot(statement, fails);
        return;
      case 'vma':
        this.memory.vma(statement, passes, fails);
        return;
      case 'vma remove':
        this.memory.removeVma(statement);
        return;
      case 'slb':
        this.memory.slb(statement);
        return;
      case 'htab-open':
      case 'htab-read':
        this.memory.htabOpen(statement);
        return;
      case 'h_enter':
        this.#hEnter(statement, passes);
        return;
      case 'load':
      case 'store':
      case 'fetch':
      case 'translate':
        this.#addressOfLabel(statement, 'at');
        return;
      default:
        this.#hostPage(statement, passes);
    }
  }

  /** A raw h_enter may leave out the address; then its label stands for none. */
  #addressOfLabel(statement: Statement, operand: string): void {
    const value = fieldOf(statement, operand)?.value;
    const label = value?.kind === 'label' ? this.labels.all.get(value.text) : undefined;
    if (value === undefined || label === undefined || label.statement.broken) return;
    if (label.kind === 'hpte' && !has(label.statement, 'ea')) {
      const line = label.definition.range.line + 1;
      this.diagnostics.error(
        'no-address',
        value.range,
        `\`${label.name}\` was made from raw words: add \`ea\` on line ${line} to say for which address it stands`,
      );
    }
  }

  #hostPage(statement: Statement, passes: bigint | undefined): void {
    const { page } = this.memory.facts;
    for (const name of ['hva', 'size'])
      checkAligned(fieldOf(statement, name), page, 'the host page size', passes, this.diagnostics);
    const group = statementDefinition(statement.name)?.group;
    const gpa = fieldOf(statement, 'gpa');
    if (gpa?.value === undefined || (group !== 'host' && statement.name !== 'fill')) return;
    const address = numberOf(statement, 'gpa') ?? 0n;
    if (!this.memory.inMemslot(address)) {
      this.diagnostics.error(
        'no-memslot',
        gpa.value.range,
        `no memslot holds guest physical address 0x${address.toString(16)} here`,
      );
    }
  }

  #hEnter(statement: Statement, passes: bigint | undefined): void {
    const eaField = fieldOf(statement, 'ea');
    if (has(statement, 'v') || eaField?.value === undefined) return;
    const sizeField = fieldOf(statement, 'size');
    const given = numberOf(statement, 'size');
    const ea = numberOf(statement, 'ea');
    if (ea === undefined) return;
    const segment = this.memory.segmentOf(ea);
    if (segment === undefined) {
      if (!this.memory.segmentsUnknown) {
        const above: Range = { line: statement.range.line, column: 0, length: 0 };
        const base = `0x${((ea >> 28n) << 28n).toString(16)}`;
        this.diagnostics.error(
          'no-segment',
          eaField.range,
          `no \`slb\` line above covers 0x${ea.toString(16)}, so its VSID is not known`,
          {
            title: 'Add an `slb` line above',
            edits: [
              { range: above, newText: `slb ${this.memory.segments.size} ea ${base} vsid 0x12345 segment 256M\n` },
            ],
          },
        );
      }
      return;
    }
    const size = given ?? segment.page;
    if (!PAGE_SIZES.some((one) => one === size)) return;
    this.#pageSize(sizeField?.range ?? eaField.range, segment.page, size);
    for (const field of [eaField, fieldOf(statement, 'gpa')])
      checkAligned(field, size, 'the page size', passes, this.diagnostics);
  }

  #pageSize(range: Range, base: bigint, size: bigint): void {
    const { kernel, cpu } = this.memory.facts;
    const [k4, k64, m16] = PAGE_SIZES;
    const mixed = base === k4 ? size <= m16 : base === k64 && size <= m16 && size >= k64;
    const good =
      kernel === 'linux-6.1'
        ? size === base || mixed
        : size === base && (size === k4 || size === m16 || (size === k64 && cpu !== 'PPC970'));
    if (good) return;
    const why =
      size === base
        ? `${kernel} on ${cpu} has no pages of ${sizeText(size)}`
        : `pages of ${sizeText(size)} cannot stand in a segment of ${sizeText(base)} pages under ${kernel}`;
    this.diagnostics.error('bad-page-size', range, why);
  }

  /** `racing` and `without`; answers what is around the statements inside. */
  #clauses(statement: Statement, around: Around): Around {
    const without = [...around.without, ...statement.without.map(({ text }) => text)];
    for (const name of statement.without) {
      if (!MUTATION_NAMES.some((known) => known === name.text)) {
        this.diagnostics.unknown('unknown-mutation', 'there is no step to leave out named', name, MUTATION_NAMES);
      }
    }
    for (const race of statement.racing) this.#racing(statement, race, { ...around, without });
    return { ...around, without };
  }

  #racing(statement: Statement, { point, statement: raced, range }: Racing, around: Around): void {
    if (!POINT_NAMES.includes(point.text)) {
      this.diagnostics.unknown('unknown-point', 'unknown point', point, POINT_NAMES);
    } else this.#pointIn(statement, point, around);
    const definition = statementDefinition(raced.name);
    if (definition?.raced === false) {
      this.diagnostics.error(
        'cannot-race',
        raced.range,
        `\`${raced.name}\` cannot race another statement`,
        removeFix(range, 'the race'),
      );
      return;
    }
    if (isGuestStatement(raced.name) && this.memory.facts.vcpus < 2) {
      this.diagnostics.error(
        'needs-vcpu',
        raced.range,
        `\`${raced.name}\` needs another vCPU to race on; the machine has one: write \`vcpus 2\` on the \`machine\` line`,
      );
      return;
    }
    this.#statement(raced, { ...around, raced: true });
  }

  #pointIn(statement: Statement, point: Word, around: Around): void {
    const where = POINT_STATEMENTS[point.text.split('.')[0] ?? ''] ?? [];
    const holders = statement.name === 'repeat' ? statementsIn(statement) : [statement];
    if (!holders.some(({ name }) => where.includes(name))) {
      this.diagnostics.error(
        'point-elsewhere',
        point.range,
        `\`${statement.name}\` never comes to \`${point.text}\`; ${listed(where)} may`,
      );
    } else if (point.text.endsWith('.in_rmap') && !around.without.includes('rmap-lock')) {
      this.diagnostics.error(
        'point-elsewhere',
        point.range,
        `\`${point.text}\` is inside the rmap lock: nobody gets in there, except \`without rmap-lock\``,
        insertAfterFix(statement.racing.at(-1)?.range ?? point.range, ' without rmap-lock', 'Add `without rmap-lock`'),
      );
    }
  }

  #repeat(statement: Statement, around: Around): void {
    const passes = numberOf(statement, 'times') ?? 1n;
    const times = around.times * (passes < 1n ? 1n : passes);
    if (statement.body.length === 0) {
      this.diagnostics.error(
        'nothing-to-repeat',
        statement.range,
        '`repeat` repeats the statement on its line or the indented lines below it, and there is neither',
      );
    }
    if (passes <= MAX_REPEAT && times > MAX_REPEAT) {
      this.diagnostics.error(
        'too-often',
        statement.range,
        `together with the repeats around it this runs ${times} times; ${MAX_REPEAT} is the most`,
      );
    }
    this.#statements(statement.body, { ...around, passes, times: times > MAX_REPEAT ? around.times : times });
  }

  #parallel(statement: Statement, around: Around): void {
    const actors = new Map<string, Word>();
    for (const { label } of statement.body) {
      if (label === undefined) continue;
      if (actors.has(label.text))
        this.diagnostics.error('duplicate-actor', label.range, `there are two actors named \`${label.text}\``);
      actors.set(label.text, label);
    }
    const guests = statement.body.filter(isGuest).length;
    const { vcpus } = this.memory.facts;
    if (guests > vcpus) {
      this.diagnostics.error(
        'needs-vcpu',
        statement.range,
        `${guests} actors do what only vCPUs can, and the machine has ${vcpus}: write \`vcpus ${guests}\` on the \`machine\` line`,
      );
    }
    if (statement.body.length === 0)
      this.diagnostics.error(
        'no-actors',
        statement.range,
        '`parallel` has no actors: indented lines such as `reader: load a`',
      );
    this.#statements(statement.body, around);
    const order = fieldOf(statement, 'order')?.value;
    if (order?.kind !== 'turns') return;
    for (const { actor, until } of order.turns) {
      if (!actors.has(actor.text))
        this.diagnostics.unknown('unknown-actor', 'there is no actor', actor, [...actors.keys()]);
      if (until !== undefined && !POINT_NAMES.includes(until.text))
        this.diagnostics.unknown('unknown-point', 'unknown point', until, POINT_NAMES);
    }
  }
}
