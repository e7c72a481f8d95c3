// A recording with gaps (no dumps, no facts), debugged with assumptions that are asked for: heatmap, legend, readout and trees say what
// is assumed, and why.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { inRepository } from '../repository';
import { becomes, useWorkbench } from './workbench';

const sample = (name: string): string => readFileSync(inRepository(`samples/recordings/power9-64k/${name}`), 'utf8');

/** The sample without its dumps and facts. */
function withGaps(): string {
  const { facts: _, ...recording } = JSON.parse(sample('hptscope.json'));
  return JSON.stringify({ ...recording, dumps: [] }, undefined, 2);
}

describe('debugging a recording with assumptions', () => {
  const opened = useWorkbench({
    files: { 'gaps/hptscope.json': withGaps(), 'gaps/trace.txt': sample('trace.txt') },
    open: 'gaps/hptscope.json',
    size: { width: 1600, height: 1000 },
  });
  const page = () => opened().page;
  const moment = () => opened().webview().locator('.headings h1').innerText();
  const legend = (name: string) => opened().webview().locator('.legend > *').filter({ hasText: name });

  it('asks what is to be assumed, all of it unless one takes something out', async () => {
    await opened().command('HPT Scope: Debug Trace with Assumptions…');
    const rows = page().locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: 'H_ENTER found the host page mapped.' }).first().waitFor();
    await opened().screenshot('assumed-asked');
    await page().keyboard.press('Enter');
    await opened().waitUntilStopped();
  });

  it('counts what is assumed in heading and legend', async () => {
    await opened().debug('Continue', moment, (text) => /8 entries assumed, 0 unknown/.test(text));
    await becomes(
      () => legend('Assumed').innerText(),
      (text) => /Assumed\s+8/.test(text),
      'the legend to count what is assumed',
    );
    await opened().screenshot('assumed-heatmap');
  });

  it('says of an entry on which assumptions its state rests', async () => {
    await opened().command('HPT Scope: Go to…');
    const input = page().locator('.quick-input-widget input.input');
    await input.waitFor();
    await input.fill('hpte 0x3ff7');
    await page().locator('.quick-input-list .monaco-list-row').filter({ hasText: '0x3ff7' }).first().waitFor();
    await page().keyboard.press('Enter');
    const state = opened().webview().locator('.details .fields > div').first();
    await becomes(
      () => state.innerText(),
      (text) => /assumed/.test(text) && /H_ENTER found the host page mapped/.test(text),
      'the readout to say what is assumed',
    );
    await opened().webview().locator('[role=application]').first().press('z');
    await opened().screenshot('assumed-entry');
  });

  it('says it in the trees, too', async () => {
    await opened().openSideBar();
    const pages = async () =>
      (await opened().treeRows('Memslots')).map(({ label, description }) => `${label} ${description}`);
    await becomes(pages, (all) => all.some((row) => /^0x3ff7 valid .*assumed: .*H_ENTER found/.test(row)), 'the entry');
    assert.ok((await pages()).includes('gfn 0x0 valid 0x3fff · assumed'));
    await opened().screenshot('assumed-trees');
    assert.ok((await moment()).includes('8 entries assumed'));
  });
});
