// The requests of the protocol that ask a stopped run something or set its breakpoints: each is handed to who knows.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { AnsweringSession } from './answering';
import { setDataBreakpoints, setExceptionBreakpoints, setFunctionBreakpoints, setLineBreakpoints } from './breakpoints';
import type { Stop } from './debuggee';
import { untilDone } from './pending';

export abstract class AskedSession extends AnsweringSession {
  /** Why the run stands where it stands. */
  protected stopped: Stop = { reason: 'entry', hits: [] };
  /** The text of a source that the client asks for by path. */
  protected abstract readText(path: string): Promise<string>;

  // ---- breakpoints --------------------------------------------------------------------------------------------------

  /** Breakpoints that are being set: one request after the other, and the run moves when all of them are in force. */
  protected settled: Promise<void> = Promise.resolve();

  /** Sets breakpoints in turns, when those asked for before are set. */
  protected set(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    setting: () => Generator<void, DebugProtocol.Breakpoint[]>,
  ): void {
    const before = this.settled;
    this.settled = this.answerInTurns(response, async (turn) => {
      await before;
      return { breakpoints: await untilDone(setting(), turn) };
    });
  }

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    this.set(response, () => setLineBreakpoints(this.at, args.source, args.breakpoints ?? [], this.lines));
  }

  protected override setFunctionBreakPointsRequest(
    response: DebugProtocol.SetFunctionBreakpointsResponse,
    args: DebugProtocol.SetFunctionBreakpointsArguments,
  ): void {
    this.set(response, () => setFunctionBreakpoints(this.at, args.breakpoints));
  }

  protected override setExceptionBreakPointsRequest(
    response: DebugProtocol.SetExceptionBreakpointsResponse,
    args: DebugProtocol.SetExceptionBreakpointsArguments,
  ): void {
    this.set(response, () => setExceptionBreakpoints(this.at, args));
  }

  protected override setDataBreakpointsRequest(
    response: DebugProtocol.SetDataBreakpointsResponse,
    args: DebugProtocol.SetDataBreakpointsArguments,
  ): void {
    this.set(response, () => setDataBreakpoints(this.at, args.breakpoints));
  }

  protected override dataBreakpointInfoRequest(
    response: DebugProtocol.DataBreakpointInfoResponse,
    args: DebugProtocol.DataBreakpointInfoArguments,
  ): void {
    void this.answerInTurns(response, (turn) => this.asked.dataBreakpointInfo(args, turn));
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
    void this.answerInTurns(response, (turn) => this.asked.evaluate(args, turn));
  }

  protected override completionsRequest(
    response: DebugProtocol.CompletionsResponse,
    args: DebugProtocol.CompletionsArguments,
  ): void {
    void this.answerInTurns(response, (turn) => this.asked.completions(args, turn));
  }

  protected override sourceRequest(response: DebugProtocol.SourceResponse, args: DebugProtocol.SourceArguments): void {
    void this.answer(response, () => this.asked.source(args, (path) => this.readText(path)));
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
