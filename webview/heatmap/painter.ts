// What the two painters have in common. A painter fills a canvas with the cells of a viewport; everything that lies over
// them (cursor, outlines, labels) is overlay.ts.

import type { Placement } from './arrangement';
import { blockColumns, blockRows } from './arrangement';
import type { Cells, Level } from './cells';
import type { Palette } from './palette';

/** One picture. */
export interface Scene {
  readonly cells: Cells;
  readonly placement: Placement;
  readonly palette: Palette;
}

export interface Painter {
  readonly kind: 'webgl2' | 'canvas';
  /** Paints a scene over the whole canvas, whose size is the viewport in device pixels. */
  paint(scene: Scene): void;
}

/** The level of the pyramid whose texels are at least a pixel in both directions, and the texels' size in pixels. */
export function levelFor(
  { levels }: Cells,
  { geometry }: Placement,
): { k: number; level: Level; width: number; height: number } {
  let k = 0;
  let width = geometry.cellWidth * blockColumns;
  let height = geometry.cellHeight * blockRows;
  while (k < levels.length - 1 && Math.min(width, height) < 1) {
    k++;
    width *= 2;
    height *= 2;
  }
  return { k, level: levels[k] ?? { columns: 1, rows: 1, texels: new Uint32Array(1) }, width, height };
}

/** How strongly a group shows that holds something, at least: a single entry must be seen among thousands. */
export const faintest = 0.42;
