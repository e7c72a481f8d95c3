// Semantic colours: labels, actors, events, points, mutations.

import * as vscode from 'vscode';
import { semanticTokens, TOKEN_MODIFIERS, TOKEN_TYPES } from '../../scenario/editor/semanticTokens';
import type { Checks } from './checks';
import { scenarios } from './convert';

const legend = new vscode.SemanticTokensLegend([...TOKEN_TYPES], [...TOKEN_MODIFIERS]);

/** Registers semantic tokens. */
export function registerColors(context: vscode.ExtensionContext, checks: Checks): void {
  context.subscriptions.push(
    vscode.languages.registerDocumentSemanticTokensProvider(
      scenarios,
      {
        provideDocumentSemanticTokens(document) {
          const builder = new vscode.SemanticTokensBuilder(legend);
          for (const { range, type, declaration } of semanticTokens(checks.of(document))) {
            builder.push(range.line, range.column, range.length, TOKEN_TYPES.indexOf(type), declaration ? 1 : 0);
          }
          return builder.build();
        },
      },
      legend,
    ),
  );
}
