// Hypercalls of a trace run by the model. One is run where replay knows the slots that it works on and what came of it; else
// only what replay makes of it is told.

import { H_PTEG_FULL, H_SUCCESS } from '../../model/bits';
import { hBulkRemove } from '../../model/bulk';
import { hClearMod, hClearRef } from '../../model/clear';
import { hEnter } from '../../model/enter';
import { hProtect, hRead, hRemove } from '../../model/hcalls';
import { actualShift, gfnOf, isWritable, wimgFits } from '../../model/hpte';
import { Doubt } from '../../model/log';
import { hiOf, loOf } from '../../model/words';
import { isSettled } from '../../timeline/known';
import type { HcallEnter } from '../decoded';
import { HCALL } from '../replay/hcalls';
import { FREE, type Slot, VALID } from '../replay/knowledge';
import { guestOf, identityOf } from '../replay/words';
import type { Fed } from './feed';
import type { Manner, ReplayedMachine } from './replayedMachine';
import { UNKNOWN_PFN } from './traceWorld';

const H_EXACT = 1n << 39n;
const H_ANDCOND = 1n << 30n;
const indexMask = 0x00ffffffffffffffn;

/** A hypercall between its events. */
export interface Call {
  readonly vcpu: number;
  readonly call: HcallEnter;
  /** all registers from r4 on, as far as they are known */
  readonly args: readonly bigint[];
}

/**
 * Tells what an exit event told, by the model's own hypercall where its inputs are known.
 * @returns what the model answered when that is not what the trace says
 */
export function runHcall(machine: ReplayedMachine, call: Call, exit: Fed, rc: bigint): number | undefined {
  switch (call.call.nr) {
    case HCALL.enter:
      return enter(machine, call, exit, rc);
    case HCALL.remove:
      return remove(machine, call, exit, rc);
    case HCALL.protect:
      return protect(machine, call, exit, rc);
    case HCALL.read:
      return read(machine, call, exit, rc);
    case HCALL.bulkRemove:
      return bulkRemove(machine, call, exit, rc);
    case HCALL.clearMod:
      return clear(machine, call, exit, rc, hClearMod);
    case HCALL.clearRef:
      return clear(machine, call, exit, rc, hClearRef);
    default:
      machine.tellAll(exit);
      return undefined;
  }
}

/** Slots by which it is decided what a call does. */
export function slotsOfCall({ call, args }: Call): number[] {
  if (call.nr === HCALL.bulkRemove) {
    return bulkIndexes(args) ?? [];
  }
  const index = Number(call.args[1] & indexMask);
  const exact = (call.args[0] & H_EXACT) !== 0n;
  return call.nr === HCALL.enter && !exact ? Array.from({ length: 8 }, (_, i) => index - (index % 8) + i) : [index];
}

/** Runs the call; a return code that is not the trace's is taken back and answered. */
function attempt(machine: ReplayedMachine, doubt: number, rc: bigint, run: () => number): number | undefined {
  let ret = 0;
  const fits = machine.attempt(
    doubt,
    () => {
      ret = run();
    },
    () => BigInt(ret) === rc,
  );
  return fits ? undefined : ret;
}

// ---- H_ENTER ----------------------------------------------------------------------------------------------------------

