/** Memslots (kvm_vm_ioctl_set_memory_region, kvmppc_core_flush_memslot) and the virtual real mode area (kvmppc_map_vrma). */
import {
  EBUSY,
  EEXIST,
  EINVAL,
  H_EXACT_HI,
  H_SUCCESS,
  R_M,
  R_RC,
  SLB_L,
  V_BOLTED,
  V_LARGE,
  VRMA_SLB_V_HI,
  VRMA_SLB_V_LO,
} from './bits';
import { hEnter } from './enter';
import { eventCode, SLOT_CHANGE } from './events';
import { sMemslot, sVrma } from './listing';
import { Cause, unmapRmapp } from './notifiers';
import type { Memslot } from './ranges';
import { Scalar } from './state';
import { Store } from './store';
import type { Vm } from './vm';
import { numHi, numLo, toNum } from './words';

const MEMSLOT_CHANGE = eventCode('memslot.change');
/** Slots that user space may use; KVM's own limit is of this size or larger. */
const USER_SLOTS = 512;
/** slotWords index of the word that names the slot_phys store of a slot: owner low, pages high. */
const PHYS_WORDS = 1024;

export interface MemslotSpec {
  readonly slot: number;
  readonly baseGfn: number;
  /** host pages */
  readonly npages: number;
  readonly hva: number;
  readonly logDirty?: boolean;
}

/** PPC970: the slot_phys arrays by slot id; they outlive their memslots. */
export function slotPhysArrays(vm: Vm): [number, Store][] {
  const arrays: [number, Store][] = [];
  vm.state.slotWords.forEach((index, _, owner) => {
    const store = vm.state.ownerOf(owner);
    if (index >= PHYS_WORDS && store instanceof Store) arrays.push([index - PHYS_WORDS, store]);
  });
  return arrays;
}

function note(vm: Vm, slot: Memslot, change: (typeof SLOT_CHANGE)[number]): void {
  const log = vm.state.log;
  if (log === null) return;
  log.step(sMemslot.change);
  log
    .event(MEMSLOT_CHANGE)
    .u32(slot.id)
    .u32(SLOT_CHANGE.indexOf(change))
    .num(slot.baseGfn)
    .num(slot.npages)
    .num(slot.hva);
}

function framed(vm: Vm, slot: number, gfn: number, work: () => number): number {
  const log = vm.state.log;
  if (log !== null) {
    log.enter(sMemslot.PATH, -1, 0, slot, numHi(gfn), gfn | 0);
    log.step(sMemslot.check);
  }
  const ret = work();
  if (log !== null) log.leave();
  return ret;
}

/** Adds a memslot: 0, EINVAL (number, size or alignment), EEXIST (overlap), EBUSY (linux-6.1: an invalidation runs). */
export function addMemslot(vm: Vm, spec: MemslotSpec): number {
  return framed(vm, spec.slot, spec.baseGfn, () => {
    const st = vm.state;
    const { slot: id, baseGfn, npages, hva } = spec;
    if (id < 0 || id >= USER_SLOTS || npages <= 0 || hva % vm.page !== 0 || st.slotOfId(id) !== null) return EINVAL;
    if (st.slots.some((s) => baseGfn < s.baseGfn + s.npages && baseGfn + npages > s.baseGfn)) return EEXIST;
    if (vm.kernel.notifiersBySlot && st.scalarNum(Scalar.count) !== 0) return EBUSY;
    let phys: Store | null = null;
    if (!vm.notifiers) {
      const owner = st.ownerOf(st.slotWords.lo(PHYS_WORDS + id));
      if (owner instanceof Store) {
        if (npages > st.slotWords.hi(PHYS_WORDS + id)) return EINVAL;
        phys = owner;
      } else {
        phys = st.newSlotPhys();
        st.put(st.slotWords, PHYS_WORDS + id, npages, phys.owner);
      }
    }
    const slot = st.newMemslot(id, baseGfn, npages, hva, vm.pageShift, phys);
    st.putSlot(id, slot, spec.logDirty ?? false);
    if (vm.kernel.mmioCache) vm.mmioUpdateNext();
    note(vm, slot, 'added');
    return 0;
  });
}

