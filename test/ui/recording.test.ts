// A recording of a real POWER9 host, debugged: nothing is known of the table until its first dump, and every view says so.

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

  it('starts with F5 in hptscope.json; the table is unknown', async () => {
    await opened().startDebugging();
    await becomes(
      moment,
      (text) => /no dump of the table so far/.test(text),
      'the heatmap to say that nothing is known',
    );
    assert.equal(await count(0), '0');
    await opened().openSideBar();
    const rows = async () =>
      (await opened().treeRows('Machine')).map(({ label, description }) => `${label} ${description}`);
    await becomes(rows, (all) => all.some((text) => /^HPT unknown/.test(text)), 'the machine tree to say so');
  });

  it('goes to the end: the table as the last dump had it, real entries in tree and heatmap', async () => {
    await opened().command('HPT Scope: Go to Moment');
    const input = opened().page.locator('.quick-input-widget input.input');
    await input.waitFor();
    await input.fill('831');
    await opened().page.keyboard.press('Enter');
    await becomes(moment, (text) => /table as in dumps\/071\.htab/.test(text), 'the last dump');
    await becomes(
      () => count(3),
      (absent) => absent === '7',
      'the absent entries of the dump',
    );
    const pages = async () =>
      (await opened().treeRows('Memslots')).map(({ label, description }) => `${label} ${description}`);
    await becomes(pages, (all) => all.includes('gfn 0x1 absent 0x3ff7'), 'a page of the dump');
    await opened().screenshot('recording-debugged');
  });

  it('steps through the events of the trace in both directions', async () => {
    await opened().debug('Step Back', moment, (text) => /moment 8[12]\d/.test(text) || /moment 830/.test(text));
    const before = await moment();
    await opened().debug('Step Back', moment, (text) => text !== before);
    const there = await moment();
    await opened().debug('Step Into', moment, (text) => text !== there);
  });
});
