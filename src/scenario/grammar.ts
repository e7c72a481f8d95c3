// The grammar of the scenario language: the one table from which the parser, the checker, the formatter, completion,
// the reference (docs/scenarios.md) and the editor's colours take their words. A statement is a name, operands without
// a keyword and fields with one; how lines, labels, clauses and expectations are put together is in parser.ts.

import { accessStatements, hypercallStatements } from './guestStatements';
import { hostStatements, vmmStatements } from './hostStatements';
import {
  anySize,
  atMostOne,
  choice,
  EACH_VCPU,
  ea,
  exactlyOne,
  type FieldDefinition,
  field,
  flag,
  gpa,
  hva,
  K,
  MAX_REPEAT,
  needs,
  number,
  PAGE_SIZES,
  required,
  SEGMENT_SIZES,
  SLOT,
  type StatementDefinition,
  statement,
  toggle,
  word64,
} from './shapes';

export type { FieldDefinition, FieldRule, LabelKind, Shape, StatementDefinition, StatementGroup } from './shapes';
export { HIGHEST_ADDRESS, MAX_64, MAX_REPEAT, PAGE_SIZES } from './shapes';

const machineStatements = [
  statement(
    'machine',
    'machine',
    'The processor, the host kernel and the size of the table. The first line of every scenario.',
    {
      operands: [
        field('cpu', choice('power7', 'power8', 'power9', 'power10', 'ppc970'), 'processor'),
        field('kernel', choice('linux-3.4', 'linux-6.1'), 'host kernel'),
      ],
      fields: [
        field('order', number(46n, 12n), 'log2 of the size of the HPT in bytes; 24 unless said, as linux-3.4 had it'),
        field('page', { kind: 'size', of: [4n * K, 64n * K] }, 'host page size; 64K unless said'),
        field('vcpus', number(64n, 1n), 'how many vCPUs are online; 2 unless said'),
        field('cores', number(64n, 1n), 'how many virtual cores are online (linux-6.1); as many as vCPUs unless said'),
        field('real-mode', toggle, 'hypercalls run in real mode, where a tlbie may stay local; off unless said'),
        field('erratum-stq', flag, 'the POWER9 store-queue erratum: the last tlbie of a batch is repeated'),
        field('erratum-erat', flag, 'the POWER9 ERAT erratum: one more tlbie a batch'),
        field('notifiers', toggle, 'MMU notifiers; on for all but PPC970 unless said (linux-3.4)'),
        field('tlb', toggle, 'model a TLB per vCPU, so that a missing tlbie is seen as `tlb.stale`; off unless said'),
      ],
      rules: required('cpu', 'kernel'),
      raced: false,
      example: 'machine power9 linux-6.1 order 18 page 4K',
    },
  ),
  statement(
    'memslot',
    'machine',
    'The VMM gives the guest memory. It is backed by anonymous memory, except where a `vma` line says else.',
    {
      operands: [SLOT],
      fields: [
        field('gpa', gpa, 'guest physical address of its start'),
        field('size', anySize, 'size in bytes'),
        field('hva', hva, 'host virtual address of its start'),
        field('log-dirty', toggle, 'keep a dirty bitmap'),
      ],
      rules: required('slot', 'gpa', 'size', 'hva'),
      example: 'memslot 1 gpa 0x1000000 size 16M hva 0x7f0010000000 log-dirty',
    },
  ),
  statement(
    'memslot remove',
    'vmm',
    'The VMM takes a memslot away. linux-6.1 unmaps its pages first, linux-3.4 leaves the HPTEs as they are.',
    {
      operands: [SLOT],
      rules: required('slot'),
      example: 'memslot remove 0   -> a absent',
    },
  ),
  statement('memslot change', 'vmm', 'The VMM changes the flags of a memslot.', {
    operands: [SLOT],
    fields: [field('log-dirty', toggle, 'keep a dirty bitmap')],
    rules: required('slot', 'log-dirty'),
    example: 'memslot change 0 log-dirty off',
  }),
  statement('vma', 'machine', 'A mapping of the host process that owns the guest memory.', {
    fields: [
      field('hva', hva, 'host virtual address of its start'),
      field('size', anySize, 'size in bytes'),
      field('writable', flag, 'the process may write to it (it may, unless said)'),
      field('read-only', flag, 'the process may only read it'),
      field('cow', flag, 'pages are shared read-only until the first write (copy on write)'),
      field('huge', anySize, 'made of huge pages of this size'),
      field('pfnmap', flag, 'no memory but host frames from `pfn` on: a device'),
      field('pfn', number(0xffff_ffff_ffffn), 'first host frame of a `pfnmap`'),
      field('cache', choice('normal', 'no-cache', 'write-through', 'no-cache-write-through'), 'caching of a `pfnmap`'),
    ],
    rules: [
      ...required('hva', 'size'),
      atMostOne('writable', 'read-only'),
      atMostOne('huge', 'pfnmap'),
      atMostOne('cow', 'pfnmap'),
      needs('pfnmap', 'pfn'),
      needs('pfn', 'pfnmap'),
      needs('cache', 'pfnmap'),
    ],
    example: 'vma hva 0x7f0020000000 size 1M read-only',
  }),
  statement('vma remove', 'host', 'The host process unmaps a whole mapping (munmap).', {
    fields: [field('hva', hva, 'host virtual address of its start')],
    rules: required('hva'),
    example: 'vma hva 0x7f0020000000 size 1M\nvma remove hva 0x7f0020000000',
  }),
  statement('slb', 'machine', 'A segment of the guest: an SLB entry of every vCPU, or of one.', {
    operands: [field('entry', number(63n), 'number of the SLB entry')],
    fields: [
      field('ea', ea, 'effective address of the segment'),
      field('vsid', number(0x3f_ffff_ffff_ffffn), 'virtual segment number'),
      field('segment', { kind: 'size', of: SEGMENT_SIZES }, 'segment size; 256M unless said'),
      field('page', { kind: 'size', of: PAGE_SIZES }, 'base page size; 4K unless said'),
      field('ks', flag, 'key of the supervisor state is 1'),
      field('kp', flag, 'key of the problem state is 1'),
      field('esid-word', word64, 'the whole ESID word, as slbmte has it'),
      field('vsid-word', word64, 'the whole VSID word, as slbmte has it'),
      EACH_VCPU,
    ],
    rules: [
      ...required('entry'),
      exactlyOne('ea', 'esid-word'),
      needs('ea', 'vsid'),
      needs('vsid', 'ea'),
      needs('esid-word', 'vsid-word'),
      needs('vsid-word', 'esid-word'),
      needs('segment', 'ea'),
      needs('page', 'ea'),
      needs('ks', 'ea'),
      needs('kp', 'ea'),
    ],
    example: 'slb 1 ea 0xd000000000000000 vsid 0x54321 segment 1T page 64K',
  }),
  statement('amr', 'machine', 'The authority mask register: two bits for each storage key, no-write and no-read.', {
    operands: [field('value', word64, 'the whole register')],
    fields: [EACH_VCPU],
    rules: required('value'),
    example: 'amr 0x8000000000000000\nstore a   -> dsi',
  }),
  statement('vcpu', 'machine', 'Chooses the vCPU on which the statements after it run, and sets how it stands.', {
    operands: [field('vcpu', number(63n), 'number of the vCPU')],
    fields: [
      field('msr', word64, 'its MSR for later accesses'),
      field('running', toggle, 'whether it counts as inside the guest (dirty log, reset and htab-write ask)'),
    ],
    rules: required('vcpu'),
    raced: false,
    example: 'machine power9 linux-6.1 order 18 page 4K vcpus 2\nvcpu 1',
  }),
];

