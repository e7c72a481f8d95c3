// The workbench opens with the extension's activity bar item, and its side bar says what to open.

import { strict as assert } from 'node:assert';
import { becomes, useWorkbench } from './workbench';

const scenario = '# a comment\nmachine power9 linux-6.1 order 18 page 4K\n';

describe('workbench', () => {
  const workbench = useWorkbench({ files: { 'first.hpt': scenario }, open: 'first.hpt' });

  it('shows the four views; empty ones say what will be there, and the first how to begin', async () => {
    await workbench().openSideBar();
    for (const title of ['Machine', 'Memslots', 'Rmap chains', 'Events']) {
      const view = await workbench().view(title);
      await becomes(
        () => view.innerText(),
        (text) => (title === 'Machine' ? /press F5/ : /Here: /).test(text),
        `${title} to say what will be there`,
      );
    }
    await workbench().screenshot('side-bar');
  });

  it('knows a scenario by its file name', async () => {
    const language = workbench().page.locator('.statusbar [id="status.editor.mode"]');
    assert.match(await language.innerText(), /HPT Scenario/);
  });
});
