// Replay as a feed: what it did step by step, with everything that each step changed of the knowledge. It can be read ahead, because
// what an operation came to is known only from a later event.

import type { FalseAssumption } from '../replay/assuming';
import { AssumingReplay } from '../replay/assumingReplay';
import type { WrongField } from '../replay/checkpoint';
import type { Divergence } from '../replay/context';
import type { Invalidation, ReplaySlot } from '../replay/host';
import type { ReplayInput } from '../replay/input';
import type { KnowledgeWatch, Slot } from '../replay/knowledge';
import type { Machines } from '../replay/machines';
import { Replay, type ReplayOptions, type ReplayStep } from '../replay/replay';
import { foundIn } from '../replay/report';

/** One step of replay and what it changed. */
export interface Fed {
  readonly step: ReplayStep;
  /** what holds from now on for every slot not in `puts`, when all that was learnt is void */
  readonly background: Slot | undefined;
  /** what is known from now on, by slot */
  readonly puts: ReadonlyMap<number, Slot>;
  /** the slot that was told last; -1 without one */
  readonly last: number;
  /** slots of the table */
  readonly entries: number;
  readonly slots: readonly ReplaySlot[] | null;
  /** invalidations that may be under way */
  readonly underWay: readonly Invalidation[];
  readonly divergences: readonly (Divergence | FalseAssumption)[];
  /** fields in which the dump of this step contradicts what was known */
  readonly wrong: readonly WrongField[];
}

const nothing: ReadonlyMap<number, Slot> = new Map();

/** Collects what one step changes. */
class Collector implements KnowledgeWatch {
  background: Slot | undefined;
  puts: Map<number, Slot> | undefined;
  last = -1;

  put(index: number, slot: Slot): void {
    this.puts ??= new Map();
    this.puts.set(index, slot);
    this.last = index;
  }

  reset(background: Slot): void {
    this.background = background;
    this.puts = undefined;
    this.last = -1;
  }
}

export class Feed {
  readonly machines: Machines;
  /** what is known before the first event */
  readonly start: Fed;
  readonly #replay: Replay;
  /** beside the replay that assumes nothing, where something is assumed */
  readonly #assuming: AssumingReplay | undefined;
  readonly #steps: Generator<ReplayStep, void>;
  #collector = new Collector();
  #ahead: Fed[] = [];
  #at = 0;
  #told = 0;
  #toldFalse = 0;
  #wrong = 0;

  /** @param assume what is taken for granted: a set (src/timeline/assumptions.ts) */
  constructor(input: ReplayInput, assume: number, options: ReplayOptions) {
    const watch: KnowledgeWatch = {
      put: (index, slot) => this.#collector.put(index, slot),
      reset: (background) => this.#collector.reset(background),
    };
    const all = { ...options, found: foundIn(input, options), watch };
    this.#assuming = assume === 0 ? undefined : new AssumingReplay(input, assume, all);
    this.#replay = this.#assuming?.sound ?? new Replay(input, all);
    this.machines = this.#replay.machines;
    this.#steps = (this.#assuming ?? this.#replay).steps();
    this.start = this.#collect({ what: 'pagemap' });
  }

  /** The comparison with the dumps, when everything was read. */
  get replay(): Replay {
    return this.#replay;
  }

  /** The replay with assumptions, where some were asked for. */
  get assuming(): AssumingReplay | undefined {
    return this.#assuming;
  }

  /** The step `ahead` of the next one (0: the next one); undefined at the end. */
  peek(ahead = 0): Fed | undefined {
    while (this.#ahead.length - this.#at <= ahead) {
      const next = this.#steps.next();
      if (next.done === true) {
        return undefined;
      }
      this.#ahead.push(this.#collect(next.value));
    }
    return this.#ahead[this.#at + ahead];
  }

  /** The next step, which is then over; undefined at the end. */
  shift(): Fed | undefined {
    const next = this.peek();
    if (next !== undefined && ++this.#at === this.#ahead.length) {
      this.#ahead = [];
      this.#at = 0;
    }
    return next;
  }

  #collect(step: ReplayStep): Fed {
    const { background, puts, last } = this.#collector;
    if (background !== undefined || puts !== undefined) {
      this.#collector = new Collector();
    }
    const { table, host, divergences, comparison } = this.#replay;
    const falseOnes = this.#assuming?.falseOnes ?? agrees;
    const anew =
      this.#told === divergences.length && this.#toldFalse === falseOnes.length
        ? agrees
        : [...divergences.slice(this.#told), ...falseOnes.slice(this.#toldFalse)];
    this.#told = divergences.length;
    this.#toldFalse = falseOnes.length;
    const wrong = this.#wrong;
    this.#wrong = comparison.wrong.length;
    return {
      step,
      background,
      puts: puts ?? nothing,
      last,
      entries: table.entries,
      slots: host.slots,
      underWay: host.underWay,
      divergences: anew,
      wrong: wrong === comparison.wrong.length ? agrees : comparison.wrong.slice(wrong),
    };
  }
}

const agrees: readonly never[] = [];
