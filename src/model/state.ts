/**
 * The state of one virtual machine as addressable 64-bit words, and the one door through which it is written.
 *
 * A *place* is (plane, owner, index): the plane says what kind of word it is, the owner which table, memslot, vma or vCPU
 * it belongs to. Everything that changes is such a word, also which table is current and which memslots exist; the
 * objects behind owners are made once and never change. So a journal of (place, old, new) undoes a run exactly.
 */

import { VRMA_SLB_V_HI, VRMA_SLB_V_LO } from './bits';
import * as Lane from './lane';
import type { Log } from './log';
import * as Scalar from './scalar';
import * as Vcpu from './vcpu';
import { Fnv, numHi, numLo, toNum } from './words';

export { Lane, Scalar, Vcpu };

/** Planes: kinds of 64-bit words. */
export const Plane = {
  hpteV: 1,
  hpteR: 2,
  guestRpte: 3,
  /** forw in bits 0-31, back in bits 32-63 */
  link: 4,
  rmap: 5,
  /** dirty bitmap of a memslot, 64 pages a word */
  dirty: 6,
  /** PPC970: pinned page words of a memslot */
  slotPhys: 7,
  /** host PTE: flags in bits 0-11, pfn above */
  hostPte: 8,
  /** 1 when the host page frame was marked dirty by the fault handler; index = pfn */
  dirtyPfn: 9,
  scalar: 10,
  /** index = memslot id; word: low = owner of the Memslot (0 none), high = 1 when dirty logging */
  slot: 11,
  /** index = owner of a Vma; 1 while it is mapped */
  vma: 12,
  vcpu: 13,
  tlb: 14,
  htabFd: 15,
  /** replay: what is known of an HPTE (src/timeline/known.ts); index = HPTE */
  known: 16,
} as const;
export type Plane = (typeof Plane)[keyof typeof Plane];

/** Names of the planes, for people. */
export const PLANE_NAMES: Readonly<Record<number, string>> = {
  [Plane.hpteV]: 'HPTE dword 0',
  [Plane.hpteR]: 'HPTE dword 1',
  [Plane.guestRpte]: 'guest_rpte',
  [Plane.link]: 'revmap forw/back',
  [Plane.rmap]: 'rmap word',
  [Plane.dirty]: 'dirty bitmap',
  [Plane.slotPhys]: 'slot_phys',
  [Plane.hostPte]: 'host PTE',
  [Plane.dirtyPfn]: 'page dirty',
  [Plane.scalar]: 'VM',
  [Plane.slot]: 'memslot',
  [Plane.vma]: 'vma',
  [Plane.vcpu]: 'vCPU',
  [Plane.tlb]: 'TLB',
  [Plane.htabFd]: 'HTAB fd',
  [Plane.known]: 'knowledge',
};

export const SLB_ENTRIES = 64;
export const MMIO_ENTRIES = 4;

const CHUNK_SHIFT = 8;
const CHUNK = 1 << CHUNK_SHIFT;
const NEAR = 4294967296;

/** What an index without a chunk reads: zeros. Never written. */
export const NOTHING: Int32Array = new Int32Array(CHUNK * 8);
/** Chunks that are found by position; those beyond (tables of more than 512 MiB) by a map. */
const NEAR_CHUNKS = 1 << 17;

/** Words in chunks, made when first written. */
class Chunked {
  /** By chunk number, NOTHING where there is none; without holes, which would make looking up slow. */
  private readonly near: Int32Array[] = [];
  private readonly far = new Map<number, Int32Array>();
  /** Indexes below have their chunk in `near`. */
  private limit = 0;

  /** @param chunkWords 32-bit words in a chunk */
  constructor(private readonly chunkWords: number) {}

  /** The chunk of an index for reading; its words are zero when there is none. */
  chunk(index: number): Int32Array {
    return index < this.limit ? (this.near[index >>> 8] as Int32Array) : this.beyond(index);
  }

  private beyond(index: number): Int32Array {
    return this.far.size === 0 ? NOTHING : (this.far.get(Math.floor(index / CHUNK)) ?? NOTHING);
  }

  /** The chunk of an index for writing, made when it is missing. */
  own(index: number): Int32Array {
    const chunk = this.chunk(index);
    return chunk === NOTHING ? this.make(index) : chunk;
  }

  private make(index: number): Int32Array {
    const chunk = new Int32Array(this.chunkWords);
    this.keep(Math.floor(index / CHUNK), chunk);
    return chunk;
  }

