// The heatmap's cells: counts and pyramid are those of the bytes, after any writes in any order.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { cellFlag, cellState } from '../../../../src/protocol';
import { Cells, categories, categoryOfCell } from '../../../../webview/heatmap/cells';

const cellByte = fc
  .tuple(fc.constantFrom(...Object.values(cellState)), fc.integer({ min: 0, max: 31 }))
  .map(([state, flags]) => state | (flags << 3));

const shareOf = (texel: number, category: number) => (texel >> (4 * category)) & 15;

describe('heatmap cells', () => {
  it('colours a valid bolted entry as bolted, any other bolted entry by its state', () => {
    const name = (cell: number) => categories[categoryOfCell[cell] ?? -1];
    assert.equal(name(0), 'free');
    assert.equal(name(cellState.valid | cellFlag.bolted | cellFlag.referenced), 'bolted');
    assert.equal(name(cellState.absent | cellFlag.bolted), 'absent');
    assert.equal(name(cellState.mmio), 'mmio');
    assert.equal(name(7), 'unknown', 'a state that does not exist');
    assert.equal(name(cellState.valid | cellFlag.bolted | cellFlag.assumed), 'assumed');
    assert.equal(name(cellFlag.assumed), 'assumed', 'a slot that is assumed to be free');
  });

  it('keeps counts and pyramid true over writes, whatever the grid', () => {
    const writes = fc.array(fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 70 }), cellByte), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.nat(), writes, (log, columnsSeed, all) => {
        const cells = new Cells(2 ** log);
        cells.arrange(2 ** (columnsSeed % (log + 1)));
        for (const [at, noise, cell] of all) {
          const from = at % cells.bytes.length;
          const part = noise.slice(0, cells.bytes.length - from).map((byte) => (byte % 3 ? cell : 0));
          cells.write(from, part);
        }
        checkCounts(cells);
        checkPyramid(cells);
        const incremental = cells.levels.map(({ texels }) => [...texels]);
        const fresh = new Cells(cells.npteg);
        fresh.write(0, cells.bytes);
        fresh.arrange(cells.levels[0]?.columns ?? 1);
        assert.deepEqual(
          incremental,
          fresh.levels.map(({ texels }) => [...texels]),
          'as if built at once',
        );
      }),
    );
  });

  it('never loses a single entry in any level', () => {
    const cells = new Cells(2 ** 14);
    cells.arrange(128);
    cells.write(77777, Uint8Array.of(cellState.absent));
    const absent = categories.indexOf('absent');
    for (const { texels } of cells.levels) {
      assert.equal(texels.filter((texel) => shareOf(texel, absent) > 0).length, 1);
    }
  });

  it('tells the painter what changed, once', () => {
    const cells = new Cells(64);
    cells.arrange(8);
    cells.takeDirty();
    cells.write(100, Uint8Array.of(1, 1));
    cells.write(40, Uint8Array.of(1));
    assert.deepEqual(cells.takeDirty(), { from: 40, to: 102, reshaped: false });
    const { from, to } = cells.takeDirty();
    assert.ok(from >= to);
    cells.arrange(16);
    assert.equal(cells.takeDirty().reshaped, true);
  });

  it('finds the next entry of a kind in both directions, around the end', () => {
    const cells = new Cells(4);
    cells.write(5, Uint8Array.of(cellState.valid));
    cells.write(20, Uint8Array.of(cellState.absent));
    const inUse = (category: string) => category !== 'free';
    assert.equal(cells.next(5, 1, inUse), 20);
    assert.equal(cells.next(20, 1, inUse), 5);
    assert.equal(cells.next(5, -1, inUse), 20);
    assert.equal(
      cells.next(0, 1, (category) => category === 'mmio'),
      undefined,
    );
  });
});

function checkCounts({ bytes, counts }: Cells): void {
  const expected = categories.map((_, at) => bytes.filter((cell) => categoryOfCell[cell] === at).length);
  assert.deepEqual([...counts], expected);
}

/** What is in a texel is what is below it: nothing vanishes, nothing appears. */
function checkPyramid({ levels, bytes }: Cells): void {
  for (const [category] of categories.entries()) {
    const present = bytes.some((cell) => categoryOfCell[cell] === category);
    for (const { texels } of levels) {
      assert.equal(
        texels.some((texel) => shareOf(texel, category) > 0),
        present,
      );
    }
  }
}
