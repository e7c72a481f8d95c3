// Moments of captures as scenarios: each runs green in a dozen lines, or it is said why there is none.

import assert from 'node:assert/strict';
import { runScenario } from '../../src/scenario/runner';
import { eventCode } from '../../src/trace/eventKinds';
import type { ReplayInput } from '../../src/trace/replay/input';
import { ABSENT } from '../../src/trace/replay/knowledge';
import { foundIn } from '../../src/trace/replay/report';
import { reproduce } from '../../src/trace/reproduce/reproduce';
import type { CaptureName } from '../support/captures';
import { captureInput, randomFrom } from './recordings';

/** Events of a kind, some of them chosen at random. */
function sampled({ events }: ReplayInput, kind: number, count: number): number[] {
  const random = randomFrom(kind + 1);
  const all: number[] = [];
  for (let i = 0; i < events.count; i++) {
    if (events.kind[i] === kind) {
      all.push(i);
    }
  }
  return Array.from({ length: Math.min(count, all.length) }, () => all[Math.floor(random() * all.length)] as number);
}

/** Reasons for which there is no scenario of a moment, as they may be. */
const reasons = [
  /this range of host addresses lies in no memslot/,
  /no entry is known to be valid for a page that this (takes away|ages)/,
  /what slot 0x[0-9a-f]+ held before this call is not known \((real-mode hypercalls|slot not told|hidden bulk pairs|no first dump|VRMA)\)/,
  /what the entry was before it is not known/,
];

/** The scenario of a moment, which runs green; or undefined when it is said why there is none. */
function reproduced(input: ReplayInput, event: number): string | undefined {
  const made = reproduce(input, event);
  if ('why' in made) {
    assert.ok(
      reasons.some((reason) => reason.test(made.why)),
      made.why,
    );
    return undefined;
  }
  const { scenario } = made;
  const result = runScenario(scenario, 'reproduced');
  assert.ok('run' in result, scenario);
  assert.ok(result.passed, scenario);
  const lines = scenario.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(lines.length <= 16, scenario);
  const expected = result.statements.reduce((sum, { expectations }) => sum + expectations.length, 0);
  assert.ok(expected > 0, scenario);
  return scenario;
}

interface Sample {
  readonly capture: CaptureName;
  /** moments of each kind */
  readonly count: number;
  /** how many invalidations and hypercalls of the sample must give a scenario */
  readonly unmaps: number;
  readonly hcalls: number;
}

const samples: readonly Sample[] = [
  { capture: 'p9-61-64k-fixed', count: 8, unmaps: 1, hcalls: 5 },
  { capture: 'p9-612-4k-fixed', count: 6, unmaps: 1, hcalls: 4 },
  { capture: 'p9-61-64k-random', count: 4, unmaps: 1, hcalls: 4 },
  { capture: 'p8-61-64k-fixed', count: 6, unmaps: 1, hcalls: 0 },
  { capture: 'l2-61-64k', count: 3, unmaps: 1, hcalls: 2 },
];

describe('moments of captures reproduced', function () {
  this.timeout(240_000);

  it('an entry of which a later event tells whether it was entered valid or absent is expected so', async () => {
    const input = await captureInput('p9-61-64k-random', false);
    const settled = [...foundIn(input, { keyframes: 'all' }).outcomes].slice(0, 8);
    assert.equal(settled.length, 8);
    for (const [key, state] of settled) {
      const scenario = reproduced(input, Number(key.split(' ')[0])) ?? '';
      assert.match(scenario, state === ABSENT ? /h_enter .* a absent/ : /h_enter .* a valid/);
    }
  });

  for (const { capture, count, unmaps, hcalls } of samples) {
    describe(capture, () => {
      let input: ReplayInput;
      before(async () => {
        input = await captureInput(capture);
      });

      const made = (kind: number): string[] =>
        sampled(input, kind, count).flatMap((event) => reproduced(input, event) ?? []);

      it('every fault gives a scenario with an access', () => {
        const scenarios = made(eventCode.kvm_page_fault_enter);
        assert.equal(scenarios.length, count);
        assert.ok(scenarios.every((scenario) => /^(load|store|fetch) ea .*fault\.enter x\d/m.test(scenario)));
      });

      it('invalidations give scenarios in which entries go absent', () => {
        const scenarios = made(eventCode.kvm_unmap_hva_range);
        assert.ok(scenarios.length >= unmaps, String(scenarios.length));
      });

      it('hypercalls give scenarios', () => {
        const scenarios = made(eventCode.kvm_hcall_enter);
        assert.ok(scenarios.length >= hcalls, String(scenarios.length));
      });
    });
  }
});
