// Every sample saved as a recording and replayed agrees with the run that it came from, at every dump.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { FIELDS } from '../../src/trace/replay/checkpoint';
import { replayInput } from '../../src/trace/replay/report';
import { inRepository } from '../repository';
import { inputOf, recorded } from './roundTrip';

const samples = readdirSync(inRepository('samples')).filter((name) => name.endsWith('.hpt'));

describe('samples saved as recordings', () => {
  for (const name of samples) {
    for (const keyframes of ['first', 'all'] as const) {
      it(`${name}, keyframes ${keyframes}: nothing is wrong`, async () => {
        const input = await inputOf(recorded(readFileSync(inRepository(`samples/${name}`), 'utf8')));
        const { replay, report } = replayInput(input, { keyframes });
        if (process.env.SHOW)
          console.log(
            name,
            keyframes,
            report.checkpoints,
            report.entries,
            JSON.stringify(report.fields.state),
            JSON.stringify(report.divergences),
          );
        assert.deepEqual(replay.comparison.wrong.slice(0, 3), []);
        assert.deepEqual(
          FIELDS.map((field) => report.fields[field].wrong),
          FIELDS.map(() => 0),
        );
        assert.ok(report.checkpoints > 0 && report.entries > 0);
      });
    }
  }
});
