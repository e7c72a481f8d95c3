// The cell bytes of one table, with what painting and the legend need from them: a count for each category, and a
// pyramid over the PTEGs for pictures in which several cells share a pixel. Free of the DOM.

import { cellFlag, cellState, cellStateMask, slotsPerPteg, stateOfCell } from '../../src/protocol';

/**
 * What a cell is coloured and counted as, eight at most. Bolted means valid and bolted; other bolted cells carry a dot. Assumed is
 * whatever rests on an assumption: its picture shows the state, too.
 */
export const categories = ['free', 'valid', 'bolted', 'absent', 'mmio', 'unknown', 'assumed'] as const;
export type Category = (typeof categories)[number];

/** The category of each cell byte, as an index of `categories`. */
export const categoryOfCell = Uint8Array.from({ length: 256 }, (_, cell) => {
  if ((cell & cellFlag.assumed) !== 0) {
    return categories.indexOf('assumed');
  }
  const bolted = (cell & cellStateMask) === cellState.valid && (cell & cellFlag.bolted) !== 0;
  return categories.indexOf(bolted ? 'bolted' : stateOfCell(cell));
});

/** A PTEG's counts: four bits for each category, category 0 lowest. */
const countOfCell = Uint32Array.from(categoryOfCell, (category) => 1 << (4 * category));

/**
 * One level of the pyramid. A texel of level k stands for 2^k by 2^k PTEGs; it holds four bits for each category, the
 * share in eighths, rounded up: nothing that is there ever vanishes.
 */
export interface Level {
  readonly columns: number;
  readonly rows: number;
  readonly texels: Uint32Array;
}

/** Columns from..to and rows from..to of a level, all exclusive at the end. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The cells of one table. */
export class Cells {
  readonly bytes: Uint8Array;
  /** How many cells of each category there are, in the order of `categories`. */
  readonly counts = new Float64Array(categories.length);
  levels: readonly Level[] = [];
  /** Entries that changed since the painter took them: from..to, exclusive. */
  private dirtyFrom = 0;
  private dirtyTo: number;
  private reshaped = true;
  private readonly ptegs: Uint32Array;

  constructor(readonly npteg: number) {
    this.bytes = new Uint8Array(npteg * slotsPerPteg);
    this.ptegs = new Uint32Array(npteg).fill(slotsPerPteg);
    this.counts[0] = this.bytes.length;
    this.dirtyTo = this.bytes.length;
  }

  /** Rebuilds the pyramid for a grid of that many columns (a power of two). */
  arrange(columns: number): void {
    if (this.levels[0]?.columns === columns) {
      return;
    }
    const levels: Level[] = [{ columns, rows: this.npteg / columns, texels: this.ptegs }];
    for (let below = levels[0]; below && (below.columns > 1 || below.rows > 1); below = levels.at(-1)) {
      const size = { columns: Math.max(1, below.columns / 2), rows: Math.max(1, below.rows / 2) };
      levels.push({ ...size, texels: new Uint32Array(size.columns * size.rows) });
    }
    this.levels = levels;
    this.reshaped = true;
    this.rebuild(0, this.npteg);
  }

  /** Stores the bytes of entries from `from` on. */
  write(from: number, cells: Uint8Array): void {
    const { bytes, counts } = this;
    for (let at = 0; at < cells.length; at++) {
      const before = categoryOfCell[bytes[from + at] as number] as number;
      const after = categoryOfCell[cells[at] as number] as number;
      counts[before] = (counts[before] as number) - 1;
      counts[after] = (counts[after] as number) + 1;
    }
    bytes.set(cells, from);
    const firstPteg = Math.floor(from / slotsPerPteg);
    const endPteg = Math.ceil((from + cells.length) / slotsPerPteg);
    this.countPtegs(firstPteg, endPteg);
    this.rebuild(firstPteg, endPteg);
    this.dirtyFrom = Math.min(this.dirtyFrom, from);
    this.dirtyTo = Math.max(this.dirtyTo, from + cells.length);
  }

