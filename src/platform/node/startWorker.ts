// Starts worker threads of Node.

import { Worker } from 'node:worker_threads';
import type { FromWorker, StartWorker, WorkerThread } from '../workerMessages';

/** @param script path of dist/worker.js */
export function startNodeWorker(script: string): StartWorker {
  return async () => {
    const worker = new Worker(script, { name: 'HPT Scope' });
    // its exit is told by onCrash; a run that is over must not keep the process alive
    worker.unref();
    const thread: WorkerThread = {
      post: (message) => {
        worker.ref();
        worker.postMessage(message);
      },
      onMessage: () => undefined,
      onCrash: () => undefined,
      end: () => void worker.terminate(),
    };
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'done' || message.kind === 'failed' || message.kind === 'followed') worker.unref();
      thread.onMessage(message);
    });
    worker.on('error', (error) => thread.onCrash(whyOf(error)));
    worker.on('exit', (code) => thread.onCrash(`it ended with code ${code}`));
    return thread;
  };
}

function whyOf(error: Error & { code?: unknown }): string {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? 'it ran out of memory. Take a part of the trace, or record fewer kinds of events'
    : error.message;
}
