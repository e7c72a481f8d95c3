/**
 * The reverse map: for each memslot page the ring of the HPTEs that map it, its lock, and the R and C bits harvested from
 * them (Book3S HV kvmppc_add_revmap_chain, remove_revmap_chain, kvmppc_update_dirty_map).
 */

import { GR_MODIFIED_HI, R_C, R_RC, RMAP_C_HI, RMAP_PRESENT_HI, RMAP_R_HI } from './bits';
import { DIRTY_CAUSE, eventCode } from './events';
import type { Hpt } from './hpt';
import { actualShift, gfnOf } from './hpte';
import * as Lane from './lane';
import { Local, sAddRevmap, sRemoveRevmap } from './listing';
import { ENTER, EVENT, LEAVE, LOCAL, STEP } from './log';
import type { Point } from './points';
import type { Memslot } from './ranges';
import * as Scalar from './scalar';
import type { Vm } from './vm';
import { high } from './words';

const RMAP_LINK = eventCode('rmap.link');
const RMAP_UNLINK = eventCode('rmap.unlink');
const RMAP_HARVEST = eventCode('rmap.harvest');
const DIRTY_SET = eventCode('dirty.set');
const DIRTY_LOST = eventCode('dirty.lost');
export type DirtyCause = (typeof DIRTY_CAUSE)[number];

/** Takes the lock of a rmap word, where it could be seen. */
export function lockRmap(vm: Vm, slot: Memslot, page: number): void {
  const { log } = vm.state;
  if (vm.noRmapLock === true || (log === null && vm.hook === null)) return;
  const w = slot.rmap.own(page);
  const o = (page & 255) << 1;
  const hi = (w[o + 1] as number) | vm.kernel.rmapLockHi;
  if (log !== null) log.write(slot.rmap.place, page, w, o, hi, w[o] as number);
  w[o + 1] = hi;
}

export function unlockRmap(vm: Vm, slot: Memslot, page: number): void {
  if (vm.noRmapLock === true) return;
  const { log } = vm.state;
  const { rmapLockHi } = vm.kernel;
  const w = slot.rmap.chunk(page);
  const o = (page & 255) << 1;
  const hi = w[o + 1] as number;
  if ((hi & rmapLockHi) === 0) return;
  if (log !== null) log.write(slot.rmap.place, page, w, o, hi & ~rmapLockHi, w[o] as number);
  w[o + 1] = hi & ~rmapLockHi;
}

/**
 * Links HPTE `index` into the ring of a page and writes the rmap word, which drops its lock (kvmppc_add_revmap_chain).
 * linux-3.4 rewrites the whole word: REFERENCED is set and a pending CHANGED is lost.
 * @param c chunk of the entry
 * @param w chunk of the rmap word
 */
export function addRevmapChain(
  vm: Vm,
  hpt: Hpt,
  index: number,
  c: Int32Array,
  slot: Memslot,
  gfn: number,
  w: Int32Array,
  racePoint: Point,
): void {
  const k = vm.kernel;
  const { log } = vm.state;
  const page = gfn - slot.baseGfn;
  const wo = (page & 255) << 1;
  const lo = w[wo] as number;
  const hi = w[wo + 1] as number;
  const first = (hi & RMAP_PRESENT_HI) === 0;
  if (log !== null) {
    const step = first ? sAddRevmap.first : sAddRevmap.join;
    // biome-ignore format: one record a line
    log.room()
      .w(ENTER | sAddRevmap.PATH).w(-1).w(high(index)).w(index | 0).w(hi).w(lo)
      .w(STEP | step);
  }
  if (first) {
    const o = ((index & 255) << 3) + Lane.forw;
    if (log !== null) log.write(hpt.placeLink, index, c, o, index | 0, index | 0);
    c[o] = index | 0;
    c[o + 1] = index | 0;
  } else join(vm, hpt, index, lo >>> 0);
  const head = first ? index : lo >>> 0;
  if (vm.noRmapLock === true) vm.point(racePoint);
  if (log !== null) {
    // biome-ignore format: one record a line
    log
      .w(STEP | sAddRevmap.word)
      .w(EVENT | RMAP_LINK).w(high(index)).w(index | 0).w(high(gfn)).w(gfn | 0).w(high(head)).w(head | 0);
    if (k.insertWipesRmap === true && (hi & RMAP_C_HI) !== 0)
      // biome-ignore format: one record a line
      log.w(EVENT | DIRTY_LOST).w(high(index)).w(index | 0).w(high(gfn)).w(gfn | 0);
  }
  const newHi =
    k.insertWipesRmap === true
      ? RMAP_R_HI | RMAP_PRESENT_HI
      : (first ? hi | RMAP_PRESENT_HI | k.rmapTypeHi : hi) & ~k.rmapLockHi;
  if (log !== null) log.write(slot.rmap.place, page, w, wo, newHi, head | 0);
  w[wo] = head | 0;
  w[wo + 1] = newHi;
  if (log !== null) log.leave();
}

