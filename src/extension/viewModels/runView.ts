// The run as the views see it: at its current moment, with what the last travel changed.

import { Plane } from '../../model/state';
import type { Vm } from '../../model/vm';
import { Changes, changesBetween, farTravel } from '../../timeline/changes';
import type { Observation, Run } from '../../timeline/run';
import { count, hex, l10n } from '../texts';
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
  private observed: { readonly position: number; readonly observation: Observation | null } | undefined;

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

  /** What a trace tells about the table at the current moment; null for a scenario, of which everything is known. */
  get observation(): Observation | null {
    const { position } = this.run;
    if (this.observed?.position !== position) {
      this.observed = { position, observation: this.run.observation(position) };
    }
    return this.observed.observation;
  }

  /** A statement is over and the next has not begun: no kernel path is under way. */
  get settled(): boolean {
    const { run } = this;
    const { position } = run;
    return run.isStatement(position) || position === run.length - 1 || run.isStatement(position + 1);
  }

  /** Nothing has been observed of the table so far. */
  get tableUnknown(): boolean {
    return this.observation?.dump === null;
  }

  /** What is known of the table, in words; undefined for a scenario. */
  get observationText(): string | undefined {
    const { observation } = this;
    if (observation === null) {
      return undefined;
    }
    if (observation.dump === null) {
      return l10n.t('no dump of the table so far: its entries are unknown');
    }
    const { dump, changesSince } = observation;
    const file = dump.file === '' ? l10n.t('the dump') : dump.file;
    return changesSince === 0
      ? l10n.t('table as in {0}', file)
      : l10n.t('table as in {0}, {1} events ago that may have changed it', file, count(changesSince));
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

  /** Whether the last travel changed a word of an HPTE, its links left aside. */
  hpteChanged(index: number): boolean {
    const { owner } = this.vm.state.hpt;
    return [Plane.hpteV, Plane.hpteR, Plane.guestRpte].some((plane) => this.changes.has(plane, owner, index));
  }
}
