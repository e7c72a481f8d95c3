// A tree over the open run in VS Code: turns the view models' nodes into tree items, and follows every move of the run.

import * as vscode from 'vscode';
import { colors, commands, decorations } from './ids';
import type { RunSession } from './session';
import type { NodeIcon, NodeTooltip, ViewNode } from './viewModels/node';
import type { RunView } from './viewModels/runView';

/** Makes the roots of a tree at the current moment. */
export type Roots = (view: RunView) => readonly ViewNode[];

/** Kinds of entries of which a click, or Enter, goes to their moment. */
const travels: ReadonlySet<string> = new Set(['event', 'bookmark', 'log']);

/** One tree over the open run. */
export class RunTree implements vscode.TreeDataProvider<ViewNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly owned: { dispose(): void }[];
  /** parents of the nodes that were handed out since the last refresh, by id */
  private parents = new Map<string, ViewNode | undefined>();
  /** children by the id of their parent, while the tree keeps still */
  private held: Map<string | undefined, ViewNode[]> | undefined;
  /** the run moved while the tree kept still */
  private missed = false;

  readonly onDidChangeTreeData = this.changed.event;

  constructor(
    private readonly session: RunSession,
    private readonly make: Roots,
  ) {
    this.owned = [this.changed, session.onDidChangeRun(() => this.refresh()), session.onDidMove(() => this.refresh())];
  }

  refresh(): void {
    if (this.held) {
      this.missed = true;
      return;
    }
    this.parents = new Map();
    this.changed.fire();
  }

  /**
   * Keeps the tree as it is while `use` shows one of its nodes, and catches up afterwards: VS Code forgets every node of a tree that
   * changes, and looks for the node and its parents step by step.
   */
  async still(use: () => PromiseLike<void>): Promise<void> {
    this.held = new Map();
    try {
      await use();
    } finally {
      this.held = undefined;
      if (this.missed) {
        this.missed = false;
        this.refresh();
      }
    }
  }

  getChildren(node?: ViewNode): ViewNode[] {
    const held = this.held?.get(node?.id);
    if (held) {
      return held;
    }
    const children = this.childrenNow(node);
    for (const { id } of children) {
      this.parents.set(id, node);
    }
    this.held?.set(node?.id, children);
    return children;
  }

  private childrenNow(node: ViewNode | undefined): ViewNode[] {
    const { view } = this.session;
    if (view === null) {
      return [];
    }
    return [...(node === undefined ? this.make(view) : (node.children?.() ?? []))];
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
