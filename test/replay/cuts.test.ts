// Property: whatever is taken out of a recording, what replay still calls known is right. HPTSCOPE_CUT_RUNS=2000 looks at more cuts,
// HPTSCOPE_CUT_SEED=n begins with seed n (one run: HPTSCOPE_CUT_RUNS=1).

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runScenario } from '../../src/scenario/runner';
import { FIELDS } from '../../src/trace/replay/checkpoint';
import type { ReplayInput } from '../../src/trace/replay/input';
import { replayInput } from '../../src/trace/replay/report';
import { saveRun } from '../../src/trace/saveRun/saveRun';
import type { CaptureName } from '../support/captures';
import { rawScenarios, scenarios, sizedScenarios } from '../support/randomScenarios';
import { cut, cutCaptures } from './cut';
import { randomFrom } from './recordings';
import { inputOf, isRecordable } from './roundTrip';

const runs = Number(process.env.HPTSCOPE_CUT_RUNS ?? 60);
const firstSeed = Number(process.env.HPTSCOPE_CUT_SEED ?? 1);

/** Small ones often, the Linux guest seldom: it takes a second each time. */
const captures: readonly [CaptureName, ...CaptureName[]] = [
  'p9-61-64k-fixed',
  'p9-612-4k-fixed',
  'p9-61-64k-kprobes',
  'p9-61-64k-random',
  'p9-61-64k-fixed',
  'p9-612-4k-fixed',
  'p9-61-64k-random',
  'p8-61-64k-fixed',
  'p9-61-64k-kprobes',
  'p9-61-64k-random',
  'l2-61-64k',
];

function assertSound(input: ReplayInput, keyframes: 'first' | 'all', what: string): void {
  const { replay, report } = replayInput(input, { keyframes });
  const { comparison } = replay;
  assert.deepEqual(comparison.wrong.slice(0, 3), [], what);
  for (const field of FIELDS) {
    const { equal, unknown, wrong, causes } = report.fields[field];
    assert.equal(wrong, 0, `${what}: ${field}`);
    assert.equal(equal + unknown, report.entries, `${what}: ${field}`);
    const told = Object.values(causes).reduce((sum, count) => sum + count, 0);
    assert.equal(told, unknown, `${what}: causes of ${field}`);
  }
}

describe('replay of recordings with random things taken out', function () {
  this.timeout(60_000 + runs * 2_000);

  it('of captures is never wrong', async () => {
    for await (const { input, keyframes, what } of cutCaptures(captures, firstSeed, runs)) {
      assertSound(input, keyframes, what);
    }
  });

  it('of saved random scenarios is never wrong', async () => {
    const numRuns = runs * 3;
    const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(scenarios, rawScenarios, sizedScenarios), seeds, async (text, seed) => {
        const result = runScenario(text, 'random');
        if (!('run' in result) || !isRecordable(result.run)) {
          return;
        }
        const input = await inputOf(saveRun(result.run, { dumps: 'every' }));
        const random = randomFrom(seed);
        assertSound(cut(input, random), random() < 0.5 ? 'all' : 'first', text);
      }),
      { numRuns, seed: firstSeed },
    );
  });
});
