/** Ranges of memory: memslots, which give the guest its physical memory, and the mappings of the VMM's address space that stand behind. */
import type { Store } from './store';

/** A range of guest physical memory backed by host virtual memory. Page unit: the host page. */
export class Memslot {
  /**
   * @param end hva after its last byte
   * @param phys PPC970 only: survives the deletion of the slot
   */
  constructor(
    readonly owner: number,
    readonly id: number,
    readonly baseGfn: number,
    readonly npages: number,
    readonly hva: number,
    readonly end: number,
    readonly rmap: Store,
    readonly dirty: Store,
    readonly phys: Store | null,
  ) {}
}

/** What a mapping of the VMM's address space is. */
export interface Mapping {
  readonly hva: number;
  /** host pages */
  readonly npages: number;
  readonly writable: boolean;
  readonly cow: boolean;
  /** log2 of the host pages in one PTE's block */
  readonly order: number;
  readonly pfnmap: boolean;
  readonly pfn: number;
  /** cache attribute bits of a pfnmap PTE: 0, 0x20, 0x40, 0x60 */
  readonly cache: number;
}

/** A mapping of the VMM's address space. */
export class Vma implements Mapping {
  readonly hva: number;
  readonly npages: number;
  readonly writable: boolean;
  readonly cow: boolean;
  readonly order: number;
  readonly pfnmap: boolean;
  readonly pfn: number;
  readonly cache: number;
  /** address after its last byte */
  readonly end: number;
  readonly blockBytes: number;
  readonly blocksPerByte: number;
  /** log2 of a block's bytes */
  readonly blockShift: number;

  /** @param pageShift log2 of the host page size */
  constructor(
    readonly owner: number,
    readonly ptes: Store,
    of: Mapping,
    pageShift: number,
  ) {
    this.hva = of.hva;
    this.npages = of.npages;
    this.writable = of.writable;
    this.cow = of.cow;
    this.order = of.order;
    this.pfnmap = of.pfnmap;
    this.pfn = of.pfn;
    this.cache = of.cache;
    this.blockShift = pageShift + of.order;
    this.blockBytes = 2 ** this.blockShift;
    this.blocksPerByte = 1 / this.blockBytes;
    this.end = of.hva + of.npages * 2 ** pageShift;
  }
}

/** Page frame number of a host PTE word. */
export function pfnOf(hi: number, lo: number): number {
  return hi === 0 ? lo >>> 12 : (hi >>> 0) * 1048576 + (lo >>> 12);
}
