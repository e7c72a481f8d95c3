// `hptscope record`: a scenario's run saved as a folder, and what is said when that cannot be.

import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../src/cli/command';
import { recordCommand } from '../../../src/cli/record';
import { replayCommand } from '../../../src/cli/replay';
import { inRepository } from '../../repository';
import { ran } from '../../support/command';

describe('hptscope record', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (command: typeof recordCommand, ...args: string[]) => ran(command, args);

  it('writes a folder that replays without a wrong entry', async () => {
    const to = join(folder, 'made/here');
    const { code, out } = await run(recordCommand, inRepository('samples/page-out.hpt'), to);
    assert.deepEqual([code, out], [0, [`${to}: 14 statements, 8 dumps`]]);
    assert.deepEqual(readdirSync(to).sort(), ['dumps', 'hptscope.json', 'trace.txt']);
    assert.equal((await run(replayCommand, to)).code, 0);
  });

  it('takes dumps when it is told', async () => {
    const to = join(folder, 'end');
    await run(recordCommand, inRepository('samples/page-out.hpt'), to, '--dumps', 'end');
    assert.equal(readdirSync(join(to, 'dumps')).length, 2);
  });

  it('overwrites nothing', async () => {
    writeFileSync(join(folder, 'mine'), 'mine');
    await assert.rejects(run(recordCommand, inRepository('samples/page-out.hpt'), folder), /this folder is not empty/);
    assert.equal(readFileSync(join(folder, 'mine'), 'utf8'), 'mine');
  });

  it('tells the mistakes of a scenario with their place', async () => {
    const bad = join(folder, 'bad.hpt');
    writeFileSync(bad, 'machine power9 linux-6.1\nlode a\n');
    const { code, problems } = await run(recordCommand, bad, join(folder, 'out'));
    assert.equal(code, 2);
    assert.match(problems[0] ?? '', /bad\.hpt:2:1: .*lode/);
  });

  for (const args of [[], ['a.hpt'], ['a.hpt', 'b', 'c'], ['a.hpt', 'b', '--dumps', 'often'], ['a.hpt', 'b', '--fast']])
    it(`refuses ${args.join(' ') || 'no arguments'}`, async () => {
      await assert.rejects(run(recordCommand, ...args), UsageError);
    });
});
