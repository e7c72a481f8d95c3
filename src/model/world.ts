/**
 * What the machine asks of the world outside it: the host's page tables, get_user_pages and the hardware's R and C updates.
 * A scenario answers from its model of host memory (host.ts), replay from what a trace tells.
 *
 * Answers are left in the fields, so that asking allocates nothing.
 */
import type { Hpt } from './hpt';
import type { Memslot } from './ranges';

export interface World {
  /** Host PTE flags (bits.ts PTE_*) of the last page found. */
  pteFlags: number;
  /** Its page frame number: of the whole block for a huge page. */
  ptePfn: number;
  /** log2 of the size that the host maps with this PTE. */
  pteShift: number;

  /**
   * Looks a page of a memslot up in the host's page tables (find_linux_pte).
   * @param page within the memslot, in host pages
   * @returns false when there is no PTE to point at; true also for a PTE that is not present
   */
  findPte(slot: Memslot, page: number): boolean;

  /** Marks the PTE found last accessed, and dirty when `writing` and it is writable; answers the updated flags. */
  updatePte(writing: boolean): void;

  /** get_user_pages: answers pfn (of the block), flags and shift as findPte does; takes a reference. */
  getPage(slot: Memslot, page: number, write: boolean): boolean;

  /** get_user_page_fast_only for write: no fault is taken. */
  getPageFast(slot: Memslot, page: number): boolean;

  /**
   * The mapping of I/O memory (VM_PFNMAP) that covers so many bytes from a page on, or false. Answers ptePfn (of that page), its cache
   * attribute and RW flag in pteFlags.
   */
  pfnmap(slot: Memslot, page: number, bytes: number): boolean;

  /**
   * linux-6.1's slow path for I/O memory: fixes a missing PTE up and tells in pteFlags whether it is writable.
   * @returns false when the access cannot be allowed
   */
  fixupPfnmap(slot: Memslot, page: number, write: boolean): boolean;

  /** Gives back the reference of the last get_user_pages. */
  putPage(): void;

  /** set_page_dirty on a page (the head of a huge one). */
  setPageDirty(pfn: number): void;

  /** The hardware sets R, or R and C, in dword 1. */
  hardwareRc(hpt: Hpt, index: number, bits: number): void;
}
