// Following one guest page, one HPTE or one vCPU: what is followed filters where steps stop, together with the preset.

import { listed, nearest } from '../scenario/suggest';
import type { Run } from '../timeline/run';
import { dataPoint, findChanges, findNaming } from './dataPoints';
import { type Direction, nextOf } from './moments';
import type { Actors } from './stack';
import { faultedGfn } from './subject';

/** What a person asks to follow. */
export type Followed =
  | { readonly what: 'gfn' | 'gpa' | 'hpte'; readonly value: bigint }
  | { readonly what: 'vcpu'; readonly value: bigint }
  | { readonly what: 'label'; readonly name: string };

/** Reads "gfn 0x10", "gpa 0x10000", "hpte 0x1f3", "vcpu 0" or a label. @returns a sentence when it is none */
export function followed(text: string): Followed | string {
  const match = /^\s*(?:(gfn|gpa|hpte|vcpu)\s+(0[xX][0-9a-fA-F]{1,16}|\d{1,18})|([A-Za-z_][\w-]*))\s*$/.exec(text);
  const [, what, value, name] = match ?? [];
  if (name !== undefined) return { what: 'label', name };
  if (what === 'gfn' || what === 'gpa' || what === 'hpte' || what === 'vcpu')
    return { what, value: BigInt(value ?? 0) };
  return `expected "gfn 0x10", "gpa 0x10000", "hpte 0x1f3", "vcpu 0" or a label, got "${text.slice(0, 40)}"`;
}

/** Where what is followed has a part in a run. */
export interface Trail {
  readonly description: string;
  /** The next moment after `from` that concerns it; -1 without one. `wanted`: only moments that this accepts. */
  next(from: number, direction: Direction): number;
  concerns(moment: number): boolean;
}

/** The trail of something in a run, found in turns. @returns a sentence when the run has no such thing */
export function* trailOf(
  run: Run,
  actors: Actors,
  labels: ReadonlyMap<string, number>,
  asked: Followed,
): Generator<void, Trail | string> {
  if (asked.what === 'label') {
    const index = labels.get(asked.name);
    if (index === undefined) return noLabel(asked.name, [...labels.keys()]);
    return yield* trailOf(run, actors, labels, { what: 'hpte', value: BigInt(index) });
  }
  const { what, value } = asked;
  if (what === 'vcpu') return vcpuTrail(run, actors, value);
  if (what === 'hpte' && value >= BigInt(run.vm.state.hpt.entries))
    return `the table has no HPTE 0x${value.toString(16)}`;
  const gfn = what === 'gpa' ? value >> BigInt(run.vm.pageShift) : value;
  const hex = `0x${gfn.toString(16)}`;
  const point = dataPoint(run.vm, what === 'hpte' ? `hpte:${hex}` : `page:${hex}`);
  if (point === undefined) return `no memslot has the guest page ${hex}`;
  const named =
    what === 'hpte'
      ? yield* findNaming(run, 'index', value)
      : [...(yield* hostMoments(run, gfn)), ...(yield* faultMoments(run, gfn))];
  const moments = [...new Set([...(yield* findChanges(run, point)), ...named])].sort((a, b) => a - b);
  return {
    description: point.description,
    next: (from, direction) => nextOf(moments, from, direction),
    concerns: (moment) => nextOf(moments, moment - 1, 1) === moment,
  };
}

function noLabel(name: string, labels: readonly string[]): string {
  const near = nearest(name, labels);
  const known = labels.length === 0 ? 'this run has none' : `known are ${listed(labels, 8)}`;
  return `there is no label "${name.slice(0, 40)}"; ${near === undefined ? known : `did you mean "${near}"?`}`;
}

/** Moments of events that name the host virtual address of a guest page. */
function* hostMoments(run: Run, gfn: bigint): Generator<void, number[]> {
  const { vm } = run;
  const slot = vm.state.slotOfGfn(Number(gfn));
  if (slot === null) return [];
  return yield* findNaming(run, 'hva', BigInt(slot.hva + (Number(gfn) - slot.baseGfn) * vm.page));
}

/** Faults that are looked at between turns. */
const FAULTS = 1024;

/** Moments at which a fault on a guest page begins: the event's guest view of the HPTE tells the page. */
function* faultMoments(run: Run, gfn: bigint): Generator<void, number[]> {
  const moments: number[] = [];
  for (const [i, number] of run.eventsOf('fault.enter').entries()) {
    if (i % FAULTS === FAULTS - 1) yield;
    const { event, moment } = run.event(number);
    if (event.kind === 'fault.enter' && faultedGfn(run.vm, event) === gfn) moments.push(moment);
  }
  return moments;
}

function vcpuTrail(run: Run, actors: Actors, vcpu: bigint): Trail {
  const name = `vCPU ${vcpu}`;
  return {
    description: name,
    next: (from, direction) => {
      const to = from + direction;
      return to >= 0 && to < run.length ? to : -1;
    },
    concerns: (moment) => actors.at(moment).name === name,
  };
}
