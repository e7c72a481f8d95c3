/**
 * What one entry of the table stands for at the current moment: its state, the guest frame and the host frame that it maps (Power
 * ISA "Page Table Entry"; the guest's own view of dword 1 names the guest frame).
 */
import { R_P9_B_HI, V_ABSENT, V_VALID } from '../model/bits';
import type { Hpt } from '../model/hpt';
import { actualShift, gfnOf, storageKey } from '../model/hpte';
import type { State } from '../model/state';
import type { Vm } from '../model/vm';
import { certaintyOf, isSettled, possibleStates } from './known';

/** Where an HPTE stands; `unknown` where replay finds several states possible. */
export type EntryState = 'free' | 'valid' | 'absent' | 'mmio' | 'unknown';

/** State of an HPTE; an absent one with storage key 31 is emulated MMIO. */
export function entryState(state: State, index: number): EntryState {
  if (!isSettled(possibleStates(state, index))) return 'unknown';
  const { hpt } = state;
  const vLo = hpt.vLo(index);
  if ((vLo & V_VALID) !== 0) return 'valid';
  if ((vLo & V_ABSENT) === 0) return 'free';
  const isMmio = storageKey(hpt.rHi(index), hpt.rLo(index)) === 31;
  return isMmio && certaintyOf(state, index, 'rights') !== 'unknown' ? 'mmio' : 'absent';
}

/** Guest frame (in host pages) that an HPTE maps, from the guest's view of it. */
export function guestFrame(vm: Vm, hpt: Hpt, index: number): number {
  const guestHi = hpt.guestHi(index);
  const guestLo = hpt.guestLo(index);
  return gfnOf(guestHi, guestLo, actualShift(vm, hpt.vLo(index), guestLo), vm.pageShift);
}

/** Frame (in host pages) in dword 1. It is the host's while the entry is valid, and means nothing otherwise. */
export function frameInDword1(vm: Vm, hpt: Hpt, index: number): number {
  const hi = vm.newFormat ? hpt.rHi(index) & ~R_P9_B_HI : hpt.rHi(index);
  return gfnOf(hi, hpt.rLo(index), actualShift(vm, hpt.vLo(index), hpt.guestLo(index)), vm.pageShift);
}

/** Host frame number that a valid entry maps; undefined for others, where it is unknown, and for one with an invalid page size. */
export function hostFrameOf(vm: Vm, hpt: Hpt, index: number): number | undefined {
  const vLo = hpt.vLo(index);
  if ((vLo & V_VALID) === 0 || actualShift(vm, vLo, hpt.guestLo(index)) === 0) return undefined;
  return certaintyOf(vm.state, index, 'frame') === 'unknown' ? undefined : frameInDword1(vm, hpt, index);
}
