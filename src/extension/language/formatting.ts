// Formatting of the whole text, of some lines, and of a line when it is over.

import * as vscode from 'vscode';
import type { ScenarioTree } from '../../scenario/ast';
import { formatEdits, type LineEdit, lacksFinalBreak } from '../../scenario/editor/formatEdits';
import type { Checks } from './checks';
import { scenarios } from './convert';

/** Registers formatting. */
export function registerFormatting(context: vscode.ExtensionContext, checks: Checks): void {
  context.subscriptions.push(
    vscode.languages.registerDocumentFormattingEditProvider(scenarios, {
      provideDocumentFormattingEdits: (document) => wholeEdits(document, checks.of(document).tree),
    }),
    vscode.languages.registerDocumentRangeFormattingEditProvider(scenarios, {
      provideDocumentRangeFormattingEdits: (document, { start, end }) => {
        const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
        return formatEdits(checks.of(document).tree, start.line, last).map((edit) => textEdit(document, edit));
      },
    }),
  );
}

function wholeEdits(document: vscode.TextDocument, tree: ScenarioTree): vscode.TextEdit[] {
  const edits = formatEdits(tree).map((edit) => textEdit(document, edit));
  if (lacksFinalBreak(tree)) {
    edits.push(vscode.TextEdit.insert(document.lineAt(document.lineCount - 1).range.end, '\n'));
  }
  return edits;
}

function textEdit(document: vscode.TextDocument, { from, to, lines }: LineEdit): vscode.TextEdit {
  return lines.length === 0
    ? vscode.TextEdit.delete(new vscode.Range(from, 0, to, 0))
    : vscode.TextEdit.replace(document.lineAt(from).range, lines.join('\n'));
}
