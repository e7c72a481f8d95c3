// "Why is it so?" and "Decode" in the workbench: the list of causes travels while one moves in it, and words are taken apart
// without a run.

import { strict as assert } from 'node:assert';
import { becomes, useWorkbench } from './workbench';

describe('questions', () => {
  const opened = useWorkbench({
    copy: ['samples/page-out.hpt'],
    open: 'page-out.hpt',
    size: { width: 1600, height: 1000 },
  });
  const input = () => opened().page.locator('.quick-input-widget input.input');
  const rows = () => opened().page.locator('.quick-input-list .monaco-list-row');
  const focused = async () =>
    (await opened().page.locator('.quick-input-list .monaco-list-row.focused').innerText()).replace(/\s+/g, ' ');
  const moment = () => opened().webview().locator('.headings h1').innerText();

  it('decodes what is typed, with no run open', async () => {
    await opened().command('HPT Scope: Decode…');
    await input().waitFor();
    await input().fill('12345020 10000192');
    await rows().filter({ hasText: 'absent' }).first().waitFor();
    await opened().screenshot('decode');
    await input().fill('dsisr 0x42000000');
    await rows().filter({ hasText: 'NOHPTE ISSTORE' }).first().waitFor();
    await input().fill('nonsense');
    await rows().filter({ hasText: 'neither a trace line nor words of up to 64 bits in hex.' }).waitFor();
    await opened().screenshot('decode-mistake');
    await rows().filter({ hasText: 'slb VSID-WORD' }).click();
    await becomes(
      () => input().inputValue(),
      (text) => text === 'slb ',
      'the kind of word to be written',
    );
    await opened().page.keyboard.press('Escape');
  });

  it('goes from an entry of a tree to its causes, by mouse and keys, and back', async () => {
    await opened().startDebugging();
    await opened().page.keyboard.press('Control+Alt+G');
    await input().waitFor();
    await input().fill('line 22');
    await rows().filter({ hasText: 'dirty-log' }).waitFor();
    await opened().page.keyboard.press('Enter');
    await becomes(
      () => opened().stoppedLine(),
      (line) => line === 22,
      'line 22',
    );
    const asked = await moment();
    await opened().openSideBar();
    const pane = await opened().view('Memslots');
    await pane.locator('.monaco-list-row[aria-label^="HPTE a"]').first().click({ button: 'right' });
    await opened().chooseInMenu('Why Is It So?');
    await rows().filter({ hasText: 'kvmppc_do_h_enter' }).first().waitFor();
    await opened().page.keyboard.press('ArrowDown');
    await becomes(
      focused,
      (text) => /guest view|guest 0x/.test(text) && /Harvest R and C/.test(text),
      'the last cause',
    );
    await becomes(moment, (text) => text !== asked, 'the views to travel to it');
    await opened().page.keyboard.press('ArrowDown');
    await becomes(focused, (text) => /state valid → absent/.test(text), 'the cause before');
    await becomes(moment, (text) => text.includes('hpte.absent'), 'the views to travel to it');
    await opened().screenshot('why');
    await opened().page.keyboard.press('Escape');
    await becomes(moment, (text) => text === asked, 'the way back');
  });

  it('is asked by keyboard, of a field, and stays where Enter is pressed', async () => {
    await opened().page.keyboard.press('Control+Alt+Y');
    await input().waitFor();
    await input().fill('b.nothing');
    await opened().page.locator('.quick-input-message').filter({ hasText: 'no field "nothing"' }).waitFor();
    await input().fill('b.state');
    await opened().page.keyboard.press('Enter');
    await rows().filter({ hasText: 'absent → valid' }).first().waitFor();
    await opened().page.keyboard.press('ArrowDown');
    await becomes(moment, (text) => text.includes('hpte.reinstate'), 'the moment at which b became valid');
    await opened().page.keyboard.press('Enter');
    await input().waitFor({ state: 'hidden' });
    assert.match(await moment(), /hpte\.reinstate/);
  });
});
