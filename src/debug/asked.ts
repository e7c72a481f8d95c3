// The requests of the protocol that ask a stopped run something or set its breakpoints: each is handed to who knows.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { AnsweringSession } from './answering';
import { setDataBreakpoints, setExceptionBreakpoints, setFunctionBreakpoints, setLineBreakpoints } from './breakpoints';
import type { Stop } from './debuggee';

export abstract class AskedSession extends AnsweringSession {
  /** Why the run stands where it stands. */
  protected stopped: Stop = { reason: 'entry', hits: [] };
  /** The text of a source that the client asks for by path. */
  protected abstract readText(path: string): Promise<string>;

  // ---- breakpoints --------------------------------------------------------------------------------------------------

  protected override setBreakPointsRequest(
    response: DebugProtocol.SetBreakpointsResponse,
    args: DebugProtocol.SetBreakpointsArguments,
  ): void {
    void this.answer(response, async () => ({
      breakpoints: await setLineBreakpoints(this.at, args.source, args.breakpoints ?? [], this.lines),
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
    void this.answer(response, async () => ({
      breakpoints: await setDataBreakpoints(this.at, args.breakpoints),
    }));
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
