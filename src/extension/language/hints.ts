// Behind each line the state of the HPTEs that it changed, as the last run or the debugger has it; and, where the debugger stands, the
// labels of the line as they are now.

import * as vscode from 'vscode';
import { inlayText } from '../../scenario/editor/visits';
import type { RunSession } from '../session';
import { hpteNode } from '../viewModels/hpte';
import type { Checks } from './checks';
import { rangeOf, scenarios } from './convert';
import type { LastRuns } from './lastRuns';

/** Registers inlay hints and inline values. */
export function registerHints(
  context: vscode.ExtensionContext,
  checks: Checks,
  lastRuns: LastRuns,
  session: RunSession,
): void {
  const changed = new vscode.EventEmitter<void>();
  context.subscriptions.push(
    changed,
    lastRuns.onDidChange(() => changed.fire()),
    vscode.languages.registerInlayHintsProvider(scenarios, {
      onDidChangeInlayHints: changed.event,
      provideInlayHints: (document, range) => inlayHints(document, range, checks, lastRuns),
    }),
    vscode.languages.registerInlineValuesProvider(scenarios, {
      onDidChangeInlineValues: changed.event,
      provideInlineValues: (document, _viewPort, { stoppedLocation }) =>
        inlineValues(document, stoppedLocation.start.line, checks, session),
    }),
  );
}

function inlayHints(
  document: vscode.TextDocument,
  { start, end }: vscode.Range,
  checks: Checks,
  lastRuns: LastRuns,
): vscode.InlayHint[] {
  const hints: vscode.InlayHint[] = [];
  const stale = lastRuns.firstStale(document, checks.of(document).tree.lines);
  for (let line = start.line; line <= end.line && line < stale; line++) {
    const visit = lastRuns.visit(document, line);
    const text = visit && !lastRuns.hasFailed(document, line) ? inlayText(visit) : '';
    if (visit && text !== '') {
      const hint = new vscode.InlayHint(document.lineAt(line).range.end, text);
      hint.paddingLeft = true;
      hint.tooltip = vscode.l10n.t('State after this line. Events: {0}', visit.events.join(', '));
      hints.push(hint);
    }
  }
  return hints;
}

function inlineValues(
  document: vscode.TextDocument,
  line: number,
  checks: Checks,
  session: RunSession,
): vscode.InlineValue[] {
  const { view } = session;
  if (view === null || session.origin !== document.uri.toString()) {
    return [];
  }
  const values: vscode.InlineValue[] = [];
  for (const { name, definition, references } of checks.of(document).labels.values()) {
    const index = session.labels.get(name);
    const place = [definition.range, ...references].find((range) => range.line === line);
    if (index !== undefined && place !== undefined) {
      const { description = '' } = hpteNode(view, 'inline', index);
      values.push(new vscode.InlineValueText(rangeOf(place), `${name} = ${description}`));
    }
  }
  return values;
}
