/**
 * Where linux-3.4 and linux-6.1 differ, in one place. Code shared by both asks these named facts and never the version.
 */
export type KernelName = 'linux-3.4' | 'linux-6.1';
export type CpuName = 'PPC970' | 'POWER7' | 'POWER8' | 'POWER9' | 'POWER10';

export interface Kernel {
  readonly name: KernelName;
  readonly cpus: readonly CpuName[];
  /** order of the table when nothing is said */
  readonly defaultOrder: number;
  /** bit 32-63 half of the rmap word's lock bit */
  readonly rmapLockHi: number;
  /** bits 32-63 set in an rmap word when its ring is no longer empty */
  readonly rmapTypeHi: number;
  /** inserting into a ring rewrites the whole rmap word: REFERENCED set, CHANGED lost */
  readonly insertWipesRmap: boolean;
  /** base and actual page sizes may differ, 16G pages exist */
  readonly mixedPageSizes: boolean;
  /** a dirty bitmap per memslot collects what is harvested; without it the rmap words' CHANGED bit does */
  readonly dirtyBitmap: boolean;
  /** guest_rpte bit 62 marks entries modified since the last HTAB read */
  readonly tracksModification: boolean;
  /** four MMIO translations a vCPU, good while mmio_update stands */
  readonly mmioCache: boolean;
  /** an absent entry has no storage key, so key 31 says MMIO */
  readonly absentDropsKeys: boolean;
  /** a host page counts as cache-inhibited or not; without it its W and I bits must agree */
  readonly ioIsBoolean: boolean;
  /** hypercalls return an ABSENT entry as VALID */
  readonly absentReadsValid: boolean;
  /** an invalidated entry's H_PROTECT goes only into the guest view; a host read-only page stays read-only */
  readonly protectKeepsHost: boolean;
  /** H_CLEAR_REF, H_CLEAR_MOD, H_PAGE_INIT, HPT resize and HTAB fds exist */
  readonly laterCalls: boolean;
  /** invalidations count per range over the memslots they meet; without it per call, wherever it falls */
  readonly notifiersBySlot: boolean;
  /** removing a memslot unmaps what it holds */
  readonly removeUnmaps: boolean;
}

export const KERNELS: Readonly<Record<KernelName, Kernel>> = {
  'linux-3.4': {
    name: 'linux-3.4',
    cpus: ['PPC970', 'POWER7'],
    defaultOrder: 24,
    rmapLockHi: 0x80000000 | 0,
    rmapTypeHi: 0,
    insertWipesRmap: true,
    mixedPageSizes: false,
    dirtyBitmap: false,
    tracksModification: false,
    mmioCache: false,
    absentDropsKeys: false,
    ioIsBoolean: false,
    absentReadsValid: false,
    protectKeepsHost: false,
    laterCalls: false,
    notifiersBySlot: false,
    removeUnmaps: false,
  },
  'linux-6.1': {
    name: 'linux-6.1',
    cpus: ['POWER7', 'POWER8', 'POWER9', 'POWER10'],
    defaultOrder: 24,
    rmapLockHi: 0x800,
    rmapTypeHi: 0x01000000,
    insertWipesRmap: false,
    mixedPageSizes: true,
    dirtyBitmap: true,
    tracksModification: true,
    mmioCache: true,
    absentDropsKeys: true,
    ioIsBoolean: true,
    absentReadsValid: true,
    protectKeepsHost: true,
    laterCalls: true,
    notifiersBySlot: true,
    removeUnmaps: true,
  },
};
