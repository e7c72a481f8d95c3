// Decodes the text of one trace event into its fields, one decoder per known event. The layouts are those of the kernel's
// `print fmt` lines (event formats of groups kvm, kvm_hv, powerpc); trace-cmd and perf print the same text, but for syscalls.

import { ByteCursor, textOf } from './byteCursor';
import type { DecodedEvent } from './decoded';
import { type KnownEventName, knownEvents } from './eventKinds';
import { decodeRawText } from './rawText';
import { exitReasonNames, hcallNames, hcallReturnNames, resumeNames, type SymbolTable, trapNames } from './symbols';

type TextDecode = (c: ByteCursor) => DecodedEvent;

/** A symbolic field: a known name, or `0x…`. */
function symbol(c: ByteCursor, table: SymbolTable, what: string): bigint {
  if (c.sees('0x')) {
    return c.hex();
  }
  const name = c.word();
  const value = table.number(name);
  if (value === undefined) {
    c.fail(what);
    return 0n;
  }
  return BigInt(value);
}

function vcpu(c: ByteCursor): number {
  c.lit('VCPU ');
  const id = c.dec();
  c.lit(': ');
  return id;
}

/** Takes the literal and then a hexadecimal number. */
function hexAfter(c: ByteCursor, literal: string): bigint {
  c.lit(literal);
  return c.hex();
}

/** Takes the literal and then a decimal number. */
function decAfter(c: ByteCursor, literal: string): number {
  c.lit(literal);
  return c.dec();
}

function vcore(kind: 'kvmppc_run_core' | 'kvmppc_vcore_blocked'): TextDecode {
  return (c) => {
    const where = c.takes('Exit') ? 'Exit' : 'Enter';
    if (where === 'Enter') {
      c.lit('Enter');
    }
    c.lit(' runner_vcpu=');
    c.takes('=');
    const runnerVcpu = c.dec();
    return { kind, where, runnerVcpu, runnable: decAfter(c, ' runnable='), tgid: decAfter(c, ' tgid=') };
  };
}

function hvaRange(kind: 'kvm_unmap_hva_range' | 'kvm_age_hva', words: string): TextDecode {
  return (c) => ({ kind, start: hexAfter(c, words), end: hexAfter(c, ' -- ') });
}

function hvaOne(kind: 'kvm_set_spte_hva' | 'kvm_test_age_hva', words: string): TextDecode {
  return (c) => ({ kind, hva: hexAfter(c, words) });
}

function userspaceExit(c: ByteCursor): DecodedEvent {
  c.lit('reason ');
  const failed = c.takes('restart') || c.takes('error');
  if (failed) {
    c.lit(' (');
    const errno = -c.dec();
    c.lit(')');
    return { kind: 'kvm_userspace_exit', reason: -1, errno };
  }
  const named = symbol(c, exitReasonNames, 'a KVM_EXIT_… name, restart or error');
  c.lit(' (');
  const reason = c.dec();
  c.lit(')');
  if (c.failed === undefined && BigInt(reason) !== named) {
    c.fail('an exit reason whose name and number agree');
  }
  return { kind: 'kvm_userspace_exit', reason, errno: 0 };
}

/** `(where) name=value name=value …`; the names are those of the probe's definition. */
function probe(name: string): TextDecode {
  return (c) => {
    const fields: Record<string, bigint> = {};
    c.lit('(');
    const from = c.at;
    while (c.at < c.end && !c.sees(')')) {
      c.at++;
    }
    const where = textOf(c.bytes, from, c.at);
    c.lit(')');
    for (c.blanks(); c.at < c.end && (c.bytes[c.at] as number) > 32; c.blanks()) {
      const field = c.word();
      c.lit('=');
      fields[field] = c.sees('0x') ? c.hex() : c.decBig();
    }
    return { kind: 'probe', name, where, fields };
  };
}

