import { strict as assert } from 'node:assert';
import { partDecompressors } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import type { DecodedEvent } from '../../../src/trace/decoded';
import type { TraceEvents } from '../../../src/trace/events';
import { FtraceTextReader, type TraceFile } from '../../../src/trace/ftraceText';
import { printEvent } from '../../../src/trace/printEvent';
import { formatProblem } from '../../../src/trace/problem';
import { readTraceDat } from '../../../src/trace/traceDat';
import { type CaptureName, captureBytes, captureRecording } from '../../support/captures';
import { type DatSpec, hcallRecord, printRecord, traceDatFile, wakeRecord } from '../../support/traceDatFile';

const decompressors = partDecompressors(nodeDecoders);
const read = (bytes: Uint8Array): Promise<TraceFile> => readTraceDat(bytes, 'trace.dat', decompressors);
const problemsOf = (trace: TraceFile): string[] => trace.problems.map(formatProblem);

/** One line for each event: what a text trace prints of it, with the time to the microsecond. */
function project(events: TraceEvents): string[] {
  return Array.from({ length: events.count }, (_, i) => {
    const { comm, pid } = events.taskOf(i);
    const us = (events.timeOf(i) + 500n) / 1000n;
    const flags = events.flagTexts[events.flags[i] ?? 0];
    return `${comm}-${pid} [${events.cpu[i]}] ${flags} ${us} ${events.nameOf(i)}: ${printEvent(events.decode(i)).trimEnd()}`;
  });
}

function readText(bytes: Uint8Array): TraceEvents {
  const reader = new FtraceTextReader('trace.txt');
  reader.push(bytes);
  return reader.end().events;
}

describe('trace.dat of real kernels', () => {
  for (const capture of ['p9-61-64k-fixed', 'p8-61-64k-fixed', 'p9-61-64k-kprobes'] as CaptureName[]) {
    it(`version 7 of ${capture} gives the events of its text`, async () => {
      const trace = await read(captureRecording(capture).files.get('trace.dat') ?? assert.fail('no trace.dat'));
      assert.deepEqual(problemsOf(trace), []);
      assert.deepEqual(project(trace.events), project(readText(captureBytes(capture, 'trace.txt'))));
    });
  }

  it('version 6 gives the events of version 7, to the nanosecond', async () => {
    const v7 = await read(captureRecording('p9-61-64k-fixed').files.get('trace.dat') ?? assert.fail('no trace.dat'));
    const v6 = await read(captureBytes('p9-61-64k-fixed', 'trace.v6.dat'));
    assert.deepEqual(problemsOf(v6), []);
    assert.equal(v6.events.count, 8076);
    assert.deepEqual(project(v6.events), project(v7.events));
    for (let i = 0; i < v6.events.count; i++) {
      assert.equal(v6.events.timeOf(i), v7.events.timeOf(i));
      assert.deepEqual(v6.events.decode(i), v7.events.decode(i));
    }
  });

  it('keeps the times of the step log', async () => {
    const { events } = await read(
      captureRecording('p9-61-64k-fixed').files.get('trace.dat') ?? assert.fail('no trace.dat'),
    );
    const mark = events.findMark('hptgt step 1 begin create_vm') ?? assert.fail('no mark');
    const end = events.findMark('hptgt step 1 end') ?? assert.fail('no mark');
    // t0_ns and t1_ns of the step, on the same clock, taken inside the marks.
    assert.ok(
      events.timeOf(mark) < 6478171831n + 1_000_000n && events.timeOf(end) > 6486738593n,
      `${events.timeOf(mark)}`,
    );
  });

  it('loads a file that is cut off up to the cut, and says where', async () => {
    const whole = captureBytes('p9-61-64k-fixed', 'trace.v6.dat');
    const trace = await read(whole.subarray(0, whole.length - 200_000));
    assert.match(
      problemsOf(trace).join(),
      /trace\.dat@0x[0-9a-f]+: error: the data of CPU 0 is cut short: \d+ bytes are declared, \d+ are there/,
    );
    assert.ok(trace.events.count > 3000 && trace.events.count < 8076, `${trace.events.count}`);
  });
});