  private keep(key: number, chunk: Int32Array): void {
    if (key < NEAR_CHUNKS) {
      while (this.near.length <= key) this.near.push(NOTHING);
      this.near[key] = chunk;
      this.limit = this.near.length * CHUNK;
    } else this.far.set(key, chunk);
  }

  /** Makes a chunk, as `forEachChunk` gives it, what stands from an index on. */
  adopt(chunk: Int32Array, first: number): void {
    this.keep(Math.floor(first / CHUNK), chunk);
  }

  /** Chunks in ascending order, with the index of their first entry. */
  forEachChunk(visit: (chunk: Int32Array, first: number) => void): void {
    for (let i = 0; i < this.near.length; i++) {
      const chunk = this.near[i] as Int32Array;
      if (chunk !== NOTHING) visit(chunk, i * CHUNK);
    }
    for (const key of [...this.far.keys()].sort((a, b) => a - b)) visit(this.far.get(key) ?? NOTHING, key * CHUNK);
  }
}

const MAX_OWNERS = 1 << 14;

function placeOf(plane: number, owner: number): number {
  return (plane << 24) | (owner << 10);
}

/** A sparse array of 64-bit words; in its chunk a word is at (index & 255) * 2: low, high. */
export class Store extends Chunked {
  readonly place: number;

  constructor(
    readonly plane: Plane,
    readonly owner: number,
  ) {
    super(CHUNK * 2);
    this.place = placeOf(plane, owner);
  }

  hi(index: number): number {
    return this.chunk(index)[((index & (CHUNK - 1)) << 1) + 1] as number;
  }

  lo(index: number): number {
    return this.chunk(index)[(index & (CHUNK - 1)) << 1] as number;
  }

  forEach(visit: (index: number, hi: number, lo: number) => void): void {
    this.forEachChunk((chunk, first) => {
      for (let i = 0; i < CHUNK; i++) {
        const lo = chunk[i << 1] as number;
        const hi = chunk[(i << 1) + 1] as number;
        if ((lo | hi) !== 0) visit(first + i, hi, lo);
      }
    });
  }
}

/** A store of at most 256 words that are always there: no look-up. Word i is at 2i, 2i + 1 of `words`: low, high. */
export class Registers extends Store {
  readonly words: Int32Array = this.own(0);

  override hi(word: number): number {
    return this.words[(word << 1) + 1] as number;
  }

  override lo(word: number): number {
    return this.words[word << 1] as number;
  }

  override adopt(chunk: Int32Array): void {
    this.words.set(chunk);
  }
}

/**
 * One hashed page table and its reverse map: for each entry dword 0, dword 1, guest_rpte, forw and back.
 * An HPTE's identity is (owner of the table, index). In its chunk an entry is at (index & 255) * 8: vLo, vHi, rLo, rHi, guestLo,
 * guestHi, forw, back.
 */
export class Hpt extends Chunked {
  readonly entries: number;
  /** (number of PTEGs - 1) */
  readonly maskHi: number;
  readonly maskLo: number;
  readonly placeV: number;
  readonly placeR: number;
  readonly placeGuest: number;
  readonly placeLink: number;
  /** number of the last PTEG */
  readonly lastPteg: number;

  /** @param order log2 of the table's size in bytes, 10 to 46 */
  constructor(
    readonly owner: number,
    readonly order: number,
  ) {
    super(CHUNK * 8);
    this.entries = 2 ** (order - 4);
    const npteg = 2 ** (order - 7);
    this.lastPteg = npteg - 1;
    this.maskHi = numHi(npteg - 1);
    this.maskLo = numLo(npteg - 1);
    this.placeV = placeOf(Plane.hpteV, owner);
    this.placeR = placeOf(Plane.hpteR, owner);
    this.placeGuest = placeOf(Plane.guestRpte, owner);
    this.placeLink = placeOf(Plane.link, owner);
  }

