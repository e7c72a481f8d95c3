// The worker's side of long work: takes a job, does it, hands over what comes of it. Hosts differ in how messages travel and what files
// can be read.

import type { Decompressors, FileAccess } from '../trace/files';
import { FollowSide, type OpenTail } from './followSide';
import { doJob, type Job, type JobProgress } from './jobs';
import type { FromWorker, ToWorker } from './workerMessages';

/** What a host gives to its worker. */
export interface WorkerHost {
  post(message: FromWorker, transfer: readonly ArrayBuffer[]): void;
  readonly decompressors: Decompressors;
  /** The files of a folder of the disk; left out where there is none. */
  readonly diskFiles?: (folder: string) => FileAccess;
  /** Files that are read as a whole by somebody else. */
  askedFiles(read: (path: string) => Promise<Uint8Array>): FileAccess;
  /** Opens a file that is followed; left out where no disk can be read. */
  readonly openTail?: OpenTail;
}

/** Milliseconds between two messages of how far a job is. */
const BEAT = 100;

/** A file that was asked for. */
interface Asked {
  readonly path: string;
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

export class WorkerSide {
  private readonly asked: Asked[] = [];
  private told = 0;
  private following: FollowSide | undefined;

  constructor(private readonly host: WorkerHost) {}

  take(message: ToWorker): void {
    switch (message.kind) {
      case 'job':
        void this.work(message.job);
        return;
      case 'follow':
        this.follow(message.path);
        return;
      case 'more':
        this.following?.more();
        return;
      case 'stop':
        this.following?.stop();
        return;
      default:
        this.answer(message);
    }
  }

  private follow(path: string): void {
    const { openTail, post } = this.host;
    try {
      if (openTail === undefined)
        throw new Error('A trace can be followed only where VS Code runs on the machine that records it.');
      this.following = new FollowSide(path, openTail, (message, transfer) => post(message, transfer));
    } catch (error) {
      post(failureOf(error), []);
    }
  }

  private answer(message: ToWorker & { kind: 'file' | 'noFile' }): void {
    const at = this.asked.findIndex(({ path }) => path === message.path);
    const [asked] = at < 0 ? [] : this.asked.splice(at, 1);
    if (message.kind === 'file') asked?.resolve(message.bytes);
    else asked?.reject(new Error(message.message));
  }

  private async work(job: Job): Promise<void> {
    const buffers = new Set<ArrayBuffer>();
    try {
      const services = (folder: string | null) => ({
        files: this.filesOf(folder),
        decompressors: this.host.decompressors,
        control: { onProgress: (bytes: number) => this.progress({ bytes }) },
      });
      const result = await doJob(job, { services }, buffers);
      this.host.post({ kind: 'done', result }, [...buffers]);
    } catch (error) {
      this.host.post(failureOf(error), []);
    }
  }

  private filesOf(folder: string | null): FileAccess {
    const { diskFiles, askedFiles } = this.host;
    if (folder !== null && diskFiles !== undefined) return diskFiles(folder);
    return askedFiles(
      (path) =>
        new Promise((resolve, reject) => {
          this.asked.push({ path, resolve, reject });
          this.host.post({ kind: 'read', path }, []);
        }),
    );
  }

  private progress(progress: JobProgress): void {
    const now = performance.now();
    if (now - this.told < BEAT) return;
    this.told = now;
    this.host.post({ kind: 'progress', progress }, []);
  }
}

function failureOf(error: unknown): FromWorker {
  if (!(error instanceof Error)) return { kind: 'failed', message: String(error) };
  const { message, stack } = error;
  return { kind: 'failed', message, ...(stack !== undefined && { stack }) };
}
