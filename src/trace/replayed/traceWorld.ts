// The world of a replayed machine: it answers from what the trace tells about the operation that is run, and knows nothing else.

import { PTE_ACCESSED, PTE_PRESENT, PTE_RW } from '../../model/bits';
import type { World } from '../../model/world';

/** The host page behind an operation, as far as the trace tells it. */
export interface HostAnswer {
  /** the host has the page mapped, or get_user_pages finds one */
  readonly present: boolean;
  /** page frame number; any number but 0 when it is not known */
  readonly pfn: number;
  /** log2 of the size that the host maps there */
  readonly shift: number;
  readonly writable: boolean;
}

const absent: HostAnswer = { present: false, pfn: 0, shift: 12, writable: false };

/** Stands for a frame that is not known. */
export const UNKNOWN_PFN = 1;

export class TraceWorld implements World {
  pteFlags = 0;
  ptePfn = 0;
  pteShift = 0;
  #answer: HostAnswer = absent;
  #whileGettingPages: (() => void) | null = null;

  /** What to answer until the next call, and what happens while get_user_pages runs. */
  expect(answer: HostAnswer | null, whileGettingPages: (() => void) | null = null): void {
    this.#answer = answer ?? absent;
    this.#whileGettingPages = whileGettingPages;
  }

  findPte(): boolean {
    this.#tell();
    return this.#answer.present;
  }

  updatePte(): void {}

  getPage(): boolean {
    this.#wait();
    this.#tell();
    return this.#answer.present;
  }

  getPageFast(): boolean {
    this.#wait();
    this.#tell();
    return this.#answer.present && this.#answer.writable;
  }

  pfnmap(): boolean {
    return false;
  }

  fixupPfnmap(): boolean {
    return false;
  }

  putPage(): void {}

  setPageDirty(): void {}

  hardwareRc(): void {}

  #wait(): void {
    const meanwhile = this.#whileGettingPages;
    this.#whileGettingPages = null;
    if (meanwhile !== null) {
      const answer = this.#answer;
      meanwhile();
      this.#answer = answer;
    }
  }

  #tell(): void {
    const { present, pfn, shift, writable } = this.#answer;
    this.pteFlags = present ? PTE_PRESENT | PTE_ACCESSED | (writable ? PTE_RW : 0) : 0;
    this.ptePfn = pfn;
    this.pteShift = shift;
  }
}
