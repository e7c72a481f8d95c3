// Paints the cells into a canvas by the processor: for machines without a graphics processor, where it is faster than
// WebGL in software, and where WebGL is switched off.

import { slotsPerPteg } from '../../src/protocol';
import { blockColumns, blockRows } from './arrangement';
import { categories } from './cells';
import { faintest, levelFor, type Painter, type Scene } from './painter';
import { Atlas, atlasColumns, emphasis, flatColours, hatch, hatchedAlpha, type Palette, pixel } from './palette';

const unknownAt = categories.indexOf('unknown');

/** One axis of a sampled picture: for each pixel the first texel that it touches and that texel's share of it. */
interface Axis {
  /** The first texel, -1 outside the grid. */
  readonly first: Int32Array;
  /** The share of the first texel, 0..256; the rest is the next one's. */
  readonly share: Uint16Array;
}

export class CanvasPainter implements Painter {
  readonly kind = 'canvas';
  private readonly context: CanvasRenderingContext2D | null;
  private image = new ImageData(1, 1);
  private pixels: Uint32Array = new Uint32Array(this.image.data.buffer);
  private readonly atlas = new Atlas();
  private flat: Uint32Array = new Uint32Array(256);
  private flatOf: Palette | undefined;
  private groups: GroupColours | undefined;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext('2d', { alpha: false });
  }

  paint(scene: Scene): void {
    const { width, height } = this.canvas;
    if (this.image.width !== width || this.image.height !== height) {
      this.image = new ImageData(Math.max(1, width), Math.max(1, height));
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    switch (scene.placement.geometry.detail) {
      case 'cells':
        this.paintCells(scene);
        break;
      case 'flat':
        this.paintFlat(scene);
        break;
      case 'groups':
        this.paintGroups(scene);
        break;
    }
    if (scene.cells.counts[unknownAt]) {
      this.hatch(scene);
    }
    this.context?.putImageData(this.image, 0, 0);
  }

  /** Copies each cell's picture from the atlas. */
  private paintCells({ cells, placement, palette }: Scene): void {
    const { grid, geometry, originX, originY } = placement;
    const { cellWidth, cellHeight, pitchX, pitchY, gapY } = geometry;
    const { width, height } = this.image;
    const { pixels } = this;
    this.atlas.prepare(palette, cellWidth, cellHeight);
    const atlas = this.atlas.pixels;
    const atlasWidth = atlasColumns * cellWidth;
    const background = pixel(palette.background);
    // For each column of pixels: the entry's offset within its row of PTEGs (-1 in gaps) and the column in the cell.
    const offsets = new Int32Array(width).fill(-1);
    const inner = new Int32Array(width);
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x + originX) / pitchX);
      const within = x + originX - column * pitchX;
      if (column >= 0 && column < grid.columns && within < cellWidth * blockColumns) {
        const slotX = Math.floor(within / cellWidth);
        offsets[x] = column * slotsPerPteg + slotX;
        inner[x] = within - slotX * cellWidth;
      }
    }
    const { bytes } = cells;
    for (let y = 0, out = 0; y < height; y++, out += width) {
      const row = Math.floor((y + originY) / pitchY);
      const within = y + originY - row * pitchY - gapY;
      if (row < 0 || row >= grid.rows || within < 0) {
        pixels.fill(background, out, out + width);
        continue;
      }
      const slotY = Math.floor(within / cellHeight);
      const first = row * grid.columns * slotsPerPteg + slotY * blockColumns;
      const line = (within - slotY * cellHeight) * atlasWidth;
      for (let x = 0; x < width; x++) {
        const offset = offsets[x] as number;
        if (offset < 0) {
          pixels[out + x] = background;
          continue;
        }
        const cell = bytes[first + offset] as number;
        const at = (cell >> 4) * atlasWidth * cellHeight + line + (cell & 15) * cellWidth + (inner[x] as number);
        pixels[out + x] = atlas[at] as number;
      }
    }
  }

  private paintFlat({ cells, placement, palette }: Scene): void {
    if (this.flatOf !== palette) {
      this.flat = flatColours(palette);
      this.flatOf = palette;
    }
    const { grid, geometry, originX, originY } = placement;
    const { flat } = this;
    const { bytes } = cells;
    const across = axis(this.image.width, originX, geometry.cellWidth, grid.columns * blockColumns);
    const down = axis(this.image.height, originY, geometry.cellHeight, grid.rows * blockRows);
    this.sample(across, down, grid.columns * blockColumns, palette, (line, from, to, into) => {
      const row = Math.floor(line / blockRows);
      const first = row * grid.columns * slotsPerPteg + (line % blockRows) * blockColumns;
      for (let x = from; x < to; x++) {
        into[x] = flat[bytes[first + (x >> 2) * slotsPerPteg + (x & 3)] as number] as number;
      }
    });
  }

  private paintGroups({ cells, placement, palette }: Scene): void {
    if (this.groups?.palette !== palette) {
      this.groups = new GroupColours(palette);
    }
    const { groups } = this;
    const { level, width, height } = levelFor(cells, placement);
    const across = axis(this.image.width, placement.originX, width, level.columns);
    const down = axis(this.image.height, placement.originY, height, level.rows);
    this.sample(across, down, level.columns, palette, (line, from, to, into) => {
      groups.resolve(level.texels, line * level.columns, from, to, into);
    });
  }

  /** Fills the image from texels of at least a pixel: each pixel is the mean of the up to four texels that it covers. */
  private sample(
    across: Axis,
    down: Axis,
    columns: number,
    palette: Palette,
    resolve: (line: number, from: number, to: number, into: Uint32Array) => void,
  ): void {
    const { width, height } = this.image;
    const { pixels } = this;
    const background = pixel(palette.background);
    const { first, share: shares } = across;
    const visible = first.filter((texel) => texel >= 0);
    const from = visible[0] ?? 0;
    const to = Math.min(columns, (visible.at(-1) ?? -1) + 2);
    let upper = new Uint32Array(columns + 1);
    let lower = new Uint32Array(columns + 1);
    const mixed = new Uint32Array(columns + 1);
    let upperLine = -1;
    let lowerLine = -1;
    for (let y = 0, out = 0; y < height; y++, out += width) {
      const line = down.first[y] as number;
      if (line < 0) {
        pixels.fill(background, out, out + width);
        continue;
      }
      const share = down.share[y] as number;
      if (upperLine !== line) {
        [upper, lower, upperLine, lowerLine] = [lower, upper, lowerLine, upperLine];
        if (upperLine !== line) {
          resolve(line, from, to, upper);
          upperLine = line;
        }
      }
      let texels = upper;
      if (share < 256) {
        if (lowerLine !== line + 1) {
          resolve(line + 1, from, to, lower);
          lowerLine = line + 1;
        }
        mixLines(upper, lower, share, from, to, mixed);
        texels = mixed;
      }
      for (let x = 0; x < width; x++) {
        const texel = first[x] as number;
        if (texel < 0) {
          pixels[out + x] = background;
          continue;
        }
        const part = shares[x] as number;
        const here = texels[texel] as number;
        pixels[out + x] = part === 256 ? here : mix(here, texels[texel + 1] as number, part);
      }
    }
  }

  /** Fades the pixels of unknown entries in a pattern of slanted stripes that moves with the picture. */
  private hatch({ palette, placement: { originX, originY } }: Scene): void {
    const { width, height } = this.image;
    const { pixels } = this;
    const period = Math.round(hatch.period * window.devicePixelRatio);
    const stripe = hatch.stripe * window.devicePixelRatio;
    const background = pixel(palette.background);
    const share = Math.round(256 * (1 - hatch.fading));
    for (let y = 0, at = 0; y < height; y++) {
      const slant = y + originY + originX;
      for (let x = 0; x < width; x++, at++) {
        const here = pixels[at] as number;
        if (here >>> 24 === hatchedAlpha && (x + slant) % period < stripe) {
          pixels[at] = mix(here, background, share);
        }
      }
    }
  }
}

