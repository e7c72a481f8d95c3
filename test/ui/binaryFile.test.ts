// A binary trace and a stream in their editor: rows, filter, go to, the record behind a row, the summary, Debug.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { inRepository } from '../repository';
import { captureRecording } from '../support/captures';
import { becomes, useWorkbench } from './workbench';

const trace = captureRecording('p9-61-64k-kprobes').files.get('trace.dat') ?? assert.fail('no trace.dat');
const stream = gunzipSync(
  readFileSync(inRepository('test/data/captures/streams/p9-61-64k-fixed-htabfd.00110.htabfd.gz')),
);

const themes = ['Default Dark Modern', 'Default Light Modern', 'Default High Contrast'];

for (const theme of themes) {
  describe(`the editor of binary files (${theme})`, () => {
    const opened = useWorkbench({
      files: { 'trace.dat': trace, 'dump.htabfd': stream, 'odd.trace.dat': Buffer.from('no trace at all') },
      settings: { 'workbench.colorTheme': theme },
      size: { width: 1600, height: 1000 },
    });
    const view = () => opened().webview();
    const current = () => view().locator('.rows .row.current').innerText();
    const name = theme.replace(/\W+/g, '-').toLowerCase();

    it('shows the events of a trace.dat, and the record behind the current one', async () => {
      await opened().openFile('trace.dat');
      await becomes(current, (text) => text.includes('25.937424501'), 'the first event');
      await view().locator('.rows:focus').waitFor(); // they take the keys by themselves
      for (const key of ['End', 'PageUp', 'ArrowDown']) {
        await opened().page.keyboard.press(key);
      }
      await becomes(
        () => view().locator('.record h2').innerText(),
        (text) => /^Event 8,9\d\d: /.test(text),
        'the record of a late event',
      );
      const facts = await view().locator('.facts').innerText();
      assert.match(
        facts,
        /trace\.dat version 7 · 8,957 events · 2\.365 s · 1 CPU · Linux 6\.1\.0-50-powerpc64le · clock mono/,
      );
    });

    it('filters by kind and words, and goes to a mark', async () => {
      await view().locator('select').selectOption('kvm_page_fault_enter');
      await becomes(
        () => view().locator('.said').innerText(),
        (text) => /^\d+ of 8,957$/.test(text),
        'the faults alone',
      );
      await becomes(current, (text) => text.includes('kvm_page_fault_enter'), 'a fault');
      await becomes(
        () => view().locator('.fields').innerText(),
        (text) => /hpte_v\s+unsigned long\s+0x1001020\s+ABSENT/.test(text.replaceAll('\t', ' ')),
        'the decoded fields of the fault',
      );
      await opened().screenshot(`binary-file-${name}`);
      await view().locator('select').selectOption('');
      const goTo = view().getByRole('textbox', { name: 'Go to' });
      await goTo.fill('hptgt step 31 end');
      await goTo.press('Enter');
      await becomes(current, (text) => text.includes('hptgt step 31 end'), 'the mark');
    });

    it('sums the trace up', async () => {
      await view().getByRole('tab', { name: 'Summary' }).click();
      await becomes(
        () => view().locator('.summary').innerText(),
        (text) => /Events by kind/.test(text) && /Nothing was lost/.test(text) && /trace-cmd 3\.1\.6/.test(text),
        'the summary',
      );
      await opened().screenshot(`binary-file-summary-${name}`);
    });

    it('says why a file cannot be shown', async () => {
      await opened().openFile('odd.trace.dat');
      await view().getByText('none of the known forms').waitFor();
      assert.equal(await view().getByRole('button').count(), 0, 'there is nothing left to stop');
      await opened().screenshot(`binary-file-odd-${name}`);
    });

    it('shows the entries of a stream', async () => {
      await opened().openFile('dump.htabfd');
      await becomes(current, (text) => /VALID/.test(text), 'an entry of the stream');
      await opened().screenshot(`binary-file-stream-${name}`);
    });
  });
}

describe('the editor of a binary trace', () => {
  const opened = useWorkbench({ files: { 'trace.dat': trace } });

  it('converts the trace to text, which opens', async () => {
    await opened().openFile('trace.dat');
    await opened().webview().locator('.rows:focus').waitFor();
    await opened().command('HPT Scope: Convert Trace to Text');
    const input = opened().page.locator('.quick-input-widget input.input');
    await opened().page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'ftrace text' }).click();
    await becomes(
      () => input.inputValue(),
      (path) => path.endsWith('/trace.trace.txt'),
      'the dialog that asks for the file',
    );
    await opened().page.keyboard.press('Enter');
    await opened().editorTab('trace.trace.txt').waitFor();
    await becomes(
      () => opened().page.locator('.monaco-editor .view-lines').first().innerText(),
      (text) => /tracer: nop/.test(text.replaceAll('\u00a0', ' ')),
      'the text of the trace',
    );
  });

  it('debugs the trace with F5', async () => {
    await opened().openFile('trace.dat');
    await opened().webview().locator('.rows:focus').waitFor();
    await opened().page.keyboard.press('F5');
    await opened().waitUntilStopped();
  });
});
