// Random scenarios saved as recordings and replayed: what replay calls known is what the run shows, at every dump.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runScenario } from '../../src/scenario/runner';
import { FIELDS } from '../../src/trace/replay/checkpoint';
import { replayInput } from '../../src/trace/replay/report';
import { saveRun } from '../../src/trace/saveRun/saveRun';
import { rawScenarios, scenarios } from '../support/randomScenarios';
import { inputOf } from './roundTrip';

const numRuns = Number(process.env.HPTSCOPE_RANDOM_RUNS ?? 100);

async function agrees(text: string): Promise<void> {
  const result = runScenario(text, 'random');
  if (!('run' in result)) {
    return;
  }
  const input = await inputOf(saveRun(result.run, { dumps: 'every' }));
  for (const keyframes of ['first', 'all'] as const) {
    const { replay, report } = replayInput(input, { keyframes });
    assert.deepEqual(replay.comparison.wrong.slice(0, 3), [], `keyframes ${keyframes}\n${text}`);
    assert.deepEqual(
      FIELDS.map((field) => report.fields[field].wrong),
      FIELDS.map(() => 0),
    );
  }
}

describe('random scenarios saved as recordings', function () {
  this.timeout(240_000);

  it('are never wrong when replayed', async () => {
    await fc.assert(fc.asyncProperty(scenarios, agrees), { numRuns });
  });

  it('are never wrong with any words that the guest and the VMM can give', async () => {
    await fc.assert(fc.asyncProperty(rawScenarios, agrees), { numRuns });
  });
});
