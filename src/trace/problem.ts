// What a reader has to say about an input: one message with its place. Readers never throw for what stands in a file; they
// collect problems and return what was readable.

/** One thing wrong with an input, or worth knowing about it. Lines and columns count from 1, byte offsets from 0. */
export interface InputProblem {
  readonly severity: 'error' | 'warning' | 'info';
  readonly file: string;
  /** What is wrong, what was expected, and what to do; a full sentence for people. */
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
  /** Byte offset in the file (after decompression, if it was compressed). */
  readonly offset?: number;
  /** JSON path such as `dumps[3].at`, for JSON inputs. */
  readonly path?: string;
}

/** The problem in one line: `file:line:column: error: message`. */
export function formatProblem(problem: InputProblem): string {
  let place = problem.file;
  if (problem.line !== undefined) {
    place += `:${problem.line}`;
    if (problem.column !== undefined) {
      place += `:${problem.column}`;
    }
  } else if (problem.offset !== undefined) {
    place += `@0x${problem.offset.toString(16)}`;
  }
  const path = problem.path === undefined ? '' : `${problem.path}: `;
  return `${place}: ${problem.severity}: ${path}${problem.message}`;
}

/** Collects the problems of one input; keeps the first `limit` of them and counts the rest. */
export class ProblemList {
  readonly #kept: InputProblem[] = [];
  #more = 0;

  constructor(
    readonly file: string,
    readonly limit = 100,
  ) {}

  /** Adds a problem of this file. */
  add(
    severity: InputProblem['severity'],
    message: string,
    place: Omit<InputProblem, 'severity' | 'file' | 'message'> = {},
  ): void {
    if (this.#kept.length >= this.limit) {
      this.#more++;
      return;
    }
    this.#kept.push({ severity, file: this.file, message, ...place });
  }

  /** How many were added, kept or not. */
  get count(): number {
    return this.#kept.length + this.#more;
  }

  /** The problems kept, and a last one that counts those that were not. */
  list(): InputProblem[] {
    if (this.#more === 0) {
      return [...this.#kept];
    }
    const rest: InputProblem = {
      severity: 'info',
      file: this.file,
      message: `and ${this.#more} more problems in this file`,
    };
    return [...this.#kept, rest];
  }
}

/** Lets a caller follow and stop a long read. Both are asked between chunks, so a stop takes effect within milliseconds. */
export interface ReadControl {
  /** Called with the number of input bytes taken so far. */
  onProgress?(bytes: number): void;
  /** True when the read should stop; what was read so far is returned. */
  cancelled?(): boolean;
}
