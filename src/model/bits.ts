/**
 * Bits of the hashed page table entries, rmap words, segment words, interrupt status and hypercall flags, as halves
 * (Power ISA "Page Table Entry", PAPR for the hypercalls; the software bits are those of Book3S HV KVM).
 * A name ending in HI belongs to bits 32-63, one ending in LO to bits 0-31.
 */

/** HPTE dword 0. */
export const V_VALID = 0x1;
export const V_SECONDARY = 0x2;
export const V_LARGE = 0x4;
export const V_BOLTED = 0x10;
/** Software: the guest thinks this entry valid; the host page is not mapped, or it is MMIO. */
export const V_ABSENT = 0x20;
/** Software lock of the entry. */
export const V_HVLOCK = 0x40;
export const V_AVPN_LO = 0xffffff80 | 0;
export const V_AVPN_HI = 0x3fffffff;
export const V_B_HI = 0xc0000000 | 0;
export const V_1TB_HI = 0x40000000;
/** Dword 0 bits that the POWER9 layout keeps (B and the top AVPN bits live elsewhere or nowhere). */
export const V_P9_HI = 0x000fffff;
/** Segment size field of the POWER9 layout, in dword 1. */
export const R_P9_B_HI = 0x0c000000;

/** HPTE dword 1. */
export const R_PP0_HI = 0x80000000 | 0;
export const R_TS_HI = 0x40000000;
export const R_KEY_HI = 0x30000000;
export const R_KEY_LO = 0xe00;
export const R_RPN_HI = 0x0fffffff;
export const R_RPN_LO = 0xfffff000 | 0;
export const R_R = 0x100;
export const R_C = 0x80;
export const R_RC = 0x180;
export const R_W = 0x40;
export const R_I = 0x20;
export const R_M = 0x10;
export const R_G = 0x8;
export const R_N = 0x4;
export const R_PP = 0x3;
export const R_WIMG = 0x78;

/** Guest view: entry modified since the last HTAB read (bit 62; linux-6.1). */
export const GR_MODIFIED_HI = 0x40000000;

/** Rmap word: R and C live at (bit << 32); the ring head's index in bits 0-31. */
export const RMAP_PRESENT_HI = 0x1;
export const RMAP_R_HI = 0x100;
export const RMAP_C_HI = 0x80;
export const RMAP_RC_HI = 0x180;
/** linux-6.1: "this word is an HPT rmap". */
export const RMAP_HPT_HI = 0x01000000;

/** Segment (SLB) words. */
export const SLB_ESID_VALID = 0x08000000;
export const SLB_1T_HI = 0x40000000;
export const SLB_KS = 0x800;
export const SLB_KP = 0x400;
export const SLB_L = 0x100;
export const SLB_LP = 0x30;

/** DSISR / SRR1. */
export const DSISR_NOHPTE = 0x40000000;
export const DSISR_PROTFAULT = 0x08000000;
export const DSISR_ISSTORE = 0x02000000;
export const DSISR_KEYFAULT = 0x00200000;
export const SRR1_ISI_N_OR_G = 0x10000000;
export const SRR1_ISI_PROT = 0x08000000;

/** MSR. */
export const MSR_PR = 0x4000;
export const MSR_IR = 0x20;
export const MSR_DR = 0x10;

/** Hypercall flags. */
export const H_EXACT_HI = 0x80;
export const H_READ_4_HI = 0x20;
export const H_AVPN = 0x80000000 | 0;
export const H_ANDCOND = 0x40000000;
export const H_LOCAL = 0x10000000;
export const H_ICACHE_INVALIDATE = 0x00800000;
export const H_ICACHE_SYNCHRONIZE = 0x00400000;
export const H_ZERO_PAGE = 0x8000;
export const H_COPY_PAGE = 0x4000;
export const H_PAGE_SET_LOANED_HI = 0xf;

/** Hypercall numbers (PAPR). */
export const HCALL = {
  H_REMOVE: 0x04,
  H_ENTER: 0x08,
  H_READ: 0x0c,
  H_CLEAR_MOD: 0x10,
  H_CLEAR_REF: 0x14,
  H_PROTECT: 0x18,
  H_PAGE_INIT: 0x2c,
  H_BULK_REMOVE: 0x124,
  H_RESIZE_HPT_PREPARE: 0x36c,
  H_RESIZE_HPT_COMMIT: 0x370,
} as const;

/** Hypercall return codes. */
export const H_SUCCESS = 0;
export const H_TOO_HARD = 9999;
export const H_HARDWARE = -1;
export const H_FUNCTION = -2;
export const H_PARAMETER = -4;
export const H_PTEG_FULL = -6;
export const H_NOT_FOUND = -7;
export const H_RESOURCE = -16;

/** Names of the hypercall return codes. */
export const HCALL_RC: Readonly<Record<number, string>> = {
  [H_SUCCESS]: 'H_SUCCESS',
  [H_TOO_HARD]: 'H_TOO_HARD',
  [H_HARDWARE]: 'H_HARDWARE',
  [H_FUNCTION]: 'H_FUNCTION',
  [H_PARAMETER]: 'H_PARAMETER',
  [H_PTEG_FULL]: 'H_PTEG_FULL',
  [H_NOT_FOUND]: 'H_NOT_FOUND',
  [H_RESOURCE]: 'H_RESOURCE',
};

/** Linux error numbers, negative as returned. */
export const ENOENT = -2;
export const ENXIO = -6;
export const EBADF = -9;
export const ENOMEM = -12;
export const EFAULT = -14;
export const EBUSY = -16;
export const EEXIST = -17;
export const EINVAL = -22;
export const ENOSPC = -28;
export const EIO = -5;

/** What a fault handler tells the vCPU loop. */
export const RESUME_GUEST = 0;
export const RESUME_HOST = 2;

/** VSID word of the virtual real mode area: 1T segment, VSID 0x1ffffff. */
export const VRMA_SLB_V_HI = 0x40000000 | (0x1ffffff >>> 8);
export const VRMA_SLB_V_LO = (0x1ffffff << 24) | 0;

/** Host (Linux) PTE flags, bits 0-11 of a host PTE word; the page frame number stands above them. */
export const PTE_PRESENT = 0x001;
export const PTE_NO_CACHE = 0x020;
export const PTE_WRITETHRU = 0x040;
export const PTE_CACHE = 0x060;
export const PTE_DIRTY = 0x080;
export const PTE_ACCESSED = 0x100;
export const PTE_RW = 0x200;
export const PTE_SPECIAL = 0x400;
