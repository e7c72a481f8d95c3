/**
 * The HTAB file descriptor (KVM_PPC_GET_HTAB_FD: kvm_htab_read, record_hpte, kvm_htab_write) and the debugfs htab text.
 * The stream's header fields and words are big-endian here, as on a big-endian host.
 */
import {
  EBADF,
  EBUSY,
  EINVAL,
  EIO,
  GR_MODIFIED_HI,
  H_EXACT_HI,
  H_SUCCESS,
  R_RC,
  V_ABSENT,
  V_BOLTED,
  V_HVLOCK,
  V_VALID,
} from './bits';
import { doHEnter } from './enter';
import { vHiOf } from './entry';
import { eventCode } from './events';
import { hRemove } from './hcalls';
import type { Hpt } from './hpt';
import { pageShifts } from './hpte';
import { sHtabRead, sHtabWrite } from './listing';
import { setVrmaSlbV } from './memslots';
import { Scalar } from './state';
import type { Vm } from './vm';
import { hex64Padded, numHi, numLo, toNum } from './words';

const HTAB_READ = eventCode('htab.read');
const HTAB_WRITE = eventCode('htab.write');

export const HTAB_BOLTED_ONLY = 1;
export const HTAB_WRITE_FD = 2;
const HEADER = 8;
const ENTRY = 16;

/** Words of an fd: flags | open << 8 (0 when closed), index, first pass done. */
const FD_WORDS = 4;

/** Opens a stream: fd, or EINVAL for unknown flags. A read fd makes the kernel track modifications. */
export function htabOpen(vm: Vm, flags: number, start: number): number {
  if ((flags & ~(HTAB_BOLTED_ONLY | HTAB_WRITE_FD)) !== 0) return EINVAL;
  const st = vm.state;
  let fd = 0;
  while (flagsOf(vm, fd) !== 0) fd++;
  st.put(st.htabFds, fd * FD_WORDS, 0, flags | 0x100);
  st.put(st.htabFds, fd * FD_WORDS + 1, numHi(start), numLo(start));
  st.put(st.htabFds, fd * FD_WORDS + 2, 0, 0);
  if ((flags & HTAB_WRITE_FD) === 0) interest(vm, 1);
  return fd;
}

function interest(vm: Vm, by: number): void {
  vm.state.setScalarNum(Scalar.modInterest, vm.state.scalarNum(Scalar.modInterest) + by);
}

function flagsOf(vm: Vm, fd: number): number {
  return fd < 0 ? 0 : vm.state.htabFds.lo(fd * FD_WORDS);
}

/** Closes a stream: 0, or EBADF. */
export function htabClose(vm: Vm, fd: number): number {
  const flags = flagsOf(vm, fd);
  if (flags === 0) return EBADF;
  if ((flags & HTAB_WRITE_FD) === 0) interest(vm, -1);
  vm.state.put(vm.state.htabFds, fd * FD_WORDS, 0, 0);
  return 0;
}

/** A growing byte buffer in big-endian order. */
class Bytes {
  private data = new Uint8Array(256);
  length = 0;

  put(value: number, bytes: number): void {
    if (this.length + bytes > this.data.length) {
      const next = new Uint8Array(this.data.length * 2);
      next.set(this.data);
      this.data = next;
    }
    for (let i = bytes - 1; i >= 0; i--) this.data[this.length++] = i >= 4 ? 0 : value >>> (8 * i);
  }

  truncate(length: number): void {
    this.length = length;
  }

  result(): Uint8Array {
    return this.data.slice(0, this.length);
  }
}

/** Whether an entry changed since the stream last told it (hpte_dirty). */
function isDirty(hpt: Hpt, index: number): boolean {
  if ((hpt.guestHi(index) & GR_MODIFIED_HI) !== 0) return true;
  return (hpt.vLo(index) & V_VALID) !== 0 && (hpt.rLo(index) & R_RC & ~hpt.guestLo(index)) !== 0;
}

/**
 * Tells one entry when it is wanted (record_hpte): its guest view takes R and C over and loses MODIFIED.
 * @returns whether the entry is of the wanted kind and, on later passes, changed
 */
