// What later observations force of an H_ENTER whose result was open when it happened. Dumps are not used for it, so that what a
// dump is compared with never comes from that dump. An entry that was entered absent has real page 0 until a fault installs it, and
// neither R nor C but what the guest gave; one that was entered valid has its real page, also after an invalidation.

import { ABSENT, VALID } from './knowledge';
import { RC } from './words';

interface Origin {
  readonly event: number;
  /** R and C that the guest gave */
  readonly rc: bigint;
}

export class Hindsight {
  /** VALID or ABSENT by index of the kvm_hcall_enter event */
  readonly outcomes = new Map<number, number>();
  readonly #origins = new Map<number, Origin>();

  /** @param before what an earlier pass over the same trace found */
  constructor(readonly before: ReadonlyMap<number, number>) {}

  /** What is known to have come of an H_ENTER. */
  outcomeOf(event: number): number | undefined {
    return this.before.get(event);
  }

  /** An entry was made by an H_ENTER, and it is open whether valid or absent. */
  entered(index: number, event: number, rc: bigint): void {
    this.#origins.set(index, { event, rc });
  }

  /** The entry was removed or installed: what is seen of the slot from now on says nothing of its origin. */
  over(index: number): void {
    this.#origins.delete(index);
  }

  clear(): void {
    this.#origins.clear();
  }

  #settle(index: number, state: number): void {
    const origin = this.#origins.get(index);
    if (origin !== undefined) {
      this.outcomes.set(origin.event, state);
      this.#origins.delete(index);
    }
  }

  /** A fault shows the entry: valid, or absent with this real page. */
  seen(index: number, valid: boolean, frame: bigint | undefined): void {
    if (valid) {
      this.#settle(index, VALID);
    } else if (frame !== undefined) {
      this.#settle(index, frame === 0n ? ABSENT : VALID);
    }
  }

  /** The host has no page there, and has had none since the entry was made. */
  notMapped(index: number): void {
    this.#settle(index, ABSENT);
  }

  /** R and C of the entry as a hypercall returned them. */
  returned(index: number, rc: bigint): void {
    const origin = this.#origins.get(index);
    if (origin !== undefined && (rc & RC & ~origin.rc) !== 0n) {
      this.#settle(index, VALID);
    }
  }
}
