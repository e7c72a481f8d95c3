// Moving through a long run: at any moment, reached by any way, the state is what it was when the run was recorded.

import assert from 'node:assert/strict';
import { Log } from '../../../src/model/log';
import { Machine } from '../../../src/model/machine';
import { Run } from '../../../src/timeline/run';
import type { SourceLine } from '../../../src/timeline/statements';

const HVA = 0x7f0000000000;

/** A repeatable stream of numbers. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A run of mixed operations, and the state hash before some of its statements. */
function record(statements: number, every: number): { run: Run; hashes: Map<number, string> } {
  const m = new Machine({ kernel: 'linux-6.1', cpu: 'POWER9', order: 20, pageShift: 16 });
  m.host.map({ hva: HVA, npages: 2048 });
  m.addMemslot({ slot: 0, baseGfn: 0, npages: 2048, hva: HVA, logDirty: true });
  m.setSlb(0, 0, 0xc000000008000000n, 0x12345400n);
  const log = new Log();
  m.record(log);
  const sources: SourceLine[] = [];
  const hashes = new Map<number, string>();
  const next = numbers(20260101);
  for (let i = 0; i < statements; i++) {
    if (i % every === 0) hashes.set(i, m.hash());
    log.mark(i);
    sources.push({ line: i, text: '' });
    const page = next(1024);
    const pteg = BigInt((0x12345 ^ (page << 4)) & 0x1fff);
    const what = next(5);
    if (what === 0)
      m.hEnter({
        index: pteg * 8n,
        v: (0x12345n << 12n) | BigInt(page & ~0x7f) | 1n,
        r: (BigInt(next(2048)) << 16n) | 0x192n,
      });
    else if (what === 1) m.host.unmapPage(HVA + next(2048) * 65536);
    else if (what === 2) m.hRemove({ index: pteg * 8n + BigInt(next(8)) });
    else m.access(what === 3 ? 'store' : 'load', 0xc000000000000000n + BigInt(page) * 0x10000n);
    if (i === statements >> 1) m.resetHpt(19);
  }
  m.record(null);
  return { run: new Run({ title: 'mixed', kind: 'scenario', vm: m.vm, log, sources, notes: [] }), hashes };
}

describe('Run', () => {
  it('shows the recorded state at every moment, whichever way it was reached', () => {
    const { run, hashes } = record(60_000, 1_500);
    const next = numbers(7);
    const statements = [...hashes.keys()];
    for (let i = 0; i < 120; i++) {
      const statement = statements[next(statements.length)] as number;
      run.seek(run.momentOfSource(statement));
      assert.equal(run.vm.state.hash(true, 16), hashes.get(statement), `statement ${statement}`);
    }
  });

  it('undoes a step to exactly what it was', () => {
    const { run } = record(300, 300);
    const seen: string[] = [];
    for (let m = 0; m < run.length; m++) {
      run.seek(m);
      seen.push(run.vm.state.hash(true, 16));
    }
    for (let m = run.length - 1; m >= 0; m--) {
      run.seek(m);
      assert.equal(run.vm.state.hash(true, 16), seen[m], `moment ${m}`);
    }
  });

  it('takes the nearest moment outside the run', () => {
    const { run } = record(20, 20);
    run.seek(-5);
    assert.equal(run.position, 0);
    run.seek(1e9);
    assert.equal(run.position, run.length - 1);
  });
});
