// The heatmap's colours, from the theme, and what a cell looks like: a colour and a shape of its own for each category,
// so that nothing is told by colour alone. Both painters use these pictures.

import { cellFlag } from '../../src/protocol';
import { blend, cssColour, isHighContrast, type Rgba, themeColour, themeValue } from '../common/theme';
import { type Category, categories, categoryOfCell } from './cells';

/** What the picture's colours are when a theme (or a bare browser) does not set them: those of the dark theme. */
const defaults: Record<Category | 'changed', string> = {
  free: '#2b2d31',
  valid: '#3f9bd8',
  bolted: '#2fae8f',
  absent: '#f0a13a',
  mmio: '#b184e8',
  unknown: '#858a94',
  assumed: '#d5cf6d',
  changed: '#ff5fc4',
};

/** How much a category stands out where several cells share a pixel: what is rare and matters wins over what is common. */
export const emphasis: Record<Category, number> = {
  free: 0,
  valid: 1,
  bolted: 2,
  absent: 3,
  mmio: 2,
  unknown: 1,
  assumed: 1,
};

/** The colours of one moment: theme and legend filter together. */
export interface Palette {
  readonly background: Rgba;
  readonly foreground: Rgba;
  readonly muted: Rgba;
  readonly focus: Rgba;
  readonly changed: Rgba;
  /** By category, whether shown or not. */
  readonly colours: Readonly<Record<Category, Rgba>>;
  /** Whether the legend shows a category, in the order of `categories`. */
  readonly shown: readonly boolean[];
  /** A cell that the legend hides. */
  readonly hidden: Rgba;
  readonly highContrast: boolean;
  readonly font: string;
}

/** Reads the theme. */
export function readPalette(shown: ReadonlySet<Category>): Palette {
  const background = themeColour('editor-background', '#1e1e1e');
  const foreground = themeColour('editor-foreground', '#d4d4d4');
  const colours = Object.fromEntries(
    categories.map((name) => [name, blend(themeColour(`hptscope-${name}`, defaults[name]), background)]),
  ) as Record<Category, Rgba>;
  return {
    background,
    foreground,
    muted: blend(themeColour('editorLineNumber-foreground', '#858585'), background),
    focus: themeColour('focusBorder', '#007fd4'),
    changed: themeColour('hptscope-changed', defaults.changed),
    colours,
    shown: categories.map((name) => shown.has(name)),
    hidden: blend(colours.free, background, 0.45),
    highContrast: isHighContrast(),
    font: themeValue('editor-font-family', 'monospace'),
  };
}

/**
 * The alpha of a pixel that stands for something unknown and is to be hatched by the painter, because its cell is too
 * small for a pattern of its own. Canvases are opaque: nobody sees the difference to 255.
 */
export const hatchedAlpha = 254;

/**
 * The hatching's period, down and across, and how wide its stripes are, in CSS pixels; and how near the stripes' colour is to the
 * background, so that they are dark in a dark theme and light in a light one.
 */
export const hatch = { period: 6, stripe: 2.5, fading: 0.6 };

/** The plain colour of each cell byte, as pixels of an ImageData (little-endian: alpha highest). */
export function flatColours({ colours, shown, hidden }: Palette): Uint32Array {
  const pixels = categories.map((name, at) => {
    const hatched = name === 'unknown' && shown[at];
    return pixel(shown[at] ? colours[name] : hidden, hatched ? hatchedAlpha : 255);
  });
  return Uint32Array.from(categoryOfCell, (category, cell) =>
    categories[category] === 'assumed' && shown[category]
      ? pixel(blend(colours.assumed, colours[stateCategory(cell)], 0.5))
      : (pixels[category] ?? 0),
  );
}

/** What a cell would be if it were known. */
function stateCategory(cell: number): Category {
  return categories[categoryOfCell[cell & ~cellFlag.assumed] ?? 0] ?? 'free';
}

/** A colour as a pixel of an ImageData. */
export function pixel([red, green, blue]: Rgba, alpha = 255): number {
  return (red | (green << 8) | (blue << 16) | (alpha << 24)) >>> 0;
}

/** Cell bytes that the atlas holds: sixteen across and down. */
export const atlasColumns = 16;
export const atlasRows = 16;

/** The pictures of all cell bytes at a size of whole device pixels, as pixels of an ImageData. */
export class Atlas {
  pixels: Uint32Array = new Uint32Array(0);
  private readonly canvas = document.createElement('canvas');
  private of: { palette: Palette; width: number; height: number } | undefined;

