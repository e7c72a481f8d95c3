// A text trace of more than 50 MB, which VS Code gives to no extension: it is presented in windows, and lines of both the file and
// the windows are places to stop at.

import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adapter } from '../../support/adapter';

const events = 60_000;
/** Statements in a window of 6 MiB. */
const inWindow = 6616;
const window = (n: number) => `large.ftrace.${n * inWindow + 1}-${(n + 1) * inWindow}.trace.txt`;
const line = (n: number) => `a-1 [000] ..... ${n}.000000: tracing_mark_write: ${String(n).padEnd(900, '.')}\n`;

describe('debugging a text of more than 50 MB', function () {
  this.timeout(60_000);
  let folder: string;
  let adapter: Adapter;
  let program: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    program = join(folder, 'large.ftrace');
    writeFileSync(program, `# tracer: nop\n${Array.from({ length: events }, (_, i) => line(i + 1)).join('')}`);
    adapter = await Adapter.start();
    await adapter.launch(program);
  });
  after(async () => {
    await adapter.stop();
    rmSync(folder, { recursive: true });
  });

  const top = async () => (await adapter.stack())[0] ?? assert.fail('no frame');

  it('shows each statement in a window, which holds the lines of the file', async () => {
    const { source, line: at } = await top();
    assert.deepEqual([source?.name, at], [window(0), 1]);
    const { content } = (await adapter.client.sourceRequest({ source, sourceReference: source?.sourceReference ?? 0 }))
      .body;
    const lines = content.split('\n');
    assert.equal(lines.length, inWindow + 1);
    assert.equal(`${lines[inWindow - 1]}\n`, line(inWindow));
  });

  it('stops at lines of a window that is not in front, and of the file itself', async () => {
    const { sources } = (await adapter.client.customRequest('loadedSources')).body;
    const source = sources.find(({ name }: { name: string }) => name === window(5));
    const set = await adapter.client.setBreakpointsRequest({
      source,
      breakpoints: [{ line: 10 }, { line: inWindow + 1 }],
    });
    assert.deepEqual(
      set.body.breakpoints.map(({ verified, line: at }) => [verified, at]),
      [
        [true, 10],
        [false, inWindow + 1],
      ],
    );
    // the file has one line more in front of its events
    await adapter.client.setBreakpointsRequest({ source: { path: program }, breakpoints: [{ line: 101 }] });
    await adapter.move('continue');
    let frame = await top();
    assert.deepEqual([frame.source?.name, frame.line], [window(0), 100]);
    await adapter.move('continue');
    frame = await top();
    assert.deepEqual([frame.source?.name, frame.line], [window(5), 10]);
    assert.match(frame.name, new RegExp(`^print: ${5 * inWindow + 10}\\.\\.\\.`));
  });
});
