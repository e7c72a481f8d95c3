/**
 * Places: the addresses of the 64-bit words that are a machine's state. A place is (plane, owner, index): the plane says what kind of word
 * it is, the owner which table, memslot, vma or vCPU it belongs to.
 */

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

/** Indexes below take no part of the place's first word. */
export const NEAR = 4294967296;

/** Tables, stores, memslots and mappings in one run. */
export const MAX_OWNERS = 1 << 14;

/** First word of a place in the journal, without the part of an index beyond 2^32. */
export function placeOf(plane: number, owner: number): number {
  return (plane << 24) | (owner << 10);
}

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
