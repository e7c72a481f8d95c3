/**
 * The guest's hypercalls on single entries that are there: H_REMOVE, H_PROTECT, H_READ (Book3S HV
 * kvmppc_do_h_remove and its neighbours). Flags, indexes and words arrive as halves of 64-bit registers; the answer is the
 * hypercall's return code, output registers R4… are left in vm.outHi/outLo.
 */
import {
  GR_MODIFIED_HI,
  H_ANDCOND,
  H_AVPN,
  H_LOCAL,
  H_NOT_FOUND,
  H_PARAMETER,
  H_READ_4_HI,
  H_SUCCESS,
  R_KEY_HI,
  R_KEY_LO,
  R_N,
  R_PP,
  R_PP0_HI,
  R_RC,
  V_ABSENT,
  V_AVPN_LO,
  V_HVLOCK,
  V_VALID,
} from './bits';
import { indexIn, isKey31, lockHpte, setOut, vHiOf } from './entry';
import { eventCode } from './events';
import { isWritable, oldVHi, readonlyIsRxxx } from './hpte';
import * as Lane from './lane';
import { sProtect, sRead, sRemove } from './listing';
import { ENTER, EVENT, LEAVE, STEP } from './log';
import { noteModification, removeRevmapChain } from './rmap';
import { localInvalidate61, tlbieHpte } from './tlb';
import type { Vm } from './vm';
import { high } from './words';

const HPTE_REMOVE = eventCode('hpte.remove');
const HPTE_PROTECT = eventCode('hpte.protect');

/**
 * Whether the HPTE is there and is what the flags ask for; HVLOCK counts as set for H_ANDCOND, as in the kernel.
 */
function matches(vHi: number, vLo: number, flagsLo: number, avpnHi: number, avpnLo: number): boolean {
  if ((vLo & (V_ABSENT | V_VALID)) === 0) return false;
  if ((flagsLo & H_AVPN) !== 0 && ((vLo & V_AVPN_LO) !== avpnLo || vHi !== avpnHi)) return false;
  return (flagsLo & H_ANDCOND) === 0 || ((vHi & avpnHi) | ((vLo | V_HVLOCK) & avpnLo)) === 0;
}

/** H_REMOVE (kvmppc_do_h_remove). R4: dword 0 as it was, R5: the guest view. */
export function hRemove(
  vm: Vm,
  vcpu: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
  avpnHi: number,
  avpnLo: number,
): number {
  const k = vm.kernel;
  const { hpt, log } = vm.state;
  vm.outs = 0;
  const index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    // biome-ignore format: one record a line
    log.room()
      .w(ENTER | sRemove.PATH).w(vcpu).w(indexHi).w(indexLo).w(avpnHi).w(avpnLo)
      .w(STEP | sRemove.find);
  }
  const c = hpt.own(index);
  const o = (index & 255) << 3;
  const vLo = (c[o + Lane.vLo] as number) & ~V_HVLOCK;
  const memVHi = c[o + Lane.vHi] as number;
  const rHi = c[o + Lane.rHi] as number;
  const rLo = c[o + Lane.rLo] as number;
  const vHi = vm.newFormat === true ? oldVHi(memVHi, rHi) : memVHi;
  if (!matches(vHi, vLo, flagsLo, avpnHi, avpnLo)) {
    if (log !== null) log.leave();
    return H_NOT_FOUND;
  }
  if (log !== null || vm.hook !== null) lockHpte(vm, hpt, index);
  if (k.tracksModification === true) noteModification(vm, hpt, index);
  if ((vLo & V_VALID) !== 0) {
    const absent = (c[o + Lane.vLo] as number) & ~V_VALID;
    if (log !== null) {
      log.step(sRemove.invalidate);
      log.write(hpt.placeV, index, c, o + Lane.vLo, memVHi, absent);
    }
    c[o + Lane.vLo] = absent;
    const local =
      k.laterCalls === true ? localInvalidate61(vm) : (flagsLo & H_LOCAL) !== 0 || vm.config.onlineVcpus <= 1;
    tlbieHpte(vm, vcpu, index, vHi, vLo, rLo, local);
    if (log !== null) log.step(sRemove.unlink);
    removeRevmapChain(vm, hpt, index, vLo, rLo);
  } else if (k.mmioCache === true && isKey31(rHi, rLo)) vm.mmioUpdateNext();
  const guestHi = (c[o + Lane.guestHi] as number) & (k.tracksModification === true ? ~GR_MODIFIED_HI : -1);
  const guestLo = c[o + Lane.guestLo] as number;
  if (log !== null) {
    log.step(sRemove.clear);
    log.write(hpt.placeV, index, c, o + Lane.vLo, 0, 0);
    // biome-ignore format: one record a line
    log
      .w(EVENT | HPTE_REMOVE).w(high(index)).w(index | 0).w(vHi).w(vLo).w(guestHi).w(guestLo)
      .w(LEAVE);
  }
  c[o + Lane.vLo] = 0;
  c[o + Lane.vHi] = 0;
  setOut(vm, 0, vHi, k.absentReadsValid === true && (vLo & V_ABSENT) !== 0 ? (vLo & ~V_ABSENT) | V_VALID : vLo);
  setOut(vm, 1, guestHi, guestLo);
  return H_SUCCESS;
}