function enter(machine: ReplayedMachine, { vcpu, call }: Call, exit: Fed, rc: bigint): number | undefined {
  const [flags, register, pteh, ptel] = call.args;
  const exact = (flags & H_EXACT) !== 0n;
  const index = Number(register);
  const first = exact ? index : index - (index % 8);
  const count = exact ? 1 : 8;
  const run = (): number =>
    hEnter(
      machine.vm,
      vcpu,
      hiOf(flags),
      loOf(flags),
      hiOf(register),
      loOf(register),
      hiOf(pteh),
      loOf(pteh),
      hiOf(ptel),
      loOf(ptel),
    );
  if (rc === BigInt(H_PTEG_FULL)) {
    machine.tellAll(exit);
    return slotsTaken(machine, first, count) ? attempt(machine, Doubt.host | Doubt.frame, rc, run) : undefined;
  }
  const target = rc === 0n ? targetOf(machine, exit, first, count, pteh, ptel) : undefined;
  if (target === undefined) {
    machine.tellAll(exit);
    return undefined;
  }
  const { at, slot } = target;
  const { vm } = machine;
  machine.tellAll(exit, new Set([at]));
  if (machine.words.stateOf(at) !== FREE) {
    machine.words.free(at);
  }
  if (!slotsTaken(machine, first, at - first)) {
    machine.tell(at, slot);
    return undefined;
  }
  const valid = slot.states === VALID;
  expectPage(machine, slot, loOf(pteh), loOf(ptel));
  const memslot = vm.state.slotOfGfn(
    gfnOf(hiOf(ptel), loOf(ptel), actualShift(vm, loOf(pteh), loOf(ptel)), vm.pageShift),
  );
  const openRights =
    memslot !== null && (!wimgFits(vm, true, loOf(ptel), 0) || (valid && isWritable(hiOf(ptel), loOf(ptel))));
  const frame = valid && slot.frame === undefined ? Doubt.frame : 0;
  const doubt = valid ? frame | Doubt.rc | Doubt.ring | (openRights ? Doubt.rights : 0) : 0;
  let ret = 0;
  const fits = machine.attempt(
    doubt | Doubt.seq,
    () => {
      ret = run();
    },
    () => ret === H_SUCCESS && machine.words.stateOf(at) === slot.states,
  );
  const manner: Manner = { made: 'entered', rights: openRights ? 'unknown' : 'inferred' };
  machine.tell(at, slot, fits ? manner : {});
  return fits ? undefined : ret;
}

/** The slot that was certainly entered, in a state that is known. */
function targetOf(
  { known, vm }: ReplayedMachine,
  exit: Fed,
  first: number,
  count: number,
  pteh: bigint,
  ptel: bigint,
): { readonly at: number; readonly slot: Slot } | undefined {
  const at = exit.last;
  const slot = exit.puts.get(at);
  if (slot === undefined || at < first || at >= first + count || exit.background !== undefined) {
    return undefined;
  }
  const entered = slot.v === identityOf(pteh, vm.newFormat) && slot.guest === guestOf(ptel);
  const wasFree = (known.of(at).states & FREE) !== 0;
  return entered && wasFree && slot.states !== FREE && isSettled(slot.states) ? { at, slot } : undefined;
}

function slotsTaken({ words }: ReplayedMachine, first: number, count: number): boolean {
  for (let i = 0; i < count; i++) {
    if (words.stateOf(first + i) === FREE) {
      return false;
    }
  }
  return true;
}

/** The world answers as the outcome says: the page is there when the entry became valid. */
function expectPage({ world, vm }: ReplayedMachine, { states, frame }: Slot, vLo: number, rLo: number): void {
  const shift = Math.max(actualShift(vm, vLo, rLo), vm.pageShift);
  const pfn = frame === undefined ? UNKNOWN_PFN : Number(frame >> BigInt(vm.pageShift));
  world.expect(states === VALID ? { present: true, pfn, shift, writable: true } : null);
}

// ---- calls on entries that are there ----------------------------------------------------------------------------------

/** What is known of an entry's words: enough for a path of the model to work on it as the kernel did. */
function isKnown({ known, vm, slotsKnown }: ReplayedMachine, index: number): boolean {
  if (index >= vm.state.hpt.entries) {
    return false;
  }
  const { states, certainty } = known.of(index);
  const words = certainty.dword0 !== 'unknown' && certainty.guest !== 'unknown';
  return states === FREE || (isSettled(states) && words && (slotsKnown || states !== VALID));
}

function doubtOf({ known }: ReplayedMachine, index: number): number {
  const { certainty } = known.of(index);
  return (
    (certainty.frame === 'unknown' ? Doubt.frame : 0) |
    (certainty.rights === 'unknown' ? Doubt.rights : 0) |
    (certainty.rc === 'unknown' || certainty.guestRc === 'unknown' ? Doubt.rc : 0) |
    Doubt.ring
  );
}

function remove(machine: ReplayedMachine, { vcpu, call }: Call, exit: Fed, rc: bigint): number | undefined {
  const [flags, register, avpn] = call.args;
  const judged = (flags & H_ANDCOND) === 0n || (avpn & 0x61n) === 0n;
  if (!judged || !isKnown(machine, Number(register))) {
    machine.tellAll(exit);
    return undefined;
  }
  const answer = attempt(machine, doubtOf(machine, Number(register)), rc, () =>
    hRemove(machine.vm, vcpu, loOf(flags), hiOf(register), loOf(register), hiOf(avpn), loOf(avpn)),
  );
  machine.tellAll(exit);
  return answer;
}

