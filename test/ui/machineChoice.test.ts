// A trace of two virtual machines: F5 asks which one is wanted, and the views say which one they show.

import { guestEnter, guestExit, runEnter, textOf } from '../unit/trace/replay/support';
import { useWorkbench } from './workbench';

const runs = (task: string, tgid: number): string[] => [
  runEnter(task, tgid),
  guestEnter(task, '0x0'),
  guestExit(task, 'SYSCALL', '0x20'),
];

describe('a trace of two virtual machines', () => {
  const opened = useWorkbench({
    files: { 'two.trace.txt': textOf([...runs('qemu-a-10', 10), ...runs('qemu-b-20', 20), ...runs('qemu-b-20', 20)]) },
    open: 'two.trace.txt',
  });
  const page = () => opened().page;
  const row = (text: string) => page().locator('.quick-input-list .monaco-list-row').filter({ hasText: text });
  const note = (process: number) =>
    page().locator(`.monaco-list-row[aria-label*="This is the one of process ${process}"]`);

  it('asks for one, by keyboard', async () => {
    await page().locator('.editor-instance .monaco-editor').first().click();
    await page().keyboard.press('F5');
    await row('process 20 · 6 events').waitFor();
    await row('process 10 · 3 events').waitFor();
    await opened().screenshot('machine-choice');
    await page().keyboard.press('ArrowDown');
    await page().keyboard.press('Enter');
    await opened().waitUntilStopped();
  });

  it('says in the Machine tree which one is shown', async () => {
    await opened().openSideBar();
    await opened().view('Machine');
    await note(10).waitFor();
    await opened().screenshot('machine-chosen');
  });

  it('offers it first the next time', async () => {
    await opened().debugButton('Stop').click();
    await opened().debugButton('Stop').waitFor({ state: 'hidden' });
    await page().keyboard.press('F5');
    await row('process 10').waitFor();
    await page().keyboard.press('Enter');
    await opened().waitUntilStopped();
    await note(10).waitFor();
  });
});
