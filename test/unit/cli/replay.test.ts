// `hptscope replay`: what it prints beside the comparison.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replayCommand } from '../../../src/cli/replay';
import { captureBytes } from '../../support/captures';
import { ran } from '../../support/command';

describe('hptscope replay', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    writeFileSync(join(folder, 'trace.txt'), captureBytes('p9-61-64k-fixed', 'trace.txt'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function replay(...args: string[]) {
    const { code, out, problems } = await ran(replayCommand, [join(folder, 'trace.txt'), ...args]);
    assert.deepEqual([code, problems], [0, []]);
    return out.join('\n');
  }

  it('--json: one object with machines, faults, invalidations and coverage where asked for', async () => {
    const { machines, faults, notifiers, coverage, divergenceEvents } = JSON.parse(
      await replay('--faults', '--coverage', '--json'),
    );
    assert.deepEqual(machines, [
      { tgid: 307, lpid: 1, tasks: ['hptgt-307'], events: machines[0].events, chosen: true },
    ]);
    assert.deepEqual(faults[1], {
      outcome: 'reinstated',
      certainty: 'inferred',
      time: '6.677007000',
      duration: 2288000,
      vcpu: 0,
      task: 'hptgt-307',
      ea: '0x100001000',
      dsisr: '0x40000000',
      pc: '0x20e0',
      events: faults[1].events,
    });
    assert.equal(notifiers[0].task, 'hptgt-307');
    assert.ok(coverage.commands.some((command: string) => command.includes('/htab')));
    assert.deepEqual(divergenceEvents, []);
    const plain = JSON.parse(await replay('--json'));
    assert.ok(!('faults' in plain) && !('coverage' in plain));
  });

  it('--assume: what was assumed is counted apart and told in words; a name that is none is refused', async () => {
    const { assumed, fields, divergences } = JSON.parse(await replay('--assume=hidden-pairs,host-present', '--json'));
    const plain = JSON.parse(await replay('--json'));
    assert.deepEqual(assumed.assumptions, ['hidden-pairs', 'host-present']);
    assert.deepEqual(assumed.fields.state, { equal: 0, wrong: 0 });
    assert.deepEqual([fields, divergences], [plain.fields, plain.divergences]);
    assert.ok(!('assumed' in plain));
    const text = await replay('--assume');
    assert.match(text, /^state {3}0 equal, 0 unknown, 0 wrong; assumed 0 equal, 0 wrong$/m);
    assert.match(text, /^assumed: host-present: H_ENTER found the host page mapped$/m);
    await assert.rejects(
      ran(replayCommand, [folder, '--assume=luck']),
      /no assumption luck; there are\n {2}empty-start: /,
    );
    await assert.rejects(ran(replayCommand, [folder, '--assume=']), /no assumption without a name/);
  });

  it('says of a folder without hptscope.json what to do', async () => {
    await assert.rejects(ran(replayCommand, [folder]), /no hptscope\.json is in this folder; `npx hptscope recording /);
  });

  it('fails when no trace of a recording can be read', async () => {
    const broken = join(folder, 'broken');
    mkdirSync(broken);
    const recording = {
      hptscope: 1,
      kernel: 'linux-6.1',
      cpu: 'POWER9',
      hostPageSize: 65536,
      hpt: [],
      traces: ['t.dat'],
    };
    writeFileSync(join(broken, 'hptscope.json'), JSON.stringify(recording));
    const { code, problems } = await ran(replayCommand, [broken]);
    assert.equal(code, 2);
    assert.match(problems.join(), /t\.dat: there is no such file/);
  });

  it('tells the same in words', async () => {
    const text = await replay('--faults', '--coverage');
    assert.match(
      text,
      /^fault: 6\.\d+ hptgt-307 vcpu 0 ea 0x100001000 dsisr 0x40000000: reinstated \(inferred\) after \d+$/m,
    );
    assert.match(text, /^invalidation: 6\.\d+ hptgt-307 0x[0-9a-f]+-0x[0-9a-f]+: at most \d+$/m);
    assert.match(text, /^which entries are valid: not recorded: memslots$/m);
    assert.match(text, /^to record it: cat \/sys\/kernel\/debug\/kvm\/PID-FD\/htab/m);
  });
});
