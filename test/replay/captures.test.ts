// Replay of recordings of real kernels against every dump in them: nothing that replay calls known may differ from a dump.

import assert from 'node:assert/strict';
import { FIELDS } from '../../src/trace/replay/checkpoint';
import { Replay } from '../../src/trace/replay/replay';
import { type ReplayReport, replayInput } from '../../src/trace/replay/report';
import type { CaptureName } from '../support/captures';
import { withLostEvents, withoutKinds } from './cutEvents';
import { captureInput, randomFrom, withoutSome } from './recordings';

const captures: readonly CaptureName[] = [
  'l2-61-64k',
  'p8-61-64k-fixed',
  'p9-61-64k-fixed',
  'p9-61-64k-kprobes',
  'p9-61-64k-random',
  'p9-612-4k-fixed',
];

function assertNothingWrong(replay: Replay): void {
  assert.deepEqual(
    replay.comparison.wrong
      .slice(0, 3)
      .map(({ file, index, field, expected, seen }) => ({ file, index, field, expected, seen })),
    [],
  );
  for (const field of FIELDS) {
    assert.equal(replay.comparison.fields[field].wrong, 0, field);
  }
}

/** Every entry is counted once in each field, and what is unknown has a cause. */
function assertSums({ fields, entries }: ReplayReport): void {
  for (const field of FIELDS) {
    const { equal, unknown, wrong, causes } = fields[field];
    assert.equal(equal + unknown + wrong, entries, field);
    assert.equal(
      Object.values(causes).reduce((sum, count) => sum + count, 0),
      unknown,
      `causes of ${field}`,
    );
  }
}

describe('replay of captures', function () {
  this.timeout(60_000);

  for (const capture of captures) {
    for (const keyframes of ['first', 'all'] as const) {
      for (const facts of [true, false]) {
        it(`${capture}, keyframes ${keyframes}, ${facts ? 'with' : 'without'} facts: nothing is wrong`, async () => {
          const { replay, report } = replayInput(await captureInput(capture, facts), { keyframes });
          assertNothingWrong(replay);
          assertSums(report);
          assert.ok(report.checkpoints > 0 && report.entries > 0);
          assert.deepEqual(report.divergences, {});
        });
      }
    }
  }

  for (const keyframes of ['first', 'all'] as const) {
    it(`knows the state of nearly every entry of a POWER9 run with facts, keyframes ${keyframes}`, async () => {
      for (const capture of captures.filter((name) => name.startsWith('p9'))) {
        const { report } = replayInput(await captureInput(capture), { keyframes });
        const { unknown } = report.fields.state;
        assert.ok(unknown < report.entries / 100, `${capture}: ${unknown} of ${report.entries}`);
      }
    });
  }

  it('knows the identity and the guest view of every entry between dumps when hypercalls are told in full', async () => {
    const { report } = replayInput(await captureInput('p9-61-64k-random'), { keyframes: 'first' });
    assert.equal(report.fields.guest.equal, report.entries);
  });

  it('knows less without facts: hidden pairs of H_BULK_REMOVE', async () => {
    const { report } = replayInput(await captureInput('p9-61-64k-random', false), { keyframes: 'first' });
    assert.ok((report.fields.state.causes['hidden bulk pairs'] ?? 0) > 0);
    assert.ok(report.fields.state.equal > 0);
  });

  it('POWER8: hypercalls leave no trace, so nothing is known between dumps', async () => {
    const { report } = replayInput(await captureInput('p8-61-64k-fixed'), { keyframes: 'all' });
    assert.equal(report.fields.state.causes['real-mode hypercalls'], report.entries);
  });
});

describe('replay of recordings with things taken out', function () {
  this.timeout(60_000);

  for (const capture of ['p9-61-64k-fixed', 'p9-612-4k-fixed', 'l2-61-64k', 'p8-61-64k-fixed'] as const) {
    it(`${capture}: without some facts, dumps and events nothing is wrong`, async () => {
      const input = await captureInput(capture);
      for (let seed = 1; seed <= 2; seed++) {
        const random = randomFrom(seed);
        const poorer = withoutSome(input, random(), random);
        const keyframes = seed % 2 === 0 ? 'all' : 'first';
        assertNothingWrong(replayInput(poorer, { keyframes }).replay);
        assertNothingWrong(replayInput(withLostEvents(poorer, seed * 2, random), { keyframes }).replay);
      }
    });
  }

  for (const capture of ['p9-61-64k-fixed', 'p9-612-4k-fixed'] as const) {
    it(`${capture}: when kinds of events were not recorded nothing is wrong`, async () => {
      const input = await captureInput(capture);
      for (const kinds of [
        ['kvm_unmap_hva_range'],
        ['kvm_page_fault_enter', 'kvm_page_fault_exit'],
        ['kvm_hcall_enter'],
      ]) {
        for (const keyframes of ['first', 'all'] as const) {
          assertNothingWrong(replayInput(withoutKinds(input, kinds), { keyframes }).replay);
        }
      }
    });
  }

  it('when ageing was not recorded R is not known to stay set', async () => {
    const input = withoutKinds(await captureInput('p9-61-64k-random'), ['kvm_age_hva']);
    assertNothingWrong(replayInput(input, { keyframes: 'all' }).replay);
  });

  it('a table whose size nothing tells is not taken for the one before it: nothing is wrong', async () => {
    const input = await captureInput('p9-61-64k-fixed');
    for (const keyframes of ['first', 'all'] as const) {
      assertNothingWrong(replayInput({ ...input, hpts: input.hpts.slice(0, 1) }, { keyframes }).replay);
      assertNothingWrong(replayInput({ ...input, hpts: [] }, { keyframes }).replay);
      assertNothingWrong(replayInput({ ...input, hpts: input.hpts.slice(1) }, { keyframes }).replay);
    }
  });

  it('without memslots, the table size or its process nothing is wrong', async () => {
    const input = await captureInput('p9-61-64k-fixed');
    for (const poorer of [
      { ...input, slots: null },
      { ...input, tgid: undefined },
      { ...input, slots: null, pages: [], pagemaps: [], hcalls: new Map() },
    ]) {
      for (const keyframes of ['first', 'all'] as const) {
        assertNothingWrong(replayInput(poorer, { keyframes }).replay);
      }
    }
  });

  it('notices what contradicts it: an invalidation that is missing unmarked', async () => {
    const input = await captureInput('p9-61-64k-fixed');
    const blind = new Replay({ ...input, slots: [] }, { keyframes: 'first' }).run();
    assert.ok(blind.divergences.length > 0);
  });
});
