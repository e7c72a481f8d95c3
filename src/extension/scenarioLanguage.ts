// The scenario language in the editor: diagnostics as you type with quick fixes, outline, formatting, completion and hover from
// the grammar table, and the lenses Run and Debug.

import * as vscode from 'vscode';
import type { Diagnostic, Range, Statement } from '../scenario/ast';
import { type CheckedScenario, readScenario } from '../scenario/checker';
import { formatScenario } from '../scenario/formatter';
import { STATEMENTS, statementDefinition } from '../scenario/grammar';
import { statementReference } from '../scenario/reference';
import { commands, languages } from './ids';

/** Milliseconds without typing after which a text is checked. */
const pause = 150;
/** Texts beyond this are not checked as you type; running them says what is wrong. */
const largest = 2_000_000;

const selector: vscode.DocumentSelector = { language: languages.scenario };

/** Registers the language features. */
export function registerScenarioLanguage(context: vscode.ExtensionContext): void {
  const checks = new Checks();
  context.subscriptions.push(
    checks,
    vscode.languages.registerDocumentSymbolProvider(selector, {
      provideDocumentSymbols: (document) => symbols(document, checks.of(document)),
    }),
    vscode.languages.registerDocumentFormattingEditProvider(selector, {
      provideDocumentFormattingEdits: (document) => formatting(document),
    }),
    vscode.languages.registerCompletionItemProvider(selector, {
      provideCompletionItems: (document, position) => completions(document, position, checks.of(document)),
    }),
    vscode.languages.registerHoverProvider(selector, {
      provideHover: (document, position) => hover(position, checks.of(document)),
    }),
    vscode.languages.registerCodeActionsProvider(
      selector,
      { provideCodeActions: (document, range) => quickFixes(document, range, checks.of(document)) },
      { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
    ),
    vscode.languages.registerDefinitionProvider(selector, {
      provideDefinition: (document, position) => definition(document, position, checks.of(document)),
    }),
    vscode.languages.registerCodeLensProvider(selector, { provideCodeLenses: lenses }),
  );
}

/** Keeps the check of each open scenario, made once for each version, and its diagnostics. */
class Checks implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection(languages.scenario);
  private readonly known = new Map<string, { version: number; checked: CheckedScenario }>();
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly owned: vscode.Disposable[];

  constructor() {
    this.owned = [
      this.collection,
      vscode.workspace.onDidOpenTextDocument((document) => this.publish(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.later(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
    ];
    for (const document of vscode.workspace.textDocuments) {
      this.publish(document);
    }
  }

  of(document: vscode.TextDocument): CheckedScenario {
    const key = document.uri.toString();
    const known = this.known.get(key);
    if (known?.version === document.version) {
      return known.checked;
    }
    const checked = readScenario(document.getText(), known?.checked);
    this.known.set(key, { version: document.version, checked });
    return checked;
  }

  dispose(): void {
    for (const timer of this.waiting.values()) {
      clearTimeout(timer);
    }
    vscode.Disposable.from(...this.owned).dispose();
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
      }, pause),
    );
  }

  private publish(document: vscode.TextDocument): void {
    if (document.languageId !== languages.scenario || document.isClosed || document.getText().length > largest) {
      return;
    }
    const { diagnostics } = this.of(document);
    this.collection.set(document.uri, diagnostics.map(diagnosticOf));
  }

  private forget(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.waiting.get(key));
    this.waiting.delete(key);
    this.known.delete(key);
    this.collection.delete(document.uri);
  }
}

function rangeOf({ line, column, length }: Range): vscode.Range {
  return new vscode.Range(line, column, line, column + length);
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
  { diagnostics }: CheckedScenario,
): vscode.CodeAction[] {
  return diagnostics
    .filter(({ range }) => rangeOf(range).intersection(at) !== undefined)
    .flatMap((diagnostic) =>
      diagnostic.fixes.map(({ title, edits }, place) => {
        const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
        action.edit = new vscode.WorkspaceEdit();
        for (const { range, newText } of edits) {
          action.edit.replace(document.uri, rangeOf(range), newText);
        }
        action.diagnostics = [diagnosticOf(diagnostic)];
        action.isPreferred = place === 0;
        return action;
      }),
    );
}

