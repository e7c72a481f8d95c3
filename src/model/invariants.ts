/**
 * Invariants: what must hold of a machine whenever no kernel path is under way. Each is a sentence and a check over the state
 * that names the entries at fault. A broken one means a defect: of the emulator, or of the kernel once a mutation leaves a
 * step out.
 */
import { PTE_PRESENT, PTE_RW, R_RPN_HI, R_RPN_LO, RMAP_PRESENT_HI, V_HVLOCK, V_VALID } from './bits';
import { actualShift, gfnOf, isWritable } from './hpte';
import type { Memslot } from './state';
import type { Vm } from './vm';
import { maskHi, maskLo, toNum } from './words';

export const INVARIANTS = [
  { name: 'ring', text: 'the rmap ring of a guest page is well formed both ways, and all its HPTEs map that page' },
  { name: 'linked', text: 'a valid HPTE is on the ring of its guest page' },
  { name: 'frame', text: 'a valid HPTE maps the frame that the host has mapped there, not one it has taken back' },
  { name: 'writable', text: 'a valid HPTE is writable only if the host PTE is (linux-6.1)' },
  { name: 'unlocked', text: 'no HPTE and no rmap word is locked at rest' },
] as const;
export type InvariantName = (typeof INVARIANTS)[number]['name'];

export interface Violation {
  readonly invariant: InvariantName;
  /** HPTE at fault; for an rmap word the head of its ring */
  readonly index: number;
  readonly gfn: number;
}

/** Number of an invariant, as the event `invariant.broken` carries it. */
export function invariantNumber(name: InvariantName): number {
  return INVARIANTS.findIndex((one) => one.name === name);
}

/** Longest ring that is followed; a broken one need not end. */
const LONGEST_RING = 1 << 20;

/** Everything that does not hold, rings first. */
export function checkInvariants(vm: Vm): Violation[] {
  const found: Violation[] = [];
  const ringOf = new Map<number, number>();
  for (const slot of vm.state.slots) checkRings(vm, slot, ringOf, found);
  const hpt = vm.state.hpt;
  hpt.forEach((index, chunk, at) => {
    const vLo = chunk[at] as number;
    if ((vLo & V_HVLOCK) !== 0) found.push({ invariant: 'unlocked', index, gfn: 0 });
    if ((vLo & V_VALID) !== 0) checkValid(vm, index, ringOf, found);
  });
  return found;
}

function checkRings(vm: Vm, slot: Memslot, ringOf: Map<number, number>, found: Violation[]): void {
  const hpt = vm.state.hpt;
  slot.rmap.forEach((page, hi, lo) => {
    const gfn = slot.baseGfn + page;
    const head = lo >>> 0;
    if ((hi & vm.kernel.rmapLockHi) !== 0) found.push({ invariant: 'unlocked', index: head, gfn });
    if ((hi & RMAP_PRESENT_HI) === 0) return;
    let index = head;
    for (let steps = 0; ; steps++) {
      const next = hpt.forw(index);
      const strange = ringOf.has(index) || gfnOfHpte(vm, index) !== gfn;
      if (strange || steps > LONGEST_RING || next >= hpt.entries || hpt.back(next) !== index) {
        found.push({ invariant: 'ring', index, gfn });
        return;
      }
      ringOf.set(index, gfn);
      index = next;
      if (index === head) return;
    }
  });
}

function shiftOf(vm: Vm, index: number): number {
  const hpt = vm.state.hpt;
  return actualShift(vm, hpt.vLo(index), hpt.guestLo(index));
}

function gfnOfHpte(vm: Vm, index: number): number {
  const hpt = vm.state.hpt;
  return gfnOf(hpt.guestHi(index), hpt.guestLo(index), shiftOf(vm, index), vm.pageShift);
}

function checkValid(vm: Vm, index: number, ringOf: ReadonlyMap<number, number>, found: Violation[]): void {
  const gfn = gfnOfHpte(vm, index);
  const slot = vm.state.slotOfGfn(gfn);
  // linux-3.4 leaves the HPTEs of a removed memslot as they are
  if (slot === null) return;
  if (ringOf.get(index) !== gfn) found.push({ invariant: 'linked', index, gfn });
  if (!vm.notifiers) return;
  const hpt = vm.state.hpt;
  const hva = slot.hva + (gfn - slot.baseGfn) * vm.page;
  if (!vm.world.findPte(hva) || (vm.world.pteFlags & PTE_PRESENT) === 0) {
    found.push({ invariant: 'frame', index, gfn });
    return;
  }
  const shift = shiftOf(vm, index);
  const frame = toNum(
    hpt.rHi(index) & R_RPN_HI & (vm.newFormat ? ~0x0c000000 : -1) & ~maskHi(shift),
    hpt.rLo(index) & R_RPN_LO & ~maskLo(shift),
  );
  const host = vm.world.ptePfn * vm.page;
  if (frame < host || frame >= host + 2 ** vm.world.pteShift) found.push({ invariant: 'frame', index, gfn });
  const writable = isWritable(hpt.rHi(index), hpt.rLo(index));
  if (vm.kernel.protectKeepsHost && writable && (vm.world.pteFlags & PTE_RW) === 0)
    found.push({ invariant: 'writable', index, gfn });
}
