// What is wrong with a launch configuration, told where it stands: a diagnostic at the line of launch.json, and a message that leads
// there. A session is not begun when that can be seen before; what only the run can tell (a label that it does not have) is told once it
// is open.

import * as vscode from 'vscode';
import { attachOptions } from '../debug/attach';
import { type LaunchMistake, launchOptions, mistakeText } from '../debug/launch';
import { placeInLaunch } from '../debug/launchPlaces';
import { uriOf } from './load';

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
    const live = configuration.request === 'attach';
    const options = live ? attachOptions(configuration) : launchOptions(configuration);
    const mistakes =
      'mistakes' in options ? options.mistakes : await mistakesOfFile(live ? 'trace' : 'program', options.program);
    if (mistakes.length > 0) {
      await this.tell(vscode.l10n.t('The launch configuration cannot be used.'), folder, configuration, mistakes);
      return undefined;
    }
    const file = launchFile(folder);
    if (file) {
      this.diagnostics.delete(file);
    }
    return configuration;
  }

  /** Tells what a session that goes on could not take from its configuration. */
  async tellSession(
    { workspaceFolder, configuration }: vscode.DebugSession,
    mistakes: readonly LaunchMistake[],
  ): Promise<void> {
    const text = vscode.l10n.t('Not all of the launch configuration can be used.');
    await this.tell(text, workspaceFolder, configuration, mistakes);
  }

  private async tell(
    text: string,
    folder: vscode.WorkspaceFolder | undefined,
    { name }: vscode.DebugConfiguration,
    mistakes: readonly LaunchMistake[],
  ): Promise<void> {
    const file = launchFile(folder);
    const document = file && (await openIfThere(file));
    const places = document ? mistakes.map((mistake) => placeOf(document, name, mistake)) : [];
    if (document) {
      this.diagnostics.set(document.uri, diagnosticsOf(mistakes, places));
    }
    const message = `${text} ${mistakes.map(mistakeText).join('; ')}`;
    void tell(
      message,
      document,
      places.find((place) => place !== undefined),
    );
  }
}

function launchFile(folder: vscode.WorkspaceFolder | undefined): vscode.Uri | undefined {
  return folder && vscode.Uri.joinPath(folder.uri, '.vscode', 'launch.json');
}

/** What is wrong with the file that a configuration names, as far as it can be told without reading it. */
async function mistakesOfFile(property: string, path: string): Promise<LaunchMistake[]> {
  try {
    const { type } = await vscode.workspace.fs.stat(uriOf(path));
    const isFolder = (type & vscode.FileType.Directory) !== 0;
    const message = vscode.l10n.t('{0} is a folder; a recording is opened by its hptscope.json', path);
    return isFolder ? [{ property, message }] : [];
  } catch (error) {
    const isMissing = error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
    return isMissing ? [{ property, message: vscode.l10n.t('there is no file {0}', path) }] : [];
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
  message: string,
  document: vscode.TextDocument | undefined,
  place: vscode.Range | undefined,
): Promise<void> {
  const show = vscode.l10n.t('Show Place');
  const chosen = await vscode.window.showErrorMessage(message, ...(place ? [show] : []));
  if (chosen === show && document && place) {
    await vscode.window.showTextDocument(document, { selection: place });
  }
}
