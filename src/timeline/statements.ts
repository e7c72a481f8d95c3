/**
 * The statements of a run, by source number: what each says and where it stands. A scenario's are a plain array; those of a trace
 * are told from its columns when they are asked for, because a million objects with their texts would outweigh the run itself.
 */

/** Where a statement stands in its file. Lines and columns count from 0. */
export interface SourceLine {
  readonly line: number;
  /** file of the line, relative to the program's folder, when it is not the program itself (a recording's trace, a dump) */
  readonly file?: string | undefined;
  /** what it says, for lists */
  readonly text: string;
  /** an event of a trace as a whole line: as its file has it, else as the kernel would print it */
  readonly printed?: string | undefined;
  /** bytes of that line, as far as they are known without making it */
  readonly bytes?: number | undefined;
  /** nanoseconds (or ticks) on a trace's clock, exact, when it came from a trace */
  readonly time?: bigint | undefined;
  /** who: "vCPU 0", a task name */
  readonly actor?: string | undefined;
}

/** Statements by source number, from 0. Asking for one may decode it: ask for `text` and `actor` only where they are shown. */
export interface Statements {
  readonly length: number;
  at(number: number): SourceLine | undefined;
}
