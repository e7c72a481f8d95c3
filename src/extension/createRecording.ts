// "Create recording from files…": looks through a folder, asks for what its files do not tell, and writes its hptscope.json.

import * as vscode from 'vscode';
import { unpackSurvey } from '../platform/fileJobs';
import { expectedText, parseHpt, parseMemslot, parseMoment } from '../trace/create/answerText';
import { type Answers, createRecording, type Question } from '../trace/create/createRecording';
import { mostFiles, type Survey } from '../trace/create/survey';
import { recordingFileName } from '../trace/recordingFile';
import { writeRecording } from '../trace/writeRecording';
import { type Platform, placeOfFile, toldError, watchOfFile } from './load';
import { count, hex } from './texts';

/** Makes a recording of a folder. @param given undefined: the folder is asked for */
export async function createFromFiles(platform: Platform, given: vscode.Uri | undefined): Promise<void> {
  const folder = given ?? (await askFolder());
  if (folder) {
    await create(folder, platform).catch((error: unknown) => {
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    });
  }
}

async function askFolder(): Promise<vscode.Uri | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      title: vscode.l10n.t('Folder with the traces and dumps of one recording'),
    })) ?? [];
  return folder;
}

async function create(folder: vscode.Uri, platform: Platform): Promise<void> {
  const output = vscode.Uri.joinPath(folder, recordingFileName);
  const files = await filesBelow(folder);
  if (files.includes(recordingFileName) && !(await mayReplace())) {
    return;
  }
  let survey = await surveyed(folder, files, [], platform);
  let answers: Answers = {};
  for (;;) {
    const created = createRecording(survey, answers);
    if ('recording' in created) {
      await vscode.workspace.fs.writeFile(output, new TextEncoder().encode(writeRecording(created.recording)));
      await vscode.window.showTextDocument(output);
      void vscode.window.showInformationMessage(
        vscode.l10n.t(
          'The recording joins {0} dumps. {1}',
          count(created.recording.dumps.length),
          created.notes.join('. '),
        ),
      );
      return;
    }
    const [question] = created.questions;
    if (created.refused.length > 0 || question === undefined) {
      throw new Error(created.refused.join('. '));
    }
    if (question.topic === 'traces') {
      const traces = await askTraces(question.choices);
      if (traces === undefined) {
        return;
      }
      survey = await surveyed(folder, files, traces, platform);
      continue;
    }
    const answer = await ask(question, answers);
    if (answer === undefined) {
      return;
    }
    answers = { ...answers, ...answer };
  }
}

/** The files below a folder, hidden ones and links left out, as paths relative to it. */
async function filesBelow(folder: vscode.Uri): Promise<string[]> {
  const files: string[] = [];
  const folders = [''];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const [name, type] of await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(folder, at))) {
      const path = at === '' ? name : `${at}/${name}`;
      if (name.startsWith('.') || name === 'node_modules') {
        continue;
      }
      if (type === vscode.FileType.Directory) {
        folders.push(path);
      } else if (type === vscode.FileType.File) {
        files.push(path);
      }
    }
    if (files.length > mostFiles) {
      throw new Error(
        vscode.l10n.t('There are more than {0} files: choose the folder of one recording.', count(mostFiles)),
      );
    }
  }
  return files;
}

async function mayReplace(): Promise<boolean> {
  const replace = vscode.l10n.t('Replace');
  const text = vscode.l10n.t('The folder has an {0} already. Replace it?', recordingFileName);
  return (await vscode.window.showWarningMessage(text, { modal: true }, replace)) === replace;
}

function surveyed(
  folder: vscode.Uri,
  files: readonly string[],
  traces: readonly string[],
  platform: Platform,
): Thenable<Survey> {
  const title = vscode.l10n.t('Looking through the files');
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const inFolder = vscode.Uri.joinPath(folder, recordingFileName);
  return vscode.window.withProgress(options, async (progress, token) => {
    const watch = watchOfFile(inFolder, {
      get cancelled() {
        return token.isCancellationRequested;
      },
      report: (message) => progress.report({ message }),
    });
    const job = { kind: 'survey', folder: placeOfFile(inFolder, platform).folder, files, traces } as const;
    const packed = await platform.work.run(job, watch).catch((error: unknown) => {
      throw toldError(error, inFolder);
    });
    return unpackSurvey(packed);
  });
}

// ---- questions

async function askTraces(choices: readonly string[]): Promise<readonly string[] | undefined> {
  const title = vscode.l10n.t('Several traces hold different events: which belong to the recording?');
  const chosen = await vscode.window.showQuickPick([...choices], { title, canPickMany: true });
  return chosen?.length === 0 ? undefined : chosen;
}

