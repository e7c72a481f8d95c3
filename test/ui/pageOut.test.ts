// The first sample debugged by keyboard and mouse: every view shows the moment of each stop, in both directions, and a selection
// travels between heatmap and trees.

import { strict as assert } from 'node:assert';
import { becomes, useWorkbench } from './workbench';

describe('debugging page-out.hpt', () => {
  const opened = useWorkbench({
    copy: ['samples/page-out.hpt'],
    open: 'page-out.hpt',
    size: { width: 1600, height: 1000 },
  });

  const moment = () => opened().webview().locator('.headings h1').innerText();
  const heading = () => opened().webview().locator('.details h2').innerText();
  const page = async () => (await opened().treeRows('Memslots')).find(({ label }) => label === 'gfn 0x10');
  const stateOfA = async () =>
    (await opened().treeRows('Memslots')).find(({ label }) => label.startsWith('a '))?.description ?? '';

  /** Types into the open "Go to" box, waits until that is understood, and presses Enter. */
  async function goTo(text: string, picture?: string): Promise<void> {
    const input = opened().page.locator('.quick-input-widget input.input');
    await input.waitFor();
    await input.fill(text);
    // the number stands in a column of its own
    const row = { hasText: new RegExp(text.replace(' ', '\\s*')) };
    await opened().page.locator('.quick-input-list .monaco-list-row').filter(row).first().waitFor();
    if (picture !== undefined) {
      await opened().screenshot(picture);
    }
    await opened().page.keyboard.press('Enter');
  }

  it('starts with F5, opens the heatmap and fills the side bar', async () => {
    await opened().startDebugging();
    assert.equal(await opened().stoppedLine(), 12);
    await opened().openSideBar();
    const rows = async () => (await opened().treeRows('Machine')).map(({ label }) => label);
    await becomes(rows, (labels) => labels.includes('linux-6.1 · POWER9'), 'the machine');
    assert.match(await moment(), /^moment 1 of \d+/);
  });

  it('continues by F5 to "HPTE marked absent": absent in tree, heatmap and events', async () => {
    await opened().setExceptionFilter('HPTE marked absent', true);
    await opened().page.keyboard.press('F5');
    await becomes(moment, (text) => text.includes('hpte.absent'), 'the stop at hpte.absent');
    await opened().waitUntilStopped();
    await opened().openSideBar();
    await becomes(page, (row) => /ring b · absent a/.test(row?.description ?? ''), 'the page with its absent entry');
    assert.match(await stateOfA(), /^absent/);
    await becomes(heading, (text) => text.includes('0x1aa8'), 'the heatmap to stand on the entry');
    assert.match(await opened().webview().locator('.entry-fields').innerText(), /absent/);
    const current = opened().page.locator('.monaco-list-row[aria-label^="Current: HPTE marked absent"]');
    await current.waitFor();
    await opened().screenshot('page-out-absent');
  });

  it('steps back: valid again everywhere', async () => {
    await opened().debug('Step Back', moment, (text) => !text.includes('hpte.absent'));
    await becomes(stateOfA, (text) => text.startsWith('valid'), 'the tree to show the entry valid');
    const fields = () => opened().webview().locator('.entry-fields').innerText();
    await becomes(fields, (text) => /state\s*valid/.test(text), 'the heatmap to show the entry valid');
    await opened().screenshot('page-out-step-back');
  });

  it('steps forward again by F11, and marks in the tree what the step changed', async () => {
    await opened()
      .page.locator('.editor-instance .monaco-editor')
      .first()
      .click({ position: { x: 200, y: 60 } });
    await opened().page.keyboard.press('F11');
    await becomes(moment, (text) => text.includes('hpte.absent'), 'the step');
    await becomes(stateOfA, (text) => text.startsWith('absent'), 'the tree');
    const marked = opened().page.locator('.monaco-list-row[aria-label$="Changed by the last step."]');
    await becomes(
      () => marked.count(),
      (count) => count > 0,
      'a mark of change',
    );
  });

  it('takes a selection from the heatmap into the tree', async () => {
    await opened().page.keyboard.press('Control+2'); // the editor group of the heatmap: the picture takes the keys
    const map = opened().webview().locator('.map');
    await opened().webview().locator('.map:focus').waitFor();
    await opened().page.keyboard.press('g');
    await opened().page.keyboard.type('b');
    await opened().page.keyboard.press('Enter');
    await becomes(heading, (text) => text.includes('0x1b28'), 'the heatmap to find b');
    await map.focus();
    await opened().page.keyboard.press('Enter');
    const selected = opened().page.locator('.monaco-list-row.selected[aria-label^="HPTE b"]');
    await selected.waitFor();
  });

  it('takes a selection from the tree into the heatmap', async () => {
    const memslots = await opened().view('Memslots');
    await memslots.locator('.monaco-list-row[aria-label^="HPTE a"]').first().click();
    await becomes(heading, (text) => text.includes('0x1aa8'), 'the heatmap to go to a');
  });

  it('goes to a moment by its number, and to an HPTE by its address', async () => {
    await opened().command('HPT Scope: Go to…');
    await goTo('line 21');
    await becomes(moment, (text) => /statement|moment 12\d/.test(text), 'the moment');
    await becomes(
      () => opened().stoppedLine(),
      (line) => line === 21,
      'line 21 to be marked',
    );
    await opened().page.keyboard.press('Control+Alt+G');
    await goTo('ea 0xc000000000020000');
    await becomes(heading, (text) => text.includes('0x1b28'), 'the HPTE of the address');
    // the tree takes the keys when it shows the entry, and a box that opened before would close
    await opened().page.locator('.monaco-list:focus .monaco-list-row.focused[aria-label^="HPTE b"]').waitFor();
    await opened().page.keyboard.press('Control+Alt+G');
    await goTo('gfn 0x10', 'go-to');
    await opened().page.locator('.quick-input-title').filter({ hasText: '2 HPTEs: go to which one?' }).waitFor();
    await opened().page.keyboard.press('Enter');
    await becomes(heading, (text) => text.includes('0x1aa8'), 'the first of the two');
  });

  it('says so when the session is over', async () => {
    await opened().debugButton('Stop').click();
    await opened().openSideBar();
    for (const [view, says] of [
      ['Machine', /press F5/],
      ['Memslots', /Here: memslots/],
    ] as const) {
      const pane = await opened().view(view);
      await becomes(
        () => pane.innerText(),
        (text) => says.test(text),
        `the empty view ${view} to say what will be there`,
      );
    }
    await opened().webview().getByText('No run is open').first().waitFor();
  });
});
