// The stretch of a trace behind a moment: the operations that touched the entries in question, and with what it can begin.

import { HCALL } from '../replay/hcalls';
import type { Host } from '../replay/host';
import { ABSENT, FREE, type Slot, VALID } from '../replay/knowledge';
import { identityOf, ptegOf } from '../replay/words';
import type { History } from './history';
import type { AccessOperation, HcallOperation, Operation } from './operations';
import { pagesOf, type Subject } from './subject';

/** So many operations at most: what is older is taken from what replay knows. */
const mostOperations = 10;

/** The operations on some entries up to the last one given, oldest first. What raced an access stands in it. */
export function operationsOn(
  subjects: readonly Subject[],
  operations: readonly Operation[],
  last: Operation,
  history: History,
): Operation[] {
  const found = operations.filter(
    (operation) =>
      operation === last ||
      (operation.first < last.first && subjects.some((subject) => concerns(operation, subject, history))),
  );
  const races = new Set<Operation>(
    found.flatMap((one) => (one.kind === 'access' ? one.rounds.flatMap((round) => round.races) : [])),
  );
  return found.filter((operation) => operation === last || !races.has(operation)).slice(-mostOperations);
}

/** Whether an operation can have touched an entry. */
export function concerns(operation: Operation, subject: Subject, history: History): boolean {
  switch (operation.kind) {
    case 'hcall':
      return hcallConcerns(operation, subject, history);
    case 'access':
      return accessConcerns(operation, subject, history);
    case 'unmap':
    case 'age':
      return meetsPages(history.host, operation, subject);
  }
}

function hcallConcerns({ call, exit, first, last }: HcallOperation, subject: Subject, history: History): boolean {
  const { index } = subject;
  if (index === undefined) {
    return false;
  }
  if (call.nr === HCALL.bulkRemove) {
    return [call.args[0], call.args[2]].some((word) => word >> 62n === 1n && Number(word & 0xffffffn) === index);
  }
  if (call.nr !== HCALL.enter) {
    return Number(call.args[1]) === index;
  }
  return (
    exit?.hcallRc === 0n &&
    isEntered(call.args[2], history.slotAfter(index, first - 1), history.slotAfter(index, last), history)
  );
}

/** Whether an H_ENTER with this dword 0 filled a slot: it was free or unknown before, and holds the entry afterwards. */
function isEntered(pteh: bigint, before: Slot | undefined, after: Slot | undefined, { isa3 }: History): boolean {
  const wasThere = before !== undefined && (before.states & FREE) === 0;
  return !wasThere && after !== undefined && (after.states & FREE) === 0 && after.v === identityOf(pteh, isa3);
}

function accessConcerns({ rounds, ea }: AccessOperation, { index, v, guest }: Subject, history: History): boolean {
  const fault = rounds[0]?.fault;
  if (fault === undefined || identityOf(fault.hpteV, history.isa3) !== v) {
    return false;
  }
  return index === undefined || ptegOf(v, guest, ea, history.ptegs) === Math.floor(index / 8);
}

function meetsPages(
  host: Host,
  { start, end }: { readonly start: bigint; readonly end: bigint },
  subject: Subject,
): boolean {
  const pages = pagesOf(subject);
  return pages !== undefined && host.guestRanges(start, end).some(({ from, to }) => pages.from < to && from < pages.to);
}

/** How an entry stands when a stretch begins. */
export interface Beginning {
  readonly subject: Subject;
  /** `none`: the stretch itself enters it, or it is free. `open`: valid or absent, which is not told. */
  readonly state: 'none' | 'valid' | 'absent' | 'open';
  /** dword 1 as the guest would give it, with R and C where they are known */
  readonly r: bigint;
  /** what is not told of it, for people */
  readonly unknown: string | undefined;
}

/** How an entry stands before a stretch of operations, or undefined when that is not known. */
export function beginningOf(subject: Subject, stretch: readonly Operation[], history: History): Beginning | undefined {
  const { index, v, guest } = subject;
  const first = stretch.find((operation) => concerns(operation, subject, history)) ?? stretch[0];
  const none: Beginning = { subject, state: 'none', r: 0n, unknown: undefined };
  if (first?.kind === 'hcall' && first.call.nr === HCALL.enter) {
    return none;
  }
  if (first?.kind === 'access') {
    const fault = first.rounds[0]?.fault;
    if (fault !== undefined && identityOf(fault.hpteV, history.isa3) === v) {
      const state = (fault.hpteV & 1n) === 1n ? 'valid' : 'absent';
      const unknown = index === undefined ? 'which slot of its PTEG it has is not told' : undefined;
      return { subject, state, r: fault.gpteR & ~(1n << 62n), unknown };
    }
  }
  const slot = index === undefined || first === undefined ? undefined : history.slotAfter(index, first.first - 1);
  if (slot === undefined) {
    return undefined;
  }
  if (slot.states === FREE) {
    return none;
  }
  // a hypercall that found it proves that it was there
  const states = first?.kind === 'hcall' && first.exit?.hcallRc === 0n ? slot.states & ~FREE : slot.states;
  if (slot.v !== v || slot.guest === undefined || (states & FREE) !== 0) {
    return undefined;
  }
  const state = states === VALID ? 'valid' : states === ABSENT ? 'absent' : 'open';
  const unknown = state === 'open' ? `valid or absent: not told (${slot.cause})` : undefined;
  return { subject: { index, v, guest }, state, r: slot.guest, unknown };
}
