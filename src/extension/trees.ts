// The tree views of the side bar in VS Code: turns the view models' nodes into tree items, follows every move of the run, marks
// what the last step changed, and takes part in the selection that all views share.

import * as vscode from 'vscode';
import { EVENT_NAMES, EVENTS, type EventName } from '../model/events';
import { colors, commands, contexts, decorations, views } from './ids';
import type { Services } from './services';
import type { RunSession } from './session';
import { sentence } from './texts';
import { currentEventId, type EventColumn, eventNodes } from './viewModels/events';
import { machineNodes } from './viewModels/machine';
import { memslotNodes, pathToHpte } from './viewModels/memslots';
import type { NodeIcon, NodeTooltip, ViewNode } from './viewModels/node';
import { type ChainOrder, rmapChainNodes } from './viewModels/rmapChains';
import type { RunView } from './viewModels/runView';

/** Makes the roots of a tree at the current moment. */
type Roots = (view: RunView) => readonly ViewNode[];

/** Kinds of entries of which a click, or Enter, goes to their moment. */
const travels: ReadonlySet<string> = new Set(['event', 'bookmark', 'log']);

/** Kinds of entries that select their HPTE in all views when they are selected. */
const selects: ReadonlySet<string> = new Set(['hpte', 'candidate']);

/** One tree over the open run. */
export class RunTree implements vscode.TreeDataProvider<ViewNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly owned: { dispose(): void }[];
  /** parents of the nodes that were handed out since the last refresh, by id */
  private parents = new Map<string, ViewNode | undefined>();

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly session: RunSession,
    private readonly make: Roots,
  ) {
    this.owned = [this.changed, session.onDidChangeRun(() => this.refresh()), session.onDidMove(() => this.refresh())];
  }

  refresh(): void {
    this.parents = new Map();
    this.changed.fire();
  }

  getChildren(node?: ViewNode): ViewNode[] {
    const { view } = this.session;
    if (view === null) {
      return [];
    }
    const children = [...(node === undefined ? this.make(view) : (node.children?.() ?? []))];
    for (const { id } of children) {
      this.parents.set(id, node);
    }
    return children;
  }

  getParent(node: ViewNode): ViewNode | undefined {
    return this.parents.get(node.id);
  }

  getTreeItem(node: ViewNode): vscode.TreeItem {
    const item = new vscode.TreeItem(node.label, collapsible(node));
    item.id = node.id;
    item.accessibilityInformation = { label: node.spoken, role: 'treeitem' };
    // menus ask for what it is and for what can be done with it
    item.contextValue = [node.kind, node.expression && 'why', node.follow && 'follow'].filter(Boolean).join(' ');
    if (node.description !== undefined) {
      item.description = node.description;
    }
    if (node.icon) {
      item.iconPath = themeIcon(node.icon);
    } else if (!node.children) {
      item.iconPath = noIcon;
    }
    if (node.tooltip) {
      item.tooltip = tooltipText(node.tooltip);
    }
    if (node.changed) {
      item.resourceUri = vscode.Uri.from({ scheme: decorations.scheme, path: '/changed' });
    }
    if (node.moment !== undefined && travels.has(node.kind)) {
      item.command = { command: commands.goToMoment, title: vscode.l10n.t('Go to this moment'), arguments: [node] };
    }
    return item;
  }

  /** The node that a walk along ids reaches; `steps` accept the nodes to enter, the last one the node that is looked for. */
  find(accepts: (node: ViewNode) => boolean, enters: (node: ViewNode) => boolean): ViewNode | undefined {
    const search = (nodes: readonly ViewNode[]): ViewNode | undefined => {
      for (const node of nodes) {
        if (accepts(node)) {
          return node;
        }
        const found = enters(node) ? search(this.getChildren(node)) : undefined;
        if (found) {
          return found;
        }
      }
      return undefined;
    };
    return search(this.getChildren());
  }

  dispose(): void {
    vscode.Disposable.from(...this.owned).dispose();
  }
}

function collapsible({ children, expanded }: ViewNode): vscode.TreeItemCollapsibleState {
  if (!children) {
    return vscode.TreeItemCollapsibleState.None;
  }
  return expanded ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed;
}

/** Of a leaf without a sign: else the mark of a change brings a file's icon along, and moves the leaf out of line. */
const noIcon = new vscode.ThemeIcon('blank');

