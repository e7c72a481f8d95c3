// `--vm`: which machine of a trace the commands are about.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../src/cli/command';
import { eventsCommand } from '../../../src/cli/events';
import { replayCommand } from '../../../src/cli/replay';
import { stateCommand } from '../../../src/cli/state';
import { ran } from '../../support/command';
import { guestEnter, guestExit, runEnter, textOf } from '../trace/replay/support';

describe('--vm', () => {
  let folder: string;
  let trace: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    trace = join(folder, 'trace.txt');
    const runs = (task: string, tgid: number) => [
      runEnter(task, tgid),
      guestEnter(task, '0x0'),
      guestExit(task, 'SYSCALL', '0x20'),
    ];
    writeFileSync(trace, textOf([...runs('small-10', 10), ...runs('large-20', 20), ...runs('large-20', 20)]));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('chooses the machine that is replayed', async () => {
    for (const [args, chosen] of [
      [[], 20],
      [['--vm', '10'], 10],
    ] as const) {
      const { code, out } = await ran(replayCommand, [trace, ...args, '--json']);
      assert.equal(code, 0);
      const { machines } = JSON.parse(out.join('\n'));
      assert.equal(machines.find((one: { chosen: boolean }) => one.chosen).tgid, chosen);
    }
  });

  it('says which there are when it names another one', async () => {
    const { code, problems } = await ran(eventsCommand, [trace, '--vm', '11']);
    assert.equal(code, 2);
    assert.match(
      problems.join('\n'),
      /no vCPU of process 11 runs in this trace; there are 20 \(large-20\), 10 \(small-10\)/,
    );
    await assert.rejects(ran(replayCommand, [trace, '--vm', '11']), /no vCPU of process 11/);
  });

  it('is a number', async () => {
    await assert.rejects(ran(stateCommand, [trace, '--vm', 'small']), UsageError);
    await assert.rejects(ran(stateCommand, [trace, '--vm']), UsageError);
  });
});
