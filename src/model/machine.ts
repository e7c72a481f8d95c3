/**
 * The public face of the emulator: one virtual machine on one host.
 *
 *     const m = new Machine({ kernel: 'linux-6.1', cpu: 'POWER9', order: 18, pageShift: 12 });
 *     m.host.map({ hva: 0x7f0000000000, npages: 4096 });
 *     m.addMemslot({ slot: 0, baseGfn: 0, npages: 4096, hva: 0x7f0000000000 });
 *     m.setSlb(0, 0, 0xc000000008000000n, 0x12345400n);
 *     const log = new Log();
 *     m.record(log);                                         // from here on every step, event and write is journaled
 *     m.hEnter({ index: 0x918n, v: 0x12345001n, r: 0x10192n });  // { ret: 0, regs: [0x918n] }
 *     m.access('store', 0xc000000000010000n);                // faults, is resolved, and completes
 *     m.host.unmapPage(0x7f0000010000);                      // the host takes the page away
 *
 * Guest words, addresses and registers are 64-bit bigints; host addresses, frame numbers, sizes and counts are numbers (below
 * 2^53); sizes in pages are host pages. Return values are the kernel's: hypercall codes or negative error numbers.
 */
import { EINVAL, ENOENT, H_FUNCTION, HCALL, V_ABSENT, V_VALID } from './bits';
import { hBulkRemove, hPageInit, type PageOp } from './bulk';
import { hClearMod, hClearRef } from './clear';
import { getDirtyLog } from './dirtyLog';
import { doHEnter, hEnter, virtmodeHEnter } from './enter';
import { oldDword0 } from './entry';
import { eventCode } from './events';
import { hProtect, hRead, hRemove } from './hcalls';
import { HostMemory } from './host';
import { actualShift, gfnOf } from './hpte';
import { debugfsHtab, type HtabReadResult, htabClose, htabOpen, htabRead, htabWrite } from './htab';
import { type CpuName, KERNELS, type KernelName } from './kernel';
import { sHcall } from './listing';
import type { Log } from './log';
import { addMemslot, deleteMemslot, type MemslotSpec, mapVrma, setMemslotFlags } from './memslots';
import { type AccessKind, type AccessResult, type AccessStep, access, type Xlate, xlate } from './mmu';
import type { Mutation } from './mutations';
import { invalidateRangeEnd, invalidateRangeStart } from './notifiers';
import { type PinnedPage, pinUnpin } from './pin';
import type { Point } from './points';
import { resetHpt, resizeCommit, resizePrepare, runResizeWork } from './resize';
import { Scalar, type State, Vcpu } from './state';
import { Vm, type VmConfig } from './vm';
import { hiOf, loOf, toBig } from './words';
import type { World } from './world';

const HCALL_ENTER = eventCode('hcall.enter');
const HCALL_EXIT = eventCode('hcall.exit');

/** MSR of accesses unless said otherwise: 64-bit, ME, IR, DR, RI. */
export const DEFAULT_MSR = 0x8000000000001032n;

export interface MachineOptions extends Partial<Omit<VmConfig, 'kernel'>> {
  readonly kernel: KernelName;
  /** Another world than the modelled host memory (replay). */
  readonly world?: (vm: Vm) => World;
}

export interface HcallResult {
  readonly ret: number;
  /** output registers from R4 on */
  readonly regs: readonly bigint[];
}

/** An HPTE as it is, decoded as far as nothing depends on who asks. */
export interface HpteView {
  readonly index: number;
  /** dword 0 in the old layout, HVLOCK as it is */
  readonly v: bigint;
  /** dword 1 as it lies in memory */
  readonly r: bigint;
  readonly guestRpte: bigint;
  readonly forw: number;
  readonly back: number;
  readonly state: 'free' | 'valid' | 'absent';
  /** guest frame in host pages, from the guest view; meaningless when free */
  readonly gfn: number;
  /** log2 of the actual page size, 0 when the encoding is invalid */
  readonly pageShift: number;
}

