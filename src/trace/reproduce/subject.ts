// Which entries of the table an operation is about.

import { candidatesOfFault, ptegsOfFault } from '../replay/faults';
import { HCALL } from '../replay/hcalls';
import { ANY, FREE, type Slot, VALID } from '../replay/knowledge';
import type { Replay } from '../replay/replay';
import { actualShiftOf, gpaOf, guestOf, identityOf } from '../replay/words';
import type { HcallOperation, NotifierOperation, Operation } from './operations';

/** An entry that a scenario is to show. Words are in the older layout; `v` without state, `guest` without R, C and MODIFIED. */
export interface Subject {
  /** undefined when the trace does not tell the slot */
  readonly index: number | undefined;
  /** the PTEG that its hash gives, where its slot is not told */
  readonly pteg?: number | undefined;
  readonly v: bigint;
  readonly guest: bigint;
}

/** The guest real addresses that an entry maps, the end excluded; undefined when its page size is invalid. */
export function pagesOf({ v, guest }: Subject): { readonly from: bigint; readonly to: bigint } | undefined {
  const gpa = gpaOf(v, guest);
  return gpa === undefined ? undefined : { from: gpa, to: gpa + (1n << BigInt(actualShiftOf(v, guest))) };
}

const mostSubjects = 3;
const indexMask = 0x00ffffffffffffffn;

/**
 * The entries that an operation is about.
 * @param before the machine before the operation
 * @returns at most three, or a sentence that says why none can be told
 */
export function subjectsOf(operation: Operation, before: Replay): readonly Subject[] | string {
  switch (operation.kind) {
    case 'access': {
      const fault = operation.rounds[0]?.fault;
      if (fault === undefined) {
        return 'there is no fault in this access';
      }
      const ptegs = ptegsOfFault(before, fault);
      const candidates = candidatesOfFault(before, fault, ptegs);
      const index = candidates.length === 1 ? candidates[0] : undefined;
      return [{ index, pteg: ptegs[0], v: identityOf(fault.hpteV, before.isa3), guest: guestOf(fault.gpteR) }];
    }
    case 'hcall':
      return operation.call.nr === HCALL.enter ? [] : subjectsOfHcall(operation, before);
    case 'unmap':
    case 'age':
      return subjectsOfNotifier(operation, before);
  }
}

/**
 * The entry that an H_ENTER makes, or would make.
 * @param after the machine after it
 */
export function enteredSubject({ call, first, exit }: HcallOperation, after: Replay): Subject {
  const [flags, register, pteh, ptel] = call.args;
  const v = identityOf(pteh, after.isa3);
  const told = after.input.hcalls.get(first)?.out[0];
  const taken = told === undefined ? enteredAt(after, flags, register, v) : Number(told);
  return {
    index: exit?.hcallRc === 0n ? taken : undefined,
    pteg: Number(register >> 3n),
    v,
    guest: guestOf(ptel),
  };
}

function subjectsOfHcall({ call }: HcallOperation, before: Replay): Subject[] | string {
  const indexes = call.nr === HCALL.bulkRemove ? bulkIndexes(call.args) : [Number(call.args[1])];
  // a bulk call names no more than two in a trace
  const found = indexes.flatMap((index) => {
    const { v, guest } = before.table.get(index);
    return v === undefined || guest === undefined ? [] : [{ index, v, guest }];
  });
  if (found.length > 0) {
    return found;
  }
  const [index = 0] = indexes;
  const { states, cause, idCause } = before.table.get(index);
  const slot = `slot 0x${index.toString(16)}`;
  return states === FREE
    ? [{ index, v: 0n, guest: 0n }]
    : `what ${slot} held before this call is not known (${states === ANY ? cause : idCause})`;
}

/** The slot that an H_ENTER took, as far as replay knows it afterwards. */
function enteredAt({ table }: Replay, flags: bigint, register: bigint, v: bigint): number | undefined {
  if (((flags >> 39n) & 1n) === 1n) {
    return Number(register);
  }
  const first = Number(register) - (Number(register) % 8);
  const slots = Array.from({ length: 8 }, (_, i) => first + i);
  const fitting = slots.filter((index) => {
    const slot = table.get(index);
    return slot.v === v && (slot.states & FREE) === 0;
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

function bulkIndexes(args: readonly bigint[]): number[] {
  const indexes: number[] = [];
  for (const word of [args[0], args[2]]) {
    if (word === undefined || word >> 62n !== 1n) {
      break;
    }
    indexes.push(Number(word & indexMask));
  }
  return indexes;
}

function subjectsOfNotifier({ kind, start, end }: NotifierOperation, { host, table }: Replay): Subject[] | string {
  if (host.slots === null) {
    return 'the memslots are not told, so which guest pages this range of host addresses holds is not known';
  }
  const ranges = host.guestRanges(start, end);
  if (ranges.length === 0) {
    return 'this range of host addresses lies in no memslot: the table has nothing to do with it';
  }
  const found: { readonly sure: boolean; readonly subject: Subject }[] = [];
  for (const [index, slot] of table.known()) {
    const subject = subjectOf(index, slot);
    const pages = subject === undefined ? undefined : pagesOf(subject);
    if (
      subject !== undefined &&
      pages !== undefined &&
      ranges.some(({ from, to }) => pages.from < to && from < pages.to)
    ) {
      found.push({ sure: slot.states === VALID, subject });
    }
  }
  if (found.length === 0) {
    const what = kind === 'age' ? 'ages' : 'takes away';
    return `no entry is known to be valid for a page that this ${what}`;
  }
  return found
    .sort((a, b) => Number(b.sure) - Number(a.sure))
    .slice(0, mostSubjects)
    .map(({ subject }) => subject);
}

function subjectOf(index: number, { states, v, guest }: Slot): Subject | undefined {
  return (states & VALID) === 0 || v === undefined || guest === undefined ? undefined : { index, v, guest };
}
