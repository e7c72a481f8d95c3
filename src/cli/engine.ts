// How the JavaScript engine is set up for the command line.

import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 put more functions in place of their calls. The kernel paths of `src/model` are long rows of small functions, which its
 * budget (meant for the code of web pages) leaves half as calls. To be called before they run; VS Code's own processes are left as
 * they are.
 */
export function setUpEngine(): void {
  for (const flag of ['--max-inlined-bytecode-size=2000', '--max-inlined-bytecode-size-cumulative=6000'])
    setFlagsFromString(flag);
}
