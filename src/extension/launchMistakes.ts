// What is wrong with a launch configuration, told where it stands: a diagnostic at the line of launch.json, and a message that leads
// there. The session is not begun.

import * as vscode from 'vscode';
import { attachOptions } from '../debug/attach';
import { type LaunchMistake, launchOptions, mistakeText } from '../debug/launch';
import { placeInLaunch } from '../debug/launchPlaces';

/** Checks configurations of our type before they are launched. */
export class LaunchMistakes implements vscode.Disposable {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection('hptscope launch');
  private readonly edited: vscode.Disposable;

  constructor() {
    // what was said about the file holds until it is edited
    this.edited = vscode.workspace.onDidChangeTextDocument(({ document }) => this.diagnostics.delete(document.uri));
  }

  dispose(): void {
    vscode.Disposable.from(this.diagnostics, this.edited).dispose();
  }

  /** @returns the configuration when it can be launched; undefined when it cannot, which is told */
  async check(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const options = configuration.request === 'attach' ? attachOptions(configuration) : launchOptions(configuration);
    const file = folder && vscode.Uri.joinPath(folder.uri, '.vscode', 'launch.json');
    if (!('mistakes' in options)) {
      if (file) {
        this.diagnostics.delete(file);
      }
      return configuration;
    }
    const document = file && (await openIfThere(file));
    const places = document ? options.mistakes.map((mistake) => placeOf(document, configuration.name, mistake)) : [];
    if (document) {
      this.diagnostics.set(document.uri, diagnosticsOf(options.mistakes, places));
    }
    void tell(
      options.mistakes,
      document,
      places.find((place) => place !== undefined),
    );
    return undefined;
  }
}

async function openIfThere(file: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(file);
  } catch {
    return undefined; // the configuration came from somewhere else
  }
}

function placeOf(document: vscode.TextDocument, name: string, { property }: LaunchMistake): vscode.Range | undefined {
  const place = placeInLaunch(document.getText(), name, property ?? 'name');
  return place && new vscode.Range(document.positionAt(place.start), document.positionAt(place.end));
}

function diagnosticsOf(
  mistakes: readonly LaunchMistake[],
  places: readonly (vscode.Range | undefined)[],
): vscode.Diagnostic[] {
  return mistakes.flatMap((mistake, i) => {
    const range = places[i];
    if (range === undefined) {
      return [];
    }
    const diagnostic = new vscode.Diagnostic(range, mistakeText(mistake), vscode.DiagnosticSeverity.Error);
    diagnostic.source = 'HPT Scope';
    return [diagnostic];
  });
}

/** A message; where the place is known, with a button that opens it. */
async function tell(
  mistakes: readonly LaunchMistake[],
  document: vscode.TextDocument | undefined,
  place: vscode.Range | undefined,
): Promise<void> {
  const text = vscode.l10n.t('The launch configuration cannot be used. {0}', mistakes.map(mistakeText).join('; '));
  const show = vscode.l10n.t('Show Place');
  const chosen = await vscode.window.showErrorMessage(text, ...(place ? [show] : []));
  if (chosen === show && document && place) {
    await vscode.window.showTextDocument(document, { selection: place });
  }
}
