// Exception filters: whichever kind of event is chosen, alone, continuing stops where an event of that kind is and nowhere else, in both
// directions.

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXCEPTION_FILTERS, setExceptionBreakpoints } from '../../../src/debug/breakpoints';
import { Debuggee } from '../../../src/debug/debuggee';
import type { Direction } from '../../../src/debug/moments';
import { runScenario } from '../../../src/scenario/runner';
import { atOnce } from '../../../src/timeline/slices';
import { inRepository } from '../../repository';
import { rareKinds } from '../../support/rareEvents';

const samples = readdirSync(inRepository('samples')).filter((name) => name.endsWith('.hpt'));

function open(name: string): Debuggee {
  const ran = runScenario(readFileSync(inRepository(join('samples', name)), 'utf8'), name);
  assert.ok('run' in ran);
  const { run, labels } = ran;
  return new Debuggee({ run, labels, path: name, problems: [] }, { log: assert.fail, trouble: assert.fail });
}

/** Where continuing from one end of a run to the other stops, in the order of the run. */
async function stops(debuggee: Debuggee, direction: Direction): Promise<number[]> {
  debuggee.goTo(direction === 1 ? 0 : debuggee.run.length - 1);
  const found: number[] = [];
  for (
    let stop = await debuggee.continue(direction, true);
    stop.reason === 'breakpoint';
    stop = await debuggee.continue(direction)
  )
    found.push(debuggee.position);
  return direction === 1 ? found : found.reverse();
}

describe('exception filters', function () {
  this.timeout(30_000);
  const raised = new Set<string>();

  for (const name of samples) {
    it(`each stop at their own events of ${name}`, async () => {
      const debuggee = open(name);
      const { run } = debuggee;
      for (const { filter } of EXCEPTION_FILTERS) {
        const expected: number[] = [];
        for (let m = 0; m < run.length; m++)
          if ([...run.events(m)].some(({ kind }) => kind === filter)) expected.push(m);
        if (expected.length > 0) raised.add(filter);
        atOnce(setExceptionBreakpoints(debuggee, { filters: [filter] }));
        assert.deepEqual(await stops(debuggee, 1), expected, `${filter} forwards`);
        assert.deepEqual(await stops(debuggee, -1), expected, `${filter} backwards`);
      }
    });
  }

  it('are each raised by a sample, or by a run of rareEvents.test.ts: none is there that nothing can stop at', () => {
    const never = EXCEPTION_FILTERS.map(({ filter }) => filter).filter((filter) => !raised.has(filter));
    assert.deepEqual(never.sort(), [...rareKinds].sort());
  });
});
