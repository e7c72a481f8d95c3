// The extension's side of the heatmap: what it answers, that nothing which changed is lost, and that a request is not
// believed before it is checked.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import {
  DirtyRanges,
  type HeatmapChange,
  HeatmapSession,
  type HeatmapSource,
} from '../../../src/extension/heatmapSession';
import { maxOutlined } from '../../../src/protocol';

class TableSource implements HeatmapSource {
  readonly title = 'test';
  moment = 'moment 0';
  lastChanged: readonly number[] = [];
  cursor: number | undefined;
  selected: [number, boolean][] = [];
  readonly bytes: Uint8Array;
  listener: ((change: HeatmapChange) => void) | undefined;
  onSelect: (index: number) => void = () => undefined;

  constructor(readonly table = { generation: 3, order: 18, npteg: 2048 }) {
    this.bytes = new Uint8Array(Math.min(table.npteg, 2048) * 8);
  }

  cells(from: number, to: number) {
    return this.bytes.subarray(from, to);
  }

  describe(index: number) {
    return { index, state: 'free', cell: 0, ring: [], fields: [] } as const;
  }

  find(text: string) {
    return { indexes: [], sentence: `no ${text}` };
  }

  select(index: number, reveal: boolean) {
    this.selected.push([index, reveal]);
    this.onSelect(index);
  }

  onDidChange(listener: (change: HeatmapChange) => void) {
    this.listener = listener;
    return {
      dispose: () => {
        this.listener = undefined;
      },
    };
  }

  write(from: number, ...cells: number[]) {
    this.bytes.set(cells, from);
    this.listener?.({ kind: 'moment', dirty: [{ from, to: from + cells.length }] });
  }
}

function opened() {
  const source = new TableSource();
  const notices: string[] = [];
  const session = new HeatmapSession(source, (name) => notices.push(name));
  return { source, session, notices, ...session.handlers };
}

describe('heatmap session', () => {
  it('answers an empty buffer for cells that are all free, and a copy of the others', async () => {
    const { source, cells } = opened();
    const asked = { generation: 3, from: 0, to: 64 };
    assert.equal((await cells(asked)).byteLength, 0);
    source.bytes[5] = 2;
    const answer = new Uint8Array(await cells(asked));
    source.bytes[5] = 1;
    assert.equal(answer.length, 64);
    assert.equal(answer[5], 2);
  });

  it('merges changes until the webview asks, then forgets them', async () => {
    const { source, update, notices } = opened();
    source.write(16, 1, 2);
    source.write(17, 3);
    source.write(4, 1);
    assert.deepEqual(notices, ['changed', 'changed', 'changed']);
    const first = await update(undefined);
    assert.ok(first.kind === 'cells');
    assert.deepEqual(first.ranges, [4, 5, 16, 18]);
    assert.deepEqual([...new Uint8Array(first.cells)], [1, 1, 3]);
    const second = await update(undefined);
    assert.deepEqual(second.kind === 'cells' && second.ranges, []);
  });

  it('sends a bounded list of outlined cells, and how many there are', async () => {
    const { source, open } = opened();
    source.lastChanged = Array.from({ length: maxOutlined + 10 }, (_, index) => index);
    const picture = await open(undefined);
    assert.equal(picture?.outlined.length, maxOutlined);
    assert.equal(picture?.outlinedTotal, maxOutlined + 10);
  });

  it('starts again with another source, and stops listening to the old one', async () => {
    const { source, session, update } = opened();
    const other = new TableSource({ generation: 4, order: 11, npteg: 16 });
    session.setSource(other);
    assert.equal(source.listener, undefined);
    const answer = await update(undefined);
    assert.ok(answer.kind === 'reset');
    assert.equal(answer.picture?.table.generation, 4);
    session.setSource(undefined);
    assert.deepEqual(await update(undefined), { kind: 'reset', picture: undefined });
    session.dispose();
    assert.equal(other.listener, undefined);
  });

  it('refuses entries that the table has not, tables that are gone, and tables that are too large', async () => {
    const { cells, describe: describePteg, select } = opened();
    const wrong: [number, number][] = [
      [-1, 5],
      [0, 16385],
      [8, 8],
      [0.5, 2],
      [Number.NaN, 2],
    ];
    for (const [from, to] of wrong) {
      assert.throws(() => cells({ generation: 3, from, to }), /the table has entries 0\.\.16384/);
    }
    assert.throws(() => cells({ generation: 2, from: 0, to: 8 }), /no longer shown/);
    assert.throws(() => describePteg({ generation: 3, pteg: 2048 }), /entries/);
    assert.throws(() => select({ generation: 3, index: 16384, reveal: true }), /entries/);
    const { handlers } = new HeatmapSession(
      new TableSource({ generation: 1, order: 30, npteg: 2 ** 23 }),
      () => undefined,
    );
    assert.throws(() => handlers.cells({ generation: 1, from: 0, to: 8 }), /too large to be drawn/);
  });

  it('passes the selection on, without an echo, and tells of selections made elsewhere', async () => {
    const { source, select, notices } = opened();
    source.onSelect = (index) => source.listener?.({ kind: 'cursor', index });
    await select({ generation: 3, index: 9, reveal: false });
    assert.deepEqual(source.selected, [[9, false]]);
    assert.deepEqual(notices, []);
    source.listener?.({ kind: 'cursor', index: 4 });
    assert.deepEqual(notices, ['cursor']);
  });
});

describe('dirty ranges', () => {
  it('cover everything that was added, ascending and disjoint, in bounded number', () => {
    const range = fc.tuple(fc.nat(100_000), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4000, size: 'max' }), (added) => {
        const dirty = new DirtyRanges();
        for (const [from, length] of added) {
          dirty.add(from, from + length);
        }
        const ranges = dirty.take();
        assert.ok(ranges.length <= 2048);
        assert.ok(ranges.every((edge, at) => at === 0 || edge > (ranges[at - 1] ?? 0)));
        for (const [from, length] of added) {
          const covered = ranges.some(
            (start, at) => at % 2 === 0 && start <= from && from + length <= (ranges[at + 1] ?? 0),
          );
          assert.ok(covered, `${from}..${from + length}`);
        }
      }),
      { numRuns: 30 },
    );
  });
});
