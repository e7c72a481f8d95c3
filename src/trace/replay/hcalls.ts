// What a hypercall does to the knowledge of the table, from what kvm_hcall_enter (number, r4 to r7) and kvm_hcall_exit (return code)
// tell, and a fact where a recording has one (all registers, the outputs). The paths are those of src/model/hcalls.ts.

import type { Context, Pending } from './context';
import { type MadeEntry, madeSlot, placeEntry } from './entries';
import { ABSENT, FREE, type Slot, VALID } from './knowledge';
import { guestOf, identityOf, RC } from './words';

export const HCALL = {
  remove: 0x4n,
  enter: 0x8n,
  read: 0xcn,
  clearMod: 0x10n,
  clearRef: 0x14n,
  protect: 0x18n,
  bulkRemove: 0x124n,
  resizeCommit: 0x370n,
  registerProcTable: 0x37cn,
  clientArchitecture: 0xf002n,
} as const;

const H_PTEG_FULL = -6n;
const H_NOT_FOUND = -7n;
const H_EXACT = 1n << 39n;
const H_READ_4 = 1n << 37n;
const H_AVPN = 1n << 31n;
const H_ANDCOND = 1n << 30n;
const PP0 = 1n << 63n;
const KEY_HI = 3n << 60n;
const PROTECT_LOW = 0xe07n;
const indexMask = 0x00ffffffffffffffn;
const taken = VALID | ABSENT;

/** Where a hypercall can change the table. */
export function reachOfHcall(
  nr: bigint,
  args: readonly bigint[],
  complete: boolean,
): { readonly ptegs: ReadonlySet<number>; readonly anywhere: boolean } {
  switch (nr) {
    case HCALL.enter:
    case HCALL.remove:
    case HCALL.protect:
    case HCALL.clearMod:
    case HCALL.clearRef:
      return { ptegs: new Set([Number((args[1] ?? 0n) >> 3n)]), anywhere: false };
    case HCALL.bulkRemove: {
      const pairs = bulkPairs(args, complete);
      return { ptegs: new Set(pairs.pairs.map(({ index }) => Math.floor(index / 8))), anywhere: pairs.hidden };
    }
    default:
      return { ptegs: new Set(), anywhere: false };
  }
}

/** Applies a hypercall that the kernel has completed with a return code. */
export function applyHcall(context: Context, pending: Pending, rc: bigint): void {
  if (pending.what.kind !== 'hcall') {
    return;
  }
  const { call, fact } = pending.what;
  const args = fact !== undefined && fact.args.length > 4 ? fact.args : call.args;
  switch (call.nr) {
    case HCALL.enter:
      enter(context, pending, call.args, rc, fact?.ret === 0 ? fact.out[0] : undefined);
      return;
    case HCALL.remove:
      remove(context, call.args, rc, fact?.out ?? []);
      return;
    case HCALL.bulkRemove:
      bulkRemove(context, args, args.length >= 8, fact?.out ?? []);
      return;
    case HCALL.protect:
      protect(context, call.args, rc);
      return;
    case HCALL.read:
      read(context, call.args, rc, fact?.out ?? []);
      return;
    case HCALL.clearMod:
    case HCALL.clearRef:
      clear(context, call.args, rc, fact?.out ?? []);
      return;
    default:
      return;
  }
}

const indexOf = (context: Context, register: bigint): number | undefined =>
  register < BigInt(context.table.entries) || !context.sizeKnown ? Number(register) : undefined;

const describe = ({ states }: Slot): string => (states === FREE ? 'free' : 'taken');

type Words = readonly bigint[];

function enter(context: Context, pending: Pending, args: Words, rc: bigint, out: bigint | undefined): void {
  const { table, isa3 } = context;
  const [flags = 0n, register = 0n, pteh = 0n, ptel = 0n] = args;
  const index = indexOf(context, register);
  if (index === undefined) {
    if (rc === 0n) {
      context.diverge('h_enter', 'H_PARAMETER: the index lies beyond the table', 'H_SUCCESS', []);
    }
    return;
  }
  const exact = (flags & H_EXACT) !== 0n;
  const first = exact ? index : index - (index % 8);
  const slots = exact ? [index] : Array.from({ length: 8 }, (_, i) => first + i);
  if (rc === H_PTEG_FULL) {
    for (const slot of slots) {
      if (!table.narrow(slot, taken)) {
        context.diverge('h_enter', `H_SUCCESS: slot 0x${slot.toString(16)} is free`, 'H_PTEG_FULL', slots);
        return;
      }
    }
  }
  if (rc !== 0n) {
    return;
  }
  const made: MadeEntry = {
    event: pending.event,
    linked: pending.linked !== undefined,
    v: identityOf(pteh, isa3),
    guest: guestOf(ptel),
    rc: ptel & RC,
  };
  const told = pending.linked ?? (out === undefined ? undefined : Number(out));
  if (told !== undefined && slots.includes(told)) {
    for (const slot of slots) {
      // the search passed over those before it
      if (slot < told && !table.narrow(slot, taken)) {
        context.diverge('h_enter', `slot 0x${slot.toString(16)}, which is free`, `slot 0x${told.toString(16)}`, slots);
        return;
      }
    }
    if (!table.narrow(told, FREE)) {
      context.diverge('h_enter', `H_PTEG_FULL: slot 0x${told.toString(16)} is taken`, 'H_SUCCESS', slots);
      return;
    }
    placeEntry(context, made, told);
    return;
  }
  enterSomewhere(context, slots, made);
}

