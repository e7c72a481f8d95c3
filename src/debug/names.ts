// The names of the expression language: values, functions and what each means. Evaluation, completion and docs/debugging.md use
// this table.

import { EVENT_NAMES } from '../model/events';

/** Names that stand for a value. */
export const NAMES = {
  moment: 'number of the current moment, from 1',
  actor: 'whose moment it is: vCPU 0, host, VMM, or a task of the trace',
  vcpu: 'the vCPU that acts, with msr, amr, slb, fault, mmioCache',
  function: 'kernel function of the innermost path',
  line: 'line of the scenario or trace, from 1',
  time: 'nanoseconds on the trace’s clock',
  event: 'the event at hand, in a condition; else the first one of the moment',
  hpte: 'the HPTE that the moment is about; hpte[0x1f3] any other',
  page: 'the guest page that the moment is about; page(gfn 0x10) any other',
  fault: 'the address that the moment is about and its search, slot by slot',
  old: 'the HPTE that the moment is about as it was one moment before',
  new: 'the same HPTE now',
  local: 'values of the innermost kernel path: local.mmu_seq',
  notifier: 'the notifier’s counters: seq, count, mmioUpdate',
  seq: 'the MMU notifier sequence',
} as const;

/** Functions: how each is called, and what it answers. */
export const FUNCTIONS = {
  hpte: { call: 'hpte(index)', text: 'an HPTE by index; also hpte[index]' },
  pteg: { call: 'pteg(number)', text: 'the eight HPTEs of a PTEG' },
  page: { call: 'page(gfn 0x10)', text: 'a guest page: memslot, rmap word, ring, host page' },
  rmap: { call: 'rmap(slot, gfn 0x10)', text: 'the rmap word of a guest page; the slot may be left out' },
  ring: { call: 'ring(page or HPTE)', text: 'the HPTEs of a guest page, head first' },
  slot: { call: 'slot(gpa 0x10000)', text: 'the memslot of a gpa, gfn or hva, or by its number' },
  host: { call: 'host(hva 0x…)', text: 'the host page of an hva, gpa or gfn' },
  hash: { call: 'hash(ea)', text: 'hash, PTEGs and the sixteen candidates of an address' },
  vcpu: { call: 'vcpu(0)', text: 'a vCPU by number' },
  count: { call: 'count(hpte.absent)', text: 'how many events of a kind there were up to now' },
  changes: { call: 'changes(a)', text: 'how many moments up to now changed an HPTE, PTEG, page or rmap word' },
  why: { call: 'why(a)', text: 'the last moment that changed an HPTE, PTEG, page or rmap word' },
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

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