/** Puts an entry before the head of a ring. */
function join(vm: Vm, hpt: Hpt, index: number, head: number): void {
  const st = vm.state;
  const tail = hpt.back(head);
  st.putLink(hpt, index, head, tail);
  st.putLink(hpt, tail, index, hpt.back(tail));
  st.putLink(hpt, head, hpt.forw(head), index);
}

/** guest_rpte |= MODIFIED while somebody reads the HTAB stream (note_hpte_modification). */
export function noteModification(vm: Vm, hpt: Hpt, index: number): void {
  if (vm.kernel.tracksModification !== true || vm.state.scalars.lo(Scalar.modInterest) === 0) return;
  vm.state.putGuest(hpt, index, hpt.guestHi(index) | GR_MODIFIED_HI, hpt.guestLo(index));
}

/** Host pages that an entry of the given page shift covers, at least one. */
export function pagesOf(shift: number, pageShift: number): number {
  return shift <= pageShift ? 1 : 1 << (shift - pageShift);
}

/**
 * Marks pages dirty in the bitmap of a memslot that logs (kvmppc_update_dirty_map). Eight or more are set as whole bytes:
 * the first page is taken to be a multiple of eight.
 */
export function updateDirtyMap(vm: Vm, slot: Memslot, gfn: number, pages: number, cause: DirtyCause): void {
  const st = vm.state;
  if (vm.kernel.dirtyBitmap !== true || !st.logDirty(slot)) return;
  const rel = gfn - slot.baseGfn;
  if (st.log !== null) st.log.event(DIRTY_SET).u32(slot.id).num(gfn).u32(pages).u32(DIRTY_CAUSE.indexOf(cause));
  const first = pages >= 8 ? rel - (rel % 8) : rel;
  const count = pages >= 8 ? pages - (pages % 8) : pages;
  for (let page = first; page < first + count; page++) setDirtyBit(vm, slot, page);
}

function setDirtyBit(vm: Vm, slot: Memslot, page: number): void {
  const word = Math.floor(page / 64);
  const bit = page % 64;
  const store = slot.dirty;
  if (bit < 32) vm.state.put(store, word, store.hi(word), store.lo(word) | (1 << bit));
  else vm.state.put(store, word, store.hi(word) | (1 << (bit - 32)), store.lo(word));
}

/**
 * Takes an HPTE that the guest removes off its ring and harvests R and C (remove_revmap_chain).
 * @param vLo bits 0-31 of dword 0 (its LARGE bit counts)
 * @param rLo bits 0-31 of dword 1 after the invalidation
 */
