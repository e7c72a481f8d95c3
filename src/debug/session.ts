// The debug adapter: the Debug Adapter Protocol over a recorded run. It runs inline in VS Code (Node and browser), stand-alone
// over a stream (src/cli/debugAdapter.ts) and in tests; what it needs from there is a DebugHost.
//
// One moment is current for all threads. Only what works is announced.

import { DebugSession, Event, InitializedEvent, OutputEvent, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { eventText } from '../model/events';
import {
  type EventBreakpoint,
  EXCEPTION_FILTERS,
  type Lines,
  setDataBreakpoints,
  setEventBreakpoints,
  setExceptionBreakpoints,
  setFunctionBreakpoints,
  setLineBreakpoints,
} from './breakpoints';
import { Debuggee, type Stop } from './debuggee';
import { type DebugHost, LoadError, type LoadedRun, type MoveReason, type Problem, place } from './host';
import { type LaunchOptions, launchOptions, shown } from './launch';
import { Questions } from './questions';
import { PRESETS } from './stepping';

/** What the adapter can do; nothing else is announced. */
const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsRestartRequest: true,
  supportsRestartFrame: true,
  supportsStepBack: true,
  supportsGotoTargetsRequest: true,
  supportsBreakpointLocationsRequest: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsFunctionBreakpoints: true,
  supportsDataBreakpoints: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  supportsEvaluateForHovers: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '(', ' '],
  supportsLoadedSourcesRequest: true,
  supportsReadMemoryRequest: true,
  supportsDelayedStackTraceLoading: true,
  supportsCancelRequest: true,
  exceptionBreakpointFilters: [...EXCEPTION_FILTERS],
};

/** Where the run stands, for views and tests (`hpt/state`). */
export interface StateAnswer {
  readonly moment: number;
  readonly length: number;
  readonly actor: string;
  readonly statement: string;
  readonly line: number;
  readonly step: string | undefined;
  readonly events: readonly string[];
}

export class HptDebugSession extends DebugSession {
  private debuggee: Debuggee | undefined;
  private options: LaunchOptions | undefined;
  private stopped: Stop = { reason: 'entry', hits: [] };
  private questions: Questions | undefined;
  private configured: Promise<void>;
  private configurationDone: () => void = () => {};
  private reportsProgress = false;
  private loading: { readonly id: string; cancelled: boolean } | undefined;
  private progressNumber = 0;
  private moves: Promise<unknown> = Promise.resolve();
  private ended = false;

  private readonly lines: Lines = {
    in: (line) => this.convertClientLineToDebugger(line),
    out: (line) => this.convertDebuggerLineToClient(line),
  };

  constructor(private readonly host: DebugHost) {
    super();
    this.setDebuggerLinesStartAt1(false);
    this.setDebuggerColumnsStartAt1(false);
    this.configured = new Promise((done) => {
      this.configurationDone = done;
    });
  }

  override dispose(): void {
    this.end();
    super.dispose();
  }

  // ---- answers ------------------------------------------------------------------------------------------------------

  private refuse(response: DebugProtocol.Response, text: string, showUser = false): void {
    this.sendErrorResponse(response, { id: 1, format: '{_text}', variables: { _text: text }, showUser });
  }

  /** Answers with what `work` gives, or with its error's message. */
  private async answer<R extends DebugProtocol.Response>(
    response: R,
    work: () => R['body'] | Promise<R['body']>,
  ): Promise<void> {
    try {
      response.body = await work();
      this.sendResponse(response);
    } catch (error) {
      this.refuse(response, error instanceof Error ? error.message : String(error));
    }
  }

  private get at(): Debuggee {
    if (this.debuggee === undefined) throw new Error('No run is open yet.');
    return this.debuggee;
  }

  private get asked(): Questions {
    if (this.questions === undefined) throw new Error('No run is open yet.');
    return this.questions;
  }

  private say(
    text: string,
    category: 'console' | 'stdout' | 'stderr' | 'important',
    at?: { path: string; line: number },
  ): void {
    const event: DebugProtocol.OutputEvent = new OutputEvent(`${text}\n`, category);
    if (at !== undefined) {
      event.body.source = { name: at.path.split(/[/\\]/).pop() ?? at.path, path: at.path };
      event.body.line = this.lines.out(at.line);
    }
    this.sendEvent(event);
  }

