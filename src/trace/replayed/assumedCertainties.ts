// How each part of an entry is known where some of it is assumed: what would be known without the assumptions is known as it would be
// then, and what else there is is assumed.

import { type Certainty, type Known, PARTS, type Part } from '../../timeline/known';
import { FIELD, type Slot } from '../replay/knowledge';

/** What would be known of a slot without assumptions. */
export function withoutAssumptions(before: Known): Known {
  const certainty = { ...before.certainty };
  for (const part of PARTS) {
    if (certainty[part] === 'assumed') {
      certainty[part] = 'unknown';
    }
  }
  return { ...before, states: before.knownStates, certainty };
}

/** What is known of a slot, without what is assumed. */
export function knownSlot(slot: Slot): Slot {
  if (slot.assumed === undefined) {
    return slot;
  }
  const { fields, states } = slot.assumed;
  const known = <T>(field: number, value: T): T | undefined => ((fields & field) === 0 ? value : undefined);
  return {
    ...slot,
    states,
    v: known(FIELD.v, slot.v),
    guest: known(FIELD.guest, slot.guest),
    frame: known(FIELD.frame, slot.frame),
    rc: known(FIELD.rc, slot.rc),
  };
}

/** @param known certainties without the assumptions; `all`: with them */
export function completedCertainties(
  known: Readonly<Record<Part, Certainty>>,
  all: Readonly<Record<Part, Certainty>>,
): Record<Part, Certainty> {
  const certainty = { ...known };
  for (const part of PARTS) {
    if (known[part] === 'unknown' && all[part] !== 'unknown') {
      certainty[part] = 'assumed';
    }
  }
  return certainty;
}
