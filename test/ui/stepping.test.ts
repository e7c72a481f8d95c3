// Where steps stop, from the status bar and the trees: a preset, and one page that is followed.

import { becomes, useWorkbench } from './workbench';

describe('where steps stop', () => {
  const opened = useWorkbench({
    copy: ['samples/two-hptes.hpt'],
    open: 'two-hptes.hpt',
    size: { width: 1600, height: 1000 },
  });
  const page = () => opened().page;
  const item = (id: string) => page().locator(`.statusbar-item[id$="hptscope.status.${id}"]`);
  const row = (text: string) => page().locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  const moment = () => opened().webview().locator('.headings h1').innerText();

  it('is shown in the status bar, and chosen there', async () => {
    await opened().startDebugging();
    await item('stepping').filter({ hasText: 'Changes of the table' }).waitFor();
    await item('stepping').locator('a').click();
    await row('Every step of the kernel path').click();
    await item('stepping').filter({ hasText: 'Every step of the kernel path' }).waitFor();
  });

  it('follows a page from its menu, until the status bar is clicked', async () => {
    await page().keyboard.press('Control+Alt+G');
    await page().locator('.quick-input-widget input.input').fill('line 17');
    await row('load third').waitFor();
    await page().keyboard.press('Enter');
    await becomes(
      () => opened().stoppedLine(),
      (line) => line === 17,
      'the line',
    );
    await opened().openSideBar();
    const memslots = await opened().view('Memslots');
    await memslots.locator('.monaco-list-row[aria-label^="Guest page 0x2"]').first().click({ button: 'right' });
    await opened().chooseInMenu('Follow in Steps');
    await item('following').filter({ hasText: 'guest page 0x2' }).waitFor();
    await opened().screenshot('following');
    const before = await moment();
    await opened().debug('Step Over', moment, (text) => text !== before);
    await item('following').locator('a').click();
    await item('following').waitFor({ state: 'hidden' });
  });

  it('keeps the preset for the next session, which F5 begins in a listing of the last one', async () => {
    await opened().editorTab('page_fault').waitFor();
    await opened().debugButton('Stop').click();
    await item('stepping').waitFor({ state: 'hidden' });
    await opened().startDebugging();
    await item('stepping').filter({ hasText: 'Every step of the kernel path' }).waitFor();
  });

  it('leaves the heatmap in sight when a listing opens while the heatmap has the keys', async () => {
    await page().keyboard.press('Control+Alt+G');
    await page().locator('.quick-input-widget input.input').fill('line 17');
    await row('load third').waitFor();
    await page().keyboard.press('Enter');
    await becomes(moment, (text) => /moment \d+ of/.test(text) && !/moment 1 of/.test(text), 'the line');
    await opened().webview().locator('.map').click();
    const before = await moment();
    await opened().debug('Step Into', moment, (text) => text !== before);
    await becomes(
      () => page().locator('.tab.active').allInnerTexts(),
      (tabs) =>
        tabs.length === 2 && tabs.some((tab) => /heatmap/.test(tab)) && !tabs.some((tab) => /two-hptes/.test(tab)),
      'the listing beside the heatmap',
    );
  });
});
