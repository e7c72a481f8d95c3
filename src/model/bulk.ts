/** H_BULK_REMOVE (kvmppc_h_bulk_remove) and H_PAGE_INIT (kvmppc_rm_h_page_init). */
import {
  GR_MODIFIED_HI,
  H_COPY_PAGE,
  H_ICACHE_INVALIDATE,
  H_ICACHE_SYNCHRONIZE,
  H_PAGE_SET_LOANED_HI,
  H_PARAMETER,
  H_SUCCESS,
  H_TOO_HARD,
  H_ZERO_PAGE,
  PTE_PRESENT,
  R_RC,
  V_ABSENT,
  V_AVPN_LO,
  V_HVLOCK,
  V_VALID,
} from './bits';
import { isKey31, lockHpte, vHiOf } from './entry';
import { eventCode } from './events';
import type { Hpt } from './hpt';
import { tlbieRb } from './hpte';
import { sBulk, sPageInit } from './listing';
import { noteModification, removeRevmapChain, updateDirtyMap } from './rmap';
import { Scalar } from './state';
import { localInvalidate61, tlbieErrata, tlbiePage } from './tlb';
import type { Vm } from './vm';
import { maskLo } from './words';

const HPTE_REMOVE = eventCode('hpte.remove');
const PAGE_INIT = eventCode('page.init');

const REQUEST = 0x4000_0000;
const RESPONSE = 0x80;
const NOT_FOUND = 0x90;
const PARAMETER = 0xa0;

/** One collected entry of a batch. */
interface Collected {
  readonly pair: number;
  readonly index: number;
  readonly vHi: number;
  readonly vLo: number;
}

/**
 * H_BULK_REMOVE: up to four pairs in eight registers, answered in place.
 * @param hi,lo halves of R4 to R11
 */
export function hBulkRemove(vm: Vm, vcpu: number, hi: Int32Array, lo: Int32Array): number {
  const log = vm.state.log;
  if (log !== null) log.enter(sBulk.PATH, vcpu, hi[0] as number, lo[0] as number, hi[1] as number, lo[1] as number);
  let ret: number = H_SUCCESS;
  let pair = 0;
  let end = false;
  while (pair < 4 && !end) {
    const batch: Collected[] = [];
    for (; pair < 4; pair++) {
      if (log !== null) log.step(sBulk.decode);
      const answer = removePair(vm, pair, hi, lo, batch);
      if (answer === 'batch') {
        if (log !== null) log.step(sBulk.batch);
        break;
      }
      if (answer === 'end' || answer === 'parameter') {
        if (answer === 'parameter') ret = H_PARAMETER;
        end = true;
        break;
      }
    }
    finish(vm, vcpu, batch, hi);
  }
  if (log !== null) log.leave();
  return ret;
}

function removePair(
  vm: Vm,
  pair: number,
  hi: Int32Array,
  lo: Int32Array,
  batch: Collected[],
): 'done' | 'end' | 'parameter' | 'batch' {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  const at = pair * 2;
  const word = hi[at] as number;
  const request = word >>> 30;
  if (request === 3) return 'end';
  const flags = (word >>> 24) & 3;
  const indexHi = word & 0x00ffffff;
  const index = indexHi * 4294967296 + ((lo[at] as number) >>> 0);
  const answer = (code: number): void => {
    hi[at] = ((code | flags) << 24) | indexHi;
  };
  if (request !== REQUEST >>> 30 || flags === 3 || index >= hpt.entries) {
    if (log !== null) log.step(sBulk.parameter);
    answer(PARAMETER);
    return 'parameter';
  }
  if (batch.some((entry) => entry.index === index)) return 'batch';
  if (log !== null) log.step(sBulk.compare);
  const vLo = hpt.vLo(index);
  const vHi = vHiOf(vm, hpt, index);
  const argHi = hi[at + 1] as number;
  const argLo = lo[at + 1] as number;
  const there = (vLo & (V_ABSENT | V_VALID)) !== 0;
  const locked = vLo | V_HVLOCK;
  const wanted =
    flags === 0 ||
    (flags === 1 ? ((vHi & argHi) | (locked & argLo)) === 0 : vHi === argHi && (locked & V_AVPN_LO) === argLo);
  if (!there || !wanted) {
    answer(NOT_FOUND);
    return 'done';
  }
  answer(RESPONSE);
  orRc(hpt, index, at, hi);
  lockHpte(vm, hpt, index);
  noteModification(vm, hpt, index);
  if ((vLo & V_VALID) === 0) {
    if (log !== null) log.step(sBulk.absent);
    if (vm.kernel.mmioCache && isKey31(hpt.rHi(index), hpt.rLo(index))) vm.mmioUpdateNext();
    clear(vm, hpt, index, vHi, vLo);
    return 'done';
  }
  if (log !== null) log.step(sBulk.collect);
  st.putV(hpt, index, hpt.vHi(index), hpt.vLo(index) & ~V_VALID);
  batch.push({ pair, index, vHi, vLo });
  return 'done';
}

/** R and C of the guest view into bits 56-57 of the answer (R bit 59, C bit 58 of the word). */
function orRc(hpt: Hpt, index: number, at: number, hi: Int32Array): void {
  hi[at] = (hi[at] as number) | ((hpt.guestLo(index) & R_RC) << 19);
}

