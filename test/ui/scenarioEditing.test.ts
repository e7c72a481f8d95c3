// A scenario from nothing, as a person makes one: typed with completion, a mistake mended by its quick fix, run by its lens, a failing
// expectation seen at its place and mended, and the state shown behind the lines.

import { becomes, useWorkbench } from './workbench';

describe('editing a scenario', () => {
  const workbench = useWorkbench({ files: { 'mine.hpt': '' }, open: 'mine.hpt' });
  const page = () => workbench().page;
  const suggestions = () => page().locator('.suggest-widget.visible');
  const lens = (title: string) => page().locator('.codelens-decoration a').filter({ hasText: title }).first();

  /** The text of the editor, line by line, with plain spaces. */
  const lines = async () => {
    const texts = await page()
      .locator('.editor-instance .view-lines .view-line')
      .evaluateAll((all) =>
        all
          .map((line) => ({ text: line.textContent ?? '', top: line.getBoundingClientRect().top }))
          .sort((a, b) => a.top - b.top)
          .map(({ text }) => text),
      );
    return texts.map((text) => text.replaceAll('\u00a0', ' '));
  };

  /** Types a word and takes the suggestion that is marked, once it is the wanted one. */
  const complete = async (typed: string, wanted: string) => {
    await page().keyboard.type(typed, { delay: 15 });
    const focused = suggestions().locator('.monaco-list-row.focused .label-name');
    await becomes(
      () => focused.innerText().catch(() => ''),
      (label) => label.trim() === wanted,
      `${wanted} to be suggested for ${typed}`,
    );
    await page().keyboard.press('Enter');
  };
  const type = (text: string) => page().keyboard.type(text, { delay: 5 });
  /** Begins a line below. What is suggested, or will be in a moment, is not taken, as it would be by Enter alone. */
  const endLine = () => page().keyboard.press('Control+Enter');

  /** Takes a quick fix at the cursor. The list closes when what it offers is worked out anew, so it is opened until it worked. */
  const takeQuickFix = async (title: string, worked: () => Promise<boolean>) => {
    const fix = page().locator('.action-widget .monaco-list-row.focused').filter({ hasText: title }).first();
    for (let attempt = 0; attempt < 5; attempt++) {
      await page().keyboard.press('Control+.');
      const open = await fix.waitFor({ timeout: 3000 }).then(
        () => true,
        () => false,
      );
      if (!open) {
        continue;
      }
      await workbench().screenshot('editing-quick-fix');
      await page().keyboard.press('Enter');
      for (const deadline = Date.now() + 2000; Date.now() < deadline; ) {
        if (await worked()) {
          return;
        }
      }
    }
    throw new Error(`the quick fix "${title}" changes nothing`);
  };

  it('types it with completion, mends a mistake, runs it, and mends the expectation that fails', async function () {
    this.timeout(180_000);
    await page().locator('.editor-instance .monaco-editor').first().click();
    await complete('mach', 'machine');
    await complete('power9', 'power9');
    await type(' ');
    await complete('linux-6', 'linux-6.1');
    await type(' order 18 page 4K');
    await endLine();
    await complete('memsl', 'memslot');
    await type('0 gpa 0 size 16M hva 0x7f0000000000');
    await endLine();
    await type('slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M');
    await endLine();
    await type('a: ');
    await complete('h_ent', 'h_enter');
    await type('ea 0xc000000000010000 gpa 0x10000 pp 2');
    await endLine();
    await workbench().screenshot('editing-typed');

    await type('stroe a -> a absent');
    await page().keyboard.press('Escape');
    const squiggle = page().locator('.editor-instance .squiggly-error').first();
    await squiggle.waitFor();
    await page().keyboard.press('Home');
    await takeQuickFix('Change to `store`', async () => (await lines()).some((line) => line.startsWith('store a')));
    await squiggle.waitFor({ state: 'detached' });

    await lens('Run').click();
    const failure = page().getByText('a valid != a absent').first(); // as VS Code shows seen and expected at the line
    await failure.waitFor();
    await workbench().screenshot('editing-failed');
    await page().keyboard.press('Escape');
    await page().locator('.view-line').filter({ hasText: 'store' }).first().click();
    await page().keyboard.press('Home');
    await page().keyboard.press('Shift+End');
    await type('store a -> a valid');
    await page().keyboard.press('Escape');
    await lens('Run').click();
    const passed = page().locator('.testing-run-glyph.codicon-testing-passed-icon');
    await passed.first().waitFor();
    await failure.waitFor({ state: 'detached' });
    await becomes(
      lines,
      (all) => all.some((line) => /store a.*a valid R C pp 2/.test(line)),
      'the state to stand behind the line',
    );
    await workbench().screenshot('editing-passed');
  });
});
