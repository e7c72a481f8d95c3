// The one thing that all views look at: the run that is open, the moment it stands at, and the entry that is selected.
// Whoever opens a run (the debugger, "Open run without debugging") hands it in; whoever moves it says so; views listen.
// No `vscode` import: the debug adapter's tests and the view models' tests use it on Node.

import { UNKNOWN_INDEX } from '../model/events';
import { type Visit, visitsOf } from '../scenario/editor/visits';
import type { Run } from '../timeline/run';
import { type Listen, Signal } from './signal';
import { RunView, type Travel } from './viewModels/runView';

/** A run and what belongs to it. */
export interface OpenedRun {
  readonly run: Run;
  /** Labels of the scenario and the HPTE index that each stands for; empty for a trace. */
  readonly labels: ReadonlyMap<string, number>;
  /** The file it came from, as a URI string. */
  readonly origin: string;
  /** What it made of each line of a scenario, where that was told with it. */
  readonly visits?: readonly Visit[] | undefined;
  /** Process of the VMM whose machine it shows, where a trace has several. */
  readonly machine?: number | undefined;
  /** A live trace is followed: its file may not be read again. */
  readonly live?: boolean;
}

/** The HPTE that all views mark. */
export interface Selection {
  readonly index: number;
  /** The person asked to see it: trees come forward. */
  readonly reveal: boolean;
}

/** Moves the run on behalf of a view: the debug session does, so that its stack and editor follow. */
export type Traveller = (moment: number) => PromiseLike<unknown> | undefined;

export class RunSession {
  private readonly changedRun = new Signal<Run | null>();
  private readonly movedRun = new Signal<Travel>();
  private readonly selectedEntry = new Signal<Selection>();
  private opened: OpenedRun | null = null;
  private shown: RunView | null = null;
  private position = 0;
  private chosen: number | undefined;
  /** whether a person chose it: then the run's moves leave it alone */
  private chosenByPerson = false;
  private traveller: Traveller | null = null;

  /** Another run is open, or none any more (null). */
  readonly onDidChangeRun: Listen<Run | null> = this.changedRun.event;
  /** The run stands at another moment. */
  readonly onDidMove: Listen<Travel> = this.movedRun.event;
  /** Another entry is selected. */
  readonly onDidSelect: Listen<Selection> = this.selectedEntry.event;

  /** The open run; null when there is none. */
  get run(): Run | null {
    return this.opened?.run ?? null;
  }

  get labels(): ReadonlyMap<string, number> {
    return this.opened?.labels ?? new Map();
  }

  /** What the open run made of each line of its scenario. */
  get visits(): readonly Visit[] {
    const { opened } = this;
    if (opened === null) return [];
    return opened.visits ?? visitsOf(opened.run, opened.labels);
  }

  /** URI of the file that the run came from; empty when no run is open. */
  get origin(): string {
    return this.opened?.origin ?? '';
  }

  /** Process of the VMM whose machine the open run shows, where a trace has several. */
  get machine(): number | undefined {
    return this.opened?.machine;
  }

  /** Whether the open run is a live trace that is followed. */
  get isLive(): boolean {
    return this.opened?.live === true;
  }

  /** The run as the views see it; null when there is none. */
  get view(): RunView | null {
    return this.shown;
  }

  /** The selected HPTE, or undefined. */
  get selection(): number | undefined {
    return this.chosen;
  }

  /** Opens a run at the moment it stands at. */
  setRun(opened: OpenedRun): void {
    this.opened = opened;
    this.settle();
    this.changedRun.fire(opened.run);
  }

  /** Closes the run; with a run given only when it is the open one, so that a session that ends late closes nobody else's. */
  clear(run?: Run): void {
    if (this.opened === null || (run !== undefined && run !== this.opened.run)) {
      return;
    }
    this.opened = null;
    this.traveller = null;
    this.settle();
    this.changedRun.fire(null);
  }

  /** Says that the run was moved (`run.seek`). Call it once for each stop, not for each moment on the way. */
  moved(): void {
    const to = this.run?.position ?? 0;
    if (to === this.position) {
      return;
    }
    const travel = { from: this.position, to };
    this.position = to;
    this.shown?.moved(travel);
    this.movedRun.fire(travel);
    this.follow();
  }

  /** Who moves the run from now on; null: nobody but this object. */
  setTraveller(traveller: Traveller | null): void {
    this.traveller = traveller;
  }

  /** Goes to a moment: through the debug session when there is one, else directly. */
  async goTo(moment: number): Promise<void> {
    const { run } = this;
    if (run === null) {
      return;
    }
    const target = Math.max(0, Math.min(run.length - 1, moment));
    const travelling = this.traveller?.(target);
    if (travelling !== undefined) {
      await travelling;
      return;
    }
    run.seek(target);
    this.moved();
  }

  /** Shows another moment in the views while a person looks around: the debugger stays where it is, and `goTo` takes it along. */
  look(moment: number): void {
    this.run?.seek(moment);
    this.moved();
  }

  /** Selects an HPTE in all views. */
  select(index: number, reveal = false): void {
    this.chosen = index;
    this.chosenByPerson = true;
    this.selectedEntry.fire({ index, reveal });
  }

  dispose(): void {
    this.changedRun.dispose();
    this.movedRun.dispose();
    this.selectedEntry.dispose();
  }

  /** Until a person selects an entry, the selection is the entry of the last event. */
  private follow(): void {
    const { run } = this;
    if (run === null || this.chosenByPerson) {
      return;
    }
    for (const event of run.events(run.position).reverse()) {
      if ('index' in event && event.index !== UNKNOWN_INDEX) {
        this.chosen = Number(event.index);
        this.selectedEntry.fire({ index: this.chosen, reveal: false });
        return;
      }
    }
  }

  private settle(): void {
    this.position = this.run?.position ?? 0;
    this.shown = this.opened === null ? null : new RunView(this.opened.run, this.opened.labels);
    this.chosen = undefined;
    this.chosenByPerson = false;
  }
}
