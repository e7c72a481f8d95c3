// What a moment is about: the address, HPTE, guest page and vCPU that its events, its writes and the kernel paths under way
// name. Events come first, then writes, then the innermost path's values and arguments, then its callers'.

import type { Event, EventOf } from '../model/events';
import { actualShift, gfnOf } from '../model/hpte';
import { Plane } from '../model/place';
import { Vcpu } from '../model/state';
import type { Store } from '../model/store';
import type { Vm } from '../model/vm';
import { hiOf, loOf, toBig } from '../model/words';
import type { Run, Write } from '../timeline/run';
import { vcpuAt } from './stack';

export interface Subject {
  readonly vcpu: number;
  readonly ea?: bigint;
  /** segment word that the path under way uses */
  readonly segment?: bigint;
  /** DSISR or the status of an instruction fault */
  readonly status?: bigint;
  readonly index?: bigint;
  readonly gfn?: bigint;
  readonly hva?: bigint;
}

type Names = Map<string, bigint>;

/** The page of a fault. The event names the memslot's first page only; the page is that of the guest view. */
export function faultedGfn(vm: Vm, { guest, v }: EventOf<'fault.enter'>): bigint | undefined {
  const [hi, lo] = [hiOf(guest), loOf(guest)];
  const shift = actualShift(vm, loOf(v), lo);
  return shift === 0 ? undefined : BigInt(gfnOf(hi, lo, shift, vm.pageShift));
}

/** Values by name that an event tells. */
function ofEvent(vm: Vm, event: Event, names: Names): void {
  if (event.kind === 'fault.enter' && !names.has('gfn')) {
    const gfn = faultedGfn(vm, event);
    if (gfn !== undefined) names.set('gfn', gfn);
  }
  for (const [name, value] of Object.entries(event)) {
    if (name === 'baseGfn') continue;
    if (typeof value === 'bigint' && !names.has(name)) names.set(name, value);
    if ((name === 'dsisr' || name === 'status') && typeof value === 'number') names.set('status', BigInt(value));
  }
}

/** The place that a write changed, as a name and value. */
function ofWrite(run: Run, { place, after }: Write, names: Names): void {
  const set = (name: string, value: bigint) => {
    if (!names.has(name)) names.set(name, value);
  };
  if (place.plane >= Plane.hpteV && place.plane <= Plane.link) set('index', BigInt(place.index));
  else if (place.plane === Plane.rmap) {
    const slot = run.vm.state.slots.find(({ rmap }) => rmap.owner === place.owner);
    if (slot !== undefined) set('gfn', BigInt(slot.baseGfn + place.index));
  } else if (place.plane === Plane.hostPte) {
    const vma = run.vm.state.vmas.find(({ ptes }) => ptes.owner === place.owner);
    if (vma !== undefined) set('hva', BigInt(vma.hva) + BigInt(place.index) * BigInt(run.vm.page * 2 ** vma.order));
  } else if (place.plane === Plane.vcpu && place.index === Vcpu.pgfaultIndex) set('index', after);
}

/** Names under which paths carry what we look for. */
const synonyms: Readonly<Record<string, string>> = {
  pte_index: 'index',
  dsisr: 'status',
  slb_v: 'segment',
  start: 'hva',
};

/** What a moment is about. Needs the run to stand at that moment. */
export function subjectOf(run: Run, moment: number, labels: ReadonlyMap<string, number>): Subject {
  const names: Names = new Map();
  for (const event of run.events(moment)) ofEvent(run.vm, event, names);
  for (const write of run.writes(moment)) ofWrite(run, write, names);
  const frames = run.frames(moment);
  for (const { frame } of frames) {
    for (const [name, value] of [
      ...run.locals(frame, moment),
      ...frame.path.args.map((arg, i) => [arg, frame.args[i] ?? 0n] as const),
    ]) {
      const known = synonyms[name] ?? name;
      if (!names.has(known)) names.set(known, value);
    }
  }
  const vcpu = vcpuAt(run, moment);
  const store = run.vm.state.vcpus[vcpu];
  if (!names.has('index') && store !== undefined && frames.some(({ path }) => path.key === 'page_fault')) {
    names.set('index', toBig(store.hi(Vcpu.pgfaultIndex), store.lo(Vcpu.pgfaultIndex)));
  }
  if (!names.has('index')) {
    const label = labelled(run, moment, labels);
    if (label !== undefined) names.set('index', BigInt(label));
  }
  return complete(run, vcpu, store, names);
}

/** The HPTE of the first label that a scenario line names. */
function labelled(run: Run, moment: number, labels: ReadonlyMap<string, number>): number | undefined {
  if (labels.size === 0) return undefined;
  const words = run.source(moment).text.match(/[A-Za-z_][\w-]*/g) ?? [];
  return words.map((word) => labels.get(word)).find((index) => index !== undefined);
}

/** Adds what follows from what is known: the page of an HPTE, the host page of a guest page, the address of an access. */
function complete(run: Run, vcpu: number, store: Store | undefined, names: Names): Subject {
  const { state, pageShift, page } = run.vm;
  let index = names.get('index');
  if (index !== undefined && index >= BigInt(state.hpt.entries)) index = undefined;
  let gfn = names.get('gfn');
  const gpa = names.get('gpa');
  if (gfn === undefined && gpa !== undefined) gfn = gpa >> BigInt(pageShift);
  let hva = names.get('hva');
  if (gfn === undefined && hva !== undefined) {
    const at = Number(hva);
    const slot = state.slots.find((s) => at >= s.hva && at < s.hva + s.npages * page);
    if (slot !== undefined) gfn = BigInt(slot.baseGfn + Math.floor((at - slot.hva) / page));
  }
  const slot = gfn === undefined ? null : state.slotOfGfn(Number(gfn));
  if (slot !== null && gfn !== undefined) hva ??= BigInt(slot.hva + (Number(gfn) - slot.baseGfn) * page);
  const ea = names.get('ea');
  const status = names.get('status');
  const segment = store === undefined ? undefined : names.get('segment');
  return {
    vcpu,
    ...(ea === undefined ? {} : { ea }),
    ...(segment === undefined ? {} : { segment }),
    ...(status === undefined ? {} : { status }),
    ...(index === undefined ? {} : { index }),
    ...(gfn === undefined ? {} : { gfn }),
    ...(hva === undefined ? {} : { hva }),
  };
}
