// What the integration tests share: the extension's own view of the open run, and waiting for what must come.

import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { ExtensionApi } from '../../src/extension/activate';
import type { ViewNode } from '../../src/extension/viewModels/node';
import type { RunView } from '../../src/extension/viewModels/runView';
import type { EventName } from '../../src/model/events';
import type { Run } from '../../src/timeline/run';

export const extensionId = 'hptscope.hptscope';

/** The activated extension's API; the scenario language is loaded. */
export async function extensionApi(): Promise<ExtensionApi> {
  const extension = vscode.extensions.getExtension<ExtensionApi>(extensionId);
  assert.ok(extension, `${extensionId} is not among the extensions`);
  const api = await extension.activate();
  await api.tests();
  return api;
}

/** Waits until a value holds; the error names what was waited for and what was seen instead. */
export async function becomes<T>(read: () => T, holds: (value: T) => boolean, what: string): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = read();
    if (holds(value)) {
      return value;
    }
    assert.ok(Date.now() < deadline, `waited ten seconds for ${what}; the last seen is ${String(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A file of the workspace, which is a copy of samples/. */
export function inWorkspace(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'no workspace folder is open');
  return vscode.Uri.joinPath(folder.uri, name);
}

/** Writes a file of the workspace. */
export async function write(name: string, content: string | Uint8Array): Promise<vscode.Uri> {
  const uri = inWorkspace(name);
  await vscode.workspace.fs.writeFile(uri, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  return uri;
}

/** The open run as the views see it. */
export function openView({ session }: ExtensionApi): RunView {
  assert.ok(session.view, 'no run is open');
  return session.view;
}

/** The moment of the first event of a kind. */
export function momentOf(run: Run, kind: EventName): number {
  for (let number = 0; number < run.eventCount; number++) {
    if (run.eventName(number) === kind) {
      return run.eventMomentOf(number);
    }
  }
  throw new assert.AssertionError({ message: `the run has no ${kind}` });
}

/** The first node, at any depth, whose label matches. */
export function nodeOf(nodes: readonly ViewNode[], label: RegExp): ViewNode | undefined {
  for (const node of nodes) {
    const found = label.test(node.label) ? node : nodeOf(node.children?.() ?? [], label);
    if (found) {
      return found;
    }
  }
  return undefined;
}
