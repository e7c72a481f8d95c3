// A live trace as a run that grows: what the worker sends is taken over piece by piece, with time for others in between.

import type { Run } from '../timeline/run';
import { GrowingRun } from '../trace/follow/growingRun';
import { JobCancelled, type LongWork } from './longWork';

/** Milliseconds between two pieces when there is little to take over; a full piece is followed by the next one at once. */
const CALM = 100;
/** A piece of so many events is full enough. */
const FULL = 4096;
/** Milliseconds between two looks at whether to give up waiting for the first event. */
const LOOK = 50;

/** Who looks at a live run. */
export interface LiveRunListener {
  grown(): void;
  told(text: string): void;
  /** Nothing more comes; an error fit for people says why, when it was not stopped. */
  ended(error: Error | undefined): void;
}

export interface LiveRun {
  readonly run: Run;
  stop(): Promise<void>;
}

/**
 * Follows a trace. Resolves with its run when the first event has come; rejects with an Error fit for people when it cannot be followed
 * or ends before, and with `JobCancelled` when it was cancelled before.
 * @param path on the disk of the machine on which this runs
 */
export async function followRun(
  work: LongWork,
  path: string,
  watch: { readonly cancelled: boolean },
  listener: LiveRunListener,
): Promise<LiveRun> {
  const growing = new GrowingRun(path.split(/[/\\]/).pop() ?? path);
  let begun: (run: Run) => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  const first = new Promise<Run>((resolve, reject) => {
    begun = resolve;
    failed = reject;
  });
  const following = await work.follow(path, {
    more: async (piece) => {
      growing.take(piece);
      for (const text of piece.told) listener.told(text);
      if (growing.run !== null) {
        begun(growing.run);
        listener.grown();
      }
      await new Promise<void>((resume) => setTimeout(resume, piece.count >= FULL ? 0 : CALM));
    },
    ended: (error) => {
      if (growing.run === null) failed(error ?? new Error(`${path}: following it ended before an event came`));
      else listener.ended(error);
    },
  });
  const looking = setInterval(() => {
    if (watch.cancelled) failed(new JobCancelled());
  }, LOOK);
  const stop = () => following.stop();
  try {
    return { run: await first, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearInterval(looking);
  }
}
