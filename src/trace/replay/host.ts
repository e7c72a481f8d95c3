// What is known of the host side: memslots, the host's page table (hostPages.ts), and which invalidations are under way.
//
// An invalidation begins at its event; its end leaves none. It is over at the latest at the same task's next event outside the
// notifier, and when a fault passes the kernel's own check (mmu_invalidate_retry).

import { type Covering, HostPages } from './hostPages';

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

/** An invalidation of host addresses start to end (excluded) that began at an event. */
export interface Invalidation {
  readonly task: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly event: number;
  /** it may leave pages present and closed to all access */
  readonly mayClose: boolean;
}

export class Host {
  /** null: the recording does not tell them */
  slots: readonly ReplaySlot[] | null;
  /** bytes of a host page */
  readonly pageBytes: bigint;
  readonly pages: HostPages;
  #open: Invalidation[] = [];
  /** event of the last invalidation that met a memslot */
  lastInvalidation = -1;

  constructor(
    readonly pageShift: number,
    slots: readonly ReplaySlot[] | null,
    fromStart: boolean,
  ) {
    this.pages = new HostPages(fromStart);
    this.slots = slots;
    this.pageBytes = 1n << BigInt(pageShift);
  }

  /** Number of a guest page, in host pages. */
  pageOf(gpa: bigint): number {
    return Number(gpa >> BigInt(this.pageShift));
  }

  /** The memslot of a guest real address; null without one, undefined while memslots are not known. */
  slotOf(gpa: bigint): ReplaySlot | null | undefined {
    if (this.slots === null) {
      return undefined;
    }
    return this.slots.find((slot) => gpa >= slot.gpa && gpa < slot.gpa + slot.size) ?? null;
  }

  /** Whether a memslot has a guest page. */
  isIn({ gpa, size }: ReplaySlot, page: number): boolean {
    return page >= this.pageOf(gpa) && page < this.pageOf(gpa + size);
  }

  /** Whether a range of host addresses is one page, or holds all of each memslot that it meets. */
  extentOf(start: bigint, end: bigint): 'page' | 'memslot' | 'part' {
    if (end - start <= this.pageBytes) {
      return 'page';
    }
    const met = this.slots?.filter((slot) => start < slot.hva + slot.size && end > slot.hva);
    return met?.every((slot) => start <= slot.hva && end >= slot.hva + slot.size) === true ? 'memslot' : 'part';
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

  /** Before an event, an entry that maps this guest real address is valid; `frame` is the host page's real address, where it is known. */
  used(gpa: bigint, frame: bigint | undefined, before: number): void {
    this.pages.used(this.pageOf(gpa), frame, before);
  }

  /** Whether an entry of this page whose making began with an event, with no invalidation under way, is valid. */
  isOpen(gpa: bigint, event: number): boolean {
    return this.pages.isOpen(this.pageOf(gpa), event);
  }

  /** Real address behind a guest real address, if it is known. */
  frameOf(gpa: bigint): bigint | undefined {
    const frame = this.pages.frameOf(this.pageOf(gpa));
    return frame === undefined ? undefined : frame | (gpa & (this.pageBytes - 1n));
  }

  /** From an event on nothing is known of any page. */
  forgetPages(event: number): void {
    this.pages.coverAll({ event, task: -1, mayClose: true });
  }

  /** Events were lost up to this one: any page may have changed, and an invalidation may be under way whose beginning was lost. */
  lostEvents(event: number): void {
    this.forgetPages(event);
    this.#open = [{ task: -1, start: 0n, end: 1n << 64n, event, mayClose: true }];
  }

  /** An invalidation begins. `ranges` are the guest pages that it meets; null while memslots are not known. */
  invalidate(begun: Invalidation, ranges: readonly GuestRange[] | null): void {
    const { task, start, end, event } = begun;
    // a nested invalidation (a huge page is split) meets the outer one; another one says that the outer one is over
    this.#open = this.#open.filter((one) => one.task !== task || (start < one.end && end > one.start));
    this.#open.push(begun);
    this.lastInvalidation = event;
    if (ranges === null) {
      this.pages.coverAll(begun);
      return;
    }
    for (const { from, to } of ranges) {
      this.pages.cover(this.pageOf(from), this.pageOf(to - 1n), begun);
    }
  }

  /** The last invalidation that can have covered a page. */
  lastInvalidationOf(gpa: bigint): Covering {
    return this.pages.covering(this.pageOf(gpa));
  }

  /** Invalidations that may be under way. */
  get underWay(): readonly Invalidation[] {
    return this.#open;
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
