// The second half of the grammar table: what can be expected behind `->` or on an `expect` line. An expectation is an
// event kind, a result of the statement, or a subject with checks; those of one line are parted by commas.

import type { FieldDefinition, Shape, StatementGroup } from './grammar';
import { MAX_64, PAGE_SIZES } from './grammar';

/** A property of a subject, or a result of a statement. The shape of its value; `flag` when it has none. */
export type CheckDefinition = FieldDefinition;

/** Statements that have a result: those of a group, or single ones. */
type ResultOwner = StatementGroup | 'dirty-log' | 'htab-read' | 'htab-write' | 'age' | 'test-age';

/** A thing of the machine of which something can be expected. */
export interface SubjectDefinition {
  /** The word before the bracket; `label` is a bare label. */
  readonly name: string;
  readonly argument: 'label' | 'label or index' | 'label or gfn' | 'label or gpa' | 'label or PTEG number';
  readonly summary: string;
  readonly checks: readonly CheckDefinition[];
  readonly example: string;
}

export interface ResultDefinition extends CheckDefinition {
  /** The statements that have it; all when left out. */
  readonly of?: readonly ResultOwner[];
  readonly example: string;
}

const flag: Shape = { kind: 'flag' };
const word64: Shape = { kind: 'number', min: 0n, max: MAX_64 };
const number = (max: bigint): Shape => ({ kind: 'number', min: 0n, max });

function check(name: string, summary: string, shape: Shape = flag): CheckDefinition {
  return { name, shape, summary };
}

const hpteChecks: readonly CheckDefinition[] = [
  check('valid', 'VALID: the hardware may use it'),
  check('absent', 'ABSENT and not VALID: the guest believes it valid, a fault brings it back'),
  check('free', 'neither VALID nor ABSENT'),
  check('mmio', 'absent with key 31: no memslot, accesses are emulated'),
  check('bolted', 'BOLTED'),
  check('secondary', 'in the secondary PTEG'),
  check('writable', 'PP allows the supervisor state to write'),
  check('read-only', 'PP allows no write'),
  check('R', 'the R bit (referenced)'),
  check('C', 'the C bit (changed)'),
  check('N', 'the N bit (no execute)'),
  check('pp', 'page protection, PP0 as 4', number(7n)),
  check('key', 'storage key', number(31n)),
  check('wimg', 'storage attributes', { kind: 'wimg' }),
  check('size', 'page size', { kind: 'size', of: PAGE_SIZES }),
  check('frame', 'host page frame number', word64),
  check('index', 'index in the table', word64),
  check('pteg', 'number of the PTEG it stands in', word64),
  check('v', 'dword 0 as it is in memory', word64),
  check('r', 'dword 1 as it is in memory', word64),
];

const guestChecks: readonly CheckDefinition[] = [
  ...hpteChecks.filter(({ name }) =>
    ['writable', 'read-only', 'R', 'C', 'N', 'pp', 'key', 'wimg', 'size', 'r'].includes(name),
  ),
  check('modified', 'the MODIFIED bit that a reader of the HTAB stream looks for (linux-6.1)'),
  check('gfn', 'guest page frame number', word64),
];

