// A trace as a recorded run without replay: each trace event is a statement, the events of the machine among them are told in the
// vocabulary of src/model/events.ts, and dumps are observed states of the table. Nothing is inferred: what neither an event nor a
// dump shows stays as it was last seen, and Run.observation says how long ago that was.

import { R_P9_B_HI, V_ABSENT, V_VALID } from '../model/bits';
import type { CpuName, KernelName } from '../model/kernel';
import { Log } from '../model/log';
import { vmConfig } from '../model/machine';
import { type Hpt, Scalar } from '../model/state';
import { Vm } from '../model/vm';
import { Run } from '../timeline/run';
import type { SourceLine } from '../timeline/statements';
import type { TraceEvents } from './events';
import type { HtabDump } from './htabDump';
import { NoWorld } from './noWorld';
import { Telling } from './telling';
import { TraceStatements } from './traceStatements';

/** A table that was dumped: everything before event `before` had happened. */
export interface ObservedTable {
  readonly before: number;
  readonly file: string;
  readonly dump: HtabDump;
}

/** A memslot comes or goes before event `before`. */
export interface ObservedSlot {
  readonly before: number;
  readonly slot: number;
  /** null: it goes */
  readonly is: {
    readonly baseGfn: number;
    readonly npages: number;
    readonly hva: number;
    readonly logDirty: boolean;
  } | null;
}

/** The table is made or replaced before event `before`. */
export interface ObservedHpt {
  readonly before: number;
  readonly order: number;
}

export interface ObservedMachine {
  readonly kernel: KernelName;
  readonly cpu: CpuName;
  /** log2 of the host page size */
  readonly pageShift: number;
}

export interface Observed {
  readonly title: string;
  readonly kind: 'trace' | 'dump';
  readonly machine: ObservedMachine;
  /** null for a dump without a trace */
  readonly events: TraceEvents | null;
  readonly hpts: readonly ObservedHpt[];
  readonly slots: readonly ObservedSlot[];
  readonly tables: readonly ObservedTable[];
  readonly notes: readonly string[];
  /** asked every few thousand events */
  readonly cancelled?: () => boolean;
}

const smallestOrder = 18;
const absentOrValid = V_ABSENT | V_VALID;

/** The order that a table must have at least to hold an index. */
export function orderFor(largestIndex: number): number {
  let order = smallestOrder;
  while (2 ** (order - 4) <= largestIndex) {
    order++;
  }
  return order;
}

/** Whether the words of a dump are in the layout of ISA 3.0: the segment size then stands in dword 1. */
export function isNewLayout(dump: HtabDump): boolean {
  for (let i = 0; i < dump.count; i++) {
    if (((dump.rHi[i] as number) & R_P9_B_HI) !== 0) {
      return true;
    }
  }
  return false;
}

/** Makes the run of a trace, with the tables that were dumped on the way. */
export function observe(observed: Observed): Run {
  return new Observer(observed).run();
}

class Observer {
  readonly #log = new Log();
  readonly #statements: TraceStatements;
  readonly #dumps: { source: number; file: string }[] = [];
  readonly #vm: Vm;
  readonly #telling = new Telling(this.#log);

  constructor(readonly observed: Observed) {
    this.#statements = new TraceStatements(observed.events, observed.title);
    const order = observed.hpts[0]?.order ?? this.#orderOfTables();
    this.#vm = new Vm(vmConfig({ ...observed.machine, order, vcpus: 1 }), () => new NoWorld());
    this.#vm.state.log = this.#log;
  }

