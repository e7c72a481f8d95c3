// "Decode…": a trace line, an HPTE pair, a DSISR, an rmap word or any other word taken apart, field by field. No run need be open. What
// is selected in an editor comes into the box by itself; lines of traces and dumps are decoded in a hover too.

import * as vscode from 'vscode';
import { type Decoded, decodedText, decodePasted, type Part, WORD_KINDS } from '../debug/pasted';

interface Item extends vscode.QuickPickItem {
  /** what Enter copies */
  readonly copies?: string;
  /** Enter opens all of it as a document */
  readonly opens?: boolean;
  /** Enter begins the text with this */
  readonly begins?: string;
}

const longestHovered = 2000;

function selectedText(): string {
  const editor = vscode.window.activeTextEditor;
  return editor === undefined ? '' : editor.document.getText(editor.selection).trim();
}

/** Shows the box with a text, or what is selected in the editor; what is typed or pasted is decoded as it comes. */
export function showDecoded(text: unknown): void {
  const given = typeof text === 'string' ? text : selectedText();
  const box = vscode.window.createQuickPick<Item>();
  box.title = vscode.l10n.t('Decode');
  box.placeholder = vscode.l10n.t('A trace line, a line of a table dump, an HPTE pair, or a word');
  // a box has one line: of several the first ones are shown, all are decoded
  let all = given;
  box.value = given.replace(/\s*\n\s*/g, ' ⏎ ');
  const shown = box.value;
  const current = () => (box.value === shown ? all : box.value);
  const refresh = () => {
    all = current();
    box.items = all.trim() === '' ? formItems() : itemsOf(decodePasted(all));
  };
  const owned = [
    box,
    box.onDidChangeValue(refresh),
    box.onDidHide(() => vscode.Disposable.from(...owned).dispose()),
    box.onDidAccept(async () => {
      const [item] = box.activeItems;
      if (item?.begins !== undefined) {
        box.value = item.begins;
        refresh();
      } else if (item?.opens) {
        box.hide();
        await open(current());
      } else if (item?.copies !== undefined) {
        await vscode.env.clipboard.writeText(item.copies);
        void vscode.window.setStatusBarMessage(vscode.l10n.t('Copied: {0}', item.copies.slice(0, 60)), 3000);
      }
    }),
  ];
  refresh();
  box.show();
}

function itemsOf(decoded: readonly Decoded[] | string): Item[] {
  if (typeof decoded === 'string') {
    return [{ label: `$(error) ${decoded}`, alwaysShow: true }, ...formItems()];
  }
  const openAll: Item = { label: `$(go-to-file) ${vscode.l10n.t('Open as text')}`, opens: true, alwaysShow: true };
  return [
    ...decoded.flatMap(({ as, parts }) => [
      { label: as, kind: vscode.QuickPickItemKind.Separator },
      ...parts.flatMap((part) => partItems(part, '')),
    ]),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    openAll,
  ];
}

/** What a word can be said to be. */
function formItems(): Item[] {
  return Object.entries(WORD_KINDS).map(([name, { words, title }]) => ({
    label: `${name} ${words}`,
    description: title,
    begins: `${name} `,
    alwaysShow: true,
  }));
}

function partItems({ name, value, parts }: Part, indent: string): Item[] {
  const own: Item = { label: `${indent}${name}`, description: value, copies: `${name} ${value}`, alwaysShow: true };
  return [own, ...parts.flatMap((part) => partItems(part, `${indent}\u2003`))];
}

/** Opens the decoded text in an editor of its own, to be kept or sent. */
async function open(text: string): Promise<void> {
  const decoded = decodePasted(text);
  if (typeof decoded !== 'string') {
    const content = `${text.trim()}\n\n${decodedText(decoded)}\n`;
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }), { preview: true });
  }
}

/** The line of a trace or dump, decoded. */
export function hoverOf(document: vscode.TextDocument, { line }: vscode.Position): vscode.Hover | undefined {
  const { text, range } = document.lineAt(line);
  const decoded = text.trim() === '' || text.length > longestHovered ? text : decodePasted(text);
  if (typeof decoded === 'string') {
    return undefined;
  }
  const markdown = new vscode.MarkdownString();
  markdown.appendCodeblock(decodedText(decoded), 'text');
  return new vscode.Hover(markdown, range);
}