export function removeRevmapChain(vm: Vm, hpt: Hpt, index: number, vLo: number, rLo: number): void {
  const st = vm.state;
  const log = st.log;
  const k = vm.kernel;
  const rc = vm.noRcHarvest === true ? 0 : rLo & R_RC;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room()
      .w(ENTER | sRemoveRevmap.PATH).w(-1).w(high(index)).w(index | 0).w(0).w(rLo)
      .w(STEP | sRemoveRevmap.harvest);
  }
  const c = hpt.own(index);
  const o = ((index & 255) << 3) + Lane.guestLo;
  const guestHi = c[o + 1] as number;
  const guestLo = (c[o] as number) | rc;
  if (log !== null) log.write(hpt.placeGuest, index, c, o, guestHi, guestLo);
  c[o] = guestLo;
  const gfn = gfnOf(guestHi, guestLo, actualShift(vm, vLo, guestLo), vm.pageShift);
  const slot = st.slotOfGfn(gfn);
  if (slot === null) {
    if (log !== null) log.w(STEP | sRemoveRevmap.memslot).w(LEAVE);
    return;
  }
  const page = gfn - slot.baseGfn;
  if (log !== null) {
    // biome-ignore format: one record a line
    log
      .w(STEP | sRemoveRevmap.memslot)
      .w(LOCAL | Local.gfn).w(high(gfn)).w(gfn | 0);
    // biome-ignore format: one record a line
    log
      .w(EVENT | RMAP_HARVEST).w(high(index)).w(index | 0).w(high(gfn)).w(gfn | 0).w(rc)
      .w(STEP | sRemoveRevmap.unlink);
    lockRmap(vm, slot, page);
  } else if (vm.hook !== null) lockRmap(vm, slot, page);
  const w = slot.rmap.own(page);
  unlinkHpte(vm, hpt, index, c, slot, page, w, false);
  if (log !== null) {
    // biome-ignore format: one record a line
    log
      .w(EVENT | RMAP_UNLINK).w(high(index)).w(index | 0).w(high(gfn)).w(gfn | 0)
      .w(STEP | sRemoveRevmap.word);
  }
  const wo = (page & 255) << 1;
  const hi = ((w[wo + 1] as number) | rc) & ~k.rmapLockHi;
  if (log !== null) log.write(slot.rmap.place, page, w, wo, hi, w[wo] as number);
  w[wo + 1] = hi;
  if ((rc & R_C) !== 0) {
    if (log !== null) log.step(sRemoveRevmap.dirty);
    updateDirtyMap(vm, slot, gfn, pagesOf(actualShift(vm, vLo, rLo), vm.pageShift), 'remove');
  }
  if (log !== null) log.leave();
}

/**
 * Joins the neighbours of a ring member and moves the head on. The host's unmap (`byHost`) makes the member its own ring and the
 * next one the head, whether it was the head itself or not; the guest's removal moves the head only off the member.
 * @param c chunk of the entry
 * @param w chunk of the rmap word
 */
export function unlinkHpte(
  vm: Vm,
  hpt: Hpt,
  index: number,
  c: Int32Array,
  slot: Memslot,
  page: number,
  w: Int32Array,
  byHost: boolean,
): void {
  const st = vm.state;
  const o = (index & 255) << 3;
  const forw = (c[o + Lane.forw] as number) >>> 0;
  const back = (c[o + Lane.back] as number) >>> 0;
  const alone = forw === index && back === index;
  if (!alone) {
    st.putLink(hpt, forw, hpt.forw(forw), back);
    st.putLink(hpt, back, forw, hpt.back(back));
  }
  const wo = (page & 255) << 1;
  const hi = w[wo + 1] as number;
  if (byHost || (w[wo] as number) >>> 0 === index) {
    const last = forw === index;
    const newHi = last ? hi & ~RMAP_PRESENT_HI : hi;
    const newLo = last ? 0 : forw | 0;
    if (st.log !== null) st.log.write(slot.rmap.place, page, w, wo, newHi, newLo);
    w[wo] = newLo;
    w[wo + 1] = newHi;
  }
  if (byHost && forw !== index) st.putLink(hpt, index, index, index);
}

/** Entries that a walk around a ring visits at most: a ring that a mutation broke need not come back to its head. */
export const LONGEST_RING = 2 ** 24;
