// Names of numbers as the kernel's trace events print them (symbolic `print fmt` of kvm_hcall_enter, kvm_hcall_exit,
// kvm_guest_exit and kvm_userspace_exit, read off the event formats of recorded kernels). A number without a name prints
// as 0x<hex>. Where two names share a number the kernel prints the first.

/** Numbers and their printed names, in the kernel's order. */
export class SymbolTable {
  readonly #names = new Map<number, string>();
  readonly #numbers = new Map<string, number>();

  constructor(pairs: ReadonlyArray<readonly [number, string]>) {
    for (const [value, name] of pairs) {
      if (!this.#names.has(value)) {
        this.#names.set(value, name);
      }
      this.#numbers.set(name, value);
    }
  }

  /** The printed form: the name, or `0x…` of the 64-bit pattern where there is none. */
  print(value: bigint): string {
    const name = value >= -0x8000_0000n && value <= 0xffff_ffffn ? this.#names.get(Number(value)) : undefined;
    return name ?? `0x${BigInt.asUintN(64, value).toString(16)}`;
  }

  /** The number behind a name, if the kernel prints such a name. */
  number(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The name of a number, if it has one. */
  name(value: number): string | undefined {
    return this.#names.get(value);
  }
}

/** Hypercall numbers (gpr3 of kvm_hcall_enter). */
// biome-ignore format: a table
export const hcallNames = new SymbolTable([
  [0x4, 'H_REMOVE'], [0x8, 'H_ENTER'], [0xc, 'H_READ'], [0x10, 'H_CLEAR_MOD'], [0x14, 'H_CLEAR_REF'],
  [0x18, 'H_PROTECT'], [0x1c, 'H_GET_TCE'], [0x20, 'H_PUT_TCE'], [0x24, 'H_SET_SPRG0'], [0x28, 'H_SET_DABR'],
  [0x2c, 'H_PAGE_INIT'], [0x30, 'H_SET_ASR'], [0x34, 'H_ASR_ON'], [0x38, 'H_ASR_OFF'], [0x3c, 'H_LOGICAL_CI_LOAD'],
  [0x40, 'H_LOGICAL_CI_STORE'], [0x44, 'H_LOGICAL_CACHE_LOAD'], [0x48, 'H_LOGICAL_CACHE_STORE'],
  [0x4c, 'H_LOGICAL_ICBI'], [0x50, 'H_LOGICAL_DCBF'], [0x54, 'H_GET_TERM_CHAR'], [0x58, 'H_PUT_TERM_CHAR'],
  [0x5c, 'H_REAL_TO_LOGICAL'], [0x60, 'H_HYPERVISOR_DATA'], [0x64, 'H_EOI'], [0x68, 'H_CPPR'], [0x6c, 'H_IPI'],
  [0x70, 'H_IPOLL'], [0x74, 'H_XIRR'], [0x7c, 'H_PERFMON'], [0x78, 'H_MIGRATE_DMA'], [0xdc, 'H_REGISTER_VPA'],
  [0xe0, 'H_CEDE'], [0xe4, 'H_CONFER'], [0xe8, 'H_PROD'], [0xec, 'H_GET_PPP'], [0xf0, 'H_SET_PPP'], [0xf4, 'H_PURR'],
  [0xf8, 'H_PIC'], [0xfc, 'H_REG_CRQ'], [0x100, 'H_FREE_CRQ'], [0x104, 'H_VIO_SIGNAL'], [0x108, 'H_SEND_CRQ'],
  [0x110, 'H_COPY_RDMA'], [0x114, 'H_REGISTER_LOGICAL_LAN'], [0x118, 'H_FREE_LOGICAL_LAN'],
  [0x11c, 'H_ADD_LOGICAL_LAN_BUFFER'], [0x120, 'H_SEND_LOGICAL_LAN'], [0x124, 'H_BULK_REMOVE'],
  [0x130, 'H_MULTICAST_CTRL'], [0x134, 'H_SET_XDABR'], [0x138, 'H_STUFF_TCE'], [0x13c, 'H_PUT_TCE_INDIRECT'],
  [0x14c, 'H_CHANGE_LOGICAL_LAN_MAC'], [0x150, 'H_VTERM_PARTNER_INFO'], [0x154, 'H_REGISTER_VTERM'],
  [0x158, 'H_FREE_VTERM'], [0x15c, 'H_RESET_EVENTS'], [0x160, 'H_ALLOC_RESOURCE'], [0x164, 'H_FREE_RESOURCE'],
  [0x168, 'H_MODIFY_QP'], [0x16c, 'H_QUERY_QP'], [0x170, 'H_REREGISTER_PMR'], [0x174, 'H_REGISTER_SMR'],
  [0x178, 'H_QUERY_MR'], [0x17c, 'H_QUERY_MW'], [0x180, 'H_QUERY_HCA'], [0x184, 'H_QUERY_PORT'],
  [0x188, 'H_MODIFY_PORT'], [0x18c, 'H_DEFINE_AQP1'], [0x190, 'H_GET_TRACE_BUFFER'], [0x194, 'H_DEFINE_AQP0'],
  [0x198, 'H_RESIZE_MR'], [0x19c, 'H_ATTACH_MCQP'], [0x1a0, 'H_DETACH_MCQP'], [0x1a4, 'H_CREATE_RPT'],
  [0x1a8, 'H_REMOVE_RPT'], [0x1ac, 'H_REGISTER_RPAGES'], [0x1b0, 'H_DISABLE_AND_GET'], [0x1b4, 'H_ERROR_DATA'],
  [0x1b8, 'H_GET_HCA_INFO'], [0x1bc, 'H_GET_PERF_COUNT'], [0x1c0, 'H_MANAGE_TRACE'],
  [0x1c8, 'H_GET_CPU_CHARACTERISTICS'], [0x1d4, 'H_FREE_LOGICAL_LAN_BUFFER'], [0x1e4, 'H_QUERY_INT_STATE'],
  [0x1d8, 'H_POLL_PENDING'], [0x244, 'H_ILLAN_ATTRIBUTES'], [0x250, 'H_MODIFY_HEA_QP'], [0x254, 'H_QUERY_HEA_QP'],
  [0x258, 'H_QUERY_HEA'], [0x25c, 'H_QUERY_HEA_PORT'], [0x260, 'H_MODIFY_HEA_PORT'], [0x264, 'H_REG_BCMC'],
  [0x268, 'H_DEREG_BCMC'], [0x26c, 'H_REGISTER_HEA_RPAGES'], [0x270, 'H_DISABLE_AND_GET_HEA'],
  [0x274, 'H_GET_HEA_INFO'], [0x278, 'H_ALLOC_HEA_RESOURCE'], [0x284, 'H_ADD_CONN'], [0x288, 'H_DEL_CONN'],
  [0x298, 'H_JOIN'], [0x2a4, 'H_VASI_STATE'], [0x2b0, 'H_ENABLE_CRQ'], [0x2b8, 'H_GET_EM_PARMS'],
  [0x450, 'H_GET_ENERGY_SCALE_INFO'], [0x2d0, 'H_SET_MPP'], [0x2d4, 'H_GET_MPP'],
  [0x2ec, 'H_HOME_NODE_ASSOCIATIVITY'], [0x2f4, 'H_BEST_ENERGY'], [0x2fc, 'H_XIRR_X'], [0x300, 'H_RANDOM'],
  [0x304, 'H_COP'], [0x314, 'H_GET_MPP_X'], [0x31c, 'H_SET_MODE'], [0x37c, 'H_REGISTER_PROC_TBL'],
  [0x398, 'H_QUERY_VAS_CAPABILITIES'], [0x3a8, 'H_INT_GET_SOURCE_INFO'], [0x3ac, 'H_INT_SET_SOURCE_CONFIG'],
  [0x3b4, 'H_INT_GET_QUEUE_INFO'], [0x3b8, 'H_INT_SET_QUEUE_CONFIG'], [0x3c8, 'H_INT_ESB'], [0x3d0, 'H_INT_RESET'],
  [0x448, 'H_RPT_INVALIDATE'], [0xf000, 'H_RTAS'], [0xf001, 'H_LOGICAL_MEMOP'], [0xf002, 'H_CAS'],
  [0xf003, 'H_UPDATE_DT'], [0xf080, 'H_GET_PERF_COUNTER_INFO'], [0xf800, 'H_SET_PARTITION_TABLE'],
  [0xf804, 'H_ENTER_NESTED'], [0xf808, 'H_TLB_INVALIDATE'], [0xf80c, 'H_COPY_TOFROM_GUEST'],
]);

/** Hypercall return codes (`hcall_rc` of kvm_hcall_exit; signed). */
// biome-ignore format: a table
export const hcallReturnNames = new SymbolTable([
  [0, 'H_SUCCESS'], [1, 'H_BUSY'], [2, 'H_CLOSED'], [3, 'H_NOT_AVAILABLE'], [4, 'H_CONSTRAINED'], [5, 'H_PARTIAL'],
  [14, 'H_IN_PROGRESS'], [15, 'H_PAGE_REGISTERED'], [16, 'H_PARTIAL_STORE'], [17, 'H_PENDING'], [18, 'H_CONTINUE'],
  [9900, 'H_LONG_BUSY_START_RANGE'], [9900, 'H_LONG_BUSY_ORDER_1_MSEC'], [9901, 'H_LONG_BUSY_ORDER_10_MSEC'],
  [9902, 'H_LONG_BUSY_ORDER_100_MSEC'], [9903, 'H_LONG_BUSY_ORDER_1_SEC'], [9904, 'H_LONG_BUSY_ORDER_10_SEC'],
  [9905, 'H_LONG_BUSY_ORDER_100_SEC'], [9905, 'H_LONG_BUSY_END_RANGE'], [9999, 'H_TOO_HARD'], [-1, 'H_HARDWARE'],
  [-2, 'H_FUNCTION'], [-3, 'H_PRIVILEGE'], [-4, 'H_PARAMETER'], [-5, 'H_BAD_MODE'], [-6, 'H_PTEG_FULL'],
  [-7, 'H_NOT_FOUND'], [-8, 'H_RESERVED_DABR'], [-9, 'H_NO_MEM'], [-10, 'H_AUTHORITY'], [-11, 'H_PERMISSION'],
  [-12, 'H_DROPPED'], [-13, 'H_SOURCE_PARM'], [-14, 'H_DEST_PARM'], [-15, 'H_REMOTE_PARM'], [-16, 'H_RESOURCE'],
  [-17, 'H_ADAPTER_PARM'], [-18, 'H_RH_PARM'], [-19, 'H_RCQ_PARM'], [-20, 'H_SCQ_PARM'], [-21, 'H_EQ_PARM'],
  [-22, 'H_RT_PARM'], [-23, 'H_ST_PARM'], [-24, 'H_SIGT_PARM'], [-25, 'H_TOKEN_PARM'], [-27, 'H_MLENGTH_PARM'],
  [-28, 'H_MEM_PARM'], [-29, 'H_MEM_ACCESS_PARM'], [-30, 'H_ATTR_PARM'], [-31, 'H_PORT_PARM'], [-32, 'H_MCG_PARM'],
  [-33, 'H_VL_PARM'], [-34, 'H_TSIZE_PARM'], [-35, 'H_TRACE_PARM'], [-37, 'H_MASK_PARM'], [-38, 'H_MCG_FULL'],
  [-39, 'H_ALIAS_EXIST'], [-40, 'H_P_COUNTER'], [-41, 'H_TABLE_FULL'], [-42, 'H_ALT_TABLE'], [-43, 'H_MR_CONDITION'],
  [-44, 'H_NOT_ENOUGH_RESOURCES'], [-45, 'H_R_STATE'], [-46, 'H_RESCINDED'], [-55, 'H_P2'], [-56, 'H_P3'],
  [-57, 'H_P4'], [-58, 'H_P5'], [-59, 'H_P6'], [-60, 'H_P7'], [-61, 'H_P8'], [-62, 'H_P9'], [-64, 'H_TOO_BIG'],
  [-68, 'H_OVERLAP'], [-69, 'H_INTERRUPT'], [-70, 'H_BAD_DATA'], [-71, 'H_NOT_ACTIVE'], [-72, 'H_SG_LIST'],
  [-73, 'H_OP_MODE'], [-74, 'H_COP_HW'], [-256, 'H_UNSUPPORTED_FLAG_START'], [-511, 'H_UNSUPPORTED_FLAG_END'],
  [-9005, 'H_MULTI_THREADS_ACTIVE'], [-9006, 'H_OUTSTANDING_COP_OPS'],
]);

/** What the hcall handler tells the run loop (`ret` of kvm_hcall_exit); bit 1 = go to the VMM. */
export const resumeNames = new SymbolTable([
  [0, 'RESUME_GUEST'],
  [1, 'RESUME_GUEST_NV'],
  [2, 'RESUME_HOST'],
  [3, 'RESUME_HOST_NV'],
]);

/** Interrupt vectors (`trap` of kvm_guest_exit). */
// biome-ignore format: a table
export const trapNames = new SymbolTable([
  [0x100, 'SYSTEM_RESET'], [0x200, 'MACHINE_CHECK'], [0x300, 'DATA_STORAGE'], [0x380, 'DATA_SEGMENT'],
  [0x400, 'INST_STORAGE'], [0x480, 'INST_SEGMENT'], [0x500, 'EXTERNAL'], [0x502, 'EXTERNAL_HV'],
  [0x600, 'ALIGNMENT'], [0x700, 'PROGRAM'], [0x800, 'FP_UNAVAIL'], [0x900, 'DECREMENTER'], [0x980, 'HV_DECREMENTER'],
  [0xc00, 'SYSCALL'], [0xd00, 'TRACE'], [0xe00, 'H_DATA_STORAGE'], [0xe20, 'H_INST_STORAGE'],
  [0xe40, 'H_EMUL_ASSIST'], [0xf00, 'PERFMON'], [0xf20, 'ALTIVEC'], [0xf40, 'VSX'],
]);

/** Reasons of KVM_RUN's return (`reason` of kvm_userspace_exit). */
// biome-ignore format: a table
export const exitReasonNames = new SymbolTable([
  [0, 'KVM_EXIT_UNKNOWN'], [1, 'KVM_EXIT_EXCEPTION'], [2, 'KVM_EXIT_IO'], [3, 'KVM_EXIT_HYPERCALL'],
  [4, 'KVM_EXIT_DEBUG'], [5, 'KVM_EXIT_HLT'], [6, 'KVM_EXIT_MMIO'], [7, 'KVM_EXIT_IRQ_WINDOW_OPEN'],
  [8, 'KVM_EXIT_SHUTDOWN'], [9, 'KVM_EXIT_FAIL_ENTRY'], [10, 'KVM_EXIT_INTR'], [11, 'KVM_EXIT_SET_TPR'],
  [12, 'KVM_EXIT_TPR_ACCESS'], [13, 'KVM_EXIT_S390_SIEIC'], [14, 'KVM_EXIT_S390_RESET'], [15, 'KVM_EXIT_DCR'],
  [16, 'KVM_EXIT_NMI'], [17, 'KVM_EXIT_INTERNAL_ERROR'], [18, 'KVM_EXIT_OSI'], [19, 'KVM_EXIT_PAPR_HCALL'],
  [20, 'KVM_EXIT_S390_UCONTROL'], [21, 'KVM_EXIT_WATCHDOG'], [22, 'KVM_EXIT_S390_TSCH'], [23, 'KVM_EXIT_EPR'],
  [24, 'KVM_EXIT_SYSTEM_EVENT'], [25, 'KVM_EXIT_S390_STSI'], [26, 'KVM_EXIT_IOAPIC_EOI'], [27, 'KVM_EXIT_HYPERV'],
  [28, 'KVM_EXIT_ARM_NISV'], [29, 'KVM_EXIT_X86_RDMSR'], [30, 'KVM_EXIT_X86_WRMSR'],
]);
