// How the JavaScript engine is set up for the command line.

import { setFlagsFromString } from 'node:v8';

/** How much V8 puts in place of calls, in bytes of bytecode. */
interface Budget {
  /** largest function */
  readonly each: number;
  /** what is put into one function, until no more is looked at */
  readonly together: number;
  readonly most: number;
}

const USUAL: Budget = { each: 2000, together: 6000, most: 4600 };

/**
 * For a few paths that run for long: all of them in one piece. Other work takes up to twice its time with it, as V8 compiles
 * everything that large (`conform`: 16 s instead of 12).
 */
const LONG_RUN: Budget = { each: 10_000, together: 60_000, most: 80_000 };

function setUp({ each, together, most }: Budget): void {
  setFlagsFromString(`--max-inlined-bytecode-size=${each}`);
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${together}`);
  setFlagsFromString(`--max-inlined-bytecode-size-absolute=${most}`);
}

/**
 * Lets V8 put more functions in place of their calls. The kernel paths of `src/model` are long rows of small functions, which its
 * budget (meant for the code of web pages) leaves half as calls. To be called before they run; VS Code's own processes are left as
 * they are.
 */
export function setUpEngine(): void {
  setUp(USUAL);
}

/** The same for a process that does nothing but run a few paths for long (`bench model`). To be called before they run. */
export function setUpEngineForLongRuns(): void {
  setUp(LONG_RUN);
}
