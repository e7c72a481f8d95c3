// What the features of the extension share. Made once by `activateOn`, handed to each `registerX(context, services)`.

import type * as vscode from 'vscode';
import type { DebugHost } from '../debug/host';
import type { LongWork } from '../platform/longWork';
import { RunHeatmaps } from './heatmapRun';
import { follower, type Load, loader, type Platform } from './load';
import { RunSession } from './session';

export interface Services {
  /** The open run, behind all views. */
  readonly session: RunSession;
  /** What the heatmap shows. */
  readonly heatmap: RunHeatmaps;
  /** Work off the extension host's thread. */
  readonly work: LongWork;
  /** Opens files as runs. */
  readonly load: Load;
  /** Follows live traces. */
  readonly follow: NonNullable<DebugHost['follow']>;
  /** What differs between the hosts. */
  readonly platform: Platform;
  readonly log: vscode.LogOutputChannel;
}

/** Makes the services; they are disposed with the context. */
export function makeServices(
  context: vscode.ExtensionContext,
  platform: Platform,
  log: vscode.LogOutputChannel,
): Services {
  const session = new RunSession();
  const heatmap = new RunHeatmaps(session);
  const { work } = platform;
  context.subscriptions.push(heatmap, session, work);
  return { session, heatmap, work, load: loader(platform), follow: follower(platform), platform, log };
}
