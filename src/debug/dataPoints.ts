// Data that a person can watch: an HPTE, a PTEG, a guest page, an rmap word. Each has an id, which variables carry and data
// breakpoints name, and the list of moments that changed it.

import { V_HVLOCK } from '../model/bits';
import { type Memslot, type Place, Plane } from '../model/state';
import type { Vm } from '../model/vm';
import type { Run, Write } from '../timeline/run';

/** What an id names. */
export interface DataPoint {
  readonly id: string;
  readonly description: string;
  /** Whether a write changes it; locks taken and dropped do not count. */
  changedBy(write: Write): boolean;
  /** Whether an event that names this guest page concerns it. */
  readonly gfn?: bigint;
}

const number = '(0x[0-9a-f]{1,16}|\\d{1,18})';
const pattern = new RegExp(`^(?:(hpte|pteg|page):${number}|rmap:(\\d{1,6}):${number})$`);

/** Every memslot that the run ever has, also those that are not there at the current moment. */
function everySlot(vm: Vm): Memslot[] {
  const slots: Memslot[] = [];
  for (let owner = 1; ; owner++) {
    const owned = vm.state.ownerOf(owner);
    if (owned === null) return slots;
    if ('baseGfn' in owned) slots.push(owned);
  }
}

/** Whether a write changes more than a lock bit. */
function counts(vm: Vm, { place, before, after }: Write): boolean {
  const changed = before ^ after;
  if (place.plane === Plane.hpteV) return changed !== BigInt(V_HVLOCK);
  if (place.plane === Plane.rmap) return changed !== BigInt(vm.kernel.rmapLockHi >>> 0) << 32n;
  return changed !== 0n;
}

/** @returns what an id names, or undefined when it names nothing */
export function dataPoint(vm: Vm, id: string): DataPoint | undefined {
  const match = pattern.exec(id);
  if (match === null) return undefined;
  const [, kind, value = '0', slotId, page = '0'] = match;
  const watch = (description: string, at: (place: Place) => boolean, gfn?: bigint): DataPoint => ({
    id,
    description,
    changedBy: (write) => at(write.place) && counts(vm, write),
    ...(gfn === undefined ? {} : { gfn }),
  });
  const isHpte = ({ plane }: Place) => plane === Plane.hpteV || plane === Plane.hpteR || plane === Plane.guestRpte;
  const target = Number(value);
  switch (kind) {
    case 'hpte':
      return watch(`HPTE ${value}`, (place) => isHpte(place) && place.index === target);
    case 'pteg':
      return watch(`PTEG ${value}`, (place) => isHpte(place) && Math.floor(place.index / 8) === target);
    case 'page': {
      const words = everySlot(vm).filter(({ baseGfn, npages }) => target >= baseGfn && target < baseGfn + npages);
      const at = (place: Place) =>
        place.plane === Plane.rmap &&
        words.some((slot) => slot.rmap.owner === place.owner && slot.baseGfn + place.index === target);
      return words.length === 0 ? undefined : watch(`guest page ${value}`, at, BigInt(target));
    }
    default: {
      const slots = everySlot(vm).filter(({ id: slot }) => slot === Number(slotId));
      const index = Number(page);
      const at = (place: Place) =>
        place.plane === Plane.rmap && place.index === index && slots.some(({ rmap }) => rmap.owner === place.owner);
      return slots.length === 0 ? undefined : watch(`rmap word of page ${page} in memslot ${slotId}`, at);
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
  const moments: number[] = [];
  for (let m = 0; m < run.length; m++) {
    const named = point.gfn !== undefined && run.events(m).some((event) => 'gfn' in event && event.gfn === point.gfn);
    if (named || run.writes(m).some((write) => point.changedBy(write))) moments.push(m);
  }
  known.set(point.id, moments);
  return moments;
}
