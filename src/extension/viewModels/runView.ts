// The run as the views see it: at its current moment, with what the last travel changed.

import { Plane } from '../../model/place';
import type { Vm } from '../../model/vm';
import { Changes, changesBetween, farTravel } from '../../timeline/changes';
import { backgroundStates, isSettled, knownOf } from '../../timeline/known';
import type { Run } from '../../timeline/run';
import { causeText, count, hex, l10n } from '../texts';
import { ChainIndex } from './chainIndex';
import { TableIndex } from './tableIndex';

/** From one moment to another. */
export interface Travel {
  readonly from: number;
  readonly to: number;
}

export class RunView {
  /** Labels by the HPTE index they stand for. */
  readonly labels: ReadonlyMap<number, string>;
  /** HPTE indexes by label. */
  readonly labelled: ReadonlyMap<string, number>;
  private last: Travel;
  private known: Changes | undefined;
  private index: TableIndex | undefined;
  private rings: ChainIndex | undefined;

  constructor(
    readonly run: Run,
    labels: ReadonlyMap<string, number> = new Map(),
  ) {
    this.labelled = labels;
    this.labels = new Map([...labels].map(([name, index]) => [index, name]));
    this.last = { from: run.position, to: run.position };
  }

  get vm(): Vm {
    return this.run.vm;
  }

  /** The travel that led to the current moment; nothing changed right after opening. */
  get travel(): Travel {
    return this.last;
  }

  moved(travel: Travel): void {
    this.last = travel;
    this.known = undefined;
  }

  /** The last travel went over so many moments that what it changed is not marked. */
  get travelledFar(): boolean {
    return Math.abs(this.last.to - this.last.from) > farTravel;
  }

  /** What the last travel changed; nothing when it went far. */
  get changes(): Changes {
    const { from, to } = this.last;
    this.known ??= from === to || this.travelledFar ? new Changes() : changesBetween(this.run, from, to);
    return this.known;
  }

  /** The table is that of a real machine, rebuilt from what its trace and its dumps tell: parts of it may be unknown. */
  get replayed(): boolean {
    return this.run.kind !== 'scenario';
  }

  /** A statement is over and the next has not begun: no kernel path is under way. */
  get settled(): boolean {
    const { run } = this;
    const { position } = run;
    return run.isStatement(position) || position === run.length - 1 || run.isStatement(position + 1);
  }

  /** Nothing is known of any slot of the table. */
  get tableUnknown(): boolean {
    return this.replayed && this.table.counts.unknown === this.vm.state.hpt.entries;
  }

  /** What is known of the table, in words; undefined for a scenario, which knows all. */
  get knowledgeText(): string | undefined {
    if (!this.replayed) {
      return undefined;
    }
    const { assumed, unknown } = this.table.counts;
    const { state } = this.vm;
    if (assumed > 0) {
      return l10n.t('{0} entries assumed, {1} unknown', count(assumed), count(unknown));
    }
    if (unknown === 0) {
      return l10n.t('the state of every entry is known');
    }
    const why = isSettled(backgroundStates(state)) ? undefined : knownOf(state, state.hpt.entries)?.cause.state;
    const doubt =
      unknown === state.hpt.entries ? l10n.t('the table is unknown') : l10n.t('{0} entries unknown', count(unknown));
    return why === undefined ? doubt : `${doubt}: ${causeText(why)}`;
  }

  get table(): TableIndex {
    this.index ??= new TableIndex(this.run);
    return this.index;
  }

  get chains(): ChainIndex {
    this.rings ??= new ChainIndex(this.run);
    return this.rings;
  }

  /** An HPTE as people call it: "a" where the scenario has a label, else "0x918". */
  nameOf(index: number): string {
    return this.labels.get(index) ?? hex(index);
  }

  /** Whether the last travel changed a word of an HPTE, its links left aside, or what is known of it. */
  hpteChanged(index: number): boolean {
    const { owner } = this.vm.state.hpt;
    const { changes } = this;
    return (
      changes.learnt.has(index) ||
      [Plane.hpteV, Plane.hpteR, Plane.guestRpte].some((plane) => changes.has(plane, owner, index))
    );
  }
}