/** Fills in what a description of a machine leaves open. Throws a sentence when it contradicts itself. */
export function vmConfig(options: MachineOptions): VmConfig {
  const kernel = KERNELS[options.kernel];
  const cpu: CpuName = options.cpu ?? (kernel.laterCalls ? 'POWER9' : 'POWER7');
  if (!kernel.cpus.includes(cpu))
    throw new Error(`${kernel.name} does not run HPT guests on ${cpu}: ${kernel.cpus.join(', ')}`);
  const order = options.order ?? kernel.defaultOrder;
  if (!Number.isInteger(order) || order < 7 || order > 46)
    throw new Error(`HPT order ${order}: log2 of the table's size in bytes is expected, 7 (one PTEG) to 46`);
  const pageShift = options.pageShift ?? 16;
  if (pageShift !== 12 && pageShift !== 16) throw new Error(`host page shift ${pageShift}: 12 (4K) or 16 (64K)`);
  const vcpus = options.vcpus ?? 1;
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > 2048) throw new Error(`${vcpus} vCPUs: 1 to 2048`);
  return {
    kernel,
    cpu,
    order,
    pageShift,
    vcpus,
    onlineVcpus: options.onlineVcpus ?? Math.max(2, vcpus),
    onlineVcores: options.onlineVcores ?? 2,
    realmode: options.realmode ?? false,
    pacaVcpu: options.pacaVcpu ?? true,
    usingMmuNotifiers: options.usingMmuNotifiers ?? cpu !== 'PPC970',
    tlbieStqBug: options.tlbieStqBug ?? false,
    tlbieEratBug: options.tlbieEratBug ?? false,
    tlb: options.tlb ?? false,
  };
}

export class Machine {
  readonly vm: Vm;
  /** What the VMM and the host's memory management do. */
  readonly host: HostMemory;

  constructor(options: MachineOptions) {
    const config = vmConfig(options);
    let host: HostMemory | null = null;
    this.vm = new Vm(config, (vm) => {
      host = new HostMemory(vm);
      return options.world === undefined ? host : options.world(vm);
    });
    this.host = host ?? new HostMemory(this.vm);
    for (let i = 0; i < config.vcpus; i++) this.setMsr(i, DEFAULT_MSR);
  }

  get state(): State {
    return this.vm.state;
  }

  /** Attaches a journal, or detaches it with null. */
  record(log: Log | null): void {
    this.vm.state.log = log;
  }

  /** Calls `visit` at every point; null ends that. */
  onPoint(visit: ((point: Point) => void) | null): void {
    this.vm.hook = visit;
  }

  setMutation(name: Mutation, on: boolean): void {
    this.vm.setMutation(name, on);
  }

  /** State hash of the conformance vectors. */
  hash(): string {
    return this.vm.state.hash(this.vm.kernel.laterCalls, this.vm.pageShift);
  }

  // ---- the VMM ------------------------------------------------------------------------------------------------------

  addMemslot(spec: MemslotSpec): number {
    return addMemslot(this.vm, spec);
  }

  deleteMemslot(id: number): number {
    return deleteMemslot(this.vm, id);
  }

  setMemslotFlags(id: number, logDirty: boolean): number {
    return setMemslotFlags(this.vm, id, logDirty);
  }

  /** Dirty pages of a slot since the last call, ascending; ENOENT when it does not exist or does not log. */
  dirtyLog(id: number): number[] | typeof ENOENT {
    const slot = this.vm.state.slotOfId(id);
    return slot === null || !this.vm.state.logDirty(slot) ? ENOENT : getDirtyLog(this.vm, slot);
  }

  mapVrma(id: number, porder: number, vcpu = 0): number {
    const slot = this.vm.state.slotOfId(id);
    return slot === null ? EINVAL : mapVrma(this.vm, vcpu, slot, porder);
  }

  pinUnpin(gpa: bigint, dirty = true): PinnedPage | null {
    return pinUnpin(this.vm, hiOf(gpa), loOf(gpa), dirty);
  }

  invalidateRangeStart(start: number, end: number): void {
    invalidateRangeStart(this.vm, start, end);
  }

  invalidateRangeEnd(start: number, end: number): void {
    invalidateRangeEnd(this.vm, start, end);
  }

  htabOpen(flags: number, start: number): number {
    return htabOpen(this.vm, flags, start);
  }

  htabRead(fd: number, count: number): HtabReadResult {
    return htabRead(this.vm, fd, count);
  }

  htabWrite(fd: number, data: Uint8Array, vcpu = 0): number {
    return htabWrite(this.vm, vcpu, fd, data);
  }

  htabClose(fd: number): number {
    return htabClose(this.vm, fd);
  }

  debugfsHtab(): string {
    return debugfsHtab(this.vm);
  }

  resizePrepare(flags: number, shift: number): number {
    return resizePrepare(this.vm, flags, shift);
  }

  resizeCommit(flags: number, shift: number): number {
    return resizeCommit(this.vm, flags, shift);
  }

