// The Moments view in VS Code: bookmarks with notes, kept with the workspace for each program, and the lines of log points. Click or
// Enter travels to a moment; F2 renames a bookmark, Delete removes it.

import * as vscode from 'vscode';
import type { Mark } from '../debug/goTo/standpoint';
import { type Bookmark, bookmarkAt, momentOfBookmark } from '../timeline/bookmarks';
import type { Run } from '../timeline/run';
import { commands, contexts, views } from './ids';
import type { Services } from './services';
import type { RunSession } from './session';
import { Signal } from './signal';
import { addTree } from './trees';
import { type LogLine, momentNodes, mostLogLines, nameOfMoment, readBookmarks } from './viewModels/moments';
import type { ViewNode } from './viewModels/node';

/** What others do with the marked moments. */
export interface Moments {
  /** The bookmarks of the open run that it still has. */
  marks(): readonly Mark[];
  /** A log point of a debug session wrote a line. */
  log(run: Run, line: LogLine): void;
}

/** Bookmarks by program, kept with the workspace. */
class Bookmarks {
  private readonly changed = new Signal<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly kept: vscode.Memento,
    private readonly session: RunSession,
  ) {}

  dispose(): void {
    this.changed.dispose();
  }

  /** Those of the open program, in the order of their moments. */
  get all(): readonly Bookmark[] {
    return readBookmarks(this.programs[this.session.origin]);
  }

  private get programs(): Readonly<Record<string, unknown>> {
    const kept = this.kept.get<unknown>(contexts.bookmarks);
    return typeof kept === 'object' && kept !== null ? { ...kept } : {};
  }

  /** Puts a bookmark in the place of another, or takes one away. */
  async put(bookmark: Bookmark | undefined, instead?: Bookmark): Promise<void> {
    const others = this.all.filter(({ moment }) => moment !== instead?.moment && moment !== bookmark?.moment);
    const all = [...others, ...(bookmark ? [bookmark] : [])].sort((a, b) => a.moment - b.moment);
    await this.kept.update(contexts.bookmarks, { ...this.programs, [this.session.origin]: all });
    this.changed.fire();
  }
}

/** Lines of log points, by the run in which they were written, each once and in the order of the moments. */
class Log {
  private readonly lines = new WeakMap<Run, LogLine[]>();

  of(run: Run): readonly LogLine[] {
    return this.lines.get(run) ?? [];
  }

  add(run: Run, line: LogLine): void {
    const lines = this.lines.get(run) ?? [];
    this.lines.set(run, lines);
    // log points speak in both directions: what was said before is not said again
    let at = lines.length;
    while (at > 0 && (lines[at - 1]?.moment ?? 0) > line.moment) {
      at--;
    }
    for (let i = at - 1; lines[i]?.moment === line.moment; i--) {
      if (lines[i]?.text === line.text) {
        return;
      }
    }
    lines.splice(at, 0, line);
    if (lines.length > 2 * mostLogLines) {
      lines.splice(0, mostLogLines);
    }
  }
}

/** Registers the view and its commands. */
export function registerMoments(context: vscode.ExtensionContext, services: Services): Moments {
  const { session } = services;
  const bookmarks = new Bookmarks(context.workspaceState, session);
  const log = new Log();
  const { tree, view } = addTree(context, services, views.moments, ({ run }) =>
    momentNodes(run, bookmarks.all, log.of(run)),
  );
  context.subscriptions.push(
    bookmarks,
    bookmarks.onDidChange(() => tree.refresh()),
  );
  const command = (id: string, act: (bookmark: Bookmark) => unknown) =>
    context.subscriptions.push(
      vscode.commands.registerCommand(id, async (node?: ViewNode) => {
        const bookmark = bookmarkOf(bookmarks, node ?? view.selection[0]) ?? (await pick(session, bookmarks.all));
        await (bookmark && act(bookmark));
      }),
    );
  command(commands.editBookmark, (bookmark) => edit(bookmarks, bookmark));
  command(commands.removeBookmark, (bookmark) => bookmarks.put(undefined, bookmark));
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.addBookmark, () => add(session, bookmarks)),
    vscode.commands.registerCommand(commands.goToLogLine, () => goToLogLine(session, log)),
  );
  return {
    marks: () => marksOf(session, bookmarks.all),
    log: (run, line) => {
      log.add(run, line);
      if (run === session.run) {
        tree.refresh();
      }
    },
  };
}

function marksOf({ run }: RunSession, bookmarks: readonly Bookmark[]): Mark[] {
  return bookmarks.flatMap((bookmark) => {
    const moment = run === null ? undefined : momentOfBookmark(run, bookmark);
    return moment === undefined ? [] : [{ name: bookmark.name, moment }];
  });
}

/** The bookmark that an entry of the tree stands for. */
function bookmarkOf({ all }: Bookmarks, node: ViewNode | undefined): Bookmark | undefined {
  return node?.kind === 'bookmark' ? all.find(({ moment }) => `bookmark:${moment}` === node.id) : undefined;
}

async function pick({ run }: RunSession, all: readonly Bookmark[]): Promise<Bookmark | undefined> {
  if (run === null || all.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no bookmark in the open run.'));
    return undefined;
  }
  const items = all.map((bookmark) => ({ label: bookmark.name, description: bookmark.note ?? '', bookmark }));
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Which bookmark?') }))?.bookmark;
}

/** Marks the current moment, or edits the mark that it has. */
async function add({ run }: RunSession, bookmarks: Bookmarks): Promise<void> {
  if (run === null) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No run is open: there is no moment to mark.'));
    return;
  }
  const { position } = run;
  const known = bookmarks.all.find((bookmark) => momentOfBookmark(run, bookmark) === position);
  await edit(bookmarks, known ?? bookmarkAt(run, position, nameOfMoment(run, position)));
}

/** Asks for name and note, and keeps the bookmark. */
async function edit(bookmarks: Bookmarks, bookmark: Bookmark): Promise<void> {
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Bookmark of moment {0}: name', bookmark.moment + 1),
    value: bookmark.name,
    validateInput: (typed) => (typed.trim() === '' ? vscode.l10n.t('A bookmark has a name.') : undefined),
  });
  if (name === undefined) {
    return;
  }
  const note = await vscode.window.showInputBox({
    title: vscode.l10n.t('Bookmark "{0}": note', name.trim()),
    prompt: vscode.l10n.t('May be left empty.'),
    value: bookmark.note ?? '',
  });
  if (note !== undefined) {
    const { note: _, ...rest } = bookmark;
    await bookmarks.put({ ...rest, name: name.trim(), ...(note.trim() === '' ? {} : { note: note.trim() }) }, bookmark);
  }
}

/** A list of the lines of log points; the chosen one's moment is gone to. */
async function goToLogLine(session: RunSession, log: Log): Promise<void> {
  const { run } = session;
  const lines = run === null ? [] : log.of(run);
  if (lines.length === 0) {
    const none = vscode.l10n.t(
      'No log point has written a line: give an event breakpoint or a line breakpoint a log message.',
    );
    void vscode.window.showInformationMessage(none);
    return;
  }
  const items = lines.map(({ text, moment }) => ({
    label: text,
    description: vscode.l10n.t('moment {0}', moment + 1),
    moment,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: vscode.l10n.t('Go to the moment of a log line') });
  if (chosen) {
    await session.goTo(chosen.moment);
  }
}