  /** Makes the pictures for a palette and a size. @returns whether they are others than before */
  prepare(palette: Palette, width: number, height: number): boolean {
    if (this.of?.palette === palette && this.of.width === width && this.of.height === height) {
      return false;
    }
    this.of = { palette, width, height };
    const { canvas } = this;
    canvas.width = atlasColumns * width;
    canvas.height = atlasRows * height;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    for (let cell = 0; context && cell < atlasColumns * atlasRows; cell++) {
      context.save();
      context.translate((cell % atlasColumns) * width, Math.floor(cell / atlasColumns) * height);
      context.beginPath();
      context.rect(0, 0, width, height);
      context.clip();
      drawCell(context, palette, cell, width, height);
      context.restore();
    }
    const image = context?.getImageData(0, 0, canvas.width, canvas.height);
    this.pixels = new Uint32Array(image?.data.buffer ?? new ArrayBuffer(0));
    if (Math.min(width, height) < smallestPattern) {
      this.markHatched(palette, width, height);
    }
    return true;
  }

  private markHatched(palette: Palette, width: number, height: number): void {
    const unknown = categories.indexOf('unknown');
    for (let at = 0; palette.shown[unknown] && at < this.pixels.length; at++) {
      const [x, y] = [at % (atlasColumns * width), Math.floor(at / (atlasColumns * width))];
      const cell = Math.floor(y / height) * atlasColumns + Math.floor(x / width);
      if (categoryOfCell[cell] === unknown) {
        this.pixels[at] = (((this.pixels[at] ?? 0) & 0xffffff) | (hatchedAlpha << 24)) >>> 0;
      }
    }
  }
}

/** Device pixels below which a cell has no pattern. */
const smallestPattern = 5;

/** Draws one cell at the context's origin: the picture of the map and of the legend alike. */
export function drawCell(
  context: CanvasRenderingContext2D,
  palette: Palette,
  cell: number,
  width: number,
  height: number,
): void {
  const category = categoryOfCell[cell] ?? 0;
  const name = stateCategory(cell);
  const { background, colours, hidden } = palette;
  const size = Math.min(width, height);
  context.fillStyle = cssColour(background);
  context.fillRect(0, 0, width, height);
  // Cells touch while they are tiny; from five pixels on a line of background parts them.
  const inset = size >= 5 ? Math.max(1, Math.round(size * 0.06)) : 0;
  const box = { x: 0, y: 0, width: width - inset, height: height - inset };
  const fill = (colour: Rgba, opacity = 1) => {
    context.fillStyle = cssColour(colour, opacity);
    rounded(context, box, size >= 10 ? size * 0.14 : 0);
    context.fill();
  };
  if (!palette.shown[category]) {
    fill(hidden);
    return;
  }
  const draw = { context, ...box, size, ink: cssColour(colours[name]), paper: cssColour(background) };
  switch (name) {
    case 'free':
      drawFree(draw, palette, fill);
      break;
    case 'valid':
    case 'bolted':
      fill(colours[name]);
      break;
    case 'absent':
      fill(blend(colours.absent, colours.free, 0.16));
      drawHollow(draw);
      break;
    case 'mmio':
      fill(blend(colours.mmio, background, size >= smallestPattern ? 0.4 : 1));
      drawBars(draw);
      break;
    case 'unknown':
      fill(blend(colours.unknown, background, size >= smallestPattern ? 0.25 : 1));
      drawHatch(draw);
      break;
  }
  if (name !== 'free') {
    drawMarks(draw, cell, name === 'absent' ? draw.ink : contrast(colours[name]));
  }
  if ((cell & cellFlag.assumed) !== 0) {
    drawAssumed(draw, cssColour(colours.assumed));
  }
}

interface Drawing {
  readonly context: CanvasRenderingContext2D;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The cell's smaller side. */
  readonly size: number;
  readonly ink: string;
  readonly paper: string;
}

/** Free: a plain recess; in high contrast themes, whose free colour hardly differs from the background, an outline. */
function drawFree({ context, width, height, size }: Drawing, palette: Palette, fill: (colour: Rgba) => void): void {
  fill(palette.colours.free);
  if (palette.highContrast && size >= 10) {
    context.strokeStyle = cssColour(palette.foreground, 0.35);
    context.lineWidth = 1;
    context.strokeRect(0.5, 0.5, width - 1, height - 1);
  }
}

/** Absent: hollow, and struck through once there is room. */
function drawHollow({ context, width, height, size, ink }: Drawing): void {
  context.strokeStyle = ink;
  if (size < 4) {
    context.fillStyle = ink;
    context.fillRect(0, 0, width, height);
    return;
  }
  const line = Math.max(1, Math.round(size / 9));
  context.lineWidth = line;
  rounded(
    context,
    { x: line / 2, y: line / 2, width: width - line, height: height - line },
    size >= 10 ? size * 0.1 : 0,
  );
  context.stroke();
  if (size >= 9) {
    context.globalAlpha = size >= 22 ? 0.4 : 1; // letters come over it
    context.beginPath();
    context.moveTo(line, height - line);
    context.lineTo(width - line, line);
    context.stroke();
    context.globalAlpha = 1;
  }
}