/** Statements as outline: label and name; what stands in blocks below them. */
function symbols(document: vscode.TextDocument, { tree }: CheckedScenario): vscode.DocumentSymbol[] {
  const symbolOf = (statement: Statement): vscode.DocumentSymbol => {
    const { label, name, body, range } = statement;
    const line = document.lineAt(range.line).range;
    const text = document
      .lineAt(range.line)
      .text.replace(/\s*(->|#).*$/, '')
      .trim();
    const group = statementDefinition(name)?.group;
    const symbol = new vscode.DocumentSymbol(
      label?.text ?? name,
      label ? text.slice(label.text.length + 1).trim() : text.slice(name.length).trim(),
      label ? vscode.SymbolKind.Variable : kindOf(group),
      line,
      label ? rangeOf(label.range) : rangeOf(range),
    );
    symbol.children = body.map(symbolOf);
    const last = symbol.children.at(-1);
    if (last) {
      symbol.range = symbol.range.union(last.range);
    }
    return symbol;
  };
  return tree.statements.map(symbolOf);
}

function kindOf(group: string | undefined): vscode.SymbolKind {
  switch (group) {
    case 'machine':
    case 'vmm':
      return vscode.SymbolKind.Property;
    case 'hypercall':
      return vscode.SymbolKind.Method;
    case 'structure':
      return vscode.SymbolKind.Namespace;
    default:
      return vscode.SymbolKind.Event;
  }
}

function formatting(document: vscode.TextDocument): vscode.TextEdit[] {
  const before = document.getText();
  const after = formatScenario(before);
  const all = new vscode.Range(document.positionAt(0), document.positionAt(before.length));
  return before === after ? [] : [vscode.TextEdit.replace(all, after)];
}

/** At the start of a line the statements; behind a statement's name its fields and the scenario's labels. */
function completions(
  document: vscode.TextDocument,
  position: vscode.Position,
  { labels }: CheckedScenario,
): vscode.CompletionItem[] {
  const before = document
    .lineAt(position.line)
    .text.slice(0, position.character)
    .replace(/^\s*[\w.-]+:(?=\s)/, '');
  if (before.includes('#') || before.includes('->')) {
    return [];
  }
  if (/^\s*[\w-]*$/.test(before)) {
    return STATEMENTS.map((statement) => {
      const item = new vscode.CompletionItem(statement.name, vscode.CompletionItemKind.Function);
      item.detail = statement.summary;
      item.documentation = new vscode.MarkdownString(statementReference(statement));
      return item;
    });
  }
  const words = before.trim().split(/\s+/);
  const name = STATEMENTS.map((statement) => statement.name)
    .filter((each) => words.join(' ').startsWith(each))
    .sort((a, b) => b.length - a.length)[0];
  const statement = name === undefined ? undefined : statementDefinition(name);
  if (!statement) {
    return [];
  }
  const fields = statement.fields
    .filter((field) => !words.includes(field.name))
    .map((field) => {
      const item = new vscode.CompletionItem(field.name, vscode.CompletionItemKind.Field);
      item.detail = field.summary;
      return item;
    });
  const choices = statement.operands.flatMap(({ shape, summary }) =>
    shape.kind !== 'choice'
      ? []
      : shape.of.map((word) => {
          const item = new vscode.CompletionItem(word, vscode.CompletionItemKind.EnumMember);
          item.detail = summary;
          return item;
        }),
  );
  const names = [...labels.values()].map((label) => {
    const item = new vscode.CompletionItem(label.name, vscode.CompletionItemKind.Variable);
    item.detail = document.lineAt(label.definition.range.line).text.trim();
    return item;
  });
  return [...choices, ...fields, ...names];
}

/** The statement under the position, also inside blocks and races. */
function statementAt(statements: readonly Statement[], position: vscode.Position): Statement | undefined {
  for (const statement of statements) {
    if (rangeOf(statement.range).contains(position)) {
      return statement;
    }
    const inside = statementAt([...statement.body, ...statement.racing.map((race) => race.statement)], position);
    if (inside) {
      return inside;
    }
  }
  return undefined;
}

function hover(position: vscode.Position, { tree }: CheckedScenario): vscode.Hover | undefined {
  const statement = statementAt(tree.statements, position);
  const found = statement && statementDefinition(statement.name);
  return found && new vscode.Hover(new vscode.MarkdownString(statementReference(found)), rangeOf(statement.range));
}

function definition(
  document: vscode.TextDocument,
  position: vscode.Position,
  { labels }: CheckedScenario,
): vscode.Location | undefined {
  for (const { definition: made, references } of labels.values()) {
    if ([made.range, ...references].some((range) => rangeOf(range).contains(position))) {
      return new vscode.Location(document.uri, rangeOf(made.range));
    }
  }
  return undefined;
}

/** Run and Debug above the first statement. */
function lenses(document: vscode.TextDocument): vscode.CodeLens[] {
  const top = new vscode.Range(0, 0, 0, 0);
  const lens = (title: string, command: string) =>
    new vscode.CodeLens(top, { title, command, arguments: [document.uri] });
  return [
    lens(vscode.l10n.t('$(debug-alt) Debug'), commands.debugFile),
    lens(vscode.l10n.t('$(eye) Open run without debugging'), commands.openRun),
  ];
}