  #orderOfTables(): number {
    const largest = this.observed.tables.map(({ dump }) =>
      dump.count === 0 ? 0 : (dump.index[dump.count - 1] as number),
    );
    return orderFor(Math.max(0, ...largest));
  }

  run(): Run {
    const { events, title, kind, notes } = this.observed;
    const count = events?.count ?? 0;
    const inserts = this.#inserts();
    let next = 0;
    for (let i = 0; i <= count; i++) {
      for (; next < inserts.length && (inserts[next]?.before ?? 0) <= i; next++) {
        inserts[next]?.apply();
      }
      if (events !== null && i < count) {
        if ((i & 0xfff) === 0 && this.observed.cancelled?.() === true) {
          break;
        }
        this.#event(events, i);
      }
    }
    if (this.#statements.length === 0) {
      this.#mark({ line: 0, text: title });
    }
    const sources = this.#statements;
    return new Run({ title, kind, vm: this.#vm, log: this.#log, sources, dumps: this.#dumps, notes });
  }

  /** What happens between events, in order; at the same place tables come before memslots, and dumps last. */
  #inserts(): { readonly before: number; apply(): void }[] {
    const { hpts, slots, tables } = this.observed;
    const all = [
      ...hpts.slice(1).map((hpt) => ({ before: hpt.before, rank: 0, apply: () => this.#replaceHpt(hpt) })),
      ...slots.map((slot) => ({ before: slot.before, rank: 1, apply: () => this.#slot(slot) })),
      ...tables.map((table) => ({ before: table.before, rank: 2, apply: () => this.#table(table) })),
    ];
    return all.sort((a, b) => a.before - b.before || a.rank - b.rank);
  }

  #mark(source: SourceLine): void {
    this.#log.mark(this.#statements.insert(source));
  }

  #replaceHpt(hpt: ObservedHpt): void {
    const { state } = this.#vm;
    this.#mark({ line: this.#lastLine(), ...this.#lastFile(), text: `the table is replaced: order ${hpt.order}` });
    state.setScalarNum(Scalar.hpt, state.newHpt(hpt.order).owner);
  }

  #slot({ slot: id, is }: ObservedSlot): void {
    const { state } = this.#vm;
    if (is === null) {
      state.putSlot(id, null, false);
      return;
    }
    state.putSlot(id, state.newMemslot(id, is.baseGfn, is.npages, is.hva, null), is.logDirty);
  }

  #lastLine(): number {
    return this.#statements.at(this.#statements.length - 1)?.line ?? 0;
  }

  #lastFile(): { file?: string } {
    const file = this.#statements.at(this.#statements.length - 1)?.file;
    return file === undefined ? {} : { file };
  }

  /** Brings the table to what a dump shows: entries that it does not list are free. */
  #table({ dump, file }: ObservedTable): void {
    const { state } = this.#vm;
    const own = this.observed.kind === 'dump' ? {} : { file };
    this.#mark({ line: 0, ...own, text: `${file}: ${dump.count} entries observed` });
    this.#dumps.push({ source: this.#statements.length - 1, file });
    const { hpt } = state;
    const gone: number[] = [];
    hpt.forEach((index, chunk, o) => {
      if (((chunk[o] as number) & absentOrValid) !== 0 && dump.find(index) < 0) {
        gone.push(index);
      }
    });
    for (const index of gone) {
      this.#entry(hpt, index, 0, 0, 0, 0, 0, 0);
    }
    for (let i = 0; i < dump.count; i++) {
      const index = dump.index[i] as number;
      if (index < hpt.entries) {
        const word = (column: Uint32Array): number => (column[i] as number) | 0;
        this.#entry(
          hpt,
          index,
          word(dump.vHi),
          word(dump.vLo),
          word(dump.rHi),
          word(dump.rLo),
          word(dump.guestHi),
          word(dump.guestLo),
        );
      }
    }
  }

  #entry(
    hpt: Hpt,
    index: number,
    vHi: number,
    vLo: number,
    rHi: number,
    rLo: number,
    guestHi: number,
    guestLo: number,
  ): void {
    const { state } = this.#vm;
    state.putV(hpt, index, vHi, vLo);
    state.putR(hpt, index, rHi, rLo);
    state.putGuest(hpt, index, guestHi, guestLo);
  }

  #event(events: TraceEvents, i: number): void {
    this.#log.mark(this.#statements.event());
    this.#telling.tell(events.decode(i));
  }
}
