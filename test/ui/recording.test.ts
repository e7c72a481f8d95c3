// A recording of a real POWER9 host, debugged: the trace drives the model, so an event breakpoint stops inside the kernel path of
// a real invalidation; every view says how well the table is known.

import { strict as assert } from 'node:assert';
import { becomes, useWorkbench } from './workbench';

describe('debugging a recording', () => {
  const opened = useWorkbench({
    copy: ['samples/recordings/power9-64k'],
    open: 'power9-64k/hptscope.json',
    size: { width: 1600, height: 1000 },
  });
  const moment = () => opened().webview().locator('.headings h1').innerText();
  const count = (category: number) => opened().webview().locator('.legend .count').nth(category).innerText();

  it('starts with F5 in hptscope.json: a new table, known to be empty', async () => {
    await opened().startDebugging();
    await becomes(moment, (text) => /the state of every entry is known/.test(text), 'the heatmap to say what is known');
    assert.equal(await count(0), '16,384');
  });

  it('stops in the kernel path of a real invalidation that marks an HPTE absent', async () => {
    await opened().setExceptionFilter('HPTE marked absent', true);
    await opened().debug('Continue', moment, (text) => text.includes('hpte.absent'));
    await becomes(
      () => opened().page.locator('.debug-call-stack').innerText(),
      (text) => /unmap/.test(text),
      'the kernel path on the call stack',
    );
    const absent = await count(3);
    await opened().screenshot('recording-absent');
    await opened().debug('Step Back', moment, (text) => !text.includes('hpte.absent'));
    await becomes(
      () => count(3),
      (before) => before !== absent,
      'the entry to be valid again',
    );
    await opened().setExceptionFilter('HPTE marked absent', false);
  });

  it('goes to the end: real entries in tree and heatmap', async () => {
    await opened().command('HPT Scope: Go to…');
    const input = opened().page.locator('.quick-input-widget input.input');
    await input.waitFor();
    await input.fill('moment 1405');
    await opened()
      .page.locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: /moment\s*1405/ })
      .first()
      .waitFor();
    await opened().page.keyboard.press('Enter');
    await becomes(moment, (text) => /moment 1,405/.test(text), 'the last moment');
    await becomes(
      () => count(3),
      (absent) => absent === '7',
      'the absent entries of the last dump',
    );
    await opened().openSideBar();
    const pages = async () =>
      (await opened().treeRows('Memslots')).map(({ label, description }) => `${label} ${description}`);
    await becomes(pages, (all) => all.some((page) => /^gfn 0x1 .*absent.*0x3ff7/.test(page)), 'a page of the dump');
    await opened().screenshot('recording-debugged');
  });

  it('steps through the events of the trace in both directions', async () => {
    await opened().debug('Step Back', moment, (text) => /moment 1,[34]\d\d/.test(text) && !/moment 1,405/.test(text));
    const before = await moment();
    await opened().debug('Step Back', moment, (text) => text !== before);
    const there = await moment();
    await opened().debug('Step Into', moment, (text) => text !== there);
  });
});