const h = (little: boolean, delta: number, arg: bigint): { event: Uint8Array; delta: number } => ({
  event: hcallRecord(little, 7, 1, 8n, [arg, 2n, 3n, 0xfedcba9876543210n]),
  delta,
});

function spec(version: 6 | 7, littleEndian: boolean, more: Partial<DatSpec> = {}): DatSpec {
  const le = littleEndian;
  return {
    version,
    littleEndian,
    buffers: [
      {
        name: '',
        clock: 'mono',
        cpus: [
          {
            cpu: 0,
            pages: [
              {
                time: 9_007_199_254_740_993n,
                items: [
                  h(le, 0, 1n),
                  { extend: 5_000_000_000 },
                  h(le, 7, 2n),
                  { discarded: 12, delta: 3 },
                  { event: printRecord(le, 7, 'a mark'), delta: 10, long: true },
                  { restIsPadding: true },
                ],
              },
              {
                time: 9_007_204_254_742_000n,
                lost: 12,
                items: [h(le, 1, 4n), { stamp: 9_007_204_254_743_000n }, h(le, 5, 5n)],
              },
              { time: 9_007_204_254_744_000n, lost: true, items: [{ event: wakeRecord(le, 8, 'abc'), delta: 0 }] },
            ],
          },
          { cpu: 1, pages: [{ time: 9_007_199_254_740_995n, items: [h(le, 0, 3n)] }] },
        ],
      },
      {
        name: 'second',
        clock: 'mono',
        cpus: [
          { cpu: 0, pages: [{ time: 9_007_199_254_740_994n, items: [h(le, 0, 9n)] }] },
          { cpu: 1, pages: [] },
        ],
      },
    ],
    ...more,
  };
}

