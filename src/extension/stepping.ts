// Where steps stop: the preset, kept with the workspace, and the one guest page, HPTE or vCPU that is followed. Both stand in the status
// bar while a session of ours is active, and are changed from there.

import * as vscode from 'vscode';
import { PRESETS, type Preset } from '../debug/stepping';
import { send } from './debugCommands';
import { commands, contexts, debugType, statusItems } from './ids';
import type { RunSession } from './session';
import type { ViewNode } from './viewModels/node';

/** What the debugger says about its steps (`hpt/state`). */
interface State {
  readonly stepping?: string;
  readonly following?: string;
}

/** The preset that new sessions begin with. */
export function keptStepping(kept: vscode.Memento): Preset | undefined {
  const name = kept.get<unknown>(contexts.stepping);
  return PRESETS.find((preset) => preset.name === name)?.name;
}

function titleOf(preset: Preset): string {
  switch (preset) {
    case 'table':
      return vscode.l10n.t('Changes of the table');
    case 'faults':
      return vscode.l10n.t('Faults');
    case 'hypercalls':
      return vscode.l10n.t('Hypercalls');
    case 'notifiers':
      return vscode.l10n.t('MMU notifiers');
    case 'everything':
      return vscode.l10n.t('Every event');
    case 'steps':
      return vscode.l10n.t('Every step of the kernel path');
  }
}

/** Registers the commands and the items of the status bar. */
export function registerStepping(context: vscode.ExtensionContext, session: RunSession): void {
  const bar = new SteppingBar();
  const { workspaceState: kept } = context;
  context.subscriptions.push(
    bar,
    session.onDidChangeRun(() => bar.refresh()),
    vscode.debug.onDidChangeActiveDebugSession(() => bar.refresh()),
    vscode.commands.registerCommand(commands.setStepping, async () => {
      const preset = await pickPreset(await askState(vscode.debug.activeDebugSession));
      if (preset && (await send('hpt/setStepping', { preset }))) {
        await kept.update(contexts.stepping, preset);
        await bar.refresh();
      }
    }),
    vscode.commands.registerCommand(commands.follow, async (node?: ViewNode) => {
      const what = node?.follow ?? (await askWhat(session));
      if (what !== undefined && (await send('hpt/follow', { what }))) {
        await bar.refresh();
      }
    }),
    vscode.commands.registerCommand(commands.unfollow, async () => {
      await send('hpt/follow', {});
      await bar.refresh();
    }),
  );
}

async function pickPreset(now: State | undefined): Promise<Preset | undefined> {
  const items = PRESETS.map(({ name }) => ({
    label: titleOf(name),
    description: name === now?.stepping ? vscode.l10n.t('chosen now') : '',
    preset: name,
  }));
  const placeHolder = vscode.l10n.t('Where a step over stops inside kernel paths and between the records of a trace');
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.preset;
}

function askWhat({ selection }: RunSession): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('Follow'),
    prompt: vscode.l10n.t('Steps over stop only at: gfn 0x10, gpa 0x10000, hpte 0x1aa8, vcpu 0, or a label'),
    value: selection === undefined ? '' : `hpte 0x${selection.toString(16)}`,
  });
}

/** Two items: the preset, and what is followed. */
class SteppingBar implements vscode.Disposable {
  private readonly preset = vscode.window.createStatusBarItem(statusItems.stepping, vscode.StatusBarAlignment.Left, 10);
  private readonly following = vscode.window.createStatusBarItem(
    statusItems.following,
    vscode.StatusBarAlignment.Left,
    9,
  );

  constructor() {
    this.preset.name = vscode.l10n.t('HPT Scope: where steps stop');
    this.preset.command = commands.setStepping;
    this.following.name = vscode.l10n.t('HPT Scope: what steps follow');
    this.following.command = commands.unfollow;
  }

  dispose(): void {
    vscode.Disposable.from(this.preset, this.following).dispose();
  }

  /** Shows what the active session says. */
  async refresh(): Promise<void> {
    const state = await askState(vscode.debug.activeDebugSession);
    const preset = PRESETS.find(({ name }) => name === state?.stepping)?.name;
    if (preset) {
      this.preset.text = `$(debug-step-over) ${titleOf(preset)}`;
      this.preset.tooltip = vscode.l10n.t('Where steps stop. Click to choose.');
      this.preset.accessibilityInformation = {
        label: vscode.l10n.t('Steps stop at: {0}', titleOf(preset)),
        role: 'button',
      };
    }
    this.preset[preset ? 'show' : 'hide']();
    if (state?.following) {
      this.following.text = `$(eye) ${state.following} $(close)`;
      this.following.tooltip = vscode.l10n.t(
        'Steps over stop only where this has a part. Click to follow it no longer.',
      );
      const label = vscode.l10n.t('Steps follow {0}. Press to follow it no longer.', state.following);
      this.following.accessibilityInformation = { label, role: 'button' };
    }
    this.following[state?.following ? 'show' : 'hide']();
  }
}

/** What a session says about its steps; nothing when it is none of ours, or has no run. */
async function askState(session: vscode.DebugSession | undefined): Promise<State | undefined> {
  try {
    return session?.type === debugType ? await session.customRequest('hpt/state') : undefined;
  } catch {
    return undefined; // its run is not open yet
  }
}
