// What replay knows of a few slots of the table as a trace goes on: for each slot its knowledge after every event that changed it.

import type { Found } from '../replay/hindsight';
import type { Host, ReplaySlot } from '../replay/host';
import type { ReplayInput } from '../replay/input';
import type { Knowledge, Slot } from '../replay/knowledge';
import { Replay } from '../replay/replay';
import { foundIn } from '../replay/report';

const settled = new WeakMap<ReplayInput, Found>();

/** What all of a trace forces of its earlier moments, as for its replayed run: looked for once. */
export function settledOf(input: ReplayInput): Found {
  const known = settled.get(input) ?? foundIn(input, { keyframes: 'all' });
  settled.set(input, known);
  return known;
}

/**
 * Replays a trace up to an event.
 * @param found what is known to be forced of earlier moments
 * @param look called when everything before event `before` has happened
 */
export function replayedTo(
  input: ReplayInput,
  found: Found,
  before: number,
  to: number,
  look: (replay: Replay) => void,
): Replay {
  const replay = new Replay(input, {
    keyframes: 'all',
    found,
    after: (event) => {
      if (event === before - 1) {
        look(replay);
      }
      return event >= to;
    },
  });
  if (before === 0) {
    look(replay);
  }
  return replay.run();
}

interface Known<T> {
  /** the event after which it was so */
  readonly since: number;
  readonly is: T;
}

/** The last of these that was so after an event. */
function lastOf<T>(all: readonly Known<T>[], event: number): Known<T> | undefined {
  let found: Known<T> | undefined;
  for (const one of all) {
    if (one.since > event) {
      break;
    }
    found = one;
  }
  return found;
}

export class History {
  readonly #slots = new Map<number, Known<Slot>[]>();
  readonly #tables: Known<Knowledge>[] = [];
  readonly #memslots: Known<readonly ReplaySlot[] | null>[] = [];
  readonly host: Host;
  readonly isa3: boolean;
  readonly ptegs: number;
  readonly sizeKnown: boolean;

  /**
   * Follows slots from the start of the trace to an event.
   * @param found what is known to be forced of earlier moments
   */
  constructor(input: ReplayInput, indexes: readonly number[], to: number, found: Found) {
    for (const index of indexes) {
      this.#slots.set(index, []);
    }
    const replay = new Replay(input, {
      keyframes: 'all',
      found,
      after: (event) => {
        this.#note(replay, event);
        return event >= to;
      },
    });
    this.#note(replay, -1);
    replay.run();
    this.host = replay.host;
    this.isa3 = replay.isa3;
    this.ptegs = replay.table.ptegs;
    this.sizeKnown = replay.sizeKnown;
  }

  #note({ table, host }: Replay, since: number): void {
    const note = <T>(all: Known<T>[], is: T): void => {
      if (all.at(-1)?.is !== is) {
        all.push({ since, is });
      }
    };
    note(this.#tables, table);
    note(this.#memslots, host.slots);
    for (const [index, all] of this.#slots) {
      note(all, table.get(index));
    }
  }

  /** What was known of a slot after an event; -1 for the start of the trace. */
  slotAfter(index: number, event: number): Slot | undefined {
    return lastOf(this.#slots.get(index) ?? [], event)?.is;
  }

  /** The first event from which on, up to another one, the table and the memslots stayed the same. */
  settledSince(event: number): number {
    const table = lastOf(this.#tables, event)?.since ?? -1;
    return Math.max(table, lastOf(this.#memslots, event)?.since ?? -1) + 1;
  }
}
