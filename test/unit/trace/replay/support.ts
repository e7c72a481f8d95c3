// Traces for tests of replay, written as ftrace text: one event a line as `task event`, a microsecond apart.

import type { TraceEvents } from '../../../../src/trace/events';
import { FtraceTextReader } from '../../../../src/trace/ftraceText';
import type { ReplayInput } from '../../../../src/trace/replay/input';

/** The ftrace text of lines such as `vmm-100 kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0`. */
export function textOf(lines: readonly string[]): string {
  const text = lines.map((line, i) => {
    const space = line.indexOf(' ');
    const time = `1.${String(i).padStart(6, '0')}`;
    return `${line.slice(0, space).padStart(16)} [000] .....  ${time}: ${line.slice(space + 1)}\n`;
  });
  return text.join('');
}

/** The events of such lines. Fails on a line that is no event. */
export function eventsOf(lines: readonly string[]): TraceEvents {
  const reader = new FtraceTextReader('trace.txt');
  reader.push(new TextEncoder().encode(textOf(lines)));
  const { events, problems } = reader.end();
  if (events.count !== lines.length || problems.length > 0) {
    throw new Error(
      `${events.count} events of ${lines.length} lines: ${problems.map(({ message }) => message).join('; ')}`,
    );
  }
  return events;
}

/** A trace of a POWER9 host with 64K pages and nothing beside it. */
export function inputOf(lines: readonly string[], more: Partial<ReplayInput> = {}): ReplayInput {
  return {
    title: 'test',
    events: eventsOf(lines),
    kernel: 'linux-6.1',
    cpu: 'POWER9',
    pageShift: 16,
    tgid: undefined,
    hpts: [],
    slots: null,
    tables: [],
    pagemaps: [],
    pages: [],
    hcalls: new Map(),
    ...more,
  };
}

export const runEnter = (task: string, tgid: number): string => `${task} kvmppc_run_vcpu_enter: VCPU 0: tgid=${tgid}`;
export const guestEnter = (task: string, pc: string): string =>
  `${task} kvm_guest_enter: VCPU 0: pc=${pc} pexcp=0x0 ceded=0`;
export const guestExit = (task: string, trap: string, pc: string): string =>
  `${task} kvm_guest_exit: VCPU 0: trap=${trap} pc=${pc} msr=0x8000000000001011, ceded=0`;
export const flush = (task: string, lpid: number): string =>
  `${task} tlbie: lpid=${lpid}, local=0, rb=0x800, rs=0x${lpid.toString(16)}, ric=0x2, prs=0x0, r=0x0`;
export const unmap = (task: string, start: string, end: string): string =>
  `${task} kvm_unmap_hva_range: mmu notifier unmap range: 0x${start} -- 0x${end}`;
export const faultEnter = (task: string, hpte: string, guest: string, ea: string, slot: string): string =>
  `${task} kvm_page_fault_enter: VCPU 0: hpte=${hpte} guest=${guest} ea=${ea} slot=${slot}`;
export const faultExit = (task: string, hpte: string, ret: string): string =>
  `${task} kvm_page_fault_exit: VCPU 0: hpte=${hpte} ret=${ret}`;
/** The two events of a hypercall. @param registers r4 to r7 */
export const hcall = (
  task: string,
  name: string,
  registers: readonly bigint[],
  rc = 'H_SUCCESS',
  vcpu = 0,
): string[] => [
  hcallEnter(task, name, registers, vcpu),
  `${task} kvm_hcall_exit: VCPU ${vcpu}: ret=RESUME_GUEST hcall_rc=${rc}`,
];
export const hcallEnter = (task: string, name: string, registers: readonly bigint[], vcpu = 0): string => {
  const hex = Array.from({ length: 4 }, (_, i) => `0x${(registers[i] ?? 0n).toString(16)}`);
  return `${task} kvm_hcall_enter: VCPU ${vcpu}: hcall=${name} GPR4-7=${hex.join(',')}`;
};
