// Commands on the open run: go to a moment or an HPTE, show an HPTE in the heatmap, copy what a view shows as text.

import * as vscode from 'vscode';
import type { Run } from '../timeline/run';
import { findStatement } from '../timeline/statements';
import { commands } from './ids';
import type { Services } from './services';
import { findEntries, findHint } from './viewModels/find';
import { hpteNode } from './viewModels/hpte';
import { treeText, type ViewNode } from './viewModels/node';

/** Registers the commands. */
export function registerCommands(context: vscode.ExtensionContext, { session }: Services): void {
  const command = (id: string, run: (node?: ViewNode) => unknown) =>
    context.subscriptions.push(vscode.commands.registerCommand(id, run));

  command(commands.goToMoment, async (node) => {
    const { run } = session;
    const moment = run && (node?.moment ?? (await askMoment(run)));
    if (typeof moment === 'number') {
      await session.goTo(moment);
    }
  });

  command(commands.revealHpte, async (node) => {
    const index = node?.hpte ?? (await askHpte(session));
    if (index !== undefined) {
      session.select(index, true);
    }
  });

  command(commands.showInHeatmap, async (node) => {
    if (node?.hpte !== undefined) {
      await vscode.commands.executeCommand(commands.showHeatmap);
      session.select(node.hpte);
    }
  });

  command(commands.copyText, async (node) => {
    if (node) {
      // an entry is copied with its fields, everything else with what stands below it
      await vscode.env.clipboard.writeText(`${treeText(node, node.kind === 'hpte' ? 0 : 4)}\n`);
    }
  });
}

/** Asks for a moment: its number, a step from here, or a line. */
async function askMoment(run: Run): Promise<number | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Go to moment'),
    prompt: vscode.l10n.t('A moment from 1 to {0}, a step from here (+10, -10), or: line and a number', run.length),
    value: String(run.position + 1),
    validateInput: (typed) =>
      momentOf(run, typed) === undefined
        ? vscode.l10n.t('There is no moment "{0}"; there are 1 to {1}.', typed.slice(0, 40), run.length)
        : undefined,
  });
  return text === undefined ? undefined : momentOf(run, text);
}

/** The moment that a person names, from 0; undefined when there is none. */
function momentOf(run: Run, text: string): number | undefined {
  const [, word = '', sign = '', digits = ''] = /^\s*(line\s+)?([+-]?)(\d{1,15})\s*$/i.exec(text) ?? [];
  if (digits === '') {
    return undefined;
  }
  const number = Number(digits);
  if (word !== '') {
    const source = findStatement(run.statements, ({ line }) => line >= number - 1);
    const moment = source < 0 ? -1 : run.momentOfSource(source);
    return moment < 0 ? undefined : moment;
  }
  const moment = sign === '' ? number - 1 : run.position + (sign === '-' ? -number : number);
  return moment >= 0 && moment < run.length ? moment : undefined;
}

/** Asks for an HPTE, and which one when several answer. */
async function askHpte(session: Services['session']): Promise<number | undefined> {
  const { view } = session;
  if (view === null) {
    return undefined;
  }
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Go to HPTE'),
    prompt: findHint(),
    validateInput: (typed) => {
      const { indexes, sentence } = findEntries(view, typed);
      return typed.trim() === '' || indexes.length > 0 ? undefined : sentence;
    },
  });
  const { indexes, sentence } = findEntries(view, text ?? '');
  if (text === undefined || indexes.length < 2) {
    return text === undefined ? undefined : indexes[0];
  }
  const items = indexes.map((index) => {
    const { label, description = '' } = hpteNode(view, 'found', index);
    return { label, description, index };
  });
  const chosen = await vscode.window.showQuickPick(items, { title: sentence });
  return chosen?.index;
}
