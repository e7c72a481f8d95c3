// Entry of the extension where VS Code runs it on Node (desktop, remote).

import type * as vscode from 'vscode';
import { nodeDecoders, nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { activateOn, type ExtensionApi } from './activate';

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  return activateOn(context, { decoders: nodeDecoders, decompressors: nodeDecompressors, localFiles: nodeFiles });
}
