// The map: the canvas of cells with its overlay and overview, zoomed and panned by mouse and keys, with a cell cursor.
// It draws what it is given and says where the cursor went; it asks the extension nothing.

import { slotsPerPteg } from '../../src/protocol';
import { element } from '../common/controls';
import { l10n } from '../common/texts';
import { arrange, fitScale, type Grid, geometryAt, Placement } from './arrangement';
import { CanvasPainter } from './canvasPainter';
import { Cells } from './cells';
import { GlPainter } from './glPainter';
import { keyAction } from './keys';
import { drawOverlay } from './overlay';
import { Overview } from './overview';
import type { Painter } from './painter';
import type { Palette } from './palette';

/** What part of the table is seen: kept over reloads. */
export interface MapView {
  /** Width of a cell in CSS pixels; 0 for the whole table, which stays fitted when the panel's size changes. */
  readonly scale: number;
  /** The PTEG in the viewport's middle. */
  readonly centre: number;
}

/** The view that shows all. */
export const wholeTable: MapView = { scale: 0, centre: 0 };

export interface MapEvents {
  /** The person moved the cursor. */
  cursorMoved(index: number): void;
  /** The person asked to see the entry under the cursor elsewhere. */
  revealed(index: number): void;
  /** The pointer is over an entry, or over none. */
  hovered(index: number | undefined): void;
  viewChanged(): void;
  /** A key that is not the map's own business. */
  keyed(action: 'goTo' | 'nextEntry' | 'previousEntry' | 'nextChanged'): void;
}

const gutterLeft = 58;
const gutterTop = 20;
const margin = 6;

export class HeatmapMap {
  readonly element = element('div', 'map');
  private readonly overlay = element('canvas', 'overlay');
  private canvas = element('canvas', 'cells');
  private painter: Painter;
  private readonly overview: Overview;
  private cells = new Cells(1);
  private grid: Grid = { columns: 1, rows: 1, aspect: 1 };
  private placement = new Placement(this.grid, geometryAt(1, 1, 1), 0, 0);
  private scale = 1;
  private fitted = 1;
  /** What to show once the size is known. */
  private wanted: MapView | undefined = wholeTable;
  private cursorIndex = 0;
  private outlined: readonly number[] = [];
  private ring: readonly number[] = [];
  private painting = 0;
  private ratio = 1;

  constructor(
    private palette: Palette,
    private readonly events: MapEvents,
  ) {
    this.painter = this.createPainter();
    this.overview = new Overview((pteg) => this.centreOn(pteg));
    this.element.append(this.canvas, this.overlay, this.overview.element);
    this.element.tabIndex = 0;
    this.element.setAttribute('role', 'application');
    this.element.setAttribute('aria-roledescription', l10n.t('heatmap'));
    this.element.setAttribute('aria-label', l10n.t('Hashed page table: a cell for each HPTE'));
    new ResizeObserver(() => this.resize()).observe(this.element);
    this.listen();
  }

  get cursor(): number {
    return this.cursorIndex;
  }

  get view(): MapView {
    return { scale: this.scale <= this.fitted ? 0 : this.scale / this.ratio, centre: this.centrePteg() };
  }

  /** Shows another table. */
  setCells(cells: Cells, cursor: number, view: MapView): void {
    this.cells = cells;
    this.cursorIndex = Math.min(cursor, cells.bytes.length - 1);
    this.outlined = [];
    this.ring = [];
    this.wanted = view;
    this.replacePainter();
    this.resize();
  }

  /** Cells, colours or marks changed: paint again. */
  update(changes: { palette?: Palette; outlined?: readonly number[]; ring?: readonly number[] } = {}): void {
    this.palette = changes.palette ?? this.palette;
    this.outlined = changes.outlined ?? this.outlined;
    this.ring = changes.ring ?? this.ring;
    this.repaint();
  }

