// The tree views of the side bar in VS Code: turns the view models' nodes into tree items, follows every move of the run, marks
// what the last step changed, and takes part in the selection that all views share.

import * as vscode from 'vscode';
import { EVENT_NAMES, EVENTS, type EventName } from '../model/events';
import { colors, commands, contexts, decorations, views } from './ids';
import { Revealer } from './revealer';
import { type Roots, RunTree } from './runTree';
import type { Services } from './services';
import type { RunSession } from './session';
import { sentence } from './texts';
import { currentEventId, type EventColumn, eventNodes } from './viewModels/events';
import { machineNodes } from './viewModels/machine';
import { memslotNodes, pathToHpte } from './viewModels/memslots';
import type { ViewNode } from './viewModels/node';
import { type ChainOrder, rmapChainNodes } from './viewModels/rmapChains';

/** Kinds of entries that select their HPTE in all views when they are selected. */
const selects: ReadonlySet<string> = new Set(['hpte', 'candidate']);

/** Registers the four trees and the commands of their titles. */
export function registerTrees(context: vscode.ExtensionContext, services: Services): void {
  context.subscriptions.push(
    vscode.window.registerFileDecorationProvider({ provideFileDecoration: changedDecoration }),
    services.session.onDidChangeRun((run) => setContext(contexts.runOpen, run?.kind)),
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
  const find = (index: number, focus: boolean): ViewNode | undefined => {
    const path = session.view && pathToHpte(session.view, index);
    if (!path) {
      return undefined;
    }
    const onPath = ({ id, kind }: ViewNode) =>
      id === path.slot ||
      (kind === 'bucket' && id.startsWith(path.slot)) ||
      (id.startsWith(`${path.slot}/`) && id.includes(`/${path.page}`) && !/\/hpte:/.test(id));
    const node = tree.find(({ id, hpte }) => hpte === index && id.includes(`/${path.page}/`), onPath);
    return !focus && view.selection[0]?.id === node?.id ? undefined : node;
  };
  const revealer = new Revealer(tree, view, services.log);
  context.subscriptions.push(
    session.onDidMove(describe),
    session.onDidChangeRun(describe),
    session.onDidSelect(({ index, reveal: focus }) => revealer.reveal(() => find(index, focus), focus)),
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
  const current = (): ViewNode | undefined => {
    const id = session.view && currentEventId(session.view, { kinds, column });
    return tree.find(
      (node) => node.id === id,
      () => false,
    );
  };
  const revealer = new Revealer(tree, view, services.log);
  const follow = () => revealer.reveal(current, false);
  const update = () => {
    view.description = kinds && vscode.l10n.t('{0} of {1} kinds', kinds.size, EVENT_NAMES.length);
    setContext(contexts.eventColumn, column);
    void context.workspaceState.update(contexts.eventColumn, column);
    void context.workspaceState.update(contexts.eventKinds, kinds && [...kinds]);
    tree.refresh();
    follow();
  };
  const show = (next: EventColumn) => {
    column = next;
    update();
  };
  update();
  context.subscriptions.push(
    session.onDidMove(follow),
    session.onDidChangeRun(follow),
    view.onDidChangeVisibility(follow),
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
