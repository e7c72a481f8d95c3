/**
 * Pinned guest pages: PPC970, where every page that the guest maps stays in memory (kvmppc_get_guest_page), and the pinning of
 * single pages for the hypervisor itself (kvmppc_pin_guest_page).
 */
import { EFAULT, EINVAL, PTE_CACHE } from './bits';
import { eventCode } from './events';
import { sGetPage, sPin } from './listing';
import type { Memslot } from './ranges';
import { pagesOf, updateDirtyMap } from './rmap';
import type { Vm } from './vm';
import { maskLo, numHi } from './words';

const PIN = eventCode('page.pin');
/** slot_phys word: this word holds the page reference */
const GOT_PAGE = 0x80;

/**
 * Gets a guest page and records it in slot_phys (kvmppc_get_guest_page).
 * @param shift log2 of the guest's page size
 * @returns 0 or a negative errno
 */
export function getGuestPage(vm: Vm, slot: Memslot, gfn: number, shift: number): number {
  const log = vm.state.log;
  if (log !== null) log.enter(sGetPage.PATH, -1, numHi(gfn), gfn | 0, 0, shift);
  const ret = getPage(vm, slot, gfn, shift);
  if (log !== null) log.leave();
  return ret;
}

function getPage(vm: Vm, slot: Memslot, gfn: number, shift: number): number {
  const st = vm.state;
  const log = st.log;
  const phys = slot.phys;
  if (phys === null) return EINVAL;
  const page = gfn - slot.baseGfn;
  if (log !== null) log.step(sGetPage.known);
  if ((phys.lo(page) | phys.hi(page)) !== 0) return 0;
  const hva = slot.hva + page * vm.page;
  if (log !== null) log.step(sGetPage.gup);
  const w = vm.world;
  let got = 0;
  let io = 0;
  let pfn: number;
  // guest pages smaller than a host page cover none: the kernel's shift count comes out as zero pages
  let npages = shift < vm.pageShift ? 0 : pagesOf(shift, vm.pageShift);
  let first = page;
  if (w.getPage(slot, page, true)) {
    got = GOT_PAGE;
    pfn = w.ptePfn;
    const hostPages = 2 ** (w.pteShift - vm.pageShift);
    if (hostPages > 1) {
      if (log !== null) log.step(sGetPage.huge);
      const aligned =
        slot.baseGfn % hostPages === 0 && slot.npages % hostPages === 0 && slot.hva % (hostPages * vm.page) === 0;
      if (w.pteShift > shift && aligned) npages = hostPages;
      else if (w.pteShift < shift) {
        w.putPage();
        return EINVAL;
      } else if (w.pteShift > shift) pfn += Math.floor(hva / vm.page) % hostPages;
    } else if (w.pteShift < shift) {
      w.putPage();
      return EINVAL;
    }
  } else {
    if (!w.pfnmap(slot, page, 2 ** shift)) return EFAULT;
    pfn = w.ptePfn;
    io = w.pteFlags & PTE_CACHE;
    if (shift > vm.pageShift && pfn % pagesOf(shift, vm.pageShift) !== 0) return EFAULT;
  }
  if (log !== null) {
    log.step(sGetPage.record);
    log.event(PIN).num(gfn).num(pfn);
  }
  first = npages > 0 ? page - (page % npages) : page;
  const order = npages > 0 ? Math.round(Math.log2(npages)) : 0;
  let used = false;
  for (let i = 0; i < npages; i++) {
    if ((phys.lo(first + i) | phys.hi(first + i)) !== 0) continue;
    const frame = (pfn + i) * vm.page;
    st.put(phys, first + i, numHi(frame), frame | 0 | io | order | (used ? 0 : got));
    used = true;
  }
  if (got !== 0 && !used) w.putPage();
  return 0;
}

/** A page pinned for the hypervisor. */
export interface PinnedPage {
  /** real address of the guest address given */
  readonly pa: number;
  /** bytes from there to the end of what was pinned */
  readonly bytes: number;
}

/**
 * Pins the page of a guest address and gives it back (kvmppc_pin_guest_page, kvmppc_unpin_guest_page).
 * @param dirty linux-6.1: mark the page dirty when it is given back
 * @returns null when there is no such page
 */
export function pinUnpin(vm: Vm, gpaHi: number, gpaLo: number, dirty: boolean): PinnedPage | null {
  const log = vm.state.log;
  if (log !== null) {
    log.enter(sPin.PATH, -1, gpaHi, gpaLo, 0, dirty ? 1 : 0);
    log.step(sPin.find);
  }
  const page = pin(vm, gpaHi, gpaLo, dirty);
  if (log !== null) log.leave();
  return page;
}

function pin(vm: Vm, gpaHi: number, gpaLo: number, dirty: boolean): PinnedPage | null {
  const w = vm.world;
  const gfn = (gpaHi >>> 0) * 2 ** (32 - vm.pageShift) + (gpaLo >>> vm.pageShift);
  const slot = vm.state.slotOfGfn(gfn);
  if (slot === null) return null;
  const hva = slot.hva + (gfn - slot.baseGfn) * vm.page;
  const offset = gpaLo & maskLo(vm.pageShift);
  if (!vm.notifiers) return pinnedPhys(vm, slot, gfn, offset);
  if (!w.getPage(slot, gfn - slot.baseGfn, true)) return null;
  const log = vm.state.log;
  const hostBytes = 2 ** w.pteShift;
  const pfn = w.ptePfn;
  if (log !== null) {
    log.event(PIN).num(gfn).num(pfn);
    log.step(sPin.unpin);
  }
  w.putPage();
  if (vm.kernel.dirtyBitmap) {
    if (dirty) updateDirtyMap(vm, slot, gfn, 1, 'unpin');
    const inBlock = Math.floor((hva % hostBytes) / vm.page);
    return { pa: (pfn + inBlock) * vm.page + offset, bytes: vm.page - offset };
  }
  // the offset inside the block is taken from the guest address
  const inBlock = ((gfn * vm.page) % hostBytes) + offset;
  return { pa: pfn * vm.page + inBlock, bytes: hostBytes - inBlock };
}

function pinnedPhys(vm: Vm, slot: Memslot, gfn: number, offset: number): PinnedPage | null {
  const page = gfn - slot.baseGfn;
  if (slot.phys === null) return null;
  if ((slot.phys.lo(page) | slot.phys.hi(page)) === 0 && getGuestPage(vm, slot, gfn, vm.pageShift) < 0) return null;
  const lo = slot.phys.lo(page);
  if ((slot.phys.hi(page) | lo) === 0) return null;
  const size = vm.page * 2 ** (lo & 0x1f);
  const pa = (slot.phys.hi(page) >>> 0) * 4294967296 + ((lo & ~maskLo(vm.pageShift)) >>> 0);
  const inBlock = pa % size;
  return { pa: pa + offset, bytes: size - inBlock - offset };
}