  runResizeWork(): number {
    return runResizeWork(this.vm);
  }

  resetHpt(order: number): number {
    return resetHpt(this.vm, order);
  }

  setVcpusRunning(running: boolean): void {
    this.vm.state.setScalarNum(Scalar.vcpusRunning, running ? 1 : 0);
  }

  setMmuReady(ready: boolean): void {
    this.vm.state.setScalarNum(Scalar.mmuReady, ready ? 1 : 0);
  }

  // ---- vCPU registers -----------------------------------------------------------------------------------------------

  private putVcpu(vcpu: number, word: number, value: bigint): void {
    const store = this.vm.state.vcpus[vcpu];
    if (store === undefined) throw new Error(`no vCPU ${vcpu}: this machine has ${this.vm.state.vcpus.length}`);
    this.vm.state.put(store, word, hiOf(value), loOf(value));
  }

  /** ESID word (valid bit 0x08000000) and VSID word as slbmte takes them. */
  setSlb(vcpu: number, entry: number, esid: bigint, vsid: bigint): void {
    this.putVcpu(vcpu, Vcpu.slb + 2 * entry, esid);
    this.putVcpu(vcpu, Vcpu.slb + 2 * entry + 1, vsid);
  }

  setAmr(vcpu: number, value: bigint): void {
    this.putVcpu(vcpu, Vcpu.amr, value);
  }

  setMsr(vcpu: number, value: bigint): void {
    this.putVcpu(vcpu, Vcpu.msr, value);
  }

  // ---- the guest ----------------------------------------------------------------------------------------------------

  private hcall(nr: number, args: readonly bigint[], vcpu: number, work: () => number): HcallResult {
    const log = this.vm.state.log;
    this.vm.outs = 0;
    if (log !== null) {
      log.enter(sHcall.PATH, vcpu, 0, nr, hiOf(args[0] ?? 0n), loOf(args[0] ?? 0n));
      log.step(sHcall.call);
      log.event(HCALL_ENTER).u32(nr);
      for (let i = 0; i < 4; i++) log.u64(hiOf(args[i] ?? 0n), loOf(args[i] ?? 0n));
    }
    const ret = work();
    if (log !== null) {
      log.event(HCALL_EXIT).u32(nr).u32(ret);
      log.leave();
    }
    const regs: bigint[] = [];
    for (let i = 0; i < this.vm.outs; i++) regs.push(toBig(this.vm.outHi[i] as number, this.vm.outLo[i] as number));
    return { ret, regs };
  }

  /** H_ENTER. R4: the index taken. */
  hEnter(args: {
    flags?: bigint;
    index: bigint;
    v: bigint;
    r: bigint;
    vcpu?: number;
    handler?: 'both' | 'real' | 'virtual';
  }): HcallResult {
    const { flags = 0n, index, v, r, vcpu = 0, handler = 'both' } = args;
    return this.hcall(HCALL.H_ENTER, [flags, index, v, r], vcpu, () => {
      if (handler === 'real')
        return doHEnter(this.vm, vcpu, hiOf(flags), hiOf(index), loOf(index), hiOf(v), loOf(v), hiOf(r), loOf(r));
      const call = handler === 'both' ? hEnter : virtmodeHEnter;
      return call(
        this.vm,
        vcpu,
        hiOf(flags),
        loOf(flags),
        hiOf(index),
        loOf(index),
        hiOf(v),
        loOf(v),
        hiOf(r),
        loOf(r),
      );
    });
  }

  /** H_REMOVE. R4, R5: the old entry. */
  hRemove(args: { flags?: bigint; index: bigint; avpn?: bigint; vcpu?: number }): HcallResult {
    const { flags = 0n, index, avpn = 0n, vcpu = 0 } = args;
    return this.hcall(HCALL.H_REMOVE, [flags, index, avpn], vcpu, () =>
      hRemove(this.vm, vcpu, loOf(flags), hiOf(index), loOf(index), hiOf(avpn), loOf(avpn)),
    );
  }

  /** H_PROTECT. */
  hProtect(args: { flags?: bigint; index: bigint; avpn?: bigint; vcpu?: number }): HcallResult {
    const { flags = 0n, index, avpn = 0n, vcpu = 0 } = args;
    return this.hcall(HCALL.H_PROTECT, [flags, index, avpn], vcpu, () =>
      hProtect(this.vm, vcpu, hiOf(flags), loOf(flags), hiOf(index), loOf(index), hiOf(avpn), loOf(avpn)),
    );
  }

