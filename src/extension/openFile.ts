// "Debug" and "Open run without debugging" for the file in the editor, an explorer item or a lens.

import * as vscode from 'vscode';
import { LoadError, type LoadedRun, type Problem, place } from '../debug/host';
import { commands, customEditors, debugType, languages } from './ids';
import { type Load, pathOf, uriOf } from './load';
import type { Services } from './services';

/** Registers the two commands. */
export function registerOpenFile(context: vscode.ExtensionContext, services: Services): void {
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.debugFile, async (uri?: vscode.Uri) => {
      const program = fileOf(uri);
      if (program) {
        await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(program), {
          type: debugType,
          request: 'launch',
          name: nameOf(program),
          program: pathOf(program),
        });
      }
    }),
    vscode.commands.registerCommand(commands.openRun, async (uri?: vscode.Uri) => {
      const program = fileOf(uri);
      if (program) {
        await openRun(program, services);
      }
    }),
  );
}

function nameOf({ path }: vscode.Uri): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function isFileEditor(viewType: string): boolean {
  return Object.values<string>(customEditors).includes(viewType);
}

/** The file of the active editor; beside a webview or a listing the file of ours that is visible. */
export function openProgram(): vscode.Uri | undefined {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (tab instanceof vscode.TabInputCustom && isFileEditor(tab.viewType)) {
    return tab.uri;
  }
  if (tab instanceof vscode.TabInputText && !vscode.window.activeTextEditor) {
    return tab.uri; // VS Code gives no text of more than 50 MB to an extension
  }
  const inFront = vscode.window.activeTextEditor?.document;
  const active = inFront?.languageId === languages.listing ? undefined : inFront;
  const ours: readonly string[] = Object.values(languages);
  const visible = vscode.window.visibleTextEditors.map(({ document }) => document);
  return (active ?? visible.find(({ languageId }) => ours.includes(languageId) && languageId !== languages.listing))
    ?.uri;
}

/** The file that a command is about: the one it was given, or that of the editor in front; undefined, which is told, without one. */
export function fileOf(uri: vscode.Uri | undefined): vscode.Uri | undefined {
  const program = uri ?? openProgram();
  if (!program) {
    void vscode.window.showInformationMessage(vscode.l10n.t('Open a scenario, a trace or a table dump first.'));
  }
  return program;
}

/** Opens a run at its end and shows the views; what is wrong is told with its place. */
async function openRun(program: vscode.Uri, services: Services): Promise<void> {
  const loaded = await loadWithProgress(program, services.load);
  if (!loaded) {
    return;
  }
  services.session.setRun({ ...loaded, origin: program.toString() });
  await vscode.commands.executeCommand(commands.showHeatmap);
  showProblems(loaded.problems);
}

/** Tells what is wrong although the run could be made: failed expectations, a trace that is cut off. */
export function showProblems(problems: readonly Problem[]): void {
  const wrong = problems.filter(({ severity }) => severity !== 'info');
  const [first] = wrong;
  if (first) {
    const text = `${place(first)}: ${first.message}`;
    const message = wrong.length > 1 ? vscode.l10n.t('{0} (and {1} more)', text, wrong.length - 1) : text;
    void vscode.window.showWarningMessage(message);
  }
}

/** Loads with a cancellable notification; undefined when that failed, which is told. */
async function loadWithProgress(program: vscode.Uri, load: Load): Promise<LoadedRun | undefined> {
  const title = vscode.l10n.t('Opening {0}', nameOf(program));
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  try {
    return await vscode.window.withProgress(options, (progress, token) =>
      load(program, {
        get cancelled() {
          return token.isCancellationRequested;
        },
        report: (message) => progress.report({ message }),
      }),
    );
  } catch (error) {
    void showLoadError(error);
    return undefined;
  }
}

/** Tells why a file could not be opened, and leads to the first place. */
export async function showLoadError(error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const first = error instanceof LoadError ? error.problems[0] : undefined;
  const show = vscode.l10n.t('Show Place');
  const chosen = await vscode.window.showErrorMessage(message, ...(first ? [show] : []));
  if (chosen === show && first) {
    const position = new vscode.Position(first.line, first.column);
    await vscode.window.showTextDocument(uriOf(first.path), { selection: new vscode.Range(position, position) });
  }
}
