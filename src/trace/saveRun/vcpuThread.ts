// The thread of the VMM that runs one vCPU, as the trace events of its KVM_RUN tell it (kvmppc_vcpu_run_hv): it enters the guest, the
// guest exits with a trap, the host resolves it and enters again, until something must go to the VMM.
//
// POWER9 and POWER10 come out of the guest for every hypercall and every HDSI. POWER7 and POWER8 handle hypercalls on the table,
// and HDSIs that are the guest's own affair, in real mode: those leave no trace. linux-3.4 has no trace events.
//
// A vCPU has nothing more to do when its statement is over: the VMM takes it out by a signal, as QEMU does when it stops a machine.

import type { Event } from '../../model/events';
import type { VmConfig } from '../../model/vm';
import type { DecodedEvent } from '../decoded';
import type { Task, TraceText } from './traceText';

const TRAP = { external: 0x500, dataStorage: 0xe00, instructionStorage: 0xe20, syscall: 0xc00 } as const;
const EXIT = { none: 0, mmio: 6, interrupted: 10, paprHcall: 19 } as const;
const RESUME = { guest: 0, host: 2, pageFault: 4 } as const;
const EINTR = -4;
const H_TOO_HARD = 9999;
/** MSR of a guest kernel with translation on, and where its code stands: an emulated access has no instruction. */
const guestMsr = 0x8000000000001033n;
const guestPc = 0n;
/** `lwz r4,0(r4)`: the instruction that the host is said to emulate for an MMIO access. */
const mmioInstruction = 0x80840000;
const EMULATE_DO_MMIO = 1;

/** Outside KVM_RUN; in the guest; out of the guest with an interrupt that no handler has looked at; in the host's part of KVM_RUN. */
type Place = 'vmm' | 'guest' | 'interrupted' | 'host';

export class VcpuThread {
  /** Depth of the statement that it works for (RunVisitor). */
  level = 0;
  #place: Place = 'vmm';
  #trap = 0;
  /** The hypercall under way. */
  #call: { readonly nr: number; readonly args: readonly [bigint, bigint, bigint, bigint] } | undefined;
  readonly #realMode: boolean;

  constructor(
    readonly vcpu: number,
    readonly task: Task,
    readonly tgid: number,
    private readonly trace: TraceText,
    config: VmConfig,
  ) {
    this.#realMode = config.cpu !== 'POWER9' && config.cpu !== 'POWER10';
  }

  /** Whether it stands inside a kernel path, so that this vCPU can do nothing else. */
  get busy(): boolean {
    return this.#place !== 'vmm';
  }

