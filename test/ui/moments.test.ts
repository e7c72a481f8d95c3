// A log point set in the event breakpoint tree: its condition completed and tried while it is typed, its lines leading to their
// moments by mouse and by keyboard. Bookmarks: set, found by "Go to", renamed and removed.

import { strict as assert } from 'node:assert';
import { becomes, useWorkbench } from './workbench';

describe('moments', () => {
  const opened = useWorkbench({
    copy: ['samples/page-out.hpt'],
    open: 'page-out.hpt',
    size: { width: 1600, height: 1000 },
  });
  const page = () => opened().page;
  const keys = (name: string) => page().keyboard.press(name);
  const input = () => page().locator('.quick-input-widget input.input');
  const row = (text: string) => page().locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  const title = (text: string) => page().locator('.quick-input-title').filter({ hasText: text });
  const moment = () => opened().webview().locator('.headings h1').innerText();
  const rows = async () => (await opened().treeRows('Moments')).map(({ label }) => label);
  const entry = async (text: string) =>
    (await opened().view('Moments')).locator('.monaco-list-row').filter({ hasText: text }).first();

  it('turns a kind of event into a log point, its condition completed and tried while it is typed', async () => {
    await opened().startDebugging();
    await opened().openSideBar();
    await opened().expand('Event Breakpoints', 'hpte');
    const pane = await opened().view('Event Breakpoints');
    const kind = pane.locator('.monaco-list-row').filter({ hasText: 'HPTE marked absent' }).first();
    await kind.scrollIntoViewIfNeeded();
    await kind.hover();
    await kind.locator('.action-label[aria-label*="Edit Event Breakpoint"]').click();
    await title('HPTE marked absent').waitFor();
    await row('Condition').click();
    await title('condition').waitFor();
    await page().keyboard.type('ca');
    await title('there is no "ca"').waitFor(); // what was typed has been tried: the list is the one of this text
    await row('cause').waitFor();
    await keys('ArrowDown');
    await keys('Enter');
    await becomes(
      () => input().inputValue(),
      (text) => text === 'cause',
      'the completed word',
    );
    await page().keyboard.type(' == unmap && gfn == 0x1');
    await title('holds at 0 of 4 events').waitFor();
    await page().keyboard.type('0');
    await title('holds at 4 of 4 events').waitFor();
    await opened().screenshot('condition');
    await keys('Enter');
    await row('Log message').waitFor();
    await row('Log message').click();
    await title('log message').waitFor();
    await page().keyboard.type('{index} of page {gf');
    await row('gfn').waitFor();
    await page().keyboard.type('n} gone');
    await row('{index} of page {gfn} gone').waitFor();
    await keys('Enter');
    await row('Condition').waitFor();
    await keys('Escape');
    await becomes(
      () => kind.locator('.monaco-checkbox').getAttribute('aria-checked'),
      (is) => is === 'true',
      'the check mark',
    );
  });

  it('writes its lines, of which a click leads to the moment', async () => {
    await opened().debug('Continue', moment, (text) => /invariant|of 290$/.test(text) && !/moment 1 of/.test(text));
    await becomes(
      rows,
      (labels) => labels.filter((label) => /0x10 gone/.test(label)).length === 4,
      'four lines of the log',
    );
    await opened().screenshot('log-lines');
    await (await entry('0x1aa8 of page 0x10 gone')).click();
    await becomes(moment, (text) => text.includes('moment 113 of 290 · hpte.absent'), 'the moment of the line');
    await becomes(
      () => opened().stoppedLine(),
      (line) => line === 7,
      'the debugger to come along',
    );
  });

  it('leads there by keyboard', async () => {
    await keys('Control+Alt+L');
    await title('Go to the moment of a log line').waitFor();
    await page().keyboard.type('0x1b28');
    await row('0x1b28 of page 0x10 gone').waitFor();
    await keys('Enter');
    await becomes(
      moment,
      (text) => /hpte\.absent/.test(text) && !text.includes('moment 113'),
      'the moment of the other line',
    );
  });

  it('keeps a bookmark with a note, and finds it by "Go to"', async () => {
    const marked = await moment();
    await keys('Control+Alt+M');
    await title('name').waitFor();
    await input().fill('b is gone');
    await keys('Enter');
    await title('note').waitFor();
    await input().fill('see the second line of the log');
    await keys('Enter');
    await becomes(rows, (labels) => labels.includes('b is gone'), 'the bookmark');
    await keys('Control+Alt+G');
    await input().waitFor();
    await input().fill('line 12');
    await row('machine power9').waitFor();
    await keys('Enter');
    await becomes(moment, (text) => text !== marked, 'another moment');
    await keys('Control+Alt+G');
    await input().waitFor();
    await input().fill('b is');
    await row('b is gone').waitFor();
    await keys('Enter');
    await becomes(moment, (text) => text === marked, 'the way back');
    await opened().screenshot('bookmark');
  });

  it('renames it from its menu, opened by key, and removes it by its button', async () => {
    await opened().command('HPT Scope: Focus on Moments View');
    const focused = page().locator('.monaco-list-row.focused').filter({ hasText: 'b is gone' });
    await keys('Home');
    for (let presses = 0; presses < 8 && (await focused.count()) === 0; presses++) {
      await keys('ArrowDown');
    }
    await focused.waitFor();
    await keys('Shift+F10');
    await opened().chooseInMenu('Edit Bookmark');
    await title('name').waitFor();
    await input().fill('b left');
    await keys('Enter');
    await title('note').waitFor();
    await keys('Enter');
    await becomes(rows, (labels) => labels.includes('b left'), 'the new name');
    const renamed = await entry('b left');
    await renamed.hover();
    await renamed.locator('.action-label[aria-label*="Remove Bookmark"]').click();
    await becomes(rows, (labels) => !labels.includes('b left'), 'the bookmark to go');
    assert.ok(
      (await rows()).some((label) => /gone/.test(label)),
      'the log stays',
    );
  });
});
