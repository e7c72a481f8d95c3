// The commands that ask something: "Go to", "Why", "Decode", and the hovers of traces and dumps. What answers them is loaded when it is
// first asked for.

import * as vscode from 'vscode';
import type { Mark } from '../debug/goTo/standpoint';
import type { HeatmapPanel } from './heatmapPanel';
import { commands, languages } from './ids';
import type { Services } from './services';

/** Registers the commands and hovers. @param marks the moments that the person marked */
export function registerQuestions(
  context: vscode.ExtensionContext,
  { session }: Services,
  heatmap: HeatmapPanel,
  marks: () => readonly Mark[],
): void {
  context.subscriptions.push(
    vscode.commands.registerCommand(commands.goTo, async (typed?: unknown) => {
      const { goTo } = await import('./goTo');
      await goTo(session, heatmap, marks, typed);
    }),
    vscode.commands.registerCommand(commands.why, async (from?: unknown) => {
      const { askWhy } = await import('./why');
      await askWhy(session, from);
    }),
    vscode.commands.registerCommand(commands.decode, async (given?: unknown) => {
      const { showDecoded } = await import('./decode');
      showDecoded(given);
    }),
    vscode.languages.registerHoverProvider([{ language: languages.trace }, { language: languages.htab }], {
      provideHover: async (document, position) => (await import('./decode')).hoverOf(document, position),
    }),
  );
}
