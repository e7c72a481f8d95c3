// A run that grows by pieces is, when everything has come, the run of the whole file; and at every time it is that of what has come.

import assert from 'node:assert/strict';
import { Log } from '../../../../src/model/log';
import { vmConfig } from '../../../../src/model/machine';
import { Vm } from '../../../../src/model/vm';
import { Run } from '../../../../src/timeline/run';
import { FollowedTrace } from '../../../../src/trace/follow/followedTrace';
import { GrowingRun } from '../../../../src/trace/follow/growingRun';
import { readFtraceText } from '../../../../src/trace/ftraceText';
import { NoWorld } from '../../../../src/trace/noWorld';
import { Telling } from '../../../../src/trace/telling';
import { TraceStatements } from '../../../../src/trace/traceStatements';
import { captureBytes } from '../../../support/captures';
import { unmapLines } from '../../../support/liveTrace';

function told(run: Run, to = run.length): unknown[] {
  return Array.from({ length: to }, (_, moment) => {
    const { line, text, file, time, actor } = run.source(moment);
    return [line, text, file, time, actor, run.events(moment)];
  });
}

async function whole(bytes: Uint8Array): Promise<Run> {
  const { events } = await readFtraceText([bytes], 'trace.txt');
  const log = new Log();
  const telling = new Telling(log);
  const sources = new TraceStatements(events, 'trace.txt');
  for (let i = 0; i < events.count; i++) {
    log.mark(sources.event());
    telling.tell(events.decode(i));
  }
  const vm = new Vm(vmConfig({ kernel: 'linux-6.1', cpu: 'POWER9', order: 18 }), () => new NoWorld());
  return new Run({ title: 'trace.txt', kind: 'trace', vm, log, sources, notes: [] });
}

/** Hands everything over that is there. */
function takeAll(from: FollowedTrace, to: GrowingRun, settled: boolean): void {
  for (let piece = from.piece(settled); piece !== null; piece = from.piece(settled)) to.take(structuredClone(piece));
}

/** Number of moments; 0 while there is no run. */
function lengthOf({ run }: GrowingRun): number {
  return run?.length ?? 0;
}

describe('a run that grows', () => {
  for (const sizes of [
    [97, 1, 4001],
    [40_000, 70_000, 11],
  ]) {
    it(`is that of the whole file, which comes in pieces of ${sizes.join(', ')} bytes`, async () => {
      const bytes = captureBytes('p9-61-64k-kprobes', 'trace.txt').subarray(0, 1_000_000);
      const end = bytes.lastIndexOf(10) + 1;
      const from = new FollowedTrace('trace.txt');
      const to = new GrowingRun('trace.txt');
      for (let at = 0, n = 0; at < end; n++) {
        const size = sizes[n % sizes.length] ?? 1;
        from.push(bytes.slice(at, Math.min(end, at + size)));
        at += size;
        takeAll(from, to, n % 7 === 0);
      }
      takeAll(from, to, true);
      const expected = await whole(bytes.slice(0, end));
      assert.ok(to.run);
      assert.equal(to.run.length, expected.length);
      assert.deepEqual(told(to.run), told(expected));
    });
  }

  it('keeps its moment and what it told while it grows', () => {
    const from = new FollowedTrace('trace.txt');
    const to = new GrowingRun('trace.txt');
    takeAll(from, to, true);
    assert.equal(lengthOf(to), 0);
    from.push(new TextEncoder().encode(unmapLines(0, 10)));
    takeAll(from, to, true);
    const { run } = to;
    assert.ok(run);
    run.seek(4);
    const before = told(run, 10);
    from.push(new TextEncoder().encode(unmapLines(10, 40_000)));
    takeAll(from, to, true);
    assert.equal(to.run, run);
    assert.equal(run.position, 4);
    assert.equal(run.length, 40_000);
    assert.deepEqual(told(run, 10), before);
    assert.equal(run.eventsOf('notifier.start').length, 40_000);
    assert.equal(run.momentOfSource(39_999), 39_999);
    run.seek(39_999);
    assert.equal(run.position, 39_999);
  });

  it('waits with the last event for lines that go on with it, until nothing came for a while', () => {
    const from = new FollowedTrace('trace.txt');
    const to = new GrowingRun('trace.txt');
    const mark = (text: string) => `     qemu-1     [000] .....     1.000001: tracing_mark_write: ${text}\n`;
    from.push(new TextEncoder().encode(mark('one\ntwo')));
    takeAll(from, to, false);
    assert.equal(lengthOf(to), 0);
    takeAll(from, to, true);
    assert.equal(to.run?.source(0).text, 'print: one\ntwo');
    from.push(new TextEncoder().encode(`three\n${mark('four')}`));
    takeAll(from, to, true);
    assert.equal(to.run?.source(0).text, 'print: one\ntwo\nthree');
    assert.equal(to.run?.source(1).text, 'print: four');
  });

  it('tells lost events and lines that are none', () => {
    const from = new FollowedTrace('trace.txt');
    from.push(new TextEncoder().encode(`${unmapLines(0, 2)}CPU:0 [LOST 17 EVENTS]\nnonsense\n${unmapLines(2, 3)}`));
    const piece = from.piece(true);
    assert.deepEqual(piece?.lost, [
      { before: 2, cpu: 0, count: 17 },
      { before: 2, cpu: undefined, count: undefined },
    ]);
    assert.equal(piece?.told.length, 1);
    assert.match(piece?.told[0] ?? '', /^line 4: .*nonsense/);
    assert.equal(from.piece(true), null);
  });

  it('takes no piece out of order', () => {
    const from = new FollowedTrace('trace.txt');
    from.push(new TextEncoder().encode(unmapLines(0, 3)));
    const piece = from.piece(true);
    assert.ok(piece);
    const to = new GrowingRun('trace.txt');
    to.take(structuredClone(piece));
    assert.throws(() => to.take(structuredClone(piece)), /begins with event 0 after 3 events/);
  });
});
