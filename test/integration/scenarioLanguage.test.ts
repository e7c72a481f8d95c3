// The scenario language in the real editor: mistakes are marked where they are as you type, with quick fixes; outline,
// formatting and completion answer.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { becomes, extensionApi, inWorkspace, write } from './support';

/** Twenty lines, each with another mistake, and whose word is wrong. */
const mistakes: readonly string[] = [
  'machine power9 linux-6.1 order 99 page 4K',
  'memslot 0 gpa 0x123 size 16M hva 0x7f0000000000',
  'slb 0 ea 0xc000000000000000 vsid segment 256M',
  'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 9',
  'a: h_enter ea 0xc000000000020000 gpa 0x10000 pp 2',
  'stroe a',
  'load nobody',
  'store a -> fault.exitt x1',
  'store a -> a vaild',
  'store a -> no',
  'swap-out gpa',
  'swap-out gpa 0x10000 -> hpte.absent x',
  'load a racing page_fault.nowhere: swap-out gpa 0x10000',
  'load a racing page_fault.before_lock swap-out gpa 0x10000',
  'load a without seatbelt',
  'dirty-log 7x',
  'memslot 0 gpa 0 size 3 hva 0x7f0000000000',
  'repeat 0',
  'h_remove index 0x1 nonsense 3',
  '-> ring(a) a',
];

async function open(name: string, text: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(await write(name, text));
  await vscode.window.showTextDocument(document);
  return document;
}

/** The diagnostics of a document, once they satisfy. */
function diagnostics(uri: vscode.Uri, holds: (all: readonly vscode.Diagnostic[]) => boolean, what: string) {
  return becomes(() => vscode.languages.getDiagnostics(uri), holds, what);
}

describe('scenario language', () => {
  before(extensionApi);

  it('marks twenty different mistakes, each on its line', async () => {
    const { uri } = await open('twenty.hpt', `${mistakes.join('\n')}\n`);
    const lines = (all: readonly vscode.Diagnostic[]) => new Set(all.map(({ range }) => range.start.line));
    const all = await diagnostics(uri, (some) => some.length > 0, 'diagnostics');
    const missed = mistakes.filter((_, line) => !lines(all).has(line));
    assert.deepEqual(missed, []);
    for (const { message, range, source } of all) {
      assert.ok(message.length > 10, message);
      assert.equal(source, 'hpt-scenario');
      assert.ok(range.start.line < mistakes.length);
    }
  });

  it('has nothing to say about the samples', async () => {
    for (const name of ['page-out.hpt', 'two-hptes.hpt', 'mmio.hpt', 'ppc970-pinned.hpt']) {
      const document = await vscode.workspace.openTextDocument(inWorkspace(name));
      await vscode.window.showTextDocument(document);
      const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
        'vscode.executeDocumentSymbolProvider',
        document.uri,
      );
      assert.ok(symbols.length > 3, name);
      assert.deepEqual(vscode.languages.getDiagnostics(document.uri), [], name);
    }
  });

  it('follows the typing, and a quick fix puts a misspelt word right', async () => {
    const document = await open('typing.hpt', 'machine power9 linux-6.1 order 18 page 4K\n');
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    await editor.edit((edit) =>
      edit.insert(new vscode.Position(1, 0), 'memslat 0 gpa 0 size 16M hva 0x7f0000000000\n'),
    );
    const [mistake] = await diagnostics(document.uri, (some) => some.length > 0, 'the mistake to be marked');
    assert.ok(mistake);
    assert.match(mistake.message, /did you mean `memslot`/);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      document.uri,
      mistake.range,
    );
    const fix = actions.find(({ title }) => title.includes('memslot'));
    assert.ok(fix?.edit);
    assert.ok(await vscode.workspace.applyEdit(fix.edit));
    await diagnostics(document.uri, (some) => some.length === 0, 'the mistake to be gone');
  });

  it('formats, completes, outlines and leads to labels', async () => {
    const text = 'machine   power9 linux-6.1 order 18 page 4K\na:  h_enter ea 0x10000 gpa 0x10000 pp 2\nload   a\n';
    const { uri } = await open('features.hpt', text);
    const edits = await vscode.commands.executeCommand<vscode.TextEdit[]>('vscode.executeFormatDocumentProvider', uri, {
      tabSize: 2,
      insertSpaces: true,
    });
    assert.ok(edits.length > 0);
    const items = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      uri,
      new vscode.Position(3, 0),
    );
    const labels = items.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('h_enter') && labels.includes('swap-out'), labels.join(' '));
    const places = await vscode.commands.executeCommand<vscode.Location[]>(
      'vscode.executeDefinitionProvider',
      uri,
      new vscode.Position(2, 7),
    );
    assert.deepEqual(
      places.map(({ range }) => range.start.line),
      [1],
    );
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
    assert.deepEqual(
      lenses.map(({ command }) => command?.command),
      ['hptscope.debugFile', 'hptscope.openRun'],
    );
  });
});
