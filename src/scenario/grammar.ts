// The grammar of the scenario language: the one table from which the parser, the checker, the formatter, completion,
// the reference (docs/scenarios.md) and the editor's colours take their words. A statement is a name, operands without
// a keyword and fields with one; how lines, labels, clauses and expectations are put together is in parser.ts.

import type { KernelName } from '../model/kernel';

/** What may stand as the value of an operand or a field. */
export type Shape =
  /** The field's name says it all (`user`, `exact`). */
  | { readonly kind: 'flag' }
  /** The name, and `on` or `off`; `on` when neither is given (`log-dirty`, `notifiers off`). */
  | { readonly kind: 'switch' }
  | { readonly kind: 'number'; readonly min: bigint; readonly max: bigint; readonly optional?: boolean }
  /** A number of bytes; `of` lists the only ones that make sense. */
  | { readonly kind: 'size'; readonly of?: readonly bigint[] }
  | { readonly kind: 'address'; readonly space: 'ea' | 'gpa' | 'hva'; readonly inPteg?: boolean }
  | { readonly kind: 'numbers'; readonly most: number }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  /** Letters of WIMG, or 0 to 15. */
  | { readonly kind: 'wimg' }
  | { readonly kind: 'pteg' }
  | { readonly kind: 'label'; readonly of: readonly LabelKind[] }
  | { readonly kind: 'labels'; readonly of: readonly LabelKind[]; readonly most: number }
  /** `on vcpu 1`. */
  | { readonly kind: 'vcpu' }
  /** Actors of a parallel block in the order in which they run (`reader@page_fault.before_lock pager reader`). */
  | { readonly kind: 'turns' };

/** What a label names. A stream is an open HTAB file descriptor, data is what was read from one. */
export type LabelKind = 'hpte' | 'access' | 'stream' | 'data';

export interface FieldDefinition {
  readonly name: string;
  readonly shape: Shape;
  readonly summary: string;
}

/** Rules between the operands and fields of one statement; checker.ts turns each into a message. */
export type FieldRule =
  | { readonly rule: 'exactly-one'; readonly of: readonly string[] }
  | { readonly rule: 'at-most-one'; readonly of: readonly string[] }
  | { readonly rule: 'needs'; readonly field: string; readonly one: readonly string[] }
  | { readonly rule: 'required'; readonly field: string };

export type StatementGroup = 'machine' | 'hypercall' | 'access' | 'host' | 'vmm' | 'structure';

export interface StatementDefinition {
  readonly name: string;
  readonly group: StatementGroup;
  readonly summary: string;
  /** Values without a keyword, told apart by their shape. */
  readonly operands: readonly FieldDefinition[];
  readonly fields: readonly FieldDefinition[];
  readonly rules: readonly FieldRule[];
  /** What a label before the statement names; none when the statement takes no label. */
  readonly labels?: LabelKind | 'actor';
  /** The only kernels that have it. */
  readonly kernels?: readonly KernelName[];
  /** May stand after `racing POINT:`. */
  readonly raced: boolean;
  /** Holds other statements on indented lines. */
  readonly block?: boolean;
  /** Lines that a test runs; the prelude of reference.ts stands before them unless they begin with `machine`. */
  readonly example: string;
}

const K = 1024n;
const M = K * K;
const G = K * M;
export const MAX_64 = 0xffff_ffff_ffff_ffffn;
export const PAGE_SIZES = [4n * K, 64n * K, 16n * M, 16n * G] as const;
const SEGMENT_SIZES = [256n * M, 1024n * G] as const;
/** How often a repeat may run at most. */
export const MAX_REPEAT = 100_000n;

const number = (max: bigint, min = 0n): Shape => ({ kind: 'number', min, max });
const word64: Shape = number(MAX_64);
const flag: Shape = { kind: 'flag' };
const toggle: Shape = { kind: 'switch' };
const ea: Shape = { kind: 'address', space: 'ea' };
const gpa: Shape = { kind: 'address', space: 'gpa' };
const hva: Shape = { kind: 'address', space: 'hva' };
/** Guest physical addresses have 60 bits (RPN), those of the host process 52. */
export const HIGHEST_ADDRESS = { ea: MAX_64, gpa: (1n << 60n) - 1n, hva: (1n << 52n) - 1n } as const;
const anySize: Shape = { kind: 'size' };
const hpteLabel: Shape = { kind: 'label', of: ['hpte'] };

function field(name: string, shape: Shape, summary: string): FieldDefinition {
  return { name, shape, summary };
}

