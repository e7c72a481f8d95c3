// The Test Explorer: every scenario of the workspace is a test, every expectation in it one below. Run, debug, run all, and run again
// whenever a scenario changes. Scenarios run in a worker.

import * as vscode from 'vscode';
import { JobCancelled, type LongWork } from '../platform/longWork';
import { type CheckedScenario, readScenario } from '../scenario/checker';
import {
  expectationsOf,
  type ListedExpectation,
  type Verdict,
  type Verdicts,
} from '../scenario/editor/expectationList';
import type { ExpectationOutcome, RunProblem } from '../scenario/runner';
import { debugType, languages, testController } from './ids';
import type { Checks } from './language/checks';
import { rangeOf } from './language/convert';
import type { LastRuns } from './language/lastRuns';
import { pathOf, textOf } from './load';
import type { Services } from './services';

/** A scenario that takes longer is stopped: one that never ends must not keep the others waiting. */
const LONGEST_MS = 10_000;
/** Milliseconds without a key after which a continuous run runs again. */
const PAUSE = 300;

/** What a run made of one scenario; the command answers it. */
export interface Judgement {
  readonly scenario: string;
  readonly expectations: number;
  /** Expectations that failed, and mistakes that kept the scenario from running. */
  readonly failures: readonly { readonly line: number; readonly message: string }[];
}

/** Expectations of a scenario that are kept in step with the text as it is typed. */
const MOST_FOLLOWED = 1000;

/** Registers controller and profiles. */
export function registerTesting(
  context: vscode.ExtensionContext,
  checks: Checks,
  lastRuns: LastRuns,
  { work, log }: Pick<Services, 'work' | 'log'>,
): ScenarioTests {
  const tests = new ScenarioTests(checks, lastRuns, work, log);
  context.subscriptions.push(tests);
  return tests;
}

export class ScenarioTests implements vscode.Disposable {
  readonly controller = vscode.tests.createTestController(testController, vscode.l10n.t('HPT scenarios'));
  private readonly pausing = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly owned: vscode.Disposable;
  private readonly runProfile: vscode.TestRunProfile;

  constructor(
    private readonly checks: Checks,
    private readonly lastRuns: LastRuns,
    private readonly work: LongWork,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const { controller } = this;
    controller.resolveHandler = (item) => (item ? this.resolve(item) : this.discover());
    controller.refreshHandler = () => this.discover();
    this.runProfile = controller.createRunProfile(
      vscode.l10n.t('Run'),
      vscode.TestRunProfileKind.Run,
      (request, token) => this.run(request, token),
      true,
      undefined,
      true,
    );
    const debugProfile = controller.createRunProfile(
      vscode.l10n.t('Debug'),
      vscode.TestRunProfileKind.Debug,
      (request, token) => this.debug(request, token),
      true,
    );
    const files = vscode.workspace.createFileSystemWatcher('**/*.hpt');
    this.owned = vscode.Disposable.from(
      controller,
      this.changed,
      this.runProfile,
      debugProfile,
      files,
      files.onDidCreate((uri) => this.told(uri)),
      files.onDidChange((uri) => this.told(uri)),
      files.onDidDelete((uri) => controller.items.delete(uri.toString())),
      vscode.workspace.onDidOpenTextDocument((document) => this.edited(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.edited(document)),
    );
    for (const document of vscode.workspace.textDocuments) {
      this.edited(document);
    }
  }

  dispose(): void {
    for (const timer of this.pausing.values()) {
      clearTimeout(timer);
    }
    this.owned.dispose();
  }

  /** Runs one scenario: the lens. */
  async runFile(uri: vscode.Uri | undefined): Promise<Judgement | undefined> {
    const program = uri ?? vscode.window.activeTextEditor?.document.uri;
    if (!program) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Open a scenario first.'));
      return undefined;
    }
    const source = new vscode.CancellationTokenSource();
    try {
      const file = this.itemOf(program);
      const request = new vscode.TestRunRequest([file], undefined, this.runProfile);
      const [judgement] = await this.runOnce(request, [file], source.token);
      return judgement;
    } finally {
      source.dispose();
    }
  }

  // --- the tree

  private async discover(): Promise<void> {
    const most = 10_000;
    for (const uri of await vscode.workspace.findFiles('**/*.hpt', '**/node_modules/**', most)) {
      this.itemOf(uri);
    }
  }

  private itemOf(uri: vscode.Uri): vscode.TestItem {
    const known = this.controller.items.get(uri.toString());
    if (known) {
      return known;
    }
    const item = this.controller.createTestItem(uri.toString(), uri.path.slice(uri.path.lastIndexOf('/') + 1), uri);
    const folder = vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'));
    if (folder !== '.' && !folder.startsWith('/')) {
      item.description = folder;
    }
    item.canResolveChildren = true;
    this.controller.items.add(item);
    return item;
  }

