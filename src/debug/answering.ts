// What every part of the session needs: answers, refusals, and lines in the debug console.

import { DebugSession, Event, OutputEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Lines } from './breakpoints';
import type { Debuggee } from './debuggee';
import { type Problem, place } from './host';
import type { Questions } from './questions';
import { baseName } from './sources';

/** A place that an output line belongs to; its line counts from 0. */
export interface OutputPlace {
  readonly path: string;
  readonly line: number;
  /** of a file that is presented by the adapter */
  readonly reference?: number | undefined;
}

export abstract class AnsweringSession extends DebugSession {
  protected debuggee: Debuggee | undefined;
  protected questions: Questions | undefined;
  protected reportsProgress = false;

  protected readonly lines: Lines = {
    in: (line) => this.convertClientLineToDebugger(line),
    out: (line) => this.convertDebuggerLineToClient(line),
  };

  constructor() {
    super();
    this.setDebuggerLinesStartAt1(false);
    this.setDebuggerColumnsStartAt1(false);
  }

  protected refuse(response: DebugProtocol.Response, text: string, showUser = false): void {
    this.sendErrorResponse(response, { id: 1, format: '{_text}', variables: { _text: text }, showUser });
  }

  /** Answers with what `work` gives, or with its error's message. */
  protected async answer<R extends DebugProtocol.Response>(
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

  protected get at(): Debuggee {
    if (this.debuggee === undefined) throw new Error('No run is open yet.');
    return this.debuggee;
  }

  protected get asked(): Questions {
    if (this.questions === undefined) throw new Error('No run is open yet.');
    return this.questions;
  }

  protected say(text: string, category: 'console' | 'stdout' | 'stderr' | 'important', at?: OutputPlace): void {
    const event: DebugProtocol.OutputEvent = new OutputEvent(`${text}\n`, category);
    if (at !== undefined) {
      event.body.source = {
        name: baseName(at.path),
        path: at.path,
        ...(at.reference === undefined ? {} : { sourceReference: at.reference }),
      };
      event.body.line = this.lines.out(at.line);
    }
    this.sendEvent(event);
  }

  protected tell(problem: Problem): void {
    this.say(`${place(problem)}: ${problem.message}`, problem.severity === 'info' ? 'console' : 'stderr', problem);
  }

  protected progress(
    event: 'progressStart' | 'progressUpdate' | 'progressEnd',
    body: { progressId: string; [field: string]: unknown },
  ): void {
    if (this.reportsProgress) this.sendEvent(new Event(event, body));
  }
}