  /** Tells what an event of the run looks like on this thread. */
  tell(event: Event): void {
    switch (event.kind) {
      case 'access.hdsi':
      case 'access.hisi':
        this.#enterGuest();
        this.#interrupt(event.kind === 'access.hdsi' ? TRAP.dataStorage : TRAP.instructionStorage);
        return;
      case 'access.done':
      case 'access.reflect':
      case 'access.loop':
        this.#enterGuest();
        return;
      case 'fault.enter':
        this.#enterHost();
        this.#add({
          kind: 'kvm_page_fault_enter',
          vcpu: this.vcpu,
          hpteV: event.v,
          hpteR: event.r,
          gpteR: event.guest,
          ea: event.ea,
          dsisr: event.dsisr,
          baseGfn: event.baseGfn,
          slotFlags: event.slotFlags,
        });
        return;
      case 'fault.exit':
        this.#enterHost();
        if (event.traced)
          this.#add({
            kind: 'kvm_page_fault_exit',
            vcpu: this.vcpu,
            hpteV: event.v,
            hpteR: event.r,
            ret: BigInt(event.ret),
          });
        return;
      case 'fault.gup':
      case 'fault.retry':
        this.#enterHost();
        return;
      case 'fault.mmio':
        this.#enterHost();
        this.#add({ kind: 'kvm_ppc_instr', inst: mmioInstruction, pc: guestPc, emulate: EMULATE_DO_MMIO });
        this.#toVmm(EXIT.mmio, 0);
        return;
      case 'fault.error':
        this.#enterHost();
        this.#toVmm(-1, event.ret);
        return;
      case 'hcall.enter':
        this.#enterGuest();
        this.#hcallEnter(event.nr, [event.a0, event.a1, event.a2, event.a3]);
        return;
      case 'hcall.exit':
        this.#hcallExit(event.ret);
        return;
      default:
        return;
    }
  }

  /** Its statement is over: the VMM takes the vCPU out of the guest. */
  stop(): void {
    if (this.#place === 'vmm') {
      return;
    }
    this.#enterGuest();
    this.#exitGuest(TRAP.external);
    this.#leaveRun(EXIT.interrupted, EINTR);
    this.#toVmm(-1, EINTR);
  }

  #add(event: DecodedEvent & { readonly kind: string }, flags?: string): void {
    this.trace.add(flags === undefined ? this.task : { ...this.task, flags }, event.kind, event);
  }

  #enterGuest(): void {
    const { vcpu, tgid } = this;
    if (this.#place === 'guest') {
      return;
    }
    if (this.#place === 'interrupted') {
      if (this.#realMode) {
        // the interrupt was handled in real mode
        this.#place = 'guest';
        return;
      }
      this.#leaveRun(EXIT.none, RESUME.guest);
    }
    this.#add({ kind: 'kvmppc_run_vcpu_enter', vcpu, tgid });
    this.#add({ kind: 'kvm_guest_enter', vcpu, pc: guestPc, pendingExceptions: 0n, ceded: 0 }, 'd....');
    this.#core('Enter', 'd....');
    this.#place = 'guest';
  }

  #interrupt(trap: number): void {
    this.#trap = trap;
    if (!this.#realMode) {
      this.#exitGuest(trap);
    }
    this.#place = 'interrupted';
  }

  #exitGuest(trap: number): void {
    this.#add({ kind: 'kvm_guest_exit', vcpu: this.vcpu, trap, pc: guestPc, msr: guestMsr, ceded: 0 });
    this.#core('Exit');
  }

  /** A core of POWER8 and before runs its vCPUs together. */
  #core(where: 'Enter' | 'Exit', flags?: string): void {
    const { vcpu, tgid } = this;
    if (this.#realMode) {
      const runnable = where === 'Enter' ? 1 : 0;
      this.#add({ kind: 'kvmppc_run_core', where, runnerVcpu: vcpu, runnable, tgid }, flags);
    }
  }

  #leaveRun(exit: number, ret: number): void {
    this.#add({ kind: 'kvmppc_run_vcpu_exit', vcpu: this.vcpu, exit, ret });
    this.#place = 'host';
  }

  /** The real-mode part of a fault has handed it to the host kernel. */
  #enterHost(): void {
    if (this.#place !== 'interrupted') {
      return;
    }
    if (this.#realMode) {
      this.#exitGuest(this.#trap);
    }
    this.#leaveRun(EXIT.none, RESUME.pageFault);
  }

  #toVmm(reason: number, errno: number): void {
    this.#add({ kind: 'kvm_userspace_exit', reason, errno });
    this.#place = 'vmm';
  }

  #hcallEnter(nr: number, args: readonly [bigint, bigint, bigint, bigint]): void {
    this.#call = { nr, args };
    if (!this.#realMode) {
      this.#traceHcallEnter();
    }
  }

  #traceHcallEnter(): void {
    const { nr, args } = this.#call ?? { nr: 0, args: [0n, 0n, 0n, 0n] as const };
    this.#exitGuest(TRAP.syscall);
    this.#leaveRun(EXIT.paprHcall, RESUME.host);
    this.#add({ kind: 'kvm_hcall_enter', vcpu: this.vcpu, nr: BigInt(nr), args });
  }

  #hcallExit(rc: number): void {
    const tooHard = rc === H_TOO_HARD;
    if (this.#realMode && !tooHard) {
      return;
    }
    if (this.#realMode) {
      this.#traceHcallEnter();
    }
    const ret = BigInt(tooHard ? RESUME.host : RESUME.guest);
    this.#add({ kind: 'kvm_hcall_exit', vcpu: this.vcpu, ret, hcallRc: BigInt(rc) });
    if (tooHard) {
      this.#toVmm(EXIT.paprHcall, 0);
    }
  }
}
