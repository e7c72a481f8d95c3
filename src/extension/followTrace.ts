// "Follow a live trace": asks which, and attaches the debugger to it.

import * as vscode from 'vscode';
import { debugType } from './ids';
import { nameOf, pathOf } from './load';
import { openProgram } from './openFile';

/** What the kernel's events come out of, where tracing is mounted as usual. */
const TRACE_PIPE = '/sys/kernel/tracing/trace_pipe';

/** Follows a trace. @param uri undefined: which one is asked */
export async function followTrace(uri: vscode.Uri | undefined): Promise<void> {
  const trace = uri ?? (await askTrace());
  if (trace) {
    await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(trace), {
      type: debugType,
      request: 'attach',
      name: vscode.l10n.t('Follow {0}', nameOf(trace)),
      trace: pathOf(trace),
    });
  }
}

interface TraceItem extends vscode.QuickPickItem {
  /** undefined: one that is chosen from the disk */
  readonly trace: vscode.Uri | undefined;
}

/** Asks for a trace; undefined when none was chosen. */
async function askTrace(): Promise<vscode.Uri | undefined> {
  const open = openProgram();
  const items: TraceItem[] = [
    {
      label: TRACE_PIPE,
      detail: vscode.l10n.t('What the kernel of this machine traces from now on; reading it takes the events away'),
      trace: vscode.Uri.file(TRACE_PIPE),
    },
    ...(open?.scheme === 'file'
      ? [{ label: nameOf(open), description: pathOf(open), detail: vscode.l10n.t('The open file'), trace: open }]
      : []),
    { label: vscode.l10n.t('A file or FIFO…'), trace: undefined },
  ];
  const placeHolder = vscode.l10n.t('Which trace is to be followed while it is recorded?');
  const chosen = await vscode.window.showQuickPick(items, { placeHolder });
  if (chosen === undefined || chosen.trace !== undefined) {
    return chosen?.trace;
  }
  const [file] = (await vscode.window.showOpenDialog({ canSelectMany: false })) ?? [];
  return file;
}
