// Every sample saved as a recording and replayed agrees with the run that it came from, at every dump.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { inRepository } from '../repository';
import { assertAgrees, recorded } from './roundTrip';

const samples = readdirSync(inRepository('samples')).filter((name) => name.endsWith('.hpt'));

/** Samples in which the sequence check is left out. */
const leavesEntries = new Set(['left-out.hpt', 'page-out.hpt', 'retry-race.hpt']);

describe('samples saved as recordings', () => {
  for (const name of samples) {
    it(`${name}: nothing is wrong`, async () => {
      const source = readFileSync(inRepository(`samples/${name}`), 'utf8');
      const report = await assertAgrees(recorded(source), name);
      assert.ok(report.checkpoints > 0 && report.entries > 0);
      const { 'page fact': stale, ...others } = report.divergences;
      assert.deepEqual(others, {});
      // an entry that outlives its page: only a kernel with a step left out makes one
      assert.equal(stale !== undefined, leavesEntries.has(name));
    });
  }
});
