import { strict as assert } from 'node:assert';
import type { DecodedEvent } from '../../../src/trace/decoded';
import { FtraceTextReader, readFtraceText, type TraceFile } from '../../../src/trace/ftraceText';
import { printEvent } from '../../../src/trace/printEvent';
import { formatProblem } from '../../../src/trace/problem';
import { captureBytes } from '../../support/captures';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(text: string | Uint8Array, step = 1 << 16): TraceFile {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const reader = new FtraceTextReader('trace.txt');
  for (let at = 0; at < bytes.length; at += step) {
    reader.push(bytes.subarray(at, at + step));
  }
  return reader.end();
}

function decodeAll(trace: TraceFile): DecodedEvent[] {
  return Array.from({ length: trace.events.count }, (_, i) => trace.events.decode(i));
}

const problemsOf = (trace: TraceFile): string[] => trace.problems.map(formatProblem);

describe('ftrace text', () => {
  for (const [capture, file, count] of [
    ['p9-61-64k-fixed', 'trace.txt', 8076],
    ['p8-61-64k-fixed', 'trace.txt', 2630],
    ['p9-612-4k-fixed', 'trace.short.txt', 2369],
    ['p9-61-64k-kprobes', 'trace.txt', 8957],
  ] as const) {
    it(`reads every event of ${capture}/${file}, and prints each as the kernel did`, () => {
      const trace = read(captureBytes(capture, file));
      assert.deepEqual(problemsOf(trace), []);
      assert.equal(trace.events.count, count);
      for (let i = 0; i < trace.events.count; i++) {
        const event = trace.events.decode(i);
        const line = Buffer.from(trace.events.record(i)).toString();
        assert.notEqual(event.kind, 'other', line);
        assert.ok(line.endsWith(printEvent(event).trimEnd()), `${line} | ${printEvent(event)}`);
      }
    });
  }

  it('gives the same events whatever the pieces it is fed in', () => {
    const bytes = captureBytes('p8-61-64k-fixed', 'trace.txt');
    const whole = read(bytes);
    for (const step of [1, 7, 4093]) {
      const pieces = read(bytes.subarray(0, 60_000), step);
      assert.deepEqual(
        pieces.events.time.subarray(0, pieces.events.count),
        whole.events.time.subarray(0, pieces.events.count),
      );
      assert.deepEqual(decodeAll(pieces), decodeAll(whole).slice(0, pieces.events.count));
    }
  });

  it('decodes the fields of the fault path', () => {
    const trace = read(
      `# tracer: nop
           hptgt-456     [001] d....   106.472840: kvm_guest_exit: VCPU 2: trap=H_DATA_STORAGE pc=0x20e0 msr=0x8000000000001011, ceded=0
           hptgt-456     [001] .....   106.472954: kvm_page_fault_enter: VCPU 2: hpte=0x4001001020:0x90d6192 guest=0x1001192 ea=0xc000000100007000,42000000 slot=0xffffffffffffffff,0x0
           hptgt-456     [001] .....   106.473173: kvm_page_fault_exit: VCPU 2: hpte=0x1001001:0x90d6192 ret=0xfffffffffffffff2
`,
    );
    assert.deepEqual(decodeAll(trace), [
      { kind: 'kvm_guest_exit', vcpu: 2, trap: 0xe00, pc: 0x20e0n, msr: 0x8000000000001011n, ceded: 0 },
      {
        kind: 'kvm_page_fault_enter',
        vcpu: 2,
        hpteV: 0x4001001020n,
        hpteR: 0x90d6192n,
        gpteR: 0x1001192n,
        ea: 0xc000000100007000n,
        dsisr: 0x42000000,
        baseGfn: 0xffffffffffffffffn,
        slotFlags: 0,
      },
      { kind: 'kvm_page_fault_exit', vcpu: 2, hpteV: 0x1001001n, hpteR: 0x90d6192n, ret: -14n },
    ]);
    assert.equal(trace.events.timeOf(0), 106_472_840_000n);
    assert.equal(trace.events.cpu[0], 1);
    assert.deepEqual(trace.events.taskOf(0), { comm: 'hptgt', pid: 456, tgid: -1 });
    assert.equal(trace.events.flagTexts[trace.events.flags[0] ?? 0], 'd....');
    assert.equal(trace.events.line[0], 2);
  });

  const call = 'VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x8,0x1001001,0x1000012';
  const forms: ReadonlyArray<readonly [string, string]> = [
    ['trace', `           hptgt-307     [002] .n...     6.961716: kvm_hcall_enter: ${call}`],
    ['a kernel without latency flags', `           hptgt-307   [002]     6.961716: kvm_hcall_enter: ${call}`],
    ['trace-cmd report', `           hptgt-307   [002]     6.961716: kvm_hcall_enter:      ${call}`],
    ['trace-cmd report -l', `   hptgt-307     2.n...     6.961716: kvm_hcall_enter:      ${call}`],
    ['trace-cmd report --ts-diff', `           hptgt-307   [002]     6.961716: (+12) kvm_hcall_enter:      ${call}`],
    [
      'trace-cmd report of an instance',
      `second:              hptgt-307     [002]     6.961716: kvm_hcall_enter:      ${call}`,
    ],
    ['option record-tgid', `           hptgt-307     (    307) [002] .n...     6.961716: kvm_hcall_enter: ${call}`],
    ['perf script', `           hptgt     307 [002]     6.961716: kvm_hv:kvm_hcall_enter: ${call}`],
    [
      'perf script with pid/tid',
      `           hptgt   307/307   [002]     6.961716:          1 kvm_hv:kvm_hcall_enter: ${call}`,
    ],
    ['a mail that lost its leading blanks', `hptgt-307 [002] .n... 6.961716: kvm_hcall_enter: ${call}`],
  ];
  for (const [name, line] of forms) {
    it(`reads the form of ${name}`, () => {
      const trace = read(`${line}\n`);
      assert.deepEqual(problemsOf(trace), []);
      assert.equal(trace.events.timeOf(0), 6_961_716_000n);
      assert.equal(trace.events.cpu[0], 2);
      assert.equal(trace.events.taskOf(0).comm, 'hptgt');
      assert.equal(trace.events.taskOf(0).pid, 307);
      assert.deepEqual(trace.events.decode(0), {
        kind: 'kvm_hcall_enter',
        vcpu: 0,
        nr: 8n,
        args: [0n, 8n, 0x1001001n, 0x1000012n],
      });
    });
  }

  it('reads perf script text with call chains and marks', () => {
    const trace = read(`# ========
# captured on    : Mon Nov 23 18:00:00 2026
# ========
CPU 0/KVM  1234/1240  [003]    12.000000001: kvm_hv:kvm_guest_exit: VCPU 0: trap=H_DATA_STORAGE pc=0x20e0 msr=0x8000000000001011, ceded=0
        c0080000002c1d54 kvmppc_run_vcpu+0x10 ([kvm_hv])
            7fff9a0b1234 [unknown] (/usr/bin/qemu-system-ppc64)

hptgt   307  [001]    12.000000002: ftrace:print: tracing_mark_write: hptgt step 1 end

hptgt   307  [001]    12.000000003: syscalls:sys_enter_madvise: start: 0x7fff96400000, len_in: 0x00080000, behavior: 0x0000000f
`);
    assert.deepEqual(problemsOf(trace), []);
    assert.deepEqual(
      trace.events.tasks.map((task) => `${task.comm}|${task.pid}|${task.tgid}`),
      ['CPU 0/KVM|1240|1234', 'hptgt|307|-1'],
    );
    assert.deepEqual(decodeAll(trace), [
      { kind: 'kvm_guest_exit', vcpu: 0, trap: 0xe00, pc: 0x20e0n, msr: 0x8000000000001011n, ceded: 0 },
      { kind: 'print', text: 'hptgt step 1 end' },
      {
        kind: 'sys_enter',
        name: 'madvise',
        args: [
          { name: 'start', value: 0x7fff96400000n },
          { name: 'len_in', value: 0x80000n },
          { name: 'behavior', value: 15n },
        ],
      },
    ]);
  });

  it('reads task names with blanks, dashes and brackets', () => {
    const tail = ' [000] .....     6.000001: kvm_set_spte_hva: mmu notifier set pte hva: 0x00000010230000\n';
    const trace = read(
      ['CPU 0/KVM-1234', 'kworker/0:1-ev-77', 'a [0] b-5', '<...>-9'].map((task) => task + tail).join(''),
    );
    assert.deepEqual(
      trace.events.tasks.map((task) => `${task.comm}|${task.pid}`),
      ['CPU 0/KVM|1234', 'kworker/0:1-ev|77', 'a [0] b|5', '<...>|9'],
    );
  });

  it('keeps every digit of the time stamp variants', () => {
    const line = (stamp: string): string =>
      `a-1 [000] ..... ${stamp}: kvm_set_spte_hva: mmu notifier set pte hva: 0x00000010230000\n`;
    const nanoseconds = read(line('9007199.254740993') + line('9007200.000000001'));
    assert.equal(nanoseconds.events.timeOf(0), 9_007_199_254_740_993n);
    assert.equal(nanoseconds.events.timeOf(1), 9_007_200_000_000_001n);
    assert.equal(nanoseconds.events.resolution, 1);
    const ticks = read(line('18446744073709551615') + line('18446744073709551614'));
    assert.equal(ticks.events.unit, 'ticks');
    assert.equal(ticks.events.timeOf(0), 18446744073709551615n);
    assert.equal(ticks.events.timeOf(1), 18446744073709551614n);
    assert.match(problemsOf(ticks).join(), /trace.txt:2: warning: the time stamp is earlier/);
    const latency = read(
      '  <idle>-0       0d..1    12us+: kvm_set_spte_hva: mmu notifier set pte hva: 0x00000010230000\n',
    );
    assert.equal(latency.events.timeOf(0), 12_000n);
  });

  it('reads both marks of lost events', () => {
    const event =
      '           hptgt-307   [002]     6.961716: kvm_hcall_enter: VCPU 0: hcall=H_READ GPR4-7=0x0,0x8,0x0,0x0\n';
    const trace = read(
      `${event}CPU:2 [LOST 123 EVENTS]\n${event}CPU:2 [LOST EVENTS]\nCPU:1 [7 EVENTS DROPPED]\n${event}`,
    );
    assert.equal(trace.events.count, 3);
    assert.deepEqual(trace.events.lost, [
      { before: 1, cpu: 2, count: 123 },
      { before: 2, cpu: 2, count: undefined },
      { before: 2, cpu: 1, count: 7 },
    ]);
    assert.match(problemsOf(trace).join(), /lost events \(3 times/);
  });

  it('joins the lines of a marker text, and the empty one of kvm_ppc_instr', () => {
    const trace = read(
      `a-1 [000] ..... 1.000001: tracing_mark_write: first
# second
third
a-1 [000] ..... 1.000002: kvm_ppc_instr: inst 2185494528 pc 0x20f8 emulate 1

a-1 [000] ..... 1.000003: tracing_mark_write:  two blanks kept
`,
    );
    assert.deepEqual(problemsOf(trace), []);
    assert.deepEqual(decodeAll(trace), [
      { kind: 'print', text: 'first\n# second\nthird' },
      { kind: 'kvm_ppc_instr', inst: 0x82440000, pc: 0x20f8n, emulate: 1 },
      { kind: 'print', text: ' two blanks kept' },
    ]);
    assert.equal(trace.events.findMark('first\n# second\nthird'), 0);
    assert.equal(trace.events.findMark('first'), undefined);
  });

  it('keeps events that it does not know, and known ones with another text, as text', () => {
    const trace = read(
      `a-1 [000] ..... 1.000001: sched_wakeup: comm=x pid=2
a-1 [000] ..... 1.000002: kvm_guest_enter: VCPU 0: pc=0xZZ pexcp=0x0 ceded=0
a-1 [000] ..... 1.000003: kvm_age_gfn_hv <-kvm_mmu_notifier_clear_young
`,
    );
    const [unknown, odd, called] = decodeAll(trace);
    assert.deepEqual(unknown, { kind: 'other', name: 'sched_wakeup', text: 'comm=x pid=2' });
    assert.equal(odd?.kind === 'other' && odd.why, 'expected a hexadecimal number of at most 16 digits');
    assert.deepEqual(called, {
      kind: 'other',
      name: 'function',
      text: 'kvm_age_gfn_hv <-kvm_mmu_notifier_clear_young',
    });
  });

  it('loads a trace that is cut in the middle of a line up to the cut, and says where', () => {
    const bytes = captureBytes('p9-61-64k-fixed', 'trace.txt').subarray(0, 30_000);
    const trace = read(bytes);
    const lines = Buffer.from(bytes).toString().split('\n').length;
    assert.match(
      problemsOf(trace).join(),
      new RegExp(`^trace.txt:${lines}:\\d+: warning: .*loaded up to line ${lines - 1}`),
    );
    assert.equal(trace.events.line[trace.events.count - 1], lines - 1);
  });

  it('says what is wrong with an empty file, a text of another kind, and a damaged line', () => {
    assert.match(problemsOf(read('')).join(), /error: the file is empty/);
    assert.match(
      problemsOf(read('hello\nworld\n')).join('\n'),
      /trace.txt:1:1: error: this is not a line .*"hello"[\s\S]*no trace event found/,
    );
    const damaged = read(
      'a-1 [000] ..... 1.000001: kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0\ngarbage\n' +
        'a-1 [000] ..... 1.000002: kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0\n',
    );
    assert.equal(damaged.events.count, 2);
    assert.deepEqual(problemsOf(damaged), ['trace.txt:2:1: error: this is not a line of an ftrace text: "garbage"']);
    assert.match(
      problemsOf(read('# tracer: function_graph\n 0)               |  /* kvm_guest_enter: */\n')).join(),
      /function_graph/,
    );
  });

  it('skips lines without end instead of keeping them', () => {
    const reader = new FtraceTextReader('trace.txt');
    for (let i = 0; i < 200; i++) {
      reader.push(new Uint8Array(10_000).fill(120));
    }
    reader.push(bytesOf('\na-1 [000] ..... 1.000001: kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0\n'));
    const trace = reader.end();
    assert.equal(trace.events.count, 1);
    assert.deepEqual(problemsOf(trace), ['trace.txt:1: error: this line is longer than 65536 bytes and is skipped']);
  });

  it('tells events that the ring buffer overwrote', () => {
    const trace = read(
      '# entries-in-buffer/entries-written: 1/11   #P:1\na-1 [000] ..... 1.0: kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0\n',
    );
    assert.equal(trace.overwritten, 10);
    assert.match(problemsOf(trace).join(), /overwrote 10 events/);
  });

  it('finds events by time, allowing for rounded stamps', () => {
    const line = (us: string): string => `a-1 [000] ..... ${us}: kvm_guest_enter: VCPU 0: pc=0x0 pexcp=0x0 ceded=0\n`;
    const { events } = read(line('1.000010') + line('1.000020') + line('1.000020') + line('1.000030'));
    assert.equal(events.firstAtOrAfter(1_000_020_000n), 1);
    assert.equal(events.firstAtOrAfter(1_000_020_499n), 1);
    assert.equal(events.firstAtOrAfter(1_000_020_900n), 3);
    assert.equal(events.firstAfter(1_000_020_000n), 3);
    assert.equal(events.firstAfter(1_000_019_999n), 1);
    assert.equal(events.firstAtOrAfter(9_000_000_000n), 4);
  });

  it('reports progress and stops when asked to', async () => {
    const bytes = captureBytes('p8-61-64k-fixed', 'trace.txt');
    const chunks = [bytes.subarray(0, 50_000), bytes.subarray(50_000, 100_000), bytes.subarray(100_000)];
    const seen: number[] = [];
    const trace = await readFtraceText(chunks, 'trace.txt', {
      onProgress: (n) => seen.push(n),
      cancelled: () => seen.length === 2,
    });
    assert.deepEqual(seen, [50_000, 100_000]);
    assert.equal(trace.cancelled, true);
    assert.deepEqual(problemsOf(trace), []);
    assert.ok(trace.events.count > 500);
  });

  it('keeps a long trace with texts of several lines whole across its memory blocks', () => {
    const text = 'a-1 [000] ..... 1.000001: tracing_mark_write: begin\nmiddle\nend\n';
    const bytes = bytesOf(text.repeat(Math.ceil((18 << 20) / text.length)));
    const trace = read(bytes, 1 << 20);
    assert.deepEqual(problemsOf(trace), []);
    assert.equal(trace.events.count, bytes.length / text.length);
    for (let i = 0; i < trace.events.count; i += 1) {
      assert.equal(trace.events.length[i], text.length - 1, `event ${i}`);
    }
    const blockEnd = Math.floor((1 << 24) / text.length);
    for (let i = blockEnd - 2; i < blockEnd + 3; i++) {
      assert.deepEqual(trace.events.decode(i), { kind: 'print', text: 'begin\nmiddle\nend' });
    }
  });
});
