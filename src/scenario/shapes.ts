// The parts of which the grammar table is made: shapes of values, fields, rules between fields, statements; and the fields
// that several statements share.

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

export const K = 1024n;
export const M = K * K;
export const G = K * M;
export const MAX_64 = 0xffff_ffff_ffff_ffffn;
export const PAGE_SIZES = [4n * K, 64n * K, 16n * M, 16n * G] as const;
export const SEGMENT_SIZES = [256n * M, 1024n * G] as const;
/** log2 of the size of the largest table that can be read as a stream: every entry of it is looked at. */
export const LARGEST_STREAM_ORDER = 28;
/** How often a repeat may run at most. */
export const MAX_REPEAT = 100_000n;

export const number = (max: bigint, min = 0n): Shape => ({ kind: 'number', min, max });
export const word64: Shape = number(MAX_64);
export const flag: Shape = { kind: 'flag' };
export const toggle: Shape = { kind: 'switch' };
export const ea: Shape = { kind: 'address', space: 'ea' };
export const gpa: Shape = { kind: 'address', space: 'gpa' };
export const hva: Shape = { kind: 'address', space: 'hva' };
/** Guest physical addresses have 60 bits (RPN), those of the host process 52. */
export const HIGHEST_ADDRESS = { ea: MAX_64, gpa: (1n << 60n) - 1n, hva: (1n << 52n) - 1n } as const;
export const anySize: Shape = { kind: 'size' };
export const hpteLabel: Shape = { kind: 'label', of: ['hpte'] };

export function field(name: string, shape: Shape, summary: string): FieldDefinition {
  return { name, shape, summary };
}

export const choice = (...of: string[]): Shape => ({ kind: 'choice', of });
export const exactlyOne = (...of: string[]): FieldRule => ({ rule: 'exactly-one', of });
export const atMostOne = (...of: string[]): FieldRule => ({ rule: 'at-most-one', of });
export const needs = (name: string, ...one: string[]): FieldRule => ({ rule: 'needs', field: name, one });
export const required = (...names: string[]): FieldRule[] => names.map((name) => ({ rule: 'required', field: name }));

export const ON_VCPU = field(
  'on',
  { kind: 'vcpu' },
  'the vCPU that does it; vCPU 0, or the one a `vcpu` line chose, unless said',
);
/** For what every vCPU gets unless one is named. */
export const EACH_VCPU = field('on', { kind: 'vcpu' }, 'the only vCPU that gets it; all unless said');
export const SLOT = field('slot', number(511n), 'number of the memslot');
export const HPTE_TARGET = [field('hpte', hpteLabel, 'label of the HPTE')];
export const FLAGS = field('flags', word64, 'the flags word of the hypercall as it is, in place of the named flags');
export const INDEX = field('index', word64, 'index of the HPTE in the table');
export const AVPN = field(
  'avpn',
  { kind: 'number', min: 0n, max: MAX_64, optional: true },
  'H_AVPN: only if the AVPN is this (without a number: that of the label)',
);
export const ANDCOND = field('andcond', word64, 'H_ANDCOND: only if no bit of this is set in dword 0');
export const LOCAL = field('local', flag, 'H_LOCAL: the caller says that only its own processor used the translation');
export const PP = field(
  'pp',
  number(7n),
  'page protection: PP in the low two bits, PP0 as 4 (2 read-write, 3 read-only)',
);
export const KEY = field('key', number(31n), 'storage key, 0 unless said');
export const NO_EXECUTE = field('no-execute', flag, 'the N bit');
export const HPTE_BY = exactlyOne('hpte', 'index');

/** The host page a host statement is about. */
export const PAGE_TARGET = [field('page', hpteLabel, 'label of an HPTE: the host page behind its guest page')];
export const PAGE_FIELDS = [
  field('gpa', gpa, 'guest physical address; its memslot gives the host address'),
  field('hva', hva, 'host virtual address'),
];
export const PAGE_BY = exactlyOne('page', 'gpa', 'hva');
export const RANGE_SIZE = field('size', anySize, 'length of the range; one page (or huge page) unless said');

export const ACCESS_FIELDS = [
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
export const ACCESS_TARGET = [
  field('at', { kind: 'label', of: ['hpte', 'access'] }, 'label of an HPTE (its address) or of an earlier access'),
];
export const ACCESS_RULES = [
  exactlyOne('at', 'ea'),
  needs('offset', 'at'),
  atMostOne('msr', 'user'),
  atMostOne('msr', 'real'),
];

export const ONLY_61: readonly KernelName[] = ['linux-6.1'];

export function statement(
  name: string,
  group: StatementGroup,
  summary: string,
  parts: Partial<Omit<StatementDefinition, 'name' | 'group' | 'summary' | 'example'>> & { example: string },
): StatementDefinition {
  return { name, group, summary, operands: [], fields: [], rules: [], raced: true, ...parts };
}