  /** What a painter that keeps copies must fetch again; `reshaped` when the pyramid has another shape. */
  takeDirty(): { from: number; to: number; reshaped: boolean } {
    const dirty = { from: this.dirtyFrom, to: this.dirtyTo, reshaped: this.reshaped };
    this.dirtyFrom = this.bytes.length;
    this.dirtyTo = 0;
    this.reshaped = false;
    return dirty;
  }

  /** The next entry after (or before) `index` whose category passes, around the table's end; undefined when none does. */
  next(index: number, step: 1 | -1, passes: (category: Category) => boolean): number | undefined {
    const wanted = categories.map(passes);
    const count = this.bytes.length;
    for (let walked = 1, at = index; walked <= count; walked++) {
      at = (at + step + count) % count;
      if (wanted[categoryOfCell[this.bytes[at] as number] as number]) {
        return at;
      }
    }
    return undefined;
  }

  private countPtegs(from: number, to: number): void {
    const { bytes, ptegs } = this;
    for (let pteg = from, at = from * slotsPerPteg; pteg < to; pteg++) {
      let counts = 0;
      for (let slot = 0; slot < slotsPerPteg; slot++, at++) {
        counts += countOfCell[bytes[at] as number] as number;
      }
      ptegs[pteg] = counts;
    }
  }

  /** Brings the levels above the PTEGs up to date. */
  private rebuild(firstPteg: number, endPteg: number): void {
    const columns = this.levels[0]?.columns;
    if (!columns || endPteg <= firstPteg) {
      return;
    }
    const top = Math.floor(firstPteg / columns);
    const bottom = Math.floor((endPteg - 1) / columns) + 1;
    const oneRow = bottom - top === 1;
    let area: Area = {
      left: oneRow ? firstPteg % columns : 0,
      right: oneRow ? ((endPteg - 1) % columns) + 1 : columns,
      top,
      bottom,
    };
    for (let k = 1; k < this.levels.length; k++) {
      const [below, level] = [this.levels[k - 1], this.levels[k]];
      if (below && level) {
        area = halved(area);
        reduce(below, level, area);
      }
    }
  }
}

function halved({ left, top, right, bottom }: Area): Area {
  return { left: left >> 1, top: top >> 1, right: (right + 1) >> 1, bottom: (bottom + 1) >> 1 };
}

/** The even ones of eight counts of four bits. */
const nibbles = 0x0f0f0f0f;

/** Computes the texels of an area from the level below: the mean of each four bits, rounded up. */
function reduce(below: Level, level: Level, { left, top, right, bottom }: Area): void {
  // A level of one column or row shrinks in the other direction alone: then a child stands for two.
  const acrossX = below.columns > 1 ? 1 : 0;
  const acrossY = below.rows > 1 ? below.columns : 0;
  const { texels } = below;
  for (let y = top; y < Math.min(bottom, level.rows); y++) {
    let child = (y << (acrossY ? 1 : 0)) * below.columns + (left << acrossX);
    for (let x = left; x < Math.min(right, level.columns); x++, child += 1 + acrossX) {
      const a = texels[child] as number;
      const b = texels[child + acrossX] as number;
      const c = texels[child + acrossY] as number;
      const d = texels[child + acrossX + acrossY] as number;
      // Sums of four bits need more than four: even and odd categories apart, a byte each.
      const even = (a & nibbles) + (b & nibbles) + (c & nibbles) + (d & nibbles);
      const odd = ((a >> 4) & nibbles) + ((b >> 4) & nibbles) + ((c >> 4) & nibbles) + ((d >> 4) & nibbles);
      level.texels[y * level.columns + x] =
        (((even + 0x03030303) >> 2) & nibbles) | ((((odd + 0x03030303) >> 2) & nibbles) << 4);
    }
  }
}
