// Entries that the kernel makes, for H_ENTER and for the real-mode area: valid when the host has the page, absent when not or when
// there is no memslot.

import type { Context } from './context';
import { ABSENT, type Cause, type Slot, VALID } from './knowledge';
import { frameNow, noneUsable } from './pages';
import { frameOf, gpaOf, RC } from './words';

/** What an entry is made of. */
export interface MadeEntry {
  /** event at which its making began */
  readonly event: number;
  /** a kprobe has shown that it was linked into a ring, so it is valid */
  readonly linked: boolean;
  /** dword 0 without state, and the guest view without R and C */
  readonly v: bigint;
  readonly guest: bigint;
  /** R and C that the guest gave */
  readonly rc: bigint;
}

const taken = VALID | ABSENT;

/** Puts an entry into its slot. */
export function placeEntry(context: Context, made: MadeEntry, index: number): void {
  const { host, hindsight, table } = context;
  const slot = madeSlot(context, made, index);
  table.put(index, slot);
  hindsight.over(index);
  const gpa = gpaOf(made.v, made.guest);
  if (slot.states === taken && slot.cause === 'host presence' && gpa !== undefined) {
    hindsight.entered(index, made.event, made.rc, host.pageOf(gpa));
  }
}

/**
 * What is known of a new entry.
 * @param index its slot, where that is known
 */
export function madeSlot(context: Context, made: MadeEntry, index: number | undefined): Slot {
  const { host } = context;
  const { v, guest, event } = made;
  const gpa = gpaOf(v, guest);
  const memslot = gpa === undefined ? undefined : host.slotOf(gpa);
  if (gpa === undefined || memslot === undefined) {
    return slotOf(made, taken, 'memslots not told', undefined);
  }
  if (memslot === null) {
    return slotOf(made, ABSENT, 'host presence', frameOf(v, guest, guest, false));
  }
  const known = isValid(context, made, gpa, index);
  if (known === false) {
    return slotOf(made, ABSENT, 'host presence', 0n);
  }
  const where = index === undefined ? [] : [index];
  if ((host.invalidating || host.lastInvalidation > event) && !context.assume('in-order', where)) {
    return slotOf(made, taken, 'race', undefined);
  }
  if (known === undefined) {
    // the page is not taken to be there from now on: what is assumed of an entry stays with it
    const assumed = context.assume('host-present', where);
    return slotOf(made, assumed ? VALID : taken, 'host presence', undefined);
  }
  const frame = frameNow(context, gpa, event);
  host.used(gpa, undefined, context.at + 1);
  return slotOf(made, VALID, 'frame not traced', frame);
}

/** Whether the host has the page, or an invalidation forbids a look at it. */
function isValid(context: Context, made: MadeEntry, gpa: bigint, index: number | undefined): boolean | undefined {
  const { host, hindsight, at } = context;
  const { event, linked } = made;
  if (hindsight.wasUnusable(host.pageOf(gpa), event, at)) {
    return false;
  }
  const calm = !host.invalidating && host.lastInvalidation <= event;
  if (!calm || linked || host.isOpen(gpa, event)) {
    return calm ? true : undefined;
  }
  const outcome = index === undefined ? undefined : hindsight.outcomeOf(event, index);
  if (outcome === ABSENT) {
    noneUsable(context, gpa);
  }
  return outcome === undefined ? undefined : outcome === VALID;
}

function slotOf({ v, guest, rc }: MadeEntry, states: number, cause: Cause, frame: bigint | undefined): Slot {
  return {
    states,
    v,
    guest,
    frame,
    rc: states === ABSENT ? rc & RC : undefined,
    cause,
    idCause: 'slot not told',
    frameCause: cause,
    rcCause: 'R and C not traced',
  };
}