  /** Makes the expectations of a scenario known. */
  private async resolve(item: vscode.TestItem): Promise<void> {
    if (item.uri && !item.parent) {
      try {
        this.list(item, expectationsOf(await this.check(item.uri)));
      } catch (error) {
        item.error = messageOf(error);
      }
    }
  }

  /** The check of a scenario as it stands in the editor, else on disk. */
  private async check(uri: vscode.Uri): Promise<CheckedScenario> {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    return open ? this.checks.of(open) : readScenario(await textOf(uri));
  }

  /** Puts expectations below their scenario; those that were there stay the same items. */
  private list(file: vscode.TestItem, expectations: readonly ListedExpectation[]): void {
    file.error = undefined;
    file.children.replace(
      expectations.map(({ id, text, range, statement }, at) => {
        const key = `${file.id}#${id}`;
        const item = file.children.get(key) ?? this.controller.createTestItem(key, text, file.uri);
        const place = rangeOf(range);
        if (!item.range?.isEqual(place)) {
          item.range = place;
          item.description = vscode.l10n.t('line {0}: {1}', range.line + 1, statement.slice(0, 80));
          item.sortText = String(at).padStart(6, '0');
        }
        return item;
      }),
    );
  }

  private edited(document: vscode.TextDocument): void {
    // what version control shows of earlier times is no test
    if (document.languageId === languages.scenario && document.uri.scheme !== 'git') {
      this.told(document.uri);
    }
  }

  /** A scenario was made or changed: its expectations follow after a pause, and continuous runs run it. */
  private told(uri: vscode.Uri): void {
    const key = uri.toString();
    clearTimeout(this.pausing.get(key));
    this.pausing.set(
      key,
      setTimeout(() => {
        this.pausing.delete(key);
        void this.follow(uri);
      }, PAUSE),
    );
  }

  private async follow(uri: vscode.Uri): Promise<void> {
    const item = this.itemOf(uri);
    try {
      const expectations = expectationsOf(await this.check(uri));
      // more items cost the workbench more than a person gains while typing; they are told when the scenario runs
      if (expectations.length <= MOST_FOLLOWED) {
        this.list(item, expectations);
      }
    } catch (error) {
      item.error = messageOf(error);
    }
    this.changed.fire(uri);
  }

