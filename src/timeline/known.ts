/**
 * What a replayed run knows of its table. Beside the machine's words stands one word of knowledge an HPTE, in a plane of the state
 * like any other, so that the journal moves it through time together with them. A scenario has no such plane: it knows all.
 *
 * A word says which states the slot may be in, how each part of the entry is known, and why what is unknown is so. The words of an
 * entry in the table say *what* is known; what is unknown there stands for nothing.
 *
 *   bits 0-2    states that are possible: FREE, VALID, ABSENT
 *   bits 3-16   certainty of the parts, two bits each, in the order of PARTS
 *   bit  17     R and C were observed in the last dump, but the hardware may set them as soon as the guest runs on
 *   bits 18-27  causes of the doubt about state and dword 0, five bits each; of a state that is assumed, the states that are possible
 *               without assumptions
 *   bits 28-31  the first four assumptions on which the parts that are assumed rest (assumptions.ts), a bit each
 *   bits 32-41  causes of the doubt about frame and R, C
 *   bits 42-49  the other assumptions
 *   bits 50-63  epoch: a word of another epoch than the background's is void, and the background holds for its slot
 */
import { Scalar, type State } from '../model/state';
import type { Store } from '../model/store';

/** Why something is unknown. */
export const CAUSES = [
  'no first dump',
  'hidden bulk pairs',
  'slot not told',
  'host presence',
  'frame not traced',
  'R and C not traced',
  'VRMA',
  'untraced ioctl',
  'resize',
  'race',
  'memslots not told',
  'real-mode hypercalls',
  'lost events',
  'events not recorded',
  'divergence',
] as const;
export type Cause = (typeof CAUSES)[number];

/** States that a slot may be in. */
export const FREE = 1;
export const VALID = 2;
export const ABSENT = 4;

/** How something is known, ascending. */
export const CERTAINTIES = ['unknown', 'inferred', 'observed', 'assumed'] as const;
export type Certainty = (typeof CERTAINTIES)[number];

/**
 * The parts of an entry that are known each on its own: its state; dword 0 beside the state; the guest view without R and C; R and C
 * of the guest view; of dword 1 the frame, the rights (protection, key, WIMG), and R and C.
 */
export const PARTS = ['state', 'dword0', 'guest', 'guestRc', 'frame', 'rights', 'rc'] as const;
export type Part = (typeof PARTS)[number];

const partShift: Readonly<Record<Part, number>> = {
  state: 3,
  dword0: 5,
  guest: 7,
  guestRc: 9,
  frame: 11,
  rights: 13,
  rc: 15,
};
const RC_MOMENTARY = 1 << 17;
/** Number of epochs; a word of epoch 0 was never written. */
export const EPOCHS = 2 ** 14;

/** What is known of one slot. */
export interface Known {
  /** states that are possible: FREE | VALID | ABSENT */
  readonly states: number;
  readonly certainty: Readonly<Record<Part, Certainty>>;
  /** why a part is unknown */
  readonly cause: Readonly<Partial<Record<Part, Cause>>>;
  /** the assumptions on which the parts that are assumed rest: a set (assumptions.ts) */
  readonly assumed: number;
  /** states that are possible without assumptions */
  readonly knownStates: number;
}

/** What a word of knowledge holds. */
export interface Knowing {
  readonly states: number;
  readonly certainty: Readonly<Record<Part, Certainty>>;
  readonly rcMomentary: boolean;
  readonly causes: { readonly state: Cause; readonly dword0: Cause; readonly frame: Cause; readonly rc: Cause };
  readonly assumed: number;
  readonly knownStates: number;
}

/** Bits 0-31 of the word of a slot. */
export function packLo({ states, certainty, rcMomentary, causes, assumed, knownStates }: Knowing): number {
  let lo = states | (rcMomentary ? RC_MOMENTARY : 0);
  for (const part of PARTS) lo |= CERTAINTIES.indexOf(certainty[part]) << partShift[part];
  const doubt = certainty.state === 'assumed' ? knownStates : CAUSES.indexOf(causes.state);
  return lo | (doubt << 18) | (CAUSES.indexOf(causes.dword0) << 23) | (assumed << 28);
}

