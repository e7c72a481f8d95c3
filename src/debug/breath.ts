// Long work that lets others have their turn: nothing here goes on for longer than a breath at a time.

/** How long, in milliseconds. */
const BREATH = 20;

/** What tells how late it is, and how others get their turn. */
export interface Clock {
  /** in milliseconds, from any moment on */
  now(): number;
  /** Resolves when others have had their turn. */
  giveWay(): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  giveWay: () => new Promise((resume) => setTimeout(resume, 0)),
};

/** Awaited between parts of long work. Answers whether to go on. */
export type Turn = () => Promise<boolean>;

/**
 * Makes a turn that gives way when a breath is over.
 * @param cancelled looked at after others have had their turn
 */
export function turns(cancelled: () => boolean = () => false, clock: Clock = realClock): Turn {
  let since = clock.now();
  return async () => {
    if (clock.now() - since < BREATH) return true;
    await clock.giveWay();
    since = clock.now();
    return !cancelled();
  };
}

/** Does work to its end, in turns. @returns undefined when it was cancelled */
export async function inTurns<T>(work: Generator<void, T>, turn: Turn): Promise<T | undefined> {
  for (;;) {
    const part = work.next();
    if (part.done === true) return part.value;
    if (!(await turn())) return undefined;
  }
}