/** The entry took the first free slot: the only one that can be free, or one of those that can. */
function enterSomewhere(context: Context, slots: readonly number[], made: MadeEntry): void {
  const { table } = context;
  const candidates: number[] = [];
  for (const slot of slots) {
    const { states } = table.get(slot);
    if ((states & FREE) !== 0) {
      candidates.push(slot);
      if (states === FREE) {
        break;
      }
    }
  }
  const [first] = candidates;
  if (first === undefined) {
    context.diverge('h_enter', 'H_PTEG_FULL: no slot is free', 'H_SUCCESS', slots);
    return;
  }
  if (candidates.length === 1) {
    placeEntry(context, made, first);
    return;
  }
  const surest = candidates.find((slot) => table.get(slot).states === FREE) ?? first;
  if (context.assume('first-free', candidates)) {
    // the search has passed over those before it
    candidates.filter((slot) => slot < surest).forEach((slot) => table.narrow(slot, taken));
    placeEntry(context, made, surest);
    return;
  }
  const { states, v, guest } = madeSlot(context, made, undefined);
  for (const slot of candidates) {
    const old = table.get(slot);
    const wasFree = old.states === FREE;
    const unsure: Slot = {
      // the first candidate is taken now, whether it was before or not
      states: (slot === first ? old.states & ~FREE : old.states) | states,
      v: wasFree ? v : undefined,
      guest: wasFree ? guest : undefined,
      frame: undefined,
      rc: undefined,
      cause: 'slot not told',
      idCause: 'slot not told',
      frameCause: 'slot not told',
      rcCause: 'slot not told',
    };
    table.put(slot, unsure);
    context.hindsight.over(slot);
  }
}

/** Whether the AVPN argument fits; undefined while the entry's words are unknown. */
function avpnFits({ v }: Slot, avpn: bigint): boolean | undefined {
  return v === undefined ? undefined : (v & ~0x7fn) === avpn;
}

function remove(context: Context, args: Words, rc: bigint, out: Words): void {
  const { table } = context;
  const [flags = 0n, register = 0n, avpn = 0n] = args;
  const index = indexOf(context, register);
  if (index === undefined) {
    return;
  }
  const slot = table.get(index);
  if (rc === 0n) {
    if (slot.states === FREE) {
      context.diverge('h_remove', 'H_NOT_FOUND: the slot is free', 'H_SUCCESS', [index]);
    }
    context.hindsight.returned(index, out[1] ?? 0n);
    context.hindsight.over(index);
    table.free(index);
  } else if (rc === H_NOT_FOUND && (flags & H_ANDCOND) === 0n) {
    notFound(context, index, (flags & H_AVPN) === 0n || avpnFits(slot, avpn) === true, 'h_remove');
  }
}

/** H_NOT_FOUND proves the slot free when nothing but its state can have been the reason. */
function notFound(context: Context, index: number, onlyState: boolean, kind: 'h_remove' | 'h_protect'): void {
  if (onlyState && !context.table.narrow(index, FREE)) {
    context.diverge(
      kind,
      `H_SUCCESS: slot 0x${index.toString(16)} is ${describe(context.table.get(index))}`,
      'H_NOT_FOUND',
      [index],
    );
  }
}

interface BulkPair {
  readonly number: number;
  readonly index: number;
  /** 0 absolute, 1 ANDCOND, 2 AVPN */
  readonly flags: number;
  readonly arg: bigint;
}

/** The pairs that the kernel looks at; `hidden` when the registers of further ones are not known. */
function bulkPairs(args: Words, complete: boolean): { readonly pairs: readonly BulkPair[]; readonly hidden: boolean } {
  const pairs: BulkPair[] = [];
  for (let number = 0; number < 4; number++) {
    const word = args[number * 2];
    const arg = args[number * 2 + 1];
    if (word === undefined || arg === undefined || (number > 1 && !complete)) {
      return { pairs, hidden: true };
    }
    const flags = Number((word >> 56n) & 3n);
    if (word >> 62n !== 1n || flags === 3) {
      break;
    }
    pairs.push({ number, index: Number(word & indexMask), flags, arg });
  }
  return { pairs, hidden: false };
}