  private tell(problem: Problem): void {
    this.say(`${place(problem)}: ${problem.message}`, problem.severity === 'info' ? 'console' : 'stderr', problem);
  }

  // ---- beginning and end --------------------------------------------------------------------------------------------

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.reportsProgress = args.supportsProgressReporting === true;
    response.body = CAPABILITIES;
    this.sendResponse(response);
  }

  protected override async launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments,
  ): Promise<void> {
    const options = launchOptions(args);
    if ('mistakes' in options) {
      for (const mistake of options.mistakes) this.say(mistake, 'stderr');
      this.refuse(response, options.mistakes.join('; '), true);
      this.end();
      return;
    }
    this.options = options;
    const loaded = await this.load(options.program).catch((error: unknown) => error);
    if (loaded instanceof Error || loaded === undefined) {
      this.refuse(response, loaded?.message ?? 'The file could not be loaded.', true);
      this.end();
      return;
    }
    this.open(loaded as LoadedRun);
    this.sendEvent(new InitializedEvent());
    await this.configured;
    this.sendResponse(response);
    await this.begin(options, 'entry');
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    this.sendResponse(response);
    this.configurationDone();
  }

  /** Loads the program; tells every problem at its place, then throws when it could not be loaded. */
  private async load(program: string): Promise<LoadedRun> {
    const name = program.split(/[/\\]/).pop() ?? program;
    const loading = { id: `load-${++this.progressNumber}`, cancelled: false };
    this.loading = loading;
    this.progress('progressStart', {
      progressId: loading.id,
      title: `HPT Scope: ${name}`,
      cancellable: true,
      percentage: 0,
    });
    try {
      const loaded = await this.host.load(program, {
        get cancelled() {
          return loading.cancelled;
        },
        report: (message, percentage) =>
          this.progress('progressUpdate', {
            progressId: loading.id,
            message,
            ...(percentage === undefined ? {} : { percentage }),
          }),
      });
      if (loading.cancelled) throw new Error(`Loading ${name} was cancelled.`);
      if (loaded.run.length === 0) throw new Error(`${name} has no statement: there is nothing to debug.`);
      return loaded;
    } catch (error) {
      if (error instanceof LoadError) for (const problem of error.problems) this.tell(problem);
      throw error;
    } finally {
      this.loading = undefined;
      this.progress('progressEnd', { progressId: loading.id });
    }
  }

  private progress(
    event: 'progressStart' | 'progressUpdate' | 'progressEnd',
    body: { progressId: string; [field: string]: unknown },
  ): void {
    if (this.reportsProgress) this.sendEvent(new Event(event, body));
  }

  private open(loaded: LoadedRun): void {
    const debuggee: Debuggee = new Debuggee(loaded, {
      log: (text, moment) => {
        const at = debuggee.sources.at(moment);
        this.say(text, 'console', at === undefined ? undefined : { path: at.file.path, line: at.line });
        this.host.onLog?.(loaded.run, text, moment);
      },
      trouble: (text) => this.say(text, 'stderr'),
    });
    debuggee.stepping = this.options?.stepping ?? 'table';
    this.debuggee = debuggee;
    this.questions = new Questions(debuggee, this.lines);
    setEventBreakpoints(debuggee, this.host.eventBreakpoints?.() ?? []);
    for (const note of loaded.run.notes) this.say(note, 'console');
    for (const problem of loaded.problems) this.tell(problem);
    this.host.onLoaded(loaded);
  }

  /** First stop of a run that has just been opened. */
  private async begin({ stopOnEntry, noDebug }: LaunchOptions, reason: 'entry' | 'restart'): Promise<void> {
    if (noDebug) {
      this.at.goTo(this.at.run.length - 1);
      this.say(`${this.at.run.title}: ${this.at.run.length} moments.`, 'console');
      this.end();
    } else if (stopOnEntry) this.halt(this.at.goTo(0, reason));
    else await this.move(() => this.at.continue(1, true));
  }

  protected override restartRequest(response: DebugProtocol.RestartResponse): void {
    void this.answer(response, async () => {
      const options = this.options;
      if (options === undefined) throw new Error('Nothing was launched.');
      const loaded = await this.load(options.program);
      this.open(loaded);
      this.at.goTo(0, 'restart');
      this.sendEvent(new InitializedEvent());
      this.configured = new Promise((done) => {
        this.configurationDone = done;
      });
      void this.configured.then(() => this.begin(options, 'restart'));
      return undefined;
    });
  }

  protected override disconnectRequest(response: DebugProtocol.DisconnectResponse): void {
    if (this.loading !== undefined) this.loading.cancelled = true;
    this.end();
    this.sendResponse(response);
    this.shutdown();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.host.onEnded();
    this.sendEvent(new TerminatedEvent());
  }

  protected override cancelRequest(response: DebugProtocol.CancelResponse, args: DebugProtocol.CancelArguments): void {
    if (this.loading !== undefined && (args.progressId === undefined || args.progressId === this.loading.id))
      this.loading.cancelled = true;
    this.debuggee?.pause();
    this.sendResponse(response);
  }

  // ---- moving -------------------------------------------------------------------------------------------------------

  /** Makes one move after the other. */
  private move(go: () => Promise<Stop> | Stop): Promise<void> {
    const moved = this.moves.then(go).then((stop) => this.halt(stop));
    this.moves = moved.catch((error: unknown) =>
      this.say(error instanceof Error ? error.message : String(error), 'stderr'),
    );
    return moved;
  }

  /** Answers a request that moves the run, then moves. */
  private moving(response: DebugProtocol.Response, go: () => Promise<Stop> | Stop): void {
    if (this.debuggee === undefined) {
      this.refuse(response, 'No run is open yet.');
      return;
    }
    this.sendResponse(response);
    void this.move(go).catch(() => {});
  }

  private halt(stop: Stop): void {
    const { at } = this;
    this.stopped = stop;
    this.questions?.forget();
    const reason = reasonOf(stop);
    const body: DebugProtocol.StoppedEvent['body'] = {
      reason,
      threadId: at.actor.id,
      allThreadsStopped: true,
      ...describe(stop),
    };
    const ids = stop.hits.map(({ breakpoint }) => breakpoint.id);
    if (ids.length > 0) body.hitBreakpointIds = ids;
    this.host.onMoved(at.run, moveReason(stop, reason));
    this.sendEvent(new Event('stopped', body));
  }

  protected override continueRequest(response: DebugProtocol.ContinueResponse): void {
    response.body = { allThreadsContinued: true };
    this.moving(response, () => this.at.continue(1));
  }

  protected override reverseContinueRequest(response: DebugProtocol.ReverseContinueResponse): void {
    this.moving(response, () => this.at.continue(-1));
  }

  protected override nextRequest(response: DebugProtocol.NextResponse): void {
    this.moving(response, () => this.at.stepOver(1));
  }

  protected override stepInRequest(response: DebugProtocol.StepInResponse): void {
    this.moving(response, () => this.at.stepInto(1));
  }

  protected override stepOutRequest(response: DebugProtocol.StepOutResponse): void {
    this.moving(response, () => this.at.stepOut(1));
  }

  protected override stepBackRequest(response: DebugProtocol.StepBackResponse): void {
    this.moving(response, () => this.at.stepInto(-1));
  }

  protected override restartFrameRequest(
    response: DebugProtocol.RestartFrameResponse,
    args: DebugProtocol.RestartFrameArguments,
  ): void {
    const moment = this.questions?.entryOfFrame(args.frameId);
    if (moment === undefined) this.refuse(response, 'That frame is no longer on the stack.');
    else this.moving(response, () => this.at.goTo(moment, 'restart'));
  }

  protected override gotoRequest(response: DebugProtocol.GotoResponse, args: DebugProtocol.GotoArguments): void {
    if (!this.isMoment(args.targetId)) this.refuse(response, 'That target is no moment of this run.');
    else this.moving(response, () => this.at.goTo(args.targetId));
  }

  protected override pauseRequest(response: DebugProtocol.PauseResponse): void {
    const walking = this.debuggee?.pause() ?? false;
    this.sendResponse(response);
    if (this.debuggee !== undefined && !walking) this.halt({ reason: 'pause', hits: [] });
  }

  private isMoment(value: unknown): value is number {
    return (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      value >= 0 &&
      this.debuggee !== undefined &&
      value < this.debuggee.run.length
    );
  }

  protected override customRequest(command: string, response: DebugProtocol.Response, args: unknown): void {
    const given: Readonly<Record<string, unknown>> = typeof args === 'object' && args !== null ? { ...args } : {};
    const { debuggee } = this;
    switch (command) {
      case 'hpt/reverseNext':
        this.moving(response, () => this.at.stepOver(-1));
        break;
      case 'hpt/reverseStepOut':
        this.moving(response, () => this.at.stepOut(-1));
        break;
      case 'hpt/goToMoment':
        this.goToMoment(response, given.moment);
        break;
      case 'hpt/back':
      case 'hpt/forward':
        this.moving(response, () => this.at.revisit(command === 'hpt/back' ? -1 : 1) ?? this.at.goTo(this.at.position));
        break;
      case 'hpt/setStepping':
        void this.answer(response, () => {
          const preset = PRESETS.find(({ name }) => name === given.preset);
          if (preset === undefined) throw new Error(`"preset": there is no ${shown(given.preset)}`);
          if (this.options !== undefined) this.options = { ...this.options, stepping: preset.name };
          if (debuggee !== undefined) debuggee.stepping = preset.name;
          return undefined;
        });
        break;
      case 'hpt/setEventBreakpoints':
        void this.answer(response, () => ({
          breakpoints: setEventBreakpoints(this.at, eventBreakpoints(given.breakpoints)),
        }));
        break;
      case 'hpt/state':
        void this.answer(response, () => this.state());
        break;
      default:
        this.refuse(response, `Unknown request "${command.slice(0, 60)}".`);
    }
  }

  private goToMoment(response: DebugProtocol.Response, moment: unknown): void {
    if (this.isMoment(moment)) this.moving(response, () => this.at.goTo(moment));
    else {
      const last = (this.debuggee?.run.length ?? 1) - 1;
      this.refuse(response, `"moment": expected 0 to ${last}, got ${shown(moment)}`);
    }
  }

  private state(): StateAnswer {
    const { run, actor, position } = this.at;
    const line = this.at.sources.at(position)?.line ?? 0;
    return {
      moment: position,
      length: run.length,
      actor: actor.name,
      statement: run.source(position).text,
      line: this.lines.out(line),
      step: run.frames(position)[0]?.text,
      events: run.events(position).map(eventText),
    };
  }

  // ---- breakpoints --------------------------------------------------------------------------------------------------

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    void this.answer(response, () => ({
      breakpoints: setLineBreakpoints(this.at, args.source, args.breakpoints ?? [], this.lines),
    }));
  }

  protected override setFunctionBreakPointsRequest(
    response: DebugProtocol.SetFunctionBreakpointsResponse,
    args: DebugProtocol.SetFunctionBreakpointsArguments,
  ): void {
    void this.answer(response, () => ({ breakpoints: setFunctionBreakpoints(this.at, args.breakpoints) }));
  }

  protected override setExceptionBreakPointsRequest(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    args: DebugProtocol.SetExceptionBreakpointsArguments,
  ): void {
    void this.answer(response, () => ({ breakpoints: setExceptionBreakpoints(this.at, args) }));
  }

  protected override setDataBreakpointsRequest(
    response: DebugProtocol.SetDataBreakpointsResponse,
    args: DebugProtocol.SetDataBreakpointsArguments,
  ): void {
    void this.answer(response, () => ({ breakpoints: setDataBreakpoints(this.at, args.breakpoints) }));
  }

  protected override dataBreakpointInfoRequest(
    response: DebugProtocol.DataBreakpointInfoResponse,
    args: DebugProtocol.DataBreakpointInfoArguments,
  ): void {
    void this.answer(response, () => this.asked.dataBreakpointInfo(args));
  }

  protected override breakpointLocationsRequest(
    response: DebugProtocol.BreakpointLocationsResponse,
    args: DebugProtocol.BreakpointLocationsArguments,
  ): void {
    void this.answer(response, () => this.asked.breakpointLocations(args));
  }

  protected override gotoTargetsRequest(
    response: DebugProtocol.GotoTargetsResponse,
    args: DebugProtocol.GotoTargetsArguments,
  ): void {
    void this.answer(response, () => this.asked.gotoTargets(args));
  }

  protected override exceptionInfoRequest(response: DebugProtocol.ExceptionInfoResponse): void {
    void this.answer(response, () => this.asked.exceptionInfo(this.stopped));
  }

  // ---- questions ----------------------------------------------------------------------------------------------------

  protected override threadsRequest(response: DebugProtocol.ThreadsResponse): void {
    const threads = this.debuggee?.actors.all ?? [];
    response.body = { threads: threads.map(({ id, name }) => ({ id, name })) };
    this.sendResponse(response);
  }

  protected override stackTraceRequest(
    response: DebugProtocol.StackTraceResponse,
    args: DebugProtocol.StackTraceArguments,
  ): void {
    void this.answer(response, () => this.asked.stackTrace(args));
  }

  protected override scopesRequest(response: DebugProtocol.ScopesResponse, args: DebugProtocol.ScopesArguments): void {
    void this.answer(response, () => this.asked.scopes(args));
  }

  protected override variablesRequest(
    response: DebugProtocol.VariablesResponse,
    args: DebugProtocol.VariablesArguments,
  ): void {
    void this.answer(response, () => this.asked.variables(args));
  }

  protected override evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    args: DebugProtocol.EvaluateArguments,
  ): void {
    void this.answer(response, () => this.asked.evaluate(args));
  }

  protected override completionsRequest(
    response: DebugProtocol.CompletionsResponse,
    args: DebugProtocol.CompletionsArguments,
  ): void {
    void this.answer(response, () => this.asked.completions(args));
  }

  protected override sourceRequest(response: DebugProtocol.SourceResponse, args: DebugProtocol.SourceArguments): void {
    void this.answer(response, () => this.asked.source(args, (path) => this.host.readText(path)));
  }

  protected override loadedSourcesRequest(response: DebugProtocol.LoadedSourcesResponse): void {
    void this.answer(response, () => this.asked.loadedSources());
  }

  protected override readMemoryRequest(
    response: DebugProtocol.ReadMemoryResponse,
    args: DebugProtocol.ReadMemoryArguments,
  ): void {
    void this.answer(response, () => this.asked.readMemory(args));
  }
}

