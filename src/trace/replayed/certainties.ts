// How each part of an entry is known after a step: what the step showed is observed, what it forces is inferred, and what it did not
// touch stays known the way it was.

import { type Certainty, isSettled, type Known, type Part } from '../../timeline/known';
import { ABSENT, FREE, type Slot, VALID } from '../replay/knowledge';

/** What stood in a slot before a step, and what the step told. */
export interface Told {
  readonly before: Known;
  /** the slot holds the same entry as before */
  readonly same: boolean;
  /** the frame in its dword 1 is the same as before */
  readonly sameFrame: boolean;
  readonly slot: Slot;
  /** all its words were shown */
  readonly observed: boolean;
  /** a path of the model has made the entry, installed it, or changed its rights */
  readonly made: 'entered' | 'installed' | 'protected' | undefined;
  /** how the rights in dword 1 are known after such a path */
  readonly rights: Certainty | undefined;
  /** R and C of the guest view are both set */
  readonly guestRcFull: boolean;
}

export function certaintiesAfter(told: Told): Record<Part, Certainty> {
  const { slot, observed } = told;
  const { states } = slot;
  const shown = (known: boolean): Certainty => (known ? (observed ? 'observed' : 'inferred') : 'unknown');
  if (states === FREE) {
    const free = shown(true);
    return { state: free, dword0: free, guest: free, guestRc: free, frame: free, rights: free, rc: free };
  }
  const carried = (part: Part, now: Certainty, unchanged: boolean): Certainty => {
    const before = told.before.certainty[part];
    return now === 'inferred' && unchanged && before !== 'unknown' ? before : now;
  };
  const { same } = told;
  return {
    state: carried('state', shown(isSettled(states)), same && told.before.states === states),
    dword0: carried('dword0', shown(slot.v !== undefined), same),
    guest: carried('guest', shown(slot.guest !== undefined), same && told.made !== 'protected'),
    guestRc: observed && (states === ABSENT || told.guestRcFull) ? 'observed' : guestRcAfter(told),
    frame: carried('frame', shown(slot.frame !== undefined), same && told.sameFrame),
    rights: observed ? 'observed' : rightsAfter(told),
    rc: carried('rc', shown(slot.rc !== undefined), same && told.before.states === states),
  };
}

/**
 * R and C of the guest view. While an entry is valid, unmaps, ageing, dirty logs and HTAB reads add those of dword 1, some of them
 * without an event: only when both are set nothing can be added.
 */
function guestRcAfter({ before, same, slot, made, guestRcFull }: Told): Certainty {
  const known = same ? before.certainty.guestRc : made === 'entered' ? 'inferred' : 'unknown';
  const added = ((before.states | slot.states) & VALID) !== 0 && (same || slot.states !== ABSENT);
  return added && !guestRcFull ? 'unknown' : known;
}

/** Protection, key and WIMG of dword 1: an installation makes them from the guest view and what the host allows. */
function rightsAfter({ before, same, slot, rights }: Told): Certainty {
  if (rights !== undefined) {
    return rights;
  }
  if (!same) {
    return 'unknown';
  }
  const installed = (slot.states & VALID) !== 0 && before.states === ABSENT;
  return installed ? 'unknown' : before.certainty.rights;
}
