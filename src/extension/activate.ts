// The one activation of both hosts: registers every feature. Node and browser entries differ only in the platform they hand in.

import * as vscode from 'vscode';
import { registerAssume } from './assume';
import { registerCommands } from './commands';
import { registerDebug } from './debug';
import { registerHeatmap } from './heatmapPanel';
import type { Platform } from './load';
import { registerMoments } from './moments';
import { registerOpenFile } from './openFile';
import { registerQuestions } from './questions';
import { registerScenarios } from './scenarios';
import { makeServices, type Services } from './services';
import { l10n } from './texts';
import { registerTraces } from './traces';
import { registerTrees } from './trees';

/** What the extension gives to others: its integration tests look at the run through it. */
export type ExtensionApi = Pick<Services, 'session' | 'heatmap' | 'load'> & {
  /** Loads the scenario language, and gives the Test Explorer's controller. */
  readonly tests: () => Promise<vscode.TestController>;
};

/** Registers the extension's features; everything it registers is disposed with the context. */
export function activateOn(context: vscode.ExtensionContext, platform: Platform): ExtensionApi {
  const start = performance.now();
  const log = vscode.window.createOutputChannel('HPT Scope', { log: true });
  context.subscriptions.push(log);
  if (vscode.l10n.bundle) {
    l10n.config({ contents: vscode.l10n.bundle });
  }
  const services = makeServices(context, platform, log);
  registerTrees(context, services);
  const heatmap = registerHeatmap(context, services);
  const moments = registerMoments(context, services);
  registerDebug(context, services, heatmap, moments);
  registerCommands(context, services);
  registerQuestions(context, services, heatmap, moments.marks);
  registerOpenFile(context, services);
  registerAssume(context);
  registerTraces(context, services);
  const scenarios = registerScenarios(context, services);
  log.info(`activated in ${(performance.now() - start).toFixed(1)} ms`);
  const { session, heatmap: heatmaps, load } = services;
  return { session, heatmap: heatmaps, load, tests: async () => (await scenarios()).controller };
}
