// Commands of a debug session that VS Code's own toolbar does not have: reverse over and out, back and forward through the
// moments that were stopped at.

import * as vscode from 'vscode';
import { commands, debugType } from './ids';

/** Registers the commands. */
export function registerDebugCommands(context: vscode.ExtensionContext): void {
  const requests = {
    [commands.reverseStepOver]: 'hpt/reverseNext',
    [commands.reverseStepOut]: 'hpt/reverseStepOut',
    [commands.visitedBack]: 'hpt/back',
    [commands.visitedForward]: 'hpt/forward',
  };
  for (const [command, request] of Object.entries(requests)) {
    context.subscriptions.push(vscode.commands.registerCommand(command, () => send(request, {})));
  }
}

/** Sends a request to the active session; without one of ours it says so. @returns whether the request was carried out */
export async function send(request: string, args: object): Promise<boolean> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No scenario or trace is being debugged.'));
    return false;
  }
  try {
    await session.customRequest(request, args);
    return true;
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    return false;
  }
}