export const SUBJECTS: readonly SubjectDefinition[] = [
  {
    name: 'label',
    argument: 'label',
    summary: 'The HPTE of a label: its state and bits, as the hardware has them.',
    checks: hpteChecks,
    example: 'store a   -> a valid R C pp 2 size 4K',
  },
  {
    name: 'hpte',
    argument: 'label or index',
    summary: 'The HPTE at an index.',
    checks: hpteChecks,
    example: 'h_enter flags 0 index 8 v 0x1234501 r 0x30192   -> hpte(8) absent',
  },
  {
    name: 'guest',
    argument: 'label or index',
    summary: "The guest's view of the HPTE, which the reverse map keeps (guest_rpte).",
    checks: guestChecks,
    example: 'swap-out a   -> guest(a) R C pp 2 gfn 0x10',
  },
  {
    name: 'ring',
    argument: 'label or gfn',
    summary: 'The HPTEs on the rmap ring of a guest page, head first.',
    checks: [
      check('=', 'exactly these, in this order', { kind: 'labels', of: ['hpte'], most: 4096 }),
      check('empty', 'none'),
    ],
    example: 'load a       -> ring(a) = a\nswap-out a   -> ring(a) empty',
  },
  {
    name: 'rmap',
    argument: 'label or gfn',
    summary: 'The rmap word of a guest page. With a point: `rmap(0x10).C`.',
    checks: [
      check('R', 'REFERENCED was harvested'),
      check('C', 'CHANGED was harvested'),
      check('present', 'the page has a ring'),
      check('empty', 'the page has no ring'),
      check('head', 'index of the head of the ring', word64),
      check('word', 'the whole word', word64),
    ],
    example: 'swap-out a   -> rmap(a).C, rmap(0x10) empty',
  },
  {
    name: 'host',
    argument: 'label or gpa',
    summary: 'The host page behind a guest physical address.',
    checks: [
      check('present', 'its host PTE is present'),
      check('missing', 'it is not'),
      check('writable', 'its host PTE allows writing'),
      check('read-only', 'present, and does not'),
      check('dirty', 'its host PTE is dirty'),
      check('accessed', 'its host PTE is accessed'),
      check('frame', 'host page frame number', word64),
    ],
    example: 'store a   -> host(a) present writable dirty',
  },
  {
    name: 'pteg',
    argument: 'label or PTEG number',
    summary: "The primary PTEG of a label's address, or a PTEG by number.",
    checks: [
      check('full', 'no free slot'),
      check('empty', 'eight free slots'),
      check('used', 'so many slots in use', number(8n)),
    ],
    example: 'load a   -> pteg(a) used 1',
  },
  {
    name: 'secondary',
    argument: 'label or PTEG number',
    summary: "The secondary PTEG of a label's address, or of a PTEG number.",
    checks: [
      check('full', 'no free slot'),
      check('empty', 'eight free slots'),
      check('used', 'so many slots in use', number(8n)),
    ],
    example: 'load a   -> secondary(a) empty',
  },
];

/** Return codes of the hypercalls, with their values. */
export const RETURN_CODES: ReadonlyMap<string, bigint> = new Map([
  ['H_SUCCESS', 0n],
  ['H_HARDWARE', -1n],
  ['H_FUNCTION', -2n],
  ['H_PARAMETER', -4n],
  ['H_PTEG_FULL', -6n],
  ['H_NOT_FOUND', -7n],
  ['H_RESOURCE', -16n],
  ['H_TOO_HARD', 9999n],
]);

/** Error names of Linux that a statement can end with. */
export const ERRORS: ReadonlyMap<string, bigint> = new Map([
  ['EPERM', 1n],
  ['ENOENT', 2n],
  ['EIO', 5n],
  ['ENXIO', 6n],
  ['EBADF', 9n],
  ['ENOMEM', 12n],
  ['EFAULT', 14n],
  ['EBUSY', 16n],
  ['EEXIST', 17n],
  ['EINVAL', 22n],
  ['ENOSPC', 28n],
]);

function result(
  name: string,
  summary: string,
  example: string,
  shape: Shape = flag,
  ...of: readonly ResultOwner[]
): ResultDefinition {
  return { name, shape, summary, example, ...(of.length > 0 && { of }) };
}

const maybe64: Shape = { kind: 'number', min: 0n, max: MAX_64, optional: true };
const signed64: Shape = { kind: 'number', min: -(1n << 63n), max: MAX_64 };

