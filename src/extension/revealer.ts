// Brings a node of a tree into sight and selects it.

import type * as vscode from 'vscode';
import type { RunTree } from './runTree';
import type { ViewNode } from './viewModels/node';

interface Wish {
  readonly find: () => ViewNode | undefined;
  readonly focus: boolean;
}

/** Reveals nodes of one tree, one after the other; of those asked for meanwhile only the last. */
export class Revealer {
  private next: Wish | undefined;
  private busy = false;

  constructor(
    private readonly tree: RunTree,
    private readonly view: vscode.TreeView<ViewNode>,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /**
   * Shows a node soon.
   * @param find finds it when its turn comes; undefined leaves the tree alone
   * @param focus brings the view forward and gives it the keys; else a hidden view stays as it is
   */
  reveal(find: () => ViewNode | undefined, focus: boolean): void {
    this.next = { find, focus };
    if (!this.busy) {
      void this.work();
    }
  }

  private async work(): Promise<void> {
    this.busy = true;
    while (this.next) {
      const wish = this.next;
      this.next = undefined;
      await this.tree.still(() => this.show(wish));
    }
    this.busy = false;
  }

  private async show({ find, focus }: Wish): Promise<void> {
    try {
      const node = focus || this.view.visible ? find() : undefined;
      if (node) {
        await this.view.reveal(node, { select: true, focus, expand: false });
      }
    } catch (error) {
      this.log.trace(`not revealed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
