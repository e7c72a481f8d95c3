// A slot as it is known, completed by what is assumed of it. What is known stays as it is.

import { FREE, isSettled } from '../../timeline/known';
import { FIELD, type Slot } from './knowledge';

/**
 * What is known of a slot, and beyond it what is assumed.
 * @param basis the assumptions that this rests on
 */
export function completed(known: Slot, assumed: Slot, basis: number): Slot {
  if (isContradicted(known, assumed)) {
    return known;
  }
  let fields = 0;
  const take = <T>(field: number, is: T | undefined, may: T | undefined): T | undefined => {
    if (is === undefined && may !== undefined) {
      fields |= field;
    }
    return is ?? may;
  };
  const both = known.states & assumed.states;
  const settles = !isSettled(known.states) && isSettled(both);
  const states = settles ? both : known.states;
  fields |= settles ? FIELD.states : 0;
  if (states === FREE) {
    return settles ? { ...known, states, assumed: { fields, basis, states: known.states } } : known;
  }
  const v = take(FIELD.v, known.v, assumed.v);
  const guest = take(FIELD.guest, known.guest, assumed.guest);
  const frame = take(FIELD.frame, known.frame, assumed.frame);
  const rc = take(FIELD.rc, known.rc, assumed.rc);
  const assumption = { fields, basis, states: known.states };
  return fields === 0 ? known : { ...known, states, v, guest, frame, rc, assumed: assumption };
}

/** Whether a slot cannot be what is assumed of it. */
export function isContradicted(known: Slot, assumed: Slot): boolean {
  const both = known.states & assumed.states;
  if (both === 0) {
    return true;
  }
  const differ = (one: bigint | undefined, other: bigint | undefined): boolean =>
    one !== undefined && other !== undefined && one !== other;
  return (
    both !== FREE &&
    (differ(known.v, assumed.v) ||
      differ(known.guest, assumed.guest) ||
      differ(known.frame, assumed.frame) ||
      differ(known.rc, assumed.rc))
  );
}
