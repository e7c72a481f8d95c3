// Entry of the extension where VS Code runs it in a browser's web worker. Node's modules do not exist here.

import * as vscode from 'vscode';
import { startWebWorker } from '../platform/browser/startWorker';
import { Workers } from '../platform/longWork';
import { activateOn, type ExtensionApi } from './activate';

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'worker.web.js');
  const work = new Workers(startWebWorker(async () => vscode.workspace.fs.readFile(script)));
  return activateOn(context, { work, localDisk: false });
}
