// Data that a person can watch: an HPTE, a PTEG, a guest page, an rmap word. Each has an id, which variables carry and data
// breakpoints name, and the list of moments that changed it.

import { V_HVLOCK } from '../model/bits';
import type { Hpt } from '../model/hpt';
import { Plane } from '../model/place';
import { Memslot } from '../model/ranges';
import { Scalar } from '../model/state';
import type { Vm } from '../model/vm';
import { upTo } from '../timeline/column';
import { generationOf, tablesOf } from '../timeline/generations';
import type { Run } from '../timeline/run';
import { atOnce } from '../timeline/slices';
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
const pattern = new RegExp(`^(?:(hpte|pteg):${number}(?:@(\\d{1,5}))?|page:${number}|rmap:(\\d{1,6}):${number})$`);

/** Every memslot that the run ever has, also those that are not there at the current moment. */
function everySlot(vm: Vm): Memslot[] {
  const slots: Memslot[] = [];
  for (let owner = 1; ; owner++) {
    const owned = vm.state.ownerOf(owner);
    if (owned === null) return slots;
    if (owned instanceof Memslot) slots.push(owned);
  }
}

/** The id of an HPTE or PTEG of the current table: with its generation when the run has more tables than one. */
export function idInTable(vm: Vm, kind: 'hpte' | 'pteg', place: bigint): string {
  const id = `${kind}:0x${place.toString(16)}`;
  return tablesOf(vm.state).length === 1 ? id : `${id}@${generationOf(vm.state)}`;
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

/** Words of HPTEs from `first` on, in some tables. */
function hpteWords(tables: readonly Hpt[], first: number, count: number): WordAt[] {
  const words: WordAt[] = [];
  for (const { entries, placeV, placeR, placeGuest } of tables)
    for (let index = first; index < first + count && index < entries; index++)
      for (const place of [placeV, placeR, placeGuest])
        words.push({ place: place + Math.floor(index / 2 ** 32), index: index % 2 ** 32 });
  return words;
}

/** @returns what an id names, or undefined when it names nothing; without a generation the entries of every table */
export function dataPoint(vm: Vm, id: string): DataPoint | undefined {
  const [whole, kind, place = '0', generation, gfn, slot, page] = pattern.exec(id) ?? [];
  if (whole === undefined) return undefined;
  if (kind !== undefined) return entryPoint(vm, id, kind === 'hpte', place, generation);
  return gfn === undefined ? rmapPoint(vm, id, slot ?? '', page ?? '') : pagePoint(vm, id, gfn);
}

function entryPoint(
  { state }: Vm,
  id: string,
  isHpte: boolean,
  place: string,
  generation: string | undefined,
): DataPoint | undefined {
  const all = tablesOf(state);
  const tables = generation === undefined ? all : all.slice(Number(generation), Number(generation) + 1);
  if (tables.length === 0) return undefined;
  const words = isHpte ? hpteWords(tables, Number(place), 1) : hpteWords(tables, Number(place) * 8, 8);
  const name = `${isHpte ? 'HPTE' : 'PTEG'} ${place}`;
  return { id, description: generation === undefined ? name : `${name} of table ${generation}`, words };
}

/** Of an HPTE or PTEG of one table: its place in whichever table is in force, which changes with the table too. */
export function acrossTables(vm: Vm, point: DataPoint): DataPoint {
  const [place = '', generation] = point.id.split('@');
  const all = generation === undefined ? undefined : dataPoint(vm, place);
  if (all === undefined) return point;
  return { ...all, id: `${place}@*`, words: [...all.words, { place: vm.state.scalars.place, index: Scalar.hpt }] };
}

function pagePoint(vm: Vm, id: string, gfn: string): DataPoint | undefined {
  const target = Number(gfn);
  const words = everySlot(vm)
    .filter(({ baseGfn, npages }) => target >= baseGfn && target < baseGfn + npages)
    .map(({ rmap, baseGfn }) => ({ place: rmap.place, index: target - baseGfn }));
  return words.length === 0 ? undefined : { id, description: `guest page ${gfn}`, words, gfn: BigInt(target) };
}

function rmapPoint(vm: Vm, id: string, slot: string, page: string): DataPoint | undefined {
  const words = everySlot(vm)
    .filter(({ id: number, npages }) => number === Number(slot) && Number(page) < npages)
    .map(({ rmap }) => ({ place: rmap.place, index: Number(page) }));
  return words.length === 0 ? undefined : { id, description: `rmap word of page ${page} in memslot ${slot}`, words };
}

/** The field of events that tells the guest page they concern. */
export const fieldNaming = 'gfn';

/** What has been found, by id; void when the run (of a live trace) has grown since. */
const cache = new WeakMap<Run, Map<string, { readonly length: number; readonly moments: readonly number[] }>>();

function knownChanges(run: Run, { id }: DataPoint): readonly number[] | undefined {
  const known = cache.get(run)?.get(id);
  return known?.length === run.length ? known.moments : undefined;
}

/** The moments that change what an id names, ascending. */
export function changesOf(run: Run, point: DataPoint): readonly number[] {
  return atOnce(findChanges(run, point));
}

/** The same in slices. */
export function* findChanges(run: Run, point: DataPoint): Generator<void, readonly number[]> {
  const known = knownChanges(run, point);
  if (known !== undefined) return known;
  const { length } = run;
  const moments = new Set(point.gfn === undefined ? [] : yield* findNaming(run, fieldNaming, point.gfn));
  yield* run.eachWriteTo(point.words, length - 1, (moment, ...write) => {
    if (counts(run.vm, ...write)) moments.add(moment);
    return true;
  });
  const ascending = [...moments].sort((a, b) => a - b);
  const found = cache.get(run) ?? new Map();
  cache.set(run, found);
  found.set(point.id, { length, moments: ascending });
  return ascending;
}

/** Events gone through between yields. */
const NAMING = 1 << 11;

/** The moments with an event that has a value in a field, the last one first; found in slices. */
export function* findNaming(run: Run, field: string, value: bigint): Generator<void, number[]> {
  const events = yield* run.readingEventsBy(field);
  const moments: number[] = [];
  for (let event = events.lastUpTo(value, run.eventCount); event >= 0; event = events.before(event)) {
    moments.push(run.eventMomentOf(event));
    if (moments.length % NAMING === 0) yield;
  }
  return moments;
}

/** The last moment up to `until` that changes what an id names; -1 when none does. */
export function lastChangeOf(run: Run, point: DataPoint, until: number): number {
  if (point.gfn !== undefined || knownChanges(run, point) !== undefined) {
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
