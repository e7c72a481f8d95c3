// The check of each open scenario: made once for each version of the text, on top of the last one, when somebody asks.

import * as vscode from 'vscode';
import { type CheckedScenario, readScenario } from '../../scenario/checker';
import { languages } from '../ids';

/** Texts beyond this many characters are not looked at as you type; running them says what is wrong. */
const LARGEST = 4_000_000;

export class Checks implements vscode.Disposable {
  private readonly known = new Map<string, { version: number; checked: CheckedScenario }>();
  private readonly closing = vscode.workspace.onDidCloseTextDocument(({ uri }) => this.known.delete(uri.toString()));

  /** What is known of a document as it is now. */
  of(document: vscode.TextDocument): CheckedScenario {
    const key = document.uri.toString();
    const known = this.known.get(key);
    if (known?.version === document.version) {
      return known.checked;
    }
    const text = document.getText();
    const checked = readScenario(text.length > LARGEST ? '' : text, known?.checked);
    this.known.set(key, { version: document.version, checked });
    return checked;
  }

  dispose(): void {
    this.closing.dispose();
    this.known.clear();
  }
}

/** Whether a document is a scenario small enough to be looked at as you type. */
export function isLookedAt(document: vscode.TextDocument): boolean {
  return document.languageId === languages.scenario && !document.isClosed && document.getText().length <= LARGEST;
}
