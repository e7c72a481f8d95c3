// The Test Explorer in the real extension host: every scenario of the workspace and every expectation is found, runs, and says what
// was expected and seen; an edit runs a continuous run again.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/ids';
import type { Judgement } from '../../src/extension/testing';
import { becomes, extensionApi, inWorkspace, write } from './support';

const head = [
  'machine power9 linux-6.1 order 18 page 4K',
  'memslot 0 gpa 0 size 16M hva 0x7f0000000000',
  'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
  'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
].join('\n');

async function judge(uri: vscode.Uri): Promise<Judgement> {
  const judgement = await vscode.commands.executeCommand<Judgement | undefined>(commands.runScenario, uri);
  assert.ok(judgement, `${uri.path} was not run`);
  return judgement;
}

/** Texts of the hints behind the lines: they come from the last run. */
async function hints(document: vscode.TextDocument): Promise<string[]> {
  const all = await vscode.commands.executeCommand<vscode.InlayHint[]>(
    'vscode.executeInlayHintProvider',
    document.uri,
    new vscode.Range(0, 0, document.lineCount, 0),
  );
  return all.map(({ position, label }) => `${position.line} ${String(label)}`);
}

describe('Test Explorer', () => {
  let tests: vscode.TestController;

  before(async () => {
    const api = await extensionApi();
    api.session.clear();
    tests = await api.tests();
  });

  it('finds every scenario of the workspace, and the expectations in each', async () => {
    await vscode.commands.executeCommand('testing.refreshTests');
    const files = await vscode.workspace.findFiles('**/*.hpt');
    await becomes(
      () => files.filter((uri) => !tests.items.get(uri.toString())).map(({ path }) => path),
      (missing) => missing.length === 0,
      'all scenarios to be listed',
    );
    const item = tests.items.get(inWorkspace('page-out.hpt').toString());
    assert.ok(item && tests.resolveHandler);
    await tests.resolveHandler(item);
    const names = [...item.children].map(([, child]) => child.label);
    assert.ok(names.includes('hpte.absent x2') && names.includes('ring(a) = a b'), names.join(', '));
    for (const [, child] of item.children) {
      assert.ok(child.range && child.range.start.line > 0, child.label);
    }
  });

  it('passes the samples', async () => {
    for (const name of ['page-out.hpt', 'retry-race.hpt', 'several-vcpus.hpt', 'pteg-full.hpt']) {
      const { failures, expectations } = await judge(inWorkspace(name));
      assert.deepEqual(failures, [], name);
      assert.ok(expectations > 2, name);
    }
  });

  it('says what was expected and seen where an expectation fails, in the text as it stands in the editor', async () => {
    const document = await vscode.workspace.openTextDocument(
      await write('failing.hpt', `${head}\nstore a -> a absent, fault.exit x1\n`),
    );
    const { failures } = await judge(document.uri);
    assert.deepEqual(failures, [{ line: 4, message: 'expected a absent, seen a valid' }]);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, new vscode.Range(4, 11, 4, 19), 'a valid');
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.deepEqual((await judge(document.uri)).failures, []);
  });

  it('gives the mistakes of a scenario that cannot run', async () => {
    const { failures } = await judge(await write('broken.hpt', `${head}\nlaod a\n`));
    assert.deepEqual(
      failures.map(({ line }) => line),
      [4],
    );
    assert.match(failures[0]?.message ?? '', /did you mean `load`/);
  });

  it('runs all from the Test Explorer', async () => {
    const document = await vscode.workspace.openTextDocument(await write('all.hpt', `${head}\nstore a\n`));
    await becomes(
      () => tests.items.get(document.uri.toString())?.label,
      (label) => label === 'all.hpt',
      'the new scenario to be listed',
    );
    assert.deepEqual(await hints(document), []);
    await vscode.commands.executeCommand('testing.runAll');
    assert.deepEqual(await hints(document), ['3 a absent pp 2', '4 a valid R C pp 2']);
  });

  it('runs again when a scenario changes, while it runs continuously', async () => {
    const document = await vscode.workspace.openTextDocument(await write('again.hpt', `${head}\nstore a\n`));
    await becomes(
      () => tests.items.get(document.uri.toString())?.label,
      (label) => label === 'again.hpt',
      'the new scenario to be listed',
    );
    await vscode.commands.executeCommand('testing.startContinuousRun');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(5, 0), 'swap-out a\n');
    assert.ok(await vscode.workspace.applyEdit(edit));
    let seen: string[] = [];
    const look = async () => {
      seen = await hints(document);
    };
    const looking = setInterval(() => void look(), 50);
    try {
      await becomes(
        () => seen,
        (all) => /^5 a absent/.test(all[2] ?? ''),
        'the run after the edit',
      );
    } finally {
      clearInterval(looking);
      await vscode.commands.executeCommand('testing.stopContinuousRun');
    }
  });
});