  /** Moves the cursor, and the picture when the cursor would be out of sight. */
  setCursor(index: number): void {
    this.cursorIndex = index;
    const { x, y, width, height } = this.placement.cellBox(index);
    const slack = 24 * this.ratio;
    const right = x + width + slack - this.canvas.width;
    const bottom = y + height + slack - this.canvas.height;
    const panX = x < slack ? x - slack : Math.max(0, right);
    const panY = y < slack ? y - slack : Math.max(0, bottom);
    this.look(this.scale, this.placement.originX + panX, this.placement.originY + panY);
  }

  /** Zooms in so far that an entry's PTEG can be read, with the entry in the middle. */
  zoomTo(index: number): void {
    this.cursorIndex = index;
    this.zoomAround(Math.max(this.scale, 28 * this.ratio), this.canvas.width / 2, this.canvas.height / 2);
    this.centreOn(Math.floor(index / slotsPerPteg));
  }

  /** Whether an entry lies in the viewport. */
  sees(index: number): boolean {
    const { x, y, width, height } = this.placement.cellBox(index);
    return x + width > 0 && y + height > 0 && x < this.canvas.width && y < this.canvas.height;
  }

  fit(): void {
    this.look(this.fitted, 0, 0);
  }

  /** Zooms around the cursor when it is in sight, else around the middle. */
  zoomBy(factor: number): void {
    const { x, y, width, height } = this.placement.cellBox(this.cursorIndex);
    const seen = this.sees(this.cursorIndex);
    const [aroundX, aroundY] = seen ? [x + width / 2, y + height / 2] : [this.canvas.width / 2, this.canvas.height / 2];
    this.zoomAround(this.scale * factor, aroundX, aroundY);
  }

  /** WebGL2 on a graphics processor, else the processor. `data-painter` on the document element chooses, for tests. */
  private createPainter(): Painter {
    const { painter: chosen } = document.documentElement.dataset;
    const gl =
      chosen === 'canvas' ? undefined : GlPainter.create(this.canvas, this.cells.bytes.length, chosen === 'webgl2');
    if (gl) {
      this.canvas.addEventListener('webglcontextlost', () => this.replacePainter(true), { once: true });
      return gl;
    }
    this.replaceCanvas(); // the refused canvas may belong to WebGL already
    return new CanvasPainter(this.canvas);
  }

  /** A painter for the present table: another table may be too large for the graphics processor, or fit again. */
  private replacePainter(lost = false): void {
    this.replaceCanvas();
    this.painter = lost ? new CanvasPainter(this.canvas) : this.createPainter();
    this.repaint();
  }

  private replaceCanvas(): void {
    const { width, height } = this.canvas;
    const fresh = element('canvas', 'cells');
    fresh.width = width;
    fresh.height = height;
    fresh.style.width = this.canvas.style.width;
    fresh.style.height = this.canvas.style.height;
    this.canvas.replaceWith(fresh);
    this.canvas = fresh;
  }

  /** The panel has another size: arrange the grid anew and keep the middle where it was. */
  private resize(): void {
    const ratio = window.devicePixelRatio;
    const { clientWidth, clientHeight } = this.element;
    if (clientWidth < gutterLeft + 40 || clientHeight < gutterTop + 40) {
      return;
    }
    const keep = this.wanted ?? this.view;
    const middle = this.wanted === undefined ? this.middle() : undefined;
    const { columns } = this.grid;
    this.wanted = undefined;
    this.ratio = ratio;
    this.overlay.width = Math.round(clientWidth * ratio);
    this.overlay.height = Math.round(clientHeight * ratio);
    this.canvas.width = Math.round((clientWidth - gutterLeft - margin) * ratio);
    this.canvas.height = Math.round((clientHeight - gutterTop - margin) * ratio);
    this.canvas.style.width = `${this.canvas.width / ratio}px`;
    this.canvas.style.height = `${this.canvas.height / ratio}px`;
    this.grid = arrange(this.cells.npteg, this.canvas.width, this.canvas.height, ratio);
    this.cells.arrange(this.grid.columns);
    this.fitted = fitScale(this.grid, this.canvas.width, this.canvas.height, ratio);
    if (middle && this.grid.columns === columns) {
      this.showMiddle(keep.scale * ratio, middle);
    } else {
      this.look(keep.scale * ratio, 0, 0);
      this.centreOn(keep.centre);
    }
  }

