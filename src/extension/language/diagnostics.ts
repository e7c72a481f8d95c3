// Mistakes as you type, each at its place, and the quick fixes that put them right. A small text is checked at once, a long one
// after the shortest pause, so that what is wrong shows within a tenth of a second of the key.

import * as vscode from 'vscode';
import type { Diagnostic, QuickFix } from '../../scenario/ast';
import { languages } from '../ids';
import { type Checks, isLookedAt } from './checks';
import { rangeOf, scenarios } from './convert';

/** Milliseconds without a key after which a text is checked. */
const PAUSE = 20;

/** Registers diagnostics and quick fixes. */
export function registerDiagnostics(context: vscode.ExtensionContext, checks: Checks): void {
  context.subscriptions.push(
    new Published(checks),
    vscode.languages.registerCodeActionsProvider(
      scenarios,
      { provideCodeActions: (document, range) => quickFixes(document, range, checks.of(document).diagnostics) },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
  );
}

/** Keeps the Problems view in step with the open scenarios. */
class Published implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection(languages.scenario);
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly owned: vscode.Disposable;

  constructor(private readonly checks: Checks) {
    this.owned = vscode.Disposable.from(
      this.collection,
      vscode.workspace.onDidOpenTextDocument((document) => this.publish(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.later(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
    );
    for (const document of vscode.workspace.textDocuments) {
      this.publish(document);
    }
  }

  dispose(): void {
    for (const timer of this.waiting.values()) {
      clearTimeout(timer);
    }
    this.owned.dispose();
  }

  private later(document: vscode.TextDocument): void {
    if (document.languageId !== languages.scenario) {
      return;
    }
    const key = document.uri.toString();
    clearTimeout(this.waiting.get(key));
    this.waiting.set(
      key,
      setTimeout(() => {
        this.waiting.delete(key);
        this.publish(document);
      }, PAUSE),
    );
  }

  private publish(document: vscode.TextDocument): void {
    if (isLookedAt(document)) {
      this.collection.set(document.uri, this.checks.of(document).diagnostics.map(diagnosticOf));
    } else {
      this.collection.delete(document.uri);
    }
  }

  private forget(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.waiting.get(key));
    this.waiting.delete(key);
    this.collection.delete(document.uri);
  }
}

function diagnosticOf({ severity, message, range, code }: Diagnostic): vscode.Diagnostic {
  const kind = severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning;
  const diagnostic = new vscode.Diagnostic(rangeOf(range), message, kind);
  diagnostic.source = languages.scenario;
  diagnostic.code = code;
  return diagnostic;
}

function quickFixes(
  document: vscode.TextDocument,
  at: vscode.Range,
  diagnostics: readonly Diagnostic[],
): vscode.CodeAction[] {
  return diagnostics
    .filter(({ range }) => range.line <= at.end.line && range.line >= at.start.line && touches(rangeOf(range), at))
    .flatMap((diagnostic) => diagnostic.fixes.map((fix, place) => actionOf(document, diagnostic, fix, place === 0)));
}

function touches(range: vscode.Range, at: vscode.Range): boolean {
  return range.intersection(at) !== undefined;
}

function actionOf(
  document: vscode.TextDocument,
  diagnostic: Diagnostic,
  { title, edits }: QuickFix,
  preferred: boolean,
): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.edit = new vscode.WorkspaceEdit();
  for (const { range, newText } of edits) {
    action.edit.replace(document.uri, rangeOf(range), newText);
  }
  action.diagnostics = [diagnosticOf(diagnostic)];
  action.isPreferred = preferred;
  return action;
}
