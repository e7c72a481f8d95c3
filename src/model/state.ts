/**
 * The state of one virtual machine as addressable 64-bit words (place.ts), and the one door through which it is written.
 *
 * Everything that changes is such a word, also which table is current and which memslots exist; the objects behind owners are made
 * once and never change. So a journal of (place, old, new) undoes a run exactly.
 */

import { VRMA_SLB_V_HI, VRMA_SLB_V_LO } from './bits';
import { Hpt } from './hpt';
import * as Lane from './lane';
import type { Log } from './log';
import { MAX_OWNERS, NEAR, Plane } from './place';
import { type Mapping, Memslot, pfnOf, Vma } from './ranges';
import * as Scalar from './scalar';
import { CHUNK, Registers, Store } from './store';
import * as Vcpu from './vcpu';
import { Fnv, numHi, numLo, toNum } from './words';

export { Lane, Scalar, Vcpu };

/** The first page frame that the host gives out. */
const FIRST_PFN = 0x10000;
export const SLB_ENTRIES = 64;
export const MMIO_ENTRIES = 4;

/** What stands behind an owner number. */
export type Owned = Hpt | Store | Memslot | Vma | null;

/**
 * The write door, for paths that hold a word's chunk: journals the word, then writes it. The hottest paths do the same two things
 * without a call.
 * @param place of the word, without the part of its index beyond 2^32
 * @param chunk where it stands (`own`), low half at `o`, high half at `o + 1`
 */
export function putAt(
  log: Log | null,
  place: number,
  index: number,
  chunk: Int32Array,
  o: number,
  hi: number,
  lo: number,
): void {
  if (log !== null) log.write(place, index, chunk, o, hi, lo);
  chunk[o] = lo;
  chunk[o + 1] = hi;
}

/** The write door for a word that is always there. */
export function putRegister(log: Log | null, store: Registers, word: number, hi: number, lo: number): void {
  putAt(log, store.place, word, store.words, word << 1, hi, lo);
}

export class State {
  /** The journal, or null when nobody records. */
  log: Log | null = null;
  private readonly owners: Owned[] = [null];

  readonly scalars = this.registers(Plane.scalar);
  readonly slotWords = this.store(Plane.slot);
  readonly vmaWords = this.store(Plane.vma);
  readonly dirtyPfns = this.store(Plane.dirtyPfn, 2 * FIRST_PFN);
  readonly htabFds = this.store(Plane.htabFd);
  readonly vcpus: Registers[] = [];
  readonly tlbs: Store[] = [];

  /** What is known of each HPTE; null while all of it is: only a replayed machine has doubts. */
  known: Store | null = null;

  // derived from the words above, brought up to date by refresh()
  hpt: Hpt;
  slots: Memslot[] = [];
  vmas: Vma[] = [];

  /**
   * @param order log2 of the table's size in bytes
   * @param vcpus number of vCPUs
   */
  constructor(
    readonly order: number,
    vcpus: number,
  ) {
    for (let i = 0; i < vcpus; i++) {
      this.vcpus.push(this.registers(Plane.vcpu));
      this.tlbs.push(this.store(Plane.tlb));
    }
    this.hpt = this.newHpt(order);
    this.setScalarNum(Scalar.hpt, this.hpt.owner);
    this.setScalarNum(Scalar.mmuReady, 1);
    this.setScalarNum(Scalar.nextPfn, FIRST_PFN);
    this.putScalar(Scalar.vrmaSlbV, VRMA_SLB_V_HI, VRMA_SLB_V_LO);
  }

  /** Makes something that owns words, or names what does, under the next owner number. */
  own<T extends Owned>(make: (owner: number) => T): T {
    const owner = this.owners.length;
    if (owner >= MAX_OWNERS) throw new Error(`more than ${MAX_OWNERS} tables, memslots and mappings in one run`);
    const made = make(owner);
    this.owners.push(made);
    return made;
  }

  private store(plane: Plane, expected?: number): Store {
    return this.own((owner) => new Store(plane, owner, expected));
  }

  private registers(plane: Plane): Registers {
    return this.own((owner) => new Registers(plane, owner));
  }

  /** Makes the plane of knowledge of a replayed machine. */
  newKnown(): Store {
    this.known = this.store(Plane.known);
    return this.known;
  }

  newHpt(order: number): Hpt {
    return this.own((owner) => new Hpt(owner, order));
  }

  /** @param pageShift log2 of the host page size */
  newMemslot(id: number, baseGfn: number, npages: number, hva: number, pageShift: number, phys: Store | null): Memslot {
    const rmap = this.store(Plane.rmap, npages);
    const dirty = this.store(Plane.dirty, npages / 64);
    const end = hva + npages * 2 ** pageShift;
    return this.own((owner) => new Memslot(owner, id, baseGfn, npages, hva, end, rmap, dirty, phys));
  }

