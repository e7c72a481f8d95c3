// What the extension adds to VS Code around a run: trace lines decoded in a hover, log points and bookmarks through the commands that menus and keys call.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { becomes, extensionApi, inWorkspace, write } from './support';

describe('hovers of traces and dumps', () => {
  const line =
    '       hptgt-370     [000] .....    22.717708: kvm_hcall_enter: VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x1aa8,0x12345001,0x10012';

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
    const uri = await write('hovered.ftrace', `# tracer: nop\n${line}\n`);
    assert.match(await hoverText(uri, 1), /kvm_hcall_enter[\s\S]*H_ENTER \(0x8\)[\s\S]*VALID/);
    assert.equal(await hoverText(uri, 0), '');
  });

  it('take a line apart of a trace that only its content tells', async () => {
    const uri = await write('captured.txt', `# tracer: nop\n${line}\n`);
    const prose = await vscode.workspace.openTextDocument(await write('prose.txt', 'Once upon a time\n'));
    await vscode.window.showTextDocument(prose, { preview: false });
    await vscode.window.showTextDocument(uri);
    const language = () => vscode.workspace.textDocuments.find((one) => one.uri.path === uri.path)?.languageId;
    await becomes(language, (id) => id === 'hpt-trace', 'the language of the trace');
    assert.match(await hoverText(uri, 1), /kvm_hcall_enter/);
    assert.equal(prose.languageId, 'plaintext');
  });

  it('take an entry of a dump apart', async () => {
    const uri = await write('hovered.htab', '    80 0000002002000001 0400000004cc0112 0000000001010112\n');
    assert.match(await hoverText(uri, 0), /HPTE 0x80[\s\S]*dword 0 +0x2002000001 +VALID/);
  });

  it('leave other files alone', async () => {
    assert.doesNotMatch(await hoverText(inWorkspace('page-out.hpt'), 1), /HPTE 0x/);
  });
});
