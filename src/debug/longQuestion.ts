// A question of the client that may take long: it is answered in turns, can be cancelled, and tells that it is under way when it takes long.

import { type Clock, realClock, type Turn, turns } from './breath';

/** So long a question may take, in milliseconds, before it is told that it is under way. */
const PATIENCE = 500;

type Tell = (event: 'progressStart' | 'progressEnd', body: { progressId: string; [field: string]: unknown }) => void;

export class LongQuestion {
  /** Awaited between parts of the answer. */
  readonly turn: Turn;
  private cancelled = false;
  private told = false;

  constructor(
    readonly progressId: string,
    private readonly tell: Tell,
    clock: Clock = realClock,
  ) {
    const late = clock.now() + PATIENCE;
    const breathe = turns(() => this.cancelled, clock);
    this.turn = () => {
      if (!this.told && clock.now() > late) this.begin();
      return breathe();
    };
  }

  private begin(): void {
    this.told = true;
    this.tell('progressStart', {
      progressId: this.progressId,
      title: 'HPT Scope: searching the run',
      cancellable: true,
    });
  }

  /** The next turn is the last one. */
  cancel(): void {
    this.cancelled = true;
  }

  /** The answer has been given. */
  end(): void {
    if (this.told) this.tell('progressEnd', { progressId: this.progressId });
  }
}
