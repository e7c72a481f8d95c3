// Event breakpoints through the adapter on the kinds of event that no sample raises: on a small run of each they stop where the event is
// and nowhere else, in both directions. filters.test.ts does the same with the samples.

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS, type EventName } from '../../../src/model/events';
import { writeNewFolder } from '../../../src/platform/node/writeFolder';
import { Adapter } from '../../support/adapter';
import { contradiction, rareScenarios } from '../../support/rareEvents';

describe('event breakpoints on what no sample raises', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'hptscope-rare-'));
  let adapter: Adapter;
  afterEach(() => adapter.stop());
  after(() => rmSync(temporary, { recursive: true }));

  /** Goes through a program from the start to its end, or back. @returns the moments stopped at, in the order of the run */
  async function stops(kind: EventName, told: RegExp, command: 'continue' | 'reverseContinue'): Promise<number[]> {
    const found: number[] = [];
    const end = command === 'continue' ? 'End of the run' : 'Start of the run';
    for (let stop = await adapter.move(command); stop.description !== end; stop = await adapter.move(command)) {
      assert.equal(stop.reason, 'exception');
      assert.match(stop.text ?? '', told);
      const { body } = await adapter.client.exceptionInfoRequest({ threadId: stop.threadId ?? 0 });
      assert.deepEqual([body.exceptionId, body.details?.typeName], [EVENTS[kind].title, kind]);
      found.push((await adapter.state()).moment);
    }
    return command === 'continue' ? found : found.reverse();
  }

  /** @param count how many moments raise the event */
  async function stopsOnlyThere(kind: EventName, told: RegExp, count: number): Promise<void> {
    await adapter.client.setExceptionBreakpointsRequest({ filters: [] });
    const breakpoints = [{ kind }];
    const { body } = await adapter.client.customRequest('hpt/setEventBreakpoints', { breakpoints });
    assert.equal(body.breakpoints[0].verified, true);
    const run = adapter.told.loaded?.run;
    assert.ok(run !== undefined);
    const raising = Array.from({ length: run.length }, (_, moment) => moment).filter((moment) =>
      run.events(moment).some((event) => event.kind === kind),
    );
    assert.equal(raising.length, count);
    assert.deepEqual(await stops(kind, told, 'continue'), raising);
    assert.deepEqual(await stops(kind, told, 'reverseContinue'), raising);
  }

  for (const { kind, lines, told } of rareScenarios) {
    it(`stop at ${kind}`, async () => {
      const program = join(temporary, `${kind}.hpt`);
      adapter = await Adapter.start(new Map([[program, lines.join('\n')]]));
      await adapter.launch(program);
      const failed = adapter.outputs.filter(({ category }) => category === 'stderr');
      assert.deepEqual(failed, [], 'what the scenario expects holds');
      await stopsOnlyThere(kind, told, 1);
    });
  }

  it('stop at replay.divergence: the hypercall that the model carries out, and what replay knows of the table', async () => {
    const folder = join(temporary, 'removal');
    await writeNewFolder(folder, contradiction());
    adapter = await Adapter.start();
    await adapter.launch(join(folder, 'hptscope.json'));
    await stopsOnlyThere('replay.divergence', /^the trace disagrees with the replay \((operation|h_remove)\): /, 2);
  });
});
