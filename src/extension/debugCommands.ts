// Commands of a debug session that VS Code's own toolbar does not have: reverse over and out, back and forward through the
// moments that were stopped at, and where steps stop.

import * as vscode from 'vscode';
import { PRESETS } from '../debug/stepping';
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
  context.subscriptions.push(vscode.commands.registerCommand(commands.setStepping, setStepping));
}

/** Sends a request to the active session; without one of ours it says so. */
async function send(request: string, args: object): Promise<void> {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No scenario or trace is being debugged.'));
    return;
  }
  try {
    await session.customRequest(request, args);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}

async function setStepping(): Promise<void> {
  const titles: Readonly<Record<(typeof PRESETS)[number]['name'], string>> = {
    table: vscode.l10n.t('Changes of the table'),
    faults: vscode.l10n.t('Faults'),
    hypercalls: vscode.l10n.t('Hypercalls'),
    notifiers: vscode.l10n.t('MMU notifiers'),
    everything: vscode.l10n.t('Every event'),
    steps: vscode.l10n.t('Every step of the kernel path'),
  };
  const items = PRESETS.map(({ name }) => ({ label: titles[name], preset: name }));
  const placeHolder = vscode.l10n.t('Where a step over stops inside kernel paths and between the records of a trace');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder });
  if (chosen) {
    await send('hpt/setStepping', { preset: chosen.preset });
  }
}