/** MMIO: bars across. */
function drawBars({ context, width, height, size, ink }: Drawing): void {
  if (size < smallestPattern) {
    return;
  }
  const count = size >= 12 ? 3 : 2;
  const pitch = height / count;
  context.fillStyle = ink;
  for (let bar = 0; bar < count; bar++) {
    context.fillRect(0, Math.round(bar * pitch), width, Math.max(1, Math.round(pitch * 0.55)));
  }
}

/** Unknown: hatched. */
function drawHatch(draw: Drawing): void {
  const { context, size, ink } = draw;
  if (size < smallestPattern) {
    return;
  }
  const pitch = Math.max(3, size / 4);
  context.strokeStyle = ink;
  context.lineWidth = Math.max(1, pitch / 3.2);
  drawStripes(draw, pitch, 'rising');
}

/** Assumed: the picture of the state, cut by stripes that fall to the right (those of unknown rise), and a corner. */
function drawAssumed(draw: Drawing, ink: string): void {
  const { context, width, height, size, paper } = draw;
  context.fillStyle = ink;
  if (size < smallestPattern) {
    context.globalAlpha = 0.5;
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 1;
    return;
  }
  const pitch = Math.max(4, size / 3);
  context.strokeStyle = paper;
  context.lineWidth = Math.max(1, pitch / 2.6);
  context.globalAlpha = 0.6;
  drawStripes(draw, pitch, 'falling');
  context.globalAlpha = 1;
  const corner = size * 0.42;
  context.beginPath();
  context.moveTo(width, 0);
  context.lineTo(width - corner, 0);
  context.lineTo(width, corner);
  context.fill();
}

/** Slanted stripes over a cell, `pitch` apart, in the stroke that is set. */
function drawStripes({ context, width, height }: Drawing, pitch: number, slant: 'rising' | 'falling'): void {
  const [top, bottom] = slant === 'rising' ? [height + 2, 0] : [-1, height + 1];
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  context.beginPath();
  for (let at = slant === 'rising' ? -height : pitch / 2 - height; at < width + height; at += pitch) {
    context.moveTo(at + top, -1);
    context.lineTo(at + bottom, height + 1);
  }
  context.stroke();
  context.restore();
}

/** The flags: a dot for bolted, and once there is room a bar for large and the letters R and C. */
function drawMarks({ context, width, height, size }: Drawing, cell: number, ink: string): void {
  context.fillStyle = ink;
  if (cell & cellFlag.bolted && size >= 4) {
    const radius = Math.max(1, size * 0.14);
    context.beginPath();
    if (size < 9) {
      const side = Math.max(1, Math.round(size / 3));
      context.rect(Math.floor((width - side) / 2), Math.floor((height - side) / 2), side, side);
    } else {
      context.arc(width / 2, height * (size >= 22 ? 0.36 : 0.5), radius, 0, 2 * Math.PI);
    }
    context.fill();
  }
  if (size < 12) {
    return;
  }
  if (cell & cellFlag.large) {
    context.fillRect(width * 0.18, Math.max(1, height * 0.1), width * 0.64, Math.max(1, height * 0.07));
  }
  if (size >= 22) {
    context.font = `600 ${Math.round(size * 0.34)}px sans-serif`;
    context.textBaseline = 'alphabetic';
    context.textAlign = 'left';
    if (cell & cellFlag.referenced) {
      context.fillText('R', width * 0.15, height * 0.84);
    }
    context.textAlign = 'right';
    if (cell & cellFlag.changed) {
      context.fillText('C', width * 0.83, height * 0.84);
    }
    return;
  }
  // Corners stand for the letters: R lower left, C lower right.
  const corner = size * 0.3;
  if (cell & cellFlag.referenced) {
    triangle(context, 1, height - 1, corner);
  }
  if (cell & cellFlag.changed) {
    triangle(context, width - 1, height - 1, -corner);
  }
}

function triangle(context: CanvasRenderingContext2D, x: number, y: number, side: number): void {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + side, y);
  context.lineTo(x, y - Math.abs(side));
  context.fill();
}

function rounded(
  context: CanvasRenderingContext2D,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  radius: number,
): void {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
}

/** Black or white, whichever is read better on a colour. */
function contrast([red, green, blue]: Rgba): string {
  const linear = (value: number) => (value / 255) ** 2.2;
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return luminance > 0.3 ? 'rgb(0 0 0 / 0.8)' : 'rgb(255 255 255 / 0.9)';
}
