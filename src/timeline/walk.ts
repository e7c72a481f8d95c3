// Goes through a run as it happened: statements, those that raced inside the kernel path of another one, and events with who raised
// them. For what must tell the whole run over again, as a trace of it does.

import { decodeEvent, type Event } from '../model/events';
import { LOG_CHUNK, REC_ENTER, REC_EVENT, REC_LEAVE, REC_MARK, REC_RESUME, REC_STEP } from '../model/log';
import type { Run } from './run';

/** What is told on the way. Levels count how many kernel paths a statement stands inside of: 0 for one that races nothing. */
export interface RunVisitor {
  /** A statement begins; the one before it on its level is over. `moment` is its first. */
  begins(source: number, level: number, moment: number): void;
  /** The statement that raced is over, and the kernel path around it, of a statement on `level`, goes on before `moment`. */
  resumes(level: number, moment: number): void;
  /** @param actor vCPU number, or -1: the host or the VMM */
  event(event: Event, actor: number, level: number): void;
}

/** Visits a whole run in order. */
export function walkRun(run: Run, visitor: RunVisitor): void {
  /** actors of the kernel paths under way on this level, and those of the levels around it */
  let actors: number[] = [];
  const outer: number[][] = [];
  let moment = 0;
  run.forEachRecord((type, value, chunk, at) => {
    switch (type) {
      case REC_MARK:
        if (actors.length > 0) {
          outer.push(actors);
          actors = [];
        }
        visitor.begins(value, outer.length, moment);
        moment++;
        return;
      case REC_RESUME:
        visitor.resumes(outer.length - 1, moment);
        actors = outer.pop() ?? [];
        return;
      case REC_ENTER: {
        const actor = chunk[at + 1] as number;
        actors.push(actor < 0 ? (actors.at(-1) ?? -1) : actor);
        return;
      }
      case REC_LEAVE:
        actors.pop();
        return;
      case REC_STEP:
        moment++;
        return;
      case REC_EVENT:
        visitor.event(decodeEvent(value, chunk, (at % LOG_CHUNK) + 1), actors.at(-1) ?? -1, outer.length);
        return;
    }
  });
}
