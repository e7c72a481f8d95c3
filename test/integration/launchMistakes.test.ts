// A launch.json with mistakes: each is marked where it stands, and no session is begun that could not be.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { becomes, extensionApi, inWorkspace, write } from './support';

/** Configurations by name, each with the stretches that are marked and what is said there. */
const configurations: Readonly<Record<string, { text: string; marks: readonly [string, RegExp][]; begins?: boolean }>> =
  {
    missing: { text: `"program": "${here('nowhere.hpt')}"`, marks: [[`"${here('nowhere.hpt')}"`, /there is no file/]] },
    folder: { text: `"program": "${here('recordings')}"`, marks: [[`"${here('recordings')}"`, /hptscope\.json/]] },
    wrong: {
      text: `"program": "${here('page-out.hpt')}", "stopOnEntry": "yes", "steping": "table"`,
      marks: [
        ['"yes"', /expected true or false, got "yes"/],
        ['"table"', /no such property; did you mean "stepping"\?/],
      ],
    },
    label: {
      text: `"program": "${here('page-out.hpt')}", "follow": "c"`,
      marks: [['"c"', /there is no label "c"; did you mean "a"\?/]],
      begins: true,
    },
  };

/** A path of the workspace as VS Code writes it in launch.json. */
function here(name: string): string {
  return `\${workspaceFolder}/${name}`;
}

describe('a launch.json with mistakes', () => {
  let file: vscode.Uri;

  before(async () => {
    await extensionApi();
    const entries = Object.entries(configurations).map(
      ([name, { text }]) => `    // ${name}\n    { "type": "hpt", "request": "launch", "name": "${name}", ${text} },`,
    );
    file = await write(
      '.vscode/launch.json',
      `{\n  "version": "0.2.0",\n  "configurations": [\n${entries.join('\n')}\n  ]\n}\n`,
    );
    // VS Code reads a launch.json that was just written when it sees it, which it tells nobody
    await becomes(
      () => vscode.workspace.getConfiguration('launch', inWorkspace('')).get<unknown[]>('configurations')?.length,
      (count) => count === entries.length,
      'launch.json to be read',
    );
  });

  after(async () => {
    await vscode.debug.stopDebugging();
    await vscode.workspace.fs.delete(file);
  });

  for (const [name, { marks, begins = false }] of Object.entries(configurations)) {
    it(`marks each mistake of "${name}" where it stands`, async () => {
      // a session that VS Code refuses is told by a dialog, which throws in tests
      const started = await Promise.resolve(
        vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], name),
      ).catch(() => false);
      assert.equal(started, begins);
      const document = await vscode.workspace.openTextDocument(file);
      const ours = () => vscode.languages.getDiagnostics(file).filter(({ source }) => source === 'HPT Scope');
      const marked = await becomes(
        ours,
        (all) => marks.every(([, said]) => all.some(({ message }) => said.test(message))),
        `the mistakes of "${name}"`,
      );
      assert.deepEqual(
        marked.map(({ range }) => document.getText(range)),
        marks.map(([text]) => text),
      );
    });
  }

  it('marks nothing any more once the file is edited', async () => {
    const edit = new vscode.WorkspaceEdit();
    edit.insert(file, new vscode.Position(0, 0), '// better\n');
    await vscode.workspace.applyEdit(edit);
    const ours = () => vscode.languages.getDiagnostics(file).filter(({ source }) => source === 'HPT Scope');
    await becomes(ours, (all) => all.length === 0, 'the marks to go');
    await (await vscode.workspace.openTextDocument(file)).save();
  });
});
