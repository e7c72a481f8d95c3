// A made-up table for tests of the heatmap webview, and the extension's side of the conversation, both running inside the
// page: the webview talks to the real HeatmapSession, messages are copied as postMessage copies them.

import { type HeatmapChange, HeatmapSession, type HeatmapSource } from '../../src/extension/heatmapSession';
import {
  answerRequest,
  type CellDescription,
  cellFlag,
  cellState,
  type FindAnswer,
  type HeatmapChannel,
  slotsPerPteg,
  stateOfCell,
  type TableShape,
} from '../../src/protocol';

/** How the made-up table is filled. */
export interface TableOptions {
  readonly order: number;
  /** Share of PTEGs that the guest's mappings fill, 0..1. */
  readonly fill: number;
  /** Whether part of the table is unknown, as in a trace without a dump. */
  readonly partlyUnknown?: boolean;
}

/** A small reproducible random number generator (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const hex = (value: number, digits = 1) => `0x${value.toString(16).padStart(digits, '0')}`;

/** A table whose every step takes some guest pages away and brings others back. */
export class MadeUpSource implements HeatmapSource {
  readonly title = 'page-out.hpt';
  readonly table: TableShape;
  lastChanged: readonly number[] = [];
  cursor: number | undefined;
  /** What the webview selected, for tests to look at. */
  readonly selected: { index: number; reveal: boolean }[] = [];
  private readonly bytes: Uint8Array;
  private readonly listeners = new Set<(change: HeatmapChange) => void>();
  private step = 0;

  constructor({ order, fill, partlyUnknown = false }: TableOptions) {
    const npteg = 2 ** (order - 7);
    this.table = { generation: 1, order, npteg };
    this.bytes = new Uint8Array(npteg * slotsPerPteg);
    this.fill(fill, partlyUnknown);
  }

  get moment(): string {
    return `moment ${this.step + 17} of 214 · ${this.step % 2 ? 'hpte.absent' : 'hpte.reinstate'}`;
  }

  cells(from: number, to: number): Uint8Array {
    return this.bytes.subarray(from, to);
  }

  describe(index: number): CellDescription {
    const cell = this.bytes[index] ?? 0;
    const state = stateOfCell(cell);
    if (state === 'free' || state === 'unknown') {
      const cause = 'No event and no dump tells about this entry.';
      return {
        index,
        state,
        cell,
        ring: [],
        fields: [],
        ...(state === 'unknown' ? { certainty: 'unknown', cause } : {}),
      };
    }
    const gfn = (index * 37) & 0xfff;
    const [next] = this.inUse(index + 1, 1);
    return {
      index,
      state,
      cell,
      ...(index % 5 === 3 ? { label: 'text' } : {}),
      dword0: hex(index * 0x40801 + 0x4000001234500, 16).replace(/.$/, state === 'valid' ? '1' : '0'),
      dword1: hex(gfn * 0x1000 + 0x190, 16),
      guestRpte: hex(gfn * 0x1000 + 0x190, 16),
      gfn: hex(gfn),
      memslot: 0,
      ring:
        state === 'valid' && next !== undefined && index % 3 === 0 ? [index, next] : state === 'valid' ? [index] : [],
      fields: [
        { name: 'AVPN', value: '0x1234500', meaning: '256M segment' },
        { name: 'pp', value: '2', meaning: 'read/write' },
        { name: 'WIMG', value: 'M', meaning: 'memory' },
        { name: 'key', value: state === 'mmio' ? '31' : '0' },
        { name: 'frame', value: hex(0x4000 + gfn) },
      ],
    };
  }

  find(text: string): FindAnswer {
    const [, written] = /^ea\s+(0x[0-9a-f]+)$/i.exec(text) ?? [];
    if (!written) {
      return { indexes: [], sentence: `Nothing is called ${text}.` };
    }
    const indexes = this.inUse(0, 2);
    return { indexes, sentence: `${indexes.length} HPTEs map ${written}.` };
  }

  select(index: number, reveal: boolean): void {
    this.selected.push({ index, reveal });
  }

