// Bytes of text taken four at a time, for the text reader's hot path: a load of a DataView costs as much as that of one byte.

/** Where a byte stands first in [from, to); -1 if it does not. `view` shows the bytes. */
export function byteIn(view: DataView, byte: number, from: number, to: number): number {
  const four = byte * 0x01010101;
  let p = from;
  for (; p + 4 <= to; p += 4) {
    const found = zeroBytes(view.getInt32(p, true) ^ four);
    if (found !== 0) {
      return p + ((31 - Math.clz32(found & -found)) >> 3);
    }
  }
  for (; p < to; p++) {
    if (view.getUint8(p) === byte) {
      return p;
    }
  }
  return -1;
}

/** The top bit of each byte that is zero; above the lowest such byte others may be set, too. */
function zeroBytes(word: number): number {
  return (word - 0x01010101) & ~word & 0x80808080;
}

/** True if each of four characters is a letter, an underscore, or one of a few others that end no name (bit 6 is set). */
export function areLetters(word: number): boolean {
  return (word & 0x40404040) === 0x40404040;
}

/** One step of a hash over words or bytes. */
export function hashStep(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
