// Data that a person can watch: an HPTE, a PTEG, a guest page, an rmap word. Each has an id, which variables carry and data
// breakpoints name, and the list of moments that changed it.

import { V_HVLOCK } from '../model/bits';
import { Hpt, Memslot, Plane } from '../model/state';
import type { Vm } from '../model/vm';
import { upTo } from '../timeline/column';
import type { Run } from '../timeline/run';
import type { WordAt } from '../timeline/writes';

/** What an id names. */
export interface DataPoint {
  readonly id: string;
  readonly description: string;
  /** the words that it is made of; locks taken and dropped in them are no change */
  readonly words: readonly WordAt[];
  /** Whether an event that names this guest page concerns it. */
  readonly gfn?: bigint;
}

const number = '(0x[0-9a-f]{1,16}|\\d{1,18})';
const pattern = new RegExp(`^(?:(hpte|pteg|page):${number}|rmap:(\\d{1,6}):${number})$`);

/** Every table and memslot that the run ever has, also those that are not there at the current moment. */
function everOwned(vm: Vm): { readonly tables: readonly Hpt[]; readonly slots: readonly Memslot[] } {
  const tables: Hpt[] = [];
  const slots: Memslot[] = [];
  for (let owner = 1; ; owner++) {
    const owned = vm.state.ownerOf(owner);
    if (owned === null) return { tables, slots };
    if (owned instanceof Memslot) slots.push(owned);
    else if (owned instanceof Hpt) tables.push(owned);
  }
}

/** Whether a write changes more than a lock bit. */
function counts(vm: Vm, place: number, oldHi: number, oldLo: number, newHi: number, newLo: number): boolean {
  const plane = place >>> 24;
  const hi = oldHi ^ newHi;
  const lo = oldLo ^ newLo;
  if (plane === Plane.hpteV && hi === 0) return lo !== V_HVLOCK;
  if (plane === Plane.rmap && lo === 0) return hi !== vm.kernel.rmapLockHi;
  return true;
}

/** Words of HPTEs from `first` on, in every table. */
function hpteWords(tables: readonly Hpt[], first: number, count: number): WordAt[] {
  const words: WordAt[] = [];
  for (const { entries, placeV, placeR, placeGuest } of tables)
    for (let index = first; index < first + count && index < entries; index++)
      for (const place of [placeV, placeR, placeGuest])
        words.push({ place: place + Math.floor(index / 2 ** 32), index: index % 2 ** 32 });
  return words;
}

/** @returns what an id names, or undefined when it names nothing */
export function dataPoint(vm: Vm, id: string): DataPoint | undefined {
  const match = pattern.exec(id);
  if (match === null) return undefined;
  const [, kind, value = '0', slotId, page = '0'] = match;
  const { tables, slots } = everOwned(vm);
  const target = Number(value);
  switch (kind) {
    case 'hpte':
      return { id, description: `HPTE ${value}`, words: hpteWords(tables, target, 1) };
    case 'pteg':
      return { id, description: `PTEG ${value}`, words: hpteWords(tables, target * 8, 8) };
    case 'page': {
      const words = slots
        .filter(({ baseGfn, npages }) => target >= baseGfn && target < baseGfn + npages)
        .map(({ rmap, baseGfn }) => ({ place: rmap.place, index: target - baseGfn }));
      return words.length === 0 ? undefined : { id, description: `guest page ${value}`, words, gfn: BigInt(target) };
    }
    default: {
      const words = slots
        .filter(({ id: slot, npages }) => slot === Number(slotId) && Number(page) < npages)
        .map(({ rmap }) => ({ place: rmap.place, index: Number(page) }));
      return words.length === 0
        ? undefined
        : { id, description: `rmap word of page ${page} in memslot ${slotId}`, words };
    }
  }
}

const cache = new WeakMap<Run, Map<string, readonly number[]>>();

/** The moments that change what an id names, ascending. */
export function changesOf(run: Run, point: DataPoint): readonly number[] {
  let known = cache.get(run);
  if (known === undefined) {
    known = new Map();
    cache.set(run, known);
  }
  const found = known.get(point.id);
  if (found !== undefined) return found;
  const moments = new Set(point.gfn === undefined ? [] : momentsNaming(run, 'gfn', point.gfn));
  run.forEachWriteTo(point.words, run.length - 1, (moment, ...write) => {
    if (counts(run.vm, ...write)) moments.add(moment);
    return true;
  });
  const ascending = [...moments].sort((a, b) => a - b);
  known.set(point.id, ascending);
  return ascending;
}

/** The moments with an event that has a value in a field. */
export function momentsNaming(run: Run, field: string, value: bigint): number[] {
  const events = run.eventsBy(field);
  const moments: number[] = [];
  for (let event = events.lastUpTo(value, run.eventCount); event >= 0; event = events.before(event))
    moments.push(run.eventMomentOf(event));
  return moments;
}

/** The last moment up to `until` that changes what an id names; -1 when none does. */
export function lastChangeOf(run: Run, point: DataPoint, until: number): number {
  if (point.gfn !== undefined || cache.get(run)?.has(point.id)) {
    const moments = changesOf(run, point);
    return moments[upTo(moments, until) - 1] ?? -1;
  }
  let last = -1;
  run.forEachWriteTo(point.words, until, (moment, ...write) => {
    if (!counts(run.vm, ...write)) return true;
    last = moment;
    return false;
  });
  return last;
}
