// "Convert trace to text…": the trace of a file as the kernel's own text or as JSON lines, written where the person says.

import * as vscode from 'vscode';
import type { TextForm } from '../platform/fileJobs';
import { joined } from '../trace/bytes';
import { formatProblem } from '../trace/problem';
import { nameOf, placeOfFile, toldError, watchOfFile } from './load';
import { fileOf } from './openFile';
import type { Services } from './services';

/** Converts a trace. @param uri undefined: the one that is open */
export async function convertTrace(services: Services, uri: vscode.Uri | undefined): Promise<void> {
  const program = fileOf(uri);
  if (program) {
    await convert(program, services);
  }
}

interface FormItem extends vscode.QuickPickItem {
  readonly form: TextForm;
  /** of the file's name */
  readonly ending: string;
}

function forms(): FormItem[] {
  return [
    {
      label: vscode.l10n.t('ftrace text'),
      detail: vscode.l10n.t('As /sys/kernel/tracing/trace prints it'),
      form: 'trace',
      ending: 'trace.txt',
    },
    {
      label: vscode.l10n.t('JSON lines'),
      detail: vscode.l10n.t('One object an event, with every decoded field'),
      form: 'jsonl',
      ending: 'jsonl',
    },
  ];
}

async function convert(program: vscode.Uri, services: Services): Promise<void> {
  const form = await vscode.window.showQuickPick(forms(), { title: vscode.l10n.t('Convert Trace to Text') });
  if (form === undefined) {
    return;
  }
  const plain = program.path.replace(/\.(gz|xz|zst)$/, '').replace(/(\.trace)?\.(dat|txt|ftrace)$/, '');
  const output = await vscode.window.showSaveDialog({ defaultUri: program.with({ path: `${plain}.${form.ending}` }) });
  if (output === undefined) {
    return;
  }
  try {
    if (output.toString() === program.toString()) {
      throw new Error(vscode.l10n.t('This is the trace itself: choose another file.'));
    }
    await vscode.workspace.fs.writeFile(output, await converted(program, form.form, services));
    await vscode.commands.executeCommand('vscode.open', output);
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
}

/** The text's bytes, made with a notification that can cancel it. */
function converted(program: vscode.Uri, form: TextForm, { platform }: Services): Thenable<Uint8Array> {
  const title = vscode.l10n.t('Converting {0}', nameOf(program));
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    const watch = watchOfFile(program, {
      get cancelled() {
        return token.isCancellationRequested;
      },
      report: (message) => progress.report({ message }),
    });
    const job = { kind: 'convert', ...placeOfFile(program, platform), form } as const;
    const { pieces, problems } = await platform.work.run(job, watch).catch((error: unknown) => {
      throw toldError(error, program);
    });
    if (pieces === null) {
      throw new Error(problems.map(formatProblem).join('\n'));
    }
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return joined(pieces, length);
  });
}
