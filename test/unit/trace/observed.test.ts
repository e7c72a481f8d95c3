// A recording of a real host as a run: its events one by one, its dumps as observed tables, both ways.

import assert from 'node:assert/strict';
import { partDecompressors } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import { nodeFiles } from '../../../src/platform/node/files';
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

/** Entries that are valid or absent, as index and lower half of dword 0. */
function used(run: Run): [number, number][] {
  const entries: [number, number][] = [];
  run.vm.state.hpt.forEach((index, chunk, o) => {
    if (((chunk[o] as number) & 0x21) !== 0) entries.push([index, chunk[o] as number]);
  });
  return entries;
}

describe('observed runs', () => {
  it('a recording: page faults, invalidations and hypercalls are told, dumps are the table', async () => {
    const run = await open('hptscope.json');
    const kinds = new Set(Array.from({ length: run.eventCount }, (_, i) => run.eventName(i)));
    for (const kind of ['fault.enter', 'fault.exit', 'hcall.enter', 'hcall.exit', 'notifier.start'] as const)
      assert.ok(kinds.has(kind), kind);
    assert.equal(run.vm.state.hpt.order, 18);
    run.seek(0);
    assert.deepEqual(run.observation(0)?.dump, null);
    assert.deepEqual(used(run), []);

    const dump = run.find(-1, 1, (moment) => run.source(moment).file === 'dumps/031.htab');
    run.seek(dump);
    const after = used(run);
    // step 31: MADV_DONTNEED made the page's entries absent (debugfs shows 0x20 without 0x1)
    assert.ok(after.some(([, vLo]) => (vLo & 0x21) === 0x20));
    assert.equal(run.observation(dump)?.dump?.file, 'dumps/031.htab');
    assert.equal(run.observation(dump)?.changesSince, 0);
    run.seek(0);
    run.seek(dump);
    assert.deepEqual(used(run), after);
  });

  it('a fault in a trace does not pretend to know its HPTE', async () => {
    const run = await open('hptscope.json');
    const fault = Array.from({ length: run.eventCount }, (_, i) => run.event(i).event).find(
      (event) => event.kind === 'fault.enter',
    );
    assert.equal(fault?.kind === 'fault.enter' ? fault.index : 0n, 0xffffffffffffffffn);
  });

  it('a bare trace opens, and nothing of the table is known', async () => {
    const run = await open('trace.txt');
    assert.ok(run.length > 500);
    assert.equal(run.observation(run.length - 1)?.dump, null);
    assert.match(run.source(0).text, /^sys_mprotect|^\w+: /);
  });

  it('a dump alone is one moment with a table', async () => {
    const run = await open('dumps/031.htab');
    assert.equal(run.kind, 'dump');
    assert.equal(run.length, 1);
    assert.ok(used(run).length > 0);
    assert.equal(run.observation(0)?.dump?.file, 'dumps/031.htab');
  });
});
