// Which machine of a trace is opened: the one that is asked for, that the recording names, or that has the most events.

import assert from 'node:assert/strict';
import { nodeDecompressors } from '../../../../src/platform/node/decoders';
import { openRun } from '../../../../src/trace/openRun';
import { chooseMachine } from '../../../../src/trace/replay/machineChoice';
import { memoryAccess } from '../../../support/captures';
import { guestEnter, guestExit, inputOf, runEnter, textOf } from './support';

const runs = (task: string, tgid: number): string[] => [
  runEnter(task, tgid),
  guestEnter(task, '0x0'),
  guestExit(task, 'SYSCALL', '0x20'),
];
const two = [...runs('small-10', 10), ...runs('large-20', 20), ...runs('large-21', 20)];

function open(lines: readonly string[], vm?: number) {
  const files = memoryAccess(new Map([['trace.txt', new TextEncoder().encode(textOf(lines))]]));
  return openRun('trace.txt', { files, decompressors: nodeDecompressors }, vm === undefined ? {} : { vm });
}

describe('the machine of a trace', () => {
  it('is chosen from those of its VMMs; their tasks are told', async () => {
    const { run, machines } = await open(two);
    assert.deepEqual(machines, [
      { tgid: 20, tasks: ['large-20', 'large-21'], events: 6, chosen: true },
      { tgid: 10, tasks: ['small-10'], events: 3, chosen: false },
    ]);
    assert.match(run?.notes.join(' ') ?? '', /process 20 \(large-20 and 1 more\); there are also 10 \(small-10\)/);
  });

  it('is the one that is asked for, and then there is no choice left', async () => {
    const { run, machines } = await open(two, 10);
    assert.equal(machines, undefined);
    assert.match(run?.notes.join(' ') ?? '', /process 10 \(small-10\); there are also 20/);
  });

  it('is the one that the recording names, unless another one is asked for', () => {
    const named = inputOf(two, { tgid: 10 });
    for (const [wanted, expected] of [
      [undefined, 10],
      [20, 20],
    ] as const) {
      const chosen = chooseMachine(named, wanted);
      assert.ok(typeof chosen !== 'string');
      assert.equal(chosen.named, true);
      assert.equal(chosen.machines.find((one) => one.chosen)?.tgid, expected);
    }
  });

  it('must run in the trace', async () => {
    const { run, problems } = await open(two, 99);
    assert.equal(run, null);
    assert.match(problems.at(-1)?.message ?? '', /process 99 .*there are 20 \(large-20 and 1 more\), 10 \(small-10\)/);
    const { problems: none } = await open([guestEnter('vmm-1', '0x0')], 1);
    assert.match(none.at(-1)?.message ?? '', /it names no VMM/);
  });

  it('is not asked for where there is one', async () => {
    const { run, machines } = await open(runs('only-10', 10));
    assert.equal(machines, undefined);
    assert.doesNotMatch(run?.notes.join(' ') ?? '', /several/);
  });
});
