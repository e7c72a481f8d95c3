// What later observations force of earlier moments. A first pass over the trace collects it, the next one uses it. Dumps of the table
// are not used for it, so that what a dump is compared with never comes from that dump.
//
//  - An entry that was entered absent has real page 0 until a fault installs it, and neither R nor C but what the guest gave; one
//    that was entered valid has its real page, also after an invalidation.
//  - A page that cannot be used could not since the last invalidation that covered it, so entries made meanwhile are absent.
//  - The frame of a page is its frame from when it comes to the next invalidation.
//  - The real-mode area of a new table has pages of one size: one of its entries shows it.

import { ABSENT, VALID } from './knowledge';
import { RC } from './words';

/** What the passes over a trace have found. Events are those of the kvm_hcall_enter, or of the first run for the real-mode area. */
export class Found {
  /** VALID or ABSENT, by event and slot */
  readonly outcomes: Map<string, number>;
  /** stretches of events in which a guest page was not mapped, or closed */
  readonly unusable: Stretches;
  /** stretches of events in which a guest page, if mapped, had one frame */
  readonly frames: Stretches;
  /** log2 of the page size of the real-mode area, by the event of the first run */
  readonly vrmaShifts: Map<number, number>;

  /** @param before what was found in earlier passes holds on */
  constructor(before?: Found) {
    this.outcomes = new Map(before?.outcomes);
    this.vrmaShifts = new Map(before?.vrmaShifts);
    this.unusable = new Stretches(before?.unusable);
    this.frames = new Stretches(before?.frames);
  }

  /** How much was found; more than before is a reason for another pass. */
  get amount(): number {
    return this.outcomes.size + this.vrmaShifts.size + this.unusable.amount + this.frames.amount;
  }
}

interface Stretch {
  readonly before: number;
  /** undefined: not told, or two were seen */
  readonly frame: bigint | undefined;
}

/** Stretches of events (those after `from` and before `before`) by guest page and `from`. */
class Stretches {
  readonly #all = new Map<number, Map<number, Stretch>>();
  /** events in all stretches */
  amount: number;

  constructor(copied?: Stretches) {
    this.amount = copied?.amount ?? 0;
    for (const [page, stretches] of copied === undefined ? [] : copied.#all) {
      this.#all.set(page, new Map(stretches));
    }
  }

  /** Adds a stretch; of two with the same beginning the longer one stays. */
  add(page: number, from: number, stretch: Stretch): void {
    let ofPage = this.#all.get(page);
    if (ofPage === undefined) {
      ofPage = new Map();
      this.#all.set(page, ofPage);
    }
    const old = ofPage.get(from);
    const before = Math.max(old?.before ?? from, stretch.before);
    ofPage.set(from, { before, frame: old === undefined || old.frame === stretch.frame ? stretch.frame : undefined });
    this.amount += before - (old?.before ?? from);
  }

  /** The stretch that has all events from one to another. */
  around(page: number, first: number, last: number): Stretch | undefined {
    for (const [from, stretch] of this.#all.get(page) ?? []) {
      if (from < first && last < stretch.before) {
        return stretch;
      }
    }
    return undefined;
  }
}

interface Origin {
  readonly event: number;
  /** R and C that the guest gave */
  readonly rc: bigint;
  /** number of the guest page, in host pages */
  readonly page: number;
}

const keyOf = (event: number, index: number): string => `${event} ${index}`;

export class Hindsight {
  /** what this pass found, and those before it */
  readonly found: Found;
  readonly #before: Found;
  readonly #origins = new Map<number, Origin>();

  /** faults are recorded: what an entry is later says what it was made as */
  readonly #traces: boolean;

  /**
   * @param before what an earlier pass over the same trace found
   * @param faultsRecorded no entry is installed without an event
   */
  constructor(before: Found, faultsRecorded: boolean) {
    this.#before = before;
    this.#traces = faultsRecorded;
    this.found = new Found(before);
  }

  /** What is known to have come of an entry that was made at an event. */
  outcomeOf(event: number, index: number): number | undefined {
    return this.#before.outcomes.get(keyOf(event, index));
  }

  /** Whether a page is known not to have been usable from one event to another. */
  wasUnusable(page: number, from: number, to: number): boolean {
    return this.#before.unusable.around(page, from, to) !== undefined;
  }

  /** The frame that a page has at an event if it is mapped then. */
  frameAt(page: number, event: number): bigint | undefined {
    return this.#before.frames.around(page, event, event)?.frame;
  }

  /** Page size (log2) of the real-mode area that was made at an event. */
  vrmaShiftOf(event: number): number | undefined {
    return this.#before.vrmaShifts.get(event);
  }

  /** An entry was made, and it is open whether valid or absent. */
  entered(index: number, event: number, rc: bigint, page: number): void {
    if (this.#traces) {
      this.#origins.set(index, { event, rc, page });
    }
  }

  /** The entry was removed or installed: what is seen of the slot from now on says nothing of its origin. */
  over(index: number): void {
    this.#origins.delete(index);
  }

  clear(): void {
    this.#origins.clear();
  }

  /** Slots whose origin is open, each with its guest page. */
  *open(): Generator<{ readonly index: number; readonly page: number }> {
    for (const [index, { page }] of this.#origins) {
      yield { index, page };
    }
  }

  #settle(index: number, state: number): void {
    const origin = this.#origins.get(index);
    if (origin !== undefined) {
      this.found.outcomes.set(keyOf(origin.event, index), state);
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

  /** R and C of the entry as a hypercall returned them. */
  returned(index: number, rc: bigint): void {
    const origin = this.#origins.get(index);
    if (origin !== undefined && (rc & RC & ~origin.rc) !== 0n) {
      this.#settle(index, VALID);
    }
  }

  /** A page is seen not to be usable, and was last covered by an invalidation at `from`. */
  pageUnusable(page: number, from: number, before: number): void {
    this.found.unusable.add(page, from, { before, frame: undefined });
  }

  /** A page is seen at a frame, and was last covered by an invalidation at `from`. */
  pageAt(page: number, frame: bigint, from: number, before: number): void {
    this.found.frames.add(page, from, { before, frame });
  }

  /** An entry of the real-mode area that was made at an event is seen. */
  vrmaSeen(event: number, shift: number): void {
    this.found.vrmaShifts.set(event, shift);
  }
}
