// `hptscope reproduce`: moments by event, time and mark; a scenario on standard output or in a file; what is said when there is none.

import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../src/cli/command';
import { recordCommand } from '../../../src/cli/record';
import { reproduceCommand } from '../../../src/cli/reproduce';
import { runScenario } from '../../../src/scenario/runner';
import { inRepository } from '../../repository';
import { ran } from '../../support/command';

describe('hptscope reproduce', () => {
  let folder: string;
  let recording: string;

  async function run(command: typeof recordCommand, ...args: string[]) {
    const { code, out, problems } = await ran(command, args);
    return { code, out: out.join('\n'), problems: problems.join('\n') };
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    recording = join(folder, 'recording');
    await run(recordCommand, inRepository('samples/two-hptes.hpt'), recording);
  });
  after(() => rmSync(folder, { recursive: true }));

  const passes = (text: string): void => {
    const result = runScenario(text, 'reproduced');
    assert.ok('run' in result && result.passed, text);
  };

  it('takes a mark, and the event, time and number of it', async () => {
    const mark = await run(reproduceCommand, recording, '--at', 'hptscope step 12 end');
    assert.equal(mark.code, 0, mark.problems);
    passes(mark.out);
    const named = /^# .*: event (\d+), (\d+\.\d+) of /.exec(mark.out);
    assert.ok(named !== null);
    const [, event = '', time = ''] = named;
    assert.equal((await run(reproduceCommand, recording, '--at', event)).out, mark.out);
    assert.equal(
      (await run(reproduceCommand, `${recording}/hptscope.json`, '--at', time)).out,
      mark.out.replace(/ of .*/, ` of ${recording}/hptscope.json`),
    );
  });

  it('writes a file, and overwrites none', async () => {
    const file = join(folder, 'made.hpt');
    const args = [recording, '--at', 'hptscope step 12 end', '-o', file];
    assert.deepEqual(await run(reproduceCommand, ...args), { code: 0, out: '', problems: '' });
    passes(readFileSync(file, 'utf8'));
    await assert.rejects(run(reproduceCommand, ...args), /exists/);
  });

  it('says why there is none', async () => {
    const { code, problems } = await run(reproduceCommand, recording, '--at', '1');
    assert.equal(code, 1);
    assert.match(problems, /^event 1, 100\.000000000: this range of host addresses lies in no memslot/);
  });

  for (const [at, message] of [
    ['0', /there is no event 0: the trace has 1 to \d+/],
    ['99999', /there is no event 99999/],
    ['1.5', /the trace begins after 1\.5/],
    ['never', /--at never: a number of an event, a time in seconds/],
  ] as const)
    it(`refuses --at ${at}`, async () => {
      await assert.rejects(run(reproduceCommand, recording, '--at', at), message);
    });

  for (const args of [[], ['x'], ['--at', '1'], ['x', 'y', '--at', '1'], ['x', '--at', '1', '--events', 'no']])
    it(`refuses the arguments ${args.join(' ') || '(none)'}`, async () => {
      await assert.rejects(run(reproduceCommand, ...args), UsageError);
    });
});
