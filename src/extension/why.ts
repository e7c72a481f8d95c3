// "Why is it so?": the chain of moments that made an HPTE, a page, an rmap word or one of their fields what it is. The views travel
// while the person moves in the list. Enter goes there with the debugger, Escape goes back to where the question was asked.

import * as vscode from 'vscode';
import { evaluate, type Scope } from '../debug/evaluate';
import { ExpressionError, mistake, parseExpression } from '../debug/expression';
import { show } from '../debug/values';
import { type Asked, asked, type Certainty, chainText, changeText, type Link, whyChain } from '../debug/why';
import type { RunSession } from './session';
import { SlicedWork } from './slices';
import type { ViewNode } from './viewModels/node';

/** So many causes are listed; what came before them is told as a number of more. */
const mostLinks = 200;

interface Item extends vscode.QuickPickItem {
  /** the moment that the item stands for */
  readonly moment?: number;
  /** Enter copies the chain */
  readonly copies?: boolean;
}

/** Explains what a tree's entry or a variable of the debugger stands for; what that is, is asked for when `from` does not tell it. */
export async function askWhy(session: RunSession, from: unknown): Promise<void> {
  const scope = scopeOf(session);
  if (scope === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No run is open: there is nothing to explain.'));
    return;
  }
  const text = expressionOf(from) ?? (await askWhat(session, scope));
  const what = text === undefined ? undefined : understood(text, scope);
  if (typeof what === 'string') {
    void vscode.window.showErrorMessage(what);
  } else if (what) {
    await new Chain(session, what).show();
  }
}

function scopeOf({ run, labels }: RunSession): Scope | undefined {
  return run === null ? undefined : { run, labels, actor: '' };
}

/** What a tree's entry or a variable of the debugger stands for, as an expression. */
function expressionOf(from: unknown): string | undefined {
  if (typeof from === 'string') {
    return from;
  }
  const { expression, variable } = (from ?? {}) as {
    expression?: ViewNode['expression'];
    variable?: { evaluateName?: unknown };
  };
  const name = variable?.evaluateName;
  return expression ?? (typeof name === 'string' && name !== '' ? name : undefined);
}

/** @returns what is meant, or a sentence with the mistake */
function understood(text: string, scope: Scope): Asked | string {
  try {
    return asked(text, scope);
  } catch (error) {
    if (error instanceof ExpressionError) {
      return mistake(error);
    }
    throw error;
  }
}

function askWhat({ selection, view }: RunSession, scope: Scope): Promise<string | undefined> {
  const selected = selection === undefined ? '' : (view?.labels.get(selection) ?? `hpte[0x${selection.toString(16)}]`);
  return Promise.resolve(
    vscode.window.showInputBox({
      title: vscode.l10n.t('Why is it so?'),
      prompt: vscode.l10n.t(
        'An HPTE, a guest page, an rmap word or a field: a, a.r.C, hpte[0x1aa8].state, page(gfn 0x10), rmap(gfn 0x10).C',
      ),
      value: selected,
      validateInput: (typed) => {
        const what = typed.trim() === '' ? undefined : understood(typed, scope);
        return typeof what === 'string' ? what : undefined;
      },
    }),
  );
}

/** The list of one chain. */
class Chain {
  private readonly box = vscode.window.createQuickPick<Item>();
  private readonly links: Link[] = [];
  private readonly asked: number;
  private readonly value: string;

  constructor(
    private readonly session: RunSession,
    private readonly what: Asked,
  ) {
    const scope = scopeOf(session);
    this.asked = session.run?.position ?? 0;
    this.value = scope ? show(evaluate(parseExpression(what.expression), scope)) : '';
  }

