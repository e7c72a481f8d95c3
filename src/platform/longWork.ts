// Long work off the extension host's thread. Each job has a worker for itself; one that is free waits a while for the next job. A job is
// cancelled by ending its worker, so nothing need be asked while it works.

import type { TracePiece } from '../trace/follow/piece';
import type { JobKind, JobProgress, JobResults, Jobs } from './jobs';
import type { FromWorker, StartWorker, WorkerThread } from './workerMessages';

/** How a job is followed and stopped. */
export interface JobWatch {
  /** looked at a few times a second */
  readonly cancelled: boolean;
  progress?(progress: JobProgress): void;
  /** Reads a file for a worker that has no access to it; rejects with an Error fit for people. */
  read?(path: string): Promise<Uint8Array>;
}

export interface LongWork {
  /**
   * Does a job. Rejects with a `JobCancelled`, or with an Error fit for people when the worker could not be started, broke down, or
   * failed.
   */
  run<K extends JobKind>(job: Jobs[K] & { readonly kind: K }, watch: JobWatch): Promise<JobResults[K]>;
  /**
   * Follows a live trace (a growing file, a FIFO, trace_pipe) until it is stopped.
   * @param path on the disk of the machine on which this runs
   */
  follow(path: string, listener: FollowListener): Promise<Following>;
  dispose(): void;
}

/** Who follows a trace. */
export interface FollowListener {
  /** More has come. The next piece is sent when this is over, and until then the trace is read on all the same. */
  more(piece: TracePiece): Promise<void>;
  /** It is over: it was stopped, or an error fit for people says why it could not go on. */
  ended(error: Error | undefined): void;
}

/** A trace that is being followed. */
export interface Following {
  /** Stops reading; resolves when everything that was read has been told, and the file is closed. */
  stop(): Promise<void>;
}

/** The job was cancelled. */
export class JobCancelled extends Error {
  constructor() {
    super('cancelled');
  }
}

/** Milliseconds between two looks at whether a job was cancelled. */
const LOOK = 50;
/** Milliseconds that a worker waits for another job. */
const PATIENCE = 10_000;

export class Workers implements LongWork {
  private idle: WorkerThread | undefined;
  private leaving: ReturnType<typeof setTimeout> | undefined;
  private readonly busy = new Set<WorkerThread>();
  private disposed = false;

  constructor(private readonly start: StartWorker) {}

  async run<K extends JobKind>(job: Jobs[K] & { readonly kind: K }, watch: JobWatch): Promise<JobResults[K]> {
    if (watch.cancelled) throw new JobCancelled();
    const worker = await this.take();
    try {
      // what comes of a job is told by the job
      const result = (await this.carryOut(worker, job, watch)) as JobResults[K];
      this.free(worker);
      return result;
    } catch (error) {
      worker.end();
      throw error;
    } finally {
      this.busy.delete(worker);
    }
  }

  async follow(path: string, listener: FollowListener): Promise<Following> {
    const worker = await this.take();
    let over: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      over = resolve;
    });
    const end = (error: Error | undefined) => {
      if (!this.busy.delete(worker)) return;
      worker.end();
      over();
      listener.ended(error);
    };
    worker.onCrash = (why) => end(new Error(`The background worker stopped: ${why}`));
    worker.onMessage = (message) => {
      if (message.kind === 'piece') {
        const ask = () => worker.post({ kind: 'more' });
        listener
          .more(message.piece)
          .then(ask, (error) => end(error instanceof Error ? error : new Error(String(error))));
      } else if (message.kind === 'followed') end(undefined);
      else if (message.kind === 'failed') end(failure(message));
    };
    worker.post({ kind: 'follow', path });
    worker.post({ kind: 'more' });
    return {
      stop: () => {
        worker.post({ kind: 'stop' });
        return ended;
      },
    };
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.leaving);
    this.idle?.end();
    this.idle = undefined;
    for (const worker of this.busy) worker.onCrash('the extension is being shut down');
  }

  private async take(): Promise<WorkerThread> {
    const worker = this.idle ?? (await this.start());
    clearTimeout(this.leaving);
    this.idle = undefined;
    this.busy.add(worker);
    return worker;
  }

  /** Keeps a worker for the next job; one is enough. */
  private free(worker: WorkerThread): void {
    if (this.idle !== undefined || this.disposed) {
      worker.end();
      return;
    }
    const leave = () => {
      if (this.idle === worker) this.idle = undefined;
      worker.end();
    };
    this.idle = worker;
    worker.onMessage = () => undefined;
    worker.onCrash = leave;
    this.leaving = setTimeout(leave, PATIENCE);
  }

  private carryOut(worker: WorkerThread, job: Jobs[JobKind], watch: JobWatch): Promise<JobResults[JobKind]> {
    let looking: ReturnType<typeof setInterval> | undefined;
    const over = new Promise<JobResults[JobKind]>((resolve, reject) => {
      worker.onCrash = (why) => reject(new Error(`The background worker stopped: ${why}`));
      worker.onMessage = (message) => {
        if (message.kind === 'done') resolve(message.result);
        else if (message.kind === 'failed') reject(failure(message));
        else if (message.kind === 'progress') watch.progress?.(message.progress);
        else if (message.kind === 'read') void readFor(worker, watch, message.path);
      };
      looking = setInterval(() => {
        if (watch.cancelled) reject(new JobCancelled());
      }, LOOK);
      worker.post({ kind: 'job', job });
    });
    return over.finally(() => clearInterval(looking));
  }
}

function failure({ message, stack }: FromWorker & { kind: 'failed' }): Error {
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

async function readFor(worker: WorkerThread, watch: JobWatch, path: string): Promise<void> {
  try {
    if (watch.read === undefined) throw new Error(`cannot read ${path}: there is nobody to ask for it`);
    worker.post({ kind: 'file', path, bytes: await watch.read(path) });
  } catch (error) {
    worker.post({ kind: 'noFile', path, message: error instanceof Error ? error.message : String(error) });
  }
}
