// Why vCPUs left the guest last: asked for at page faults only, so the exits before are decoded then, and only those that are looked at.

import type { GuestExit } from '../decoded';
import type { TraceEvents } from '../events';

/** Exits that are remembered. Between a vCPU's exit and its page fault come those of the other vCPUs of the machine, few times over. */
const remembered = 256;

export class GuestExits {
  readonly #events: TraceEvents;
  /** a ring of the last ones, by index */
  readonly #last = new Int32Array(remembered);
  #count = 0;

  constructor(events: TraceEvents) {
    this.#events = events;
  }

  /** A kvm_guest_exit event has come. */
  note(event: number): void {
    this.#last[this.#count++ % remembered] = event;
  }

  /** The last exit of a vCPU; undefined if it is too long ago, or not in the trace. */
  of(vcpu: number): GuestExit | undefined {
    for (let n = 1; n <= Math.min(remembered, this.#count); n++) {
      const exit = this.#events.decode(this.#last[(this.#count - n) % remembered] as number);
      if (exit.kind === 'kvm_guest_exit' && exit.vcpu === vcpu) {
        return exit;
      }
    }
    return undefined;
  }
}