const choice = (...of: string[]): Shape => ({ kind: 'choice', of });
const exactlyOne = (...of: string[]): FieldRule => ({ rule: 'exactly-one', of });
const atMostOne = (...of: string[]): FieldRule => ({ rule: 'at-most-one', of });
const needs = (name: string, ...one: string[]): FieldRule => ({ rule: 'needs', field: name, one });
const required = (...names: string[]): FieldRule[] => names.map((name) => ({ rule: 'required', field: name }));

const ON_VCPU = field(
  'on',
  { kind: 'vcpu' },
  'the vCPU that does it; vCPU 0, or the one a `vcpu` line chose, unless said',
);
const SLOT = field('slot', number(511n), 'number of the memslot');
const HPTE_TARGET = [field('hpte', hpteLabel, 'label of the HPTE')];
const FLAGS = field('flags', word64, 'the flags word of the hypercall as it is, in place of the named flags');
const INDEX = field('index', word64, 'index of the HPTE in the table');
const AVPN = field(
  'avpn',
  { kind: 'number', min: 0n, max: MAX_64, optional: true },
  'H_AVPN: only if the AVPN is this (without a number: that of the label)',
);
const ANDCOND = field('andcond', word64, 'H_ANDCOND: only if no bit of this is set in dword 0');
const LOCAL = field('local', flag, 'H_LOCAL: the caller says that only its own processor used the translation');
const PP = field('pp', number(7n), 'page protection: PP in the low two bits, PP0 as 4 (2 read-write, 3 read-only)');
const KEY = field('key', number(31n), 'storage key, 0 unless said');
const NO_EXECUTE = field('no-execute', flag, 'the N bit');
const HPTE_BY = exactlyOne('hpte', 'index');

/** The host page a host statement is about. */
const PAGE_TARGET = [field('page', hpteLabel, 'label of an HPTE: the host page behind its guest page')];
const PAGE_FIELDS = [
  field('gpa', gpa, 'guest physical address; its memslot gives the host address'),
  field('hva', hva, 'host virtual address'),
];
const PAGE_BY = exactlyOne('page', 'gpa', 'hva');
const RANGE_SIZE = field('size', anySize, 'length of the range; one page (or huge page) unless said');

const ACCESS_FIELDS = [
  field(
    'ea',
    { kind: 'address', space: 'ea', inPteg: true },
    'effective address; `in pteg(x)` takes an unused one that hashes to that PTEG',
  ),
  field('offset', number(MAX_64), 'bytes beyond the address of the label'),
  ON_VCPU,
  field('user', flag, 'in problem state (MSR PR)'),
  field('real', flag, 'with translation off: through the VRMA'),
  field('msr', word64, 'the whole MSR in place of `user` and `real`'),
];
const ACCESS_TARGET = [
  field('at', { kind: 'label', of: ['hpte', 'access'] }, 'label of an HPTE (its address) or of an earlier access'),
];
const ACCESS_RULES = [
  exactlyOne('at', 'ea'),
  needs('offset', 'at'),
  atMostOne('msr', 'user'),
  atMostOne('msr', 'real'),
];

const ONLY_61: readonly KernelName[] = ['linux-6.1'];

