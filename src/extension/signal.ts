// An event without VS Code, so that what announces changes can be tested on Node. Its `event` fits `vscode.Event`.

/** Registers a listener; disposing the answer takes it off again. */
export type Listen<T> = (listener: (value: T) => unknown) => { dispose(): void };

/** The sending end of one event. */
export class Signal<T> {
  private readonly listeners = new Set<(value: T) => unknown>();

  /** The listening end. */
  readonly event: Listen<T> = (listener) => {
    // one registration each, also when the same function listens twice
    const own = (value: T) => listener(value);
    this.listeners.add(own);
    return { dispose: () => this.listeners.delete(own) };
  };

  fire(value: T): void {
    for (const listener of [...this.listeners]) {
      listener(value);
    }
  }

  dispose(): void {
    this.listeners.clear();
  }
}
