// What the last run made of each scenario: of the open run at its current moment (while debugging), else of the last run as a whole.

import * as vscode from 'vscode';
import { LineVisits, type Visit } from '../../scenario/editor/visits';
import type { RunSession } from '../session';
import { Signal } from '../signal';

export class LastRuns implements vscode.Disposable {
  private readonly kept = new Map<string, LineVisits>();
  /** Lines whose failed expectation VS Code shows where the hint would stand. */
  private readonly failed = new Map<string, ReadonlySet<number>>();
  private readonly changed = new Signal<void>();
  private readonly owned: readonly { dispose(): void }[];

  /** Another run, or the open run stands at another moment. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly session: RunSession) {
    this.owned = [
      session.onDidChangeRun((run) => {
        if (run?.kind === 'scenario') {
          this.keep(session.origin, session.visits);
        }
        this.changed.fire();
      }),
      session.onDidMove(() => this.changed.fire()),
    ];
  }

  /**
   * Keeps what a run made of the lines of a scenario.
   * @param origin its URI
   * @param failed lines that carry a message of the Test Explorer
   */
  keep(origin: string, visits: readonly Visit[], failed: Iterable<number> = []): void {
    this.failed.set(origin, new Set(failed));
    this.kept.set(origin, new LineVisits(visits));
    this.changed.fire();
  }

  /** What is known of a line; undefined when it did not run, or is another than the one that ran. */
  visit(document: vscode.TextDocument, line: number): Visit | undefined {
    const key = document.uri.toString();
    const { run, origin } = this.session;
    const moment = run !== null && origin === key ? run.position : undefined;
    return line < document.lineCount ? this.kept.get(key)?.at(line, document.lineAt(line).text, moment) : undefined;
  }

  /** Whether a line carries the message of a failed expectation. */
  hasFailed({ uri }: vscode.TextDocument, line: number): boolean {
    return this.failed.get(uri.toString())?.has(line) ?? false;
  }

  /** The first line of a document that is no longer the one that ran; 0 when nothing is known. */
  firstStale(document: vscode.TextDocument, lines: readonly { readonly text: string }[]): number {
    return this.kept.get(document.uri.toString())?.firstStale(lines) ?? 0;
  }

  dispose(): void {
    vscode.Disposable.from(...this.owned).dispose();
    this.changed.dispose();
    this.kept.clear();
    this.failed.clear();
  }
}