  newSlotPhys(): Store {
    return this.store(Plane.slotPhys);
  }

  newVma(mapping: Mapping, pageShift: number): Vma {
    const ptes = this.store(Plane.hostPte, mapping.npages / 2 ** mapping.order);
    return this.own((owner) => new Vma(owner, ptes, mapping, pageShift));
  }

  /** Everything that owns words or names one that does, by owner number. */
  get owned(): readonly Owned[] {
    return this.owners;
  }

  /** The table, store, memslot or vma behind an owner number of a place. */
  ownerOf(owner: number): Owned {
    return this.owners[owner] ?? null;
  }

  // ---- the write door -------------------------------------------------------------------------------------------

  put(store: Store, index: number, hi: number, lo: number): void {
    putAt(this.log, store.place, index, store.own(index), (index & 255) << 1, hi, lo);
  }

  putV(hpt: Hpt, index: number, hi: number, lo: number): void {
    putAt(this.log, hpt.placeV, index, hpt.own(index), (index & 255) << 3, hi, lo);
  }

  putR(hpt: Hpt, index: number, hi: number, lo: number): void {
    putAt(this.log, hpt.placeR, index, hpt.own(index), ((index & 255) << 3) + 2, hi, lo);
  }

  putGuest(hpt: Hpt, index: number, hi: number, lo: number): void {
    putAt(this.log, hpt.placeGuest, index, hpt.own(index), ((index & 255) << 3) + 4, hi, lo);
  }

  putLink(hpt: Hpt, index: number, forw: number, back: number): void {
    putAt(this.log, hpt.placeLink, index, hpt.own(index), ((index & 255) << 3) + 6, back | 0, forw | 0);
  }

  putScalar(index: number, hi: number, lo: number): void {
    putRegister(this.log, this.scalars, index, hi, lo);
    if (index === Scalar.hpt) this.refresh(Plane.scalar);
  }

  setScalarNum(index: number, value: number): void {
    this.putScalar(index, numHi(value), numLo(value));
  }

  /** Adds 1 or -1 to a counter. */
  countScalar(index: number, by: 1 | -1): void {
    const { words } = this.scalars;
    const o = index << 1;
    const lo = words[o] as number;
    const carry = by === 1 ? (lo === -1 ? 1 : 0) : lo === 0 ? -1 : 0;
    const hi = (words[o + 1] as number) + carry;
    if (this.log !== null) this.log.write(this.scalars.place, index, words, o, hi, lo + by);
    words[o] = lo + by;
    words[o + 1] = hi;
  }

  scalarNum(index: number): number {
    return toNum(this.scalars.hi(index), this.scalars.lo(index));
  }

  putSlot(id: number, slot: Memslot | null, logDirty: boolean): void {
    this.put(this.slotWords, id, logDirty ? 1 : 0, slot === null ? 0 : slot.owner);
    this.refresh(Plane.slot);
  }

  putVma(vma: Vma, mapped: boolean): void {
    this.put(this.vmaWords, vma.owner, 0, mapped ? 1 : 0);
    this.refresh(Plane.vma);
  }

  /** Writes a word by its place, past the journal: redo and undo. */
  apply(place: number, indexLo: number, hi: number, lo: number): void {
    const owner = this.owners[(place >>> 10) & (MAX_OWNERS - 1)];
    const far = place & 0x3ff;
    const index = far === 0 ? indexLo >>> 0 : far * NEAR + (indexLo >>> 0);
    const plane = place >>> 24;
    let chunk: Int32Array;
    let o: number;
    if (owner instanceof Hpt) {
      chunk = owner.own(index);
      o = ((index & 255) << 3) + ((plane - Plane.hpteV) << 1);
    } else if (owner instanceof Store) {
      chunk = owner.own(index);
      o = (index & 255) << 1;
    } else return;
    chunk[o] = lo;
    chunk[o + 1] = hi;
    if (plane === Plane.slot || plane === Plane.vma || (plane === Plane.scalar && index === Scalar.hpt))
      this.refresh(plane);
  }

