// What is known of the host's page table: which guest pages it has mapped, to which frames, and when a page was seen not mapped.
//
// Between two invalidations that cover a page it can only come, once: a frame that was seen is the frame until the next one, and
// a page that was seen not mapped has not been mapped since the last one. Nothing announces that a page gets mapped.
// A page that /proc/PID/pagemap calls present may still be closed to the guest (PROT_NONE, NUMA hinting): that it can be used is
// known when it came after it had been gone, or when no invalidation since the machine began can have closed it.

export interface Covering {
  /** event of the last invalidation that can have covered a page; -1 without one */
  readonly event: number;
  readonly task: number;
  /** it may have left the page present and closed to all access */
  readonly mayClose: boolean;
}

interface Mapped {
  /** real address of the host page; undefined while unknown */
  readonly frame: bigint | undefined;
  /** the event before which an access to it works, so that an entry made of it from then on is valid; undefined: not known to */
  readonly openBefore: number | undefined;
}

export class HostPages {
  readonly #mapped = new Map<number, Mapped>();
  /** where among the events a page was last seen not mapped */
  readonly #gone = new Map<number, number>();
  readonly #covered = new Map<number, Covering>();
  #coveredAll: Covering;
  #pagemap: { readonly before: number; readonly present: ReadonlySet<number> } | undefined;

  /** @param fromStart the trace shows the machine's whole life */
  constructor(fromStart: boolean) {
    this.#coveredAll = { event: -1, task: -1, mayClose: !fromStart };
  }

  /** An entry that maps the page is valid, before an event. */
  used(page: number, frame: bigint | undefined, before: number): void {
    const known = this.#mapped.get(page);
    this.#mapped.set(page, { frame: frame ?? known?.frame, openBefore: known?.openBefore ?? before });
  }

  /** The page was seen present before an event. */
  seenPresent(page: number, frame: bigint | undefined, before: number): void {
    const openBefore = this.#mapped.get(page)?.openBefore ?? (this.#canBeUsed(page) ? before : undefined);
    this.#mapped.set(page, { frame: frame ?? this.frameOf(page), openBefore });
  }

  /** Whether the page, if it is mapped, is surely not closed. */
  #canBeUsed(page: number): boolean {
    const { event, mayClose } = this.covering(page);
    return !mayClose || this.#mapped.get(page)?.openBefore !== undefined || this.lastGone(page) > event;
  }

  /** The page was seen not to be mapped. */
  seenGone(page: number, before: number): void {
    this.#gone.set(page, before);
    this.#mapped.delete(page);
  }

  /** Where the page was last seen not mapped; -1 when it was not. */
  lastGone(page: number): number {
    const own = this.#gone.get(page) ?? -1;
    const pagemap = this.#pagemap;
    return pagemap === undefined || pagemap.present.has(page) ? own : Math.max(own, pagemap.before);
  }

  /** A dump of all guest pages that are present, with their frames. */
  seenAll(present: ReadonlyMap<number, bigint>, before: number): void {
    for (const [page, frame] of present) {
      if (this.#mapped.get(page)?.frame !== frame) {
        this.seenPresent(page, frame, before);
      }
    }
    this.#pagemap = { before, present: new Set(present.keys()) };
  }

  /** An entry of the page made at or after an event, with no invalidation under way, is valid. */
  isOpen(page: number, event: number): boolean {
    return (this.#mapped.get(page)?.openBefore ?? event + 1) <= event;
  }

  frameOf(page: number): bigint | undefined {
    return this.#mapped.get(page)?.frame;
  }

  /** An invalidation of pages first to last begins. A page that may be closed may stay so. */
  cover(first: number, last: number, by: Covering): void {
    if (last - first >= manyPages) {
      this.coverAll({ ...by, mayClose: true }, (page) => page >= first && page <= last);
      return;
    }
    for (let page = first; page <= last; page++) {
      const mayClose = by.mayClose || !this.#canBeUsed(page);
      this.#covered.set(page, mayClose === by.mayClose ? by : { ...by, mayClose });
      this.#mapped.delete(page);
    }
  }

  /** Any page may be another one, or gone. */
  coverAll(by: Covering, covers: (page: number) => boolean = () => true): void {
    this.#coveredAll = by;
    for (const page of [...this.#mapped.keys()].filter(covers)) {
      this.#mapped.delete(page);
    }
  }

  covering(page: number): Covering {
    const own = this.#covered.get(page);
    return own !== undefined && own.event > this.#coveredAll.event ? own : this.#coveredAll;
  }
}

const manyPages = 65536;