/** Bits 0-31 of a word when one part is no longer known. */
export function withoutCertainty(lo: number, part: Part): number {
  return lo & ~(3 << partShift[part]);
}

/** Bits 32-63. */
export function packHi({ causes, assumed }: Knowing, epoch: number): number {
  return CAUSES.indexOf(causes.frame) | (CAUSES.indexOf(causes.rc) << 5) | ((assumed >>> 4) << 10) | (epoch << 18);
}

/** The epoch in bits 32-63 of a word. */
export function epochOf(hi: number): number {
  return hi >>> 18;
}

/** Whether a word was written since everything was last forgotten or known to be empty. */
function isCurrent(state: State, hi: number): boolean {
  return epochOf(hi) === epochOf(state.scalars.hi(Scalar.knownBackground));
}

function loOf(state: State, known: Store, index: number): number {
  return isCurrent(state, known.hi(index)) ? known.lo(index) : state.scalars.lo(Scalar.knownBackground);
}

/** States that a slot may be in, or 0 when the table itself tells because all is known. */
export function possibleStates(state: State, index: number): number {
  return state.known === null ? 0 : loOf(state, state.known, index) & 7;
}

/** Whether something was learnt of a slot, so that the background does not hold for it. */
export function isLearnt(state: State, index: number): boolean {
  return state.known !== null && isCurrent(state, state.known.hi(index));
}

/** Whether exactly one state is possible. */
export function isSettled(states: number): boolean {
  return states === 0 || states === FREE || states === VALID || states === ABSENT;
}

/** What holds for every slot that nothing was learnt of: states that are possible; 0 when all is known. */
export function backgroundStates(state: State): number {
  return state.known === null ? 0 : state.scalars.lo(Scalar.knownBackground) & 7;
}

/** How one part of a slot is known. */
export function certaintyOf(state: State, index: number, part: Part): Certainty {
  if (state.known === null) return 'observed';
  const lo = loOf(state, state.known, index);
  const certainty = CERTAINTIES[(lo >>> partShift[part]) & 3] as Certainty;
  const open = certainty === 'unknown' || certainty === 'assumed';
  const momentary = open && (part === 'rc' || part === 'guestRc') && (lo & RC_MOMENTARY) !== 0;
  return momentary && state.scalars.lo(Scalar.rcFresh) === 1 ? 'observed' : certainty;
}

/** What is known of a slot; null for a machine of which all is known. */
export function knownOf(state: State, index: number): Known | null {
  const { known, scalars } = state;
  if (known === null) return null;
  const current = isCurrent(state, known.hi(index));
  const lo = current ? known.lo(index) : scalars.lo(Scalar.knownBackground);
  const hi = current ? known.hi(index) : scalars.hi(Scalar.knownBackground);
  const causeAt = (bits: number): Cause => CAUSES[bits & 31] as Cause;
  const states = lo & 7;
  const certainty = {} as Record<Part, Certainty>;
  const cause: Partial<Record<Part, Cause>> = {};
  for (const part of PARTS) {
    certainty[part] = certaintyOf(state, index, part);
    if (certainty[part] !== 'unknown') continue;
    if (part === 'state') cause[part] = causeAt(lo >>> 18);
    else if (part === 'dword0' || part === 'guest') cause[part] = causeAt(lo >>> 23);
    else if (part === 'frame' || part === 'rights') cause[part] = causeAt(hi);
    else cause[part] = causeAt(hi >>> 5);
  }
  const assumed = (lo >>> 28) | (((hi >>> 10) & 0xff) << 4);
  return { states, certainty, cause, assumed, knownStates: certainty.state === 'assumed' ? (lo >>> 18) & 7 : states };
}

/** Makes a machine of which nothing is known, for one reason. */
export function makeUnknown(state: State, cause: Cause): void {
  state.newKnown();
  const certainty = Object.fromEntries(PARTS.map((part) => [part, 'unknown'])) as Record<Part, Certainty>;
  const causes = { state: cause, dword0: cause, frame: cause, rc: cause };
  const any = FREE | VALID | ABSENT;
  const nothing = { states: any, certainty, rcMomentary: false, causes, assumed: 0, knownStates: any };
  state.putScalar(Scalar.knownBackground, packHi(nothing, 1), packLo(nothing));
}
