// A trace of more than 50 MB, of which VS Code gives no document to an extension: F5 debugs it all the same, in windows.

import { strict as assert } from 'node:assert';
import { becomes, useWorkbench } from './workbench';

const line = (n: number) => `a-1 [000] ..... ${n}.000000: tracing_mark_write: ${String(n).padEnd(900, '.')}\n`;
const trace = `# tracer: nop\n${Array.from({ length: 60_000 }, (_, i) => line(i + 1)).join('')}`;

describe('debugging a text of more than 50 MB', () => {
  const opened = useWorkbench({ files: { 'large.ftrace': trace } });

  it('starts with F5, stops in a window, and steps', async function () {
    this.timeout(90_000);
    await opened().openFile('large.ftrace');
    await opened().page.locator('.monaco-editor-pane-placeholder').filter({ hasText: 'very large' }).waitFor();
    await opened().page.keyboard.press('F5');
    await opened().waitUntilStopped();
    await becomes(
      () => opened().stoppedLine(),
      (at) => at === 1,
      'the first event',
    );
    await opened().debug(
      'Step Into',
      () => opened().stoppedLine(),
      (at) => at === 2,
    );
    assert.equal(await opened().editorTab('large.ftrace.1-6616.trace.txt').count(), 1);
    await opened().screenshot('large-trace');
  });
});