function recordHpte(
  vm: Vm,
  hpt: Hpt,
  index: number,
  flags: number,
  wantValid: boolean,
  firstPass: boolean,
  out: Bytes | null,
): boolean {
  const dirty = isDirty(hpt, index);
  if (!firstPass && !dirty) return false;
  let vLo = hpt.vLo(index);
  let valid = (vLo & (V_VALID | V_ABSENT)) !== 0;
  if ((flags & HTAB_BOLTED_ONLY) !== 0 && (vLo & V_BOLTED) === 0) valid = false;
  if (valid !== wantValid) return false;
  const st = vm.state;
  let guestHi = hpt.guestHi(index);
  let guestLo = hpt.guestLo(index);
  // also for an entry that BOLTED_ONLY tells as missing
  if ((vLo & V_VALID) !== 0 && (hpt.rLo(index) & R_RC & ~guestLo) !== 0) {
    guestLo |= hpt.rLo(index) & R_RC;
    guestHi |= GR_MODIFIED_HI;
    st.putGuest(hpt, index, guestHi, guestLo);
  }
  if (dirty) {
    guestHi &= ~GR_MODIFIED_HI;
    st.putGuest(hpt, index, guestHi, guestLo);
  }
  if (out !== null) {
    if ((vLo & V_ABSENT) !== 0) vLo = (vLo & ~V_ABSENT) | V_VALID;
    out.put(vHiOf(vm, hpt, index), 4);
    out.put(vLo | V_HVLOCK, 4);
    out.put(guestHi, 4);
    out.put(guestLo, 4);
  }
  return true;
}

export interface HtabReadResult {
  /** bytes, or a negative errno */
  readonly ret: number;
  readonly data: Uint8Array;
}

/** Reads up to `count` bytes of the stream: records until the buffer is full or the end of the table is reached. */
export function htabRead(vm: Vm, fd: number, count: number): HtabReadResult {
  const flags = flagsOf(vm, fd);
  if (flags === 0 || (flags & HTAB_WRITE_FD) !== 0) return { ret: EBADF, data: new Uint8Array(0) };
  const log = vm.state.log;
  if (log !== null) log.enter(sHtabRead.PATH, -1, 0, fd, numHi(count), count | 0);
  const out = readRecords(vm, fd, flags, count);
  if (log !== null) {
    log.event(HTAB_READ).u32(fd).u32(out.length);
    log.leave();
  }
  return { ret: out.length, data: out.result() };
}

function readRecords(vm: Vm, fd: number, flags: number, count: number): Bytes {
  const st = vm.state;
  const log = st.log;
  const hpt = st.hpt;
  const fds = st.htabFds;
  const at = fd * FD_WORDS;
  const firstPass = fds.lo(at + 2) === 0;
  const out = new Bytes();
  let index = toNum(fds.hi(at + 1), fds.lo(at + 1));
  while (out.length + HEADER + ENTRY < count) {
    const header = out.length;
    if (log !== null) log.step(sHtabRead.skip);
    if (!firstPass) while (index < hpt.entries && !isDirty(hpt, index)) index++;
    const first = index;
    out.put(first, 4);
    out.put(0, 4);
    let valid = 0;
    if (log !== null) log.step(sHtabRead.valid);
    while (
      index < hpt.entries &&
      valid < 0xffff &&
      out.length + ENTRY < count &&
      recordHpte(vm, hpt, index, flags, true, firstPass, out)
    ) {
      valid++;
      index++;
    }
    let invalid = 0;
    if (log !== null) log.step(sHtabRead.invalid);
    while (index < hpt.entries && invalid < 0xffff && recordHpte(vm, hpt, index, flags, false, firstPass, null)) {
      invalid++;
      index++;
    }
    const end = out.length;
    if (valid === 0 && invalid === 0) out.truncate(header);
    else {
      out.truncate(header + 4);
      out.put((valid << 16) | invalid, 4);
      out.truncate(end);
    }
    if (index >= hpt.entries) {
      if (log !== null) log.step(sHtabRead.wrap);
      index = 0;
      st.put(fds, at + 2, 0, 1);
      break;
    }
  }
  st.put(fds, at + 1, numHi(index), numLo(index));
  return out;
}

