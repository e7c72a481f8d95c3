// The scenario language in the editor and the Test Explorer are loaded when the first scenario is there: open in an editor, or a file of
// the workspace.

import * as vscode from 'vscode';
import { commands, languages } from './ids';
import type { Services } from './services';
import type { ScenarioTests } from './testing';

/** @returns loads the language unless it is there, and gives its tests */
export function registerScenarios(context: vscode.ExtensionContext, services: Services): () => Promise<ScenarioTests> {
  let loaded: Promise<ScenarioTests> | undefined;
  const load = () => {
    loaded ??= import('./language/language').then(({ registerLanguage }) => registerLanguage(context, services));
    return loaded;
  };
  const begin = () => load().catch((error: unknown) => services.log.error(String(error)));
  const look = ({ languageId }: vscode.TextDocument) => languageId === languages.scenario && void begin();
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.commands.registerCommand(commands.runScenario, async (uri?: vscode.Uri) => (await load()).runFile(uri)),
  );
  for (const document of vscode.workspace.textDocuments) {
    look(document);
  }
  void vscode.workspace.findFiles('**/*.hpt', undefined, 1).then(([first]) => first && void begin());
  return load;
}
