// Prints a decoded event as the kernel's own trace text does (`print fmt` of the event formats): the inverse of decodeText.
// Used to write recordings, to convert between trace forms, and to compare readers.

import type { DecodedEvent } from './decoded';
import { exitReasonNames, hcallNames, hcallReturnNames, resumeNames, trapNames } from './symbols';

/** `0x…`, as %lx behind a literal 0x. */
function hex(value: bigint | number): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}

/** %#016lx: `0x` and zeros to 16 characters in all. */
function hva(value: bigint): string {
  return `0x${value.toString(16).padStart(14, '0')}`;
}

function userspaceExit(reason: number, errno: number): string {
  if (errno < 0) {
    return `reason ${errno === -4 ? 'restart' : 'error'} (${-errno})`;
  }
  return `reason ${exitReasonNames.print(BigInt(reason))} (${reason})`;
}

/** Decimal for the probe fields that the recordings define as u64, u8 or s64; hexadecimal for the others. */
const decimalFields = new Set(['idx', 'realmode', 'ret', 'data', 'porder']);

function probeField([name, value]: [string, bigint]): string {
  return `${name}=${decimalFields.has(name) ? value : hex(value)}`;
}

/** The event's text without its name, as the kernel prints it. */
export function printEvent(event: DecodedEvent): string {
  switch (event.kind) {
    case 'kvm_guest_enter':
      return `VCPU ${event.vcpu}: pc=${hex(event.pc)} pexcp=${hex(event.pendingExceptions)} ceded=${event.ceded}`;
    case 'kvm_guest_exit': {
      const trap = trapNames.print(BigInt(event.trap));
      return `VCPU ${event.vcpu}: trap=${trap} pc=${hex(event.pc)} msr=${hex(event.msr)}, ceded=${event.ceded}`;
    }
    case 'kvm_page_fault_enter': {
      const hpte = `hpte=${hex(event.hpteV)}:${hex(event.hpteR)} guest=${hex(event.gpteR)}`;
      const slot = `slot=${hex(event.baseGfn)},${hex(event.slotFlags)}`;
      return `VCPU ${event.vcpu}: ${hpte} ea=${hex(event.ea)},${event.dsisr.toString(16)} ${slot}`;
    }
    case 'kvm_page_fault_exit':
      return `VCPU ${event.vcpu}: hpte=${hex(event.hpteV)}:${hex(event.hpteR)} ret=${hex(event.ret)}`;
    case 'kvm_hcall_enter':
      return `VCPU ${event.vcpu}: hcall=${hcallNames.print(event.nr)} GPR4-7=${event.args.map(hex).join(',')}`;
    case 'kvm_hcall_exit': {
      const rc = hcallReturnNames.print(event.hcallRc);
      return `VCPU ${event.vcpu}: ret=${resumeNames.print(event.ret)} hcall_rc=${rc}`;
    }
    case 'kvmppc_run_core':
    case 'kvmppc_vcore_blocked': {
      const equals = event.kind === 'kvmppc_run_core' ? '==' : '=';
      return `${event.where} runner_vcpu${equals}${event.runnerVcpu} runnable=${event.runnable} tgid=${event.tgid}`;
    }
    case 'kvmppc_vcore_wakeup':
      return `${event.waited ? 'wait' : 'poll'} time ${event.ns} ns, tgid=${event.tgid}`;
    case 'kvmppc_run_vcpu_enter':
      return `VCPU ${event.vcpu}: tgid=${event.tgid}`;
    case 'kvmppc_run_vcpu_exit':
      return `VCPU ${event.vcpu}: exit=${event.exit}, ret=${event.ret}`;
    case 'kvm_unmap_hva_range':
      return `mmu notifier unmap range: ${hva(event.start)} -- ${hva(event.end)}`;
    case 'kvm_age_hva':
      return `mmu notifier age hva: ${hva(event.start)} -- ${hva(event.end)}`;
    case 'kvm_set_spte_hva':
      return `mmu notifier set pte hva: ${hva(event.hva)}`;
    case 'kvm_test_age_hva':
      return `mmu notifier test age hva: ${hva(event.hva)}`;
    case 'kvm_ppc_instr':
      return `inst ${event.inst} pc ${hex(event.pc)} emulate ${event.emulate}\n`;
    case 'kvm_userspace_exit':
      return userspaceExit(event.reason, event.errno);
    case 'tlbie':
      return (
        `lpid=${event.lpid}, local=${event.local}, rb=${hex(event.rb)}, rs=${hex(event.rs)}, ` +
        `ric=${hex(event.ric)}, prs=${hex(event.prs)}, r=${hex(event.r)}`
      );
    case 'print':
      return event.text;
    case 'sys_enter':
      return `sys_${event.name}(${event.args.map((a) => `${a.name}: ${a.value.toString(16)}`).join(', ')})`;
    case 'sys_exit':
      return `sys_${event.name} -> ${hex(event.ret)}`;
    case 'probe':
      return [`(${event.where})`, ...Object.entries(event.fields).map(probeField)].join(' ');
    case 'other':
      return event.text;
  }
}
