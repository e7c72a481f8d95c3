// `hptscope convert`: what it writes, where, and what it refuses.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertCommand } from '../../../src/cli/convert';
import { captureBytes, captureRecording } from '../../support/captures';
import { ran } from '../../support/command';

describe('hptscope convert', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    const { files } = captureRecording('p9-61-64k-fixed');
    writeFileSync(join(folder, 'trace.dat'), files.get('trace.dat') ?? assert.fail('no trace.dat'));
    writeFileSync(join(folder, 'cut.txt'), captureBytes('p9-61-64k-fixed', 'trace.txt').subarray(0, 5000));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function convert(...args: string[]) {
    const { code, problems } = await ran(convertCommand, args);
    return { code, problems: problems.join('\n') };
  }
  const at = (name: string) => join(folder, name);
  const written = (name: string) => readFileSync(at(name), 'utf8');

  it("makes the kernel's own text of a trace.dat, byte for byte", async () => {
    const { code, problems } = await convert(at('trace.dat'), '-o', at('out.txt'));
    assert.deepEqual([code, problems], [0, '']);
    assert.equal(written('out.txt'), Buffer.from(captureBytes('p9-61-64k-fixed', 'trace.txt')).toString());
  });

  it('makes one JSON object of each event in a stretch of time', async () => {
    await convert(at('trace.dat'), '--to', 'jsonl', '--from', '6.486', '--to-time', '6.488', '-o', at('out.jsonl'));
    const events = written('out.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(events.length > 1);
    for (const { time, event } of events) {
      assert.ok(time >= '6.486' && time <= '6.488', time);
      assert.equal(typeof event, 'string');
    }
  });

  it('takes the events that are numbered', async () => {
    await convert(at('trace.dat'), '--events', '11..12', '-o', at('two.txt'));
    const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const all = lines(Buffer.from(captureBytes('p9-61-64k-fixed', 'trace.txt')).toString());
    assert.deepEqual(lines(written('two.txt')), all.slice(10, 12));
  });

  it('tells what is wrong with the input; what was readable is written, and only damage makes the exit code 1', async () => {
    const { code, problems } = await convert(at('cut.txt'), '-o', at('rest.txt'));
    assert.match(problems, /cut\.txt:\d+:\d+: warning: the file ends in the middle of this line/);
    assert.equal(code, 0);
    assert.match(written('rest.txt'), /kvm_/);
    const dat = captureBytes('p9-61-64k-fixed', 'trace.v6.dat');
    writeFileSync(at('cut.dat'), dat.subarray(0, dat.length - 200_000));
    assert.equal((await convert(at('cut.dat'), '-o', at('rest2.txt'))).code, 1);
    assert.equal((await convert(at('missing.dat'), '-o', at('x.txt'))).code, 2);
  });

  it('overwrites nothing unless told so, and never its input', async () => {
    writeFileSync(at('kept.txt'), 'kept');
    await assert.rejects(convert(at('trace.dat'), '-o', at('kept.txt')), /kept\.txt exists: .*--force/);
    assert.equal(written('kept.txt'), 'kept');
    await convert(at('trace.dat'), '--force', '-o', at('kept.txt'));
    assert.match(written('kept.txt'), /^# tracer: nop/);
    const before = readFileSync(at('trace.dat'));
    await assert.rejects(convert(at('trace.dat'), '--force', '-o', at('trace.dat')), /trace\.dat is the input/);
    assert.deepEqual(readFileSync(at('trace.dat')), before);
  });

  it('refuses stretches and forms that there are not', async () => {
    const refused = async (why: RegExp, ...args: string[]) =>
      assert.rejects(convert(at('trace.dat'), '-o', at('none.txt'), ...args), why);
    await refused(/--events FIRST\.\.LAST, of the events 1\.\.8076/, '--events', '0..5');
    await refused(/6s is no time of this trace: seconds such as/, '--from', '6s');
    await refused(/no event lies in the stretch/, '--from', '99999');
    await refused(/--to trace or --to jsonl/, '--to', 'xml');
  });
});