  /**
   * Writes many words of one place, past the journal.
   * @param indexes low halves of the words' indexes
   * @param values four halves a word; `lane` says which two, hi and lo, are written
   * @param from first word, `to`: where they end
   */
  applyAll(place: number, indexes: Uint32Array, values: Int32Array, lane: 0 | 2, from: number, to: number): void {
    const owner = this.owners[(place >>> 10) & (MAX_OWNERS - 1)];
    const plane = place >>> 24;
    const isHpt = owner instanceof Hpt;
    if (!(isHpt || owner instanceof Store)) return;
    const far = (place & 0x3ff) * NEAR;
    const shift = isHpt ? 3 : 1;
    const within = isHpt ? (plane - Plane.hpteV) << 1 : 0;
    for (let word = from; word < to; word++) {
      const index = far + (indexes[word] as number);
      const chunk = owner.own(index);
      const o = ((index & (CHUNK - 1)) << shift) + within;
      chunk[o] = values[4 * word + lane + 1] as number;
      chunk[o + 1] = values[4 * word + lane] as number;
    }
    if (plane === Plane.slot || plane === Plane.vma || plane === Plane.scalar) this.refresh(plane);
  }

  /** Brings what is derived from words up to date, after they were written past the doors. */
  derive(): void {
    for (const plane of [Plane.scalar, Plane.slot, Plane.vma]) this.refresh(plane);
    for (const owner of this.owners) if (owner instanceof Store && owner.plane === Plane.known) this.known = owner;
  }

  private refresh(plane: number): void {
    if (plane === Plane.scalar) {
      const hpt = this.owners[this.scalars.lo(Scalar.hpt)];
      if (hpt instanceof Hpt) this.hpt = hpt;
    } else if (plane === Plane.slot) {
      const slots: Memslot[] = [];
      this.slotWords.forEach((_, __, lo) => {
        const slot = this.owners[lo];
        if (slot instanceof Memslot) slots.push(slot);
      });
      this.slots = slots;
    } else {
      const vmas: Vma[] = [];
      this.vmaWords.forEach((owner) => {
        const vma = this.owners[owner];
        if (vma instanceof Vma) vmas.push(vma);
      });
      this.vmas = vmas.sort((a, b) => a.hva - b.hva);
    }
  }

  // ---- queries --------------------------------------------------------------------------------------------------

  logDirty(slot: Memslot): boolean {
    return this.slotWords.hi(slot.id) !== 0;
  }

  /** The memslot that holds a guest frame, or null. */
  slotOfGfn(gfn: number): Memslot | null {
    const slots = this.slots;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as Memslot;
      if (gfn >= slot.baseGfn && gfn < slot.baseGfn + slot.npages) return slot;
    }
    return null;
  }

  slotOfId(id: number): Memslot | null {
    return this.slots.find((slot) => slot.id === id) ?? null;
  }

  /** State hash of the conformance vectors: FNV-1a 64 over the table, reverse map, rmap words, counters and host PTEs. */
  hash(kernel61: boolean, pageShift: number): string {
    const fnv = new Fnv();
    const end = (): void => fnv.word(-1, -1);
    const hpt = this.hpt;
    hpt.forEach((index, c, o) => {
      if (((c[o] as number) | (c[o + 1] as number) | (c[o + 2] as number) | (c[o + 3] as number)) === 0) return;
      fnv.num(index);
      fnv.word(c[o + 1] as number, c[o] as number);
      fnv.word(c[o + 3] as number, c[o + 2] as number);
    });
    end();
    hpt.forEach((index, c, o) => {
      if (((c[o + 4] as number) | (c[o + 5] as number) | (c[o + 6] as number) | (c[o + 7] as number)) === 0) return;
      fnv.num(index);
      fnv.word(c[o + 5] as number, c[o + 4] as number);
      fnv.word(c[o + 7] as number, c[o + 6] as number);
    });
    end();
    for (const slot of this.slots) {
      fnv.num(slot.id);
      slot.rmap.forEach((page, hi, lo) => {
        fnv.num(page);
        fnv.word(hi, lo);
      });
    }
    end();
    fnv.word(this.scalars.hi(Scalar.seq), this.scalars.lo(Scalar.seq));
    fnv.word(this.scalars.hi(Scalar.count), this.scalars.lo(Scalar.count));
    if (kernel61) {
      fnv.word(this.scalars.hi(Scalar.mmioUpdate), this.scalars.lo(Scalar.mmioUpdate));
      fnv.num(hpt.order);
    }
    end();
    for (const vma of this.vmas) {
      vma.ptes.forEach((block, hi, lo) => {
        fnv.num(vma.hva + block * 2 ** (pageShift + vma.order));
        fnv.num(lo & 0xfff);
        fnv.num(pfnOf(hi, lo));
      });
    }
    end();
    this.dirtyPfns.forEach((pfn) => fnv.num(pfn));
    fnv.num(this.scalarNum(Scalar.nextPfn));
    fnv.num(this.scalarNum(Scalar.gupRefs));
    return fnv.digest();
  }
}
