// The knowledge plane of a replayed table: for each slot which states it may be in, and which of its fields are known. It stands
// beside the machine; the model knows nothing of it. Everything here is computed from the events before, so it can be had for
// any moment by replaying up to there.
//
// A slot's `states` are the states that are possible. A field is `undefined` while it is unknown. Identity and guest view say
// what the entry is *if there is one*; they are kept while it is open whether the entry has been removed.

import { ABSENT, CAUSES, type Cause, FREE, VALID } from '../../timeline/known';
import { Rests } from './rests';
import { actualShiftOf, gpaOf, RC } from './words';

export { ABSENT, CAUSES, type Cause, FREE, VALID };
export const ANY = FREE | VALID | ABSENT;

/** What is known of one slot. */
export interface Slot {
  readonly states: number;
  /** dword 0 in the older layout, without state and lock */
  readonly v: bigint | undefined;
  /** guest view without R, C and MODIFIED */
  readonly guest: bigint | undefined;
  /** real address in dword 1 */
  readonly frame: bigint | undefined;
  /** R and C of dword 1 */
  readonly rc: bigint | undefined;
  /** why states are open */
  readonly cause: Cause;
  readonly idCause: Cause;
  readonly frameCause: Cause;
  readonly rcCause: Cause;
  /** what of it is no more than assumed: only where a table is completed by assumptions (assuming.ts) */
  readonly assumed?: Assumed;
}

/** Fields of a slot, as bits of a set. */
export const FIELD = { states: 1, v: 2, guest: 4, frame: 8, rc: 16 } as const;

export interface Assumed {
  /** bits of FIELD; none where only that an event tells of the slot is assumed */
  readonly fields: number;
  /** the assumptions that they rest on: a set (src/timeline/assumptions.ts) */
  readonly basis: number;
  /** the states that are possible without them */
  readonly states: number;
}

const freeSlot: Slot = {
  states: FREE,
  v: undefined,
  guest: undefined,
  frame: undefined,
  rc: undefined,
  cause: 'no first dump',
  idCause: 'no first dump',
  frameCause: 'no first dump',
  rcCause: 'no first dump',
};

/** Nothing is known, for one reason. */
export function unknownSlot(cause: Cause, states = ANY): Slot {
  return { ...freeSlot, states, cause, idCause: cause, frameCause: cause, rcCause: cause };
}

/** What may happen at any time without a word in the trace or the recording. */
export interface Silent {
  /** why a valid entry may be absent: invalidations are not recorded, or a memslot may go */
  readonly unmaps: Cause | undefined;
  /** ageing is not recorded: R of a valid entry may be clear */
  readonly ages: boolean;
  /** faults are not recorded: an absent entry may be valid */
  readonly faults: boolean;
}

/** Gets to know of every change of the knowledge, in order. */
export interface KnowledgeWatch {
  put(index: number, slot: Slot): void;
  /** all that was learnt is void: this holds for every slot */
  reset(background: Slot): void;
}

/** Guest pages are 4K units here, so that the same key serves every host page size. */
const pageOf = (gpa: bigint): number => Number(gpa >> 12n);

export class Knowledge {
  /** the assumptions that it rests on */
  readonly rests: Rests;
  #slots = new Map<number, Slot>();
  #background: Slot;
  /** slots that are surely not free */
  #taken = new Set<number>();
  /** slots that may be valid, by the guest page they start at; -1 when it is unknown */
  #byPage = new Map<number, Set<number>>();

  constructor(
    readonly entries: number,
    background: Slot,
    readonly silent: Silent,
    readonly watch?: KnowledgeWatch,
    standing = 0,
  ) {
    this.#background = background;
    this.rests = new Rests(standing);
    watch?.reset(background);
  }

  /** Number of PTEGs. */
  get ptegs(): number {
    return this.entries / 8;
  }

  get(index: number): Slot {
    return this.#slots.get(index) ?? this.#background;
  }

  /** What holds for every slot that nothing was learnt of. */
  get background(): Slot {
    return this.#background;
  }

