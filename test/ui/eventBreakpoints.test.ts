// Event breakpoints set in our tree by mouse and by keyboard: the run stops there, the listing opens at its step, the variables
// show what changed, and it goes back the same way.

import { strict as assert } from 'node:assert';
import type { Locator } from 'playwright-core';
import { becomes, useWorkbench } from './workbench';

describe('event breakpoint tree', () => {
  const workbench = useWorkbench({ copy: ['samples'], open: 'samples/page-out.hpt' });
  const tree = 'Event Breakpoints';

  /** The row of an event kind, its group expanded. */
  async function rowOf(group: string, title: string): Promise<Locator> {
    await workbench().openSideBar();
    await workbench().expand(tree, group);
    const pane = await workbench().view(tree);
    const row = pane.locator('.monaco-list-row').filter({ hasText: title }).first();
    await row.scrollIntoViewIfNeeded();
    return row;
  }

  const checked = (row: Locator) => row.locator('.monaco-checkbox').getAttribute('aria-checked');

  it('stops at the kind that was checked by mouse; a step back makes the entry valid again', async () => {
    const row = await rowOf('hpte', 'HPTE marked absent');
    const spoken = await row.getAttribute('aria-label');
    assert.match(spoken ?? '', /^HPTE marked absent, hpte\.absent, in kvmppc_unmap_hpte/);
    await row.locator('.monaco-checkbox').click();
    await becomes(
      () => checked(row),
      (is) => is === 'true',
      'the check mark',
    );
    await workbench().startDebugging();
    const line = () => workbench().stoppedLine();
    await workbench().debug('Continue', line, (at) => at === 7);
    assert.match(await workbench().page.locator('.tab.active').first().innerText(), /unmap_rmapp/);
    // the message at the line takes the keys: to the variables by mouse
    await workbench().page.locator('.activitybar .badge[aria-label^="Run and Debug"]').click();
    await workbench().expandVariable('HPTE');
    const variables = () => workbench().variables();
    const absent = await becomes(
      variables,
      (rows) => rows.some((text) => text.includes('state: absent')),
      'the state of the HPTE',
    );
    assert.ok(
      absent.some((text) => text.includes('state: absent  (before valid)')),
      absent.join('\n'),
    );
    await workbench().screenshot('event-breakpoint');
    await workbench().debug('Step Back', variables, (rows) => rows.some((text) => /state: valid$/.test(text)));
  });

  it('is set by keyboard alone, and takes back what was set', async () => {
    const row = await rowOf('hpte', 'HPTE marked absent');
    await row.locator('.label-name').click();
    await becomes(
      () => checked(row),
      (is) => is === 'false',
      'the check mark to go',
    );
    await workbench().page.keyboard.press('Enter');
    await becomes(
      () => checked(row),
      (is) => is === 'true',
      'the check mark to come back',
    );
    await workbench().page.keyboard.press('Enter');
    await becomes(
      () => checked(row),
      (is) => is === 'false',
      'the check mark to go',
    );
    const moment = () => workbench().webview().locator('.headings h1').innerText();
    await workbench().debug('Continue', moment, (text) => !text.includes('hpte.absent'));
  });
});