  /** What stands in the middle: blocks from the left and from the top, with their fractions. */
  private middle(): { readonly column: number; readonly row: number } {
    const { geometry, originX, originY } = this.placement;
    return {
      column: (originX + this.canvas.width / 2) / geometry.pitchX,
      row: (originY + this.canvas.height / 2) / geometry.pitchY,
    };
  }

  private showMiddle(scale: number, { column, row }: { readonly column: number; readonly row: number }): void {
    const { pitchX, pitchY } = geometryAt(this.possible(scale), this.grid.aspect, this.ratio);
    this.look(scale, column * pitchX - this.canvas.width / 2, row * pitchY - this.canvas.height / 2);
  }

  /** Shows the grid at a scale from an origin, as far as both are possible. */
  private look(scale: number, originX: number, originY: number): void {
    this.scale = this.possible(scale);
    const geometry = geometryAt(this.scale, this.grid.aspect, this.ratio);
    const { width, height } = this.canvas;
    const contentX = this.grid.columns * geometry.pitchX - geometry.gapX;
    const contentY = this.grid.rows * geometry.pitchY;
    const x = Math.round(Math.max(0, Math.min(originX, contentX - width)));
    const y = Math.round(Math.max(0, Math.min(originY, contentY - height)));
    this.placement = new Placement(this.grid, geometry, x, y);
    this.overview.show(this.scale > this.fitted * 1.01);
    this.repaint();
    this.events.viewChanged();
  }

  /** A scale between the whole table and cells of a finger's width. */
  private possible(scale: number): number {
    return Math.min(Math.max(44 * this.ratio, this.fitted), Math.max(this.fitted, scale));
  }

  private zoomAround(scale: number, x: number, y: number): void {
    const { geometry, originX, originY } = this.placement;
    const column = (x + originX) / geometry.pitchX;
    const row = (y + originY) / geometry.pitchY;
    const next = geometryAt(this.possible(scale), this.grid.aspect, this.ratio);
    this.look(scale, column * next.pitchX - x, row * next.pitchY - y);
  }

  private centrePteg(): number {
    const { columns, rows } = this.grid;
    const { column, row } = this.middle();
    const at = (place: number, most: number) => Math.min(most - 1, Math.max(0, Math.floor(place)));
    return at(row, rows) * columns + at(column, columns);
  }

  private centreOn(pteg: number): void {
    const { geometry, originX, originY } = this.placement;
    const box = this.placement.blockBox(Math.min(pteg, this.cells.npteg - 1));
    const x = originX + box.x + box.width / 2 - this.canvas.width / 2;
    const y = originY + box.y + (box.height - geometry.gapY) / 2 - this.canvas.height / 2;
    this.look(this.scale, x, y);
  }

  private repaint(): void {
    this.element.ariaBusy = 'true';
    this.painting ||= requestAnimationFrame(() => this.paint());
  }

  private paint(): void {
    cancelAnimationFrame(this.painting);
    this.painting = 0;
    if (this.cells.levels.length === 0 || this.canvas.width === 0) {
      return;
    }
    const { cells, placement, palette } = this;
    this.painter.paint({ cells, placement, palette });
    const context = this.overlay.getContext('2d');
    if (context) {
      drawOverlay(context, {
        placement,
        palette,
        ratio: this.ratio,
        viewport: {
          x: Math.round(gutterLeft * this.ratio),
          y: Math.round(gutterTop * this.ratio),
          width: this.canvas.width,
          height: this.canvas.height,
        },
        cursor: this.cursorIndex,
        focused: document.activeElement === this.element,
        outlined: this.outlined,
        ring: this.ring,
      });
    }
    this.overview.paint({ cells, placement, palette }, this.canvas.width, this.canvas.height);
    this.element.ariaBusy = 'false';
  }

