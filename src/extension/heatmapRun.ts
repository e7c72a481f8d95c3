// The heatmap's source over the open run: cells and descriptions at the current moment; what a travel changed is taken from the
// journal's writes between the two moments, never from a scan of the table.

import { Scalar } from '../model/state';
import { toBig } from '../model/words';
import type { CellDescription, FindAnswer, TableShape } from '../protocol';
import { slotsPerPteg } from '../protocol';
import { changesBetween } from '../timeline/changes';
import type { HeatmapChange, HeatmapSource, IndexRange } from './heatmapSession';
import type { RunSession } from './session';
import { type Listen, Signal } from './signal';
import { findEntries } from './viewModels/find';
import { cellByte, describeHpte } from './viewModels/hpte';
import { momentText } from './viewModels/machine';
import type { RunView } from './viewModels/runView';

/** One open run as the heatmap shows it. */
class RunHeatmap implements HeatmapSource {
  private readonly changed = new Signal<HeatmapChange>();
  private readonly owned: { dispose(): void }[];
  private generation: number;
  /** what is known of all slots of which nothing was learnt: another one draws the whole table anew */
  private background: bigint;
  private outlined: readonly number[] = [];

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly view: RunView,
    private readonly session: RunSession,
  ) {
    this.generation = view.vm.state.hpt.owner;
    this.background = backgroundOf(view);
    this.owned = [
      session.onDidMove(() => this.moved()),
      session.onDidSelect(({ index }) => this.changed.fire({ kind: 'cursor', index })),
    ];
  }

  get title(): string {
    return this.view.run.title;
  }

  get table(): TableShape {
    const { owner, order, entries } = this.view.vm.state.hpt;
    return { generation: owner, order, npteg: entries / slotsPerPteg };
  }

  get moment(): string {
    const { knowledgeText } = this.view;
    return knowledgeText === undefined ? momentText(this.view) : `${momentText(this.view)} · ${knowledgeText}`;
  }

  get lastChanged(): readonly number[] {
    return this.outlined;
  }

  get cursor(): number | undefined {
    return this.session.selection;
  }

  cells(from: number, to: number): Uint8Array {
    const { state } = this.view.vm;
    const cells = new Uint8Array(to - from);
    for (let index = from; index < to; index++) {
      cells[index - from] = cellByte(state, index);
    }
    return cells;
  }

  describe(index: number): CellDescription {
    return describeHpte(this.view, index);
  }

  find(text: string): FindAnswer {
    return findEntries(this.view, text);
  }

  select(index: number, reveal: boolean): void {
    this.session.select(index, reveal);
  }

  dispose(): void {
    for (const { dispose } of this.owned) {
      dispose();
    }
    this.changed.dispose();
  }

  private moved(): void {
    const { view } = this;
    const { owner } = view.vm.state.hpt;
    const background = backgroundOf(view);
    const anew = owner !== this.generation || background !== this.background || view.travelledFar;
    this.generation = owner;
    this.background = background;
    const touched = view.travelledFar ? this.changedHere(owner) : view.changes.hptes(owner);
    this.outlined = view.travelledFar ? touched : touched.filter((index) => view.hpteChanged(index));
    this.changed.fire(anew ? { kind: 'reset' } : { kind: 'moment', dirty: rangesOf(touched) });
  }

  /** Entries of a table that the current moment itself has written: what counts where a far travel is not compared. */
  private changedHere(owner: number): readonly number[] {
    const { run } = this.view;
    return run.position === 0 ? [] : changesBetween(run, run.position - 1, run.position).hptes(owner);
  }
}

function backgroundOf({ vm }: RunView): bigint {
  const { scalars } = vm.state;
  return toBig(scalars.hi(Scalar.knownBackground), scalars.lo(Scalar.knownBackground));
}

/** Ascending indexes as ranges. */
export function rangesOf(indexes: readonly number[]): IndexRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last?.to === index) {
      last.to = index + 1;
    } else {
      ranges.push({ from: index, to: index + 1 });
    }
  }
  return ranges;
}

/** What the heatmap panel looks at: the source of the open run, made anew for each run. */
export class RunHeatmaps {
  private readonly changed = new Signal<void>();
  private shown: RunHeatmap | undefined;
  private readonly subscription: { dispose(): void };

  readonly onDidChangeSource: Listen<void> = this.changed.event;

  constructor(private readonly session: RunSession) {
    this.open();
    this.subscription = session.onDidChangeRun(() => {
      this.open();
      this.changed.fire();
    });
  }

  get source(): HeatmapSource | undefined {
    return this.shown;
  }

  dispose(): void {
    this.subscription.dispose();
    this.shown?.dispose();
    this.changed.dispose();
  }

  private open(): void {
    this.shown?.dispose();
    const { view } = this.session;
    this.shown = view === null ? undefined : new RunHeatmap(view, this.session);
  }
}