/** Removes a memslot. linux-3.4 leaves its HPTEs as they are, linux-6.1 unmaps them first. EINVAL without it. */
export function deleteMemslot(vm: Vm, id: number): number {
  const slot = vm.state.slotOfId(id);
  if (slot === null) return EINVAL;
  return framed(vm, id, slot.baseGfn, () => {
    if (vm.kernel.notifiersBySlot && vm.state.scalarNum(Scalar.count) !== 0) return EBUSY;
    const log = vm.state.log;
    if (vm.kernel.removeUnmaps) {
      if (log !== null) log.step(sMemslot.flush);
      const pages: number[] = [];
      slot.rmap.forEach((page) => pages.push(page));
      for (const page of pages) unmapRmapp(vm, slot, slot.baseGfn + page, Cause.memslot);
    }
    vm.state.putSlot(id, null, false);
    note(vm, slot, 'removed');
    return 0;
  });
}

/** Turns dirty logging of a memslot on or off. EINVAL without it. */
export function setMemslotFlags(vm: Vm, id: number, logDirty: boolean): number {
  const st = vm.state;
  const slot = st.slotOfId(id);
  if (slot === null) return EINVAL;
  return framed(vm, id, slot.baseGfn, () => {
    const words: number[] = [];
    if (st.logDirty(slot) !== logDirty) {
      slot.dirty.forEach((word) => words.push(word));
      for (const word of words) st.put(slot.dirty, word, 0, 0);
    }
    st.putSlot(id, slot, logDirty);
    if (vm.kernel.mmioCache) vm.mmioUpdateNext();
    note(vm, slot, 'flags');
    return 0;
  });
}

/**
 * Maps guest real addresses through the VRMA: one bolted HPTE a page of the slot (kvmppc_map_vrma).
 * @param porder log2 of the VRMA's page size: 12, 16 or 24
 * @returns 0, or EINVAL for another page size or one below the host's
 */
export function mapVrma(vm: Vm, vcpu: number, slot: Memslot, porder: number): number {
  if ((porder !== 12 && porder !== 16 && porder !== 24) || porder < vm.pageShift) return EINVAL;
  const st = vm.state;
  const log = st.log;
  if (log !== null) log.enter(sVrma.PATH, -1, 0, slot.id, 0, porder);
  setVrmaSlbV(vm, porder);
  const hpt = st.hpt;
  const npteg = hpt.entries / 8;
  const npages = Math.min(Math.floor(slot.npages / 2 ** (porder - vm.pageShift)), 2 ** (40 - porder), npteg);
  for (let i = 0; i < npages; i++) {
    if (log !== null) log.step(sVrma.enter);
    const addr = i * 2 ** porder;
    // VSID 0x1ffffff of a 1T segment: vsid ^ vsid << 25 ^ page
    const index = toNum((0x1ffffff >>> 7) & hpt.maskHi, (i ^ 0x1ffffff ^ (0x1ffffff << 25)) & hpt.maskLo) * 8 + 7;
    const avpn = Math.floor(addr / 65536);
    const vHi = 0x40000000 | (0x1ffffff >>> 8);
    const vLo = (0x1ffffff << 24) | V_BOLTED | (porder > 12 ? V_LARGE : 0) | (avpn & ~0x7f);
    const rLo = numLo(addr) | (porder === 16 ? 0x1000 : 0) | R_RC | R_M;
    const ret = hEnter(vm, vcpu, H_EXACT_HI, 0, numHi(index), numLo(index), vHi, vLo, numHi(addr), rLo);
    if (ret !== H_SUCCESS) {
      if (log !== null) log.step(sVrma.failed);
      break;
    }
  }
  if (log !== null) log.leave();
  return 0;
}

/** The segment word of real-mode accesses for a VRMA page size. */
export function setVrmaSlbV(vm: Vm, porder: number): void {
  const pages = porder === 12 ? 0 : porder === 16 ? SLB_L | 0x10 : porder === 24 ? SLB_L : SLB_L | 0x20;
  vm.state.putScalar(Scalar.vrmaSlbV, VRMA_SLB_V_HI, VRMA_SLB_V_LO | pages);
}
