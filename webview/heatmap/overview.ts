// The overview in the map's corner while it is zoomed in: the whole table, and a frame around what is seen.

import { element } from '../common/controls';
import { cssColour } from '../common/theme';
import { blockColumns, blockRows, geometryAt, Placement } from './arrangement';
import { CanvasPainter } from './canvasPainter';
import type { Scene } from './painter';

/** CSS pixels of the longer sides. */
const most = { width: 150, height: 110 };

export class Overview {
  readonly element = element('div', 'overview');
  private readonly canvas = element('canvas');
  private readonly frame = element('canvas');
  private readonly painter = new CanvasPainter(this.canvas);
  private placement: Placement | undefined;
  private shown = false;

  /** @param centreOn called with the PTEG that was clicked or dragged over */
  constructor(centreOn: (pteg: number) => void) {
    this.element.append(this.canvas, this.frame);
    this.element.setAttribute('aria-hidden', 'true');
    this.element.hidden = true;
    const follow = (event: PointerEvent) => {
      const box = this.canvas.getBoundingClientRect();
      if (event.buttons & 1 && this.placement) {
        const { columns, rows } = this.placement.grid;
        const at = (share: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
        const column = at((event.clientX - box.left) / box.width, columns);
        centreOn(at((event.clientY - box.top) / box.height, rows) * columns + column);
      }
    };
    this.element.addEventListener('pointerdown', (event) => {
      this.element.setPointerCapture(event.pointerId);
      follow(event);
    });
    this.element.addEventListener('pointermove', follow);
  }

  show(shown: boolean): void {
    this.shown = shown;
    this.element.hidden = !shown;
  }

  /** Paints the table of a scene, and the frame of its viewport. */
  paint(scene: Scene, viewportWidth: number, viewportHeight: number): void {
    if (!this.shown) {
      return;
    }
    const { cells, palette } = scene;
    const { grid, geometry, originX, originY } = scene.placement;
    const ratio = window.devicePixelRatio;
    const acrossCells = grid.columns * blockColumns;
    const downCells = grid.rows * blockRows * grid.aspect;
    // Never two pixels a cell: patterns and gaps would say nothing at this size.
    const scale = Math.min(
      (most.width * ratio) / acrossCells,
      (most.height * ratio) / downCells,
      1.99,
      1.99 / grid.aspect,
    );
    const width = Math.max(8, Math.round(acrossCells * scale));
    const height = Math.max(8, Math.round(downCells * scale));
    for (const canvas of [this.canvas, this.frame]) {
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        canvas.style.width = `${width / ratio}px`;
        canvas.style.height = `${height / ratio}px`;
      }
    }
    this.placement = new Placement(grid, geometryAt(scale, grid.aspect, ratio), 0, 0);
    this.painter.paint({ cells, palette, placement: this.placement });
    const context = this.frame.getContext('2d');
    if (!context) {
      return;
    }
    const x = (originX / geometry.pitchX / grid.columns) * width;
    const y = (originY / geometry.pitchY / grid.rows) * height;
    const seenX = Math.max(4, (viewportWidth / geometry.pitchX / grid.columns) * width);
    const seenY = Math.max(4, (viewportHeight / geometry.pitchY / grid.rows) * height);
    context.clearRect(0, 0, width, height);
    context.fillStyle = cssColour(palette.background, 0.3);
    context.fillRect(0, 0, width, height);
    context.clearRect(x, y, seenX, seenY);
    context.strokeStyle = cssColour(palette.foreground);
    context.lineWidth = ratio;
    context.strokeRect(
      x + ratio / 2,
      y + ratio / 2,
      Math.min(seenX, width - x) - ratio,
      Math.min(seenY, height - y) - ratio,
    );
  }
}
