// The views over an open run, by mouse and keyboard, in dark, light and high-contrast themes. Pictures are kept for people to
// look at.

import { strict as assert } from 'node:assert';
import type { Workbench } from './workbench';
import { becomes, useWorkbench } from './workbench';

const themes = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  'high-contrast': 'Default High Contrast',
} as const;

/** The row of a tree with this label. */
async function row(workbench: Workbench, view: string, label: RegExp) {
  const rows = await workbench.treeRows(view);
  return rows.find((each) => label.test(each.label));
}

for (const [name, theme] of Object.entries(themes)) {
  describe(`views of an open run, ${name}`, () => {
    const opened = useWorkbench({
      copy: ['samples/page-out.hpt'],
      open: 'page-out.hpt',
      settings: { 'workbench.colorTheme': theme },
      size: { width: 1600, height: 1000 },
    });

    it('fill when a run is opened, and the heatmap opens beside', async () => {
      const workbench = opened();
      await workbench.command('HPT Scope: Open Run without Debugging');
      await workbench.openSideBar();
      await becomes(
        () => row(workbench, 'Memslots', /^slot 0/),
        (found) => /1 page in use/.test(found?.description ?? ''),
        'the memslot',
      );
      await workbench.webview().locator('.map').waitFor();
    });

    it('follow a click in the events: the entry is absent in tree and heatmap', async () => {
      const workbench = opened();
      const events = await workbench.view('Events');
      const absent = events.locator('.monaco-list-row').filter({ hasText: 'hpte.absent' }).first();
      await events.locator('.pane-body').hover();
      await becomes(
        async () => {
          await workbench.page.mouse.wheel(0, -200);
          return absent.isVisible();
        },
        (visible) => visible,
        'hpte.absent to come into view',
      );
      await workbench.leaveHovers();
      await absent.click();
      await becomes(
        () => row(workbench, 'Memslots', /^gfn 0x10/),
        (found) => /absent a b/.test(found?.description ?? ''),
        'the page to show both entries absent',
      );
      assert.match((await workbench.webview().locator('.headings').innerText()) ?? '', /hpte\.absent/);
      await workbench.screenshot(`views-${name}`);
    });
  });
}
