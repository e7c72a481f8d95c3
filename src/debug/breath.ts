// Long work that lets others have their turn: nothing here goes on for longer than a breath at a time.

/** How long, in milliseconds. */
const BREATH = 20;

/** Awaited between parts of long work. Answers whether to go on. */
export type Turn = () => Promise<boolean>;

/**
 * Makes a turn that gives way when a breath is over.
 * @param cancelled looked at after others have had their turn
 */
export function turns(cancelled: () => boolean = () => false): Turn {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < BREATH) return true;
    await new Promise<void>((resume) => setTimeout(resume, 0));
    since = performance.now();
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

/** Does work to its end at once. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const part = work.next();
    if (part.done === true) return part.value;
  }
}
