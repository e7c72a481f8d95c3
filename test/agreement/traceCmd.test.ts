// Our reader of trace.dat beside `trace-cmd report` on the same files: every event, and every field of every event.
// The program is installed and named by scripts/test.mjs.

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partDecompressors } from '../../src/platform/decompression';
import { nodeDecoders } from '../../src/platform/node/decoders';
import type { RecordField, TraceEvents } from '../../src/trace/events';
import { FtraceTextReader } from '../../src/trace/ftraceText';
import { readTraceDat } from '../../src/trace/traceDat';
import { type CaptureName, captureBytes, captureRecording } from '../support/captures';

const captures: readonly CaptureName[] = [
  'p9-61-64k-fixed',
  'p8-61-64k-fixed',
  'p9-612-4k-fixed',
  'p9-61-64k-kprobes',
  'p9-61-64k-random',
  'l2-61-64k',
];

const inputs: ReadonlyArray<readonly [string, () => Uint8Array]> = [
  ...captures.map((capture) => {
    const read = () => captureRecording(capture).files.get('trace.dat') ?? assert.fail(capture);
    return [`${capture} (version 7)`, read] as const;
  }),
  ['p9-61-64k-fixed (version 6)', () => captureBytes('p9-61-64k-fixed', 'trace.v6.dat')],
];

/** The output of trace-cmd report on a file. */
function report(bytes: Uint8Array, options: readonly string[]): Buffer {
  const program = process.env.HPTSCOPE_TRACE_CMD ?? assert.fail('npm test names trace-cmd in HPTSCOPE_TRACE_CMD');
  const folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
  try {
    writeFileSync(join(folder, 'trace.dat'), bytes);
    const args = ['report', ...options, '-i', join(folder, 'trace.dat')];
    return execFileSync(program, args, { maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readText(bytes: Uint8Array): TraceEvents {
  const reader = new FtraceTextReader('report');
  reader.push(bytes);
  const { events, problems } = reader.end();
  assert.deepEqual(problems, []);
  return events;
}

/** Which events are compared field by field by the report's raw form: those of the groups kvm and kvm_hv. */
const kvmEvents = /^kvm/;

describe('our reader and trace-cmd report', () => {
  for (const [name, input] of inputs) {
    it(`agree on every event of ${name} as it is printed`, async () => {
      const bytes = input();
      const { events } = await readTraceDat(bytes, 'trace.dat', partDecompressors(nodeDecoders));
      const theirs = readText(report(bytes, ['-t'])); // -t: nanoseconds
      assert.equal(theirs.count, events.count);
      for (let i = 0; i < events.count; i++) {
        assert.equal(events.timeOf(i), theirs.timeOf(i), `event ${i}`);
        assert.deepEqual(events.taskOf(i), theirs.taskOf(i), `event ${i}`);
        assert.equal(events.cpu[i], theirs.cpu[i], `event ${i}`);
        assert.equal(events.nameOf(i), theirs.nameOf(i), `event ${i}`);
        const [ours, printed] = [events.decode(i), theirs.decode(i)];
        if (ours.kind === 'probe' && printed.kind === 'probe') {
          // trace-cmd prints the bare address of a probe, where we name the symbol as the kernel does
          assert.deepEqual(ours.fields, printed.fields, `event ${i}`);
        } else if (ours.kind !== 'kvm_userspace_exit' || ours.errno >= 0) {
          // Of failed runs trace-cmd prints the reason of the run before; the raw form below has both of their fields.
          assert.deepEqual(ours, printed, `event ${i}`);
        }
      }
    });

    it(`agree on every event of ${name} whose raw fields are printed`, async () => {
      const bytes = input();
      const { events } = await readTraceDat(bytes, 'trace.dat', partDecompressors(nodeDecoders));
      const theirs = readText(report(bytes, ['-R', '-t']));
      assert.equal(theirs.count, events.count);
      for (let i = 0; i < events.count; i++) {
        const [ours, printed] = [events.decode(i), theirs.decode(i)];
        if (ours.kind === 'probe' && printed.kind === 'probe') {
          assert.deepEqual(ours.fields, printed.fields, `event ${i}`);
        } else {
          assert.deepEqual(ours, printed, `event ${i}`);
        }
      }
    });

    it(`agree on every field of every kvm and kvm_hv record of ${name}`, async () => {
      const bytes = input();
      const { events } = await readTraceDat(bytes, 'trace.dat', partDecompressors(nodeDecoders));
      const lines = report(bytes, ['-R', '-t']).toString().split('\n').slice(1);
      let compared = 0;
      let i = 0;
      for (const line of lines) {
        const match = /^ *.+-\d+ +\[\d+\] +\d+\.\d{9}: (\w+): +(.*)$/.exec(line);
        if (match === null) {
          continue; // further lines of a marker's text
        }
        const [, event = '', fields = ''] = match;
        assert.equal(event, events.nameOf(i), line);
        if (kvmEvents.test(event)) {
          const known = events.recordFields(i).filter((field) => !field.name.startsWith('common_'));
          compared += compareFields(known, fields, line);
        }
        i++;
      }
      assert.equal(i, events.count);
      assert.ok(compared > events.count, `${compared} fields compared`);
    });
  }
});

/** Compares our fields of a record with `name=value name=value …`; returns how many there were. */
function compareFields(ours: readonly RecordField[], text: string, line: string): number {
  const theirs = new Map(
    text
      .trim()
      .split(' ')
      .map((part): [string, string] => {
        const [name = '', value = ''] = part.split('=');
        return [name, value];
      }),
  );
  assert.deepEqual([...theirs.keys()].sort(), ours.map(({ name }) => name).sort(), line);
  for (const { name, size, value } of ours) {
    assert.equal(typeof value, 'bigint', `${name} in ${line}`);
    const printed = BigInt(theirs.get(name) ?? assert.fail(name));
    assert.equal(
      BigInt.asUintN(size * 8, BigInt(value ?? 0n)),
      BigInt.asUintN(size * 8, printed),
      `${name} in ${line}`,
    );
  }
  return ours.length;
}
