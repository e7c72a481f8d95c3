// Text traces as people bring them: other clocks and options, odd task names, what logs, mails, terminals and editors make of them. Each
// is read, or it is said what is wrong; no event is lost without a word.

import { strict as assert } from 'node:assert';
import { detectInput } from '../../../src/trace/detect';
import { FtraceTextReader, type TraceFile } from '../../../src/trace/ftraceText';
import { formatProblem } from '../../../src/trace/problem';

const call = 'kvm_hcall_enter: VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x8,0x1001001,0x1000012';
const head = '           hptgt-307     [002] .n...     6.961716: ';
const next = '           hptgt-308     [001] .n...     6.961717: ';

function read(text: string | Uint8Array, step = 1 << 20): TraceFile {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const reader = new FtraceTextReader('t');
  for (let at = 0; at < bytes.length; at += step) {
    reader.push(bytes.slice(at, at + step));
  }
  return reader.end();
}

const problemsOf = (trace: TraceFile): string[] => trace.problems.map(formatProblem);

/** Task, CPU, flags and time of each event, with the kind of what it decodes to. */
function told({ events }: TraceFile): string[] {
  return Array.from({ length: events.count }, (_, i) => {
    const { comm, pid, tgid } = events.taskOf(i);
    const flags = events.flagTexts[events.flags[i] ?? 0];
    return `${comm}|${pid}|${tgid} ${events.cpu[i]} ${flags} ${events.timeOf(i)} ${events.unit} ${events.decode(i).kind}`;
  });
}

