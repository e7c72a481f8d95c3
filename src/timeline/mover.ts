/** Moves a state along the writes of its journal: undo and redo from where it stands, and over keyframes when the way is long. */
import { LOG_CHUNK, LOG_CHUNK_SHIFT, type Log } from '../model/log';
import type { State } from '../model/state';
import type { Writes } from './writes';

export class Mover {
  private at: number;

  /** @param state the state after all writes */
  constructor(
    private readonly state: State,
    private readonly log: Log,
    private readonly writes: Writes,
  ) {
    this.at = writes.length;
  }

  /** Brings the state to where the first `target` writes have been made. */
  moveTo(target: number): void {
    const { keyframes } = this.writes;
    if (Math.abs(target - this.at) > keyframes.spacing) {
      const from = this.nearestKeyframe(this.at);
      const to = this.nearestKeyframe(target);
      this.step(from * keyframes.spacing);
      keyframes.between(from, to, (stretch) => stretch.apply(this.state, from < to));
      this.at = to * keyframes.spacing;
    }
    this.step(target);
  }

  private nearestKeyframe(write: number): number {
    const { length, spacing } = this.writes.keyframes;
    return Math.min(length, Math.round(write / spacing));
  }

  /** Redo or undo, one write after the other. */
  private step(target: number): void {
    const { state, writes } = this;
    const { chunks } = this.log;
    while (this.at !== target) {
      const forward = this.at < target;
      const address = writes.addressOf(forward ? this.at : this.at - 1);
      const chunk = chunks[address >>> LOG_CHUNK_SHIFT] as Int32Array;
      const p = address & (LOG_CHUNK - 1);
      const value = forward ? p + 5 : p + 3;
      state.apply(chunk[p + 1] as number, chunk[p + 2] as number, chunk[value] as number, chunk[value + 1] as number);
      this.at += forward ? 1 : -1;
    }
  }
}
