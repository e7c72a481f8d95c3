// Makes events of the kernel's own fields, by name: those of a binary record, and those that `trace-cmd report -R` prints. The names are
// those of the event formats of groups kvm, kvm_hv and powerpc.

import type { DecodedEvent } from './decoded';
import { type KnownEventName, knownEvents } from './eventKinds';

/** The fields of one event by name. One that is not there is noted where they are kept, and reads as 0 or the empty text. */
export interface EventFields {
  /** An integer, signed as it is declared. */
  big(name: string): bigint;
  num(name: string): number;
  /** The field as an unsigned 64-bit number, whatever its declared sign. */
  u64(name: string): bigint;
  text(name: string): string;
}

type FieldDecode = (f: EventFields) => DecodedEvent;

const tooHard = 9999n;
const hostFlag = 2n;

function vcore(kind: 'kvmppc_run_core' | 'kvmppc_vcore_blocked'): FieldDecode {
  return (f) => ({
    kind,
    where: f.big('where') === 0n ? 'Enter' : 'Exit',
    runnerVcpu: f.num('runner_vcpu'),
    runnable: f.num('n_runnable'),
    tgid: f.num('tgid'),
  });
}

function hvaRange(kind: 'kvm_unmap_hva_range' | 'kvm_age_hva'): FieldDecode {
  return (f) => ({ kind, start: f.u64('start'), end: f.u64('end') });
}

function hvaOne(kind: 'kvm_set_spte_hva' | 'kvm_test_age_hva'): FieldDecode {
  return (f) => ({ kind, hva: f.u64('hva') });
}

function userspaceExit(f: EventFields): DecodedEvent {
  const errno = f.num('errno');
  return { kind: 'kvm_userspace_exit', reason: errno < 0 ? -1 : f.num('reason'), errno: Math.min(errno, 0) };
}

function hcallExit(f: EventFields): DecodedEvent {
  const ret = f.u64('ret');
  const rc = BigInt.asIntN(64, f.big('hcall_rc'));
  return { kind: 'kvm_hcall_exit', vcpu: f.num('vcpu_id'), ret, hcallRc: (ret & hostFlag) !== 0n ? tooHard : rc };
}

const decoders: { readonly [name in KnownEventName]?: FieldDecode } = {
  print: (f) => ({ kind: 'print', text: f.text('buf').replace(/\n$/, '') }),
  kvm_guest_enter: (f) => ({
    kind: 'kvm_guest_enter',
    vcpu: f.num('vcpu_id'),
    pc: f.u64('pc'),
    pendingExceptions: f.u64('pending_exceptions'),
    ceded: f.num('ceded'),
  }),
  kvm_guest_exit: (f) => ({
    kind: 'kvm_guest_exit',
    vcpu: f.num('vcpu_id'),
    trap: f.num('trap'),
    pc: f.u64('pc'),
    msr: f.u64('msr'),
    ceded: f.num('ceded'),
  }),
  kvm_page_fault_enter: (f) => ({
    kind: 'kvm_page_fault_enter',
    vcpu: f.num('vcpu_id'),
    hpteV: f.u64('hpte_v'),
    hpteR: f.u64('hpte_r'),
    gpteR: f.u64('gpte_r'),
    ea: f.u64('ea'),
    dsisr: f.num('dsisr'),
    baseGfn: f.u64('base_gfn'),
    slotFlags: f.num('slot_flags'),
  }),
  kvm_page_fault_exit: (f) => ({
    kind: 'kvm_page_fault_exit',
    vcpu: f.num('vcpu_id'),
    hpteV: f.u64('hpte_v'),
    hpteR: f.u64('hpte_r'),
    ret: BigInt.asIntN(64, f.big('ret')),
  }),
  kvm_hcall_enter: (f) => ({
    kind: 'kvm_hcall_enter',
    vcpu: f.num('vcpu_id'),
    nr: f.u64('req'),
    args: [f.u64('gpr4'), f.u64('gpr5'), f.u64('gpr6'), f.u64('gpr7')],
  }),
  kvm_hcall_exit: hcallExit,
  kvmppc_run_core: vcore('kvmppc_run_core'),
  kvmppc_vcore_blocked: vcore('kvmppc_vcore_blocked'),
  kvmppc_vcore_wakeup: (f) => ({
    kind: 'kvmppc_vcore_wakeup',
    waited: f.big('waited') !== 0n,
    ns: f.u64('ns'),
    tgid: f.num('tgid'),
  }),
  kvmppc_run_vcpu_enter: (f) => ({ kind: 'kvmppc_run_vcpu_enter', vcpu: f.num('vcpu_id'), tgid: f.num('tgid') }),
  kvmppc_run_vcpu_exit: (f) => ({
    kind: 'kvmppc_run_vcpu_exit',
    vcpu: f.num('vcpu_id'),
    exit: f.num('exit'),
    ret: f.num('ret'),
  }),
  kvm_unmap_hva_range: hvaRange('kvm_unmap_hva_range'),
  kvm_set_spte_hva: hvaOne('kvm_set_spte_hva'),
  kvm_age_hva: hvaRange('kvm_age_hva'),
  kvm_test_age_hva: hvaOne('kvm_test_age_hva'),
  kvm_ppc_instr: (f) => ({ kind: 'kvm_ppc_instr', inst: f.num('inst'), pc: f.u64('pc'), emulate: f.num('emulate') }),
  kvm_userspace_exit: userspaceExit,
  tlbie: (f) => ({
    kind: 'tlbie',
    lpid: f.u64('lpid'),
    local: f.u64('local'),
    rb: f.u64('rb'),
    rs: f.u64('rs'),
    ric: f.u64('ric'),
    prs: f.u64('prs'),
    r: f.u64('r'),
  }),
};

const byName: ReadonlyMap<string, FieldDecode> = new Map(
  knownEvents.flatMap((name) => {
    const decode = decoders[name];
    return decode === undefined ? [] : [[name, decode] as const];
  }),
);

/** The event of a known name with these fields; undefined for other names. */
export function eventOfFields(name: string, fields: EventFields): DecodedEvent | undefined {
  return byName.get(name)?.(fields);
}
