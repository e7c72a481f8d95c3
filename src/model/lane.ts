/** Where the words of an HPTE stand from (index & 255) * 8 on in its chunk. For paths that read several of them. */
export const vLo = 0;
export const vHi = 1;
export const rLo = 2;
export const rHi = 3;
export const guestLo = 4;
export const guestHi = 5;
export const forw = 6;
export const back = 7;
