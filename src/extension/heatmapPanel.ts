// The heatmap's panel in VS Code: opens beside the editor, is restored with the window, and shows the source of the
// run that is being debugged. The conversation itself is heatmapSession.ts; the picture is webview/heatmap/.

import * as vscode from 'vscode';
import { answerRequest, type HeatmapChannel, type ToWebview } from '../protocol';
import { HeatmapSession, type HeatmapSource } from './heatmapSession';
import { commands, panels } from './ids';
import { webviewHtml } from './webviewPage';

/** Where the heatmap finds what to show. */
export interface HeatmapServices {
  readonly heatmap: {
    /** The table of the active run at its current moment; undefined when no run is open. */
    readonly source: HeatmapSource | undefined;
    readonly onDidChangeSource: vscode.Event<void>;
  };
}

/** The one heatmap of a window. */
export class HeatmapPanel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly services: HeatmapServices,
  ) {}

  /** Opens the heatmap beside the editor, or brings it forward. */
  show({ preserveFocus = false } = {}): void {
    if (this.panel) {
      this.panel.reveal(undefined, preserveFocus);
      return;
    }
    const where = { viewColumn: vscode.ViewColumn.Beside, preserveFocus };
    this.adopt(vscode.window.createWebviewPanel(panels.heatmap, vscode.l10n.t('HPT heatmap'), where));
  }

  /** The window was reloaded: the webview brings its own state (`getState`) along. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.panel?.dispose();
    this.adopt(panel);
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    const folder = vscode.Uri.joinPath(this.extensionUri, 'dist', 'webview');
    const { webview } = panel;
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.extensionUri, 'media', 'heatmap-light.svg'),
      dark: vscode.Uri.joinPath(this.extensionUri, 'media', 'heatmap-dark.svg'),
    };

    const post = (message: ToWebview<HeatmapChannel>) => void webview.postMessage(message);
    const session = new HeatmapSession(this.services.heatmap.source, (name, notice) =>
      post({ kind: 'notice', name, notice } as ToWebview<HeatmapChannel>),
    );
    const owned = [
      session,
      this.services.heatmap.onDidChangeSource(() => session.setSource(this.services.heatmap.source)),
      webview.onDidReceiveMessage(async (message: unknown) => {
        const reply = await answerRequest<HeatmapChannel>(session.handlers, message);
        if (reply) {
          post(reply);
        }
      }),
    ];
    panel.onDidDispose(() => {
      vscode.Disposable.from(...owned).dispose();
      if (this.panel === panel) {
        this.panel = undefined;
      }
    });
    webview.html = webviewHtml({
      cspSource: webview.cspSource,
      script: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'heatmap.js')).toString(),
      styles: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'heatmap.css')).toString(),
      title: panel.title,
      language: vscode.env.language,
      texts: vscode.l10n.bundle,
    });
  }
}

/** Registers the heatmap's panel, its command and its serializer. */
export function registerHeatmap(context: vscode.ExtensionContext, services: HeatmapServices): HeatmapPanel {
  const panel = new HeatmapPanel(context.extensionUri, services);
  context.subscriptions.push(
    panel,
    vscode.commands.registerCommand(commands.showHeatmap, () => panel.show()),
    vscode.window.registerWebviewPanelSerializer(panels.heatmap, panel),
  );
  return panel;
}