describe('trace.dat built by the tests', () => {
  const cases: ReadonlyArray<readonly [string, DatSpec]> = [
    ['version 6, little endian', spec(6, true)],
    ['version 6, big endian', spec(6, false)],
    ['version 7, little endian', spec(7, true)],
    ['version 7, big endian', spec(7, false)],
    ['version 7, zlib', spec(7, true, { compression: 'zlib' })],
    ['version 7, big endian, zlib', spec(7, false, { compression: 'zlib' })],
  ];
  for (const [name, file] of cases) {
    it(`${name}: several CPUs and buffers, time extends and stamps, lost events, padding`, async () => {
      const trace = await read(traceDatFile(file));
      const { events } = trace;
      assert.deepEqual(problemsOf(trace), ['trace.dat: warning: the trace lost events (2 times, first on CPU 0)']);
      const hcall = (arg: bigint): DecodedEvent => ({
        kind: 'kvm_hcall_enter',
        vcpu: 1,
        nr: 8n,
        args: [arg, 2n, 3n, 0xfedcba9876543210n],
      });
      assert.deepEqual(
        Array.from({ length: events.count }, (_, i) => [
          events.timeOf(i),
          events.cpu[i],
          events.sourceOf(i).file,
          events.decode(i),
        ]),
        [
          [9_007_199_254_740_993n, 0, 'trace.dat', hcall(1n)],
          [9_007_199_254_740_994n, 0, 'trace.dat (instance second)', hcall(9n)],
          [9_007_199_254_740_995n, 1, 'trace.dat', hcall(3n)],
          [9_007_204_254_741_000n, 0, 'trace.dat', hcall(2n)],
          [9_007_204_254_741_013n, 0, 'trace.dat', { kind: 'print', text: 'a mark' }],
          [9_007_204_254_742_001n, 0, 'trace.dat', hcall(4n)],
          [9_007_204_254_743_005n, 0, 'trace.dat', hcall(5n)],
          [
            9_007_204_254_744_000n,
            0,
            'trace.dat',
            { kind: 'other', name: 'sched_wakeup', text: 'comm=abc prio=0xfffffffb' },
          ],
        ],
      );
      assert.deepEqual(events.lost, [
        { before: 5, cpu: 0, count: 12 },
        { before: 7, cpu: 0, count: undefined },
      ]);
      assert.deepEqual(events.taskOf(0), { comm: 'vmm', pid: 7, tgid: -1 });
      assert.deepEqual(events.taskOf(7), { comm: '<...>', pid: 8, tgid: -1 });
      assert.equal(events.flagTexts[events.flags[0] ?? 0], 'dn.12');
      assert.equal(events.unit, 'ns');
    });
  }

  it('applies the time options', async () => {
    const text = (t: string): Uint8Array => Buffer.from(`${t}\0`);
    const small = (options: DatSpec['options']): Uint8Array =>
      traceDatFile(
        spec(7, true, {
          options,
          buffers: [
            { name: '', clock: 'x86-tsc', cpus: [{ cpu: 0, pages: [{ time: 1000n, items: [h(true, 24, 1n)] }] }] },
          ],
        }),
      );
    const ticks = await read(small([]));
    assert.equal(ticks.events.unit, 'ticks');
    assert.equal(ticks.events.timeOf(0), 1024n);
    assert.equal((await read(small([[7, text('500')]]))).events.timeOf(0), 1524n);
    assert.equal((await read(small([[1, text('-1')]]))).events.timeOf(0), 24n);
    const scaled = await read(small([[14, Buffer.from([3, 0, 0, 0, 1, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0])]]));
    assert.equal(scaled.events.unit, 'ns');
    assert.equal(scaled.events.timeOf(0), (1024n * 3n) / 2n);
  });

  for (const version of [6, 7] as const) {
    it(`version ${version} with the text of a latency tracer gives the events of that text`, async () => {
      const latencyText = `# tracer: irqsoff
 qemu-145     0d..1    12us+: kvm_set_spte_hva: mmu notifier set pte hva: 0x00000010230000
`;
      const trace = await read(traceDatFile(spec(version, false, { latencyText, buffers: [] })));
      assert.deepEqual(problemsOf(trace), []);
      assert.equal(trace.events.count, 1);
      assert.deepEqual(trace.events.decode(0), { kind: 'kvm_set_spte_hva', hva: 0x10230000n });
      assert.equal(trace.events.timeOf(0), 12_000n);
    });
  }

  it('tells that the corrections of a host and guest session are not applied', async () => {
    const file = traceDatFile(spec(7, true, { options: [[12, new Uint8Array(16)]] }));
    assert.match(problemsOf(await read(file)).join(), /info: .* corrections .* not applied/);
  });

  it('tells the kernel, the page size, the writer and the buffers', async () => {
    const text = (t: string): Uint8Array => Buffer.from(`${t}\0`);
    const options: DatSpec['options'] = [
      [5, text('Linux host 6.12.95-powerpc64le-64k ppc64le')],
      [9, text('3.3')],
    ];
    for (const [version, compression] of [
      [6, 'none'],
      [7, 'zlib'],
    ] as const) {
      const { about } = await read(traceDatFile(spec(version, false, { options, compression, pageSize: 65536 })));
      assert.deepEqual(about, {
        kernel: '6.12.95-powerpc64le-64k',
        hostPageSize: 65536,
        clock: 'mono',
        container: { version, littleEndian: false, compression, writer: '3.3', buffers: ['', 'second'] },
      });
    }
  });

  it('says what is wrong with damaged files', async () => {
    const good = traceDatFile(spec(7, true));
    const changed = (at: number, ...bytes: number[]): Uint8Array => {
      const copy = good.slice();
      copy.set(bytes, at);
      return copy;
    };
    const wrong = async (bytes: Uint8Array): Promise<string> => problemsOf(await read(bytes)).join('\n');
    assert.match(await wrong(changed(10, 56)), /@0xa: error: trace.dat version "8" is not known; versions 6 and 7 are/);
    assert.match(await wrong(changed(12, 9)), /expected 0 \(little endian\) or 1 \(big endian\)/);
    assert.match(await wrong(changed(14, 1, 0, 0, 0)), /a page size of 1 bytes cannot be/);
    assert.match(await wrong(good.subarray(0, 12)), /the data ends here; expected 1 bytes of the byte order/);
    assert.match(
      await wrong(good.subarray(0, 5000)),
      /the offset of the options is 0x[0-9a-f]+, more than the 5000 bytes there can be/,
    );
    const empty = traceDatFile(spec(7, true, { buffers: [] }));
    assert.match(await wrong(empty), /the trace holds no events/);
  });
});