function bulkRemove(context: Context, args: Words, complete: boolean, out: Words): void {
  const { table } = context;
  const { pairs, hidden } = bulkPairs(args, complete);
  for (const pair of pairs) {
    if (context.sizeKnown && pair.index >= table.entries) {
      return;
    }
    removePair(context, pair, out[pair.number * 2]);
  }
  if (hidden && !context.assume('hidden-pairs', table.taken)) {
    table.maybeFreeAll('hidden bulk pairs');
  }
}

function removePair(context: Context, { index, flags, arg }: BulkPair, result: bigint | undefined): void {
  const { table } = context;
  const slot = table.get(index);
  const fits = pairFits(slot, flags, arg);
  const code = result === undefined ? 0n : result >> 60n;
  if (code === 8n || flags === 0 || (code !== 9n && fits === true)) {
    if (code === 9n && !table.narrow(index, FREE)) {
      context.diverge('h_remove', 'removed by H_BULK_REMOVE', 'not found', [index]);
    }
    // R and C stand in bits 59 and 58 of the result
    context.hindsight.returned(index, code === 8n ? ((result ?? 0n) >> 51n) & RC : 0n);
    context.hindsight.over(index);
    table.free(index);
  } else if (code === 9n) {
    notFound(context, index, fits === true, 'h_remove');
  } else if (fits === undefined) {
    table.maybeFree(index, 'hidden bulk pairs');
  }
}

function pairFits(slot: Slot, flags: number, arg: bigint): boolean | undefined {
  if (flags === 2) {
    return avpnFits(slot, arg);
  }
  // state and lock bits in the condition are not judged
  return slot.v === undefined || (arg & 0x61n) !== 0n ? undefined : (slot.v & arg) === 0n;
}

function protect(context: Context, args: Words, rc: bigint): void {
  const { table } = context;
  const [flags = 0n, register = 0n, avpn = 0n] = args;
  const index = indexOf(context, register);
  if (index === undefined) {
    return;
  }
  if (rc === H_NOT_FOUND) {
    notFound(context, index, (flags & H_AVPN) === 0n || avpnFits(table.get(index), avpn) === true, 'h_protect');
    return;
  }
  if (rc !== 0n) {
    return;
  }
  if (!table.narrow(index, taken)) {
    context.diverge('h_protect', 'H_NOT_FOUND: the slot is free', 'H_SUCCESS', [index]);
    return;
  }
  const slot = table.get(index);
  if (slot.guest !== undefined) {
    const bits = ((flags << 55n) & PP0) | ((flags << 48n) & KEY_HI) | (flags & PROTECT_LOW);
    table.put(index, { ...slot, guest: (slot.guest & ~(PP0 | KEY_HI | PROTECT_LOW)) | bits });
  }
}

function read(context: Context, args: Words, rc: bigint, out: Words): void {
  const { table, isa3 } = context;
  const [flags = 0n, register = 0n] = args;
  const given = indexOf(context, register);
  if (rc !== 0n || given === undefined) {
    return;
  }
  const four = (flags & H_READ_4) !== 0n;
  const first = four ? given - (given % 4) : given;
  for (let i = 0; i < (four ? 4 : 1); i++) {
    const v = out[i * 2];
    const r = out[i * 2 + 1];
    if (v === undefined || r === undefined) {
      return;
    }
    const isTaken = (v & 1n) !== 0n;
    if (!table.narrow(first + i, isTaken ? taken : FREE)) {
      context.diverge('h_read', describe(table.get(first + i)), isTaken ? 'taken' : 'free', [first + i]);
      return;
    }
    if (isTaken) {
      context.hindsight.returned(first + i, r);
      table.put(first + i, { ...table.get(first + i), v: identityOf(v, isa3), guest: guestOf(r) });
    }
  }
}

function clear(context: Context, args: Words, rc: bigint, out: Words): void {
  const { table } = context;
  const index = indexOf(context, args[1] ?? 0n);
  if (index === undefined) {
    return;
  }
  if (rc === H_NOT_FOUND) {
    notFound(context, index, true, 'h_protect');
  } else if (rc === 0n) {
    if (!table.narrow(index, taken)) {
      context.diverge('h_protect', 'H_NOT_FOUND: the slot is free', 'H_SUCCESS', [index]);
      return;
    }
    context.hindsight.returned(index, out[0] ?? 0n);
    table.forgetRc(index);
  }
}
