// Opens a scenario, a trace, a recording or a dump as a recorded run, from wherever VS Code finds files: the debugger and "Open
// run without debugging" use it. What is wrong with the file is told as a LoadError with its places.

import * as vscode from 'vscode';
import { type Control, type DebugHost, LoadError, type LoadedRun, type Problem } from '../debug/host';
import { followRun } from '../platform/liveRun';
import { JobCancelled, type JobWatch, type LongWork } from '../platform/longWork';
import { unpackRun } from '../platform/packedRun';
import type { ExpectationOutcome } from '../scenario/runner';
import type { Wanted } from '../trace/openRun';
import type { InputProblem } from '../trace/problem';
import type { MachineChoice } from '../trace/replay/machineChoice';
import { languages } from './ids';
import { count } from './texts';

/** What differs between the hosts. */
export interface Platform {
  /** Work off the extension host's thread. */
  readonly work: LongWork;
  /** Whether its workers can read the local disk. */
  readonly localDisk: boolean;
}

/**
 * Opens a program. Rejects with a LoadError, or an Error whose message is fit for people.
 * @param wanted which machine of a trace (else the person is asked), and what is assumed of it
 */
export type Load = (program: vscode.Uri, control: Control, wanted?: Wanted) => Promise<LoadedRun>;

export function loader(platform: Platform): Load {
  // by program: the machine that was chosen last, which is offered first
  const last = new Map<string, number>();
  return (program, control, wanted = {}) =>
    isScenario(program)
      ? loadScenario(program, control, platform)
      : loadTrace(program, control, platform, last, wanted);
}

/** How messages and stack frames call a file: its path on disk, or its URI. */
export function pathOf(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString(true);
}

/** The inverse of `pathOf`. */
export function uriOf(path: string): vscode.Uri {
  return /^[a-z][a-z0-9+.-]+:/i.test(path) && !/^[a-z]:[\\/]/i.test(path)
    ? vscode.Uri.parse(path, true)
    : vscode.Uri.file(path);
}

function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
}

function isScenario(uri: vscode.Uri): boolean {
  return uri.path.endsWith('.hpt') || openDocument(uri)?.languageId === languages.scenario;
}

/** The bytes of a file; the message of its error is fit for people. */
async function bytesOf(uri: vscode.Uri): Promise<Uint8Array> {
  try {
    return await vscode.workspace.fs.readFile(uri);
  } catch (error) {
    const missing = error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
    const why = missing
      ? vscode.l10n.t('there is no such file')
      : error instanceof Error
        ? error.message
        : String(error);
    throw new Error(vscode.l10n.t('cannot read {0}: {1}', pathOf(uri), why));
  }
}

/** The text of a file as it stands in the editor, else on disk. */
export async function textOf(uri: vscode.Uri): Promise<string> {
  const document = openDocument(uri);
  if (document) {
    return document.getText();
  }
  const bytes = await bytesOf(uri);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(vscode.l10n.t('{0} is no text: it holds bytes that are not UTF-8.', pathOf(uri)));
  }
}

export function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

/** Lets the extension host do something else. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** The error of a job as people are told it. */
export function toldError(error: unknown, uri: vscode.Uri): unknown {
  return error instanceof JobCancelled ? new Error(vscode.l10n.t('Opening {0} was cancelled.', nameOf(uri))) : error;
}

function watchOf(control: Control): JobWatch {
  return {
    get cancelled() {
      return control.cancelled;
    },
  };
}

async function loadScenario(uri: vscode.Uri, control: Control, { work }: Platform): Promise<LoadedRun> {
  const path = pathOf(uri);
  const text = await textOf(uri);
  control.report(vscode.l10n.t('Running {0}', nameOf(uri)));
  const ran = await work.run({ kind: 'scenario', text, title: nameOf(uri) }, watchOf(control)).catch((error) => {
    throw toldError(error, uri);
  });
  if ('problems' in ran) {
    throw new LoadError(
      ran.problems.map(({ line, column, message }) => ({ path, line, column, message, severity: 'error' })),
    );
  }
  const { labels, failed, visits } = ran;
  const problems = failed.map((outcome) => failedExpectation(path, outcome));
  return { run: await unpackRun(ran.run, pause), labels, path, problems, visits };
}

function failedExpectation(path: string, { line, column, expected, seen }: ExpectationOutcome): Problem {
  const message = vscode.l10n.t('expected {0}, seen {1}', expected, seen);
  return { path, line, column, message, severity: 'error' };
}

/** Where a worker finds a file: on the disk, if it can read that, else it asks for the file's bytes. */
export function placeOfFile(uri: vscode.Uri, { localDisk }: Platform): { path: string; folder: string | null } {
  const onDisk = localDisk && uri.scheme === 'file';
  return { path: nameOf(uri), folder: onDisk ? vscode.Uri.joinPath(uri, '..').fsPath : null };
}

