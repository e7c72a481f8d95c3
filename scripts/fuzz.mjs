// Feeds damaged inputs to every reader of traces and dumps: npm run fuzz [-- COUNT]. The unit tests do a slice of the same.

import { runMocha } from './lib/mochaSuites.mjs';

const count = Number(process.argv[2] ?? 10_000);
const counts = await runMocha('fuzz', ['test/unit/trace/fuzz.test.ts'], { env: { HPTSCOPE_FUZZ: String(count) } });
process.exitCode = counts.failed === 0 ? 0 : 1;
