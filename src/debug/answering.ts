// What every part of the session needs: answers, refusals, and lines in the debug console.

import { DebugSession, Event, OutputEvent } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Lines } from './breakpoints';
import type { Clock, Turn } from './breath';
import type { Debuggee } from './debuggee';
import { type Problem, place } from './host';
import { LongQuestion } from './longQuestion';
import { Cancelled } from './pending';
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
  /** Another clock than the real one. */
  protected abstract get clock(): Clock | undefined;
  /** questions that are being answered, by the numbers of their requests */
  private readonly underWay = new Map<number, LongQuestion>();

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

  /** Refuses as the protocol has it for what the client no longer wants to know. */
  private refuseCancelled(response: DebugProtocol.Response, { message }: Cancelled): void {
    response.success = false;
    response.message = 'cancelled';
    response.body = { error: { id: 1, format: message } };
    this.sendResponse(response);
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
      if (error instanceof Cancelled) this.refuseCancelled(response, error);
      else this.refuse(response, error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * The same for what may take long: it is told when it does, and can be cancelled by the number of the request or of its progress.
   * @param work awaits the turn that it is given between its parts
   */
  protected async answerInTurns<R extends DebugProtocol.Response>(
    response: R,
    work: (turn: Turn) => R['body'] | Promise<R['body']>,
  ): Promise<void> {
    const number = response.request_seq;
    const question = new LongQuestion(`question-${number}`, this.progress.bind(this), this.clock);
    this.underWay.set(number, question);
    try {
      await this.answer(response, () => work(question.turn));
    } finally {
      question.end();
      this.underWay.delete(number);
    }
  }

  /** Cancels questions: one by the number of its request or its progress, all of them without either. @returns whether there were any */
  protected cancelQuestions(requestId: number | undefined, progressId: string | undefined): boolean {
    const all = requestId === undefined && progressId === undefined;
    const meant = [...this.underWay].filter(
      ([number, question]) => all || number === requestId || question.progressId === progressId,
    );
    for (const [, question] of meant) question.cancel();
    return meant.length > 0;
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
