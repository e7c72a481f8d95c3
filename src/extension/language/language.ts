// The scenario language in the editor. What it knows is worked out in src/scenario/editor; the files here turn it into what VS Code takes.

import type * as vscode from 'vscode';
import type { Services } from '../services';
import { registerTesting, type ScenarioTests } from '../testing';
import { Checks } from './checks';
import { registerColors } from './colors';
import { registerCompletion } from './completion';
import { registerDiagnostics } from './diagnostics';
import { registerFormatting } from './formatting';
import { registerHints } from './hints';
import { registerHover } from './hover';
import { LastRuns } from './lastRuns';
import { registerLenses } from './lenses';
import { registerNavigation } from './navigation';
import { registerOutline } from './outline';

/** Registers everything about scenarios: the editor's features and the Test Explorer, whose tests it answers. */
export function registerLanguage(context: vscode.ExtensionContext, services: Services): ScenarioTests {
  const { session } = services;
  const checks = new Checks();
  const lastRuns = new LastRuns(session);
  context.subscriptions.push(checks, lastRuns);
  registerDiagnostics(context, checks);
  registerCompletion(context, checks);
  registerHover(context, checks, lastRuns);
  registerHints(context, checks, lastRuns, session);
  registerNavigation(context, checks);
  registerOutline(context, checks);
  registerFormatting(context, checks);
  registerColors(context, checks);
  registerLenses(context, checks);
  return registerTesting(context, checks, lastRuns, services);
}
