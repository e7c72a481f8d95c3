// The one activation of both hosts: registers every feature. Node and browser entries differ only in what they hand in.

import * as vscode from 'vscode';

/** Registers the extension's features; everything it registers is disposed with the context. */
export function activate(context: vscode.ExtensionContext): void {
  const start = performance.now();
  const log = vscode.window.createOutputChannel('HPT Scope', { log: true });
  context.subscriptions.push(log);
  log.info(`activated in ${(performance.now() - start).toFixed(1)} ms`);
}
