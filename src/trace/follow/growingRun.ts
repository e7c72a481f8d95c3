// A live trace on the side that looks at it: a run that grows by the pieces that come.

import { Log } from '../../model/log';
import { vmConfig } from '../../model/machine';
import { Vm } from '../../model/vm';
import { makeUnknown } from '../../timeline/known';
import { Run } from '../../timeline/run';
import { TraceEvents } from '../events';
import { NoWorld } from '../noWorld';
import { TextBlocks } from '../textBlocks';
import { TextLines } from '../textLines';
import { TraceStatements } from '../traceStatements';
import { COLUMNS, type TracePiece } from './piece';

const NOTE =
  'This trace is followed while it is recorded: its events are told as they come, and the table is not replayed. Open the file for that when it is whole.';

export class GrowingRun {
  #run: Run | null = null;
  readonly #events = new TraceEvents();
  readonly #blocks = TextBlocks.of([]);
  readonly #statements: TraceStatements;
  readonly #log = new Log();

  /** @param title the file that is followed, as its statements name it */
  constructor(private readonly title: string) {
    this.#events.sources.push(new TextLines(title, this.#blocks));
    this.#statements = new TraceStatements(this.#events, title);
  }

  /** The run; null while no event has come. */
  get run(): Run | null {
    return this.#run;
  }

  /** Takes a piece; pieces come in order. Takes some milliseconds. */
  take(piece: TracePiece): void {
    const events = this.#events;
    const { from, count, before } = piece;
    if (from !== events.count) {
      throw new Error(`a piece that begins with event ${from} after ${events.count} events`);
    }
    Object.assign(events, { unit: piece.unit, resolution: piece.resolution, base: piece.base });
    for (const { comm, pid, tgid } of piece.tasks) events.taskCode(comm, pid, tgid);
    for (const name of piece.kindNames) events.kindCode(name);
    for (const text of piece.flagTexts) events.flagCode(text);
    if (before !== undefined) {
      events.offset[from - 1] = before.offset;
      events.length[from - 1] = before.length;
    }
    for (const { block, at, bytes } of piece.text) this.#blocks.put(block, at, bytes);
    events.reserve(from + count);
    for (const column of COLUMNS) events[column].set(piece.columns[column], from);
    events.count = from + count;
    events.lost.push(...piece.lost);
    for (let i = 0; i < count; i++) this.#statements.event();
    this.#log.receive(piece.journal.at, piece.journal.words);
    if (this.#run === null && count > 0) {
      this.#run = this.#begun();
    } else {
      this.#run?.grow();
    }
  }

  #begun(): Run {
    const config = vmConfig({ kernel: 'linux-6.1', cpu: 'POWER9', pageShift: 16, order: 18, vcpus: 1 });
    const vm = new Vm(config, () => new NoWorld());
    makeUnknown(vm.state, 'no first dump');
    return new Run({ title: this.title, kind: 'trace', vm, log: this.#log, sources: this.#statements, notes: [NOTE] });
  }
}
