// Starts web workers. The script comes as text: VS Code in a browser serves extensions from another origin, and a worker's script must
// be of one's own.

import type { FromWorker, StartWorker, WorkerThread } from '../workerMessages';

/** A web worker. The extension's own code is compiled with the types of Node, which has none. */
interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  addEventListener(type: 'message', listen: (event: { readonly data: FromWorker }) => void, options?: object): void;
  addEventListener(type: 'error' | 'messageerror', listen: (event: { readonly message?: string }) => void): void;
}
declare const Worker: new (url: string, options: { readonly name: string }) => WebWorker;

/** @param readScript the bytes of dist/worker.web.js */
export function startWebWorker(readScript: () => Promise<Uint8Array>): StartWorker {
  return async () => {
    const script = new Blob([new Uint8Array(await readScript())], { type: 'text/javascript' });
    const url = URL.createObjectURL(script);
    const worker = new Worker(url, { name: 'HPT Scope' });
    const thread: WorkerThread = {
      post: (message) => worker.postMessage(message),
      onMessage: () => undefined,
      onCrash: () => undefined,
      end: () => worker.terminate(),
    };
    worker.addEventListener('message', ({ data }) => thread.onMessage(data));
    worker.addEventListener('error', ({ message }) => thread.onCrash(message || 'its script could not be run'));
    worker.addEventListener('messageerror', () => thread.onCrash('what it sent could not be read'));
    worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
    return thread;
  };
}
