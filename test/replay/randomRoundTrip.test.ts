// Random scenarios saved as recordings and replayed: what replay calls known is what the run shows, at every dump.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runScenario } from '../../src/scenario/runner';
import { saveRun } from '../../src/trace/saveRun/saveRun';
import { rawScenarios, scenarios, sizedScenarios } from '../support/randomScenarios';
import { assertAgrees, isRecordable } from './roundTrip';

const numRuns = Number(process.env.HPTSCOPE_RANDOM_RUNS ?? 100);

async function agrees(text: string): Promise<void> {
  const result = runScenario(text, 'random');
  if (!('run' in result)) {
    return;
  }
  if (!isRecordable(result.run)) {
    assert.throws(() => saveRun(result.run, { dumps: 'every' }), /order 46; a recording can tell orders 18 to 36/);
    return;
  }
  await assertAgrees(saveRun(result.run, { dumps: 'every' }), text);
}

describe('random scenarios saved as recordings', function () {
  this.timeout(240_000);

  it('are never wrong when replayed', async () => {
    await fc.assert(fc.asyncProperty(scenarios, agrees), { numRuns });
  });

  it('a page that comes while an H_ENTER is under way may have been missed by it', async () => {
    await agrees(
      [
        'machine power9 linux-6.1 order 18 page 4K vcpus 2',
        'memslot 0 gpa 0 size 2M hva 0x7f0000000000',
        'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
        'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
        'b: h_enter ea 0xc000000000020000 gpa 0x10000 pp 2 racing h_enter.after_pte: load a  -> a valid, b absent',
        'swap-out a',
      ].join('\n'),
    );
  });

  it('are never wrong with pages of all sizes, several vCPUs, and tables and memslots that change', async () => {
    await fc.assert(fc.asyncProperty(sizedScenarios, agrees), { numRuns });
  });

  it('a table that the VMM fills before the machine runs is not taken for an empty one', async () => {
    await agrees(
      [
        'machine power9 linux-6.1 order 18 page 4K vcpus 2',
        'memslot 0 gpa 0 size 32M hva 0x7f0000000000 log-dirty',
        'w: htab-open write',
        'htab-write w index 0 v 0x1234501 r 0x1',
        'htab-write w index 8 invalid 0',
        'h_enter exact index 8 v 0x1 r 0x0 virtual',
      ].join('\n'),
    );
  });

  it('are never wrong with any words that the guest and the VMM can give', async () => {
    await fc.assert(fc.asyncProperty(rawScenarios, agrees), { numRuns });
  });
});
