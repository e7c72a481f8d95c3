// The first sample runs where there is no Node: opened from a virtual file system, its tree and heatmap as everywhere.

import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension/activate';
import { commands, debugType } from '../../src/extension/ids';
import type { Judgement } from '../../src/extension/testing';
import { memslotNodes } from '../../src/extension/viewModels/memslots';
import type { ViewNode } from '../../src/extension/viewModels/node';
import { stateOfCell } from '../../src/protocol';

/** node:assert does not exist here. */
function same(actual: unknown, expected: unknown, what: string): void {
  if (actual !== expected) {
    throw new Error(`${what}: expected ${String(expected)}, got ${String(actual)}`);
  }
}

function nodeOf(nodes: readonly ViewNode[], label: RegExp): ViewNode | undefined {
  for (const node of nodes) {
    const found = label.test(node.label) ? node : nodeOf(node.children?.() ?? [], label);
    if (found) {
      return found;
    }
  }
  return undefined;
}

describe('the sample as a web extension', () => {
  it('runs: absent at hpte.absent, valid after the step back', async () => {
    const api = await vscode.extensions.getExtension<ExtensionApi>('hptscope.hptscope')?.activate();
    const folder = vscode.workspace.workspaceFolders?.[0];
    if (!api || !folder) {
      throw new Error('no extension, or no workspace folder');
    }
    await vscode.commands.executeCommand(commands.openRun, vscode.Uri.joinPath(folder.uri, 'page-out.hpt'));
    const { view } = api.session;
    if (!view) {
      throw new Error('no run is open');
    }
    const { run } = view;
    const numbers = Array.from({ length: run.eventCount }, (_, number) => number);
    await api.session.goTo(run.eventMomentOf(numbers.find((number) => run.eventName(number) === 'hpte.absent') ?? 0));
    const entry = () => nodeOf(memslotNodes(view), /^a {2}/);
    const index = entry()?.hpte ?? -1;
    const cell = () => stateOfCell(api.heatmap.source?.cells(index, index + 1)[0] ?? 0);
    same(cell(), 'absent', 'the cell at hpte.absent');
    await api.session.goTo(run.position - 1);
    same(cell(), 'valid', 'the cell after the step back');
    same(entry()?.description?.startsWith('valid'), true, 'the tree after the step back');
  });

  it('is debugged: stops on entry, steps, and ends', async () => {
    const api = await vscode.extensions.getExtension<ExtensionApi>('hptscope.hptscope')?.activate();
    const folder = vscode.workspace.workspaceFolders?.[0];
    if (!api || !folder) {
      throw new Error('no extension, or no workspace folder');
    }
    api.session.clear();
    const moved = new Promise<unknown>((resolve) => api.session.onDidMove(resolve));
    const program = vscode.Uri.joinPath(folder.uri, 'page-out.hpt').toString(true);
    const configuration = { type: debugType, request: 'launch', name: 'web', program };
    same(await vscode.debug.startDebugging(folder, configuration), true, 'the session starts');
    same(api.session.run?.position, 0, 'the moment at the stop on entry');
    await vscode.debug.activeDebugSession?.customRequest('stepIn', { threadId: 1 });
    await moved;
    same((api.session.run?.position ?? 0) > 0, true, 'the run after a step');
    const closed = new Promise<unknown>((resolve) => api.session.onDidChangeRun(resolve));
    await vscode.debug.stopDebugging();
    same(await closed, null, 'the run after the session');
  });

  it('opens a recording of a real kernel', async () => {
    const api = await vscode.extensions.getExtension<ExtensionApi>('hptscope.hptscope')?.activate();
    const folder = vscode.workspace.workspaceFolders?.[0];
    const file = folder && vscode.Uri.joinPath(folder.uri, 'recordings', 'power9-64k', 'hptscope.json');
    await vscode.commands.executeCommand(commands.openRun, file);
    same(api?.session.run?.kind, 'trace', 'the kind of the run');
  });

  it('helps in the editor, and judges the expectations', async () => {
    const folder = vscode.workspace.workspaceFolders?.[0];
    const uri = folder && vscode.Uri.joinPath(folder.uri, 'page-out.hpt');
    if (!uri) {
      throw new Error('no workspace folder');
    }
    const document = await vscode.workspace.openTextDocument(uri);
    const line = document
      .getText()
      .split('\n')
      .findIndex((text) => text.startsWith('store a'));
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      uri,
      new vscode.Position(line, 2),
    );
    same(hovers.length, 1, 'hovers');
    const judgement = await vscode.commands.executeCommand<Judgement>(commands.runScenario, uri);
    same(judgement.failures.length, 0, 'failed expectations');
    const hints = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      uri,
      new vscode.Range(0, 0, document.lineCount, 0),
    );
    same(
      hints.some(({ position, label }) => position.line === line && String(label).startsWith('a valid')),
      true,
      'the state behind the line',
    );
  });
});
