/**
 * Host memory as a scenario models it: the VMM's mappings, their Linux PTEs, get_user_pages, and what the host does to
 * pages (swap-out, write protection, merging). One PTE a block: a page, or a huge page of order > 0.
 */
import { EEXIST, EINVAL, PTE_ACCESSED, PTE_CACHE, PTE_DIRTY, PTE_PRESENT, PTE_RW, PTE_SPECIAL, R_RC } from './bits';
import { eventCode, HOST_CHANGE } from './events';
import type { Hpt } from './hpt';
import * as Lane from './lane';
import { sHost } from './listing';
import { ENTER, EVENT, STEP } from './log';
import {
  ageRange,
  changePte,
  invalidateBlock,
  invalidateRangeEnd,
  invalidateRangeStart,
  testAgeRange,
} from './notifiers';
import { type Memslot, pfnOf, type Vma } from './ranges';
import * as Scalar from './scalar';
import type { Vm } from './vm';
import { frameHi, high, whole } from './words';
import type { World } from './world';

const HOST_PAGE = eventCode('host.page');
const HPTE_RC = eventCode('hpte.rc');
const Change = {
  alloc: HOST_CHANGE.indexOf('alloc'),
  cow: HOST_CHANGE.indexOf('cow'),
  clear: HOST_CHANGE.indexOf('clear'),
  wrprotect: HOST_CHANGE.indexOf('wrprotect'),
  merge: HOST_CHANGE.indexOf('merge'),
} as const;

/** What vma_map takes; addresses in bytes, sizes in host pages. */
export interface VmaSpec {
  readonly hva: number;
  readonly npages: number;
  readonly writable?: boolean;
  /** private: the first write to a page that was read before copies it */
  readonly cow?: boolean;
  /** log2 of the host pages of a huge page */
  readonly order?: number;
  /** I/O memory mapped by frame number, from `pfn` on */
  readonly pfnmap?: boolean;
  readonly pfn?: number;
  /** cache attribute bits of the PTEs: 0, 0x20 (I), 0x40 (W), 0x60 */
  readonly cache?: number;
}

/** The PTEs of such a mapping exist from its start on, so its size is what it costs: this many pages take 64 MiB. */
const MOST_PFNMAP_PAGES = 2 ** 23;

export class HostMemory implements World {
  pteFlags = 0;
  ptePfn = 0;
  pteShift = 0;
  // the PTE looked at last: its mapping, and its number there
  private vma: Vma | null = null;
  private block = 0;
  // the memslot asked for last: the mapping of small pages that holds all of it, if one does, and where it begins there; good while
  // the mappings are these
  private slot: Memslot | null = null;
  private whole: Vma | null = null;
  private firstPage = 0;
  private vmas: readonly Vma[] = [];

  constructor(private readonly vm: Vm) {}

  vmaOf(hva: number): Vma | null {
    const vmas = this.vm.state.vmas;
    for (let i = 0; i < vmas.length; i++) {
      const vma = vmas[i] as Vma;
      if (hva >= vma.hva && hva < vma.end) return vma;
    }
    return null;
  }

  private locate(hva: number): Vma | null {
    const vma = this.vmaOf(hva);
    if (vma === null) this.vma = null;
    else this.look(vma, whole((hva - vma.hva) * vma.blocksPerByte));
    return vma;
  }

  private locatePage(slot: Memslot, page: number): Vma | null {
    const { vmas } = this.vm.state;
    if (slot !== this.slot || vmas !== this.vmas) this.findWhole(slot, vmas);
    const vma = this.whole;
    if (vma === null) return this.locate(slot.hva + page * this.vm.page);
    this.look(vma, this.firstPage + page);
    return vma;
  }

  private findWhole(slot: Memslot, vmas: readonly Vma[]): void {
    const vma = this.vmaOf(slot.hva);
    this.whole = vma !== null && vma.order === 0 && slot.end <= vma.end ? vma : null;
    this.firstPage = vma === null ? 0 : Math.floor((slot.hva - vma.hva) * this.vm.pagesPerByte);
    this.slot = slot;
    this.vmas = vmas;
  }

