// Hover: the sentence of the grammar table, values decoded, and what the last run made of the line.

import * as vscode from 'vscode';
import { hoverAt } from '../../scenario/editor/hover';
import type { Checks } from './checks';
import { rangeOf, scenarios } from './convert';
import type { LastRuns } from './lastRuns';

/** Registers hovers. */
export function registerHover(context: vscode.ExtensionContext, checks: Checks, lastRuns: LastRuns): void {
  context.subscriptions.push(
    vscode.languages.registerHoverProvider(scenarios, {
      provideHover(document, { line, character }) {
        const checked = checks.of(document);
        const stale = lastRuns.firstStale(document, checked.tree.lines);
        const found = hoverAt(checked, line, character, (at) =>
          at < stale ? lastRuns.visit(document, at) : undefined,
        );
        return (
          found &&
          new vscode.Hover(
            found.markdown.map((text) => new vscode.MarkdownString(text)),
            rangeOf(found.range),
          )
        );
      },
    }),
  );
}
