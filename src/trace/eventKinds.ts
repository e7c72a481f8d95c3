// The trace events that this tool knows, with fixed codes, and the interning of all others.
// Sources: event formats of the groups kvm, kvm_hv and powerpc of recorded kernels, and the kprobes of group `hpt`
// (see docs/traces.md). A code is an index into the list; names that a trace brings along get the codes after it.

/** Known event names in the order of their codes. Append only: the order is stored in transferred columns. */
export const knownEvents = [
  'print',
  'kvm_guest_enter',
  'kvm_guest_exit',
  'kvm_page_fault_enter',
  'kvm_page_fault_exit',
  'kvm_hcall_enter',
  'kvm_hcall_exit',
  'kvmppc_run_core',
  'kvmppc_vcore_blocked',
  'kvmppc_vcore_wakeup',
  'kvmppc_run_vcpu_enter',
  'kvmppc_run_vcpu_exit',
  'kvm_unmap_hva_range',
  'kvm_set_spte_hva',
  'kvm_age_hva',
  'kvm_test_age_hva',
  'kvm_ppc_instr',
  'kvm_userspace_exit',
  'tlbie',
  'add_revmap',
  'unmap_hpte',
  'unmap_rmapp',
  'remove_revmap',
  'do_h_enter',
  'do_h_enter_ret',
  'hv_fault',
  'hv_fault_ret',
  'inval_hpte',
  'do_h_remove',
  'map_vrma',
] as const;

export type KnownEventName = (typeof knownEvents)[number];

/** The fixed code of each known event. */
export const eventCode: { readonly [name in KnownEventName]: number } = Object.fromEntries(
  knownEvents.map((name, code) => [name, code]),
) as { [name in KnownEventName]: number };

const firstProbe = eventCode.add_revmap;

/** True for the kprobes of group `hpt` that the recordings use. */
export function isHptProbe(code: number): boolean {
  return code >= firstProbe && code < knownEvents.length;
}

/** The name under which an event is stored: ftrace text calls the marker `tracing_mark_write`, trace-cmd `print`. */
export function storedEventName(name: string): string {
  return name === 'tracing_mark_write' ? 'print' : name;
}
