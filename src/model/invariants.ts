/**
 * Invariants: what must hold of a machine whenever no kernel path is under way. Each is a sentence and a check that names the
 * entries at fault. A broken one means a defect: of the emulator, or of the kernel once a mutation leaves a step out.
 *
 * All but `rc` are checks of a state (`checkInvariants`); that no R or C gets lost can be told only from what was done, so `rc` is a
 * check of a stretch of the journal (`checkHarvest`).
 */
import {
  PTE_PRESENT,
  PTE_RW,
  R_N,
  R_P9_B_HI,
  R_RC,
  R_RPN_HI,
  R_RPN_LO,
  RMAP_PRESENT_HI,
  V_ABSENT,
  V_HVLOCK,
  V_VALID,
} from './bits';
import { EVENT_WORDS } from './events';
import { Hpt } from './hpt';
import { actualShift, gfnOf, isWritable } from './hpte';
import { sClearMod, sClearRef, sReset } from './listing';
import { type Log, REC_ENTER, REC_LEAVE, REC_WRITE, readLog } from './log';
import { decodePlace, Plane } from './place';
import { Memslot } from './ranges';
import { LONGEST_RING } from './rmap';
import type { Vm } from './vm';
import { maskHi, maskLo, toNum } from './words';

export const INVARIANTS = [
  {
    name: 'ring',
    text: 'the rmap ring of a guest page is well formed both ways, and its HPTEs are valid and map that page',
  },
  { name: 'linked', text: 'a valid HPTE is on exactly one ring, that of its guest page' },
  { name: 'frame', text: 'a valid HPTE maps the frame that the host has mapped there, not one it has taken back' },
  { name: 'writable', text: 'a valid HPTE is writable only if the host PTE is (linux-6.1)' },
  { name: 'rights', text: 'a valid HPTE allows no store and no fetch that its guest view forbids' },
  { name: 'unlocked', text: 'no HPTE and no rmap word is locked at rest' },
  { name: 'state', text: 'no HPTE is both valid and absent at rest' },
  { name: 'rc', text: 'R and C that an HPTE loses are in its guest view, unless the guest itself cleared them' },
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

/** Everything that does not hold of a state, rings first. */
export function checkInvariants(vm: Vm): Violation[] {
  const found: Violation[] = [];
  const ringOf = new Map<number, number>();
  const rings = !leftBehind(vm);
  if (rings) for (const slot of vm.state.slots) checkRings(vm, slot, ringOf, found);
  vm.state.hpt.forEach((index, chunk, at) => {
    const vLo = chunk[at] as number;
    if ((vLo & V_HVLOCK) !== 0) found.push({ invariant: 'unlocked', index, gfn: gfnOfHpte(vm, index) });
    if ((vLo & V_VALID) === 0) return;
    if ((vLo & V_ABSENT) !== 0) found.push({ invariant: 'state', index, gfn: gfnOfHpte(vm, index) });
    if (rings) checkValid(vm, index, ringOf, found);
  });
  return found;
}

/**
 * linux-3.4 removes a memslot without unmapping it: its HPTEs stay valid and linked to each other, so after a removal rings and
 * frames prove nothing any more.
 */
function leftBehind(vm: Vm): boolean {
  if (vm.kernel.removeUnmaps) return false;
  const st = vm.state;
  for (let owner = 1; ; owner++) {
    const one = st.ownerOf(owner);
    if (one === null) return false;
    if (one instanceof Memslot && !st.slots.includes(one) && usesRings(one)) return true;
  }
}

function usesRings(slot: Memslot): boolean {
  let used = false;
  slot.rmap.forEach(() => {
    used = true;
  });
  return used;
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
      const strange = ringOf.has(index) || (hpt.vLo(index) & V_VALID) === 0 || gfnOfHpte(vm, index) !== gfn;
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
  if (slot === null || ringOf.get(index) !== gfn) found.push({ invariant: 'linked', index, gfn });
  const hpt = vm.state.hpt;
  const writable = isWritable(hpt.rHi(index), hpt.rLo(index));
  const fetches = (hpt.guestLo(index) & ~hpt.rLo(index) & R_N) !== 0;
  if ((writable && !isWritable(hpt.guestHi(index), hpt.guestLo(index))) || fetches)
    found.push({ invariant: 'rights', index, gfn });
  if (slot === null || !vm.notifiers) return;
  if (!vm.world.findPte(slot, gfn - slot.baseGfn) || (vm.world.pteFlags & PTE_PRESENT) === 0) {
    found.push({ invariant: 'frame', index, gfn });
    return;
  }
  const shift = shiftOf(vm, index);
  const frame = toNum(
    hpt.rHi(index) & R_RPN_HI & (vm.newFormat ? ~R_P9_B_HI : -1) & ~maskHi(shift),
    hpt.rLo(index) & R_RPN_LO & ~maskLo(shift),
  );
  const host = vm.world.ptePfn * vm.page;
  if (frame < host || frame >= host + 2 ** vm.world.pteShift) found.push({ invariant: 'frame', index, gfn });
  if (vm.kernel.protectKeepsHost && writable && (vm.world.pteFlags & PTE_RW) === 0)
    found.push({ invariant: 'writable', index, gfn });
}

/** Low words of an HPTE while a stretch of the journal is read, and R and C that it lost and nobody has taken over yet. */
interface Traced {
  readonly hpt: Hpt;
  readonly index: number;
  vLo: number;
  rLo: number;
  lost: number;
}

interface Write {
  readonly entry: Traced;
  readonly plane: Plane;
  readonly old: number;
  readonly now: number;
  /** within a path that is meant to lose R or C */
  readonly meant: boolean;
}

/**
 * Finds R and C bits of valid HPTEs that a stretch of the journal took out of dword 1, or left in an entry that is no longer
 * valid, without putting them into the guest view. H_CLEAR_REF, H_CLEAR_MOD and a reset of the table are meant to lose them.
 * @param from,to addresses in the journal; the state must be the one after the stretch
 */
export function checkHarvest(vm: Vm, log: Log, from: number, to: number): Violation[] {
  const traced = new Map<string, Traced>();
  const seen: Write[] = [];
  let meant = 0;
  const paths: boolean[] = [];
  readLog(log, from, to, EVENT_WORDS, (type, value, c, at) => {
    if (type === REC_ENTER) {
      const loses = value === sClearRef.PATH || value === sClearMod.PATH || value === sReset.PATH;
      paths.push(loses);
      if (loses) meant++;
    } else if (type === REC_LEAVE) {
      if (paths.pop() === true) meant--;
    } else if (type === REC_WRITE) {
      const { plane, owner, index } = decodePlace(c[at + 1] as number, c[at + 2] as number);
      const hpt = vm.state.ownerOf(owner);
      if (!(hpt instanceof Hpt)) return;
      const key = `${owner} ${index}`;
      const entry = traced.get(key) ?? { hpt, index, vLo: hpt.vLo(index), rLo: hpt.rLo(index), lost: 0 };
      traced.set(key, entry);
      seen.push({ entry, plane, old: c[at + 4] as number, now: c[at + 6] as number, meant: meant > 0 });
    }
  });
  // back to what stood there before the stretch, then forward again
  for (let i = seen.length - 1; i >= 0; i--) {
    const { entry, plane, old } = seen[i] as Write;
    if (plane === Plane.hpteV) entry.vLo = old;
    if (plane === Plane.hpteR) entry.rLo = old;
  }
  for (const write of seen) followWrite(write);
  const found: Violation[] = [];
  for (const { hpt, index, lost } of traced.values())
    if ((lost & ~hpt.guestLo(index)) !== 0)
      found.push({ invariant: 'rc', index, gfn: hpt === vm.state.hpt ? gfnOfHpte(vm, index) : 0 });
  return found;
}

function followWrite({ entry, plane, old, now, meant }: Write): void {
  if (plane === Plane.guestRpte) entry.lost &= ~(old | now);
  if (plane === Plane.hpteR) {
    if ((entry.vLo & V_VALID) !== 0 && !meant) entry.lost |= old & ~now & R_RC;
    entry.rLo = now;
  }
  if (plane !== Plane.hpteV) return;
  if ((old & V_VALID) !== 0 && (now & V_VALID) === 0 && !meant) entry.lost |= entry.rLo & R_RC;
  // valid again with the bits in place: nothing happened to them
  if ((now & V_VALID) !== 0) entry.lost &= ~entry.rLo;
  entry.vLo = now;
}
