// The names of the expression language: values, functions and what each means. Evaluation, completion and docs/debugging.md use
// this table.

import { EVENT_NAMES } from '../model/events';

/** Names that stand for a value. A field of the event at hand comes before a name of ours, save old and new. */
export const NAMES = {
  moment: 'number of the current moment, from 1',
  line: 'line of the scenario or trace, from 1',
  event: 'the event at hand, in a condition; else the first one of the moment',
  local: 'values of the innermost kernel path: local.mmu_seq',
  vm: 'the virtual machine: kernel, cpu, order, pageSize, vcpus',
  actor: 'whose moment it is: vCPU 0, host, VMM, or a task of the trace',
  task: 'the task of the trace',
  vcpu: 'the vCPU that acts: its number, and msr, amr, slb, fault, mmioCache',
  function: 'kernel function of the innermost path',
  hpte: 'the HPTE that the moment is about; hpte[0x1f3] any other',
  old: 'the HPTE that the moment is about as it was one moment before',
  new: 'the same HPTE now',
  pteg: 'the PTEG that the moment is about; pteg[0x3e] any other',
  generation: 'number of the table, from 0: a resize or reset starts the next one',
  page: 'the guest page that the moment is about; page(gfn 0x10) any other',
  gfn: 'guest frame number of that page',
  slot: 'its memslot; slot(gpa 0x10000) any other',
  hva: 'its host virtual address',
  pfn: 'host page frame behind it',
  ea: 'effective address of the access',
  vsid: 'virtual segment of the access',
  dsisr: 'DSISR of the fault, or SRR1 of an instruction fault',
  fault: 'the address that the moment is about and its search, slot by slot',
  ret: 'what a hypercall or handler returned',
  known: 'how the event, else the state of the HPTE, is known: observed, inferred, assumed, unknown',
  time: 'nanoseconds on the trace’s clock',
  dt: 'nanoseconds since the record before',
  notifier: 'the notifier’s counters: seq, count, mmioUpdate',
  seq: 'the MMU notifier sequence',
} as const;
export type Name = keyof typeof NAMES;

/** Functions: how each is called, how many arguments it takes at most, and what it answers. */
export const FUNCTIONS = {
  hpte: { call: 'hpte(index)', most: 1, text: 'an HPTE by index; also hpte[index]' },
  pteg: { call: 'pteg(number)', most: 1, text: 'the eight HPTEs of a PTEG' },
  page: { call: 'page(gfn 0x10)', most: 1, text: 'a guest page: memslot, rmap word, ring, host page' },
  rmap: { call: 'rmap(slot, gfn 0x10)', most: 2, text: 'the rmap word of a guest page; the slot may be left out' },
  ring: { call: 'ring(page or HPTE)', most: 1, text: 'the HPTEs of a guest page, head first' },
  slot: { call: 'slot(gpa 0x10000)', most: 1, text: 'the memslot of a gpa, gfn or hva, or by its number' },
  host: { call: 'host(hva 0x…)', most: 1, text: 'the host page of an hva, gpa or gfn' },
  hash: { call: 'hash(ea)', most: 1, text: 'hash, PTEGs and the sixteen candidates of an address' },
  vcpu: { call: 'vcpu(0)', most: 1, text: 'a vCPU by number' },
  count: {
    call: 'count(hpte.absent) or count(gfn, 1ms)',
    most: 2,
    text: 'how many events of a kind, or with the same gfn, hva, ea, pfn or index, there were up to now; within the last 1ms',
  },
  dt: { call: 'dt(fault.enter)', most: 1, text: 'nanoseconds since the last event of a kind' },
  changes: {
    call: 'changes(a)',
    most: 1,
    text: 'how many moments up to now changed an HPTE, PTEG, page or rmap word',
  },
  why: {
    call: 'why(a)',
    most: 1,
    text: 'the last moment that changed an HPTE, PTEG, page, rmap word or a field of one',
  },
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

/** What count( takes besides event kinds, and the field of events that each means. */
export const COUNTED: Readonly<Record<string, string>> = {
  gfn: 'gfn',
  hva: 'hva',
  ea: 'ea',
  pfn: 'pfn',
  index: 'index',
};

/** One thing that can stand at a place in an expression. */
export interface Completion {
  readonly label: string;
  readonly kind: 'value' | 'function' | 'field' | 'label' | 'event';
  readonly detail: string;
}

/** Names and functions that begin with what was typed. */
export function namesBeginning(prefix: string, labels: ReadonlyMap<string, number>): Completion[] {
  const all: Completion[] = [
    ...[...labels].map(([label, index]) => ({ label, kind: 'label' as const, detail: `HPTE 0x${index.toString(16)}` })),
    ...Object.entries(NAMES).map(([label, detail]) => ({ label, kind: 'value' as const, detail })),
    ...Object.entries(FUNCTIONS).map(([label, { text }]) => ({
      label: `${label}(`,
      kind: 'function' as const,
      detail: text,
    })),
  ];
  return all.filter(({ label }) => label.startsWith(prefix));
}

/** Event kinds that begin with what was typed. */
export function eventsBeginning(prefix: string): Completion[] {
  return EVENT_NAMES.filter((name) => name.startsWith(prefix)).map((label) => ({
    label,
    kind: 'event',
    detail: 'event kind',
  }));
}

/** Fields that count( takes, beginning with what was typed. */
export function countedBeginning(prefix: string): Completion[] {
  return Object.keys(COUNTED)
    .filter((name) => name.startsWith(prefix))
    .map((label) => ({ label, kind: 'value', detail: `events with the same ${label}` }));
}
