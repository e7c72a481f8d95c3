// The webview's connection to the extension: one typed channel, and the state that VS Code keeps while the webview is
// hidden or the window is reloaded.

import { type Channel, ChannelEnd, type NoticeHandlers, type ToExtension, type ToWebview } from '../../src/protocol';

/** What a webview has of its host. */
export interface Host<C extends Channel, State> {
  readonly channel: ChannelEnd<C>;
  /** What was kept last; not believed to be of the present form. */
  readonly kept: Partial<State>;
  keep(state: State): void;
}

/** Connects to the extension. Called once: VS Code hands out its API a single time. */
export function connect<C extends Channel, State>(handlers: NoticeHandlers<C>): Host<C, State> {
  const vscode = acquireVsCodeApi();
  const channel = new ChannelEnd<C>((message: ToExtension<C>) => vscode.postMessage(message), handlers);
  window.addEventListener('message', ({ data }: MessageEvent<ToWebview<C>>) => channel.receive(data));
  window.addEventListener('pagehide', () => channel.close());
  const kept = vscode.getState();
  return {
    channel,
    kept: typeof kept === 'object' && kept !== null ? (kept as Partial<State>) : {},
    keep: (state) => vscode.setState(state),
  };
}
