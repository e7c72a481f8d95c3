// The heatmap's arrangement: every HPTE has one place, places map back to HPTEs, and the whole table fits its panel.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { slotsPerPteg } from '../../../../src/protocol';
import { arrange, fitScale, geometryAt, Placement } from '../../../../webview/heatmap/arrangement';

const sizes = { width: fc.integer({ min: 200, max: 4000 }), height: fc.integer({ min: 150, max: 2500 }) };
const ratio = fc.constantFrom(1, 1.25, 1.5, 2, 3);
const order = fc.integer({ min: 11, max: 29 });

describe('heatmap arrangement', () => {
  it('uses a full rectangle of a power of two of columns, so that a hash pair is mirrored through the centre', () => {
    fc.assert(
      fc.property(order, sizes.width, sizes.height, ratio, (log, width, height, pixels) => {
        const npteg = 2 ** (log - 7);
        const { columns, rows } = arrange(npteg, width, height, pixels);
        assert.equal(columns * rows, npteg);
        assert.equal(Math.log2(columns) % 1, 0);
      }),
    );
  });

  it('fits the whole table into the panel and uses most of one direction', () => {
    fc.assert(
      fc.property(order, sizes.width, sizes.height, ratio, (log, width, height, pixels) => {
        const grid = arrange(2 ** (log - 7), width, height, pixels);
        const scale = fitScale(grid, width, height, pixels);
        const { pitchX, pitchY, gapX, cellWidth, cellHeight } = geometryAt(scale, grid.aspect, pixels);
        const [across, down] = [grid.columns * pitchX - gapX, grid.rows * pitchY];
        assert.ok(across <= width + 1e-6 && down <= height + 1e-6, `${across} x ${down} in ${width} x ${height}`);
        const aspect = cellHeight / cellWidth;
        assert.ok(aspect > 0.3 && aspect < 2.5, `a cell of ${cellWidth} x ${cellHeight}`);
        // Tables of a few cells do not grow without bounds.
        const filled = Math.max(across / width, down / height);
        assert.ok(filled > 0.55 || scale >= 38 * pixels, `only ${filled} of the panel is used at scale ${scale}`);
      }),
    );
  });

  it('finds each entry again at the middle of its cell, at every scale', () => {
    fc.assert(
      fc.property(
        order,
        fc.double({ min: 0.02, max: 90, noNaN: true }),
        fc.nat(),
        fc.nat(),
        (log, scale, seed, pan) => {
          const npteg = 2 ** (log - 7);
          const grid = arrange(npteg, 900, 600, 1);
          const index = seed % (npteg * slotsPerPteg);
          const placement = new Placement(grid, geometryAt(scale, grid.aspect, 1), pan % 5000, pan % 3000);
          const { x, y, width, height } = placement.cellBox(index);
          assert.equal(placement.indexAt(x + width / 2, y + height / 2), index);
        },
      ),
    );
  });

  it('has no entry outside of the grid', () => {
    const grid = arrange(2048, 900, 600, 1);
    const placement = new Placement(grid, geometryAt(4, grid.aspect, 1), 0, 0);
    assert.equal(placement.indexAt(-1, 5), undefined);
    assert.equal(placement.indexAt(5, -1), undefined);
    assert.equal(placement.indexAt(1e6, 5), undefined);
    assert.equal(placement.indexAt(5, 1e6), undefined);
  });

  it('moves right through slots and PTEGs, down through half PTEGs, and stops at the edges', () => {
    const grid = { columns: 4, rows: 2, aspect: 1 };
    const placement = new Placement(grid, geometryAt(10, 1, 1), 0, 0);
    assert.equal(placement.moved(0, 1, 0), 1);
    assert.equal(placement.moved(3, 1, 0), 8);
    assert.equal(placement.moved(0, 0, 1), 4);
    assert.equal(placement.moved(4, 0, 1), 4 * slotsPerPteg);
    assert.equal(placement.moved(0, -1, -1), 0);
    assert.equal(placement.moved(63, 5, 5), 63);
    assert.equal(placement.moved(0, 1000, 0), 3 * slotsPerPteg + 3);
  });
});
