// Outline, breadcrumbs and folding.

import * as vscode from 'vscode';
import { folds } from '../../scenario/editor/folding';
import { type OutlineItem, outline } from '../../scenario/symbols';
import type { Checks } from './checks';
import { rangeOf, scenarios } from './convert';

/** Registers outline and folding. */
export function registerOutline(context: vscode.ExtensionContext, checks: Checks): void {
  context.subscriptions.push(
    vscode.languages.registerDocumentSymbolProvider(scenarios, {
      provideDocumentSymbols: (document) => outline(checks.of(document)).map((item) => symbolOf(document, item)),
    }),
    vscode.languages.registerFoldingRangeProvider(scenarios, {
      provideFoldingRanges: (document) =>
        folds(checks.of(document)).map(
          ({ from, to, kind }) =>
            new vscode.FoldingRange(from, to, kind === 'comment' ? vscode.FoldingRangeKind.Comment : undefined),
        ),
    }),
  );
}

function symbolOf(document: vscode.TextDocument, item: OutlineItem): vscode.DocumentSymbol {
  const symbol = new vscode.DocumentSymbol(
    item.name,
    item.detail,
    kindOf(item),
    new vscode.Range(item.range.line, 0, item.lastLine, document.lineAt(item.lastLine).text.length),
    rangeOf(item.range),
  );
  symbol.children = item.children.map((child) => symbolOf(document, child));
  return symbol;
}

function kindOf({ name, children }: OutlineItem): vscode.SymbolKind {
  switch (name) {
    case 'machine':
      return vscode.SymbolKind.Module;
    case 'memslot':
    case 'vma':
    case 'slb':
      return vscode.SymbolKind.Struct;
    default:
      return children.length > 0 || name === 'repeat' ? vscode.SymbolKind.Namespace : vscode.SymbolKind.Variable;
  }
}