/** Follows a job on a file. */
export function watchOfFile(uri: vscode.Uri, control: Control): JobWatch {
  const megabyte = 2 ** 20;
  return {
    get cancelled() {
      return control.cancelled;
    },
    progress: ({ bytes }) => control.report(vscode.l10n.t('{0} MiB read', Math.floor(bytes / megabyte))),
    read: (name) => wholeFile(vscode.Uri.joinPath(uri, '..', name)),
  };
}

async function loadTrace(
  uri: vscode.Uri,
  control: Control,
  platform: Platform,
  last: Map<string, number>,
  wanted: Wanted,
): Promise<LoadedRun> {
  const open = (vm: number | undefined) => {
    control.report(vscode.l10n.t('Reading {0}', nameOf(uri)));
    const job = {
      kind: 'trace',
      ...placeOfFile(uri, platform),
      wanted: { ...wanted, ...(vm !== undefined && { vm }) },
    } as const;
    return platform.work.run(job, watchOfFile(uri, control)).catch((error) => {
      throw toldError(error, uri);
    });
  };
  let opened = await open(wanted.vm);
  let machine = wanted.vm;
  if (opened.machines) {
    const choice = await askMachine(uri, opened.machines, last.get(uri.toString()));
    if (choice) {
      machine = choice.tgid;
      last.set(uri.toString(), choice.tgid);
      opened = choice.chosen ? opened : await open(choice.tgid);
    }
  }
  const fileOf = (name: string) => vscode.Uri.joinPath(uri, '..', name);
  const problems = opened.problems.map((problem) => problemOf(pathOf(fileOf(problem.file)), problem));
  if (opened.run === null) {
    throw new LoadError(problems);
  }
  return { run: await unpackRun(opened.run, pause), labels: new Map(), path: pathOf(uri), problems, machine };
}

/** Asks which machine of a trace is wanted; undefined leaves it at the one with the most events. */
async function askMachine(
  uri: vscode.Uri,
  machines: readonly MachineChoice[],
  last: number | undefined,
): Promise<MachineChoice | undefined> {
  const items = machines.map((machine) => ({
    label: machine.tasks[0] ?? '',
    description: vscode.l10n.t('process {0} · {1} events', machine.tgid, count(machine.events)),
    ...(machine.tasks.length > 1 && { detail: machine.tasks.join(', ') }),
    machine,
  }));
  items.sort((one, other) => Number(other.machine.tgid === last) - Number(one.machine.tgid === last));
  const title = vscode.l10n.t('Virtual Machine of {0}', nameOf(uri));
  const placeHolder = vscode.l10n.t('The trace shows several virtual machines: whose table is wanted?');
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.machine;
}

/** Files that a worker does not read itself come in one piece, which this many bytes may have. */
const LARGEST_WHOLE = 512 * 2 ** 20;

async function wholeFile(uri: vscode.Uri): Promise<Uint8Array> {
  const { size } = await vscode.workspace.fs.stat(uri).then(undefined, () => ({ size: 0 }));
  if (size > LARGEST_WHOLE) {
    throw new Error(
      vscode.l10n.t(
        '{0} has {1} MiB. A file that is not on the local disk, and any file in a browser, may have {2} MiB: convert it, or a part of it, with `npx hptscope convert`, or open it in VS Code on the machine that has it.',
        nameOf(uri),
        Math.ceil(size / 2 ** 20),
        LARGEST_WHOLE / 2 ** 20,
      ),
    );
  }
  return bytesOf(uri);
}

/** Follows a live trace of the local disk, as debug sessions want it. */
export function follower({ work, localDisk }: Platform): NonNullable<DebugHost['follow']> {
  return async (trace, control, listener) => {
    const uri = uriOf(trace);
    if (!localDisk || uri.scheme !== 'file') {
      throw new Error(
        vscode.l10n.t(
          'A live trace is followed where VS Code runs on the machine that has it (Remote-SSH does), not in a browser.',
        ),
      );
    }
    control.report(vscode.l10n.t('Waiting for the first event of {0}', nameOf(uri)));
    const { run, stop } = await followRun(work, uri.fsPath, control, listener).catch((error) => {
      throw toldError(error, uri);
    });
    return { loaded: { run, labels: new Map(), path: pathOf(uri), problems: [], live: true }, stop };
  };
}

/** A reader's problem counts lines from 1; one without a line is about the file as a whole. */
function problemOf(
  path: string,
  { severity, message, line = 1, column = 1, offset, path: inside }: InputProblem,
): Problem {
  const at = offset === undefined ? '' : ` ${vscode.l10n.t('(byte {0})', offset)}`;
  const where = inside === undefined ? '' : `${inside}: `;
  return { path, line: line - 1, column: column - 1, message: `${where}${message}${at}`, severity };
}
