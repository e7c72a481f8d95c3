// A dump of the table as columns: what debugfs `htab` and the HTAB_FD stream give. Words are as the dump has them: the
// debugfs text gives both dwords raw as in memory (ISA 3.0 layout on POWER9 and later, the older one before), the stream
// gives the older layout and the guest's view of dword 1.

import { R_P9_B_HI } from '../model/bits';
import { joinU64 } from './byteCursor';

/** One entry of a dump. */
export interface HtabEntry {
  readonly index: number;
  /** HPTE dword 0. */
  readonly v: bigint;
  /** HPTE dword 1. */
  readonly r: bigint;
  /** The guest's view of dword 1 (rev[index].guest_rpte). */
  readonly guest: bigint;
}

/** Entries in ascending order of their index; slots that are not listed are free. 64-bit words as two columns. */
export class HtabDump {
  count = 0;
  index = new Uint32Array(64);
  vHi = new Uint32Array(64);
  vLo = new Uint32Array(64);
  rHi = new Uint32Array(64);
  rLo = new Uint32Array(64);
  guestHi = new Uint32Array(64);
  guestLo = new Uint32Array(64);

  /** Appends an entry. */
  add(index: number, vHi: number, vLo: number, rHi: number, rLo: number, guestHi: number, guestLo: number): void {
    const i = this.count++;
    if (i === this.index.length) {
      this.#grow();
    }
    this.index[i] = index;
    this.vHi[i] = vHi;
    this.vLo[i] = vLo;
    this.rHi[i] = rHi;
    this.rLo[i] = rLo;
    this.guestHi[i] = guestHi;
    this.guestLo[i] = guestLo;
  }

  /** Entry number `i` of the dump (not of the table). */
  entry(i: number): HtabEntry {
    return {
      index: this.index[i] ?? 0,
      v: joinU64(this.vHi[i] ?? 0, this.vLo[i] ?? 0),
      r: joinU64(this.rHi[i] ?? 0, this.rLo[i] ?? 0),
      guest: joinU64(this.guestHi[i] ?? 0, this.guestLo[i] ?? 0),
    };
  }

  /** Number of the dump's entry for a table index, or -1 if the dump does not list it. */
  find(index: number): number {
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.index[middle] as number) < index) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from < this.count && this.index[from] === index ? from : -1;
  }

  #grow(): void {
    const size = this.index.length * 2;
    const copy = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(size);
      larger.set(old);
      return larger;
    };
    this.index = copy(this.index);
    this.vHi = copy(this.vHi);
    this.vLo = copy(this.vLo);
    this.rHi = copy(this.rHi);
    this.rLo = copy(this.rLo);
    this.guestHi = copy(this.guestHi);
    this.guestLo = copy(this.guestLo);
  }
}

/** Whether the words of a dump are in the layout of ISA 3.0: the segment size then stands in dword 1. */
export function isNewLayout(dump: HtabDump): boolean {
  for (let i = 0; i < dump.count; i++) {
    if (((dump.rHi[i] as number) & R_P9_B_HI) !== 0) {
      return true;
    }
  }
  return false;
}