/** Where the pixels of one direction fall on texels of `size` >= 1 pixels. */
function axis(pixels: number, origin: number, size: number, texels: number): Axis {
  const first = new Int32Array(pixels).fill(-1);
  const share = new Uint16Array(pixels).fill(256);
  for (let at = 0; at < pixels; at++) {
    const start = (at + origin) / size;
    const texel = Math.floor(start);
    if (texel < 0 || texel >= texels) {
      continue;
    }
    first[at] = texel;
    const covered = (texel + 1 - start) * size;
    if (covered < 1 && texel + 1 < texels) {
      share[at] = Math.round(covered * 256);
    }
  }
  return { first, share };
}

/** Two pixels in the ratio share : 256 - share; hatched when either is. Red and blue are computed together. */
function mix(a: number, b: number, share: number): number {
  if (a === b) {
    return a;
  }
  const rest = 256 - share;
  const redBlue = ((a & 0xff00ff) * share + (b & 0xff00ff) * rest) >>> 8;
  const green = ((a & 0xff00) * share + (b & 0xff00) * rest) >>> 8;
  return ((redBlue & 0xff00ff) | (green & 0xff00) | (a & b & 0xff000000)) >>> 0;
}

function mixLines(
  upper: Uint32Array,
  lower: Uint32Array,
  share: number,
  from: number,
  to: number,
  into: Uint32Array,
): void {
  for (let x = from; x < to; x++) {
    into[x] = mix(upper[x] as number, lower[x] as number, share);
  }
}