  /** H_READ. R4, R5, …: two words an entry. */
  hRead(args: { flags?: bigint; index: bigint; vcpu?: number }): HcallResult {
    const { flags = 0n, index, vcpu = 0 } = args;
    return this.hcall(HCALL.H_READ, [flags, index], vcpu, () =>
      hRead(this.vm, vcpu, hiOf(flags), loOf(flags), hiOf(index), loOf(index)),
    );
  }

  /** H_CLEAR_REF (linux-6.1; H_FUNCTION before). */
  hClearRef(args: { flags?: bigint; index: bigint; vcpu?: number }): HcallResult {
    const { flags = 0n, index, vcpu = 0 } = args;
    return this.hcall(HCALL.H_CLEAR_REF, [flags, index], vcpu, () =>
      this.vm.kernel.laterCalls
        ? hClearRef(this.vm, vcpu, hiOf(flags), loOf(flags), hiOf(index), loOf(index))
        : H_FUNCTION,
    );
  }

  /** H_CLEAR_MOD (linux-6.1; H_FUNCTION before). */
  hClearMod(args: { flags?: bigint; index: bigint; vcpu?: number }): HcallResult {
    const { flags = 0n, index, vcpu = 0 } = args;
    return this.hcall(HCALL.H_CLEAR_MOD, [flags, index], vcpu, () =>
      this.vm.kernel.laterCalls
        ? hClearMod(this.vm, vcpu, hiOf(flags), loOf(flags), hiOf(index), loOf(index))
        : H_FUNCTION,
    );
  }

  /** H_BULK_REMOVE: up to eight words, missing ones end the list. The answer's registers are all eight. */
  hBulkRemove(words: readonly bigint[], vcpu = 0): HcallResult {
    const args = Array.from({ length: 8 }, (_, i) => words[i] ?? 0xc000000000000000n);
    const hi = Int32Array.from(args, hiOf);
    const lo = Int32Array.from(args, loOf);
    return this.hcall(HCALL.H_BULK_REMOVE, args, vcpu, () => {
      const ret = hBulkRemove(this.vm, vcpu, hi, lo);
      this.vm.outHi.set(hi);
      this.vm.outLo.set(lo);
      this.vm.outs = 8;
      return ret;
    });
  }

  /** H_PAGE_INIT (linux-6.1; H_FUNCTION before). `ops` receives what was done to host pages. */
  hPageInit(args: { flags: bigint; dest: bigint; src?: bigint; vcpu?: number }, ops: PageOp[] = []): HcallResult {
    const { flags, dest, src = 0n, vcpu = 0 } = args;
    return this.hcall(HCALL.H_PAGE_INIT, [flags, dest, src], vcpu, () =>
      this.vm.kernel.laterCalls
        ? hPageInit(this.vm, vcpu, hiOf(flags), loOf(flags), hiOf(dest), loOf(dest), hiOf(src), loOf(src), ops)
        : H_FUNCTION,
    );
  }

  /** A guest access: load, store or instruction fetch, with everything that follows from it. */
  access(kind: AccessKind, ea: bigint, vcpu = 0, steps: AccessStep[] | null = null): AccessResult {
    return access(this.vm, vcpu, kind, hiOf(ea), loOf(ea), steps);
  }

  /** The kernel's own translation of a guest address. */
  xlate(ea: bigint, data: boolean, vcpu = 0): Xlate | -22 | -2 {
    return xlate(this.vm, vcpu, hiOf(ea), loOf(ea), data);
  }

  // ---- queries ------------------------------------------------------------------------------------------------------

  hpte(index: number): HpteView {
    return hpteView(this.vm, index);
  }
}

/** One HPTE of the current table. */
export function hpteView(vm: Vm, index: number): HpteView {
  const hpt = vm.state.hpt;
  const vLo = hpt.vLo(index);
  const guestHi = hpt.guestHi(index);
  const guestLo = hpt.guestLo(index);
  const shift = actualShift(vm, vLo, guestLo);
  return {
    index,
    v: oldDword0(vm, hpt, index),
    r: toBig(hpt.rHi(index), hpt.rLo(index)),
    guestRpte: toBig(guestHi, guestLo),
    forw: hpt.forw(index),
    back: hpt.back(index),
    state: (vLo & V_VALID) !== 0 ? 'valid' : (vLo & V_ABSENT) !== 0 ? 'absent' : 'free',
    gfn: gfnOf(guestHi, guestLo, shift, vm.pageShift),
    pageShift: shift,
  };
}