const decoders: { readonly [name in KnownEventName]: TextDecode } = {
  print: (c) => ({ kind: 'print', text: c.rest() }),
  kvm_guest_enter: (c) => ({
    kind: 'kvm_guest_enter',
    vcpu: vcpu(c),
    pc: hexAfter(c, 'pc='),
    pendingExceptions: hexAfter(c, ' pexcp='),
    ceded: decAfter(c, ' ceded='),
  }),
  kvm_guest_exit: (c) => {
    const id = vcpu(c);
    c.lit('trap=');
    const trap = Number(symbol(c, trapNames, 'an interrupt name or 0x…'));
    const pc = hexAfter(c, ' pc=');
    return { kind: 'kvm_guest_exit', vcpu: id, trap, pc, msr: hexAfter(c, ' msr='), ceded: decAfter(c, ', ceded=') };
  },
  kvm_page_fault_enter: (c) => {
    const id = vcpu(c);
    const hpteV = hexAfter(c, 'hpte=');
    const hpteR = hexAfter(c, ':');
    const gpteR = hexAfter(c, ' guest=');
    const ea = hexAfter(c, ' ea=');
    c.lit(',');
    const dsisr = c.hex32();
    const baseGfn = hexAfter(c, ' slot=');
    c.lit(',');
    return { kind: 'kvm_page_fault_enter', vcpu: id, hpteV, hpteR, gpteR, ea, dsisr, baseGfn, slotFlags: c.hex32() };
  },
  kvm_page_fault_exit: (c) => {
    const id = vcpu(c);
    const hpteV = hexAfter(c, 'hpte=');
    const hpteR = hexAfter(c, ':');
    return { kind: 'kvm_page_fault_exit', vcpu: id, hpteV, hpteR, ret: BigInt.asIntN(64, hexAfter(c, ' ret=')) };
  },
  kvm_hcall_enter: (c) => {
    const id = vcpu(c);
    c.lit('hcall=');
    const nr = symbol(c, hcallNames, 'a hypercall name or 0x…');
    const r4 = hexAfter(c, ' GPR4-7=');
    return { kind: 'kvm_hcall_enter', vcpu: id, nr, args: [r4, hexAfter(c, ','), hexAfter(c, ','), hexAfter(c, ',')] };
  },
  kvm_hcall_exit: (c) => {
    const id = vcpu(c);
    c.lit('ret=');
    const ret = symbol(c, resumeNames, 'RESUME_… or 0x…');
    c.lit(' hcall_rc=');
    const hcallRc = BigInt.asIntN(64, symbol(c, hcallReturnNames, 'an H_… return code or 0x…'));
    return { kind: 'kvm_hcall_exit', vcpu: id, ret, hcallRc };
  },
  kvmppc_run_core: vcore('kvmppc_run_core'),
  kvmppc_vcore_blocked: vcore('kvmppc_vcore_blocked'),
  kvmppc_vcore_wakeup: (c) => {
    const waited = c.takes('wait');
    if (!waited) {
      c.lit('poll');
    }
    c.lit(' time ');
    const ns = c.decBig();
    c.lit(' ns');
    return { kind: 'kvmppc_vcore_wakeup', waited, ns, tgid: decAfter(c, ', tgid=') };
  },
  kvmppc_run_vcpu_enter: (c) => ({ kind: 'kvmppc_run_vcpu_enter', vcpu: vcpu(c), tgid: decAfter(c, 'tgid=') }),
  kvmppc_run_vcpu_exit: (c) => ({
    kind: 'kvmppc_run_vcpu_exit',
    vcpu: vcpu(c),
    exit: decAfter(c, 'exit='),
    ret: decAfter(c, ', ret='),
  }),
  kvm_unmap_hva_range: hvaRange('kvm_unmap_hva_range', 'mmu notifier unmap range: '),
  kvm_set_spte_hva: hvaOne('kvm_set_spte_hva', 'mmu notifier set pte hva: '),
  kvm_age_hva: hvaRange('kvm_age_hva', 'mmu notifier age hva: '),
  kvm_test_age_hva: hvaOne('kvm_test_age_hva', 'mmu notifier test age hva: '),
  kvm_ppc_instr: (c) => ({
    kind: 'kvm_ppc_instr',
    inst: decAfter(c, 'inst '),
    pc: hexAfter(c, ' pc '),
    emulate: decAfter(c, ' emulate '),
  }),
  kvm_userspace_exit: userspaceExit,
  tlbie: (c) => {
    c.lit('lpid=');
    const lpid = c.decBig();
    c.lit(', local=');
    const local = c.decBig();
    const rb = hexAfter(c, ', rb=');
    const rs = hexAfter(c, ', rs=');
    const ric = hexAfter(c, ', ric=');
    return { kind: 'tlbie', lpid, local, rb, rs, ric, prs: hexAfter(c, ', prs='), r: hexAfter(c, ', r=') };
  },
  add_revmap: probe('add_revmap'),
  unmap_hpte: probe('unmap_hpte'),
  unmap_rmapp: probe('unmap_rmapp'),
  remove_revmap: probe('remove_revmap'),
  do_h_enter: probe('do_h_enter'),
  do_h_enter_ret: probe('do_h_enter_ret'),
  hv_fault: probe('hv_fault'),
  hv_fault_ret: probe('hv_fault_ret'),
  inval_hpte: probe('inval_hpte'),
  do_h_remove: probe('do_h_remove'),
  map_vrma: probe('map_vrma'),
};

const byCode: readonly TextDecode[] = knownEvents.map((name) => decoders[name]);

/** Arguments of a system call: `start: 7fff…, len: 10000)` (ftrace) or the same with `0x` and no bracket (trace-cmd). */
function syscallEnter(c: ByteCursor, name: string): DecodedEvent {
  const args: Array<{ name: string; value: bigint }> = [];
  for (c.blanks(); c.at < c.end && !c.sees(')'); c.blanks()) {
    if (args.length > 0) {
      c.lit(',');
      c.blanks();
    }
    const arg = c.word();
    c.lit(':');
    c.blanks();
    args.push({ name: arg, value: c.hex() });
  }
  c.takes(')');
  return { kind: 'sys_enter', name, args };
}

/**
 * Decodes an event's text.
 *
 * @param code code of the event kind (`knownEvents`), or a larger number for names that a trace brought along
 * @param name name of the kind
 * @param bytes holds the event's text from `start` to `end` (no line end; continuation lines included)
 * @returns the fields; kind `other` with the reason in `why` where the text is not as the kernel prints it
 */
export function decodeText(code: number, name: string, bytes: Uint8Array, start: number, end: number): DecodedEvent {
  const c = new ByteCursor(bytes, start, end);
  const known = byCode[code];
  let event: DecodedEvent;
  if (known !== undefined) {
    event = known(c);
  } else if (name.startsWith('sys_enter_')) {
    event = syscallEnter(c, name.slice('sys_enter_'.length));
  } else if (name.startsWith('sys_exit_')) {
    event = { kind: 'sys_exit', name: name.slice('sys_exit_'.length), ret: BigInt.asIntN(64, c.hex()) };
  } else if (c.sees('(')) {
    event = probe(name)(c);
  } else {
    const text = textOf(bytes, start, end);
    return decodeRawText(name, text) ?? { kind: 'other', name, text };
  }
  c.finish();
  if (c.failed === undefined) {
    return event;
  }
  const text = textOf(bytes, start, end);
  const other = { kind: 'other', name, text } as const;
  return decodeRawText(name, text) ?? (known === undefined ? other : { ...other, why: `expected ${c.failed}` });
}
