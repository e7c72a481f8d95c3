// What the debug adapter needs from where it runs: VS Code (Node or browser), a test, or the command line.

import type { Visit } from '../scenario/editor/visits';
import type { Run } from '../timeline/run';
import type { Wanted } from '../trace/openRun';
import type { EventBreakpoint } from './breakpoints';
import type { Clock } from './breath';

/** A sentence about a place in a file. Line and column count from 0. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** 'error' keeps the file from being loaded when it comes with a LoadError; among a loaded run's problems it is a failed expectation. */
  readonly severity: 'error' | 'warning' | 'info';
}

/** A program that was opened. */
export interface LoadedRun {
  readonly run: Run;
  /** labels of a scenario and the HPTE index each stands for at the end of the run */
  readonly labels: ReadonlyMap<string, number>;
  readonly path: string;
  /** what is wrong although the run could be made: failed expectations, cut-off traces */
  readonly problems: readonly Problem[];
  /** what the run made of each line of a scenario, where that was told with it */
  readonly visits?: readonly Visit[];
  /** process of the VMM whose machine it shows, where a trace has several */
  readonly machine?: number | undefined;
  /** a live trace is followed: its file may not be read again */
  readonly live?: boolean;
}

/** The program could not be opened; the problems say why, each at its place. */
export class LoadError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    const first = problems[0];
    const more =
      problems.length > 1 ? ` (and ${problems.length - 1} more ${problems.length > 2 ? 'problems' : 'problem'})` : '';
    super(first === undefined ? 'The file could not be loaded.' : `${place(first)}: ${first.message}${more}`);
  }
}

/** file:line:column as people and terminals write it. */
export function place({ path, line, column }: Problem): string {
  return `${path.split(/[/\\]/).pop()}:${line + 1}:${column + 1}`;
}

/** Follows and stops long work. */
export interface Control {
  readonly cancelled: boolean;
  /** what is being done, and how much of it (0 to 100) when that is known */
  report(message: string, percentage?: number): void;
}

/** Why the current moment changed. */
export type MoveReason = 'entry' | 'step' | 'breakpoint' | 'exception' | 'goto' | 'pause' | 'end' | 'start' | 'restart';

/** Who debugs a live trace. */
export interface LiveListener {
  /** The run has grown. */
  grown(): void;
  /** A sentence about the trace: it was cut, replaced, lost lines. */
  told(text: string): void;
  /** Nothing more comes; an error fit for people says why, when it was not stopped. */
  ended(error: Error | undefined): void;
}

/** A live trace under debugging. */
export interface LiveTrace {
  /** with the run, which grows */
  readonly loaded: LoadedRun;
  /** Reads no more; resolves when the file is closed. */
  stop(): Promise<void>;
}

export interface DebugHost {
  /** Another clock than the real one. */
  readonly clock?: Clock;
  /**
   * Opens a program. Rejects with a LoadError, or with an Error whose message is fit for people.
   * @param wanted which machine of a trace, and what is assumed of it
   */
  load(program: string, control: Control, wanted: Wanted): Promise<LoadedRun>;
  /**
   * Follows a live trace; left out where none can be. Resolves when its first event has come; rejects with an Error fit for people when
   * it cannot be followed, or was cancelled before.
   */
  follow?(trace: string, control: Control, listener: LiveListener): Promise<LiveTrace>;
  /** The text of a source that the client asks for by path. */
  readText(path: string): Promise<string>;
  /** Event breakpoints that hold before the client sets any: those of an event tree. */
  eventBreakpoints?(): readonly EventBreakpoint[];
  /** A run was opened; it stands at its first moment. */
  onLoaded(loaded: LoadedRun): void;
  /** A log point wrote a line at a moment. */
  onLog?(run: Run, text: string, moment: number): void;
  /** The run was moved to another moment. */
  onMoved(run: Run, reason: MoveReason): void;
  /** The session is over. */
  onEnded(): void;
}
