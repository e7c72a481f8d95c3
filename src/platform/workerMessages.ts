// What a worker and the one who gave it a job say to each other.

import type { TracePiece } from '../trace/follow/piece';
import type { Job, JobKind, JobProgress, JobResults } from './jobs';

/** To the worker: a job, or the bytes of a file that it asked for. */
export type ToWorker =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: 'noFile'; readonly path: string; readonly message: string }
  /** a live trace is to be followed: pieces come one for each `more`, and `followed` behind the last one after `stop` */
  | { readonly kind: 'follow'; readonly path: string }
  | { readonly kind: 'more' }
  | { readonly kind: 'stop' };

/** From the worker. After `done` or `failed` it is free for the next job. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly progress: JobProgress }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'piece'; readonly piece: TracePiece }
  | { readonly kind: 'followed' }
  | { readonly kind: 'done'; readonly result: JobResults[JobKind] }
  | { readonly kind: 'failed'; readonly message: string; readonly stack?: string };

/** A worker as its owner sees it, whatever the host calls it. */
export interface WorkerThread {
  post(message: ToWorker): void;
  /** Called with each message, from when it is set. */
  onMessage: (message: FromWorker) => void;
  /** Called once when the worker breaks down: it ends, or something in it is thrown that nobody catches. */
  onCrash: (why: string) => void;
  /** Ends it, whatever it is doing. */
  end(): void;
}

/** Starts a worker. Rejects with an Error fit for people when the host does not let it. */
export type StartWorker = () => Promise<WorkerThread>;
