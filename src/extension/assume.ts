// "Debug Trace with Assumptions…": asks what is to be taken for granted where a trace has gaps, and debugs the trace with it.

import * as vscode from 'vscode';
import { ASSUMPTION_NAMES, ASSUMPTIONS, type AssumptionName } from '../timeline/assumptions';
import { commands, debugType } from './ids';
import { nameOf, pathOf } from './load';
import { fileOf } from './openFile';
import { assumptionText, causeText, sentence } from './texts';

/** Registers the command. */
export function registerAssume(context: vscode.ExtensionContext): void {
  // what was chosen last is offered again
  let last: readonly AssumptionName[] = ASSUMPTION_NAMES;
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.debugAssuming, async (uri?: vscode.Uri) => {
      const program = fileOf(uri);
      const chosen = program && (await askAssumptions(nameOf(program), last));
      if (program && chosen) {
        last = chosen;
        await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(program), {
          type: debugType,
          request: 'launch',
          name: vscode.l10n.t('{0} with assumptions', nameOf(program)),
          program: pathOf(program),
          assume: chosen,
        });
      }
    }),
  );
}

/** Asks for assumptions; undefined when the person has thought better of it. */
async function askAssumptions(name: string, picked: readonly AssumptionName[]): Promise<AssumptionName[] | undefined> {
  const items = ASSUMPTION_NAMES.map((assumption) => ({
    label: sentence(assumptionText(assumption)),
    detail: `${assumption} · ${vscode.l10n.t('instead of unknown: {0}', causeText(ASSUMPTIONS[assumption].cause))}`,
    picked: picked.includes(assumption),
    assumption,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    title: vscode.l10n.t('What Is Assumed of {0}', name),
    placeHolder: vscode.l10n.t('What rests on it is marked as assumed; what contradicts it ends it'),
    matchOnDetail: true,
  });
  return chosen?.map(({ assumption }) => assumption);
}
