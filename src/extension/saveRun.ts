// "Save Run as Recording…": runs a scenario and writes the run as a recording folder, as if a real host had been traced. Nothing that is
// there already is overwritten.

import * as vscode from 'vscode';
import { LoadError } from '../debug/host';
import { recordingFileName } from '../trace/recordingFile';
import { nameOf, pathOf, textOf, toldError } from './load';
import { fileOf, showLoadError } from './openFile';
import type { Services } from './services';

/** Saves the run of a scenario. @param uri undefined: the one that is open */
export async function saveRunAsRecording(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  const program = fileOf(uri);
  if (program === undefined) {
    return;
  }
  const plain = program.path.replace(/\.hpt$/, '');
  const folder = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('New Folder for the Recording'),
    saveLabel: vscode.l10n.t('Save Recording'),
    defaultUri: program.with({ path: `${plain}-recording` }),
  });
  if (folder === undefined) {
    return;
  }
  try {
    await writeNewFolder(folder, await recorded(program, services));
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.joinPath(folder, recordingFileName));
  } catch (error) {
    void showLoadError(error);
  }
}

/** The files of the recording, made with a notification that can cancel it. */
function recorded(program: vscode.Uri, { platform }: Services): Thenable<ReadonlyMap<string, string>> {
  const title = vscode.l10n.t('Running {0}', nameOf(program));
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (_, token) => {
    const watch = {
      get cancelled() {
        return token.isCancellationRequested;
      },
    };
    const job = { kind: 'record', text: await textOf(program), title: nameOf(program) } as const;
    const made = await platform.work.run(job, watch).catch((error: unknown) => {
      throw toldError(error, program);
    });
    if ('problems' in made) {
      const path = pathOf(program);
      throw new LoadError(made.problems.map((problem) => ({ path, severity: 'error', ...problem })));
    }
    return made.files;
  });
}

async function writeNewFolder(folder: vscode.Uri, files: ReadonlyMap<string, string>): Promise<void> {
  const there = await vscode.workspace.fs.readDirectory(folder).then(
    (entries) => entries.length,
    () => 0,
  );
  if (there > 0) {
    throw new Error(vscode.l10n.t('{0} is not empty: name a new folder.', pathOf(folder)));
  }
  const encoder = new TextEncoder();
  for (const [path, text] of files) {
    await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, path), encoder.encode(text));
  }
}
