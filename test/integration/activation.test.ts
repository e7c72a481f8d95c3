// The extension is found, sleeps until one of its files is opened, and then activates.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';

const id = 'hptscope.hptscope';

describe('activation', () => {
  it('is found with what its manifest contributes', () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, `${id} is not among the extensions`);
    assert.equal(extension.packageJSON.displayName, 'HPT Scope');
  });

  it('knows its languages by file name', async () => {
    const languages = await vscode.languages.getLanguages();
    for (const language of ['hpt-scenario', 'hpt-trace', 'hpt-htab']) {
      assert.ok(languages.includes(language), language);
    }
  });

  it('activates when a scenario is opened', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension);
    const scenario = vscode.Uri.parse('untitled:/activation.hpt');
    const document = await vscode.workspace.openTextDocument(scenario);
    assert.equal(document.languageId, 'hpt-scenario');
    await vscode.window.showTextDocument(document);
    await becomes(() => extension.isActive, 'the extension to be active');
  });
});

/** Waits for a condition; fails after ten seconds. */
async function becomes(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, `waited ten seconds for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