  /** Looks at a PTE. */
  private look(vma: Vma, block: number): void {
    const chunk = vma.ptes.chunk(block);
    const o = (block & 255) << 1;
    const lo = chunk[o] as number;
    this.vma = vma;
    this.block = block;
    this.pteShift = vma.blockShift;
    this.pteFlags = lo & 0xfff;
    this.ptePfn = pfnOf(chunk[o + 1] as number, lo);
  }

  private setPte(vma: Vma, block: number, flags: number, pfn: number): void {
    const { log } = this.vm.state;
    const chunk = vma.ptes.own(block);
    const o = (block & 255) << 1;
    const hi = frameHi(pfn, 12);
    const lo = (pfn << 12) | flags;
    if (log !== null) log.write(vma.ptes.place, block, chunk, o, hi, lo);
    chunk[o] = lo;
    chunk[o + 1] = hi;
    this.pteFlags = flags;
    this.ptePfn = pfn;
  }

  private note(step: number, change: number, hva: number, pfn: number): void {
    const log = this.vm.state.log;
    if (log === null) return;
    // biome-ignore format: one record a line
    log
      .w(STEP | step)
      .w(EVENT | HOST_PAGE).w(change).w(high(hva)).w(hva | 0).w(high(pfn)).w(pfn | 0);
  }

  private blockHva(vma: Vma, block: number): number {
    return vma.hva + block * vma.blockBytes;
  }

  // ---- World ------------------------------------------------------------------------------------------------------

  findPte(slot: Memslot, page: number): boolean {
    const vma = this.locatePage(slot, page);
    return vma !== null && (vma.order === 0 || (this.pteFlags & PTE_PRESENT) !== 0);
  }

  updatePte(writing: boolean): void {
    if (this.vma === null || (this.pteFlags & PTE_PRESENT) === 0) return;
    const dirty = writing && (this.pteFlags & PTE_RW) !== 0 ? PTE_DIRTY : 0;
    const flags = this.pteFlags | PTE_ACCESSED | dirty;
    if (flags !== this.pteFlags) this.setPte(this.vma, this.block, flags, this.ptePfn);
  }

  getPage(slot: Memslot, page: number, write: boolean): boolean {
    const vma = this.locatePage(slot, page);
    return vma !== null && this.get(vma, write);
  }

  /** get_user_pages of the VMM itself. */
  getUserPages(hva: number, write: boolean): boolean {
    const vma = this.locate(hva);
    return vma !== null && this.get(vma, write);
  }

  /** get_user_pages of the PTE looked at last. */
  private get(vma: Vma, write: boolean): boolean {
    if (vma.pfnmap === true || (write && vma.writable !== true)) return false;
    if ((this.pteFlags & PTE_PRESENT) === 0) this.bring(vma, this.block, write);
    else if (write && (this.pteFlags & PTE_RW) === 0) this.copy(vma, this.block);
    this.vm.state.countScalar(Scalar.gupRefs, 1);
    return true;
  }

  /** Maps a new page. */
  private bring(vma: Vma, block: number, write: boolean): void {
    const pfn = this.allocate(vma.order);
    if (this.vm.state.log !== null) this.note(sHost.fault, Change.alloc, this.blockHva(vma, block), pfn);
    const rw = vma.writable === true && (write || vma.cow !== true) ? PTE_RW : 0;
    this.setPte(vma, block, PTE_PRESENT | PTE_ACCESSED | rw | (write ? PTE_DIRTY : 0), pfn);
  }

  /** Maps a copy of a page that could only be read. */
  private copy(vma: Vma, block: number): void {
    const at = this.blockHva(vma, block);
    this.note(sHost.cow, Change.cow, at, this.ptePfn);
    this.setPte(vma, block, 0, 0);
    invalidateBlock(this.vm, at, vma.blockBytes);
    this.setPte(vma, block, PTE_PRESENT | PTE_ACCESSED | PTE_RW | PTE_DIRTY, this.allocate(vma.order));
    // the notifiers may have let others look elsewhere
    this.vma = vma;
    this.block = block;
    this.pteShift = vma.blockShift;
  }

  getPageFast(slot: Memslot, page: number): boolean {
    const vma = this.locatePage(slot, page);
    if (vma === null || vma.pfnmap === true || (this.pteFlags & (PTE_PRESENT | PTE_RW)) !== (PTE_PRESENT | PTE_RW))
      return false;
    this.vm.state.countScalar(Scalar.gupRefs, 1);
    return true;
  }