  vHi(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 1] as number;
  }
  vLo(index: number): number {
    return this.chunk(index)[(index & 255) << 3] as number;
  }
  rHi(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 3] as number;
  }
  rLo(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 2] as number;
  }
  guestHi(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 5] as number;
  }
  guestLo(index: number): number {
    return this.chunk(index)[((index & 255) << 3) + 4] as number;
  }
  /** forw, unsigned 32 bit HPTE index. */
  forw(index: number): number {
    return (this.chunk(index)[((index & 255) << 3) + 6] as number) >>> 0;
  }
  back(index: number): number {
    return (this.chunk(index)[((index & 255) << 3) + 7] as number) >>> 0;
  }

  /** Visits every entry with a non-zero word, ascending. */
  forEach(visit: (index: number, chunk: Int32Array, offset: number) => void): void {
    this.forEachChunk((chunk, first) => {
      for (let i = 0, o = 0; i < CHUNK; i++, o += 8) {
        if (
          ((chunk[o] as number) | (chunk[o + 1] as number) | (chunk[o + 2] as number) | (chunk[o + 3] as number)) !==
            0 ||
          ((chunk[o + 4] as number) |
            (chunk[o + 5] as number) |
            (chunk[o + 6] as number) |
            (chunk[o + 7] as number)) !==
            0
        )
          visit(first + i, chunk, o);
      }
    });
  }
}

/** A range of guest physical memory backed by host virtual memory. Page unit: the host page. */
export class Memslot {
  /**
   * @param end hva after its last byte
   * @param phys PPC970 only: survives the deletion of the slot
   */
  constructor(
    readonly owner: number,
    readonly id: number,
    readonly baseGfn: number,
    readonly npages: number,
    readonly hva: number,
    readonly end: number,
    readonly rmap: Store,
    readonly dirty: Store,
    readonly phys: Store | null,
  ) {}
}

/** What a mapping of the VMM's address space is. */
export interface Mapping {
  readonly hva: number;
  /** host pages */
  readonly npages: number;
  readonly writable: boolean;
  readonly cow: boolean;
  /** log2 of the host pages in one PTE's block */
  readonly order: number;
  readonly pfnmap: boolean;
  readonly pfn: number;
  /** cache attribute bits of a pfnmap PTE: 0, 0x20, 0x40, 0x60 */
  readonly cache: number;
}

/** A mapping of the VMM's address space. */
export class Vma implements Mapping {
  readonly hva: number;
  readonly npages: number;
  readonly writable: boolean;
  readonly cow: boolean;
  readonly order: number;
  readonly pfnmap: boolean;
  readonly pfn: number;
  readonly cache: number;
  /** address after its last byte */
  readonly end: number;
  readonly blockBytes: number;
  readonly blocksPerByte: number;
  /** log2 of a block's bytes */
  readonly blockShift: number;

  /** @param pageShift log2 of the host page size */
  constructor(
    readonly owner: number,
    readonly ptes: Store,
    of: Mapping,
    pageShift: number,
  ) {
    this.hva = of.hva;
    this.npages = of.npages;
    this.writable = of.writable;
    this.cow = of.cow;
    this.order = of.order;
    this.pfnmap = of.pfnmap;
    this.pfn = of.pfn;
    this.cache = of.cache;
    this.blockShift = pageShift + of.order;
    this.blockBytes = 2 ** this.blockShift;
    this.blocksPerByte = 1 / this.blockBytes;
    this.end = of.hva + of.npages * 2 ** pageShift;
  }
}

export type Owned = Hpt | Store | Memslot | Vma | null;

/** Which word was written: decoded form of a journal place. */
export interface Place {
  readonly plane: Plane;
  readonly owner: number;
  readonly index: number;
}

/** Decodes the two place words of a journal record. */
export function decodePlace(place: number, indexLo: number): Place {
  return {
    plane: (place >>> 24) as Plane,
    owner: (place >>> 10) & (MAX_OWNERS - 1),
    index: (place & 0x3ff) * NEAR + (indexLo >>> 0),
  };
}

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
  readonly dirtyPfns = this.store(Plane.dirtyPfn);
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
    this.setScalarNum(Scalar.nextPfn, 0x10000);
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

  private store(plane: Plane): Store {
    return this.own((owner) => new Store(plane, owner));
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
    const rmap = this.store(Plane.rmap);
    const dirty = this.store(Plane.dirty);
    const end = hva + npages * 2 ** pageShift;
    return this.own((owner) => new Memslot(owner, id, baseGfn, npages, hva, end, rmap, dirty, phys));
  }

  newSlotPhys(): Store {
    return this.store(Plane.slotPhys);
  }

  newVma(mapping: Mapping, pageShift: number): Vma {
    const ptes = this.store(Plane.hostPte);
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

/** Page frame number of a host PTE word. */
export function pfnOf(hi: number, lo: number): number {
  return hi === 0 ? lo >>> 12 : (hi >>> 0) * 1048576 + (lo >>> 12);
}
