// The fields of a trace event, decoded on demand from its source record (a text line or a ring-buffer record).
// Names follow the kernel's event formats in camel case; 64-bit fields are bigints (unsigned unless said otherwise).
// A text line and a binary record of one event decode to equal objects: what the text does not print is not here.

export interface GuestEnter {
  readonly kind: 'kvm_guest_enter';
  readonly vcpu: number;
  readonly pc: bigint;
  readonly pendingExceptions: bigint;
  readonly ceded: number;
}

export interface GuestExit {
  readonly kind: 'kvm_guest_exit';
  readonly vcpu: number;
  /** Interrupt vector, for example 0xe00 for H_DATA_STORAGE. */
  readonly trap: number;
  readonly pc: bigint;
  readonly msr: bigint;
  readonly ceded: number;
}

export interface PageFaultEnter {
  readonly kind: 'kvm_page_fault_enter';
  readonly vcpu: number;
  /** HPTE dword 0, in the layout before ISA 3.0 on all machines. */
  readonly hpteV: bigint;
  readonly hpteR: bigint;
  /** The guest's view of dword 1. */
  readonly gpteR: bigint;
  readonly ea: bigint;
  readonly dsisr: number;
  /** First guest frame of the memslot; all ones where there is no memslot (MMIO). */
  readonly baseGfn: bigint;
  readonly slotFlags: number;
}

export interface PageFaultExit {
  readonly kind: 'kvm_page_fault_exit';
  readonly vcpu: number;
  /** HPTE dword 0; on POWER9 in the ISA 3.0 layout when the entry was installed. */
  readonly hpteV: bigint;
  /** HPTE dword 1 from before the fault. */
  readonly hpteR: bigint;
  /** Signed: 0 RESUME_GUEST, negative errno. */
  readonly ret: bigint;
}

export interface HcallEnter {
  readonly kind: 'kvm_hcall_enter';
  readonly vcpu: number;
  /** Hypercall number (r3). */
  readonly nr: bigint;
  /** r4 to r7. */
  readonly args: readonly [bigint, bigint, bigint, bigint];
}

export interface HcallExit {
  readonly kind: 'kvm_hcall_exit';
  readonly vcpu: number;
  /** RESUME_GUEST 0, RESUME_GUEST_NV 1, RESUME_HOST 2, RESUME_HOST_NV 3. */
  readonly ret: bigint;
  /** Signed H_… code as printed: H_TOO_HARD (9999) whenever `ret` sends the call to the VMM. */
  readonly hcallRc: bigint;
}

export interface Vcore {
  readonly kind: 'kvmppc_run_core' | 'kvmppc_vcore_blocked';
  readonly where: 'Enter' | 'Exit';
  readonly runnerVcpu: number;
  readonly runnable: number;
  readonly tgid: number;
}

export interface VcoreWakeup {
  readonly kind: 'kvmppc_vcore_wakeup';
  readonly waited: boolean;
  readonly ns: bigint;
  readonly tgid: number;
}

export interface RunVcpuEnter {
  readonly kind: 'kvmppc_run_vcpu_enter';
  readonly vcpu: number;
  readonly tgid: number;
}

export interface RunVcpuExit {
  readonly kind: 'kvmppc_run_vcpu_exit';
  readonly vcpu: number;
  readonly exit: number;
  readonly ret: number;
}

/** Host virtual addresses [start, end). */
export interface HvaRange {
  readonly kind: 'kvm_unmap_hva_range' | 'kvm_age_hva';
  readonly start: bigint;
  readonly end: bigint;
}

export interface HvaOne {
  readonly kind: 'kvm_set_spte_hva' | 'kvm_test_age_hva';
  readonly hva: bigint;
}

export interface PpcInstr {
  readonly kind: 'kvm_ppc_instr';
  /** Instruction word (the text prints it in decimal). */
  readonly inst: number;
  readonly pc: bigint;
  readonly emulate: number;
}

export interface UserspaceExit {
  readonly kind: 'kvm_userspace_exit';
  /** KVM_EXIT_… number; -1 when KVM_RUN failed, which is all that the text tells then. */
  readonly reason: number;
  /** 0, or the negative errno of KVM_RUN. */
  readonly errno: number;
}

export interface Tlbie {
  readonly kind: 'tlbie';
  readonly lpid: bigint;
  readonly local: bigint;
  readonly rb: bigint;
  readonly rs: bigint;
  readonly ric: bigint;
  readonly prs: bigint;
  readonly r: bigint;
}

/** A line written to trace_marker, without the writer's symbol. */
export interface Print {
  readonly kind: 'print';
  readonly text: string;
}

export interface SyscallEnter {
  readonly kind: 'sys_enter';
  readonly name: string;
  readonly args: ReadonlyArray<{ readonly name: string; readonly value: bigint }>;
}

export interface SyscallExit {
  readonly kind: 'sys_exit';
  readonly name: string;
  /** Signed. */
  readonly ret: bigint;
}

/** A kprobe or kretprobe event: `(where) name=value …`. */
export interface Probe {
  readonly kind: 'probe';
  readonly name: string;
  /** The probed place as the kernel prints it: `function+0xc/0x1b8 [module]`, `caller+0x…/0x… <- function` for a return. */
  readonly where: string;
  readonly fields: Readonly<Record<string, bigint>>;
}

/** An event that is not decoded: unknown, or a known one whose text is not as the kernel prints it (`why` says so). */
export interface OtherEvent {
  readonly kind: 'other';
  readonly name: string;
  readonly text: string;
  readonly why?: string;
}

export type DecodedEvent =
  | GuestEnter
  | GuestExit
  | PageFaultEnter
  | PageFaultExit
  | HcallEnter
  | HcallExit
  | Vcore
  | VcoreWakeup
  | RunVcpuEnter
  | RunVcpuExit
  | HvaRange
  | HvaOne
  | PpcInstr
  | UserspaceExit
  | Tlbie
  | Print
  | SyscallEnter
  | SyscallExit
  | Probe
  | OtherEvent;
