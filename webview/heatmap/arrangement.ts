// Where each HPTE is drawn. PTEGs are blocks of four by two slots, laid out row by row in a grid whose column count is a
// power of two: the whole rectangle is used, row labels are round hex numbers, and the other PTEG of a hash (the ISA's
// secondary group, the complement of the primary) is always the mirror image through the picture's centre.
// All lengths are device pixels.

import { slotsPerPteg } from '../../src/protocol';

/** Slots side by side and on top of each other in a PTEG's block. */
export const blockColumns = 4;
export const blockRows = slotsPerPteg / blockColumns;

/** The grid of PTEGs. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** A cell's height over its width. */
  readonly aspect: number;
}

/** How a picture at some scale is made. */
export interface Geometry {
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly gapX: number;
  readonly gapY: number;
  /** From one PTEG to the next. */
  readonly pitchX: number;
  readonly pitchY: number;
  /**
   * `cells`: whole pixels and patterns; `flat`: one to two pixels a cell, plain colour; `groups`: several cells a pixel,
   * drawn from the PTEG pyramid.
   */
  readonly detail: 'cells' | 'flat' | 'groups';
}

/** A rectangle in device pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Heights of a cell over its width that still look like a cell. */
const flattest = 0.6;
const tallest = 1.4;

/** A block's width and height in cells, the gap after it included. */
const blockWidth = blockColumns * 1.1;
const blockHeight = blockRows * 1.2;

/** The grid that fills a viewport best: the one with the largest cells. */
export function arrange(npteg: number, width: number, height: number, ratio: number): Grid {
  let best: Grid = { columns: npteg, rows: 1, aspect: 1 };
  let bestArea = -1;
  for (let columns = 1; columns <= npteg; columns *= 2) {
    const rows = npteg / columns;
    const ideal = height / rows / blockHeight / (width / columns / blockWidth);
    const grid = { columns, rows, aspect: Math.min(tallest, Math.max(flattest, ideal)) };
    const { pitchX, pitchY } = geometryAt(fitScale(grid, width, height, ratio), grid.aspect, ratio);
    if (pitchX * pitchY > bestArea) {
      best = grid;
      bestArea = pitchX * pitchY;
    }
  }
  return best;
}

/**
 * The geometry at a scale.
 * @param scale wanted width of a cell in device pixels; where cells have patterns, blocks have whole pixels
 * @param ratio device pixels in a CSS pixel
 */
export function geometryAt(scale: number, aspect: number, ratio: number): Geometry {
  const height = scale * aspect;
  const pitchX = Math.floor(scale * blockWidth + 1e-6);
  const pitchY = Math.floor(height * blockHeight + 1e-6);
  const [cellWidth, cellHeight] = [cellWithin(pitchX, blockColumns, ratio), cellWithin(pitchY, blockRows, ratio)];
  if (Math.min(cellWidth, cellHeight) < 2) {
    const detail = Math.min(scale, height) < 1 ? 'groups' : 'flat';
    const pitch = { pitchX: scale * blockColumns, pitchY: height * blockRows };
    return { cellWidth: scale, cellHeight: height, gapX: 0, gapY: 0, ...pitch, detail };
  }
  const gapX = pitchX - cellWidth * blockColumns;
  if (!showsPtegNumbers(cellWidth, ratio)) {
    const gapY = pitchY - cellHeight * blockRows;
    return { cellWidth, cellHeight, gapX, gapY, pitchX, pitchY, detail: 'cells' };
  }
  // Room for the PTEG's number above each block and for letters in each cell, as soon as there is any.
  const roomy = Math.max(cellHeight, Math.round(cellWidth * 0.8));
  const gapY = Math.round(18 * ratio);
  return { cellWidth, cellHeight: roomy, gapX, gapY, pitchX, pitchY: roomy * blockRows + gapY, detail: 'cells' };
}

