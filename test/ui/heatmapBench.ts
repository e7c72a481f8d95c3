// Measures the heatmap's painters inside a page: runs in Chromium, started by scripts/bench/heatmap.mjs.

import { arrange, fitScale, geometryAt, Placement } from '../../webview/heatmap/arrangement';
import { CanvasPainter } from '../../webview/heatmap/canvasPainter';
import { Cells, categories } from '../../webview/heatmap/cells';
import { GlPainter } from '../../webview/heatmap/glPainter';
import type { Painter } from '../../webview/heatmap/painter';
import { readPalette } from '../../webview/heatmap/palette';
import { MadeUpSource } from './heatmapSource';

/** Median milliseconds of each piece of work. */
export interface PaintTimes {
  readonly painter: string;
  readonly cells: number;
  readonly load: number;
  readonly recolourAndDraw: number;
  readonly step: number;
  readonly pan: number;
  readonly near: number;
}

export interface PaintBench {
  readonly order: number;
  readonly painter: Painter['kind'];
  readonly width: number;
  readonly height: number;
  readonly runs: number;
}

/** Measures one painter over one table. */
export function measure({ order, painter: kind, width, height, runs }: PaintBench): PaintTimes {
  const source = new MadeUpSource({ order, fill: 0.3 });
  const { npteg } = source.table;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const painter = kind === 'webgl2' ? GlPainter.create(canvas, npteg * 8, true) : new CanvasPainter(canvas);
  if (!painter) {
    throw new Error('WebGL2 cannot draw this table here.');
  }
  const grid = arrange(npteg, width, height, 1);
  const fitted = fitScale(grid, width, height, 1);
  const bytes = source.cells(0, npteg * 8);
  let cells = new Cells(npteg);
  const load = median(Math.min(runs, 5), () => {
    cells = new Cells(npteg);
    cells.arrange(grid.columns);
    cells.write(0, bytes);
  });
  const shown = new Set(categories);
  let palette = readPalette(shown);
  const paint = (scale: number, x: number, y: number) => {
    painter.paint({ cells, palette, placement: new Placement(grid, geometryAt(scale, grid.aspect, 1), x, y) });
    finish(canvas);
  };
  paint(fitted, 0, 0);
  return {
    painter: kind,
    cells: npteg * 8,
    load,
    recolourAndDraw: median(runs, () => {
      palette = readPalette(shown);
      paint(fitted, 0, 0);
    }),
    step: median(runs, (run) => {
      const at = (run * 7919 * 61) % (npteg * 8);
      cells.write(at, Uint8Array.of((cells.bytes[at] ?? 0) ^ 3));
      paint(fitted, 0, 0);
    }),
    pan: median(runs, (run) => paint(fitted * 3, run * 3, run * 2)),
    near: median(runs, (run) => paint(24, 5000 + run, 3000 + run)),
  };
}

/** Waits until the pixels are there. */
function finish(canvas: HTMLCanvasElement): void {
  const gl = canvas.getContext('webgl2');
  gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

function median(runs: number, work: (run: number) => void): number {
  const times = Array.from({ length: runs }, (_, run) => {
    const start = performance.now();
    work(run);
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[runs >> 1] ?? Number.NaN;
}

/** Frames that the page really shows in a second while it is zoomed or panned in every frame. */
export async function framesPerSecond(act: 'zoom' | 'pan'): Promise<number> {
  const overlay = document.querySelector('.map > .overlay');
  const box = overlay?.getBoundingClientRect() ?? new DOMRect();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  const frame = () => new Promise<number>((shown) => requestAnimationFrame(shown));
  let frames = 0;
  const start = await frame();
  for (let now = start; now - start < 2000; now = await frame(), frames++) {
    const back = frames % 60 >= 30 ? -1 : 1;
    const wheel = act === 'zoom' ? { deltaY: -60 * back } : { deltaX: 20 * back, deltaY: 0 };
    overlay?.dispatchEvent(new WheelEvent('wheel', { ...wheel, ...at, cancelable: true }));
  }
  return frames / 2;
}