/** The answer to a question, to be added to those before; undefined when the person gave up. */
async function ask(question: Exclude<Question, { topic: 'traces' }>, answers: Answers): Promise<Answers | undefined> {
  switch (question.topic) {
    case 'kernel': {
      const kernel = await pick(vscode.l10n.t('The kernel of the host'), question.choices, String);
      return kernel && { kernel };
    }
    case 'cpu': {
      const cpu = await pick(vscode.l10n.t('The processor of the host ({0})', question.why), question.choices, String);
      return cpu && { cpu };
    }
    case 'hostPageSize': {
      const title = vscode.l10n.t('The page size of the host');
      const hostPageSize = await pick(title, question.choices, (bytes) => `${bytes / 1024}K`);
      return hostPageSize === undefined ? undefined : { hostPageSize };
    }
    case 'vm': {
      const title = vscode.l10n.t('Several processes run vCPUs: which one is the recording about?');
      const tgid = await pick(title, question.choices, String);
      return tgid === undefined ? undefined : { tgid };
    }
    case 'hpt': {
      const hpt = await askList(
        vscode.l10n.t('The size of the table'),
        vscode.l10n.t('By the dumps its order is {0} or more. {1}', question.leastOrder, expectedText.hpt),
        String(question.leastOrder),
        parseHpt,
      );
      return hpt && { hpt };
    }
    case 'memslots': {
      const bases = question.bases.map(({ gfn, logDirty }) => (logDirty ? `${hex(gfn)} (log)` : hex(gfn)));
      const seen =
        bases.length === 0
          ? expectedText.memslot
          : vscode.l10n.t(
              'Faults show memslots that begin at the guest frames {0}. {1}',
              bases.join(', '),
              expectedText.memslot,
            );
      const memslots = await askList(vscode.l10n.t('Memslots'), seen, '', parseMemslot);
      return memslots && { memslots };
    }
    case 'dumpMark': {
      const title = vscode.l10n.t('Which marks stand before the dumps?');
      const items = question.choices.map(({ shape, marks }) => ({
        label: shape,
        description: vscode.l10n.t('names {0} of {1}', count(marks.size), count(question.dumps)),
        detail: [...marks.values()].slice(0, 3).join(', '),
      }));
      const chosen = await vscode.window.showQuickPick(items, { title });
      return chosen && { dumpMark: chosen.label };
    }
    case 'dumpAt':
      return askDumpMoment(question.files, answers);
  }
}

async function pick<T>(title: string, choices: readonly T[], labelOf: (choice: T) => string): Promise<T | undefined> {
  const items = choices.map((choice) => ({ label: labelOf(choice), choice }));
  return (await vscode.window.showQuickPick(items, { title }))?.choice;
}

/** Asks until nothing is typed. Undefined when the person gave up. */
async function askList<T>(
  title: string,
  prompt: string,
  first: string,
  parse: (text: string) => T | undefined,
): Promise<T[] | undefined> {
  const list: T[] = [];
  for (;;) {
    const text = await vscode.window.showInputBox({
      title: list.length === 0 ? title : vscode.l10n.t('{0}: the next one', title),
      prompt: vscode.l10n.t('{0}. Empty: no more are known.', prompt),
      value: list.length === 0 ? first : '',
      ignoreFocusOut: true,
      validateInput: (typed) => (typed.trim() === '' || parse(typed.trim()) !== undefined ? undefined : prompt),
    });
    if (text === undefined) {
      return undefined;
    }
    const value = parse(text.trim());
    if (value === undefined) {
      return list;
    }
    list.push(value);
  }
}

/** When one dump was taken that no mark names, or that it is left out. */
async function askDumpMoment(files: readonly string[], answers: Answers): Promise<Answers | undefined> {
  const [file = ''] = files;
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('When was {0} taken?', file),
    prompt: vscode.l10n.t('{0}. Empty: it is left out.', expectedText.moment),
    ignoreFocusOut: true,
    validateInput: (typed) =>
      typed.trim() === '' || parseMoment(typed.trim()) !== undefined ? undefined : expectedText.moment,
  });
  if (text === undefined) {
    return undefined;
  }
  const at = parseMoment(text.trim());
  return at === undefined
    ? { leaveOut: new Set([...(answers.leaveOut ?? []), file]) }
    : { dumpAt: new Map([...(answers.dumpAt ?? []), [file, at]]) };
}
