// What lies over the cells: row and column labels, PTEG numbers, the outlines of what just changed, the rmap ring of the
// entry under the cursor, the mirrored PTEG of its hash, and the cursor. All lengths are device pixels.

import { slotsPerPteg } from '../../src/protocol';
import { cssColour } from '../common/theme';
import { type Box, type Placement, showsPtegNumbers } from './arrangement';
import type { Palette } from './palette';

/** What is drawn over the cells. */
export interface OverlayScene {
  readonly placement: Placement;
  readonly palette: Palette;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  /** The cells' viewport within the overlay. */
  readonly viewport: Box;
  readonly cursor: number;
  readonly focused: boolean;
  readonly outlined: readonly number[];
  /** The HPTEs of the cursor's rmap ring, head first. */
  readonly ring: readonly number[];
}

/** Draws the overlay over its whole canvas. */
export function drawOverlay(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  const { canvas } = context;
  const { viewport } = scene;
  context.clearRect(0, 0, canvas.width, canvas.height);
  drawRowLabels(context, scene);
  drawColumnLabels(context, scene);
  context.save();
  context.beginPath();
  // A little wider than the viewport: frames around cells at its edge are whole.
  const edge = 7 * scene.ratio;
  context.rect(viewport.x - edge, viewport.y - edge, viewport.width + 2 * edge, viewport.height + 2 * edge);
  context.clip();
  context.translate(viewport.x, viewport.y);
  drawPtegNumbers(context, scene);
  drawHashPair(context, scene);
  drawRing(context, scene);
  drawChanged(context, scene);
  drawCursor(context, scene);
  context.restore();
}

/** Digits of the table's largest PTEG number. */
function ptegDigits({ placement: { grid } }: OverlayScene): number {
  return Math.max(1, (grid.columns * grid.rows - 1).toString(16).length);
}

/** How many rows (or columns) lie between two labels: the smallest power of two that leaves them room. */
function labelStep(pitch: number, room: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(room / pitch)));
}

