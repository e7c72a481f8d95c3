// Brings the words of the machine's table to what replay knows, and keeps its rings in order with them: exactly the entries that are
// known to be valid stand on the ring of their guest page. An entry whose state is open stands in the table as absent, so that no
// kernel path takes it for valid.

import {
  R_KEY_HI,
  R_KEY_LO,
  R_RC,
  R_RPN_HI,
  R_RPN_LO,
  RMAP_PRESENT_HI,
  V_ABSENT,
  V_HVLOCK,
  V_VALID,
} from '../../model/bits';
import { vHiOf } from '../../model/entry';
import type { Hpt } from '../../model/hpt';
import { actualShift, gfnOf, newRHi } from '../../model/hpte';
import type { Memslot } from '../../model/ranges';
import { unlinkHpte } from '../../model/rmap';
import type { Vm } from '../../model/vm';
import { hiOf, loOf, toBig } from '../../model/words';
import { ABSENT, FREE, type Slot, VALID } from '../replay/knowledge';
import { frameOf, guestOf, identityOf } from '../replay/words';

/** An entry's words as something showed them, in the older layout. */
export interface ShownWords {
  readonly v: bigint;
  readonly r: bigint;
  readonly guest: bigint;
}

const taken = V_VALID | V_ABSENT;
const rcBits = BigInt(R_RC);

