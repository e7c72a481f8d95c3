/**
 * Host memory as a scenario models it: the VMM's mappings, their Linux PTEs, get_user_pages, and what the host does to
 * pages (swap-out, write protection, merging). One PTE a block: a page, or a huge page of order > 0.
 */
import { EEXIST, EINVAL, PTE_ACCESSED, PTE_CACHE, PTE_DIRTY, PTE_PRESENT, PTE_RW, PTE_SPECIAL, R_RC } from './bits';
import { eventCode, HOST_CHANGE } from './events';
import { sHost } from './listing';
import {
  ageRange,
  changePte,
  invalidateBlock,
  invalidateRangeEnd,
  invalidateRangeStart,
  testAgeRange,
} from './notifiers';
import { type Hpt, pfnOf, Scalar, type Vma } from './state';
import type { Vm } from './vm';
import { frameHi, numHi } from './words';
import type { World } from './world';

const HOST_PAGE = eventCode('host.page');
const HPTE_RC = eventCode('hpte.rc');
type HostChange = (typeof HOST_CHANGE)[number];

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
  private vma: Vma | null = null;
  private block = 0;

  constructor(private readonly vm: Vm) {}

  vmaOf(hva: number): Vma | null {
    const vmas = this.vm.state.vmas;
    for (let i = 0; i < vmas.length; i++) {
      const vma = vmas[i] as Vma;
      if (hva >= vma.hva && hva < vma.hva + vma.npages * this.vm.page) return vma;
    }
    return null;
  }

  private locate(hva: number): Vma | null {
    const vma = this.vmaOf(hva);
    this.vma = vma;
    if (vma === null) return null;
    this.block = Math.floor((hva - vma.hva) / this.blockBytes(vma));
    const hi = vma.ptes.hi(this.block);
    const lo = vma.ptes.lo(this.block);
    this.pteFlags = lo & 0xfff;
    this.ptePfn = pfnOf(hi, lo);
    this.pteShift = this.vm.pageShift + vma.order;
    return vma;
  }

  private setPte(vma: Vma, block: number, flags: number, pfn: number): void {
    this.vm.state.put(vma.ptes, block, frameHi(pfn, 12), (pfn << 12) | flags);
    this.pteFlags = flags;
    this.ptePfn = pfn;
  }

  private note(step: number, change: HostChange, hva: number, pfn: number): void {
    const log = this.vm.state.log;
    if (log === null) return;
    log.step(step);
    log.event(HOST_PAGE).u32(HOST_CHANGE.indexOf(change)).num(hva).num(pfn);
  }

  private blockHva(vma: Vma, block: number): number {
    return vma.hva + block * this.blockBytes(vma);
  }

  private blockBytes(vma: Vma): number {
    return this.vm.page * (1 << vma.order);
  }

  // ---- World ------------------------------------------------------------------------------------------------------

  findPte(hva: number): boolean {
    const vma = this.locate(hva);
    return vma !== null && (vma.order === 0 || (this.pteFlags & PTE_PRESENT) !== 0);
  }

  updatePte(writing: boolean): void {
    if (this.vma === null || (this.pteFlags & PTE_PRESENT) === 0) return;
    const dirty = writing && (this.pteFlags & PTE_RW) !== 0 ? PTE_DIRTY : 0;
    const flags = this.pteFlags | PTE_ACCESSED | dirty;
    if (flags !== this.pteFlags) this.setPte(this.vma, this.block, flags, this.ptePfn);
  }

  getUserPages(hva: number, write: boolean): boolean {
    const vma = this.locate(hva);
    if (vma === null || vma.pfnmap || (write && !vma.writable)) return false;
    const block = this.block;
    const at = this.blockHva(vma, block);
    if ((this.pteFlags & PTE_PRESENT) === 0) {
      const pfn = this.allocate(vma.order);
      this.note(sHost.fault, 'alloc', at, pfn);
      this.setPte(
        vma,
        block,
        PTE_PRESENT | PTE_ACCESSED | (vma.writable && (write || !vma.cow) ? PTE_RW : 0) | (write ? PTE_DIRTY : 0),
        pfn,
      );
    } else if (write && (this.pteFlags & PTE_RW) === 0) {
      this.note(sHost.cow, 'cow', at, this.ptePfn);
      this.setPte(vma, block, 0, 0);
      invalidateBlock(this.vm, at, this.blockBytes(vma));
      this.setPte(vma, block, PTE_PRESENT | PTE_ACCESSED | PTE_RW | PTE_DIRTY, this.allocate(vma.order));
    }
    this.vma = vma;
    this.block = block;
    this.pteShift = this.vm.pageShift + vma.order;
    this.reference(1);
    return true;
  }

  getUserPagesFast(hva: number): boolean {
    const vma = this.locate(hva);
    if (vma === null || vma.pfnmap || (this.pteFlags & (PTE_PRESENT | PTE_RW)) !== (PTE_PRESENT | PTE_RW)) return false;
    this.reference(1);
    return true;
  }

  pfnmap(hva: number, bytes: number): boolean {
    const vma = this.locate(hva);
    if (vma === null || !vma.pfnmap || hva + bytes > vma.hva + vma.npages * this.vm.page) return false;
    this.ptePfn = vma.pfn + Math.floor((hva - vma.hva) / this.vm.page);
    this.pteFlags = vma.cache | (vma.writable ? PTE_RW : 0);
    return true;
  }

  fixupPfnmap(hva: number, write: boolean): boolean {
    const vma = this.locate(hva);
    if (vma === null || !vma.pfnmap) return false;
    if ((this.pteFlags & PTE_PRESENT) === 0) {
      if (write && !vma.writable) return false;
      this.setPte(vma, this.block, this.pfnmapFlags(vma), vma.pfn + this.block);
      return true;
    }
    return !write || (this.pteFlags & PTE_RW) !== 0;
  }

  putPage(): void {
    this.reference(-1);
  }

  setPageDirty(pfn: number): void {
    this.vm.state.put(this.vm.state.dirtyPfns, pfn, 0, 1);
  }

  hardwareRc(hpt: Hpt, index: number, bits: number): void {
    const st = this.vm.state;
    st.putR(hpt, index, hpt.rHi(index), hpt.rLo(index) | bits);
    if (st.log !== null)
      st.log
        .event(HPTE_RC)
        .num(index)
        .u32(hpt.rLo(index) & R_RC)
        .u64(hpt.rHi(index), hpt.rLo(index));
  }

  private pfnmapFlags(vma: Vma): number {
    return PTE_PRESENT | PTE_SPECIAL | (vma.writable ? PTE_RW : 0) | (vma.cache & PTE_CACHE);
  }

  private reference(by: number): void {
    const st = this.vm.state;
    st.setScalarNum(Scalar.gupRefs, st.scalarNum(Scalar.gupRefs) + by);
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
    const vma = this.vm.state.newVma({
      hva,
      npages,
      order,
      writable: spec.writable ?? true,
      cow: spec.cow ?? false,
      pfnmap: spec.pfnmap ?? false,
      pfn: spec.pfn ?? 0,
      cache: spec.cache ?? 0,
    });
    this.vm.state.putVma(vma, true);
    if (vma.pfnmap)
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
      if (at < end && at + this.blockBytes(vma) > start) blocks.push(block);
    });
    for (const block of blocks) {
      this.note(sHost.clear, 'clear', this.blockHva(vma, block), pfnOf(vma.ptes.hi(block), vma.ptes.lo(block)));
      this.setPte(vma, block, 0, 0);
    }
  }

  private enter(hva: number): void {
    if (this.vm.state.log !== null) this.vm.state.log.enter(sHost.PATH, -1, numHi(hva), hva | 0, 0, 0);
  }

  private leave(): void {
    if (this.vm.state.log !== null) this.vm.state.log.leave();
  }

  /** The page at `hva` goes away (swap-out, MADV_DONTNEED): its PTE is cleared and the notifiers are told. Always 0. */
  unmapPage(hva: number): number {
    this.enter(hva);
    const vma = this.locate(hva);
    if (vma === null) invalidateBlock(this.vm, hva, this.vm.page);
    else {
      const at = this.blockHva(vma, this.block);
      this.note(sHost.clear, 'clear', at, this.ptePfn);
      this.setPte(vma, this.block, 0, 0);
      this.notify();
      invalidateBlock(this.vm, at, this.blockBytes(vma));
    }
    this.leave();
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
    this.note(sHost.protect, 'wrprotect', at, this.ptePfn);
    this.setPte(vma, this.block, this.pteFlags & ~PTE_RW, this.ptePfn);
    this.notify();
    invalidateBlock(this.vm, at, this.blockBytes(vma));
    this.leave();
    return 0;
  }

  /** KSM: another page takes its place, read-only. EINVAL unless it is a present small page of ordinary memory. */
  merge(hva: number): number {
    const vma = this.locate(hva);
    if (vma === null || vma.order !== 0 || vma.pfnmap || (this.pteFlags & PTE_PRESENT) === 0) return EINVAL;
    const block = this.block;
    const at = this.blockHva(vma, block);
    const bracket = this.vm.kernel.notifiersBySlot;
    this.enter(hva);
    this.notify();
    if (bracket) invalidateRangeStart(this.vm, at, at + this.vm.page);
    const pfn = this.allocate(0);
    this.note(sHost.merge, 'merge', at, pfn);
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
    const vma = this.vm.kernel.notifiersBySlot ? this.locate(hva) : null;
    if (vma === null) return ageRange(this.vm, hva, hva + 1);
    const at = this.blockHva(vma, this.block);
    return ageRange(this.vm, at, at + this.blockBytes(vma));
  }

  /** Was the page referenced? (kvm_test_age_hva) */
  testAge(hva: number): boolean {
    return testAgeRange(this.vm, hva, hva + 1);
  }
}
