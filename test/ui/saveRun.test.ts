// A scenario's run saved as a recording from its editor, opened like a capture, and a moment of it made a scenario again.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario } from '../../src/scenario/runner';
import { becomes, useWorkbench } from './workbench';

describe('saving a run as a recording', () => {
  const opened = useWorkbench({ copy: ['samples/page-out.hpt'], open: 'page-out.hpt' });
  const input = () => opened().page.locator('.quick-input-widget input.input');

  it('asks for a folder, writes the recording and opens it', async () => {
    await opened().command('HPT Scope: Save Run as Recording');
    await becomes(
      () => input().inputValue(),
      (path) => path.endsWith('/page-out-recording'),
      'the dialog that asks for the folder',
    );
    await opened().page.keyboard.press('Enter');
    await opened().editorTab('hptscope.json').waitFor();
    const trace = readFileSync(join(opened().folder, 'page-out-recording', 'trace.txt'), 'utf8');
    assert.match(trace, /kvm_unmap_hva_range/);
  });

  it('is opened like a capture; its last moment becomes a scenario that passes', async () => {
    await opened().command('HPT Scope: Open Run without Debugging');
    const moment = () => opened().webview().locator('.headings h1').innerText();
    await becomes(moment, (text) => /^moment (\d+) of \1/.test(text), 'the end of the run');
    await opened().command('HPT Scope: Reproduce This Moment as a Scenario');
    await opened().editorTab('Untitled-1').waitFor();
    const lines = opened().page.locator('.editor-instance .monaco-editor .view-lines').first();
    const text = await becomes(
      async () => (await lines.innerText()).replaceAll('\u00a0', ' '),
      (shown) => /machine power9 linux-6\.1/.test(shown),
      'the scenario',
    );
    await opened().screenshot('reproduced');
    assert.match(text, /without seq-check|load|swap-out|unmap/);
    const ran = runScenario(text, 'reproduced.hpt');
    assert.ok('run' in ran, text);
  });
});
