// Lenses: Run, Debug and Open Run above the machine line, and above each HPTE how often its label is used.

import * as vscode from 'vscode';
import { outline } from '../../scenario/symbols';
import { commands } from '../ids';
import type { Checks } from './checks';
import { rangeOf, scenarios } from './convert';

/** Registers the lenses. */
export function registerLenses(context: vscode.ExtensionContext, checks: Checks): void {
  context.subscriptions.push(
    vscode.languages.registerCodeLensProvider(scenarios, {
      provideCodeLenses: (document) => [...fileLenses(document, checks), ...labelLenses(document, checks)],
    }),
  );
}

function fileLenses(document: vscode.TextDocument, checks: Checks): vscode.CodeLens[] {
  const { tree } = checks.of(document);
  const machine = tree.statements.find(({ name }) => name === 'machine');
  const at = machine ? rangeOf(machine.range) : new vscode.Range(0, 0, 0, 0);
  const lens = (title: string, tooltip: string, command: string) =>
    new vscode.CodeLens(at, { title, tooltip, command, arguments: [document.uri] });
  return [
    lens(
      vscode.l10n.t('$(play) Run'),
      vscode.l10n.t('Run the scenario and judge its expectations'),
      commands.runScenario,
    ),
    lens(vscode.l10n.t('$(debug-alt) Debug'), vscode.l10n.t('Step through the scenario'), commands.debugFile),
    lens(
      vscode.l10n.t('$(eye) Open Run'),
      vscode.l10n.t('Run the scenario and show how it ends, without the debugger'),
      commands.openRun,
    ),
  ];
}

/** Above an HPTE's line, where it is used. */
function labelLenses(document: vscode.TextDocument, checks: Checks): vscode.CodeLens[] {
  const most = 200;
  const checked = checks.of(document);
  if (outline(checked).length > most) {
    return [];
  }
  return [...checked.labels.values()]
    .filter(({ kind, references }) => kind === 'hpte' && references.length > 0)
    .map(({ definition, references }) => {
      const range = rangeOf(definition.range);
      const places = references.map((place) => new vscode.Location(document.uri, rangeOf(place)));
      return new vscode.CodeLens(range, {
        title: places.length === 1 ? vscode.l10n.t('1 use') : vscode.l10n.t('{0} uses', places.length),
        command: 'editor.action.showReferences',
        arguments: [document.uri, range.start, places],
      });
    });
}
