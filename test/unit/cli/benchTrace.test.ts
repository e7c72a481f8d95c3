// Inputs of `hptscope bench trace` are traces as long as they claim, in order of time; what a measurement counts is what is there.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TraceMeasured, traceLines } from '../../../src/cli/benchTrace';
import { repeatedDat, spanOf, writeRepeatedText } from '../../../src/cli/benchTraceInputs';
import { measureTrace } from '../../../src/cli/benchTraceOnce';
import { nodeDecompressors } from '../../../src/platform/node/decoders';
import type { TraceEvents } from '../../../src/trace/events';
import { readFtraceText } from '../../../src/trace/ftraceText';
import { readTraceDat } from '../../../src/trace/traceDat';
import { captureBytes } from '../../support/captures';

function isAscending({ time, count }: TraceEvents): boolean {
  return time.subarray(1, count).every((at, i) => at >= (time[i] ?? 0));
}

describe('inputs of hptscope bench trace', () => {
  const seed = captureBytes('p9-61-64k-fixed', 'trace.v6.dat');
  let events: TraceEvents;
  let folder: string;

  before(async () => {
    ({ events } = await readTraceDat(seed, 'seed', nodeDecompressors));
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('a trace.dat three times as long has three times the events, each time later', async () => {
    const span = spanOf(events);
    const { events: all, problems } = await readTraceDat(await repeatedDat(seed, 3, span), 'long', nodeDecompressors);
    assert.deepEqual(problems, []);
    assert.equal(all.count, events.count * 3);
    assert.ok(isAscending(all));
    const last = events.count - 1;
    assert.equal(all.timeOf(last + events.count) - all.timeOf(last), span);
    assert.deepEqual(all.decode(last + 2 * events.count), events.decode(last));
  });

  it('a text has the size that was asked for, and all its events', async () => {
    const path = join(folder, 'long.txt');
    const count = await writeRepeatedText(events, path, 2_000_000);
    assert.ok(statSync(path).size >= 2_000_000);
    const { events: all, problems } = await readFtraceText([readFileSync(path)], 'long.txt');
    assert.equal(all.count, count);
    assert.ok(isAscending(all));
    assert.deepEqual(
      problems.filter(({ severity }) => severity === 'error'),
      [],
    );
  });

  it('reading, replaying and opening are counted by their events', async () => {
    const path = join(folder, 'seed.dat');
    writeFileSync(path, seed);
    for (const work of ['read', 'replay', 'run'] as const) {
      const once = await measureTrace(work, path, 2);
      assert.equal(once.events, events.count, work);
      assert.equal(once.repetitions, 2);
      assert.ok(once.msMin > 0 && once.msMin <= once.msMedian && once.peakMemory > 2 ** 20, JSON.stringify(once));
    }
    await assert.rejects(measureTrace('read', join(folder, 'missing.dat'), 1), /no such file/);
  });

  it('tells each measurement in a line', () => {
    const one: TraceMeasured = {
      file: 'x.dat',
      work: 'read',
      ...{ bytes: 1e6, events: 1000, msMin: 1, msMedian: 2, cpuMsMin: 1 },
      ...{ eventsPerSecond: 1e6, bytesPerSecond: 1e9, columnBytes: 36, peakMemory: 2 ** 20 },
    };
    const lines = traceLines({ cores: 2, measured: [one] });
    assert.equal(lines.length, 3);
    assert.match(lines[2] ?? '', /x\.dat +read +1000 +1 +1 +1\.00 +1000 +36 +1$/);
  });
});