  /** Slots that something was learnt of. */
  known(): IterableIterator<[number, Slot]> {
    return this.#slots.entries();
  }

  /** The same, to look them up. */
  get learnt(): ReadonlyMap<number, Slot> {
    return this.#slots;
  }

  /** Everything becomes unknown. */
  forgetAll(cause: Cause): void {
    this.#reset(unknownSlot(cause));
  }

  /** The table is known to be empty. */
  empty(): void {
    this.#reset(freeSlot);
  }

  #reset(background: Slot): void {
    this.#slots = new Map();
    this.#taken = new Set();
    this.#byPage = new Map();
    this.#background = background;
    this.rests.clear();
    this.watch?.reset(background);
  }

  put(index: number, to: Slot): void {
    this.#unlink(index);
    const slot = this.#asSilent(to);
    this.#slots.set(index, slot);
    this.watch?.put(index, slot);
    if ((slot.states & FREE) === 0) {
      this.#taken.add(index);
    }
    if ((slot.states & VALID) !== 0) {
      const page = this.#pageOf(slot);
      const there = this.#byPage.get(page);
      if (there === undefined) {
        this.#byPage.set(page, new Set([index]));
      } else {
        there.add(index);
      }
    }
  }

  #asSilent(given: Slot): Slot {
    let { states } = given;
    // the hardware may set what is clear in an entry that may be valid
    const changes = (states & VALID) !== 0 && given.rc !== undefined && (given.rc !== RC || this.silent.ages);
    const slot = changes ? { ...given, rc: undefined } : given;
    const unmapped = (states & VALID) !== 0 ? this.silent.unmaps : undefined;
    if (unmapped !== undefined) {
      states |= ABSENT;
    }
    if (this.silent.faults && (states & ABSENT) !== 0) {
      states |= VALID;
    }
    const mayBeInstalled = this.silent.faults && (states & ABSENT) !== 0;
    return states === slot.states && !mayBeInstalled
      ? slot
      : { ...slot, states, frame: undefined, rc: undefined, cause: unmapped ?? 'events not recorded' };
  }

  #pageOf({ v, guest }: Slot): number {
    const gpa = v === undefined || guest === undefined ? undefined : gpaOf(v, guest);
    return gpa === undefined ? -1 : pageOf(gpa);
  }

  #unlink(index: number): void {
    const old = this.#slots.get(index);
    if (old === undefined) {
      return;
    }
    this.#taken.delete(index);
    if ((old.states & VALID) !== 0) {
      const page = this.#pageOf(old);
      const there = this.#byPage.get(page);
      there?.delete(index);
      if (there?.size === 0) {
        this.#byPage.delete(page);
      }
    }
  }

  /** Only some states remain possible. False when none does: what was known is contradicted. */
  narrow(index: number, states: number): boolean {
    const slot = this.get(index);
    const left = slot.states & states;
    if (left === 0) {
      return false;
    }
    if (left !== slot.states) {
      this.put(index, left === FREE ? freeSlot : { ...slot, states: left });
    }
    return true;
  }

  /** The entry is gone. */
  free(index: number): void {
    this.put(index, freeSlot);
  }

  /** The entry may have been removed. */
  maybeFree(index: number, cause: Cause): void {
    const slot = this.get(index);
    if ((slot.states & FREE) === 0) {
      this.put(index, { ...slot, states: slot.states | FREE, cause });
    }
  }

  /** The entry may have been installed, with any frame, R and C. */
  maybeInstalled(index: number, cause: Cause): void {
    const slot = this.get(index);
    const { states, frame, rc } = slot;
    const isSo = (states & VALID) !== 0 && frame === undefined && rc === undefined;
    // what is put may come out with the cause of what is silent
    if (!isSo || (slot.cause !== cause && slot.cause !== this.silent.unmaps) || !this.#slots.has(index)) {
      this.put(index, { ...slot, states: states | VALID, frame: undefined, rc: undefined, cause });
    }
  }

  /** Slots that are surely not free. */
  get taken(): ReadonlySet<number> {
    return this.#taken;
  }

  /** Any entry may have been removed. */
  maybeFreeAll(cause: Cause): void {
    for (const index of [...this.#taken]) {
      this.maybeFree(index, cause);
    }
  }

  /** All eight slots of a PTEG may hold anything. */
  blur(pteg: number, cause: Cause): void {
    for (let i = 0; i < 8; i++) {
      this.put(pteg * 8 + i, unknownSlot(cause));
    }
  }

  /** Entries of the guest pages from..to (addresses, the second excluded) are absent if they were valid. */
  unmap(from: bigint, to: bigint): void {
    this.#visit(pageOf(from), pageOf(to), (index) => this.#absent(index));
    for (const index of [...(this.#byPage.get(-1) ?? [])]) {
      this.maybeAbsent(index, 'race');
    }
  }

  /** The same when it is open whether it happens. */
  maybeUnmap(from: bigint, to: bigint, cause: Cause): void {
    this.#visit(pageOf(from), pageOf(to), (index) => this.maybeAbsent(index, cause));
    for (const index of [...(this.#byPage.get(-1) ?? [])]) {
      this.maybeAbsent(index, cause);
    }
  }

  /** Any valid entry may have become absent. */
  maybeUnmapAll(cause: Cause): void {
    for (const there of [...this.#byPage.values()]) {
      for (const index of [...there]) {
        this.maybeAbsent(index, cause);
      }
    }
  }

  /** Slots that may be valid and map the guest page that starts at an address. */
  mapping(gpa: bigint): readonly number[] {
    return [...(this.#byPage.get(pageOf(gpa)) ?? [])];
  }

  /** Guest pages (their addresses) that entries which may be valid map. */
  mappedPages(): bigint[] {
    return [...this.#byPage.keys()].filter((page) => page >= 0).map((page) => BigInt(page) << 12n);
  }

  #absent(index: number): void {
    const slot = this.get(index);
    this.put(index, { ...slot, states: (slot.states & ~VALID) | ABSENT });
  }

  maybeAbsent(index: number, cause: Cause): void {
    const slot = this.get(index);
    if ((slot.states & VALID) !== 0 && (slot.states & ABSENT) === 0) {
      this.put(index, { ...slot, states: slot.states | ABSENT, cause });
    }
  }

  #visit(from: number, to: number, visit: (index: number) => void): void {
    const hits: number[] = [];
    if (to - from < this.#byPage.size) {
      for (let page = from; page < to; page++) {
        hits.push(...(this.#byPage.get(page) ?? []));
      }
    } else {
      for (const [page, there] of this.#byPage) {
        if (page >= from && page < to) {
          hits.push(...there);
        }
      }
    }
    hits.forEach(visit);
  }

  /** R of these pages may have been cleared. */
  age(from: bigint, to: bigint): void {
    this.#visit(pageOf(from), pageOf(to), (index) => this.forgetRc(index));
    for (const index of [...(this.#byPage.get(-1) ?? [])]) {
      this.forgetRc(index);
    }
  }

  ageAll(): void {
    for (const there of [...this.#byPage.values()]) {
      for (const index of [...there]) {
        this.forgetRc(index);
      }
    }
  }

  forgetRc(index: number): void {
    const slot = this.get(index);
    if (slot.rc !== undefined && (slot.states & VALID) !== 0) {
      this.put(index, { ...slot, rc: undefined, rcCause: 'R and C not traced' });
    }
  }
}

/** R and C of an entry as an observation leaves them: the hardware may set what is clear while the entry is valid. */
export function lastingRc(states: number, r: bigint, dirtyLogged: boolean): bigint | undefined {
  const rc = r & RC;
  if (states === ABSENT) {
    return rc;
  }
  return rc === RC && !dirtyLogged ? rc : undefined;
}

/** Bytes that an entry maps, or 0 when that is unknown. */
export function bytesOf(slot: Slot): bigint {
  const shift = slot.v === undefined || slot.guest === undefined ? 0 : actualShiftOf(slot.v, slot.guest);
  return shift === 0 ? 0n : 1n << BigInt(shift);
}