function themeIcon({ name, color }: NodeIcon): vscode.ThemeIcon {
  return color === undefined
    ? new vscode.ThemeIcon(name)
    : new vscode.ThemeIcon(name, new vscode.ThemeColor(colors[color]));
}

function tooltipText({ heading, rows, note }: NodeTooltip): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**').appendText(heading).appendMarkdown('**\n\n');
  if (rows.length > 0) {
    text.appendMarkdown('| | |\n|---|---|\n');
    for (const [name, value] of rows) {
      text.appendMarkdown('| ').appendText(oneLine(name)).appendMarkdown(' | ');
      text.appendText(oneLine(value)).appendMarkdown(' |\n');
    }
  }
  if (note !== undefined) {
    text.appendMarkdown('\n').appendText(note);
  }
  return text;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

/**
 * Reveals nodes of one tree. VS Code takes a while to show what a tree said anew, and refuses to reveal what it does not show yet:
 * the last wish is tried a few times, and given up when another comes or the node stays unknown.
 */
class Revealer implements vscode.Disposable {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly log: vscode.LogOutputChannel) {}

  soon(reveal: () => Promise<void>): void {
    this.dispose();
    this.attempt(reveal, 4);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private attempt(reveal: () => Promise<void>, attempts: number): void {
    const timer = setTimeout(async () => {
      try {
        await reveal();
      } catch (error) {
        if (attempts > 1 && this.timer === timer) {
          this.attempt(reveal, attempts - 1);
        } else {
          this.log.trace(`not revealed: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }, revealDelay);
    this.timer = timer;
  }
}

/** Milliseconds that VS Code gathers changes of a tree before it shows them, and a few more. */
const revealDelay = 250;

/** Registers the four trees and the commands of their titles. */
export function registerTrees(context: vscode.ExtensionContext, services: Services): void {
  context.subscriptions.push(
    vscode.window.registerFileDecorationProvider({ provideFileDecoration: changedDecoration }),
    services.session.onDidChangeRun((run) => setContext(contexts.runOpen, run !== null)),
  );
  registerMachine(context, services);
  registerMemslots(context, services);
  registerRmapChains(context, services);
  registerEvents(context, services);
}

/** Nodes that the last step changed carry a mark of their own, besides what the screen reader says. */
function changedDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
  return uri.scheme === decorations.scheme
    ? {
        badge: '●',
        color: new vscode.ThemeColor(colors.changed),
        tooltip: vscode.l10n.t('Changed by the last step'),
      }
    : undefined;
}

function setContext(key: string, value: unknown): void {
  void vscode.commands.executeCommand('setContext', key, value);
}

/** Registers one tree with its view. */
export function addTree(context: vscode.ExtensionContext, { session }: Services, id: string, make: Roots) {
  const tree = new RunTree(session, make);
  const view = vscode.window.createTreeView(id, { treeDataProvider: tree, showCollapseAll: true });
  context.subscriptions.push(
    tree,
    view,
    // what was announced while the view was opening may have been missed
    view.onDidChangeVisibility(({ visible }) => visible && tree.refresh()),
    view.onDidChangeSelection(({ selection: [node] }) => {
      if (node?.hpte !== undefined && selects.has(node.kind) && node.hpte !== session.selection) {
        session.select(node.hpte);
      }
    }),
  );
  return { tree, view };
}

function registerMachine(context: vscode.ExtensionContext, services: Services): void {
  addTree(context, services, views.machine, machineNodes);
}

function registerMemslots(context: vscode.ExtensionContext, services: Services): void {
  const { session } = services;
  const { tree, view } = addTree(context, services, views.memslots, memslotNodes);
  const describe = () => {
    const known = session.view?.knowledgeText;
    view.message = known && sentence(known);
  };
  const reveal = async (index: number, focus: boolean): Promise<void> => {
    const path = session.view && pathToHpte(session.view, index);
    if (!path || (!focus && !view.visible)) {
      return;
    }
    const onPath = ({ id, kind }: ViewNode) =>
      id === path.slot ||
      (kind === 'bucket' && id.startsWith(path.slot)) ||
      (id.startsWith(`${path.slot}/`) && id.includes(`/${path.page}`) && !/\/hpte:/.test(id));
    const node = tree.find(({ id, hpte }) => hpte === index && id.includes(`/${path.page}/`), onPath);
    if (node && view.selection[0]?.id !== node.id) {
      await view.reveal(node, { select: true, focus, expand: false });
    }
  };
  const revealer = new Revealer(services.log);
  context.subscriptions.push(
    revealer,
    session.onDidMove(describe),
    session.onDidChangeRun(describe),
    session.onDidSelect(({ index, reveal: focus }) => revealer.soon(() => reveal(index, focus))),
  );
}

function registerRmapChains(context: vscode.ExtensionContext, services: Services): void {
  let order: ChainOrder = context.workspaceState.get(contexts.chainOrder, 'length');
  const { tree, view } = addTree(context, services, views.rmapChains, (run) => rmapChainNodes(run, order));
  const sort = (next: ChainOrder) => {
    order = next;
    view.description = order === 'length' ? vscode.l10n.t('longest first') : vscode.l10n.t('last changed first');
    setContext(contexts.chainOrder, order);
    void context.workspaceState.update(contexts.chainOrder, order);
    tree.refresh();
  };
  sort(order);
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.sortChainsByLength, () => sort('length')),
    vscode.commands.registerCommand(commands.sortChainsByChange, () => sort('change')),
  );
}

function registerEvents(context: vscode.ExtensionContext, services: Services): void {
  const { session } = services;
  let column: EventColumn = context.workspaceState.get(contexts.eventColumn, 'time');
  let kinds = keptKinds(context.workspaceState.get<unknown>(contexts.eventKinds));
  const { tree, view } = addTree(context, services, views.events, (run) => eventNodes(run, { kinds, column }));
  const follow = async () => {
    if (session.view && view.visible) {
      const current = currentEventId(session.view, { kinds, column });
      const node = tree.find(
        ({ id }) => id === current,
        () => false,
      );
      if (node) {
        await view.reveal(node, { select: true, focus: false, expand: false });
      }
    }
  };
  const revealer = new Revealer(services.log);
  const followSoon = () => revealer.soon(follow);
  const update = () => {
    view.description = kinds && vscode.l10n.t('{0} of {1} kinds', kinds.size, EVENT_NAMES.length);
    setContext(contexts.eventColumn, column);
    void context.workspaceState.update(contexts.eventColumn, column);
    void context.workspaceState.update(contexts.eventKinds, kinds && [...kinds]);
    tree.refresh();
    followSoon();
  };
  const show = (next: EventColumn) => {
    column = next;
    update();
  };
  update();
  context.subscriptions.push(
    revealer,
    session.onDidMove(followSoon),
    session.onDidChangeRun(followSoon),
    view.onDidChangeVisibility(followSoon),
    vscode.commands.registerCommand(commands.showEventTime, () => show('time')),
    vscode.commands.registerCommand(commands.showEventDelta, () => show('delta')),
    vscode.commands.registerCommand(commands.filterEvents, async () => {
      const chosen = await pickKinds(session, kinds);
      if (chosen) {
        kinds = chosen.size === 0 || chosen.size === EVENT_NAMES.length ? undefined : chosen;
        update();
      }
    }),
  );
}

/** The kept filter, as far as its names are still event kinds. */
function keptKinds(kept: unknown): ReadonlySet<EventName> | undefined {
  const names = Array.isArray(kept) ? EVENT_NAMES.filter((name) => kept.includes(name)) : [];
  return names.length === 0 ? undefined : new Set(names);
}

interface KindItem extends vscode.QuickPickItem {
  readonly kind?: vscode.QuickPickItemKind;
  readonly name: EventName;
}

/** Asks which kinds of events are to be shown; those that the run has come first. */
async function pickKinds(
  { run }: RunSession,
  now: ReadonlySet<EventName> | undefined,
): Promise<ReadonlySet<EventName> | undefined> {
  const counts = new Map<EventName, number>();
  for (let number = 0; number < (run?.eventCount ?? 0); number++) {
    const name = run?.eventName(number);
    if (name) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const items: KindItem[] = EVENT_NAMES.map((name) => ({
    name,
    label: name,
    description: `${EVENTS[name].title} · ${counts.has(name) ? vscode.l10n.t('{0} in this run', counts.get(name) ?? 0) : vscode.l10n.t('none')}`,
    picked: now?.has(name) ?? true,
  }));
  items.sort((a, b) => (counts.get(b.name) ?? 0) - (counts.get(a.name) ?? 0));
  const chosen = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    matchOnDescription: true,
    title: vscode.l10n.t('Events to show'),
    placeHolder: vscode.l10n.t('Kinds of events; none or all shows everything'),
  });
  return chosen && new Set(chosen.map(({ name }) => name));
}
