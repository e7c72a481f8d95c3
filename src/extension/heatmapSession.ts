// The extension's side of one heatmap, without VS Code: answers the webview's requests from a source, and tells it
// that something changed. The webview then asks for an update when it is ready to paint, so that a run that races
// through its moments never floods it: changes that it has not asked for yet are merged into one answer.

import {
  type CellDescription,
  type FindAnswer,
  type HeatmapChannel,
  type HeatmapPicture,
  type HeatmapUpdate,
  maxCellsPerRequest,
  maxHeatmapCells,
  maxOutlined,
  type Notice,
  type NoticeName,
  type RequestHandlers,
  slotsPerPteg,
  type TableShape,
} from '../protocol';

/** Entries from..to (exclusive). */
export interface IndexRange {
  readonly from: number;
  readonly to: number;
}

/** What happened to a source. */
export type HeatmapChange =
  /** Another moment of the same table; entries outside `dirty` are as they were. */
  | { readonly kind: 'moment'; readonly dirty: readonly IndexRange[] }
  /** Another run or another table generation. */
  | { readonly kind: 'reset' }
  /** Another entry is selected in some view. */
  | { readonly kind: 'cursor'; readonly index: number };

/** What the heatmap shows: the table of a recorded run at the current moment. */
export interface HeatmapSource {
  /** What the run is called: usually the file's name. */
  readonly title: string;
  readonly table: TableShape;
  /** The current moment in words. */
  readonly moment: string;
  /** The entries that the last travel (step, seek, in either direction) changed, ascending. */
  readonly lastChanged: readonly number[];
  /** The entry that is selected in all views. */
  readonly cursor: number | undefined;
  /** Cell bytes (`cellState`, `cellFlag`) of entries from..to (exclusive), at the current moment. */
  cells(from: number, to: number): Uint8Array;
  /** One entry decoded, at the current moment. */
  describe(index: number): CellDescription;
  /** Finds entries by ea, gpa, gfn, hva or label, as a person writes them. */
  find(text: string): FindAnswer;
  /** Selects an entry in all views; with `reveal` trees and editor come forward. */
  select(index: number, reveal: boolean): void;
  onDidChange(listener: (change: HeatmapChange) => void): { dispose(): void };
}

/** Posts one notice to the webview. */
export type Notify = <N extends NoticeName<HeatmapChannel>>(name: N, notice: Notice<HeatmapChannel, N>) => void;

/** One open heatmap: lives as long as its panel; the source comes and goes with the debug session. */
export class HeatmapSession {
  /** The request handlers, for `answerRequest`. */
  readonly handlers: RequestHandlers<HeatmapChannel> = {
    open: () => {
      this.dirty.clear();
      this.wasReset = false;
      return this.picture();
    },
    cells: ({ generation, from, to }) => this.cells(generation, from, to),
    update: () => this.update(),
    describe: ({ generation, pteg }) => this.describe(generation, pteg),
    find: ({ text }) => this.find(text),
    select: ({ generation, index, reveal }) => {
      const source = this.sourceOf(generation);
      checkRange(source, index, index + 1);
      this.selecting = true;
      try {
        source.select(index, reveal === true);
      } finally {
        this.selecting = false;
      }
      return undefined;
    },
  };

  private readonly dirty = new DirtyRanges();
  private wasReset = false;
  private selecting = false;
  private subscription: { dispose(): void } | undefined;
  private source: HeatmapSource | undefined;

  constructor(
    source: HeatmapSource | undefined,
    private readonly notify: Notify,
  ) {
    this.attach(source);
  }

  /** Shows another source, or none. */
  setSource(source: HeatmapSource | undefined): void {
    this.attach(source);
    this.reset();
  }

  dispose(): void {
    this.subscription?.dispose();
  }

  private attach(source: HeatmapSource | undefined): void {
    this.subscription?.dispose();
    this.source = source;
    this.subscription = source?.onDidChange((change) => this.changed(change));
  }

  private changed(change: HeatmapChange): void {
    switch (change.kind) {
      case 'moment':
        for (const { from, to } of change.dirty) {
          this.dirty.add(from, to);
        }
        this.notify('changed', undefined);
        break;
      case 'reset':
        this.reset();
        break;
      case 'cursor':
        // Its own selection does not come back to the webview: its cursor may have moved on by then.
        if (!this.selecting) {
          this.notify('cursor', { index: change.index });
        }
        break;
    }
  }