function statement(
  name: string,
  group: StatementGroup,
  summary: string,
  parts: Partial<Omit<StatementDefinition, 'name' | 'group' | 'summary' | 'example'>> & { example: string },
): StatementDefinition {
  return { name, group, summary, operands: [], fields: [], rules: [], raced: true, ...parts };
}

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
      field('no-execute', flag, 'nothing in it can be executed'),
      field('esid-word', word64, 'the whole ESID word, as slbmte has it'),
      field('vsid-word', word64, 'the whole VSID word, as slbmte has it'),
      ON_VCPU,
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
      needs('no-execute', 'ea'),
    ],
    example: 'slb 1 ea 0xd000000000000000 vsid 0x54321 segment 1T page 64K',
  }),
  statement('amr', 'machine', 'The authority mask register: two bits for each storage key, no-write and no-read.', {
    operands: [field('value', word64, 'the whole register')],
    fields: [ON_VCPU],
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

const hypercallStatements = [
  statement(
    'h_enter',
    'hypercall',
    'H_ENTER: the guest makes an HPTE. Either in the words of the field, or the raw words of the call.',
    {
      fields: [
        field('ea', { kind: 'address', space: 'ea', inPteg: true }, 'effective address to map; the SLB gives its VSID'),
        field('gpa', gpa, 'guest physical address it maps to'),
        PP,
        field('wimg', { kind: 'wimg' }, 'storage attributes; M unless said'),
        KEY,
        field('size', { kind: 'size', of: PAGE_SIZES }, 'page size; that of the segment unless said'),
        field('bolted', flag, 'the BOLTED bit'),
        NO_EXECUTE,
        field('R', flag, 'the guest sets the R bit itself'),
        field('C', flag, 'the guest sets the C bit itself'),
        field('secondary', flag, 'goes to the secondary PTEG'),
        field('exact', flag, 'H_EXACT: only the very slot'),
        field('slot', number(7n), 'slot in the PTEG, for `exact`; 0 unless said'),
        INDEX,
        field('v', word64, 'dword 0 (raw form)'),
        field('r', word64, 'dword 1 (raw form)'),
        FLAGS,
        field('virtual', flag, 'calls the virtual-mode handler at once (linux-3.4)'),
        ON_VCPU,
      ],
      rules: [
        exactlyOne('gpa', 'v'),
        needs('gpa', 'ea'),
        needs('v', 'r'),
        needs('v', 'index'),
        needs('r', 'v'),
        needs('slot', 'exact'),
        atMostOne('slot', 'index'),
        ...['pp', 'wimg', 'key', 'size', 'bolted', 'no-execute', 'R', 'C', 'secondary'].map((name) =>
          atMostOne(name, 'v'),
        ),
      ],
      labels: 'hpte',
      example:
        'x: h_enter ea 0xc000000000030000 gpa 0x30000 pp 2   -> H_SUCCESS, x absent\nh_enter flags 0 index 8 v 0x1234501 r 0x30192',
    },
  ),
  statement('h_remove', 'hypercall', 'H_REMOVE: the guest takes an HPTE out.', {
    operands: HPTE_TARGET,
    fields: [INDEX, AVPN, ANDCOND, LOCAL, FLAGS, ON_VCPU],
    rules: [HPTE_BY, atMostOne('avpn', 'andcond'), atMostOne('flags', 'andcond'), atMostOne('flags', 'local')],
    example: 'h_remove a avpn   -> H_SUCCESS, a free, tlbie.page x1',
  }),
  statement('h_bulk_remove', 'hypercall', 'H_BULK_REMOVE: up to four HPTEs in one call.', {
    operands: [field('hptes', { kind: 'labels', of: ['hpte'], most: 4 }, 'labels of the HPTEs')],
    fields: [
      field('avpn', flag, 'each only if its AVPN is that of its label'),
      field('words', { kind: 'numbers', most: 8 }, 'the words of GPR4 to GPR11 as they are'),
      ON_VCPU,
    ],
    rules: [exactlyOne('hptes', 'words'), atMostOne('avpn', 'words')],
    example: 'h_bulk_remove a avpn   -> H_SUCCESS, a free',
  }),
  statement('h_protect', 'hypercall', 'H_PROTECT: the guest changes protection and key of an HPTE.', {
    operands: HPTE_TARGET,
    fields: [INDEX, PP, KEY, NO_EXECUTE, AVPN, LOCAL, FLAGS, ON_VCPU],
    rules: [
      HPTE_BY,
      exactlyOne('pp', 'flags'),
      ...['key', 'no-execute', 'local'].map((name) => atMostOne(name, 'flags')),
    ],
    example: 'h_protect a pp 3   -> H_SUCCESS, a pp 3',
  }),
  statement('h_read', 'hypercall', 'H_READ: the guest reads one HPTE, or four.', {
    operands: HPTE_TARGET,
    fields: [INDEX, field('four', flag, 'H_READ_4: all four of its group'), FLAGS, ON_VCPU],
    rules: [HPTE_BY, atMostOne('four', 'flags')],
    example: 'h_read a   -> H_SUCCESS',
  }),
  statement('h_clear_ref', 'hypercall', 'H_CLEAR_REF: the guest clears R and learns whether it was set.', {
    operands: HPTE_TARGET,
    fields: [INDEX, FLAGS, ON_VCPU],
    rules: [HPTE_BY],
    kernels: ONLY_61,
    example: 'h_clear_ref a   -> H_SUCCESS, a no R',
  }),
  statement('h_clear_mod', 'hypercall', 'H_CLEAR_MOD: the guest clears C and learns whether it was set.', {
    operands: HPTE_TARGET,
    fields: [INDEX, FLAGS, ON_VCPU],
    rules: [HPTE_BY],
    kernels: ONLY_61,
    example: 'h_clear_mod a   -> H_SUCCESS, a no C',
  }),
  statement('h_page_init', 'hypercall', 'H_PAGE_INIT: the hypervisor zeroes or copies a guest page.', {
    fields: [
      field('gpa', gpa, 'the page'),
      field('zero', flag, 'fill it with zeros'),
      field('from', gpa, 'copy it from this guest physical address'),
      FLAGS,
      ON_VCPU,
    ],
    rules: [...required('gpa'), atMostOne('zero', 'from'), atMostOne('zero', 'flags')],
    kernels: ONLY_61,
    example: 'h_page_init gpa 0x10000 zero   -> H_SUCCESS',
  }),
];

const accessStatements = [
  statement('load', 'access', 'The guest loads from an address.', {
    operands: ACCESS_TARGET,
    fields: ACCESS_FIELDS,
    rules: ACCESS_RULES,
    labels: 'access',
    example: 'load a offset 0x18   -> ok, a R',
  }),
  statement('store', 'access', 'The guest stores to an address.', {
    operands: ACCESS_TARGET,
    fields: ACCESS_FIELDS,
    rules: ACCESS_RULES,
    labels: 'access',
    example: 'store ea 0xc000000000010008   -> ok, a C',
  }),
  statement('fetch', 'access', 'The guest fetches an instruction.', {
    operands: ACCESS_TARGET,
    fields: ACCESS_FIELDS,
    rules: ACCESS_RULES,
    labels: 'access',
    example: 'fetch a   -> ok',
  }),
  statement(
    'translate',
    'access',
    'KVM translates an address for the VMM (KVM_TRANSLATE), without an access of the guest.',
    {
      operands: ACCESS_TARGET,
      fields: [...ACCESS_FIELDS, field('instruction', flag, 'as an instruction address')],
      rules: ACCESS_RULES,
      example: 'translate a   -> ok',
    },
  ),
];

const hostStatements = [
  statement('swap-out', 'host', 'The host takes a page away to swap: its host PTE is cleared and the notifier runs.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'swap-out gpa 0x10000   -> a absent, hpte.absent x1',
  }),
  statement('unmap', 'host', 'The host process gives a range back (MADV_DONTNEED): one notifier for the whole range.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'unmap gpa 0 size 128K   -> a absent',
  }),
  statement('invalidate start', 'host', 'Only the start of a range notifier: it stays open until `invalidate end`.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'invalidate start gpa 0x10000   -> count 1\ninvalidate end gpa 0x10000     -> count 0',
  }),
  statement('invalidate end', 'host', 'Only the end of a range notifier.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, RANGE_SIZE],
    rules: [PAGE_BY],
    example: 'invalidate start gpa 0x10000\ninvalidate end gpa 0x10000',
  }),
  statement('write-protect', 'host', 'The host makes a page read-only (as fork does), and the notifier runs.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'write-protect gpa 0x10000   -> host(0x10000) read-only, a absent',
  }),
  statement('ksm-merge', 'host', 'The host puts another, read-only frame in place of the page (KSM).', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'ksm-merge gpa 0x10000   -> notifier.set_spte',
  }),
  statement('migrate', 'host', 'The host moves a page to another frame: it is unmapped and comes back elsewhere.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'migrate gpa 0x10000   -> a absent, host(0x10000) present',
  }),
  statement('touch', 'host', 'The host process itself reads (or writes) its page, so that it is present.', {
    operands: PAGE_TARGET,
    fields: [...PAGE_FIELDS, field('write', flag, 'it writes')],
    rules: [PAGE_BY],
    example: 'touch gpa 0x40000 write   -> host(0x40000) present',
  }),
  statement('age', 'host', 'The host asks whether a page was used, and clears the sign of it.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'age gpa 0x10000   -> young, a no R\nage gpa 0x10000   -> old',
  }),
  statement('test-age', 'host', 'The host asks whether a page was used, and changes nothing.', {
    operands: PAGE_TARGET,
    fields: PAGE_FIELDS,
    rules: [PAGE_BY],
    example: 'test-age gpa 0x10000   -> young, a R',
  }),
  statement('pin', 'host', 'KVM pins a guest page for its own use (as for a virtual processor area), and unpins it.', {
    operands: PAGE_TARGET,
    fields: [field('gpa', gpa, 'guest physical address'), field('clean', flag, 'it was not written while pinned')],
    rules: [exactlyOne('page', 'gpa')],
    example: 'pin gpa 0x10000',
  }),
];

