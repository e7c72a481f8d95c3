// What can be typed next: statements, fields, values, labels, events, points, mutations, expectations, from the grammar table.

import * as vscode from 'vscode';
import { type Completion, type CompletionKind, completionsAt } from '../../scenario/completion';
import { statementDefinition } from '../../scenario/grammar';
import { statementReference } from '../../scenario/reference';
import type { Checks } from './checks';
import { rangeOf, scenarios } from './convert';

/** Registers completion. */
export function registerCompletion(context: vscode.ExtensionContext, checks: Checks): void {
  context.subscriptions.push(
    vscode.languages.registerCompletionItemProvider(
      scenarios,
      {
        provideCompletionItems(document, position) {
          const { line, character } = position;
          const { range, items } = completionsAt(
            document.lineAt(line).text,
            line,
            character,
            checks.of(document).labels,
          );
          const replaced = rangeOf(range);
          return items.map((item) => itemOf(item, replaced));
        },
      },
      ' ',
      '(',
      '>',
      ',',
    ),
  );
}

/** Kinds of VS Code, and where they stand in the list: what the line is about first. */
const KINDS: Readonly<Record<CompletionKind, readonly [vscode.CompletionItemKind, string]>> = {
  label: [vscode.CompletionItemKind.Variable, '1'],
  value: [vscode.CompletionItemKind.EnumMember, '1'],
  field: [vscode.CompletionItemKind.Field, '2'],
  statement: [vscode.CompletionItemKind.Function, '2'],
  check: [vscode.CompletionItemKind.Property, '2'],
  subject: [vscode.CompletionItemKind.Class, '3'],
  result: [vscode.CompletionItemKind.Constant, '3'],
  event: [vscode.CompletionItemKind.Event, '4'],
  point: [vscode.CompletionItemKind.Reference, '1'],
  mutation: [vscode.CompletionItemKind.Reference, '1'],
  clause: [vscode.CompletionItemKind.Keyword, '5'],
};

function itemOf({ kind, text, summary }: Completion, range: vscode.Range): vscode.CompletionItem {
  const [symbol, order] = KINDS[kind];
  const item = new vscode.CompletionItem(text, symbol);
  item.detail = summary;
  item.sortText = `${order}${text}`;
  item.range = range;
  const definition = kind === 'statement' ? statementDefinition(text) : undefined;
  if (definition) {
    item.documentation = new vscode.MarkdownString(statementReference(definition));
  }
  if (kind === 'statement' || kind === 'field' || kind === 'clause' || kind === 'subject') {
    // what comes behind it is offered at once
    item.insertText = kind === 'subject' ? text : `${text} `;
    item.command = { title: '', command: 'editor.action.triggerSuggest' };
  }
  return item;
}
