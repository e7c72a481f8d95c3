// `hptscope recording`: the options, what it asks for, and that it overwrites nothing.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { recordingCommand } from '../../../src/cli/recording';
import { readRecordingFile } from '../../../src/trace/recordingFile';
import { captureRecording } from '../../support/captures';
import { ran } from '../../support/command';

describe('hptscope recording', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    for (const [name, bytes] of captureRecording('l2-61-64k').files) {
      if (name !== 'hptscope.json') {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), bytes);
      }
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  async function recording(...args: string[]) {
    const { code, out, problems } = await ran(recordingCommand, [folder, ...args]);
    return { code, out: out.join('\n'), problems: problems.join('\n') };
  }

  it('names what is missing, with the options that tell it, and writes nothing', async () => {
    const { code, problems } = await recording();
    assert.equal(code, 2);
    assert.match(problems, /--cpu POWER9\|POWER10/);
    assert.match(problems, /order 22 or more, by the dumps\): --hpt/);
    assert.match(problems, /memslots that begin at the guest frames 0x0: --memslot/);
    assert.throws(() => readFileSync(join(folder, 'hptscope.json')));
  });

  it('writes what the files and the options tell, once', async () => {
    const options = ['--cpu', 'power9', '--hpt', '22@mark:hptgt snap 0-running'];
    const slot = ['--memslot', '0:0:512M:0x7fff7be00000:log@86.5..mark:hptgt snap 5-limited'];
    const { code, out } = await recording(...options, ...slot);
    assert.equal(code, 0);
    assert.match(out, /host page size 65536: trace\.dat was recorded on a host with pages of this size/);
    assert.match(out, /each dump comes after the mark "hptgt \*" of its name/);
    assert.match(out, /traces 1, dumps 12, memslots 1, facts none/);
    const read = readRecordingFile(readFileSync(join(folder, 'hptscope.json'), 'utf8'), 'hptscope.json');
    assert.deepEqual(read.problems, []);
    const [made] = read.recording?.memslots ?? [];
    assert.deepEqual([made?.size, made?.hva, made?.logDirty], [0x2000_0000n, 0x7fff7be00000n, true]);
    assert.deepEqual([made?.from?.at, made?.to?.at], [{ ns: 86_500_000_000n }, { mark: 'hptgt snap 5-limited' }]);
    await assert.rejects(recording(...options, ...slot), /hptscope\.json exists: .*--force/);
    assert.equal((await recording(...options, '--no-memslots', '--force')).code, 0);
  });

  it('says what an option should be', async () => {
    for (const [option, value, why] of [
      ['--cpu', '486', /PPC970, POWER7, POWER8, POWER9, POWER10 are known/],
      ['--host-page-size', '8K', /4K or 64K/],
      ['--hpt', '17', /ORDER from 18 to 46/],
      ['--memslot', '0:0:1M', /SLOT:GPA:SIZE:HVA/],
      ['--dump', 'x.htab', /FILE@SECONDS or FILE@mark:TEXT/],
      ['--vm', 'qemu', /process id/],
    ] as const) {
      await assert.rejects(recording(option, value), why);
    }
  });
});