describe('text traces as people bring them', () => {
  const read1: ReadonlyArray<readonly [string, string, string]> = [
    [
      'a counting clock (x86-tsc, ppc-tb, counter)',
      'hptgt-307 [002] .n... 123456789012345: ',
      '|-1 2 .n... 123456789012345 ticks',
    ],
    ['time of day (trace-cmd --date)', 'hptgt-307   [002]  1732600000.123456: ', '|-1 2  1732600000123456000 ns'],
    ['a tgid that is not known', 'hptgt-307     (-------) [002] .n...     6.961716: ', '|-1 2 .n... 6961716000 ns'],
    ['a tgid without flags (noirq-info)', 'hptgt-307 (    300) [002]     6.961716: ', '|300 2  6961716000 ns'],
    ['latency format with six flags', '   hptgt-307       2d.h1.    12us!: ', '|-1 2 d.h1. 12000 ns'],
    ['latency format with tgid', '   hptgt-307     (    300)   2d.h1.    12us : ', '|300 2 d.h1. 12000 ns'],
    ['latency format with ticks', '   hptgt-307       2d.h1. 123456789: ', '|-1 2 d.h1. 123456789 ticks'],
    ['a CPU of four digits', 'hptgt-307     [1002] .n...     6.961716: ', '|-1 1002 .n... 6961716000 ns'],
    ['a console with kernel log stamps', `[   12.345678] ${head}`, '|-1 2 .n... 6961716000 ns'],
    ['a console with stamps, callers and levels', `<4>[   12.345678][  T307] ${head}`, '|-1 2 .n... 6961716000 ns'],
    ['ftrace_dump_on_oops', '[   12.345678]    hptgt-307       2d..1. 6961716us : ', '|-1 2 d..1. 6961716000 ns'],
    ['the journal', `Nov 26 03:45:01 host kernel: ${head}`, '|-1 2 .n... 6961716000 ns'],
    ['the journal with ISO dates', `2026-11-26T03:45:01+00:00 host kernel: ${head}`, '|-1 2 .n... 6961716000 ns'],
    ['a mail that quotes it', `> ${head}`, '|-1 2 .n... 6961716000 ns'],
    ['grep with file names', `trace.txt:${head}`, '|-1 2 .n... 6961716000 ns'],
    ['grep -n', `123:${head}`, '|-1 2 .n... 6961716000 ns'],
    ['cat -n', `     1\t${head}`, '|-1 2 .n... 6961716000 ns'],
    [
      'colours of a terminal',
      '\u001b[32m   hptgt-307\u001b[0m [002] .n...     6.961716: ',
      '|-1 2 .n... 6961716000 ns',
    ],
  ];
  for (const [name, before, expected] of read1) {
    it(`are read: ${name}`, () => {
      const trace = read(`${before}${call}\n${before}${call}\n`);
      const rest = `${expected} kvm_hcall_enter`;
      assert.deepEqual(told(trace), [`hptgt|307${rest}`, `hptgt|307${rest}`]);
      assert.deepEqual(trace.events.lost, []);
      assert.deepEqual(
        problemsOf(trace).filter((text) => !text.includes('escape sequences')),
        [],
      );
      assert.equal(detectInput('t', new TextEncoder().encode(`${before}${call}\n`)).kind, 'ftrace-text');
    });
  }

  it('have tasks of any name', () => {
    const names = [
      'a => b',
      'foo|bar',
      'kworker/u16:3-events_unbound',
      'a-1 b',
      '<...>',
      '[2] x',
      'qemüß',
      '',
      '> y',
      'CPU 0/KVM',
    ];
    const trace = read(
      names.map((name) => `${name.padStart(16)}-307     [002] .n...     6.961716: ${call}\n`).join(''),
    );
    assert.deepEqual(
      trace.events.tasks.map(({ comm, pid }) => `${comm}|${pid}`),
      names.map((name) => `${name}|307`),
    );
    assert.deepEqual(problemsOf(trace), []);
  });

  it('may have CRLF line ends and a byte order mark, whatever the pieces they come in', () => {
    for (const step of [1, 3, 1000]) {
      const trace = read(`\ufeff# tracer: nop\r\n#\r\n${head}${call}\r\n${next}${call}\r\n`, step);
      assert.deepEqual(problemsOf(trace), []);
      assert.equal(trace.events.count, 2);
      assert.equal(Buffer.from(trace.events.record(1)).toString(), `${next}${call}`);
    }
  });

  it('lose their escape sequences, whatever the pieces they come in', () => {
    const coloured = `${head}\u001b[01;31m\u001b[K${call.slice(0, 15)}\u001b[m\u001b[K${call.slice(15)}\n\u001b]0;title\u0007${next}${call}\n`;
    for (const step of [1, 2, 5, 1000]) {
      const trace = read(coloured, step);
      assert.equal(Buffer.from(trace.events.record(0)).toString(), `${head}${call}`);
      assert.equal(Buffer.from(trace.events.record(1)).toString(), `${next}${call}`);
      assert.deepEqual(problemsOf(trace), [
        't: info: the escape sequences of a terminal (colours) in this text are left out',
      ]);
    }
  });

  it('show where a line cannot be read: what stood there counts as lost', () => {
    const text = `${head}${call}\n${head.slice(30)}${call}\n@@@@\n${next}${call}\n`;
    const trace = read(text);
    assert.equal(trace.events.count, 2);
    assert.deepEqual(trace.events.lost, [{ before: 1, cpu: undefined, count: undefined }]);
    assert.match(
      problemsOf(trace).join('\n'),
      /^t:2:1: error: this is not a line .*\nt:3:1: error: this is not a line/,
    );
  });

  it('show where two lines ran into each other', () => {
    const name = call.slice(0, 12);
    for (const line of [
      `${head}${call}${next}${call}`,
      `${head}${name}${next}${call}`,
      `${head}print: x ${next}${call}`,
    ]) {
      const trace = read(`${head}${call}\n${line}\n${next}${call}\n`);
      assert.equal(trace.events.count, 2);
      assert.deepEqual(trace.events.lost, [{ before: 1, cpu: undefined, count: undefined }]);
      assert.match(problemsOf(trace).join('\n'), /^t:2:1: error: two lines ran into each other here/);
    }
  });

  it('do not take an event with a damaged head for more text of a marker', () => {
    const trace = read(`${head}tracing_mark_write: step 1\nmore\n 6.961720: ${call}\n${next}${call}\n`);
    assert.deepEqual(trace.events.decode(0), { kind: 'print', text: 'step 1\nmore' });
    assert.deepEqual(trace.events.lost, [{ before: 1, cpu: undefined, count: undefined }]);
    assert.match(problemsOf(trace).join('\n'), /^t:3:1: error: this is not a line/);
  });

  it('tell losses in all their forms', () => {
    const started = read(`${head}${call}\n##### CPU 1 buffer started ####\n${next}${call}\n`);
    assert.deepEqual(started.events.lost, [{ before: 1, cpu: 1, count: undefined, fromStart: true }]);
    const instance = read(`${head}${call}\nsecond:              CPU:2 [7 EVENTS DROPPED]\n${next}${call}\n`);
    assert.deepEqual(instance.events.lost, [{ before: 1, cpu: 2, count: 7 }]);
    const perf = '           hptgt   307 [002]     6.961716: ';
    const records = read(`${perf}kvm_hv:${call}\n${perf}PERF_RECORD_LOST lost 12\n${perf}kvm_hv:${call}\n`);
    assert.deepEqual(records.events.lost, [{ before: 1, cpu: 2, count: 12 }]);
    assert.equal(records.events.count, 2);
    const chunks = read(`Processed 12 events and lost 1 chunks!\n\nCheck IO/CPU overload!\n\n${perf}kvm_hv:${call}\n`);
    assert.deepEqual(chunks.events.lost, [{ before: 1, cpu: undefined, count: undefined, fromStart: true }]);
    assert.deepEqual(problemsOf(chunks), ['t: warning: the trace lost events (1 time, it is not told where)']);
  });

  it('of which nothing can be read say what to do', () => {
    const fields = /print them with -F comm,pid,tid,cpu,time,event,trace/;
    const forms: ReadonlyArray<readonly [string, RegExp]> = [
      [`            bash  4000 1 0 00000000 00010a95 [58127d26] 1720.415ms (+0.000ms): ${call}`, /noverbose/],
      [`           hptgt   307 [002] kvm_hv:${call}`, fields],
      [`           hptgt   307     6.961716: kvm_hv:${call}`, fields],
      [`  307/307   [002]     6.961716: kvm_hv:${call}`, fields],
      [`  [002]     6.961716: kvm_hv:${call}`, fields],
      [call, /context-info/],
      ['307 2 6961716000 128 0 0', /options raw and hex/],
    ];
    for (const [line, advice] of forms) {
      const text = `${line}\n${line}\n`;
      assert.match(problemsOf(read(text)).join('\n'), advice, line);
      const detected = detectInput('t', new TextEncoder().encode(text));
      assert.ok(detected.kind === 'perf-script' || ('message' in detected && advice.test(detected.message)), line);
    }
    const nameless = read(
      '           hptgt   307 [002]     6.961716: VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x8,0x1001001,0x1\n',
    );
    assert.match(problemsOf(nameless).join('\n'), /no line names its event/);
    const wide = detectInput('t', new Uint8Array(Buffer.from(`\ufeff${head}${call}\n`, 'utf16le')));
    assert.ok('message' in wide && /UTF-16.*iconv/.test(wide.message));
  });

  it('may have the raw fields of trace-cmd report -R', () => {
    const line = (text: string): string => `           hptgt-307   [000]     6.459901: ${text}\n`;
    const trace = read(
      line('sys_enter_mprotect:    __syscall_nr=125 start=0x10110000 len=0x00010000 prot=0x00000001') +
        line('print:                 ip=tracing_mark_write buf=hptgt step 1 begin') +
        line('kvm_hcall_enter:       vcpu_id=0 req=0xf0f0 gpr4=0x0 gpr5=0x42 gpr6=0x0 gpr7=0x0') +
        line('kvm_page_fault_exit:   vcpu_id=0 hpte_v=0x1001001 hpte_r=0x12 ret=0xfffffffffffffff2') +
        line('kvm_userspace_exit:    reason=19 errno=-4') +
        line('add_revmap:            __probe_ip=c00000000011745c kvm=0xc000000028560000 idx=16383') +
        line('sys_exit_mprotect:     __syscall_nr=125 ret=0xfffffffffffffff4') +
        line('kvm_set_spte_hva:      hva=0x10zz'),
    );
    assert.deepEqual(problemsOf(trace), []);
    assert.deepEqual(
      Array.from({ length: trace.events.count }, (_, i) => trace.events.decode(i)),
      [
        {
          kind: 'sys_enter',
          name: 'mprotect',
          args: [
            { name: 'start', value: 0x10110000n },
            { name: 'len', value: 0x10000n },
            { name: 'prot', value: 1n },
          ],
        },
        { kind: 'print', text: 'hptgt step 1 begin' },
        { kind: 'kvm_hcall_enter', vcpu: 0, nr: 0xf0f0n, args: [0n, 0x42n, 0n, 0n] },
        { kind: 'kvm_page_fault_exit', vcpu: 0, hpteV: 0x1001001n, hpteR: 0x12n, ret: -14n },
        { kind: 'kvm_userspace_exit', reason: -1, errno: -4 },
        {
          kind: 'probe',
          name: 'add_revmap',
          where: 'c00000000011745c',
          fields: { kvm: 0xc000000028560000n, idx: 16383n },
        },
        { kind: 'sys_exit', name: 'mprotect', ret: -12n },
        {
          kind: 'other',
          name: 'kvm_set_spte_hva',
          text: 'hva=0x10zz',
          why: 'expected "mmu notifier set pte hva: "',
        },
      ],
    );
  });
});
