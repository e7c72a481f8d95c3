// Random scenarios without mutations: they run without an exception, break no invariant, and travel back to where they began.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readScenario } from '../../../src/scenario/checker';
import { runScenario } from '../../../src/scenario/runner';
import { rawScenarios, scenarios } from '../../support/randomScenarios';

describe('random scenarios', () => {
  it('run to their end, break no invariant, and travel back', () => {
    fc.assert(
      fc.property(scenarios, (text) => {
        assert.deepEqual(readScenario(text).diagnostics, [], text);
        const result = runScenario(text, 'random');
        assert.ok(!('problems' in result));
        const { run, statements } = result;
        for (const { notes, line: at } of statements)
          assert.ok(!notes.some((note) => note.includes('emulator failed')), `line ${at + 1}: ${notes}\n${text}`);
        for (let number = 0; number < run.eventCount; number++) {
          const name = run.eventName(number);
          assert.ok(
            name !== 'invariant.broken' && name !== 'tlb.stale',
            `${name} at line ${run.source(run.eventMomentOf(number)).line + 1}: ${JSON.stringify(run.event(number), (_, value) => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value))}\n${text}`,
          );
        }
        const hash = () => run.vm.state.hash(run.vm.kernel.laterCalls, run.vm.pageShift);
        const end = hash();
        run.seek(0);
        run.seek(run.length - 1);
        assert.equal(hash(), end, text);
      }),
      { numRuns: Number(process.env.HPTSCOPE_RANDOM_RUNS ?? 300) },
    );
  }).timeout(120_000);

  it('take any words that the guest and the VMM can give', () => {
    fc.assert(
      fc.property(rawScenarios, (text) => {
        const start = process.cpuUsage();
        const result = runScenario(text, 'random');
        const { user, system } = process.cpuUsage(start);
        assert.ok(
          !('problems' in result) || result.problems.every(({ message }) => /memslot/.test(message)),
          `${JSON.stringify('problems' in result && result.problems)}\n${text}`,
        );
        assert.ok(user + system < 5_000_000, `${(user + system) / 1000} ms for\n${text}`);
        if ('problems' in result) return;
        for (const { notes, line: at } of result.statements)
          assert.ok(!notes.some((note) => note.includes('emulator failed')), `line ${at + 1}: ${notes}\n${text}`);
      }),
      { numRuns: Number(process.env.HPTSCOPE_RANDOM_RUNS ?? 300) },
    );
  }).timeout(120_000);
});
