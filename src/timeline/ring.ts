/**
 * A page's rmap word decoded, and its ring of HPTEs read the way the kernel walks it (head, forw, forw, …), with a reason when
 * it is not a proper ring. (Book3S HV kvmppc_add_revmap_chain, remove_revmap_chain; the rmap word is described in bits.ts.)
 */
import { RMAP_C_HI, RMAP_PRESENT_HI, RMAP_R_HI, V_ABSENT, V_VALID } from '../model/bits';
import { actualShift, gfnOf } from '../model/hpte';
import type { Memslot } from '../model/ranges';
import type { Vm } from '../model/vm';
import { toBig } from '../model/words';

/** A decoded rmap word. */
export interface RmapWord {
  readonly word: bigint;
  /** the ring holds at least one HPTE */
  readonly present: boolean;
  /** REFERENCED and CHANGED, harvested from HPTEs that left the ring or were aged */
  readonly referenced: boolean;
  readonly changed: boolean;
  readonly locked: boolean;
  /** index of the ring's head; meaningless when not present */
  readonly head: number;
}

/** A ring as far as it could be walked. */
export interface Ring {
  /** HPTE indexes, head first */
  readonly indexes: readonly number[];
  /** why it is not a proper ring; undefined when it is one */
  readonly broken?: string;
}

/** No ring is walked further than this. */
const LONGEST = 1 << 16;

/** @param page page of the memslot, from 0 */
export function rmapWord(vm: Vm, slot: Memslot, page: number): RmapWord {
  const hi = slot.rmap.hi(page);
  const lo = slot.rmap.lo(page);
  return {
    word: toBig(hi, lo),
    present: (hi & RMAP_PRESENT_HI) !== 0,
    referenced: (hi & RMAP_R_HI) !== 0,
    changed: (hi & RMAP_C_HI) !== 0,
    locked: (hi & vm.kernel.rmapLockHi) !== 0,
    head: lo >>> 0,
  };
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Walks the ring of a memslot page. @param page page of the memslot, from 0 */
export function readRing(vm: Vm, slot: Memslot, page: number): Ring {
  const { present, head } = rmapWord(vm, slot, page);
  if (!present) return { indexes: [] };
  const { hpt } = vm.state;
  const gfn = slot.baseGfn + page;
  // most rings have one member
  if (
    head < hpt.entries &&
    hpt.forw(head) === head &&
    hpt.back(head) === head &&
    whyNotHere(vm, head, gfn) === undefined
  )
    return { indexes: [head] };
  const indexes: number[] = [];
  const seen = new Set<number>();
  const broken = (reason: string): Ring => ({ indexes, broken: reason });
  for (let index = head; ; ) {
    if (index >= hpt.entries)
      return broken(`${hex(index)} lies outside the table, which has ${hex(hpt.entries)} entries`);
    seen.add(index);
    indexes.push(index);
    const stranger = whyNotHere(vm, index, gfn);
    if (stranger !== undefined) return broken(stranger);
    const next = hpt.forw(index);
    if (next < hpt.entries && hpt.back(next) !== index) {
      return broken(`HPTE ${hex(index)} points forward to ${hex(next)}, which points back to ${hex(hpt.back(next))}`);
    }
    if (next === head) return { indexes };
    if (seen.has(next))
      return broken(`HPTE ${hex(index)} points forward to ${hex(next)} and never back to the head ${hex(head)}`);
    if (indexes.length === LONGEST) return broken(`it does not end after ${LONGEST} HPTEs`);
    index = next;
  }
}

/** Why an HPTE has no place on the ring of a guest page. */
function whyNotHere(vm: Vm, index: number, gfn: number): string | undefined {
  const { hpt } = vm.state;
  const vLo = hpt.vLo(index);
  if ((vLo & (V_VALID | V_ABSENT)) === 0) return `HPTE ${hex(index)} is free`;
  const guestHi = hpt.guestHi(index);
  const guestLo = hpt.guestLo(index);
  const mapped = gfnOf(guestHi, guestLo, actualShift(vm, vLo, guestLo), vm.pageShift);
  return mapped === gfn ? undefined : `HPTE ${hex(index)} maps guest page ${hex(mapped)}`;
}
