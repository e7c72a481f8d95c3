// The commands that read and make traces ("Create recording from files", "Convert trace", "Follow a live trace", "Reproduce this moment",
// "Save run as recording") and the editors of binary ones.
// What does the work is loaded when it is first asked for.

import * as vscode from 'vscode';
import type { BinaryDocument, BinaryEditors } from './fileEditor/editor';
import { commands, customEditors, languages } from './ids';
import type { Services } from './services';

/** Registers the commands and the editors. */
export function registerTraces(context: vscode.ExtensionContext, services: Services): void {
  const { platform } = services;
  let loaded: Promise<BinaryEditors> | undefined;
  const editors = () => {
    loaded ??= import('./fileEditor/editor').then((editor) => new editor.BinaryEditors(context.extensionUri, platform));
    return loaded;
  };
  const provider: vscode.CustomReadonlyEditorProvider<BinaryDocument> = {
    openCustomDocument: async (uri) => (await editors()).openCustomDocument(uri),
    resolveCustomEditor: async (document, panel) => (await editors()).resolveCustomEditor(document, panel),
  };
  nameLanguages(vscode.window.visibleTextEditors);
  context.subscriptions.push(
    vscode.window.onDidChangeVisibleTextEditors(nameLanguages),
    ...Object.values(customEditors).map((type) => vscode.window.registerCustomEditorProvider(type, provider)),
    vscode.commands.registerCommand(commands.createRecording, async (folder?: vscode.Uri) => {
      const { createFromFiles } = await import('./createRecording');
      await createFromFiles(platform, folder);
    }),
    vscode.commands.registerCommand(commands.convertTrace, async (uri?: vscode.Uri) => {
      const { convertTrace } = await import('./convertTrace');
      await convertTrace(services, uri);
    }),
    vscode.commands.registerCommand(commands.reproduce, async () => {
      const { reproduceCurrentMoment } = await import('./reproduce');
      await reproduceCurrentMoment(services);
    }),
    vscode.commands.registerCommand(commands.saveRun, async (uri?: vscode.Uri) => {
      const { saveRunAsRecording } = await import('./saveRun');
      await saveRunAsRecording(services, uri);
    }),
    vscode.commands.registerCommand(commands.followTrace, async (uri?: vscode.Uri) => {
      const { followTrace } = await import('./followTrace');
      await followTrace(uri);
    }),
  );
}

/** How `/sys/kernel/tracing/trace` and `trace-cmd report` begin. */
const traceBegins = /^(# tracer: |cpus=\d+$)/;

/** A trace whose name does not tell it (`trace.txt`) is known by its content: else no breakpoint could be set in its editor. */
function nameLanguages(editors: readonly vscode.TextEditor[]): void {
  for (const { document } of editors) {
    if (document.languageId === 'plaintext' && traceBegins.test(document.lineAt(0).text)) {
      vscode.languages.setTextDocumentLanguage(document, languages.trace).then(undefined, () => {
        // it was closed meanwhile
      });
    }
  }
}
