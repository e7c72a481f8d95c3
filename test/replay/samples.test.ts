// Every sample saved as a recording and replayed agrees with the run that it came from, at every dump.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { inRepository } from '../repository';
import { assertAgrees, recorded } from './roundTrip';

const samples = readdirSync(inRepository('samples')).filter((name) => name.endsWith('.hpt'));

describe('samples saved as recordings', () => {
  for (const name of samples) {
    it(`${name}: nothing is wrong`, async () => {
      const report = await assertAgrees(recorded(readFileSync(inRepository(`samples/${name}`), 'utf8')), name);
      assert.ok(report.checkpoints > 0 && report.entries > 0);
      assert.deepEqual(report.divergences, {});
    });
  }
});