  // --- runs

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    if (request.continuous) {
      this.runContinuously(request, token);
      return;
    }
    await this.runOnce(request, await this.chosen(request), token);
  }

  /** Runs what was asked for again whenever one of its scenarios changes, until it is cancelled. */
  private runContinuously(request: vscode.TestRunRequest, token: vscode.CancellationToken): void {
    const listening = this.changed.event(async (uri) => {
      const files = (await this.chosen(request)).filter((item) => item.uri?.toString() === uri.toString());
      await this.runOnce(request, files, token);
    });
    token.onCancellationRequested(() => listening.dispose());
  }

  /** The scenarios of a request; an expectation stands for its scenario. */
  private async chosen({ include, exclude }: vscode.TestRunRequest): Promise<vscode.TestItem[]> {
    if (!include) {
      await this.discover();
    }
    const asked = include ?? [...this.controller.items].map(([, item]) => item);
    const left = new Set(exclude);
    const files = new Set(asked.filter((item) => !left.has(item)).map((item) => item.parent ?? item));
    return [...files].filter((item) => !left.has(item));
  }

  private async runOnce(
    request: vscode.TestRunRequest,
    files: readonly vscode.TestItem[],
    token: vscode.CancellationToken,
  ): Promise<Judgement[]> {
    const run = this.controller.createTestRun(request);
    const judgements: Judgement[] = [];
    for (const file of files) {
      run.enqueued(file);
    }
    for (const file of files) {
      const isCancelled = () => token.isCancellationRequested || run.token.isCancellationRequested;
      if (isCancelled()) {
        run.skipped(file);
        continue;
      }
      try {
        judgements.push(await this.runScenario(file, run, isCancelled));
      } catch (error) {
        if (error instanceof JobCancelled) {
          run.skipped(file);
          continue;
        }
        this.log.error(`${file.id}: ${messageOf(error)}`);
        run.errored(file, new vscode.TestMessage(messageOf(error)));
      }
    }
    run.end();
    return judgements;
  }

  private async runScenario(
    file: vscode.TestItem,
    run: vscode.TestRun,
    isCancelled: () => boolean,
  ): Promise<Judgement> {
    const uri = file.uri ?? vscode.Uri.parse(file.id);
    const text = await textOf(uri);
    const expectations = expectationsOf(await this.check(uri));
    this.list(file, expectations);
    run.started(file);
    const watch = {
      get cancelled() {
        return isCancelled();
      },
    };
    const ran = await this.work.run({ kind: 'judge', text, title: file.label, longest: LONGEST_MS }, watch);
    if ('problems' in ran) {
      return unfit(file, uri, run, expectations.length, ran.problems);
    }
    const judgement = this.report(file, uri, run, expectations, ran);
    const failed = judgement.failures.map(({ line }) => line);
    this.lastRuns.keep(uri.toString(), ran.visits, failed);
    return judgement;
  }

  /** Tells the verdicts; the scenario itself fails when one of its expectations does. */
  private report(
    file: vscode.TestItem,
    uri: vscode.Uri,
    run: vscode.TestRun,
    expectations: readonly ListedExpectation[],
    { byId, others, cutOff, took }: Verdicts & { readonly cutOff: boolean; readonly took: number },
  ): Judgement {
    const failed = expectations.filter(({ id }) => (byId.get(id)?.failures ?? 0) > 0);
    for (const { id } of expectations) {
      tellVerdict(run, uri, file.children.get(`${file.id}#${id}`), byId.get(id));
    }
    const messages = others.map((outcome) => failure(outcome, uri));
    if (cutOff) {
      messages.push(new vscode.TestMessage(vscode.l10n.t('Stopped after {0} seconds.', LONGEST_MS / 1000)));
    }
    if (messages.length > 0 || failed.length > 0) {
      const text = vscode.l10n.t('{0} of {1} expectations failed', failed.length, expectations.length);
      run.failed(file, messages.length > 0 ? messages : new vscode.TestMessage(text), took);
    } else {
      run.passed(file, took);
    }
    const hold = expectations.length - failed.length;
    const text = vscode.l10n.t('{0}: {1} of {2} expectations hold', file.label, hold, expectations.length);
    run.appendOutput(`${text}\r\n`);
    const outcomes = [...others, ...failed.flatMap(({ id }) => byId.get(id)?.failed.slice(0, 1) ?? [])];
    const failures = outcomes.map((outcome) => ({ line: outcome.line, message: sentence(outcome) }));
    return { scenario: uri.toString(), expectations: expectations.length, failures };
  }

  /** Debugs the scenario; its expectations are judged beside. */
  private async debug(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const files = await this.chosen(request);
    await this.runOnce(request, files, token);
    const uri = files[0]?.uri;
    if (uri && !token.isCancellationRequested) {
      await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), {
        type: debugType,
        request: 'launch',
        name: files[0]?.label ?? '',
        program: pathOf(uri),
      });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells why a scenario could not be run at all. */
function unfit(
  file: vscode.TestItem,
  uri: vscode.Uri,
  run: vscode.TestRun,
  expectations: number,
  problems: readonly RunProblem[],
): Judgement {
  const messages = problems.map((problem) => located(new vscode.TestMessage(problem.message), uri, rangeOf(problem)));
  run.errored(file, messages);
  const failures = problems.map(({ message, line }) => ({ line, message }));
  return { scenario: uri.toString(), expectations, failures };
}

function located(message: vscode.TestMessage, uri: vscode.Uri, range: vscode.Range): vscode.TestMessage {
  message.location = new vscode.Location(uri, range);
  return message;
}

function tellVerdict(
  run: vscode.TestRun,
  uri: vscode.Uri,
  item: vscode.TestItem | undefined,
  verdict: Verdict | undefined,
): void {
  if (!item || !verdict) {
    return;
  }
  if (verdict.times === 0) {
    run.skipped(item);
  } else if (verdict.failures === 0) {
    run.passed(item);
  } else {
    const messages = messagesOf(verdict, uri);
    run.failed(item, messages);
    for (const { message, location } of messages) {
      run.appendOutput(`${String(message)}\r\n`, location, item);
    }
  }
}

/** The failures of one expectation, at most a few: in a `repeat` it may fail in every pass. */
function messagesOf({ failed, failures, times }: Verdict, uri: vscode.Uri): vscode.TestMessage[] {
  const messages = failed.map((outcome) => failure(outcome, uri));
  const [first] = messages;
  if (first && times > 1) {
    first.message = `${String(first.message)} ${vscode.l10n.t('(failed in {0} of {1} passes)', failures, times)}`;
  }
  return messages;
}

function sentence({ expected, seen }: ExpectationOutcome): string {
  return vscode.l10n.t('expected {0}, seen {1}', expected, seen);
}

function failure(outcome: ExpectationOutcome, uri: vscode.Uri): vscode.TestMessage {
  const message = vscode.TestMessage.diff(sentence(outcome), outcome.expected, outcome.seen);
  return located(message, uri, rangeOf(outcome));
}
