// The debugger in VS Code: F5 without a launch.json, the adapter running inside the extension host, and the views following the
// session that is active.

import * as vscode from 'vscode';
import type { DebugHost, LoadedRun } from '../debug/host';
import type { LaunchMistake } from '../debug/launch';
import type { Preset } from '../debug/stepping';
import { registerDebugCommands } from './debugCommands';
import { type EventBreakpoints, registerEventBreakpoints } from './eventBreakpoints';
import type { HeatmapPanel } from './heatmapPanel';
import { debugType } from './ids';
import { LaunchMistakes } from './launchMistakes';
import { pathOf, textOf, uriOf } from './load';
import type { Moments } from './moments';
import { openProgram, showProblems } from './openFile';
import type { Services } from './services';
import { keptStepping, registerStepping } from './stepping';

/** Registers debug type and adapter. */
export function registerDebug(
  context: vscode.ExtensionContext,
  services: Services,
  heatmap: HeatmapPanel,
  moments: Moments,
): void {
  const events = registerEventBreakpoints(context, services);
  const sessions = new OpenSessions(services, heatmap, events, moments);
  registerDebugCommands(context);
  registerStepping(context, services.session);
  const mistakes = new LaunchMistakes();
  // the listings of a session that is over stay open: F5 there debugs again what they belonged to
  let last: vscode.Uri | undefined;
  context.subscriptions.push(
    mistakes,
    vscode.debug.registerDebugConfigurationProvider(debugType, {
      resolveDebugConfiguration: (_, given) =>
        resolve(given, openProgram() ?? last, keptStepping(context.workspaceState)),
      resolveDebugConfigurationWithSubstitutedVariables: (folder, configuration) =>
        mistakes.check(folder, configuration),
    }),
    vscode.debug.registerDebugConfigurationProvider(
      debugType,
      { provideDebugConfigurations: () => [launchOf(openProgram())] },
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, {
      createDebugAdapterDescriptor: async (session) => {
        const { HptDebugSession } = await import('../debug/session');
        return new vscode.DebugAdapterInlineImplementation(new HptDebugSession(sessions.hostOf(session)));
      },
    }),
    vscode.debug.onDidStartDebugSession(({ type, configuration: { program } }) => {
      if (type === debugType && typeof program === 'string') {
        last = uriOf(program);
      }
    }),
    vscode.debug.onDidReceiveDebugSessionCustomEvent(({ event, session, body }) => {
      if (event === 'hpt/launchMistakes' && session.type === debugType) {
        void mistakes.tellSession(session, body.mistakes as readonly LaunchMistake[]);
      }
    }),
    vscode.debug.onDidChangeActiveDebugSession((session) => sessions.activate(session)),
    vscode.debug.onDidTerminateDebugSession((session) => sessions.forget(session)),
  );
}

/** A launch of a program, or of the file that is open when F5 is pressed. */
function launchOf(program: vscode.Uri | undefined): vscode.DebugConfiguration {
  return {
    type: debugType,
    request: 'launch',
    name: vscode.l10n.t('Debug the open scenario or trace'),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's launch configurations
    program: program ? pathOf(program) : '${file}',
  };
}

/** Fills in what F5 without a launch.json leaves open. @param program what F5 is about */
function resolve(
  given: vscode.DebugConfiguration,
  program: vscode.Uri | undefined,
  stepping: Preset | undefined,
): vscode.DebugConfiguration | undefined {
  const isEmpty = !given.type && !given.request && !given.name;
  if (isEmpty && !program) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Open a scenario (*.hpt), a trace or a recording (hptscope.json), then press F5.'),
    );
    return undefined;
  }
  const configuration = isEmpty ? launchOf(program) : given;
  return {
    internalConsoleOptions: 'neverOpen', // the heatmap needs the room; what is wrong comes as a message
    ...(stepping === undefined ? {} : { stepping }),
    ...configuration,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of VS Code's launch configurations
    ...(configuration.program === '${file}' && program ? { program: pathOf(program) } : {}),
  };
}

/** The runs of the debug sessions; the views show the one of the active session. */
class OpenSessions {
  private readonly loaded = new Map<string, LoadedRun>();

  constructor(
    private readonly services: Services,
    private readonly heatmap: HeatmapPanel,
    private readonly events: EventBreakpoints,
    private readonly moments: Moments,
  ) {}

  hostOf(session: vscode.DebugSession): DebugHost {
    const views = this.services.session;
    return {
      load: (program, control, wanted) => this.services.load(uriOf(program), control, wanted),
      follow: this.services.follow,
      readText: (path) => textOf(uriOf(path)),
      eventBreakpoints: () => this.events.active,
      onLoaded: (loaded) => {
        this.loaded.set(session.id, loaded);
        this.show(session, loaded);
        showProblems(loaded.problems);
        this.heatmap.show({ preserveFocus: true });
      },
      onLog: (run, text, moment) => this.moments.log(run, { text, moment }),
      onMoved: (run) => {
        if (run === views.run) {
          views.moved();
        }
      },
      onEnded: () => this.forget(session),
    };
  }

  activate(session: vscode.DebugSession | undefined): void {
    const loaded = session && this.loaded.get(session.id);
    if (session && loaded && loaded.run !== this.services.session.run) {
      this.show(session, loaded);
    }
  }

  forget(session: vscode.DebugSession): void {
    const loaded = this.loaded.get(session.id);
    this.loaded.delete(session.id);
    if (loaded) {
      this.services.session.clear(loaded.run);
    }
  }

  private show(session: vscode.DebugSession, loaded: LoadedRun): void {
    const views = this.services.session;
    views.setRun({ ...loaded, origin: uriOf(loaded.path).toString() });
    views.setTraveller((moment) => session.customRequest('hpt/goToMoment', { moment }));
  }
}