/** The colour of a pyramid texel: its categories mixed by count and emphasis, over the free colour by how full it is. */
class GroupColours {
  private readonly keys = new Uint32Array(4096).fill(0xffffffff);
  private readonly pixels = new Uint32Array(4096);
  private readonly weights: readonly number[];

  constructor(readonly palette: Palette) {
    this.weights = categories.map((name, at) => (palette.shown[at] ? emphasis[name] : 0));
  }

  resolve(texels: Uint32Array, first: number, from: number, to: number, into: Uint32Array): void {
    const { keys, pixels } = this;
    for (let x = from; x < to; x++) {
      const texel = texels[first + x] as number;
      const hash = (Math.imul(texel, 0x9e3779b1) >>> 20) & 4095;
      if (keys[hash] !== texel) {
        keys[hash] = texel;
        pixels[hash] = this.colour(texel);
      }
      into[x] = pixels[hash] as number;
    }
  }

  private colour(texel: number): number {
    const { palette, weights } = this;
    const free = palette.shown[0] ? palette.colours.free : palette.hidden;
    let [red, green, blue, weight, count] = [0, 0, 0, 0, 0];
    for (let category = 1; category < categories.length; category++) {
      const here = (texel >> (4 * category)) & 15;
      const w = here * (weights[category] ?? 0);
      if (w > 0) {
        const colour = palette.colours[categories[category] ?? 'free'];
        red += w * colour[0];
        green += w * colour[1];
        blue += w * colour[2];
        weight += w;
        count += here;
      }
    }
    if (weight === 0) {
      return pixel(free);
    }
    const over = Math.min(1, faintest + (1 - faintest) * (count / slotsPerPteg));
    const channel = (sum: number, under: number) => Math.round((sum / weight) * over + under * (1 - over));
    const unknown = weights[unknownAt] ? (texel >> (4 * unknownAt)) & 15 : 0;
    const colour = [channel(red, free[0]), channel(green, free[1]), channel(blue, free[2]), 255] as const;
    return pixel(colour, unknown * 2 > slotsPerPteg ? hatchedAlpha : 255);
  }
}
