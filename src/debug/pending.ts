// Questions that need something long: evaluation is not made for turns (conditions are worked out at hundreds of thousands of moments), so
// it is given up where it needs what takes long to find. That is found in turns, and the question is asked anew: it then finds it known.

import { inTurns, type Turn } from './breath';

/** Thrown by a question that may give way (`Scope.givesWay`), with the rest of the work after which it is to be asked again. */
export class Pending {
  constructor(readonly work: Generator<void, unknown>) {}

  *done(): Generator<void, true> {
    yield* this.work;
    return true;
  }
}

/** The person does not want to know any more. */
export class Cancelled extends Error {
  constructor() {
    super('The question was cancelled.');
  }
}

/**
 * Asks a question until it has its answer, with what it needs found in turns.
 * @param ask is called once more for each thing that had to be found. Rejects with what it throws, or with Cancelled
 */
export async function askInTurns<T>(ask: () => T, turn: Turn): Promise<T> {
  for (;;) {
    try {
      return ask();
    } catch (pending) {
      if (!(pending instanceof Pending)) throw pending;
      if (!(await turn())) throw new Cancelled();
      await untilDone(pending.done(), turn);
    }
  }
}

/** Does work in turns. Rejects with Cancelled. */
export async function untilDone<T extends object | true>(work: Generator<void, T>, turn: Turn): Promise<T> {
  const answer = await inTurns(work, turn);
  if (answer === undefined) throw new Cancelled();
  return answer;
}
