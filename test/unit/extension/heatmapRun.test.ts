// The heatmap's source over a run: cells are those of the table, and what a move reports as dirty is all that changed.

import { strict as assert } from 'node:assert';
import { RunHeatmaps, rangesOf } from '../../../src/extension/heatmapRun';
import type { HeatmapChange, HeatmapSource } from '../../../src/extension/heatmapSession';
import { cellFlag, cellState, stateOfCell } from '../../../src/protocol';
import { momentOf, openSample } from './samples';

function sourceOf(heatmaps: RunHeatmaps): HeatmapSource {
  assert.ok(heatmaps.source);
  return heatmaps.source;
}

describe('heatmap of a run', () => {
  it('shows the sample: absent at hpte.absent, valid after the step back', async () => {
    const { session, run } = openSample('page-out.hpt');
    const source = sourceOf(new RunHeatmaps(session));
    const cell = () => source.cells(0x1aa8, 0x1aa9)[0] ?? 0;
    assert.equal(source.table.npteg, 2048);
    assert.equal(cell(), cellState.free);
    await session.goTo(momentOf(run, 'hpte.absent'));
    assert.equal(cell(), cellState.absent | cellFlag.referenced | cellFlag.changed);
    assert.match(source.moment, /^moment \d+ of \d+ · hpte\.absent$/);
    const described = source.describe(0x1aa8);
    assert.equal(described.label, 'a');
    assert.equal(described.gfn, '0x10');
    assert.deepEqual(described.ring, []);
    await session.goTo(run.position - 1);
    assert.equal(stateOfCell(cell()), 'valid');
    assert.deepEqual(source.lastChanged, [0x1aa8]);
  });

  it('reports as dirty every cell that changed, over any travel', async () => {
    const { session, run } = openSample('retry-race.hpt');
    const source = sourceOf(new RunHeatmaps(session));
    const count = source.table.npteg * 8;
    let known = source.cells(0, count);
    let dirty: HeatmapChange[] = [];
    source.onDidChange((change) => change.kind !== 'cursor' && dirty.push(change));
    for (const target of [5, 60, 61, 40, run.length - 1, 100, 99, 0]) {
      dirty = [];
      await session.goTo(target);
      const now = source.cells(0, count);
      for (const change of dirty) {
        assert.equal(change.kind, 'moment');
        for (const { from, to } of change.kind === 'moment' ? change.dirty : []) {
          known.set(now.subarray(from, to), from);
        }
      }
      assert.deepEqual(known, now, `the cells after the travel to ${target}`);
      known = now;
    }
  });

  it('finds by label, ea, gpa, gfn, hva and index, and says why not', async () => {
    const { session, run } = openSample('page-out.hpt');
    const source = sourceOf(new RunHeatmaps(session));
    await session.goTo(momentOf(run, 'hpte.absent'));
    assert.deepEqual(source.find('a').indexes, [0x1aa8]);
    assert.deepEqual(source.find('ea 0xc000000000020000').indexes, [0x1b28]);
    assert.deepEqual(source.find('gpa 0x10123').indexes, [0x1b28, 0x1aa8]);
    assert.deepEqual(source.find('gfn 0x10').indexes, [0x1b28, 0x1aa8]);
    assert.deepEqual(source.find('hva: 0x7f0000010000').indexes, [0x1b28, 0x1aa8]);
    assert.deepEqual(source.find('0x1f3').indexes, [0x1f3]);
    assert.deepEqual(source.find('pteg 2').indexes, [16, 17, 18, 19, 20, 21, 22, 23]);
    assert.deepEqual(source.find('pfn 0x10000').indexes, [0x1b28]);
    const missing = (text: string) => {
      const { indexes, sentence } = source.find(text);
      assert.deepEqual(indexes, []);
      return sentence;
    };
    assert.match(missing('ea 0xc000000000030000'), /^No HPTE maps ea/);
    assert.match(missing('ea 0x10'), /^No SLB entry/);
    assert.match(missing('gpa 0x10000000'), /^No memslot holds/);
    assert.match(missing('hpte 0x4000'), /last one is 0x3fff/);
    assert.match(missing('nobody'), /^Nothing is called/);
    assert.match(missing('<script>'), /is none of these/);
    assert.match(missing(''), /is none of these/);
  });

  it('shares the selection with the session, both ways', () => {
    const { session } = openSample('page-out.hpt');
    const source = sourceOf(new RunHeatmaps(session));
    const seen: HeatmapChange[] = [];
    source.onDidChange((change) => seen.push(change));
    session.select(7);
    assert.deepEqual(seen, [{ kind: 'cursor', index: 7 }]);
    source.select(9, true);
    assert.equal(session.selection, 9);
    assert.equal(source.cursor, 9);
  });

  it('goes when the run is closed, and comes with the next', () => {
    const { session, run } = openSample('page-out.hpt');
    const heatmaps = new RunHeatmaps(session);
    let changes = 0;
    heatmaps.onDidChangeSource(() => changes++);
    session.clear();
    assert.equal(heatmaps.source, undefined);
    session.setRun({ run, labels: new Map(), origin: 'file:///again.hpt' });
    assert.equal(sourceOf(heatmaps).title, 'page-out.hpt');
    assert.equal(changes, 2);
  });

  it('joins neighbouring indexes into ranges', () => {
    assert.deepEqual(rangesOf([1, 2, 3, 7, 9, 10]), [
      { from: 1, to: 4 },
      { from: 7, to: 8 },
      { from: 9, to: 11 },
    ]);
  });
});
