// How the JavaScript engine is set up for the command line.

import { setFlagsFromString } from 'node:v8';

/** How much V8 puts in place of calls, in bytes of bytecode. */
interface Budget {
  /** largest function that is put in place of its call */
  readonly each: number;
  /** what a function may take in before V8 looks for no more */
  readonly together: number;
  /** what it may take in at most */
  readonly most: number;
}

/** As V8 is by itself, and in VS Code's processes: meant for the code of web pages. */
export const PLAIN: Budget = { each: 460, together: 920, most: 4600 };

/** The kernel paths of `src/model` are long rows of small functions, of which PLAIN leaves half as calls. */
const USUAL: Budget = { each: 2000, together: 6000, most: 4600 };

/** For a process that does nothing but run a few paths for long: each in one piece. Other work waits for what V8 compiles then. */
export const LONG_RUN: Budget = { each: 10_000, together: 60_000, most: 80_000 };

/** Tells V8 what it may put in place of calls. To be called before the functions that it is for have run. */
export function setUpEngine({ each, together, most } = USUAL): void {
  setFlagsFromString(`--max-inlined-bytecode-size=${each}`);
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${together}`);
  setFlagsFromString(`--max-inlined-bytecode-size-absolute=${most}`);
}