  pfnmap(slot: Memslot, page: number, bytes: number): boolean {
    const hva = slot.hva + page * this.vm.page;
    const vma = this.locate(hva);
    if (vma === null || vma.pfnmap !== true || hva + bytes > vma.end) return false;
    this.ptePfn = vma.pfn + Math.floor((hva - vma.hva) / this.vm.page);
    this.pteFlags = vma.cache | (vma.writable === true ? PTE_RW : 0);
    return true;
  }

  fixupPfnmap(slot: Memslot, page: number, write: boolean): boolean {
    const vma = this.locatePage(slot, page);
    if (vma === null || vma.pfnmap !== true) return false;
    if ((this.pteFlags & PTE_PRESENT) === 0) {
      if (write && vma.writable !== true) return false;
      this.setPte(vma, this.block, this.pfnmapFlags(vma), vma.pfn + this.block);
      return true;
    }
    return !write || (this.pteFlags & PTE_RW) !== 0;
  }

  putPage(): void {
    this.vm.state.countScalar(Scalar.gupRefs, -1);
  }

  setPageDirty(pfn: number): void {
    const { dirtyPfns } = this.vm.state;
    if (dirtyPfns.lo(pfn) === 0) this.vm.state.put(dirtyPfns, pfn, 0, 1);
  }

  hardwareRc(hpt: Hpt, index: number, bits: number): void {
    const { log } = this.vm.state;
    const c = hpt.own(index);
    const o = ((index & 255) << 3) + Lane.rLo;
    const rHi = c[o + 1] as number;
    const rLo = (c[o] as number) | bits;
    if (log !== null) log.write(hpt.placeR, index, c, o, rHi, rLo);
    c[o] = rLo;
    if (log !== null) {
      // biome-ignore format: one record a line
      log.w(EVENT | HPTE_RC).w(high(index)).w(index | 0).w(rLo & R_RC).w(rHi).w(rLo);
    }
  }

  private pfnmapFlags(vma: Vma): number {
    return PTE_PRESENT | PTE_SPECIAL | (vma.writable === true ? PTE_RW : 0) | (vma.cache & PTE_CACHE);
  }

  private allocate(order: number): number {
    const st = this.vm.state;
    const size = 1 << order;
    const next = st.scalarNum(Scalar.nextPfn);
    const pfn = order === 0 ? next : Math.ceil(next / size) * size;
    st.setScalarNum(Scalar.nextPfn, pfn + size);
    return pfn;
  }

  // ---- what the VMM and the host's memory management do ------------------------------------------------------------

  /** mmap: 0, EEXIST on overlap, EINVAL when not aligned. */
  map(spec: VmaSpec): number {
    const { hva, npages } = spec;
    const order = spec.order ?? 0;
    const block = this.vm.page * 2 ** order;
    if (npages <= 0 || hva % block !== 0 || npages % 2 ** order !== 0) return EINVAL;
    const end = hva + npages * this.vm.page;
    if (spec.pfnmap && npages > MOST_PFNMAP_PAGES)
      throw new Error(
        `${npages} pages mapped by frame number at hva 0x${hva.toString(16)}: at most ${MOST_PFNMAP_PAGES}`,
      );
    if (this.vm.state.vmas.some((v) => hva < v.hva + v.npages * this.vm.page && end > v.hva)) return EEXIST;
    const vma = this.vm.state.newVma(
      {
        hva,
        npages,
        order,
        writable: spec.writable ?? true,
        cow: spec.cow ?? false,
        pfnmap: spec.pfnmap ?? false,
        pfn: spec.pfn ?? 0,
        cache: spec.cache ?? 0,
      },
      this.vm.pageShift,
    );
    this.vm.state.putVma(vma, true);
    if (vma.pfnmap === true)
      for (let page = 0; page < npages; page++) this.setPte(vma, page, this.pfnmapFlags(vma), vma.pfn + page);
    return 0;
  }

  /** munmap of the whole mapping at `hva`; EINVAL without one. */
  unmap(hva: number): number {
    const vma = this.vmaOf(hva);
    if (vma === null) return EINVAL;
    const end = vma.hva + vma.npages * this.vm.page;
    const vm = this.vm;
    invalidateRangeStart(vm, vma.hva, end);
    this.clearAll(vma, vma.hva, end);
    vm.state.putVma(vma, false);
    invalidateRangeEnd(vm, vma.hva, end);
    return 0;
  }

