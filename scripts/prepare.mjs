// Runs after `npm install` and `npm ci`: builds the command line and links it, so that `npx hptscope` works in the checkout.
// A broken source file must not break an install, so a failure here is only said.

import { build } from './build.mjs';
import { problem } from './lib/say.mjs';

try {
  await build({ only: ['cli'], quiet: true });
} catch (error) {
  problem(`The hptscope command was not built: ${error instanceof Error ? error.message : error}`);
}