const vmmStatements = [
  statement('dirty-log', 'vmm', 'The VMM reads and clears the dirty bitmap of a memslot (KVM_GET_DIRTY_LOG).', {
    operands: [SLOT],
    rules: required('slot'),
    example: 'dirty-log 0   -> pages 0x10',
  }),
  statement('htab-open', 'vmm', 'The VMM opens the table as a stream (KVM_PPC_GET_HTAB_FD).', {
    fields: [
      field('write', flag, 'to write it; to read it unless said'),
      field('bolted-only', flag, 'only bolted HPTEs'),
      field('start', word64, 'first index'),
    ],
    labels: 'stream',
    kernels: ONLY_61,
    example: 's: htab-open\nhtab-close s',
  }),
  statement(
    'htab-read',
    'vmm',
    'Reads the next part of the stream: first all HPTEs, then those that changed. Without a stream, one is opened for this read.',
    {
      operands: [field('stream', { kind: 'label', of: ['stream'] }, 'label of an open stream')],
      fields: [field('bytes', number(0x1000_0000n), 'size of the buffer; 1M unless said')],
      labels: 'data',
      kernels: ONLY_61,
      example: 's: htab-open\nd: htab-read s   -> entries a\nhtab-read s   -> bytes 0',
    },
  ),
  statement(
    'htab-write',
    'vmm',
    'Writes a record to the stream: one valid HPTE, some invalid ones, or what an earlier read gave.',
    {
      operands: [field('stream', { kind: 'label', of: ['stream'] }, 'label of the open stream')],
      fields: [
        INDEX,
        field('v', word64, 'dword 0'),
        field('r', word64, 'dword 1'),
        field('invalid', number(65535n), 'how many entries from `index` on are empty'),
        field('from', { kind: 'label', of: ['data'] }, 'label of an earlier htab-read'),
      ],
      rules: [
        ...required('stream'),
        exactlyOne('from', 'index'),
        needs('index', 'v', 'invalid'),
        needs('v', 'r'),
        needs('r', 'v'),
        needs('v', 'index'),
        needs('invalid', 'index'),
        atMostOne('v', 'invalid'),
      ],
      kernels: ONLY_61,
      example: 'w: htab-open write\nhtab-write w index 64 v 0x1234501 r 0x30192   -> hpte(64) absent',
    },
  ),
  statement('htab-close', 'vmm', 'Closes the stream.', {
    operands: [field('stream', { kind: 'label', of: ['stream'] }, 'label of the open stream')],
    rules: required('stream'),
    kernels: ONLY_61,
    example: 's: htab-open\nhtab-close s',
  }),
  statement('htab-dump', 'vmm', 'Prints the table as debugfs shows it (file `htab`).', {
    kernels: ONLY_61,
    example: 'htab-dump',
  }),
  statement('resize', 'vmm', 'A whole resize of the table: prepare, the work item, and commit.', {
    fields: [field('order', number(46n, 18n), 'log2 of the new size in bytes')],
    rules: required('order'),
    kernels: ONLY_61,
    example: 'resize order 19   -> ret 0, order 19, a free',
  }),
  statement(
    'resize prepare',
    'vmm',
    'H_RESIZE_HPT_PREPARE: asks for a table of another size; 0 takes the request back.',
    {
      fields: [field('order', number(64n), 'log2 of the new size in bytes'), FLAGS],
      rules: required('order'),
      kernels: ONLY_61,
      example: 'resize prepare order 19   -> ret 100',
    },
  ),
  statement('resize work', 'vmm', 'The work item of a resize runs: the new table is allocated.', {
    kernels: ONLY_61,
    example: 'resize prepare order 19\nresize work\nresize prepare order 19   -> ret 0',
  }),
  statement(
    'resize commit',
    'vmm',
    'H_RESIZE_HPT_COMMIT: bolted HPTEs are moved to the new table, which then takes the place of the old.',
    {
      fields: [field('order', number(64n), 'log2 of the new size in bytes'), FLAGS],
      rules: required('order'),
      kernels: ONLY_61,
      example: 'resize prepare order 19\nresize work\nresize commit order 19   -> ret 0, order 19',
    },
  ),
  statement('reset', 'vmm', 'The VMM empties the table (KVM_PPC_ALLOCATE_HTAB), or allocates one of another size.', {
    fields: [field('order', number(46n, 18n), 'log2 of the size in bytes; as it is unless said')],
    kernels: ONLY_61,
    example: 'reset   -> a free',
  }),
  statement(
    'map-vrma',
    'vmm',
    'Makes the bolted HPTEs of the virtual real mode area, through which real-mode accesses go.',
    {
      operands: [SLOT],
      fields: [
        field('page', { kind: 'size', of: [4n * K, 64n * K, 16n * M] }, 'page size; that of the host unless said'),
      ],
      rules: required('slot'),
      example: 'map-vrma 0\nload ea 0x2000 real   -> ok',
    },
  ),
  statement('mmu-ready', 'vmm', 'Whether the table may be used; off while KVM resizes or loads it.', {
    operands: [field('state', choice('on', 'off'), 'on or off')],
    rules: required('state'),
    kernels: ONLY_61,
    example: 'mmu-ready off\nmmu-ready on',
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
