// Places of scenarios as VS Code has them.

import * as vscode from 'vscode';
import type { Range } from '../../scenario/ast';
import { languages } from '../ids';

/** Every scenario, wherever it comes from. */
export const scenarios: vscode.DocumentSelector = { language: languages.scenario };

export function rangeOf({ line, column, length }: Range): vscode.Range {
  return new vscode.Range(line, column, line, column + length);
}
