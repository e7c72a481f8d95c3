// The debug adapter: the Debug Adapter Protocol over a recorded run. It runs inline in VS Code (Node and browser), stand-alone
// over a stream (src/cli/debugAdapter.ts) and in tests; what it needs from there is a DebugHost.
//
// One moment is current for all threads. Only what works is announced.

import { Event, InitializedEvent, TerminatedEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { EVENTS, eventText } from '../model/events';
import { AskedSession } from './asked';
import { type AttachOptions, attachOptions } from './attach';
import { setEventBreakpoints } from './breakpoints';
import { type Clock, inTurns, turns } from './breath';
import { CAPABILITIES } from './capabilities';
import { Debuggee, type Listener, type Stop } from './debuggee';
import { eventBreakpoints } from './eventBreakpoints';
import { type Followed, followed } from './follow';
import { type Control, type DebugHost, type LiveTrace, LoadError, type LoadedRun, type MoveReason } from './host';
import { type LaunchMistake, type LaunchOptions, launchOptions, mistakeText, shown, wantedBy } from './launch';
import { LiveEdge } from './live';
import { Questions } from './questions';
import { PRESETS } from './stepping';

/** So long a move may take, in milliseconds, before it is told that it is under way. */
const PATIENCE = 400;

export class HptDebugSession extends AskedSession {
  private options: LaunchOptions | AttachOptions | undefined;
  /** the trace that is followed, and the end of its run */
  private live: { readonly trace: LiveTrace; readonly edge: LiveEdge } | undefined;
  private configured: Promise<void>;
  private configurationDone: () => void = () => {};
  private loading: { readonly id: string; cancelled: boolean } | undefined;
  private progressNumber = 0;
  private moves: Promise<unknown> = Promise.resolve();
  private ended = false;
  private tellsInvalidated = false;
  /** progress of the move under way, when it has been told */
  private moving: string | undefined;

  constructor(private readonly host: DebugHost) {
    super();
    this.configured = new Promise((done) => {
      this.configurationDone = done;
    });
  }

  protected override get clock(): Clock | undefined {
    return this.host.clock;
  }

  protected override readText(path: string): Promise<string> {
    return this.host.readText(path);
  }

  override dispose(): void {
    this.end();
    super.dispose();
  }

  // ---- beginning and end --------------------------------------------------------------------------------------------

  protected override initializeRequest(
    response: DebugProtocol.InitializeResponse,
    args: DebugProtocol.InitializeRequestArguments,
  ): void {
    this.reportsProgress = args.supportsProgressReporting === true;
    this.tellsInvalidated = args.supportsInvalidatedEvent === true;
    response.body = CAPABILITIES;
    this.sendResponse(response);
  }

  protected override launchRequest(
    response: DebugProtocol.LaunchResponse,
    args: DebugProtocol.LaunchRequestArguments,
  ): Promise<void> {
    return this.openWith(response, launchOptions(args));
  }

  protected override attachRequest(
    response: DebugProtocol.AttachResponse,
    args: DebugProtocol.AttachRequestArguments,
  ): Promise<void> {
    return this.openWith(response, attachOptions(args));
  }

  private async openWith(
    response: DebugProtocol.Response,
    options: LaunchOptions | AttachOptions | { readonly mistakes: readonly LaunchMistake[] },
  ): Promise<void> {
    if ('mistakes' in options) {
      const { mistakes } = options;
      this.tellMistakes(mistakes);
      this.refuse(response, mistakes.map(mistakeText).join('; '), true);
      this.end();
      return;
    }
    this.options = options;
    const loaded = await this.load(options).catch((error: unknown) => error);
    if (loaded instanceof Error || loaded === undefined) {
      this.refuse(response, loaded?.message ?? 'The file could not be loaded.', true);
      this.end();
      return;
    }
    await this.open(loaded as LoadedRun);
    this.sendEvent(new InitializedEvent());
    await this.configured;
    this.sendResponse(response);
    await this.begin(options, 'entry');
    await this.meetActors();
  }

  /** Meets the actors of a long run while it is being debugged already. */
  private async meetActors(): Promise<void> {
    const { actors } = this.at;
    const known = actors.all.length;
    await inTurns(
      actors.meet(),
      turns(() => this.ended),
    );
    if (this.tellsInvalidated && actors.all.length > known)
      this.sendEvent(new Event('invalidated', { areas: ['threads'] }));
  }

  protected override configurationDoneRequest(response: DebugProtocol.ConfigurationDoneResponse): void {
    this.sendResponse(response);
    this.configurationDone();
  }

  /** Loads the program; tells every problem at its place, then throws when it could not be loaded. */
  private async load(options: LaunchOptions | AttachOptions): Promise<LoadedRun> {
    const { program } = options;
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
      const control: Control = {
        get cancelled() {
          return loading.cancelled;
        },
        report: (message, percentage) =>
          this.progress('progressUpdate', {
            progressId: loading.id,
            message,
            ...(percentage === undefined ? {} : { percentage }),
          }),
      };
      const loaded = await ('live' in options
        ? this.attach(program, control)
        : this.host.load(program, control, wantedBy(options)));
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

  /** Follows a live trace; resolves when its first event has come. */
  private async attach(trace: string, control: Control): Promise<LoadedRun> {
    if (this.host.follow === undefined) throw new Error('A live trace cannot be followed here.');
    const edge = new LiveEdge();
    const followed = await this.host.follow(trace, control, {
      grown: () => edge.grown(),
      told: (text) => this.say(text, 'stderr'),
      ended: (error) => {
        edge.end();
        this.say(error?.message ?? `${trace} is no longer followed.`, error === undefined ? 'console' : 'stderr');
      },
    });
    this.live = { trace: followed, edge };
    return followed.loaded;
  }

  private async open(loaded: LoadedRun): Promise<void> {
    const listener: Listener = {
      log: (text, moment) => this.log(debuggee, text, moment),
      trouble: (text) => this.say(text, 'stderr'),
      atEdge: () => this.host.onMoved(loaded.run, 'end'),
    };
    const debuggee: Debuggee =
      this.live === undefined ? await Debuggee.open(loaded, listener) : Debuggee.live(loaded, listener, this.live.edge);
    debuggee.stepping = this.options?.stepping ?? 'table';
    this.debuggee = debuggee;
    this.questions = new Questions(debuggee, this.lines);
    await this.follow(this.options?.follow);
    await inTurns(setEventBreakpoints(debuggee, this.host.eventBreakpoints?.() ?? []), turns());
    for (const note of loaded.run.notes) this.say(note, 'console');
    for (const problem of loaded.problems) this.tell(problem);
    this.host.onLoaded(loaded);
  }

  /** A log point speaks: the line tells its moment, and the event says it for clients that make it lead there. */
  private log(debuggee: Debuggee, text: string, moment: number): void {
    const { file, line } = debuggee.sources.at(moment);
    const place = { path: file.path, line, reference: file.reference };
    this.say(`#${moment + 1} ${text}`, 'console', place);
    this.host.onLog?.(debuggee.run, text, moment);
    this.sendEvent(new Event('hpt/output', { moment, text, path: file.path, line: this.lines.out(line) }));
  }

  /** Follows what launch.json says; a run that has no such thing is told and followed whole. */
  private async follow(asked: Followed | undefined): Promise<void> {
    try {
      await this.at.follow(asked);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.tellMistakes([{ property: 'follow', message }]);
    }
  }

  private tellMistakes(mistakes: readonly LaunchMistake[]): void {
    for (const mistake of mistakes) this.say(mistakeText(mistake), 'stderr');
    this.sendEvent(new Event('hpt/launchMistakes', { mistakes }));
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
      await this.live?.trace.stop();
      const loaded = await this.load(options);
      await this.open(loaded);
      this.at.goTo(0, 'restart');
      this.sendEvent(new InitializedEvent());
      this.configured = new Promise((done) => {
        this.configurationDone = done;
      });
      void this.configured.then(() => this.begin(options, 'restart')).then(() => this.meetActors());
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
    void this.live?.trace.stop();
    this.host.onEnded();
    this.sendEvent(new TerminatedEvent());
  }

  protected override cancelRequest(
    response: DebugProtocol.CancelResponse,
    { requestId, progressId }: DebugProtocol.CancelArguments,
  ): void {
    const question = this.cancelQuestions(requestId, progressId);
    if (question && (requestId !== undefined || progressId !== undefined)) {
      this.sendResponse(response);
      return;
    }
    if (this.loading !== undefined && (progressId === undefined || progressId === this.loading.id))
      this.loading.cancelled = true;
    if (progressId === undefined || progressId === this.moving) this.debuggee?.pause();
    this.sendResponse(response);
  }

  // ---- moving -------------------------------------------------------------------------------------------------------

  /** Makes one move after the other. */
  private move(go: () => Promise<Stop> | Stop): Promise<void> {
    const moved = Promise.all([this.moves, this.settled])
      .then(() => this.withProgress(go))
      .then((stop) => this.halt(stop));
    this.moves = moved.catch((error: unknown) =>
      this.say(error instanceof Error ? error.message : String(error), 'stderr'),
    );
    return moved;
  }

  /** Tells that a move takes long, so that it can be cancelled. */
  private async withProgress(go: () => Promise<Stop> | Stop): Promise<Stop> {
    // at the end of a live trace it goes on until something comes
    if (this.live?.edge.grows === true) return go();
    const progressId = `move-${++this.progressNumber}`;
    const late = setTimeout(() => {
      this.moving = progressId;
      this.progress('progressStart', { progressId, title: 'HPT Scope: searching the run', cancellable: true });
    }, PATIENCE);
    try {
      return await go();
    } finally {
      clearTimeout(late);
      if (this.moving === progressId) {
        this.moving = undefined;
        this.progress('progressEnd', { progressId });
      }
    }
  }

  /** Answers a request that moves the run, then moves. */
  private travel(response: DebugProtocol.Response, go: () => Promise<Stop> | Stop): void {
    if (this.debuggee === undefined) {
      this.refuse(response, 'No run is open yet.');
      return;
    }
    this.sendResponse(response);
    // whoever moves no longer waits at the end of a live trace
    if (this.live?.edge.grows === true) this.debuggee.pause();
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
    this.travel(response, () => this.at.continue(1));
  }

  protected override reverseContinueRequest(response: DebugProtocol.ReverseContinueResponse): void {
    this.travel(response, () => this.at.continue(-1));
  }

  protected override nextRequest(response: DebugProtocol.NextResponse): void {
    this.travel(response, () => this.at.stepOver(1));
  }

  protected override stepInRequest(response: DebugProtocol.StepInResponse): void {
    this.travel(response, () => this.at.stepInto(1));
  }

  protected override stepOutRequest(response: DebugProtocol.StepOutResponse): void {
    this.travel(response, () => this.at.stepOut(1));
  }

  protected override stepBackRequest(response: DebugProtocol.StepBackResponse): void {
    this.travel(response, () => this.at.stepInto(-1));
  }

  protected override restartFrameRequest(
    response: DebugProtocol.RestartFrameResponse,
    args: DebugProtocol.RestartFrameArguments,
  ): void {
    const moment = this.questions?.entryOfFrame(args.frameId);
    if (moment === undefined) this.refuse(response, 'That frame is no longer on the stack.');
    else this.travel(response, () => this.at.goTo(moment, 'restart'));
  }

  protected override gotoRequest(response: DebugProtocol.GotoResponse, args: DebugProtocol.GotoArguments): void {
    if (!this.isMoment(args.targetId)) this.refuse(response, 'That target is no moment of this run.');
    else this.travel(response, () => this.at.goTo(args.targetId));
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

  protected override evaluateRequest(
    response: DebugProtocol.EvaluateResponse,
    args: DebugProtocol.EvaluateArguments,
  ): void {
    const moment = args.context === 'repl' ? /^\s*#(\d{1,10})\s*$/.exec(args.expression)?.[1] : undefined;
    if (moment === undefined) {
      super.evaluateRequest(response, args);
      return;
    }
    const target = Number(moment) - 1;
    if (!this.isMoment(target)) this.refuse(response, `There are the moments #1 to #${this.at.run.length}.`);
    else {
      response.body = { result: this.at.run.source(target).text, variablesReference: 0 };
      this.travel(response, () => this.at.goTo(target));
    }
  }

  protected override customRequest(command: string, response: DebugProtocol.Response, args: unknown): void {
    const given: Readonly<Record<string, unknown>> = typeof args === 'object' && args !== null ? { ...args } : {};
    switch (command) {
      case 'hpt/reverseNext':
        this.travel(response, () => this.at.stepOver(-1));
        break;
      case 'hpt/reverseStepOut':
        this.travel(response, () => this.at.stepOut(-1));
        break;
      case 'hpt/goToMoment':
        this.goToMoment(response, given.moment);
        break;
      case 'hpt/back':
      case 'hpt/forward':
        this.travel(response, () => this.at.revisit(command === 'hpt/back' ? -1 : 1) ?? this.at.goTo(this.at.position));
        break;
      case 'hpt/setStepping':
        void this.answer(response, () => this.setStepping(given.preset));
        break;
      case 'hpt/follow':
        void this.answer(response, () => this.setFollowed(given.what));
        break;
      case 'hpt/setEventBreakpoints':
        this.set(response, () => setEventBreakpoints(this.at, eventBreakpoints(given.breakpoints)));
        break;
      case 'hpt/state':
        void this.answer(response, () => this.state());
        break;
      default:
        this.refuse(response, `Unknown request "${command.slice(0, 60)}".`);
    }
  }

  private setStepping(name: unknown): undefined {
    const preset = PRESETS.find((known) => known.name === name);
    if (preset === undefined) throw new Error(`"preset": there is no ${shown(name)}`);
    if (this.options !== undefined) this.options = { ...this.options, stepping: preset.name };
    if (this.debuggee !== undefined) this.debuggee.stepping = preset.name;
    return undefined;
  }

  private async setFollowed(what: unknown): Promise<{ readonly following: string | undefined }> {
    const asked = what === undefined || what === null || what === '' ? undefined : followed(String(what));
    if (typeof asked === 'string') throw new Error(`"what": ${asked}`);
    const following = await this.at.follow(asked);
    if (this.options !== undefined) this.options = { ...this.options, follow: asked };
    return { following };
  }

  private goToMoment(response: DebugProtocol.Response, moment: unknown): void {
    if (this.isMoment(moment)) this.travel(response, () => this.at.goTo(moment));
    else {
      const last = (this.debuggee?.run.length ?? 1) - 1;
      this.refuse(response, `"moment": expected 0 to ${last}, got ${shown(moment)}`);
    }
  }

  private state() {
    const { run, actor, position, stepping, following, visits } = this.at;
    const { line } = this.at.sources.at(position);
    return {
      moment: position,
      length: run.length,
      actor: actor.name,
      statement: run.source(position).text,
      line: this.lines.out(line),
      step: run.frames(position)[0]?.text,
      events: run.events(position).map(eventText),
      stepping,
      following,
      visits,
    };
  }
}

/** The protocol's word for why the run stopped. */
function reasonOf({ reason, hits }: Stop): string {
  const first = hits.find(({ event }) => event !== undefined) ?? hits[0];
  return first?.breakpoint.reason ?? (reason === 'end' || reason === 'start' ? 'pause' : reason);
}

/** What the client shows beside the reason. */
function describe({ reason, hits }: Stop): { description?: string; text?: string } {
  const event = hits.find((hit) => hit.event !== undefined)?.event;
  if (event !== undefined) return { description: EVENTS[event.kind].title, text: eventText(event) };
  if (reason === 'end') return { description: 'End of the run' };
  if (reason === 'start') return { description: 'Start of the run' };
  return {};
}

function moveReason({ reason }: Stop, protocolReason: string): MoveReason {
  return protocolReason === 'exception' ? 'exception' : reason;
}
