// Entry of the extension where VS Code runs it on Node (desktop, remote).

import type * as vscode from 'vscode';
import { Workers } from '../platform/longWork';
import { startNodeWorker } from '../platform/node/startWorker';
import { activateOn, type ExtensionApi } from './activate';

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const work = new Workers(startNodeWorker(context.asAbsolutePath('dist/worker.js')));
  return activateOn(context, { work, localDisk: true });
}