/** Writes records of the stream into the table. Answers the bytes taken, or a negative errno. */
export function htabWrite(vm: Vm, vcpu: number, fd: number, data: Uint8Array): number {
  const flags = flagsOf(vm, fd);
  if (flags === 0 || (flags & HTAB_WRITE_FD) === 0) return EBADF;
  const st = vm.state;
  const log = st.log;
  if (log !== null) log.enter(sHtabWrite.PATH, -1, 0, fd, numHi(data.length), data.length);
  const ready = st.scalars.lo(Scalar.mmuReady);
  let ret: number;
  if (ready !== 0 && st.scalars.lo(Scalar.vcpusRunning) !== 0) ret = EBUSY;
  else {
    st.setScalarNum(Scalar.mmuReady, 0);
    const written = new Written(ready !== 0);
    ret = writeRecords(vm, vcpu, data, written);
    st.setScalarNum(Scalar.mmuReady, written.ready ? 1 : 0);
  }
  if (log !== null) {
    log.event(HTAB_WRITE).u32(fd).u32(ret);
    log.leave();
  }
  return ret;
}

/** Whether the table is ready after a write: it was, or the first VRMA entry came in. */
class Written {
  constructor(public ready: boolean) {}
}

function writeRecords(vm: Vm, vcpu: number, data: Uint8Array, written: Written): number {
  const hpt = vm.state.hpt;
  const log = vm.state.log;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const word = (at: number): number => (at + 4 <= data.length ? view.getInt32(at) : 0);
  let taken = 0;
  // the kernel moves its parse position over headers only, never over the entries behind them
  let parse = 0;
  while (taken + HEADER <= data.length) {
    if (log !== null) log.step(sHtabWrite.header);
    const first = word(parse) >>> 0;
    const counts = word(parse + 4);
    const nValid = counts >>> 16;
    const nInvalid = counts & 0xffff;
    parse += HEADER;
    if (taken + nValid * ENTRY > data.length) break;
    taken += HEADER + nValid * ENTRY;
    if (first >= hpt.entries || first + nValid + nInvalid > hpt.entries) return EINVAL;
    let index = first;
    for (let i = 0; i < nValid; i++, index++) {
      if (log !== null) log.step(sHtabWrite.valid);
      const at = parse + i * ENTRY;
      const ret = writeEntry(vm, vcpu, index, word(at), word(at + 4), word(at + 8), word(at + 12), written);
      if (ret !== 0) return ret;
    }
    for (let i = 0; i < nInvalid; i++, index++) {
      if ((hpt.vLo(index) & (V_VALID | V_ABSENT)) === 0) continue;
      if (log !== null) log.step(sHtabWrite.invalid);
      hRemove(vm, vcpu, 0, numHi(index), numLo(index), 0, 0);
    }
  }
  return taken;
}

function writeEntry(
  vm: Vm,
  vcpu: number,
  index: number,
  vHi: number,
  vLo: number,
  rHi: number,
  rLo: number,
  written: Written,
): number {
  const hpt = vm.state.hpt;
  if ((vLo & V_VALID) === 0 || pageShifts(vm, vLo, rLo) === 0) return EINVAL;
  if ((hpt.vLo(index) & (V_VALID | V_ABSENT)) !== 0) hRemove(vm, vcpu, 0, numHi(index), numLo(index), 0, 0);
  if (doHEnter(vm, vcpu, H_EXACT_HI, numHi(index), numLo(index), vHi, vLo, rHi, rLo) !== H_SUCCESS) return EIO;
  // (V & ~0xffffff) == 0x4001ffffff000000: the VRMA's 1T segment
  if (!written.ready && vHi === 0x4001ffff && (vLo & ~0xffffff) === (0xff000000 | 0)) {
    if (vm.state.log !== null) vm.state.log.step(sHtabWrite.vrma);
    setVrmaSlbV(vm, pageShifts(vm, vLo, rLo) & 0xff);
    written.ready = true;
  }
  return 0;
}

/** The debugfs `htab` text: index, both dwords as they lie in memory (HVLOCK cleared), guest view. */
export function debugfsHtab(vm: Vm): string {
  const lines: string[] = [];
  vm.state.hpt.forEach((index, c, o) => {
    const vLo = c[o] as number;
    if ((vLo & (V_VALID | V_ABSENT)) === 0) return;
    const v = hex64Padded(c[o + 1] as number, vLo & ~V_HVLOCK);
    const r = hex64Padded(c[o + 3] as number, c[o + 2] as number);
    const guest = hex64Padded(c[o + 5] as number, c[o + 4] as number);
    lines.push(`${index.toString(16).padStart(6, ' ')} ${v} ${r} ${guest}\n`);
  });
  return lines.join('');
}