  private clearAll(vma: Vma, start: number, end: number): void {
    const blocks: number[] = [];
    vma.ptes.forEach((block) => {
      const at = this.blockHva(vma, block);
      if (at < end && at + vma.blockBytes > start) blocks.push(block);
    });
    for (const block of blocks) {
      this.note(sHost.clear, Change.clear, this.blockHva(vma, block), pfnOf(vma.ptes.hi(block), vma.ptes.lo(block)));
      this.setPte(vma, block, 0, 0);
    }
  }

  private enter(hva: number): void {
    if (this.vm.state.log !== null)
      this.vm.state.log
        .room()
        .w(ENTER | sHost.PATH)
        .w(-1)
        .w(high(hva))
        .w(hva | 0)
        .w(0)
        .w(0);
  }

  private leave(): void {
    if (this.vm.state.log !== null) this.vm.state.log.leave();
  }

  /** The page at `hva` goes away (swap-out, MADV_DONTNEED): its PTE is cleared and the notifiers are told. Always 0. */
  unmapPage(hva: number): number {
    const { vm } = this;
    const { log } = vm.state;
    if (log !== null) this.enter(hva);
    const vma = this.locate(hva);
    if (vma === null) invalidateBlock(vm, hva, vm.page);
    else {
      const at = this.blockHva(vma, this.block);
      if (log !== null) this.note(sHost.clear, Change.clear, at, this.ptePfn);
      this.setPte(vma, this.block, 0, 0);
      if (log !== null) this.notify();
      invalidateBlock(vm, at, vma.blockBytes);
    }
    if (log !== null) this.leave();
    return 0;
  }

  /** All pages of [start, end) go away. */
  unmapRange(start: number, end: number): number {
    this.enter(start);
    this.notify();
    invalidateRangeStart(this.vm, start, end);
    for (const vma of this.vm.state.vmas) this.clearAll(vma, start, end);
    invalidateRangeEnd(this.vm, start, end);
    this.leave();
    return 0;
  }

  /** Write permission of the page is taken away (fork, KSM, mprotect). EINVAL without a mapping. */
  writeProtect(hva: number): number {
    const vma = this.locate(hva);
    if (vma === null) return EINVAL;
    this.enter(hva);
    const at = this.blockHva(vma, this.block);
    this.note(sHost.protect, Change.wrprotect, at, this.ptePfn);
    this.setPte(vma, this.block, this.pteFlags & ~PTE_RW, this.ptePfn);
    this.notify();
    invalidateBlock(this.vm, at, vma.blockBytes);
    this.leave();
    return 0;
  }

  /** KSM: another page takes its place, read-only. EINVAL unless it is a present small page of ordinary memory. */
  merge(hva: number): number {
    const vma = this.locate(hva);
    if (vma === null || vma.order !== 0 || vma.pfnmap === true || (this.pteFlags & PTE_PRESENT) === 0) return EINVAL;
    const block = this.block;
    const at = this.blockHva(vma, block);
    const bracket = this.vm.kernel.notifiersBySlot;
    this.enter(hva);
    this.notify();
    if (bracket) invalidateRangeStart(this.vm, at, at + this.vm.page);
    const pfn = this.allocate(0);
    this.note(sHost.merge, Change.merge, at, pfn);
    this.setPte(vma, block, PTE_PRESENT | PTE_ACCESSED, pfn);
    changePte(this.vm, at);
    if (bracket) invalidateRangeEnd(this.vm, at, at + this.vm.page);
    this.leave();
    return 0;
  }

  private notify(): void {
    if (this.vm.state.log !== null) this.vm.state.log.step(sHost.notify);
  }

  /** Was the page referenced? Clears it (kvm_age_hva): linux-3.4 looks at this address, linux-6.1 at its block. */
  age(hva: number): boolean {
    const vma = this.vm.kernel.notifiersBySlot === true ? this.locate(hva) : null;
    if (vma === null) return ageRange(this.vm, hva, hva + 1);
    const at = this.blockHva(vma, this.block);
    return ageRange(this.vm, at, at + vma.blockBytes);
  }

  /** Was the page referenced? (kvm_test_age_hva) */
  testAge(hva: number): boolean {
    return testAgeRange(this.vm, hva, hva + 1);
  }
}
