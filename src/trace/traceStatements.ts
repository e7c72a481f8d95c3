// The statements of a trace's run: its events, told from their columns when they are asked for, and between them what a recording
// puts there (a dump, a new table).

import type { SourceLine, Statements } from '../timeline/statements';
import { textOf } from './byteCursor';
import type { DecodedEvent } from './decoded';
import type { TraceEvents } from './events';
import { printEvent } from './printEvent';
import { ftraceEventLine } from './writeFtrace';

/** What the recording says between two events. */
interface Inserted {
  /** its source number */
  readonly number: number;
  readonly source: SourceLine;
}

/** Statements but for their events, as plain data. */
export interface StatementParts {
  readonly program: string;
  readonly length: number;
  readonly inserted: readonly Inserted[];
}

/** Statements made in order: `event` for the next event of the trace, `insert` for what is none. */
export class TraceStatements implements Statements {
  /** Number of statements. */
  length = 0;
  readonly #inserted: Inserted[] = [];

  /**
   * @param events null for a dump without a trace
   * @param program the file that the run was opened from: statements that stand in it name no file
   */
  constructor(
    readonly events: TraceEvents | null,
    readonly program: string,
  ) {}

  /** Adds the next event of the trace; returns its source number. */
  event(): number {
    return this.length++;
  }

  /** Adds a statement that is no event; returns its source number. */
  insert(source: SourceLine): number {
    this.#inserted.push({ number: this.length, source });
    return this.length++;
  }

  /** What it is made of beside the events, as plain data for `TraceStatements.of`. */
  get parts(): StatementParts {
    return { program: this.program, length: this.length, inserted: this.#inserted };
  }

  static of(events: TraceEvents | null, { program, length, inserted }: StatementParts): TraceStatements {
    const statements = new TraceStatements(events, program);
    statements.length = length;
    statements.#inserted.push(...inserted);
    return statements;
  }

  at(number: number): SourceLine | undefined {
    const before = this.#insertedBefore(number);
    const inserted = this.#inserted[before];
    if (inserted?.number === number) return inserted.source;
    return this.events === null || number < 0 || number >= this.length
      ? undefined
      : new EventStatement(this.events, number - before, this.program);
  }

  /** The event that a statement is, else the last one before it, by its index in the trace; -1 without one. */
  eventOf(number: number): number {
    const before = this.#insertedBefore(number);
    return this.#inserted[before]?.number === number ? number - before - 1 : number - before;
  }

  /** How many inserted statements have a smaller number. */
  #insertedBefore(number: number): number {
    let from = 0;
    let to = this.#inserted.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#inserted[middle]?.number ?? 0) < number) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** One event as a statement. Line, file and time stand in columns; text and actor are decoded when asked for. */
class EventStatement implements SourceLine {
  #decoded: DecodedEvent | undefined;

  constructor(
    private readonly events: TraceEvents,
    private readonly index: number,
    private readonly program: string,
  ) {}

  get line(): number {
    return Math.max(0, (this.events.line[this.index] as number) - 1);
  }

  get file(): string | undefined {
    const { file } = this.events.sourceOf(this.index);
    return file === this.program ? undefined : file;
  }

  get time(): bigint {
    return this.events.timeOf(this.index);
  }

  get text(): string {
    return `${this.events.nameOf(this.index)}: ${printEvent(this.#event())}`;
  }

  get printed(): string {
    const { events, index } = this;
    if (events.sourceOf(index).isText) return textOf(events.record(index));
    return ftraceEventLine(events, index).trimEnd();
  }

  get bytes(): number | undefined {
    return this.events.sourceOf(this.index).isText ? this.events.length[this.index] : undefined;
  }

  get actor(): string {
    const decoded = this.#event();
    const { comm, pid } = this.events.taskOf(this.index);
    return 'vcpu' in decoded ? `vCPU ${decoded.vcpu}` : `${comm}-${pid}`;
  }

  #event(): DecodedEvent {
    this.#decoded ??= this.events.decode(this.index);
    return this.#decoded;
  }
}