function protect(machine: ReplayedMachine, { vcpu, call }: Call, exit: Fed, rc: bigint): number | undefined {
  const [flags, register, avpn] = call.args;
  const index = Number(register);
  if (!isKnown(machine, index)) {
    machine.tellAll(exit);
    return undefined;
  }
  const before = machine.known.of(index);
  const answer = attempt(machine, doubtOf(machine, index), rc, () =>
    hProtect(machine.vm, vcpu, hiOf(flags), loOf(flags), hiOf(register), loOf(register), hiOf(avpn), loOf(avpn)),
  );
  const slot = exit.puts.get(index);
  if (answer !== undefined || slot === undefined) {
    machine.tellAll(exit);
    return answer;
  }
  machine.tellAll(exit, new Set([index]));
  machine.tell(index, slot, { made: 'protected', rights: before.certainty.rights });
  return undefined;
}

function read(machine: ReplayedMachine, { vcpu, call }: Call, exit: Fed, rc: bigint): number | undefined {
  const [flags, register] = call.args;
  const doubt = Doubt.rc | Doubt.frame | Doubt.rights;
  const answer =
    Number(register) >= machine.vm.state.hpt.entries
      ? undefined
      : attempt(machine, doubt, rc, () =>
          hRead(machine.vm, vcpu, hiOf(flags), loOf(flags), hiOf(register), loOf(register)),
        );
  machine.tellAll(exit);
  return answer;
}

/** H_CLEAR_REF and H_CLEAR_MOD go by R or C of the entry: they are run where those are known. */
function clear(
  machine: ReplayedMachine,
  { vcpu, call }: Call,
  exit: Fed,
  rc: bigint,
  run: typeof hClearRef,
): number | undefined {
  const [flags, register] = call.args;
  const index = Number(register);
  if (index >= machine.vm.state.hpt.entries) {
    machine.tellAll(exit);
    return undefined;
  }
  const { states, certainty } = machine.known.of(index);
  const known = certainty.rc !== 'unknown' && certainty.guestRc !== 'unknown';
  // without an assumption it would not be run, and what the guest's view becomes would be open
  if (states !== FREE && !(isKnown(machine, index) && known && machine.basis === 0)) {
    machine.tellAll(exit);
    machine.known.forgetGuestRc(index);
    return undefined;
  }
  const answer = attempt(machine, doubtOf(machine, index), rc, () =>
    run(machine.vm, vcpu, hiOf(flags), loOf(flags), hiOf(register), loOf(register)),
  );
  machine.tellAll(exit);
  return answer;
}

function bulkRemove(machine: ReplayedMachine, { vcpu, args }: Call, exit: Fed, rc: bigint): number | undefined {
  const indexes = bulkIndexes(args);
  if (indexes === undefined || !indexes.every((index) => isKnown(machine, index))) {
    machine.tellAll(exit);
    return undefined;
  }
  const hi = new Int32Array(8);
  const lo = new Int32Array(8);
  for (let i = 0; i < 8; i++) {
    const word = args[i] ?? endOfList;
    hi[i] = hiOf(word);
    lo[i] = loOf(word);
  }
  const doubt = indexes.reduce((bits, index) => bits | doubtOf(machine, index), 0);
  const answer = attempt(machine, doubt, rc, () => hBulkRemove(machine.vm, vcpu, hi, lo));
  machine.tellAll(exit);
  return answer;
}

const endOfList = 3n << 62n;

/** Slots of the pairs that H_BULK_REMOVE looks at; undefined when some are not known or a condition cannot be judged. */
function bulkIndexes(args: readonly bigint[]): number[] | undefined {
  const indexes: number[] = [];
  for (let pair = 0; pair < 4; pair++) {
    const word = args[pair * 2];
    const condition = args[pair * 2 + 1];
    if (word === undefined) {
      return undefined;
    }
    const flags = (word >> 56n) & 3n;
    if (word >> 62n !== 1n || flags === 3n) {
      break;
    }
    if (condition === undefined || (flags === 1n && (condition & 0x61n) !== 0n)) {
      return undefined;
    }
    indexes.push(Number(word & indexMask));
  }
  return indexes;
}