function drawRowLabels(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  const { placement, palette, ratio, viewport, cursor } = scene;
  const { grid, geometry, originY } = placement;
  const step = labelStep(geometry.pitchY, 17 * ratio);
  const cursorRow = Math.floor(cursor / slotsPerPteg / grid.columns);
  context.font = `${11 * ratio}px ${palette.font}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const first = Math.max(0, Math.floor(originY / geometry.pitchY / step) * step);
  for (let row = first; row < grid.rows; row += step) {
    const middle = row * geometry.pitchY - originY + geometry.gapY + Math.min(geometry.cellHeight, 6 * ratio);
    if (middle > viewport.height) {
      break;
    }
    if (middle >= 0) {
      const here = cursorRow >= row && cursorRow < row + step;
      context.fillStyle = cssColour(here ? palette.foreground : palette.muted);
      const label = (row * grid.columns).toString(16).padStart(ptegDigits(scene), '0');
      context.fillText(label, viewport.x - 7 * ratio, viewport.y + middle);
    }
  }
}

function drawColumnLabels(
  context: CanvasRenderingContext2D,
  { placement, palette, ratio, viewport, cursor }: OverlayScene,
): void {
  const { grid, geometry, originX } = placement;
  const step = labelStep(geometry.pitchX, 34 * ratio);
  const cursorColumn = Math.floor(cursor / slotsPerPteg) % grid.columns;
  context.textAlign = 'left';
  const first = Math.max(0, Math.floor(originX / geometry.pitchX / step) * step);
  for (let column = first; column < grid.columns; column += step) {
    const left = column * geometry.pitchX - originX;
    if (left > viewport.width) {
      break;
    }
    if (left >= 0) {
      const here = cursorColumn >= column && cursorColumn < column + step;
      context.fillStyle = cssColour(here ? palette.foreground : palette.muted);
      context.fillText(`+${column.toString(16)}`, viewport.x + left, viewport.y - 9 * ratio);
    }
  }
}

function drawPtegNumbers(context: CanvasRenderingContext2D, scene: OverlayScene): void {
  const { placement, palette, ratio, viewport, cursor } = scene;
  const { grid, geometry } = placement;
  if (geometry.detail !== 'cells' || !showsPtegNumbers(geometry.cellWidth, ratio)) {
    return;
  }
  const digits = ptegDigits(scene);
  const cursorPteg = Math.floor(cursor / slotsPerPteg);
  context.font = `${11 * ratio}px ${palette.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  const left = Math.max(0, Math.floor(placement.originX / geometry.pitchX));
  const top = Math.max(0, Math.floor(placement.originY / geometry.pitchY));
  for (let row = top; row < grid.rows && row * geometry.pitchY < placement.originY + viewport.height; row++) {
    for (let column = left; column < grid.columns; column++) {
      const pteg = row * grid.columns + column;
      const box = placement.blockBox(pteg);
      if (box.x > viewport.width) {
        break;
      }
      context.fillStyle = cssColour(pteg === cursorPteg ? palette.foreground : palette.muted);
      if (box.x < 0) {
        continue; // half a number would mislead
      }
      context.fillText(`0x${pteg.toString(16).padStart(digits, '0')}`, box.x, box.y - 4 * ratio);
    }
  }
}

/** Brackets around the cursor's PTEG, and dashed around the other PTEG of its hash: its mirror image. */
function drawHashPair(context: CanvasRenderingContext2D, { placement, palette, ratio, cursor }: OverlayScene): void {
  const pteg = Math.floor(cursor / slotsPerPteg);
  const mirror = placement.grid.columns * placement.grid.rows - 1 - pteg;
  context.strokeStyle = cssColour(palette.foreground, 0.55);
  context.lineWidth = ratio;
  strokeAround(context, atLeast(placement.blockBox(pteg), 9 * ratio), 2 * ratio);
  context.setLineDash([3 * ratio, 3 * ratio]);
  strokeAround(context, atLeast(placement.blockBox(mirror), 9 * ratio), 2 * ratio);
  context.setLineDash([]);
}

/** The rmap ring: a closed line through its entries in ring order, a disc at the head. */
function drawRing(context: CanvasRenderingContext2D, { placement, palette, ratio, ring }: OverlayScene): void {
  const [head] = ring;
  if (head === undefined || ring.length < 2) {
    return;
  }
  const centres = ring.slice(0, 256).map((index) => centre(placement.cellBox(index)));
  const draw = () => {
    context.beginPath();
    for (const [at, from] of centres.entries()) {
      const to = centres[(at + 1) % centres.length] ?? from;
      // Bent to one side, so that there and back are two lines.
      const distance = Math.hypot(to.x - from.x, to.y - from.y) || 1;
      const bend = Math.max(0.12, Math.min(0.5, (22 * ratio) / distance));
      context.moveTo(from.x, from.y);
      context.quadraticCurveTo(
        (from.x + to.x) / 2 - (to.y - from.y) * bend,
        (from.y + to.y) / 2 + (to.x - from.x) * bend,
        to.x,
        to.y,
      );
    }
    context.stroke();
  };
  twice(context, palette, 1.5 * ratio, cssColour(palette.foreground, 0.85), draw);
  const start = centre(placement.cellBox(head));
  context.beginPath();
  context.arc(start.x, start.y, 3.5 * ratio, 0, 2 * Math.PI);
  context.fillStyle = cssColour(palette.foreground);
  context.fill();
}

function drawChanged(
  context: CanvasRenderingContext2D,
  { placement, palette, ratio, outlined, viewport }: OverlayScene,
): void {
  const colour = cssColour(palette.changed);
  for (const index of outlined) {
    const cell = placement.cellBox(index);
    const box = atLeast(cell, 9 * ratio);
    if (box.x > viewport.width || box.y > viewport.height || box.x + box.width < 0 || box.y + box.height < 0) {
      continue;
    }
    const small = box !== cell;
    twice(context, palette, (small ? 1.5 : 2) * ratio, colour, () => {
      context.beginPath();
      if (small) {
        context.arc(box.x + box.width / 2, box.y + box.height / 2, box.width / 2 + ratio, 0, 2 * Math.PI);
      } else {
        context.roundRect(box.x - ratio, box.y - ratio, box.width + ratio, box.height + ratio, 3 * ratio);
      }
      context.stroke();
    });
  }
}

function drawCursor(
  context: CanvasRenderingContext2D,
  { placement, palette, ratio, cursor, focused }: OverlayScene,
): void {
  const cell = placement.cellBox(cursor);
  const box = atLeast(cell, 7 * ratio);
  const colour = cssColour(focused ? palette.focus : palette.foreground);
  // Outside of the outline that marks a change.
  const distance = (box === cell ? 4 : 2) * ratio;
  twice(context, palette, 2 * ratio, colour, () => strokeAround(context, box, distance));
  if (box !== cell) {
    // Hair lines lead the eye to a cell that is smaller than its frame.
    twice(context, palette, 1.5 * ratio, colour, () => {
      const { x, y } = centre(box);
      const [inner, outer] = [box.width / 2 + 4 * ratio, box.width / 2 + 10 * ratio];
      context.beginPath();
      for (const [dx, dy] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const) {
        context.moveTo(x + dx * inner, y + dy * inner);
        context.lineTo(x + dx * outer, y + dy * outer);
      }
      context.stroke();
    });
  }
}

/** Strokes in the background's colour, wider, and then in the colour itself: seen on any cell. */
function twice(
  context: CanvasRenderingContext2D,
  palette: Palette,
  width: number,
  colour: string,
  draw: () => void,
): void {
  context.strokeStyle = cssColour(palette.background, 0.85);
  context.lineWidth = width * 2.2;
  draw();
  context.strokeStyle = colour;
  context.lineWidth = width;
  draw();
}

function strokeAround(context: CanvasRenderingContext2D, box: Box, distance: number): void {
  const out = distance - context.lineWidth / 2;
  context.strokeRect(box.x - out, box.y - out, box.width + 2 * out, box.height + 2 * out);
}

function centre({ x, y, width, height }: Box): { x: number; y: number } {
  return { x: x + width / 2, y: y + height / 2 };
}

/** The box itself, or one of that size around its centre when it is smaller. */
function atLeast(box: Box, size: number): Box {
  if (box.width >= size && box.height >= size) {
    return box;
  }
  const { x, y } = centre(box);
  const [width, height] = [Math.max(size, box.width), Math.max(size, box.height)];
  return { x: x - width / 2, y: y - height / 2, width, height };
}
