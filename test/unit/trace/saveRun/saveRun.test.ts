// Runs saved as recordings: what a real host would have printed of them, and what the recording says beside the trace.

import assert from 'node:assert/strict';
import { runScenario } from '../../../../src/scenario/runner';
import type { DecodedEvent } from '../../../../src/trace/decoded';
import { FtraceTextReader } from '../../../../src/trace/ftraceText';
import { printEvent } from '../../../../src/trace/printEvent';
import { readRecordingFile } from '../../../../src/trace/recordingFile';
import { type DumpTimes, saveRun } from '../../../../src/trace/saveRun/saveRun';

function save(lines: readonly string[], dumps: DumpTimes = 'every') {
  const result = runScenario(lines.join('\n'), 'scenario');
  assert.ok('run' in result, 'problems' in result ? JSON.stringify(result.problems) : '');
  return { run: result.run, files: saveRun(result.run, { dumps }) };
}

/** Events between the marks of the statement on a line (from 1), each with its task. */
function eventsOf(lines: readonly string[], line: number): { task: string; event: DecodedEvent }[] {
  const reader = new FtraceTextReader('trace.txt');
  reader.push(new TextEncoder().encode(save(lines).files.get('trace.txt') ?? ''));
  const { events, problems } = reader.end();
  assert.deepEqual(problems, []);
  const found: { task: string; event: DecodedEvent }[] = [];
  let end: string | undefined;
  for (let i = 0; i < events.count; i++) {
    const event = events.decode(i);
    if (event.kind === 'print') {
      const begun = /^(hptscope step \d+) begin line (\d+): /.exec(event.text);
      if (begun !== null && Number(begun[2]) === line && end === undefined) {
        end = `${begun[1]} end`;
        continue;
      }
      if (event.text === end) {
        return found;
      }
    }
    if (end !== undefined) {
      found.push({ task: events.taskOf(i).comm, event });
    }
  }
  throw new Error(`line ${line} has not run`);
}

const texts = (all: readonly { readonly event: DecodedEvent }[]): string[] =>
  all.map(({ event }) => `${event.kind}: ${printEvent(event).trimEnd()}`);

const kinds = (all: readonly { readonly event: DecodedEvent }[]): string[] => all.map(({ event }) => event.kind);

function recordingOf(lines: readonly string[], dumps?: DumpTimes) {
  const { files } = save(lines, dumps);
  const { recording, problems } = readRecordingFile(files.get('hptscope.json') ?? '', 'hptscope.json');
  assert.deepEqual(problems, []);
  assert.ok(recording !== undefined);
  return { recording, files };
}

const mark = (step: number) => ({ mark: `hptscope step ${step} end` });

const world = (machine: string, memslot = 'memslot 0 gpa 0 size 16M hva 0x7f0000000000') => [
  machine,
  memslot,
  'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
  'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
];
const power9 = world('machine power9 linux-6.1 order 18 page 4K');
const power8 = world('machine power8 linux-6.1 order 18 page 4K');

const stopped = [
  'kvm_guest_exit: VCPU 0: trap=EXTERNAL pc=0x0 msr=0x8000000000001033, ceded=0',
  'kvmppc_run_vcpu_exit: VCPU 0: exit=10, ret=-4',
  'kvm_userspace_exit: reason restart (4)',
];