  onDidChange(listener: (change: HeatmapChange) => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  /** One step: `count` entries in use change between valid and absent. @returns those entries */
  travel(count: number): readonly number[] {
    this.step++;
    const changed = this.inUse((this.step * 7919) % this.bytes.length, count);
    for (const index of changed) {
      const cell = this.bytes[index] ?? 0;
      const state = stateOfCell(cell) === 'valid' ? cellState.absent : cellState.valid;
      this.bytes[index] = (cell & ~7) | state;
    }
    this.lastChanged = changed;
    this.tell({ kind: 'moment', dirty: changed.map((index) => ({ from: index, to: index + 1 })) });
    return changed;
  }

  /** Another view selects an entry. */
  moveCursor(index: number): void {
    this.cursor = index;
    this.tell({ kind: 'cursor', index });
  }

  private tell(change: HeatmapChange): void {
    for (const listener of this.listeners) {
      listener(change);
    }
  }

  /** The next entries that are valid or absent, ascending. */
  private inUse(from: number, count: number): number[] {
    const found: number[] = [];
    for (let walked = 0; walked < this.bytes.length && found.length < count; walked++) {
      const index = (from + walked) % this.bytes.length;
      const state = (this.bytes[index] ?? 0) & 7;
      if (state === cellState.valid || state === cellState.absent) {
        found.push(index);
      }
    }
    return found.sort((a, b) => a - b);
  }

  private fill(fill: number, partlyUnknown: boolean): void {
    const next = random(this.table.order);
    const { npteg } = this.table;
    const mappings = Math.round(fill * npteg * slotsPerPteg * 0.5);
    // The VRMA: bolted, slot 7, neighbouring PTEGs.
    for (let page = 0; page < Math.min(64, npteg / 8); page++) {
      const pteg = (page ^ (0x1ffffff ^ (0x1ffffff * 2 ** 25))) & (npteg - 1);
      this.bytes[pteg * slotsPerPteg + 7] = cellState.valid | cellFlag.bolted | cellFlag.referenced | cellFlag.changed;
    }
    // Runs of pages of a few segments, hashed as the ISA does: neighbouring pages, neighbouring PTEGs.
    for (let mapped = 0; mapped < mappings; ) {
      const vsid = Math.floor(next() * 0x1000000);
      const first = Math.floor(next() * 0x10000);
      for (let page = 0; page < 8 + next() * 180 && mapped < mappings; page++, mapped++) {
        const pteg = (vsid ^ (first + page)) & (npteg - 1);
        this.enter(pteg, next());
      }
    }
    if (partlyUnknown) {
      this.bytes.fill(cellState.unknown, Math.floor(this.bytes.length * 0.7), Math.floor(this.bytes.length * 0.82));
    }
  }

  private enter(pteg: number, chance: number): void {
    const first = pteg * slotsPerPteg;
    const slot = this.bytes.subarray(first, first + slotsPerPteg).indexOf(0);
    if (slot >= 0) {
      const state = chance < 0.82 ? cellState.valid : chance < 0.97 ? cellState.absent : cellState.mmio;
      const used = (chance * 100) % 1 < 0.7 ? cellFlag.referenced : 0;
      const written = (chance * 1000) % 1 < 0.4 ? cellFlag.changed : 0;
      const large = (chance * 5000) % 1 < 0.08 ? cellFlag.large : 0;
      this.bytes[first + slot] = state | (state === cellState.mmio ? 0 : used | written | large);
    }
  }
}

/** What the tests find on the page's window. */
export interface HeatmapBench {
  source: MadeUpSource | undefined;
  session: HeatmapSession;
}

/** Stands in for VS Code: hands out its API to the webview, and connects it to a session over a made-up table. */
export function installHost(options: TableOptions | undefined): void {
  const deliver = (message: unknown) => {
    const data = structuredClone(message);
    setTimeout(() => window.dispatchEvent(new MessageEvent('message', { data })));
  };
  const source = options && new MadeUpSource(options);
  const session = new HeatmapSession(source, (name, notice) => deliver({ kind: 'notice', name, notice }));
  const stateKey = 'heatmap-state';
  Object.assign(window, {
    bench: { source, session } satisfies HeatmapBench,
    acquireVsCodeApi: () => ({
      postMessage: async (message: unknown) => {
        const reply = await answerRequest<HeatmapChannel>(session.handlers, structuredClone(message));
        if (reply) {
          deliver(reply);
        }
      },
      getState: () => JSON.parse(sessionStorage.getItem(stateKey) ?? 'null') ?? undefined,
      setState: (state: unknown) => sessionStorage.setItem(stateKey, JSON.stringify(state)),
    }),
  });
}