function eventBreakpoints(given: unknown): EventBreakpoint[] {
  if (!Array.isArray(given)) throw new Error(`"breakpoints": expected a list, got ${shown(given)}`);
  return given.map((one: unknown) => {
    const fields: Readonly<Record<string, unknown>> = typeof one === 'object' && one !== null ? { ...one } : {};
    const text = (name: string) => (typeof fields[name] === 'string' ? { [name]: fields[name] } : {});
    return { kind: String(fields.kind), ...text('condition'), ...text('hitCondition'), ...text('logMessage') };
  });
}

/** The protocol's word for why the run stopped. */
function reasonOf({ reason, hits }: Stop): string {
  const first = hits.find(({ event }) => event !== undefined) ?? hits[0];
  return first?.breakpoint.reason ?? (reason === 'end' || reason === 'start' ? 'pause' : reason);
}

/** What the client shows beside the reason. */
function describe({ reason, hits }: Stop): { description?: string; text?: string } {
  const event = hits.find((hit) => hit.event !== undefined)?.event;
  if (event !== undefined) return { description: eventText(event), text: eventText(event) };
  if (reason === 'end') return { description: 'End of the run' };
  if (reason === 'start') return { description: 'Start of the run' };
  return {};
}

function moveReason({ reason }: Stop, protocolReason: string): MoveReason {
  return protocolReason === 'exception' ? 'exception' : reason;
}
