// Labels and actors: where they are made, where they are used, and another name for them.

import * as vscode from 'vscode';
import { covers, type NamedThing, nameAt, newNameProblem } from '../../scenario/editor/places';
import type { Checks } from './checks';
import { rangeOf, scenarios } from './convert';

/** Registers definition, references, highlights and rename. */
export function registerNavigation(context: vscode.ExtensionContext, checks: Checks): void {
  const find = (document: vscode.TextDocument, { line, character }: vscode.Position) =>
    nameAt(checks.of(document), line, character);
  context.subscriptions.push(
    vscode.languages.registerDefinitionProvider(scenarios, {
      provideDefinition(document, position) {
        const thing = find(document, position);
        return thing && new vscode.Location(document.uri, rangeOf(thing.definition));
      },
    }),
    vscode.languages.registerReferenceProvider(scenarios, {
      provideReferences: (document, position, { includeDeclaration }) =>
        (find(document, position)?.places ?? [])
          .slice(includeDeclaration ? 0 : 1)
          .map((range) => new vscode.Location(document.uri, rangeOf(range))),
    }),
    vscode.languages.registerDocumentHighlightProvider(scenarios, {
      provideDocumentHighlights: (document, position) =>
        (find(document, position)?.places ?? []).map(
          (range, at) =>
            new vscode.DocumentHighlight(
              rangeOf(range),
              at === 0 ? vscode.DocumentHighlightKind.Write : vscode.DocumentHighlightKind.Read,
            ),
        ),
    }),
    vscode.languages.registerRenameProvider(scenarios, {
      prepareRename: (document, position) => renamed(find(document, position), position),
      provideRenameEdits(document, position, name) {
        const thing = find(document, position);
        renamed(thing, position);
        const problem = thing && newNameProblem(checks.of(document), thing, name);
        if (problem !== undefined) {
          throw new Error(problem);
        }
        const edit = new vscode.WorkspaceEdit();
        for (const range of thing?.places ?? []) {
          edit.replace(document.uri, rangeOf(range), name);
        }
        return edit;
      },
    }),
  );
}

/** The word that gets another name. Throws a sentence for people when there is none. */
function renamed(thing: NamedThing | undefined, { line, character }: vscode.Position): vscode.Range {
  const place = thing?.places.find((range) => covers(range, line, character));
  if (place === undefined) {
    throw new Error(vscode.l10n.t('Only a label or an actor can get another name.'));
  }
  return rangeOf(place);
}