function clear(vm: Vm, hpt: Hpt, index: number, vHi: number, vLo: number): void {
  vm.state.putV(hpt, index, 0, 0);
  const guestHi = vm.kernel.tracksModification ? hpt.guestHi(index) & ~GR_MODIFIED_HI : hpt.guestHi(index);
  if (vm.state.log !== null)
    vm.state.log
      .event(HPTE_REMOVE)
      .num(index)
      .u64(vHi, vLo & ~V_HVLOCK)
      .u64(guestHi, hpt.guestLo(index));
}

function finish(vm: Vm, vcpu: number, batch: readonly Collected[], hi: Int32Array): void {
  if (batch.length === 0) return;
  const st = vm.state;
  const hpt = st.hpt;
  const log = st.log;
  const local = vm.kernel.laterCalls ? localInvalidate61(vm) : vm.config.onlineVcpus === 1;
  if (log !== null) log.step(sBulk.flush);
  for (const { index, vHi, vLo } of batch) {
    tlbieRb(vm, index, vHi, vLo, hpt.rLo(index), vm);
    tlbiePage(vm, vcpu, vm.rbHi, vm.rbLo, local);
  }
  tlbieErrata(vm, local);
  for (const { pair, index, vHi, vLo } of batch) {
    if (log !== null) log.step(sBulk.unlink);
    removeRevmapChain(vm, hpt, index, vLo, hpt.rLo(index));
    orRc(hpt, index, pair * 2, hi);
    clear(vm, hpt, index, vHi, vLo);
  }
}

/** What H_PAGE_INIT did to a host page; addresses are real. */
export type PageOp = readonly ['zero', number] | readonly ['copy', number, number];

/**
 * H_PAGE_INIT, real-mode handler. Addresses are guest physical, 4K aligned.
 * @param ops receives what was done
 */
export function hPageInit(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  destHi: number,
  destLo: number,
  srcHi: number,
  srcLo: number,
  ops: PageOp[],
): number {
  const log = vm.state.log;
  if (log !== null) log.enter(sPageInit.PATH, vcpu, destHi, destLo, srcHi, srcLo);
  const ret = pageInit(vm, flagsHi, flagsLo, destHi, destLo, srcHi, srcLo, ops);
  if (log !== null) log.leave();
  return ret;
}

function pageInit(
  vm: Vm,
  flagsHi: number,
  flagsLo: number,
  destHi: number,
  destLo: number,
  srcHi: number,
  srcLo: number,
  ops: PageOp[],
): number {
  const log = vm.state.log;
  if (log !== null) log.step(sPageInit.check);
  const known = H_ICACHE_INVALIDATE | H_ICACHE_SYNCHRONIZE | H_ZERO_PAGE | H_COPY_PAGE;
  if ((flagsHi & ~H_PAGE_SET_LOANED_HI) !== 0 || (flagsLo & ~known) !== 0) return H_PARAMETER;
  const copy = (flagsLo & H_COPY_PAGE) !== 0;
  if ((destLo & 0xfff) !== 0 || (copy && (srcLo & 0xfff) !== 0)) return H_PARAMETER;
  if (!copy && (flagsLo & H_ZERO_PAGE) === 0) return H_SUCCESS;
  if (log !== null) log.step(sPageInit.lookup);
  const to = lookup(vm, destHi, destLo, true);
  if (to < 0) return to === -1 ? H_PARAMETER : H_TOO_HARD;
  let from = 0;
  if (copy) {
    from = lookup(vm, srcHi, srcLo, false);
    if (from < 0) return from === -1 ? H_PARAMETER : H_TOO_HARD;
  }
  if (log !== null) {
    log.step(sPageInit.write);
    log
      .event(PAGE_INIT)
      .num(to)
      .num(from)
      .u32(copy ? 1 : 0);
  }
  ops.push(copy ? ['copy', to, from] : ['zero', to]);
  const gfn = gfnOfAddress(vm, destHi, destLo);
  const slot = vm.state.slotOfGfn(gfn);
  if (slot !== null) updateDirtyMap(vm, slot, gfn, 1, 'page-init');
  return H_SUCCESS;
}

/** Guest frame of a guest physical address. */
function gfnOfAddress(vm: Vm, gpaHi: number, gpaLo: number): number {
  return (gpaHi >>> 0) * 2 ** (32 - vm.pageShift) + (gpaLo >>> vm.pageShift);
}

/** Real address of a guest address; -1 without a memslot, -2 when the page is not there. */
function lookup(vm: Vm, gpaHi: number, gpaLo: number, writing: boolean): number {
  const gfn = gfnOfAddress(vm, gpaHi, gpaLo);
  const slot = vm.state.slotOfGfn(gfn);
  if (slot === null) return -1;
  const page = gfn - slot.baseGfn;
  const w = vm.world;
  if (vm.state.scalarNum(Scalar.count) !== 0 || !w.findPte(slot, page) || (w.pteFlags & PTE_PRESENT) === 0) return -2;
  w.updatePte(writing);
  const hva = slot.hva + page * vm.page;
  return w.ptePfn * vm.page + (hva % 2 ** w.pteShift) + (gpaLo & maskLo(vm.pageShift));
}