export class TableWords {
  readonly #vm: Vm;

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  get #hpt(): Hpt {
    return this.#vm.state.hpt;
  }

  /** The state that the table's words show: FREE, VALID or ABSENT. */
  stateOf(index: number): number {
    const vLo = this.#hpt.vLo(index);
    return (vLo & V_VALID) !== 0 ? VALID : (vLo & V_ABSENT) !== 0 ? ABSENT : FREE;
  }

  /** Whether the words of a slot are those of the entry that is told. */
  holds(index: number, { v, guest }: Slot): boolean {
    if (this.stateOf(index) === FREE || v === undefined || guest === undefined) {
      return false;
    }
    return this.identity(index) === v && this.guestView(index) === guest;
  }

  /** Dword 0 without state, in the older layout. */
  identity(index: number): bigint {
    const hpt = this.#hpt;
    return identityOf(toBig(vHiOf(this.#vm, hpt, index), hpt.vLo(index)), this.#vm.newFormat);
  }

  /** The guest view without R, C and MODIFIED. */
  guestView(index: number): bigint {
    return guestOf(toBig(this.#hpt.guestHi(index), this.#hpt.guestLo(index)));
  }

  /** Real address in dword 1. */
  frame(index: number): bigint | undefined {
    const hpt = this.#hpt;
    const r = toBig(hpt.rHi(index), hpt.rLo(index));
    return frameOf(this.identity(index), r, this.guestView(index), this.#vm.newFormat);
  }

  /** Makes a slot free. */
  free(index: number): void {
    this.leaveRing(index);
    if ((this.#hpt.vLo(index) & taken) !== 0) {
      this.#vm.state.putV(this.#hpt, index, 0, 0);
    }
  }

  /** All entries but those that stay become free. */
  freeAllBut(stays: { has(index: number): boolean }): void {
    const gone: number[] = [];
    this.#hpt.forEach((index, chunk, o) => {
      if (((chunk[o] as number) & taken) !== 0 && !stays.has(index)) {
        gone.push(index);
      }
    });
    for (const index of gone) {
      this.free(index);
    }
  }

  /** The words of a slot as something showed them. */
  show(index: number, { v, r, guest }: ShownWords): void {
    const { newFormat } = this.#vm;
    const vHi = hiOf(v);
    const vLo = loOf(v) & ~V_HVLOCK;
    const rHi = hiOf(r);
    this.showRaw(index, {
      vHi: newFormat ? vHi & 0x000fffff : vHi,
      vLo,
      rHi: newFormat ? newRHi(vHi, rHi) : rHi,
      rLo: loOf(r),
      guestHi: hiOf(guest),
      guestLo: loOf(guest),
    });
  }

  /** The same with the words as they lie in memory. */
  showRaw(index: number, to: RawWords): void {
    const { state } = this.#vm;
    const hpt = this.#hpt;
    const linked = this.#isLinked(index);
    const moves = linked && ((to.vLo & V_VALID) === 0 || this.#gfnOf(index) !== this.#gfn(to));
    if (moves) {
      this.leaveRing(index);
    }
    state.putR(hpt, index, to.rHi, to.rLo);
    state.putV(hpt, index, to.vHi, to.vLo);
    state.putGuest(hpt, index, to.guestHi, to.guestLo);
    if ((to.vLo & V_VALID) !== 0 && (moves || !linked)) {
      this.joinRing(index);
    }
  }

  /** Brings a slot to what is known of it. What is not known stays as it is, or is made up: it stands for nothing. */
  set(index: number, slot: Slot): void {
    const { states } = slot;
    if (states === FREE) {
      this.free(index);
      return;
    }
    const same = this.holds(index, slot);
    const now = this.stateOf(index);
    if (slot.v === undefined || slot.guest === undefined) {
      this.#hold(index, states, now);
      return;
    }
    const entry = same ? this.#wordsOf(index) : freshWords(slot.v, slot.guest);
    const r = this.#withFrame(entry.r, slot);
    const rc = slot.rc === undefined ? r & rcBits : slot.rc;
    const guestRc = states === ABSENT && same && now === VALID && slot.rc !== undefined ? slot.rc : 0n;
    const absentNow = states !== VALID;
    const keys = absentNow && now === VALID && same ? ~keyBits : ~0n;
    this.show(index, {
      v: slot.v | BigInt(absentNow ? V_ABSENT : V_VALID),
      r: (r & ~rcBits & keys) | rc,
      guest: entry.guest | guestRc,
    });
  }

  /** An entry of which not even the words are known. A valid one maps a guest page of no memslot, so that it is on no ring. */
  #hold(index: number, states: number, now: number): void {
    const { state } = this.#vm;
    const hpt = this.#hpt;
    if (states === VALID) {
      this.leaveRing(index);
      state.putGuest(hpt, index, R_RPN_HI, R_RPN_LO);
      state.putV(hpt, index, 0, V_VALID);
    } else if (now === VALID) {
      this.leaveRing(index);
      state.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) & ~V_VALID) | V_ABSENT);
    } else if (now === FREE && (states & FREE) === 0) {
      state.putV(hpt, index, 0, V_ABSENT);
    }
  }

  #wordsOf(index: number): { readonly r: bigint; readonly guest: bigint } {
    const hpt = this.#hpt;
    const rHi = this.#vm.newFormat ? hpt.rHi(index) & ~0x0c000000 : hpt.rHi(index);
    return { r: toBig(rHi, hpt.rLo(index)), guest: toBig(hpt.guestHi(index), hpt.guestLo(index)) };
  }

  #withFrame(r: bigint, { v, guest, frame }: Slot): bigint {
    if (frame === undefined || v === undefined || guest === undefined) {
      return r;
    }
    const old = frameOf(v, r, guest, false) ?? 0n;
    return (r & ~old) | frame;
  }

  // ---- rings --------------------------------------------------------------------------------------------------------

  #gfnOf(index: number): number {
    const hpt = this.#hpt;
    return this.#gfn({
      vHi: 0,
      rHi: 0,
      rLo: 0,
      vLo: hpt.vLo(index),
      guestHi: hpt.guestHi(index),
      guestLo: hpt.guestLo(index),
    });
  }

  #gfn({ vLo, guestHi, guestLo }: RawWords): number {
    return gfnOf(guestHi, guestLo, actualShift(this.#vm, vLo, guestLo), this.#vm.pageShift);
  }

  #slotOf(index: number): Memslot | null {
    return this.#vm.state.slotOfGfn(this.#gfnOf(index));
  }

  /** Valid entries of a memslot's pages stand on a ring; others have none. */
  #isLinked(index: number): boolean {
    return (this.#hpt.vLo(index) & V_VALID) !== 0 && this.#slotOf(index) !== null;
  }

  leaveRing(index: number): void {
    const slot = this.#isLinked(index) ? this.#slotOf(index) : null;
    if (slot !== null) {
      const page = this.#gfnOf(index) - slot.baseGfn;
      unlinkHpte(this.#vm, this.#hpt, index, this.#hpt.own(index), slot, page, slot.rmap.own(page), false);
    }
  }

  /** Puts a valid entry at the end of its page's ring. */
  joinRing(index: number): void {
    const slot = this.#slotOf(index);
    if (slot === null) {
      return;
    }
    const { state, kernel } = this.#vm;
    const hpt = this.#hpt;
    const page = this.#gfnOf(index) - slot.baseGfn;
    const { rmap } = slot;
    if ((rmap.hi(page) & RMAP_PRESENT_HI) === 0) {
      state.putLink(hpt, index, index, index);
      state.put(rmap, page, rmap.hi(page) | RMAP_PRESENT_HI | kernel.rmapTypeHi, index | 0);
      return;
    }
    const head = rmap.lo(page) >>> 0;
    const tail = hpt.back(head);
    state.putLink(hpt, index, head, tail);
    state.putLink(hpt, tail, index, hpt.back(tail));
    state.putLink(hpt, head, hpt.forw(head), index);
  }

  /** Puts the valid entries of a memslot that has just come on their rings. */
  joinRingsOf(slot: Memslot): void {
    const joining: number[] = [];
    this.#hpt.forEach((index, chunk, o) => {
      if (((chunk[o] as number) & V_VALID) !== 0 && this.#slotOf(index) === slot) {
        joining.push(index);
      }
    });
    for (const index of joining) {
      this.joinRing(index);
    }
  }
}

/** The words of an entry as they lie in memory, as halves. */
export interface RawWords {
  readonly vHi: number;
  readonly vLo: number;
  readonly rHi: number;
  readonly rLo: number;
  readonly guestHi: number;
  readonly guestLo: number;
}

const keyBits = toBig(R_KEY_HI, R_KEY_LO);

/** Dword 1 of an entry of which nothing but the guest's words is known: without a frame, the rights as the guest gave them. */
function freshWords(v: bigint, guest: bigint): { readonly r: bigint; readonly guest: bigint } {
  return { r: guest & ~(frameOf(v, guest, guest, false) ?? 0n), guest };
}