  /** The place of a mouse event in the viewport, in device pixels. */
  private placeOf(event: MouseEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) * this.ratio, y: (event.clientY - box.top) * this.ratio };
  }

  private listen(): void {
    const { overlay } = this;
    this.element.addEventListener('keydown', (event) => this.key(event));
    this.element.addEventListener('focus', () => this.repaint());
    this.element.addEventListener('blur', () => this.repaint());
    overlay.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    overlay.addEventListener('pointerdown', (event) => this.press(event));
    overlay.addEventListener('pointermove', (event) => {
      const { x, y } = this.placeOf(event);
      this.events.hovered(this.placement.indexAt(x, y));
    });
    overlay.addEventListener('pointerleave', () => this.events.hovered(undefined));
    overlay.addEventListener('dblclick', () => this.events.revealed(this.cursorIndex));
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { originX, originY } = this.placement;
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 18 : 1;
    const [across, down] = [event.deltaX * pixels * this.ratio, event.deltaY * pixels * this.ratio];
    if (event.shiftKey || Math.abs(across) > Math.abs(down)) {
      const sideways = event.shiftKey && across === 0 ? [down, 0] : [across, down];
      this.look(this.scale, originX + (sideways[0] ?? 0), originY + (sideways[1] ?? 0));
      return;
    }
    const { x, y } = this.placeOf(event);
    this.zoomAround(this.scale * Math.exp((-event.deltaY * pixels) / 500), x, y);
  }

  /** A press is a click that moves the cursor, or, once the pointer moves, a drag that pans. */
  private press(event: PointerEvent): void {
    if (event.button !== 0) {
      return;
    }
    const { overlay } = this;
    const { originX, originY } = this.placement;
    let dragged = false;
    const moved = (move: PointerEvent) => {
      const [x, y] = [move.clientX - event.clientX, move.clientY - event.clientY];
      dragged ||= Math.hypot(x, y) > 3;
      if (dragged) {
        this.element.classList.add('dragged');
        this.look(this.scale, originX - x * this.ratio, originY - y * this.ratio);
      }
    };
    const released = (up: PointerEvent) => {
      overlay.removeEventListener('pointermove', moved);
      this.element.classList.remove('dragged');
      const { x, y } = this.placeOf(up);
      const index = this.placement.indexAt(x, y);
      if (!dragged && up.type === 'pointerup' && index !== undefined) {
        this.moveCursor(index);
      }
    };
    overlay.setPointerCapture(event.pointerId);
    overlay.addEventListener('pointermove', moved);
    overlay.addEventListener('lostpointercapture', () => overlay.removeEventListener('pointerup', released), {
      once: true,
    });
    overlay.addEventListener('pointerup', released, { once: true });
    overlay.addEventListener('pointercancel', released, { once: true });
    this.element.focus();
  }

  private moveCursor(index: number): void {
    this.setCursor(index);
    this.events.cursorMoved(index);
  }

  private key(event: KeyboardEvent): void {
    const action = keyAction(event);
    if (!action) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const { placement, cursorIndex, grid } = this;
    const page = Math.max(1, Math.floor(this.canvas.height / placement.geometry.pitchY) * 2);
    switch (action.kind) {
      case 'move':
        this.moveCursor(placement.moved(cursorIndex, action.right, action.down));
        break;
      case 'page':
        this.moveCursor(placement.moved(cursorIndex, 0, action.pages * page));
        break;
      case 'rowEnd':
        this.moveCursor(placement.moved(cursorIndex, action.to * grid.columns * slotsPerPteg, 0));
        break;
      case 'tableEnd':
        this.moveCursor(action.to < 0 ? 0 : this.cells.bytes.length - 1);
        break;
      case 'zoom':
        this.zoomBy(action.factor);
        break;
      case 'fit':
        this.fit();
        break;
      case 'zoomToCursor':
        this.zoomTo(cursorIndex);
        break;
      case 'reveal':
        this.events.revealed(cursorIndex);
        break;
      case 'other':
        this.events.keyed(action.name);
        break;
    }
  }
}
