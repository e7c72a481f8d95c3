// What a statement did to the table that no trace event tells: the VMM's ioctls. A recording has to say it.

import { ENOSPC } from '../../model/bits';
import type { Event } from '../../model/events';
import type { RecordingHpt } from '../recordingFile';

/** A table came, and how; `allocate` in the middle of a run says that nothing is told of what it holds. */
export interface TableChange {
  readonly order: number;
  readonly how: RecordingHpt['how'];
}

export class TableChanges {
  #change: TableChange['how'] | undefined;
  /** hypercalls under way, by actor and level */
  readonly #calls = new Set<string>();

  /** Notes an event of the statement under way. */
  see(event: Event, actor: number, level: number): void {
    const caller = `${actor} ${level}`;
    switch (event.kind) {
      case 'hcall.enter':
        this.#calls.add(caller);
        return;
      case 'hcall.exit':
        this.#calls.delete(caller);
        return;
      case 'hpt.resize':
        this.#resized(event.phase, event.ret);
        return;
      case 'htab.write':
        this.#change = 'allocate';
        return;
      case 'hpte.enter':
        // the VRMA is entered by no hypercall
        if (!this.#calls.has(caller)) {
          this.#change = 'allocate';
        }
        return;
      default:
        return;
    }
  }

  #resized(phase: 'prepare' | 'allocated' | 'commit' | 'failed' | 'reset', ret: number): void {
    if (phase === 'commit') {
      this.#change = ret === 0 ? 'resize' : this.#change;
    } else if (phase === 'reset') {
      this.#change = ret === 0 ? 'reset' : this.#change;
    } else if (phase === 'failed' && ret === ENOSPC) {
      // two bolted entries collided; what was visited before has been unmapped
      this.#change = 'allocate';
    }
  }

  /** The statement is over: what it did, if anything. */
  take(): TableChange['how'] | undefined {
    const change = this.#change;
    this.#change = undefined;
    return change;
  }
}