const structureStatements = [
  statement('fill', 'structure', 'Fills a PTEG: an H_ENTER for every free slot of it.', {
    operands: [field('pteg', { kind: 'pteg' }, '`pteg(x)` or `secondary(x)` of a label, or of a PTEG number')],
    fields: [
      field('gpa', gpa, 'guest page that the new HPTEs map; 0 unless said'),
      field('leave', number(8n), 'slots to leave free'),
    ],
    rules: required('pteg'),
    raced: false,
    example: 'fill pteg(a)   -> pteg(a) full',
  }),
  statement(
    'repeat',
    'structure',
    'Does the statement on its line, or the indented lines below it, many times. `pass` counts from 0.',
    {
      operands: [field('times', number(MAX_REPEAT, 1n), 'how often')],
      rules: required('times'),
      raced: false,
      block: true,
      example:
        'repeat 16 h_enter ea 0xc000000000100000+pass*4K gpa 0x20000 pp 2   -> H_SUCCESS\nrepeat 2\n  swap-out a   -> a absent\n  load a       -> a valid',
    },
  ),
  statement(
    'parallel',
    'structure',
    'Actors that run beside one another, up to `end`. A run takes them in the given order; the explorer tries all.',
    {
      fields: [
        field('order', { kind: 'turns' }, 'whose turn it is, up to a point or to the end; as written unless said'),
      ],
      raced: false,
      block: true,
      example: 'parallel\n  reader: load a\n  pager: swap-out gpa 0x10000\nend   -> hpte.absent x1',
    },
  ),
];

export const STATEMENTS: readonly StatementDefinition[] = [
  ...machineStatements,
  ...hypercallStatements,
  ...accessStatements,
  ...hostStatements,
  ...vmmStatements,
  ...structureStatements,
];

const byName = new Map(STATEMENTS.map((definition) => [definition.name, definition]));

/** The definition of a statement by its full name (`memslot remove`). */
export function statementDefinition(name: string): StatementDefinition | undefined {
  return byName.get(name);
}

const fieldsByName = new Map(
  STATEMENTS.map((definition) => [
    definition,
    new Map([...definition.operands, ...definition.fields].map((one) => [one.name, one])),
  ]),
);

/** An operand or field of a statement by its name. */
export function fieldDefinition(definition: StatementDefinition, name: string): FieldDefinition | undefined {
  return fieldsByName.get(definition)?.get(name);
}

/** Whether a statement is a vCPU's doing: a hypercall or an access. */
export function isGuestStatement(name: string): boolean {
  const group = byName.get(name)?.group;
  return group === 'hypercall' || group === 'access';
}

/** First words of names of two words, with their second words. */
export const SECOND_WORDS: ReadonlyMap<string, readonly string[]> = (() => {
  const result = new Map<string, string[]>();
  for (const { name } of STATEMENTS) {
    const [first, second] = name.split(' ') as [string, string?];
    if (second !== undefined) result.set(first, [...(result.get(first) ?? []), second]);
  }
  return result;
})();

/** The words that start clauses and lines which are not statements. */
export const CLAUSES = {
  racing:
    'Another actor does the statement behind the colon when the point is reached for the first time: `racing POINT: statement`.',
  without: 'Leaves out one step of a kernel path on this line: `without NAME`.',
  expect: 'What is expected, on a line of its own.',
  end: 'Ends a `parallel` block.',
} as const;
