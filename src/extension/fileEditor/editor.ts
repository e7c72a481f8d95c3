// The read-only editor of binary files in VS Code: reads the file with progress, and connects session.ts with the webview
// (webview/file/).

import * as vscode from 'vscode';
import { unpackTrace } from '../../platform/fileJobs';
import { answerRequest, type FileChannel, type ToWebview } from '../../protocol';
import { formatProblem } from '../../trace/problem';
import { commands } from '../ids';
import { type Platform, pause, placeOfFile, toldError, watchOfFile } from '../load';
import { webviewHtml } from '../webviewPage';
import { type FileContent, pauseEvery } from './content';
import { FileSession } from './session';
import { StreamContent } from './streamContent';
import { TraceContent } from './traceContent';

/** Longest time in ms for which the extension host is kept busy at once. */
const stretch = 20;

/** A file that is shown; it is read once for all its editors. */
export class BinaryDocument implements vscode.CustomDocument {
  private stopped = false;
  private content: Promise<FileContent | { readonly failure: string }> | undefined;
  private readonly progressed = new vscode.EventEmitter<string>();
  readonly onProgress = this.progressed.event;

  constructor(
    readonly uri: vscode.Uri,
    private readonly platform: Platform,
  ) {}

  /** The file's content, which is read when it is asked for first. */
  read(): Promise<FileContent | { readonly failure: string }> {
    this.content ??= this.load().catch((error: unknown) => ({
      failure: error instanceof Error ? error.message : String(error),
    }));
    return this.content;
  }

  stop(): void {
    this.stopped = true;
  }

  dispose(): void {
    this.stop();
    this.progressed.dispose();
  }

  private async load(): Promise<FileContent> {
    const isStopped = () => this.stopped;
    const watch = watchOfFile(this.uri, {
      get cancelled() {
        return isStopped();
      },
      report: (text) => this.progressed.fire(text),
    });
    const job = { kind: 'readFile', ...placeOfFile(this.uri, this.platform) } as const;
    const read = await this.platform.work.run(job, watch).catch((error: unknown) => {
      throw toldError(error, this.uri);
    });
    switch (read.kind) {
      case 'trace':
        return TraceContent.of(unpackTrace(read.trace), read.trace.coverage, pauseEvery(stretch, pause));
      case 'stream':
        return new StreamContent(read.stream, read.bytes);
      case 'none':
        throw new Error(
          read.problems.map(formatProblem).join('\n') || vscode.l10n.t('There is no event in this file.'),
        );
    }
  }
}

export class BinaryEditors implements vscode.CustomReadonlyEditorProvider<BinaryDocument> {
  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly platform: Platform,
  ) {}

  openCustomDocument(uri: vscode.Uri): BinaryDocument {
    return new BinaryDocument(uri, this.platform);
  }

  resolveCustomEditor(document: BinaryDocument, panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    const folder = vscode.Uri.joinPath(this.extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const post = (message: ToWebview<FileChannel>) => void webview.postMessage(message);
    const session = new FileSession(
      {
        stop: () => document.stop(),
        debug: () => void vscode.commands.executeCommand(commands.debugFile, document.uri),
        convert: () => void vscode.commands.executeCommand(commands.convertTrace, document.uri),
      },
      pauseEvery(stretch, pause),
    );
    const owned = [
      document.onProgress((text) => post({ kind: 'notice', name: 'progress', notice: { text } })),
      webview.onDidReceiveMessage(async (message: unknown) => {
        const reply = await answerRequest<FileChannel>(session.handlers, message);
        if (reply) {
          post(reply);
        }
      }),
    ];
    let closed = false;
    panel.onDidDispose(() => {
      closed = true;
      vscode.Disposable.from(...owned).dispose();
    });
    void document.read().then((content) => {
      if (!closed) {
        session.show(content);
        post({ kind: 'notice', name: 'loaded', notice: undefined });
      }
    });
    webview.html = webviewHtml({
      cspSource: webview.cspSource,
      script: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'file.js')).toString(),
      styles: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'file.css')).toString(),
      title: panel.title,
      language: vscode.env.language,
      texts: vscode.l10n.bundle,
    });
  }
}
