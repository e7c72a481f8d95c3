// The index of a run is the same whether it is made in one go, in slices, or while the journal grows.

import assert from 'node:assert/strict';
import { Log } from '../../../src/model/log';
import { Machine } from '../../../src/model/machine';
import { Run } from '../../../src/timeline/run';
import { RunIndex } from '../../../src/timeline/runIndex';

const HVA = 0x7f0000000000;
const PAGES = 64;

interface Recorded {
  readonly machine: Machine;
  readonly log: Log;
  readonly ends: readonly number[];
}

/** Statements that enter and unmap pages: `ends` has the journal's end behind each. */
function record(statements: number): Recorded {
  const machine = new Machine({ kernel: 'linux-6.1', cpu: 'POWER9', order: 18, pageShift: 16 });
  machine.host.map({ hva: HVA, npages: PAGES });
  machine.addMemslot({ slot: 0, baseGfn: 0, npages: PAGES, hva: HVA });
  const log = new Log();
  machine.record(log);
  const ends: number[] = [];
  for (let i = 0; i < statements; i++) {
    log.mark(i);
    const page = i % PAGES;
    if (i % 2 === 0) machine.hEnter({ index: BigInt(page * 8), v: 0x12345001n, r: BigInt((page << 16) | 0x192) });
    else machine.host.unmapPage(HVA + page * 65536);
    ends.push(log.end);
  }
  return { machine, log, ends };
}

/** What a run tells of itself at every moment. */
function told(run: Run): unknown[] {
  return Array.from({ length: run.length }, (_, moment) => [
    run.sourceNumber(moment),
    run.depth(moment),
    run.writes(moment),
    run.events(moment),
  ]);
}

function runOf({ machine, log, ends }: Recorded, index: RunIndex): Run {
  const sources = ends.map((_, line) => ({ line, text: 'statement' }));
  return new Run({ title: 'test', kind: 'scenario', vm: machine.vm, log, sources, notes: [] }, index);
}

describe('index of a run', () => {
  it('in slices: others have their turn, and the run is the same', async () => {
    const recorded = record(6000);
    let pauses = 0;
    const index = await RunIndex.inSlices(recorded.log, async () => {
      pauses++;
    });
    assert.ok(pauses > 1, `${pauses} pauses`);
    assert.equal(index.end, recorded.log.end);
    assert.deepEqual(told(runOf(recorded, index)), told(runOf(recorded, RunIndex.of(recorded.log))));
  });

  it('while the journal grows: taken statement by statement it is the same', () => {
    const recorded = record(300);
    const index = new RunIndex(recorded.log);
    for (const end of recorded.ends) index.take(end);
    assert.equal(index.end, recorded.log.end);
    assert.deepEqual(told(runOf(recorded, index)), told(runOf(recorded, RunIndex.of(recorded.log))));
  });
});