  private reset(): void {
    this.dirty.clear();
    this.wasReset = true;
    this.notify('changed', undefined);
  }

  private picture(): HeatmapPicture | undefined {
    if (!this.source) {
      return undefined;
    }
    const { title, table, moment, lastChanged, cursor } = this.source;
    return {
      title,
      table,
      moment,
      outlined: lastChanged.slice(0, maxOutlined),
      outlinedTotal: lastChanged.length,
      ...(cursor === undefined ? {} : { cursor }),
    };
  }

  private update(): HeatmapUpdate {
    const picture = this.picture();
    if (this.wasReset || !picture || !this.source) {
      this.wasReset = false;
      return { kind: 'reset', picture };
    }
    const ranges = this.dirty.take();
    const cells = new Uint8Array(ranges.reduce((sum, edge, at) => sum + (at % 2 ? edge : -edge), 0));
    let filled = 0;
    for (let at = 0; at < ranges.length; at += 2) {
      const part = this.source.cells(ranges[at] ?? 0, ranges[at + 1] ?? 0);
      cells.set(part, filled);
      filled += part.length;
    }
    return { kind: 'cells', picture, ranges, cells: cells.buffer };
  }

  private cells(generation: number, from: number, to: number): ArrayBuffer {
    const source = this.sourceOf(generation);
    checkRange(source, from, to);
    if (to - from > maxCellsPerRequest) {
      throw new Error(`The heatmap asked for ${to - from} cells at once; the most is ${maxCellsPerRequest}.`);
    }
    const cells = source.cells(from, to);
    return cells.every((cell) => cell === 0) ? new ArrayBuffer(0) : cells.slice().buffer;
  }

  private describe(generation: number, pteg: number): readonly CellDescription[] {
    const source = this.sourceOf(generation);
    const first = pteg * slotsPerPteg;
    checkRange(source, first, first + slotsPerPteg);
    return Array.from({ length: slotsPerPteg }, (_, slot) => source.describe(first + slot));
  }

  private find(text: unknown): FindAnswer {
    if (!this.source || typeof text !== 'string') {
      return { indexes: [], sentence: 'No run is open.' };
    }
    return this.source.find(text.slice(0, 200));
  }

  private sourceOf(generation: number): HeatmapSource {
    if (!this.source || this.source.table.generation !== generation) {
      throw new Error('The table that was asked about is no longer shown.');
    }
    return this.source;
  }
}

function checkRange({ table }: HeatmapSource, from: number, to: number): void {
  const count = table.npteg * slotsPerPteg;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from >= to || to > count) {
    throw new Error(`Entries ${from}..${to} were asked for; the table has entries 0..${count}.`);
  }
  if (count > maxHeatmapCells) {
    throw new Error(`A table of order ${table.order} is too large to be drawn; the largest has order 29.`);
  }
}

/** A set of index ranges that stays small: nearby ranges are joined when there are too many. */
export class DirtyRanges {
  private ranges: IndexRange[] = [];

  add(from: number, to: number): void {
    this.ranges.push({ from, to });
    if (this.ranges.length > 2 * DirtyRanges.most) {
      this.ranges = this.joined();
    }
  }

  clear(): void {
    this.ranges = [];
  }

  /** Empties the set. @returns from, to, from, to, …: ascending and disjoint */
  take(): number[] {
    const all = this.joined();
    this.ranges = [];
    return all.flatMap(({ from, to }) => [from, to]);
  }

  private joined(): IndexRange[] {
    const sorted = [...this.ranges].sort((a, b) => a.from - b.from);
    for (let slack = 0; ; slack = slack * 4 + slotsPerPteg) {
      const joined = joinRanges(sorted, slack);
      if (joined.length <= DirtyRanges.most) {
        return joined;
      }
    }
  }

  private static readonly most = 1024;
}

/** Joins ascending ranges that overlap or lie at most `slack` apart. */
function joinRanges(sorted: readonly IndexRange[], slack: number): IndexRange[] {
  const joined: IndexRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last && range.from <= last.to + slack) {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else {
      joined.push(range);
    }
  }
  return joined;
}