  /** Shows the list until it is left. */
  show(): Promise<void> {
    const { box, session } = this;
    const { run } = session;
    box.title = vscode.l10n.t('Why: {0}', this.title);
    box.placeholder = vscode.l10n.t(
      'The views travel as you move. Enter goes there, Escape goes back to moment {0}.',
      this.asked + 1,
    );
    box.matchOnDetail = true;
    box.matchOnDescription = true;
    box.busy = true;
    box.buttons = [{ iconPath: new vscode.ThemeIcon('copy'), tooltip: vscode.l10n.t('Copy the Chain as Text') }];
    box.items = this.items(false);
    const looking = run
      ? new SlicedWork(whyChain(run, this.what, this.asked), (link) => this.links.push(link) < mostLinks).run(() =>
          this.refresh(false),
        )
      : Promise.resolve();
    void looking.then(() => {
      this.refresh(true);
      box.busy = false;
    });
    return new Promise((resolve) => {
      let stays = false;
      const owned = [
        box,
        box.onDidTriggerButton(() => this.copy()),
        box.onDidChangeActive(([item]) => item?.moment !== undefined && session.look(item.moment)),
        session.onDidChangeRun(() => box.hide()),
        box.onDidAccept(async () => {
          const [item] = box.activeItems;
          if (item?.copies) {
            await this.copy();
          } else if (item?.moment !== undefined) {
            stays = true;
            box.hide();
            await session.goTo(item.moment);
          }
        }),
        box.onDidHide(() => {
          vscode.Disposable.from(...owned).dispose();
          if (!stays && session.run === run) {
            session.look(this.asked);
          }
          resolve();
        }),
      ];
      box.show();
    });
  }

  private get title(): string {
    const { point, title } = this.what;
    const index = /^hpte:(0x[0-9a-f]+)/.exec(point.id)?.[1];
    const label = index === undefined ? undefined : this.session.view?.labels.get(Number(index));
    return label === undefined ? title : `${label}, ${title}`;
  }

  private refresh(complete: boolean): void {
    const [active] = this.box.activeItems;
    const items = this.items(complete);
    this.box.items = items;
    const same = items.find(({ moment, copies }) => moment === active?.moment && copies === active?.copies);
    if (same) {
      this.box.activeItems = [same];
    }
  }

  private items(complete: boolean): Item[] {
    const now: Item = {
      label: `$(debug-stackframe) ${this.value}`,
      description: vscode.l10n.t('moment {0}', this.asked + 1),
      detail:
        this.links.length === 0 && complete
          ? vscode.l10n.t('Nothing has changed it up to here.')
          : vscode.l10n.t('as it is now'),
      moment: this.asked,
    };
    const copy: Item = { label: `$(copy) ${vscode.l10n.t('Copy the chain as text')}`, copies: true, alwaysShow: true };
    return [now, ...this.links.map(itemOf), ...(complete && this.links.length > 0 ? [copy] : [])];
  }

  private async copy(): Promise<void> {
    const { run } = this.session;
    if (run) {
      await vscode.env.clipboard.writeText(`${chainText(run, this.title, this.value, this.asked, this.links)}\n`);
      void vscode.window.setStatusBarMessage(vscode.l10n.t('The chain was copied.'), 3000);
    }
  }
}

function itemOf({ moment, line, statement, path, step, changes, certainty }: Link): Item {
  const icons: Readonly<Record<Certainty, string>> = {
    emulated: 'beaker',
    observed: 'eye',
    inferred: 'lightbulb',
    assumed: 'question',
  };
  const words: Readonly<Record<Certainty, string>> = {
    emulated: vscode.l10n.t('emulated'),
    observed: vscode.l10n.t('observed'),
    inferred: vscode.l10n.t('inferred'),
    assumed: vscode.l10n.t('assumed'),
  };
  const fn = path.at(-1);
  return {
    label: `$(${icons[certainty]}) ${changes.map(changeText).join(' · ')}`,
    description: `${vscode.l10n.t('moment {0}, line {1}', moment + 1, line + 1)} · ${words[certainty]}`,
    detail: fn === undefined ? statement : `${fn}: ${step}`,
    moment,
  };
}