/** The size of a cell when `count` of them share a pitch with a gap: at least a pixel of it, some 0.4 cells, not too much. */
function cellWithin(pitch: number, count: number, ratio: number): number {
  const proportional = Math.floor(pitch / (count + 0.4));
  const smallestGap = Math.floor((pitch - 1) / count);
  const largestGap = Math.floor((pitch - 10 * ratio) / count);
  return Math.max(largestGap, smallestGap < 6 ? smallestGap : proportional);
}

/** Whether blocks are wide enough to carry their number. */
export function showsPtegNumbers(cellWidth: number, ratio: number): boolean {
  return cellWidth >= 16 * ratio;
}

/** The largest scale at which the whole grid fits a viewport. */
export function fitScale(grid: Grid, width: number, height: number, ratio: number): number {
  const { columns, rows, aspect } = grid;
  const fits = (candidate: number) => {
    const { pitchX, pitchY, gapX } = geometryAt(candidate, aspect, ratio);
    return columns * pitchX - gapX <= width && rows * pitchY <= height;
  };
  const largest = Math.min(width / columns / blockColumns, height / rows / blockRows / aspect, 40 * ratio);
  for (let scale = largest; scale >= 2; scale *= 0.99) {
    if (fits(scale)) {
      return scale;
    }
  }
  return Math.min(largest, 1.99, 1.99 / aspect);
}

/** Maps between entries and places of a viewport that shows the grid from (originX, originY). */
export class Placement {
  constructor(
    readonly grid: Grid,
    readonly geometry: Geometry,
    readonly originX: number,
    readonly originY: number,
  ) {}

  /** The block of a PTEG, without its gap. */
  blockBox(pteg: number): Box {
    const { pitchX, pitchY, gapX, gapY } = this.geometry;
    return {
      x: (pteg % this.grid.columns) * pitchX - this.originX,
      y: Math.floor(pteg / this.grid.columns) * pitchY - this.originY + gapY,
      width: pitchX - gapX,
      height: pitchY - gapY,
    };
  }

  /** The cell of an HPTE. */
  cellBox(index: number): Box {
    const { cellWidth, cellHeight } = this.geometry;
    const block = this.blockBox(Math.floor(index / slotsPerPteg));
    const slot = index % slotsPerPteg;
    return {
      x: block.x + (slot % blockColumns) * cellWidth,
      y: block.y + Math.floor(slot / blockColumns) * cellHeight,
      width: cellWidth,
      height: cellHeight,
    };
  }

  /** The HPTE at a place; gaps count to their nearest cell. Undefined outside the grid. */
  indexAt(x: number, y: number): number | undefined {
    const { cellWidth, cellHeight, pitchX, pitchY, gapY } = this.geometry;
    const column = Math.floor((x + this.originX) / pitchX);
    const row = Math.floor((y + this.originY) / pitchY);
    if (column < 0 || row < 0 || column >= this.grid.columns || row >= this.grid.rows) {
      return undefined;
    }
    const inX = Math.floor((x + this.originX - column * pitchX) / cellWidth);
    const inY = Math.max(0, Math.floor((y + this.originY - row * pitchY - gapY) / cellHeight));
    const slot = Math.min(inY, blockRows - 1) * blockColumns + Math.min(inX, blockColumns - 1);
    return (row * this.grid.columns + column) * slotsPerPteg + slot;
  }

  /** The entry that many cells to the right and down, stopping at the grid's edge. */
  moved(index: number, right: number, down: number): number {
    const pteg = Math.floor(index / slotsPerPteg);
    const slot = index % slotsPerPteg;
    const clamp = (value: number, count: number) => Math.min(count - 1, Math.max(0, value));
    const x = clamp(
      (pteg % this.grid.columns) * blockColumns + (slot % blockColumns) + right,
      this.grid.columns * blockColumns,
    );
    const y = clamp(
      Math.floor(pteg / this.grid.columns) * blockRows + Math.floor(slot / blockColumns) + down,
      this.grid.rows * blockRows,
    );
    const movedPteg = Math.floor(y / blockRows) * this.grid.columns + Math.floor(x / blockColumns);
    return movedPteg * slotsPerPteg + (y % blockRows) * blockColumns + (x % blockColumns);
  }
}
