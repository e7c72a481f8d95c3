// Feeds damaged inputs to the readers of traces and dumps: npm run fuzz [-- [COUNT] [READER...]]. COUNT is 10,000 unless said,
// READER a reader's name as the output shows it, or a part of one. The unit tests do a slice of the same.

import { runMocha } from './lib/mochaSuites.mjs';

const args = process.argv.slice(2);
const count = /^\d+$/.test(args[0] ?? '') ? Number(args.shift()) : 10_000;
const named = args.map((name) => name.replace(/[^\w ]/g, '\\$&')).join('|');
const counts = await runMocha('fuzz', ['test/unit/trace/fuzz.test.ts'], {
  env: { HPTSCOPE_FUZZ: String(count) },
  grep: named === '' ? undefined : `of (?:.*\\b)?(?:${named})\\b.* give a result`,
});
if (counts.passed + counts.failed === 0) {
  console.error(`no reader has a name like ${args.join(', ')}`);
}
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
