// Commands on what a view shows of the open run: go to its moment, show an HPTE in the heatmap, copy what a view shows as text.

import * as vscode from 'vscode';

import { commands } from './ids';
import type { Services } from './services';
import { treeText, type ViewNode } from './viewModels/node';

/** Registers the commands. */
export function registerCommands(context: vscode.ExtensionContext, { session }: Services): void {
  const command = (id: string, run: (node?: ViewNode) => unknown) =>
    context.subscriptions.push(vscode.commands.registerCommand(id, run));

  command(commands.goToMoment, async (node) => {
    if (node?.moment !== undefined) {
      await session.goTo(node.moment);
    }
  });

  command(commands.showInHeatmap, async (node) => {
    if (node?.hpte !== undefined) {
      await vscode.commands.executeCommand(commands.showHeatmap);
      session.select(node.hpte);
    }
  });

  command(commands.copyText, async (node) => {
    if (node) {
      // an entry is copied with its fields, everything else with what stands below it
      await vscode.env.clipboard.writeText(`${treeText(node, node.kind === 'hpte' ? 0 : 4)}\n`);
    }
  });
}
