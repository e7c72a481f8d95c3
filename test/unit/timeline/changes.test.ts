// Differences between two moments against a plain comparison of all words.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { Plane } from '../../../src/model/place';
import { runScenario } from '../../../src/scenario/runner';
import { changesBetween } from '../../../src/timeline/changes';
import type { Run } from '../../../src/timeline/run';
import { inRepository } from '../../repository';

function runOf(sample: string): Run {
  const result = runScenario(readFileSync(inRepository(`samples/${sample}`), 'utf8'), sample);
  assert.ok('run' in result);
  return result.run;
}

/** Dword 0 of every entry at a moment. */
function words(run: Run, moment: number): Map<number, bigint> {
  run.seek(moment);
  const { hpt } = run.vm.state;
  const all = new Map<number, bigint>();
  hpt.forEach((index) => {
    all.set(index, (BigInt(hpt.vHi(index) >>> 0) << 32n) | BigInt(hpt.vLo(index) >>> 0));
  });
  return all;
}

describe('changes between two moments', () => {
  it('are the words that differ, with their value at the first, in either direction', () => {
    const run = runOf('retry-race.hpt');
    const { owner } = run.vm.state.hpt;
    const moments = [0, 17, 18, 60, 95, 96, run.length - 1];
    for (const from of moments) {
      for (const to of moments) {
        const at = words(run, from);
        const then = words(run, to);
        const indexes = [...new Set([...at.keys(), ...then.keys()])].filter(
          (index) => (at.get(index) ?? 0n) !== (then.get(index) ?? 0n),
        );
        const changes = changesBetween(run, from, to);
        const told = [...changes.indexes(Plane.hpteV, owner)].sort((a, b) => a - b);
        assert.deepEqual(
          told,
          indexes.sort((a, b) => a - b),
          `from ${from} to ${to}`,
        );
        for (const index of told) {
          assert.equal(changes.before(Plane.hpteV, owner, index), at.get(index) ?? 0n);
        }
      }
    }
  });

  it('are none from a moment to itself', () => {
    const run = runOf('page-out.hpt');
    assert.equal(changesBetween(run, 9, 9).none, true);
  });
});
