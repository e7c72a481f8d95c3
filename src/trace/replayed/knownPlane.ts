// Writes what replay knows into the run's plane of knowledge (src/timeline/known.ts), through the journal.

import { Scalar, type State } from '../../model/state';
import type { Store } from '../../model/store';
import {
  type Certainty,
  EPOCHS,
  epochOf,
  type Known,
  knownOf,
  PARTS,
  type Part,
  packHi,
  packLo,
  withoutCertainty,
} from '../../timeline/known';
import { FREE, type Slot } from '../replay/knowledge';

const all = (certainty: Certainty): Record<Part, Certainty> =>
  Object.fromEntries(PARTS.map((part) => [part, certainty])) as Record<Part, Certainty>;
const allUnknown = all('unknown');
const allInferred = all('inferred');
const allAssumed = all('assumed');
const allObserved = all('observed');

export class KnownPlane {
  readonly #state: State;
  readonly #known: Store;
  #epoch = 0;
  /** slots were told since the background was */
  #told = true;

  constructor(state: State) {
    this.#state = state;
    this.#known = state.newKnown();
  }

  /** What is known of a slot. */
  of(index: number): Known {
    const known = knownOf(this.#state, index);
    if (known === null) {
      throw new Error('a replayed machine without its plane of knowledge');
    }
    return known;
  }

  /** Whether every slot that nothing was learnt of is known to be free. */
  get backgroundIsFree(): boolean {
    const { states, certainty } = this.of(this.#state.hpt.entries);
    return states === FREE && certainty.state !== 'assumed';
  }

  /** All that was learnt is void: this holds for every slot. */
  reset(background: Slot, observed: boolean): void {
    const { states, assumed } = background;
    const free = assumed !== undefined ? allAssumed : observed ? allObserved : allInferred;
    const certainty = states === FREE ? free : allUnknown;
    const knowing = {
      states,
      certainty,
      rcMomentary: false,
      causes: causesOf(background),
      assumed: assumed?.basis ?? 0,
      knownStates: assumed?.states ?? states,
    };
    const lo = packLo(knowing);
    const { scalars } = this.#state;
    const same =
      scalars.lo(Scalar.knownBackground) === lo && scalars.hi(Scalar.knownBackground) === packHi(knowing, this.#epoch);
    if (same && !this.#told) {
      return;
    }
    this.#nextEpoch();
    this.#told = false;
    this.#state.putScalar(Scalar.knownBackground, packHi(knowing, this.#epoch), lo);
  }

  #nextEpoch(): void {
    this.#epoch++;
    if (this.#epoch < EPOCHS) {
      return;
    }
    this.#epoch = 1;
    const written: number[] = [];
    this.#known.forEach((index) => written.push(index));
    for (const index of written) {
      this.#state.put(this.#known, index, 0, 0);
    }
  }

  /** What is known of one slot from now on. */
  put(
    index: number,
    slot: Slot,
    certainty: Readonly<Record<Part, Certainty>>,
    rcMomentary: boolean,
    assumed = slot.assumed?.basis ?? 0,
  ): void {
    this.#told = true;
    const { states } = slot;
    const knownStates = slot.assumed?.states ?? states;
    const knowing = { states, certainty, rcMomentary, causes: causesOf(slot), assumed, knownStates };
    this.#state.put(this.#known, index, packHi(knowing, this.#epoch), packLo(knowing));
  }

  /** R and C of a slot's guest view are unknown from now on. */
  forgetGuestRc(index: number): void {
    const hi = this.#known.hi(index);
    if (epochOf(hi) === this.#epoch) {
      this.#state.put(this.#known, index, hi, withoutCertainty(this.#known.lo(index), 'guestRc'));
    }
  }

  /** Slots that something was learnt of, and that are not known to be free. */
  taken(): number[] {
    const taken: number[] = [];
    this.#known.forEach((index, hi, lo) => {
      if (epochOf(hi) === this.#epoch && (lo & 7) !== FREE) {
        taken.push(index);
      }
    });
    return taken;
  }

  /** R and C of the last dump hold until the guest runs on. */
  setRcFresh(fresh: boolean): void {
    this.#state.putScalar(Scalar.rcFresh, 0, fresh ? 1 : 0);
  }
}

function causesOf({ cause, idCause, frameCause, rcCause }: Slot): {
  readonly state: Slot['cause'];
  readonly dword0: Slot['cause'];
  readonly frame: Slot['cause'];
  readonly rc: Slot['cause'];
} {
  return { state: cause, dword0: idCause, frame: frameCause, rc: rcCause };
}
