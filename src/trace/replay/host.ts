// What is known of the host side: memslots, which guest pages the host has mapped and where, and which invalidations are under way.
//
// A page that was seen mapped stays mapped at that frame until an invalidation covers it: the kernel announces every change of a
// present host PTE (kvm_unmap_hva_range). Nothing announces that a page gets mapped, so "not mapped" holds only backwards, to
// the last invalidation of the page. An invalidation begins at its event; its end leaves none. It is over at the latest at the
// same task's next event outside the notifier, and when a fault passes the kernel's own check (mmu_invalidate_retry).

export interface ReplaySlot {
  readonly slot: number;
  /** guest real address, size in bytes, host virtual address */
  readonly gpa: bigint;
  readonly size: bigint;
  readonly hva: bigint;
  readonly logDirty: boolean;
}

/** A range of guest real addresses, the end excluded. */
export interface GuestRange {
  readonly from: bigint;
  readonly to: bigint;
}

interface Invalidation {
  readonly task: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly event: number;
}

export class Host {
  /** null: the recording does not tell them */
  slots: readonly ReplaySlot[] | null;
  /** bytes of a host page */
  readonly pageBytes: bigint;
  /** frame address (undefined: unknown) of pages that are mapped, by guest page number */
  #mapped = new Map<number, bigint | undefined>();
  #open: Invalidation[] = [];
  /** event of the last invalidation that met a memslot, by task it came from; and of the last one at all */
  lastInvalidation = -1;
  readonly #lastOfPage = new Map<number, { event: number; task: number }>();
  #lastOfAll = { event: -1, task: -1 };

  constructor(
    readonly pageShift: number,
    slots: readonly ReplaySlot[] | null,
  ) {
    this.slots = slots;
    this.pageBytes = 1n << BigInt(pageShift);
  }

  #number(gpa: bigint): number {
    return Number(gpa >> BigInt(this.pageShift));
  }

  /** The memslot of a guest real address; null without one, undefined while memslots are not known. */
  slotOf(gpa: bigint): ReplaySlot | null | undefined {
    if (this.slots === null) {
      return undefined;
    }
    return this.slots.find((slot) => gpa >= slot.gpa && gpa < slot.gpa + slot.size) ?? null;
  }

  /** Guest ranges of a range of host addresses; whole pages. */
  guestRanges(start: bigint, end: bigint): GuestRange[] {
    const ranges: GuestRange[] = [];
    for (const slot of this.slots ?? []) {
      const from = start > slot.hva ? start & ~(this.pageBytes - 1n) : slot.hva;
      const slotEnd = slot.hva + slot.size;
      const to = end < slotEnd ? (end + this.pageBytes - 1n) & ~(this.pageBytes - 1n) : slotEnd;
      if (from < to && from < slotEnd && to > slot.hva) {
        ranges.push({ from: slot.gpa + (from - slot.hva), to: slot.gpa + (to - slot.hva) });
      }
    }
    return ranges;
  }

  /** The page at a guest real address is mapped; `frame` is the real address of the host page. */
  setMapped(gpa: bigint, frame: bigint | undefined): void {
    const number = this.#number(gpa);
    if (frame !== undefined || !this.#mapped.has(number)) {
      this.#mapped.set(number, frame);
    }
  }

  isMapped(gpa: bigint): boolean {
    return this.#mapped.has(this.#number(gpa));
  }

  /** Real address behind a guest real address, if it is known. */
  frameOf(gpa: bigint): bigint | undefined {
    const frame = this.#mapped.get(this.#number(gpa));
    return frame === undefined ? undefined : frame | (gpa & (this.pageBytes - 1n));
  }

  forgetPages(): void {
    this.#mapped.clear();
  }

  /** An invalidation begins. `ranges` are the guest pages that it meets; null while memslots are not known. */
  invalidate(event: number, task: number, start: bigint, end: bigint, ranges: readonly GuestRange[] | null): void {
    // a nested invalidation (a huge page is split) meets the outer one; another one says that the outer one is over
    this.#open = this.#open.filter((one) => one.task !== task || (start < one.end && end > one.start));
    this.#open.push({ task, start, end, event });
    this.lastInvalidation = event;
    if (ranges === null) {
      this.#mapped.clear();
      this.#lastOfAll = { event, task };
      return;
    }
    for (const { from, to } of ranges) {
      const first = this.#number(from);
      const last = this.#number(to - 1n);
      this.#forgetRange(first, last);
      if (last - first < 65536) {
        for (let page = first; page <= last; page++) {
          this.#lastOfPage.set(page, { event, task });
        }
      } else {
        this.#lastOfAll = { event, task };
      }
    }
  }

  #forgetRange(first: number, last: number): void {
    if (last - first < this.#mapped.size) {
      for (let page = first; page <= last; page++) {
        this.#mapped.delete(page);
      }
      return;
    }
    for (const page of [...this.#mapped.keys()]) {
      if (page >= first && page <= last) {
        this.#mapped.delete(page);
      }
    }
  }

  /** The last invalidation that can have covered a page. */
  lastInvalidationOf(gpa: bigint): { readonly event: number; readonly task: number } {
    const own = this.#lastOfPage.get(this.#number(gpa));
    return own !== undefined && own.event > this.#lastOfAll.event ? own : this.#lastOfAll;
  }

  /** Whether an invalidation may be under way. */
  get invalidating(): boolean {
    return this.#open.length > 0;
  }

  /** A task does something outside the notifier. */
  taskGoesOn(task: number): void {
    if (this.#open.length > 0) {
      this.#open = this.#open.filter((one) => one.task !== task);
    }
  }

  /** Invalidations that began before an event have ended. */
  endedBefore(event: number): void {
    this.#open = this.#open.filter((one) => one.event > event);
  }
}
