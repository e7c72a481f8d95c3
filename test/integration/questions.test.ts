// What the extension adds to VS Code around a run: mistakes of launch.json at their line, trace lines decoded in a hover, log points and
// bookmarks through the commands that menus and keys call.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { becomes, extensionApi, inWorkspace, write } from './support';

const folder = () => vscode.workspace.workspaceFolders?.[0];

describe('mistakes of launch.json', () => {
  before(extensionApi);

  it('stand at the line of the property, until the file is edited', async () => {
    const launch = await write(
      '.vscode/launch.json',
      `{
  // comments are fine
  "version": "0.2.0",
  "configurations": [
    {
      "type": "hpt",
      "request": "launch",
      "name": "Broken",
      "program": "\${workspaceFolder}/page-out.hpt",
      "stepping": "tabel",
    },
  ],
}
`,
    );
    try {
      await Promise.resolve(vscode.debug.startDebugging(folder(), 'Broken')).then(
        (started) => assert.equal(started, false),
        () => undefined, // VS Code says why in a dialog, which it refuses to show in tests
      );
      const told = () => vscode.languages.getDiagnostics(launch).filter(({ source }) => source === 'HPT Scope');
      const [diagnostic] = await becomes(told, (all) => all.length === 1, 'the diagnostic');
      assert.ok(diagnostic);
      const document = await vscode.workspace.openTextDocument(launch);
      assert.equal(document.getText(diagnostic.range), '"tabel"');
      assert.match(diagnostic.message, /"stepping": expected one of "table"/);
      const edit = new vscode.WorkspaceEdit();
      edit.replace(launch, diagnostic.range, '"table"');
      await vscode.workspace.applyEdit(edit);
      await becomes(told, (all) => all.length === 0, 'the diagnostic to go');
      await document.save();
    } finally {
      await vscode.workspace.fs.delete(vscode.Uri.joinPath(launch, '..'), { recursive: true });
    }
  });
});

describe('hovers of traces and dumps', () => {
  before(extensionApi);

  async function hoverText(uri: vscode.Uri, line: number): Promise<string> {
    await vscode.workspace.openTextDocument(uri);
    const at = new vscode.Position(line, 3);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', uri, at);
    return hovers
      .flatMap(({ contents }) => contents.map((text) => (typeof text === 'string' ? text : text.value)))
      .join('\n');
  }

  it('take a trace line apart', async () => {
    const line =
      '       hptgt-370     [000] .....    22.717708: kvm_hcall_enter: VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x1aa8,0x12345001,0x10012';
    const uri = await write('hovered.ftrace', `# tracer: nop\n${line}\n`);
    assert.match(await hoverText(uri, 1), /kvm_hcall_enter[\s\S]*H_ENTER \(0x8\)[\s\S]*VALID/);
    assert.equal(await hoverText(uri, 0), '');
  });

  it('take an entry of a dump apart', async () => {
    const uri = await write('hovered.htab', '    80 0000002002000001 0400000004cc0112 0000000001010112\n');
    assert.match(await hoverText(uri, 0), /HPTE 0x80[\s\S]*dword 0 +0x2002000001 +VALID/);
  });

  it('leave other files alone', async () => {
    assert.doesNotMatch(await hoverText(inWorkspace('page-out.hpt'), 1), /HPTE 0x/);
  });
});
