// Decodes the binary records of a trace.dat into the same objects as the text decoders give. Layouts come from the event
// formats inside the file; only the names of the fields are known here.

import type { DecodedEvent } from './decoded';
import type { EventFormat, EventRecord, FormatField } from './eventFormat';
import { type KnownEventName, knownEvents } from './eventKinds';
import type { RecordField } from './events';
import type { Kallsyms } from './kallsyms';

/** Reads the fields of one record by name; `missing` notes the first one that is not there. */
class Fields {
  missing: string | undefined;

  constructor(
    readonly record: EventRecord,
    readonly format: EventFormat,
  ) {}

  big(name: string): bigint {
    const value = this.record.integer(this.format.fields.get(name));
    if (value === undefined) {
      this.missing ??= name;
      return 0n;
    }
    return value;
  }

  num(name: string): number {
    const field = this.format.fields.get(name);
    const value = field === undefined ? undefined : this.record.small(field);
    return value ?? Number(this.big(name));
  }

  /** The field as an unsigned 64-bit number, whatever its declared sign. */
  u64(name: string): bigint {
    return BigInt.asUintN(64, this.big(name));
  }

  text(name: string): string {
    const value = this.record.text(this.format.fields.get(name));
    if (value === undefined) {
      this.missing ??= name;
      return '';
    }
    return value;
  }
}

type RecordDecode = (f: Fields) => DecodedEvent;

const tooHard = 9999n;
const hostFlag = 2n;

function vcore(kind: 'kvmppc_run_core' | 'kvmppc_vcore_blocked'): RecordDecode {
  return (f) => ({
    kind,
    where: f.big('where') === 0n ? 'Enter' : 'Exit',
    runnerVcpu: f.num('runner_vcpu'),
    runnable: f.num('n_runnable'),
    tgid: f.num('tgid'),
  });
}

function hvaRange(kind: 'kvm_unmap_hva_range' | 'kvm_age_hva'): RecordDecode {
  return (f) => ({ kind, start: f.u64('start'), end: f.u64('end') });
}

function hvaOne(kind: 'kvm_set_spte_hva' | 'kvm_test_age_hva'): RecordDecode {
  return (f) => ({ kind, hva: f.u64('hva') });
}

function userspaceExit(f: Fields): DecodedEvent {
  const errno = f.num('errno');
  return { kind: 'kvm_userspace_exit', reason: errno < 0 ? -1 : f.num('reason'), errno: Math.min(errno, 0) };
}

function hcallExit(f: Fields): DecodedEvent {
  const ret = f.u64('ret');
  const rc = BigInt.asIntN(64, f.big('hcall_rc'));
  return { kind: 'kvm_hcall_exit', vcpu: f.num('vcpu_id'), ret, hcallRc: (ret & hostFlag) !== 0n ? tooHard : rc };
}

function isCommon(field: FormatField): boolean {
  return field.name.startsWith('common_');
}

/** The place of a kprobe, or `caller <- function` of a kretprobe. */
function probePlace(f: Fields, symbols: Kallsyms): string {
  return f.format.fields.has('__probe_func')
    ? `${symbols.place(f.u64('__probe_ret_ip'))} <- ${symbols.symbol(f.u64('__probe_func'))}`
    : symbols.place(f.u64('__probe_ip'));
}

/** A kprobe or kretprobe record: every integer field behind the addresses. */
function probe(f: Fields, symbols: Kallsyms): DecodedEvent {
  const fields: Record<string, bigint> = {};
  for (const field of f.format.fields.values()) {
    if (!isCommon(field) && !field.name.startsWith('__probe_')) {
      fields[field.name] = f.big(field.name);
    }
  }
  return { kind: 'probe', name: f.format.name, where: probePlace(f, symbols), fields };
}

const decoders: { readonly [name in KnownEventName]?: RecordDecode } = {
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

const byName: ReadonlyMap<string, RecordDecode> = new Map(
  knownEvents.flatMap((name) => {
    const decode = decoders[name];
    return decode === undefined ? [] : [[name, decode] as const];
  }),
);

function syscallEnter(f: Fields): DecodedEvent {
  const args: Array<{ name: string; value: bigint }> = [];
  for (const field of f.format.fields.values()) {
    if (!isCommon(field) && field.name !== '__syscall_nr') {
      args.push({ name: field.name, value: f.u64(field.name) });
    }
  }
  return { kind: 'sys_enter', name: f.format.name.slice('sys_enter_'.length), args };
}

/** Every field of a record, the common ones too, as the event format in the file describes it. */
export function recordFields(record: EventRecord, format: EventFormat): RecordField[] {
  return [...format.fields.values()].map((field) => {
    const isText = field.isArray && /\bchar\b/.test(field.type);
    const { name, type, offset, size } = field;
    return { name, type, offset, size, value: isText ? record.text(field) : record.integer(field) };
  });
}

/** Fields of an event that has no decoder, as `name=value` (`trace-cmd report -R` does the same). */
function fieldsAsText(f: Fields): string {
  const parts: string[] = [];
  for (const { name, size, value } of recordFields(f.record, f.format)) {
    if (value !== undefined && !name.startsWith('common_')) {
      parts.push(`${name}=${typeof value === 'bigint' ? `0x${BigInt.asUintN(size * 8, value).toString(16)}` : value}`);
    }
  }
  return parts.join(' ');
}

/** Decodes one record by its format. `symbols` name the places of kprobes. */
export function decodeRecord(record: EventRecord, format: EventFormat, symbols: Kallsyms): DecodedEvent {
  const f = new Fields(record, format);
  const decode = byName.get(format.name);
  let event: DecodedEvent | undefined;
  if (decode !== undefined) {
    event = decode(f);
  } else if (format.fields.has('__probe_ip') || format.fields.has('__probe_func')) {
    event = probe(f, symbols);
  } else if (format.name.startsWith('sys_enter_')) {
    event = syscallEnter(f);
  } else if (format.name.startsWith('sys_exit_')) {
    event = { kind: 'sys_exit', name: format.name.slice('sys_exit_'.length), ret: BigInt.asIntN(64, f.big('ret')) };
  }
  if (event !== undefined && f.missing === undefined) {
    return event;
  }
  const other = { kind: 'other', name: format.name, text: fieldsAsText(f) } as const;
  return f.missing === undefined || decode === undefined
    ? other
    : { ...other, why: `the record has no field ${f.missing}` };
}
