// The extension is found, sleeps until one of its files is opened, and then activates.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { becomes, extensionId, write } from './support';

describe('activation', () => {
  it('is found with what its manifest contributes', () => {
    const extension = vscode.extensions.getExtension(extensionId);
    assert.ok(extension, `${extensionId} is not among the extensions`);
    assert.equal(extension.packageJSON.displayName, 'HPT Scope');
  });

  it('knows its languages by file name', async () => {
    const languages = await vscode.languages.getLanguages();
    for (const language of ['hpt-scenario', 'hpt-trace', 'hpt-htab']) {
      assert.ok(languages.includes(language), language);
    }
  });

  it('activates when a scenario is opened', async () => {
    const extension = vscode.extensions.getExtension(extensionId);
    assert.ok(extension);
    const document = await vscode.workspace.openTextDocument(await write('activation.hpt', '# nothing yet\n'));
    assert.equal(document.languageId, 'hpt-scenario');
    await vscode.window.showTextDocument(document);
    await becomes(
      () => extension.isActive,
      (active) => active,
      'the extension to be active',
    );
  });
});
