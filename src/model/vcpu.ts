/** Words of a vCPU. SLB entry i is (2i: ESID word, 2i+1: VSID word), i below SLB_ENTRIES. */
export const slb = 0;
export const gpr = 128;
export const msr = 160;
export const amr = 161;
export const pgfaultAddr = 162;
export const pgfaultIndex = 163;
export const pgfaultV = 164;
export const pgfaultR = 165;
export const pgfaultGuest = 166;
/** 1 + number of the MMIO cache entry that was hit, 0 none */
export const pgfaultCache = 167;
export const mmioNext = 168;
export const needFlush = 169;
export const tlbCount = 170;
/** MMIO cache: entry i at mmio + 8i: eaddr, slb_v, v, r, guest, index, mmio_update */
export const mmio = 176;
