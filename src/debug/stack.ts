// Threads and stacks at a moment. Threads are the actors: vCPUs, the host, the VMM, the tasks of a trace. One moment is current
// for all of them; the one whose step it is has the kernel paths under way on its stack, and so has one that it interrupts.

import type { FrameAt, Run } from '../timeline/run';
import type { SourceLine } from '../timeline/statements';

/** Paths that the host's memory management runs, whoever's path they interrupt. */
const hostPaths = new Set(['host_mm', 'unmap_hva_range', 'set_spte_hva', 'age_rmapp', 'test_age_rmapp']);
/** Paths that the VMM runs by ioctl or by reading and writing a file. */
const vmmPaths = new Set([
  'set_memory_region',
  'get_dirty_log',
  'map_vrma',
  'htab_read',
  'htab_write',
  'resize_hpt',
  'alloc_reset_hpt',
  'pin_guest_page',
]);

/** A kernel path on the stack, or the statement at its bottom. */
export type StackEntry =
  | { readonly kind: 'path'; readonly at: FrameAt; readonly moment: number }
  | { readonly kind: 'statement'; readonly source: SourceLine; readonly moment: number };

export interface Actor {
  readonly id: number;
  readonly name: string;
}

/** No actor is known yet. */
const UNKNOWN = 0xffffffff;

/** The actors of a run, numbered in the order in which they are met; vCPU n has the number n + 1. */
export class Actors {
  private readonly known: Actor[] = [];
  private readonly byName = new Map<string, number>();
  /** place in `known` of each statement's actor, by source number */
  private ofStatement: Uint32Array;
  private next = 1000;

  constructor(private readonly run: Run) {
    this.ofStatement = new Uint32Array(run.statements.length).fill(UNKNOWN);
  }

  /** The run has grown. */
  grow(): void {
    const { length } = this.run.statements;
    if (length <= this.ofStatement.length) return;
    const longer = new Uint32Array(length * 2).fill(UNKNOWN);
    longer.set(this.ofStatement);
    this.ofStatement = longer;
  }

  /** Meets all of them, with so many moments looked at before each yield. */
  *meet(slice = 4096): Generator<void, void> {
    for (let moment = 0; moment < this.run.length; moment++) {
      if (this.run.isStatement(moment)) this.at(moment);
      if (moment % slice === slice - 1) yield;
    }
    if (this.known.length === 0) this.add('VMM');
  }

  /** Whose paths a statement goes through. */
  private nameOfStatement(moment: number): string {
    const said = this.run.source(moment).actor;
    if (said !== undefined && said !== '' && said !== 'race') return said;
    const outer = this.run.interruptedAt(moment);
    const name = this.nameByPaths(moment);
    // who interrupts itself is told apart from itself
    return outer >= 0 && name === this.at(outer).name ? `${name}, racing` : name;
  }

  private nameByPaths(moment: number): string {
    const outer = moment + 1 < this.run.length ? this.run.outermost(moment + 1) : null;
    if (outer === null) return 'VMM';
    if (hostPaths.has(outer.path.key)) return 'host';
    return vmmPaths.has(outer.path.key) || outer.actor < 0 ? 'VMM' : `vCPU ${outer.actor}`;
  }

  private add(name: string): number {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const vcpu = /^vCPU (\d{1,3})$/.exec(name);
    const place = this.known.push({ id: vcpu === null ? this.next++ : Number(vcpu[1]) + 1, name }) - 1;
    this.byName.set(name, place);
    return place;
  }

  /** Those met so far. */
  get all(): readonly Actor[] {
    return [...this.known].sort((a, b) => a.id - b.id);
  }

  byId(id: number): Actor | undefined {
    return this.known.find((actor) => actor.id === id);
  }

  /** Whose moment it is. */
  at(moment: number): Actor {
    const source = this.run.sourceNumber(moment);
    let place = this.ofStatement[source] ?? UNKNOWN;
    if (place === UNKNOWN) {
      place = this.add(this.nameOfStatement(this.run.statementOf(moment)));
      this.ofStatement[source] = place;
    }
    return this.known[place] ?? { id: this.next, name: 'VMM' };
  }

  /** The stack of an actor at a moment, innermost first; empty when it is not at work. */
  stack(actor: Actor, moment: number): StackEntry[] {
    for (let m = moment; m >= 0; m = this.run.interruptedAt(m)) {
      if (this.at(m).id === actor.id) return this.stackAt(m);
    }
    return [];
  }

  private stackAt(moment: number): StackEntry[] {
    const paths = this.run.frames(moment).map((at): StackEntry => ({ kind: 'path', at, moment }));
    return [...paths, { kind: 'statement', source: this.run.source(moment), moment }];
  }
}

/** vCPU number that acts at a moment; 0 when none does. */
export function vcpuAt(run: Run, moment: number): number {
  const outer = run.frames(moment).at(-1);
  if (outer !== undefined && outer.frame.actor >= 0) return outer.frame.actor;
  const named = /^vCPU (\d{1,3})$/.exec(run.source(moment).actor ?? '');
  const vcpu = named === null ? 0 : Number(named[1]);
  return vcpu < run.vm.state.vcpus.length ? vcpu : 0;
}
