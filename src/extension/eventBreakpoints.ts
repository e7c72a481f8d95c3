// The event breakpoint tree: every kind of event, grouped, with a check box, a condition, a hit count and a log message, which
// combine. Kept with the workspace, and handed to each debug session when its run is opened and whenever something changes.

import * as vscode from 'vscode';
import type { EventBreakpoint } from '../debug/breakpoints';
import { EVENT_NAMES, EVENTS, type EventName } from '../model/events';
import { commands, contexts, debugType, views } from './ids';
import type { Services } from './services';

/** What a person set on one kind of event. */
export interface Setting {
  readonly on: boolean;
  readonly condition?: string;
  readonly hitCondition?: string;
  readonly logMessage?: string;
  /** it stops only after an event of this kind, the first one for which the condition holds */
  readonly armedAfter?: { readonly kind: EventName; readonly condition?: string };
}
export type TextPart = 'condition' | 'hitCondition' | 'logMessage';

/** A group of the tree ("hpte"), or a kind of event in it. */
type Node = { readonly group: string } | { readonly kind: EventName };

const groups = [...new Set(EVENT_NAMES.map((name) => name.split('.')[0] ?? name))];
const kindsOf = (group: string): readonly EventName[] => EVENT_NAMES.filter((name) => name.startsWith(`${group}.`));

/** Settings of all kinds, kept with the workspace. */
export class EventBreakpoints implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly settings: Map<EventName, Setting>;

  constructor(private readonly kept: vscode.Memento) {
    this.settings = new Map(read(kept.get<unknown>(contexts.eventBreakpoints)));
  }

  dispose(): void {
    this.changed.dispose();
  }

  /** The breakpoints that are on, as the adapter takes them. */
  get active(): EventBreakpoint[] {
    return [...this.settings].filter(([, { on }]) => on).map(([kind, { on: _, ...rest }]) => ({ kind, ...rest }));
  }

  get(kind: EventName): Setting {
    return this.settings.get(kind) ?? { on: false };
  }

  /** Changes settings, keeps them, and tells the running sessions. */
  async set(changes: Iterable<readonly [EventName, Setting]>): Promise<void> {
    for (const [kind, setting] of changes) {
      if (Object.keys(setting).length > 1 || setting.on) {
        this.settings.set(kind, setting);
      } else {
        this.settings.delete(kind);
      }
    }
    this.changed.fire();
    await this.kept.update(contexts.eventBreakpoints, Object.fromEntries(this.settings));
    const session = vscode.debug.activeDebugSession;
    if (session?.type === debugType) {
      await session.customRequest('hpt/setEventBreakpoints', { breakpoints: this.active });
    }
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return groups.map((group) => ({ group }));
    }
    return 'group' in node ? kindsOf(node.group).map((kind) => ({ kind })) : [];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return 'group' in node ? this.groupItem(node.group) : this.kindItem(node.kind);
  }

  private groupItem(group: string): vscode.TreeItem {
    const kinds = kindsOf(group);
    const on = kinds.filter((kind) => this.get(kind).on).length;
    const item = new vscode.TreeItem(group, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = group;
    item.description = on === 0 ? undefined : vscode.l10n.t('{0} of {1}', on, kinds.length);
    item.checkboxState = checkbox(on === kinds.length);
    return item;
  }

  private kindItem(kind: EventName): vscode.TreeItem {
    const { title, fn } = EVENTS[kind];
    const setting = this.get(kind);
    const item = new vscode.TreeItem(title);
    item.id = kind;
    item.description = settingText(setting);
    // the row is cut off where the side bar is narrow
    const where = vscode.l10n.t('{0}, in {1}', kind, fn);
    item.tooltip = [where, settingText(setting)].filter(Boolean).join('\n');
    // else the tooltip alone would be read
    item.accessibilityInformation = { label: [title, settingText(setting), where].filter(Boolean).join(', ') };
    item.contextValue = 'eventBreakpoint';
    // Enter on a row: VS Code has no key for the check box itself
    item.command = { command: commands.toggleEventBreakpoint, title, arguments: [{ kind }] };
    item.checkboxState = checkbox(setting.on);
    return item;
  }
}

/** What is set on a kind, in one line. */
export function settingText({ condition, hitCondition, logMessage, armedAfter }: Setting): string {
  const after =
    armedAfter && vscode.l10n.t('after {0}', [armedAfter.kind, armedAfter.condition].filter(Boolean).join(' '));
  return [condition, hitCondition, logMessage && `"${logMessage}"`, after].filter((part) => part).join(' · ');
}

function checkbox(on: boolean): vscode.TreeItemCheckboxState {
  return on ? vscode.TreeItemCheckboxState.Checked : vscode.TreeItemCheckboxState.Unchecked;
}

/** What the workspace kept, as far as it is what we keep. */
function read(kept: unknown): [EventName, Setting][] {
  const fields = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null ? { ...value } : {};
  const all = fields(kept);
  return EVENT_NAMES.filter((kind) => kind in all).map((kind) => {
    const given = fields(all[kind]);
    const text = (name: TextPart) => (typeof given[name] === 'string' ? { [name]: given[name] } : {});
    const armedAfter = readArming(fields(given.armedAfter));
    return [
      kind,
      {
        on: given.on === true,
        ...text('condition'),
        ...text('hitCondition'),
        ...text('logMessage'),
        ...(armedAfter === undefined ? {} : { armedAfter }),
      },
    ];
  });
}

function readArming({ kind, condition }: Readonly<Record<string, unknown>>): Setting['armedAfter'] {
  const known = EVENT_NAMES.find((name) => name === kind);
  return known && { kind: known, ...(typeof condition === 'string' ? { condition } : {}) };
}

/** Registers the tree and its commands. */
export function registerEventBreakpoints(context: vscode.ExtensionContext, { session }: Services): EventBreakpoints {
  const breakpoints = new EventBreakpoints(context.workspaceState);
  const tree = vscode.window.createTreeView(views.eventBreakpoints, { treeDataProvider: breakpoints });
  context.subscriptions.push(
    breakpoints,
    tree,
    tree.onDidChangeCheckboxState(({ items }) =>
      breakpoints.set(
        items.flatMap(([node, state]) => {
          const on = state === vscode.TreeItemCheckboxState.Checked;
          const kinds = 'group' in node ? kindsOf(node.group) : [node.kind];
          return kinds.map((kind) => [kind, { ...breakpoints.get(kind), on }] as const);
        }),
      ),
    ),
    vscode.commands.registerCommand(commands.editEventBreakpoint, async (node?: Node) => {
      const { editEventBreakpoint, pickKind } = await import('./eventBreakpointEditor');
      const kind = node && 'kind' in node ? node.kind : await pickKind();
      if (kind) {
        await editEventBreakpoint(breakpoints, kind, session);
      }
    }),
    vscode.commands.registerCommand(commands.toggleEventBreakpoint, async (node?: Node) => {
      const kind = node && 'kind' in node ? node.kind : await (await import('./eventBreakpointEditor')).pickKind();
      if (kind) {
        const setting = breakpoints.get(kind);
        await breakpoints.set([[kind, { ...setting, on: !setting.on }]]);
      }
    }),
    vscode.commands.registerCommand(commands.clearEventBreakpoints, () =>
      breakpoints.set(EVENT_NAMES.map((kind) => [kind, { on: false }] as const)),
    ),
  );
  return breakpoints;
}
