// What a scenario says about its machine: the `machine` line, memslots, mappings and segments, and whether they fit
// together.

import type { CpuName, KernelName } from '../model/kernel';
import { KERNELS } from '../model/kernel';
import type { Range, Statement } from './ast';
import { checkAligned } from './checkFields';
import { sizeText } from './cursor';
import type { Diagnostics } from './diagnostics';
import { replaceFix } from './diagnostics';
import { evaluate, fieldOf, has, numberOf, switchOf, wordOf } from './evaluate';
import { LARGEST_STREAM_ORDER } from './shapes';
import { listed } from './suggest';

export interface MachineFacts {
  readonly cpu: CpuName;
  readonly kernel: KernelName;
  /** log2 of the size of the HPT in bytes */
  readonly order: number;
  /** host page size in bytes */
  readonly page: bigint;
  readonly vcpus: number;
  readonly cores: number;
  readonly realMode: boolean;
  readonly notifiers: boolean;
  readonly tlb: boolean;
  readonly erratumStq: boolean;
  readonly erratumErat: boolean;
}

const CPUS: Readonly<Record<string, CpuName>> = {
  ppc970: 'PPC970',
  power7: 'POWER7',
  power8: 'POWER8',
  power9: 'POWER9',
  power10: 'POWER10',
};

/** The facts of a `machine` line, defaults filled in; where it is wrong, the nearest that makes sense. */
export function machineFacts(statement: Statement | undefined): MachineFacts {
  const kernel: KernelName =
    statement !== undefined && wordOf(statement, 'kernel') === 'linux-3.4' ? 'linux-3.4' : 'linux-6.1';
  const number = (name: string, otherwise: number) =>
    Number((statement && numberOf(statement, name)) ?? BigInt(otherwise));
  const on = (name: string, otherwise: boolean) => (statement && switchOf(statement, name)) ?? otherwise;
  const cpu = CPUS[(statement && wordOf(statement, 'cpu')) ?? ''] ?? 'POWER9';
  const vcpus = number('vcpus', 2);
  return {
    cpu,
    kernel,
    order: number('order', KERNELS[kernel].defaultOrder),
    page: (statement && numberOf(statement, 'page')) === 4096n ? 4096n : 65536n,
    vcpus,
    cores: number('cores', vcpus),
    realMode: on('real-mode', false),
    notifiers: on('notifiers', cpu !== 'PPC970'),
    tlb: on('tlb', false),
    erratumStq: statement !== undefined && has(statement, 'erratum-stq'),
    erratumErat: statement !== undefined && has(statement, 'erratum-erat'),
  };
}

/** Host pages of a `pfnmap` mapping at most. */
const MOST_PFNMAP = 1n << 20n;

interface Stretch {
  readonly start: bigint;
  readonly size: bigint;
  readonly range: Range;
}

function overlapping(all: Iterable<Stretch>, start: bigint, size: bigint): Stretch | undefined {
  for (const other of all) if (start < other.start + other.size && other.start < start + size) return other;
  return undefined;
}

/** A segment as the SLB has it. */
export interface Segment {
  readonly ea: bigint;
  readonly size: bigint;
  readonly page: bigint;
}

/** Follows memslots, mappings and segments through the scenario, in the order of its lines. */
export class MachineCheck {
  facts: MachineFacts = machineFacts(undefined);
  readonly #slots = new Map<bigint, Stretch>();
  #mappings: Stretch[] = [];
  readonly segments = new Map<bigint, Segment>();
  /** A raw SLB entry or a line that was not understood: what segments there are is not known. */
  segmentsUnknown = false;

  constructor(readonly diagnostics: Diagnostics) {}