export const RESULTS: readonly ResultDefinition[] = [
  result('ok', 'The access (or the statement) did what it was to do.', 'load a   -> ok'),
  result(
    'dsi',
    'The guest takes a data storage interrupt; with a number: this DSISR.',
    'h_protect a pp 3\nstore a   -> dsi',
    maybe64,
    'access',
  ),
  result(
    'isi',
    'The guest takes an instruction storage interrupt; with a number: these SRR1 bits.',
    'h_protect a pp 2 no-execute\nfetch a   -> isi',
    maybe64,
    'access',
  ),
  result(
    'dseg',
    'The guest takes a data segment interrupt: no SLB entry.',
    'load ea 0xd000000000000000   -> dseg',
    flag,
    'access',
  ),
  result(
    'iseg',
    'The guest takes an instruction segment interrupt: no SLB entry.',
    'fetch ea 0xd000000000000000   -> iseg',
    flag,
    'access',
  ),
  result(
    'mmio',
    'The VMM emulates the access; with a number: at this guest physical address.',
    'm: h_enter ea 0xc000000000050000 gpa 0x80000000 pp 2 wimg IG\nstore m   -> mmio 0x80000000',
    maybe64,
    'access',
  ),
  result(
    'rmo',
    'A real-mode access of a PPC970 guest.',
    'machine ppc970 linux-3.4 order 18 page 4K\nload ea 0x100 real   -> rmo',
    flag,
    'access',
  ),
  result('loop', 'The access faulted again and again (eight rounds).', 'load a   -> no loop', flag, 'access'),
  result('ra', 'The host physical address that was accessed.', 'load a   -> ra 0x10000000', word64, 'access'),
  result('error', 'The statement ends with this error of Linux.', 'dirty-log 7   -> error ENOENT', {
    kind: 'choice',
    of: [...ERRORS.keys()],
  }),
  result('ret', 'The value that the statement returns.', 'age gpa 0x10000   -> ret 1', signed64),
  result('young', 'The page was used.', 'age gpa 0x10000   -> young', flag, 'age', 'test-age'),
  result('old', 'The page was not used.', 'age gpa 0x20000   -> old', flag, 'age', 'test-age'),
  result(
    'pages',
    'The dirty pages of the log, by gfn, or `none`.',
    'dirty-log 0   -> pages 0x10\ndirty-log 0   -> pages none',
    { kind: 'numbers', most: 65536 },
    'dirty-log',
  ),
  result(
    'entries',
    'The HPTEs that an htab-read gave, by label or index, or `none`.',
    's: htab-open\nhtab-read s   -> entries a',
    { kind: 'labels', of: ['hpte'], most: 4096 },
    'htab-read',
  ),
  result(
    'bytes',
    'How many bytes were read or written.',
    'w: htab-open write\nhtab-write w index 8 invalid 1   -> bytes 8',
    word64,
    'htab-read',
    'htab-write',
  ),
  result('seq', 'The notifier sequence number, after the statement.', 'swap-out a   -> seq 1', word64),
  result('count', 'How many notifier ranges are open, after the statement.', 'load a   -> count 0', word64),
  result('order', 'log2 of the size of the table, after the statement.', 'reset order 19   -> order 19', number(64n)),
  ...['r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11'].map((name) =>
    result(name, `GPR${name.slice(1)} after the hypercall.`, `h_read a   -> no ${name} 0x1`, word64, 'hypercall'),
  ),
];

const subjectByName = new Map(SUBJECTS.map((definition) => [definition.name, definition]));
const resultByName = new Map(RESULTS.map((definition) => [definition.name, definition]));

export function subjectDefinition(name: string): SubjectDefinition | undefined {
  return subjectByName.get(name);
}

export function resultDefinition(name: string): ResultDefinition | undefined {
  return resultByName.get(name);
}

/** Words that stand first in an expectation; a label may not be one of them. */
export const EXPECTATION_WORDS: readonly string[] = [
  ...RESULTS.map(({ name }) => name),
  ...RETURN_CODES.keys(),
  ...SUBJECTS.map(({ name }) => name),
];