describe('a run saved as a recording', () => {
  it('POWER9: each hypercall leaves the guest, and is traced', () => {
    assert.deepEqual(texts(eventsOf(power9, 4)), [
      'kvmppc_run_vcpu_enter: VCPU 0: tgid=1000',
      'kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0',
      'kvm_guest_exit: VCPU 0: trap=SYSCALL pc=0x0 msr=0x8000000000001033, ceded=0',
      'kvmppc_run_vcpu_exit: VCPU 0: exit=19, ret=2',
      'kvm_hcall_enter: VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x1aa8,0x12345001,0x10012',
      'kvm_hcall_exit: VCPU 0: ret=RESUME_GUEST hcall_rc=H_SUCCESS',
      'kvmppc_run_vcpu_enter: VCPU 0: tgid=1000',
      'kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0',
      ...stopped,
    ]);
  });

  it('POWER9: a fault is an HDSI, resolved by the host', () => {
    assert.deepEqual(texts(eventsOf([...power9, 'store a'], 5)).slice(2, -5), [
      'kvm_guest_exit: VCPU 0: trap=H_DATA_STORAGE pc=0x0 msr=0x8000000000001033, ceded=0',
      'kvmppc_run_vcpu_exit: VCPU 0: exit=0, ret=4',
      'kvm_page_fault_enter: VCPU 0: hpte=0x12345020:0x12 guest=0x10012 ea=0xc000000000010000,42000000 slot=0x0,0x0',
      'kvm_page_fault_exit: VCPU 0: hpte=0x12345001:0x12 ret=0x0',
    ]);
  });

  it('POWER9: an interrupt that is reflected goes back into the guest without a fault', () => {
    const events = eventsOf([...power9, 'load ea 0xc000000000020000  -> dsi'], 5);
    assert.deepEqual(kinds(events).slice(2, 6), [
      'kvm_guest_exit',
      'kvmppc_run_vcpu_exit',
      'kvmppc_run_vcpu_enter',
      'kvm_guest_enter',
    ]);
    assert.ok(texts(events).includes('kvmppc_run_vcpu_exit: VCPU 0: exit=0, ret=0'));
  });

  it('POWER8: hypercalls and reflected interrupts leave no trace, faults do', () => {
    const lines = [...power8, 'load ea 0xc000000000020000  -> dsi', 'load a'];
    const nothing = [
      'kvmppc_run_vcpu_enter',
      'kvm_guest_enter',
      'kvmppc_run_core',
      'kvm_guest_exit',
      'kvmppc_run_core',
      'kvmppc_run_vcpu_exit',
      'kvm_userspace_exit',
    ];
    assert.deepEqual(kinds(eventsOf(lines, 4)), nothing);
    assert.deepEqual(kinds(eventsOf(lines, 5)), nothing);
    assert.deepEqual(kinds(eventsOf(lines, 6)).slice(3, 8), [
      'kvm_guest_exit',
      'kvmppc_run_core',
      'kvmppc_run_vcpu_exit',
      'kvm_page_fault_enter',
      'kvm_page_fault_exit',
    ]);
  });

  it('POWER8: a hypercall that is too hard for real mode is seen on its way to the VMM', () => {
    const events = eventsOf([...power8, 'h_page_init gpa 0x10000 zero'], 5);
    assert.deepEqual(texts(events).slice(-2), [
      'kvm_hcall_exit: VCPU 0: ret=RESUME_HOST hcall_rc=H_TOO_HARD',
      'kvm_userspace_exit: reason KVM_EXIT_PAPR_HCALL (19)',
    ]);
  });

  it('linux-3.4 has no such trace events: marks and dumps only', () => {
    const { files } = save([...world('machine power7 linux-3.4 order 18'), 'store a', 'swap-out a']);
    const lines = (files.get('trace.txt') ?? '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(lines.length, 12);
    assert.ok(lines.every((line) => line.includes(': tracing_mark_write: hptscope step ')));
    assert.ok([...files.keys()].some((name) => name.endsWith('.htab.txt')));
  });

  it('MMIO is emulated by the host and goes to the VMM; the cached one has no fault event', () => {
    const lines = [...power9, 'm: h_enter ea 0xc000000000020000 gpa 0x80000000 pp 2 wimg IG', 'load m', 'load m'];
    const end = ['kvm_ppc_instr', 'kvm_userspace_exit'];
    assert.deepEqual(kinds(eventsOf(lines, 6)).slice(-3), ['kvm_page_fault_enter', ...end]);
    assert.deepEqual(kinds(eventsOf(lines, 7)).slice(-3), ['kvmppc_run_vcpu_exit', ...end]);
  });

  it('a fault that fails ends KVM_RUN', () => {
    const lines = [
      power9[0] as string,
      'vma hva 0x7f0000000000 size 16M read-only',
      ...power9.slice(1),
      'store a  -> error EFAULT',
    ];
    assert.deepEqual(texts(eventsOf(lines, 6)).slice(-1), ['kvm_userspace_exit: reason error (14)']);
  });

  it('a copy made for a store sets the host PTE within the invalidation', () => {
    const lines = [power9[0] as string, 'vma hva 0x7f0000000000 size 16M cow', ...power9.slice(1), 'load a', 'store a'];
    const inFault = texts(eventsOf(lines, 7)).filter((text) => /fault|notifier/.test(text));
    assert.deepEqual(
      inFault.map((text) => text.split(':')[0]),
      [
        'kvm_page_fault_enter',
        'kvm_unmap_hva_range',
        'kvm_set_spte_hva',
        'kvm_page_fault_enter',
        'kvm_page_fault_exit',
      ],
    );
    assert.ok(inFault.includes('kvm_set_spte_hva: mmu notifier set pte hva: 0x007f0000010000'));
  });

  it('ageing, KSM and invalidations are told by their own events, done by the VMM', () => {
    const lines = [...power9, 'store a', 'age a', 'test-age a', 'ksm-merge a', 'unmap gpa 0 size 128K'];
    const host = (line: number) => eventsOf(lines, line).map(({ task, event }) => `${task}: ${printEvent(event)}`);
    assert.deepEqual(host(6), ['hptscope: mmu notifier age hva: 0x007f0000010000 -- 0x007f0000011000']);
    assert.deepEqual(host(7), ['hptscope: mmu notifier test age hva: 0x007f0000010000']);
    assert.deepEqual(host(8), [
      'hptscope: mmu notifier unmap range: 0x007f0000010000 -- 0x007f0000011000',
      'hptscope: mmu notifier set pte hva: 0x007f0000010000',
    ]);
    assert.deepEqual(host(9), ['hptscope: mmu notifier unmap range: 0x007f0000000000 -- 0x007f0000020000']);
  });

  it('an invalidation that stays open is a thread inside madvise', () => {
    const lines = [...power9, 'invalidate start gpa 0 size 64K', 'store a', 'invalidate end gpa 0 size 64K'];
    assert.deepEqual(
      eventsOf(lines, 5).map(({ task, event }) => `${task}: ${printEvent(event)}`),
      [
        'madvise: sys_madvise(start: 7f0000000000, len_in: 10000, behavior: 4)',
        'madvise: mmu notifier unmap range: 0x007f0000000000 -- 0x007f0000010000',
      ],
    );
    assert.deepEqual(
      eventsOf(lines, 7).map(({ task, event }) => `${task}: ${printEvent(event)}`),
      ['madvise: sys_madvise -> 0x0'],
    );
  });

  it('what races stands between the events of the path that it races, by another vCPU', () => {
    const race = 'load a racing page_fault.before_lock: h_protect a pp 3';
    const events = eventsOf([...power9, race], 5).filter(({ event }) => /fault|hcall/.test(event.kind));
    assert.deepEqual(
      events.slice(0, 4).map(({ task, event }) => `${task}: ${event.kind}`),
      [
        'CPU 0/KVM: kvm_page_fault_enter',
        'CPU 1/KVM: kvm_hcall_enter',
        'CPU 1/KVM: kvm_hcall_exit',
        'CPU 0/KVM: kvm_page_fault_exit',
      ],
    );
  });

  it('a vCPU that races itself is another one in the trace: no vCPU is in two places', () => {
    const events = eventsOf([...power9, 'load a racing page_fault.before_lock: h_protect a pp 3 on vcpu 0'], 5);
    assert.deepEqual(
      events.filter(({ event }) => event.kind === 'kvm_hcall_enter').map(({ task }) => task),
      ['CPU 2/KVM'],
    );
  });

  it('says what the VMM did to the table: resize, reset, a restored stream, the VRMA', () => {
    const lines = [
      ...power9,
      'resize order 19',
      'reset order 20',
      'w: htab-open write',
      'htab-write w index 8 v 0x12345001 r 0x10192',
      'map-vrma 0',
      'resize commit order 21  -> error ENXIO',
    ];
    const { recording } = recordingOf(lines, 'none');
    assert.deepEqual(
      recording.hpt.map(({ order, how, at }) => ({ order, how, at: at.at })),
      [
        { order: 18, how: 'allocate', at: mark(1) },
        { order: 19, how: 'resize', at: mark(5) },
        { order: 20, how: 'reset', at: mark(6) },
        { order: 20, how: 'allocate', at: mark(8) },
        { order: 20, how: 'allocate', at: mark(9) },
      ],
    );
  });

  it('says which memslots there were, and when they logged', () => {
    const lines = [
      ...power9,
      'memslot 1 gpa 0x10000000 size 1M hva 0x7f0010000000',
      'memslot change 0 log-dirty',
      'memslot remove 1',
    ];
    const { recording } = recordingOf(lines, 'none');
    assert.deepEqual(
      recording.memslots.map(({ slot, gpa, size, hva, logDirty, from, to }) => ({
        slot,
        gpa,
        size,
        hva,
        logDirty,
        from: from?.at,
        to: to?.at,
      })),
      [
        { slot: 0, gpa: 0n, size: 1n << 24n, hva: 0x7f0000000000n, logDirty: false, from: mark(2), to: mark(6) },
        { slot: 1, gpa: 1n << 28n, size: 1n << 20n, hva: 0x7f0010000000n, logDirty: false, from: mark(5), to: mark(7) },
        { slot: 0, gpa: 0n, size: 1n << 24n, hva: 0x7f0000000000n, logDirty: true, from: mark(6), to: undefined },
      ],
    );
  });

  it('takes dumps after statements that changed the table, at the end only, or none', () => {
    const lines = [...power9, 'store a', 'h_read a'];
    const steps = (dumps: DumpTimes) => recordingOf(lines, dumps).recording.dumps.map(({ file }) => file);
    assert.deepEqual(
      steps('every').filter((file) => file.includes('htab')),
      ['dumps/00004.htab.txt', 'dumps/00005.htab.txt', 'dumps/00006.htab.txt'],
    );
    assert.deepEqual(steps('end'), ['dumps/00006.htab.txt', 'dumps/00006.pagemap.txt']);
    assert.deepEqual(steps('none'), []);
    const { files } = recordingOf(lines);
    // POWER9 keeps the segment size of its entries in dword 1
    assert.equal(files.get('dumps/00005.htab.txt'), '  1aa8 0000000012345001 0000000010000192 0000000000010012\n');
    assert.equal(files.get('dumps/00005.pagemap.txt'), '10000 8000000000010000\n');
  });

  it('leaves the run where it was', () => {
    const result = runScenario(power9.join('\n'), 'scenario');
    assert.ok('run' in result);
    result.run.seek(3);
    saveRun(result.run, { dumps: 'every' });
    assert.equal(result.run.position, 3);
  });

  it('refuses what a recording cannot tell, with the reason', () => {
    const small = world('machine power7 linux-3.4 order 16');
    assert.throws(() => save(small), /order 16; a recording can tell orders 18 to 36/);
    assert.throws(() => save([...power9, 'resize order 46']), /order 46; a recording can tell orders 18 to 36/);
  });
});