/** H_PROTECT (kvmppc_h_protect): protection, N and key from the flags. */
export function hProtect(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
  avpnHi: number,
  avpnLo: number,
): number {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  vm.outs = 0;
  const index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(sProtect.PATH, vcpu, indexHi, indexLo, flagsHi, flagsLo);
    log.step(sProtect.find);
  }
  const vLo = hpt.vLo(index) & ~V_HVLOCK;
  const vHi = vHiOf(vm, hpt, index);
  if (!matches(vHi, vLo, flagsLo & H_AVPN, avpnHi, avpnLo)) {
    if (log !== null) log.leave();
    return H_NOT_FOUND;
  }
  lockHpte(vm, hpt, index);
  // flags << 55 gives PP0, flags << 48 KEY_HI: both lie in the upper half
  const bitsHi = ((flagsLo << 23) & R_PP0_HI) | ((flagsLo << 16) & R_KEY_HI);
  const bitsLo = flagsLo & (R_PP | R_N | R_KEY_LO);
  const keepHi = ~(R_PP0_HI | R_KEY_HI);
  const keepLo = ~(R_PP | R_N | R_KEY_LO);
  if (log !== null) log.step(sProtect.guest);
  const oldHi = hpt.guestHi(index);
  const oldLo = hpt.guestLo(index);
  st.putGuest(hpt, index, (oldHi & keepHi) | bitsHi, (oldLo & keepLo) | bitsLo);
  noteModification(vm, hpt, index);
  let rHi = (hpt.rHi(index) & keepHi) | bitsHi;
  let rLo = (hpt.rLo(index) & keepLo) | bitsLo;
  if (vm.kernel.protectKeepsHost !== true) {
    if ((vLo & V_VALID) !== 0) {
      if (log !== null) log.step(sProtect.invalidate);
      st.putV(hpt, index, hpt.vHi(index), hpt.vLo(index) & ~V_VALID);
      tlbieHpte(vm, vcpu, index, vHi, vLo, rLo, (flagsLo & H_LOCAL) !== 0 || vm.config.onlineVcpus === 1);
    }
    if (log !== null) log.step(sProtect.write);
    st.putR(hpt, index, rHi, rLo);
  } else if ((vLo & V_VALID) !== 0) {
    if (isWritable(rHi, rLo) && !isWritable(hpt.rHi(index), hpt.rLo(index))) {
      const rxxx = readonlyIsRxxx(rHi, rLo);
      if (rxxx) rHi |= R_PP0_HI;
      rLo = (rLo & ~R_PP) | (rxxx ? 2 : 3);
    }
    if (rHi !== hpt.rHi(index) || rLo !== hpt.rLo(index)) {
      if (log !== null) log.step(sProtect.invalidate);
      st.putV(hpt, index, hpt.vHi(index), (hpt.vLo(index) | V_ABSENT) & ~V_VALID);
      tlbieHpte(vm, vcpu, index, vHi, vLo, rLo, localInvalidate61(vm));
      if (log !== null) log.step(sProtect.write);
      st.putR(hpt, index, rHi, rLo | (hpt.rLo(index) & R_RC));
    }
  } else if (isKey31(hpt.rHi(index), hpt.rLo(index))) vm.mmioUpdateNext();
  st.putV(hpt, index, hpt.vHi(index), vLo);
  if (log !== null) {
    log
      .event(HPTE_PROTECT)
      .num(index)
      .u64(oldHi, oldLo)
      .u64(hpt.guestHi(index), hpt.guestLo(index))
      .u64(hpt.rHi(index), hpt.rLo(index));
    log.leave();
  }
  return H_SUCCESS;
}

/** H_READ (kvmppc_h_read): one entry, or four with H_READ_4. R4, R5, … are dword 0 and guest dword 1 of each. */
export function hRead(
  vm: Vm,
  vcpu: number,
  flagsHi: number,
  flagsLo: number,
  indexHi: number,
  indexLo: number,
): number {
  const hpt = vm.state.hpt;
  const log = vm.state.log;
  vm.outs = 0;
  let index = indexIn(hpt, indexHi, indexLo);
  if (index < 0) return H_PARAMETER;
  if (log !== null) {
    log.enter(sRead.PATH, vcpu, indexHi, indexLo, flagsHi, flagsLo);
    log.step(sRead.read);
  }
  const four = (flagsHi & H_READ_4_HI) !== 0;
  if (four) index -= index % 4;
  for (let i = 0; i < (four ? 4 : 1); i++, index++) {
    const vHi = vHiOf(vm, hpt, index);
    let vLo = hpt.vLo(index) & ~V_HVLOCK;
    // the B field of the POWER9 layout is not part of the guest's dword 1
    let rHi = vm.newFormat === true ? hpt.rHi(index) & ~0x0c000000 : hpt.rHi(index);
    let rLo = hpt.rLo(index);
    if ((vLo & V_ABSENT) !== 0) vLo = (vLo & ~V_ABSENT) | V_VALID;
    if ((vLo & V_VALID) !== 0) {
      rHi = vm.kernel.tracksModification === true ? hpt.guestHi(index) & ~GR_MODIFIED_HI : hpt.guestHi(index);
      rLo = hpt.guestLo(index) | (rLo & R_RC);
    }
    setOut(vm, i * 2, vHi, vLo);
    setOut(vm, i * 2 + 1, rHi, rLo);
  }
  if (log !== null) log.leave();
  return H_SUCCESS;
}
