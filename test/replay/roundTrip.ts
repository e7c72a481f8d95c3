// Runs a scenario, saves the run as a recording in memory, and opens that again for replay.

import assert from 'node:assert/strict';
import { nodeDecompressors } from '../../src/platform/node/decoders';
import { runScenario } from '../../src/scenario/runner';
import type { Run } from '../../src/timeline/run';
import type { FileAccess } from '../../src/trace/files';
import { FIELDS } from '../../src/trace/replay/checkpoint';
import type { ReplayInput } from '../../src/trace/replay/input';
import { openReplay, type ReplayReport, replayInput } from '../../src/trace/replay/report';
import { type RecordingFiles, type SaveOptions, saveRun } from '../../src/trace/saveRun/saveRun';

/** Files in memory. */
export function inMemory(files: RecordingFiles): FileAccess {
  const read = async (path: string): Promise<Uint8Array> => {
    const text = files.get(path);
    if (text === undefined) {
      throw new Error(`there is no file ${path}`);
    }
    return new TextEncoder().encode(text);
  };
  return {
    read,
    async *stream(path) {
      yield await read(path);
    },
  };
}

/** The files of a scenario's run. Fails the test when the scenario has errors. */
export function recorded(scenario: string, options: SaveOptions = { dumps: 'every' }): RecordingFiles {
  const result = runScenario(scenario, 'scenario');
  assert.ok('run' in result, 'problems' in result ? JSON.stringify(result.problems) : '');
  return saveRun(result.run, options);
}

/** Whether a recording can tell the tables of a run: none is too large. */
export function isRecordable(run: Run): boolean {
  let order = 0;
  for (let number = 0; number < run.eventCount; number++) {
    const { event } = run.event(number);
    if (event.kind === 'hpt.resize' && event.ret === 0 && event.phase === 'commit') {
      order = Math.max(order, event.order);
    }
  }
  return order <= 36;
}

/** The replay input of a saved recording. Fails the test when the readers find a problem in it. */
export async function inputOf(files: RecordingFiles): Promise<ReplayInput> {
  const opened = await openReplay(
    'hptscope.json',
    { files: inMemory(files), decompressors: nodeDecompressors },
    { facts: true },
  );
  assert.deepEqual(opened.problems, []);
  assert.ok(opened.input !== null);
  return opened.input;
}

/** Replays a saved recording in both modes: nothing that replay calls known differs from a dump. */
export async function assertAgrees(files: RecordingFiles, what: string): Promise<ReplayReport> {
  const input = await inputOf(files);
  let last: ReplayReport | undefined;
  for (const keyframes of ['first', 'all'] as const) {
    const { replay, report } = replayInput(input, { keyframes });
    const wrong = replay.comparison.wrong.map(
      ({ file, index, field, expected, seen }) => `${file}: slot ${index}: ${field}: ${expected}, the dump has ${seen}`,
    );
    assert.deepEqual(wrong.slice(0, 5), [], `keyframes ${keyframes}\n${what}`);
    for (const field of FIELDS) {
      assert.equal(report.fields[field].wrong, 0, field);
    }
    last = report;
  }
  assert.ok(last !== undefined);
  return last;
}
