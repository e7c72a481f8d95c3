// Entry of the extension where VS Code runs it in a browser's web worker. Node's modules do not exist here.

import type * as vscode from 'vscode';
import { browserDecoders, browserDecompressors } from '../platform/browser/decoders';
import { activateOn, type ExtensionApi } from './activate';

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  return activateOn(context, { decoders: browserDecoders, decompressors: browserDecompressors });
}
