// The index of a run is the same whether it is made in one go, in slices, or while the journal grows.

import assert from 'node:assert/strict';
import { Log } from '../../../src/model/log';
import { Machine } from '../../../src/model/machine';
import { runScenario } from '../../../src/scenario/runner';
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

  it('knows the first moment of each statement, of one that is repeated, raced or never reached too', () => {
    const text = [
      'machine power9 linux-6.1 order 18 page 4K',
      'memslot 0 gpa 0 size 16M hva 0x7f0000000000',
      'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
      'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
      'repeat 3',
      '  store a',
      '  load a racing page_fault.before_lock: swap-out gpa 0x10000',
      '  swap-out gpa 0x10000',
    ].join('\n');
    const ran = runScenario(text, 'repeated.hpt');
    assert.ok('run' in ran, 'the scenario runs');
    const { run } = ran;
    const first = new Map<number, number>();
    for (let m = run.length - 1; m >= 0; m--) if (run.isStatement(m)) first.set(run.sourceNumber(m), m);
    const sources = Array.from({ length: run.statements.length + 2 }, (_, source) => source - 1);
    assert.deepEqual(
      sources.map((source) => run.momentOfSource(source)),
      sources.map((source) => first.get(source) ?? -1),
    );
    assert.ok(first.size >= 7);
  });
});
