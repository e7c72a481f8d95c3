// Threads and stacks at a moment. Threads are the actors: vCPUs, the host, the VMM, the tasks of a trace. One moment is current
// for all of them; the one whose step it is has the kernel paths under way on its stack, and so has one that it interrupts.

import type { FrameAt, Run } from '../timeline/run';
import type { SourceLine } from '../timeline/statements';
import { interrupted } from './stepping';

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

/** The actors of a run, numbered in the order in which they first act; vCPU n has the number n + 1. */
export class Actors {
  private readonly byName = new Map<string, Actor>();
  /** actor number of each moment's statement, by source number */
  private readonly statementActor = new Map<number, string>();
  private next = 1000;

  constructor(private readonly run: Run) {
    for (let m = 0; m < run.length; m++) {
      if (run.isStatement(m)) this.statementActor.set(run.sourceNumber(m), this.nameOfStatement(m));
    }
    for (const name of this.statementActor.values()) this.add(name);
    if (this.byName.size === 0) this.add('VMM');
  }

  private nameOfStatement(moment: number): string {
    const said = this.run.source(moment).actor;
    if (said !== undefined && said !== '' && said !== 'race') return said;
    const outer = interrupted(this.run, moment);
    const name = this.nameByPaths(moment);
    // who interrupts itself is told apart from itself
    return outer >= 0 && name === this.statementActor.get(this.run.sourceNumber(outer)) ? `${name}, racing` : name;
  }

  /** Whose paths a statement goes through. */
  private nameByPaths(moment: number): string {
    const next = moment + 1;
    if (next >= this.run.length || this.run.isStatement(next)) return 'VMM';
    const outer = this.run.frames(next).at(-1);
    if (outer === undefined) return 'VMM';
    if (hostPaths.has(outer.path.key)) return 'host';
    if (vmmPaths.has(outer.path.key) || outer.frame.actor < 0) return 'VMM';
    return `vCPU ${outer.frame.actor}`;
  }

  private add(name: string): Actor {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    const vcpu = /^vCPU (\d{1,3})$/.exec(name);
    const actor: Actor = { id: vcpu === null ? this.next++ : Number(vcpu[1]) + 1, name };
    this.byName.set(name, actor);
    return actor;
  }

  get all(): readonly Actor[] {
    return [...this.byName.values()].sort((a, b) => a.id - b.id);
  }

  byId(id: number): Actor | undefined {
    return this.all.find((actor) => actor.id === id);
  }

  /** Whose moment it is. */
  at(moment: number): Actor {
    return this.add(this.statementActor.get(this.run.sourceNumber(moment)) ?? 'VMM');
  }

  /** The stack of an actor at a moment, innermost first; empty when it is not at work. */
  stack(actor: Actor, moment: number): StackEntry[] {
    for (let m = moment; m >= 0; m = interrupted(this.run, m)) {
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
