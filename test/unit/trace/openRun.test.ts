// A recording, a bare trace and a dump as runs: what they tell, how it is known, and both ways through time.

import assert from 'node:assert/strict';
import { partDecompressors } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import { nodeFiles } from '../../../src/platform/node/files';
import { backgroundStates, isSettled } from '../../../src/timeline/known';
import type { Run } from '../../../src/timeline/run';
import { openRun } from '../../../src/trace/openRun';
import { inRepository } from '../../repository';

const folder = inRepository('samples/recordings/power9-64k');

async function open(path: string): Promise<Run> {
  const { run, problems } = await openRun(path, {
    files: nodeFiles(folder),
    decompressors: partDecompressors(nodeDecoders),
  });
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.ok(run);
  return run;
}

/** Entries of a run at its current moment with everything that is known of each. */
function entries(run: Run): string[] {
  const { hpt } = run.vm.state;
  const known: string[] = [];
  for (let index = 0; index < hpt.entries; index++) {
    const of = run.knownOf(index);
    known.push(
      JSON.stringify([of, hpt.vLo(index), hpt.vHi(index), hpt.rLo(index), hpt.rHi(index), hpt.guestLo(index)]),
    );
  }
  return known;
}

/** Slots that are known to hold an absent entry. */
function absent(run: Run): number {
  let count = 0;
  for (let index = 0; index < run.vm.state.hpt.entries; index++) {
    count += run.knownOf(index)?.states === 4 ? 1 : 0;
  }
  return count;
}

const dumpOf = (run: Run, file: string): number => run.find(-1, 1, (moment) => run.source(moment).file === file);

describe('runs of recordings', () => {
  it('a recording: the model runs the operations of the trace, step by step', async () => {
    const run = await open('hptscope.json');
    const kinds = new Set(Array.from({ length: run.eventCount }, (_, i) => run.eventName(i)));
    for (const kind of [
      'fault.enter',
      'fault.exit',
      'hcall.enter',
      'hcall.exit',
      'notifier.start',
      'hpte.enter',
      'hpte.absent',
      'hpte.reinstate',
      'rmap.link',
    ] as const)
      assert.ok(kinds.has(kind), kind);
    assert.ok(!kinds.has('replay.divergence'));
    assert.equal(run.vm.state.hpt.order, 18);
    const paths = new Set<string>();
    for (let moment = 0; moment < run.length; moment++) {
      for (const { path } of run.frames(moment)) paths.add(path.fn);
    }
    assert.ok(paths.has('kvmppc_book3s_hv_page_fault'), [...paths].join(' '));
    assert.ok(paths.has('kvm_unmap_rmapp'));
  });

  it('knowledge moves through time with the table, both ways', async () => {
    const run = await open('hptscope.json');
    run.seek(0);
    // the recording begins before the machine first runs: its table is new and empty
    assert.equal(backgroundStates(run.vm.state), 1);
    assert.equal(run.lastDump(0), null);
    const start = entries(run);
    const dump = dumpOf(run, 'dumps/031.htab');
    run.seek(dump);
    // step 31: MADV_DONTNEED made the page's entries absent (debugfs shows 0x20 without 0x1)
    assert.ok(absent(run) > 0);
    assert.equal(run.lastDump(dump)?.file, 'dumps/031.htab');
    const then = entries(run);
    run.seek(run.length - 1);
    run.seek(dump);
    assert.deepEqual(entries(run), then);
    run.seek(0);
    assert.deepEqual(entries(run), start);
  });

  it('a bare trace opens, and what it does not tell is unknown', async () => {
    const run = await open('trace.txt');
    assert.ok(run.length > 500);
    assert.equal(run.lastDump(run.length - 1), null);
    assert.match(run.source(0).text, /^sys_mprotect|^\w+: /);
    assert.ok(!isSettled(backgroundStates(run.vm.state)));
  });

  it('a dump alone is one moment with a table, all of it observed', async () => {
    const run = await open('dumps/031.htab');
    assert.equal(run.kind, 'dump');
    assert.equal(run.length, 1);
    assert.ok(absent(run) > 0);
    assert.equal(run.lastDump(0)?.file, 'dumps/031.htab');
    const certainties = new Set<string>();
    for (let index = 0; index < run.vm.state.hpt.entries; index++) {
      for (const certainty of Object.values(run.knownOf(index)?.certainty ?? {})) certainties.add(certainty);
    }
    assert.deepEqual([...certainties], ['observed']);
  });
});