  machine(statement: Statement): void {
    this.facts = machineFacts(statement);
    const { kernel, order } = this.facts;
    const cpu = fieldOf(statement, 'cpu');
    const kernelField = fieldOf(statement, 'kernel');
    if (cpu !== undefined && kernelField !== undefined && !KERNELS[kernel].cpus.includes(this.facts.cpu)) {
      const known = KERNELS[kernel].cpus.map((name) => name.toLowerCase());
      const last = known.at(-1) ?? '';
      this.diagnostics.error(
        'cpu-kernel',
        cpu.range,
        `${kernel} does not run HPT guests on ${this.facts.cpu}; it knows ${listed(known)}`,
        replaceFix(cpu.range, last),
      );
    }
    const orderField = fieldOf(statement, 'order');
    if (orderField?.value !== undefined && kernel === 'linux-6.1' && order < 18) {
      this.diagnostics.error(
        'out-of-range',
        orderField.value.range,
        'linux-6.1 makes no HPT below order 18 (256K)',
        replaceFix(orderField.value.range, '18'),
      );
    }
    this.#onlyFor(
      statement,
      'notifiers',
      kernel === 'linux-3.4',
      'linux-6.1 always has MMU notifiers; only linux-3.4 can do without',
    );
    this.#onlyFor(statement, 'cores', kernel === 'linux-6.1', 'linux-3.4 counts vCPUs, not cores');
    const power9 = this.facts.cpu === 'POWER9';
    this.#onlyFor(statement, 'erratum-stq', power9, 'only POWER9 has this erratum');
    this.#onlyFor(statement, 'erratum-erat', power9, 'only POWER9 has this erratum');
    if (this.facts.cpu === 'PPC970')
      this.#onlyFor(
        statement,
        'notifiers',
        !this.facts.notifiers,
        'PPC970 guests are pinned; they have no MMU notifiers',
      );
  }

  #onlyFor(statement: Statement, name: string, good: boolean, message: string): void {
    const field = fieldOf(statement, name);
    if (field !== undefined && !good) this.diagnostics.error('impossible-machine', field.range, message);
  }

  /** `memslot`; `fails` when the line itself expects an error, so that mistakes in it are meant. */
  memslot(statement: Statement, passes: bigint | undefined, fails: boolean): void {
    const { page } = this.facts;
    const why = `the host page size`;
    for (const name of ['gpa', 'size', 'hva'])
      if (!fails) checkAligned(fieldOf(statement, name), page, why, passes, this.diagnostics);
    const slot = fieldOf(statement, 'slot')?.value;
    const gpa = fieldOf(statement, 'gpa')?.value;
    const size = numberOf(statement, 'size');
    if (slot === undefined || gpa === undefined || size === undefined) return;
    for (let pass = 0n; pass < (passes ?? 1n) && pass < 512n; pass++) {
      const id = evaluate(slot, pass) ?? 0n;
      const start = evaluate(gpa, pass) ?? 0n;
      const same = this.#slots.get(id);
      const other = overlapping(this.#slots.values(), start, size);
      if (!fails && same !== undefined) {
        this.diagnostics.error(
          'memslot-in-use',
          slot.range,
          `memslot ${id} is already made on line ${same.range.line + 1}`,
          replaceFix(slot.range, `${this.#freeSlot()}`),
        );
      } else if (!fails && other !== undefined) {
        const end = other.start + other.size;
        this.diagnostics.error(
          'memslot-overlap',
          gpa.range,
          `this memslot overlaps that of line ${other.range.line + 1}, which reaches from 0x${other.start.toString(16)} to 0x${end.toString(16)}`,
          replaceFix(gpa.range, `0x${end.toString(16)}`),
        );
      }
      if (!fails && (same ?? other) !== undefined) return;
      if (!fails) this.#slots.set(id, { start, size, range: statement.range });
    }
  }

  #freeSlot(): bigint {
    let id = 0n;
    while (this.#slots.has(id)) id++;
    return id;
  }

  /** A statement about a memslot that must exist. */
  usesSlot(statement: Statement, fails: boolean): void {
    const value = fieldOf(statement, 'slot')?.value;
    const id = value && evaluate(value);
    if (
      fails ||
      value === undefined ||
      id === undefined ||
      value.kind !== 'number' ||
      value.terms.some(({ pass }) => pass)
    )
      return;
    if (!this.#slots.has(id)) {
      const known = [...this.#slots.keys()].map(String);
      this.diagnostics.error(
        'unknown-memslot',
        value.range,
        `there is no memslot ${id} here; there ${known.length === 1 ? 'is' : 'are'} ${listed(known)}`,
      );
    } else if (statement.name === 'memslot remove') this.#slots.delete(id);
  }

  vma(statement: Statement, passes: bigint | undefined, fails: boolean): void {
    const { page } = this.facts;
    const huge = numberOf(statement, 'huge');
    const unit = huge ?? page;
    if (huge !== undefined && (huge < page || (huge & (huge - 1n)) !== 0n)) {
      const range = fieldOf(statement, 'huge')?.value?.range ?? statement.range;
      this.diagnostics.error(
        'bad-size',
        range,
        `a huge page is a power of two of at least ${sizeText(page)}, the host page size`,
      );
      return;
    }
    const pages = (numberOf(statement, 'size') ?? 0n) / page;
    if (has(statement, 'pfnmap') && pages > MOST_PFNMAP) {
      const range = fieldOf(statement, 'size')?.value?.range ?? statement.range;
      this.diagnostics.error(
        'too-large',
        range,
        `all ${pages} host PTEs of a \`pfnmap\` exist from the start; ${sizeText(MOST_PFNMAP * page)} is the most here`,
      );
      return;
    }
    if (fails) return;
    const why = huge === undefined ? 'the host page size' : 'the size of its huge pages';
    for (const name of ['hva', 'size']) checkAligned(fieldOf(statement, name), unit, why, passes, this.diagnostics);
    const start = numberOf(statement, 'hva');
    const size = numberOf(statement, 'size');
    if (start === undefined || size === undefined || passes !== undefined) return;
    const other = overlapping(this.#mappings, start, size);
    if (other === undefined) this.#mappings.push({ start, size, range: statement.range });
    else
      this.diagnostics.error(
        'vma-overlap',
        fieldOf(statement, 'hva')?.range ?? statement.range,
        `this mapping overlaps that of line ${other.range.line + 1}`,
      );
  }

  removeVma(statement: Statement): void {
    const hva = numberOf(statement, 'hva');
    this.#mappings = this.#mappings.filter(({ start }) => start !== hva);
  }

  slb(statement: Statement): void {
    const ea = numberOf(statement, 'ea');
    const entry = numberOf(statement, 'entry');
    if (ea === undefined || entry === undefined || entry > 63n) {
      this.segmentsUnknown = true;
      return;
    }
    const size = numberOf(statement, 'segment') ?? 1n << 28n;
    checkAligned(fieldOf(statement, 'ea'), size, 'the size of the segment', undefined, this.diagnostics);
    this.segments.set(entry, { ea, size, page: numberOf(statement, 'page') ?? 4096n });
  }

  htabOpen(statement: Statement): void {
    if (this.facts.order <= LARGEST_STREAM_ORDER) return;
    this.diagnostics.error(
      'too-large',
      statement.range,
      `a table of order ${this.facts.order} has too many entries to be read one after the other; ${LARGEST_STREAM_ORDER} is the most here`,
    );
  }

  segmentOf(ea: bigint): Segment | undefined {
    for (const segment of this.segments.values())
      if (ea >= segment.ea && ea < segment.ea + segment.size) return segment;
    return undefined;
  }

  inMemslot(gpa: bigint): boolean {
    return overlapping(this.#slots.values(), gpa, 1n) !== undefined;
  }
}
