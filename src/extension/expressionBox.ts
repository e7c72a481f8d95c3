// A box in which an expression is typed, with completion: VS Code's input boxes have none. The first entry is what was typed, or what
// is wrong about it; Enter on it takes it. The title says what it comes to. The others complete the last word; Enter on one writes it.

import * as vscode from 'vscode';
import type { Completions } from '../debug/complete';
import type { Completion } from '../debug/names';

interface Item extends vscode.QuickPickItem {
  /** the whole text with the last word completed */
  readonly completed?: string;
}

export interface ExpressionBox {
  readonly title: string;
  readonly placeholder: string;
  readonly value: string;
  complete(text: string): Completions;
  /** @returns a sentence when the text cannot be taken as it is */
  mistakeOf(text: string): string | undefined;
  /** Says what the text comes to, by and by; `still` tells whether the same text stands there. */
  judge?(text: string, still: () => boolean, say: (sentence: string) => void): void;
}

const mostCompletions = 60;
const icons: Readonly<Record<Completion['kind'], string>> = {
  value: 'symbol-variable',
  function: 'symbol-method',
  field: 'symbol-field',
  label: 'tag',
  event: 'symbol-event',
};

/** Asks for an expression. @returns what was taken, or undefined when the box was left */
export function askExpression({
  title,
  placeholder,
  value,
  complete,
  mistakeOf,
  judge,
}: ExpressionBox): Promise<string | undefined> {
  const box = vscode.window.createQuickPick<Item>();
  box.placeholder = placeholder;
  box.value = value;
  const typed = () => {
    const text = box.value;
    const mistake = mistakeOf(text);
    const own = mistake === undefined ? `$(check) ${text || vscode.l10n.t('(nothing)')}` : `$(error) ${mistake}`;
    box.items = [{ label: own, alwaysShow: true }, ...completionItems(text, complete(text))];
    box.title = title;
    if (mistake === undefined) {
      // in the title: new entries would take back what the person has chosen meanwhile
      judge?.(
        text,
        () => box.value === text,
        (sentence) => {
          box.title = `${title} · ${sentence}`;
        },
      );
    }
  };
  return new Promise((resolve) => {
    const owned = [
      box,
      box.onDidChangeValue(typed),
      box.onDidAccept(() => {
        const [item] = box.activeItems;
        if (item?.completed !== undefined) {
          box.value = item.completed;
          typed();
        } else if (mistakeOf(box.value) === undefined) {
          resolve(box.value);
          box.hide();
        }
      }),
      box.onDidHide(() => {
        resolve(undefined);
        vscode.Disposable.from(...owned).dispose();
      }),
    ];
    box.show();
    typed();
  });
}

function completionItems(text: string, { start, length, items }: Completions): Item[] {
  return items.slice(0, mostCompletions).map(({ label, kind, detail }) => ({
    label: `$(${icons[kind]}) ${label}`,
    description: detail,
    completed: `${text.slice(0, start)}${label}${text.slice(start + length)}`,
    alwaysShow: true,
  }));
}
