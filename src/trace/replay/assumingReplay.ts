// A replay that takes some things for granted, beside one that does not. Both go through the trace in step. What the sound one knows
// is known; what only the other one knows is assumed; so no assumption can spoil what is known.

import { Assuming, type FalseAssumption } from './assuming';
import { type Comparison, FIELDS, type Field } from './checkpoint';
import type { Divergence } from './context';
import type { ReplayInput } from './input';
import type { Knowledge, KnowledgeWatch, Slot } from './knowledge';
import { endsKnowledge, Replay, type ReplayOptions, type ReplayStep } from './replay';

/** How often what was assumed of a field agreed with a dump or did not. */
export interface AssumedCount {
  readonly equal: number;
  readonly wrong: number;
}

export class AssumingReplay {
  /** the one that takes nothing for granted */
  readonly sound: Replay;
  readonly #assuming: Assuming;
  readonly #likely: Replay;
  readonly #watch: KnowledgeWatch | undefined;
  readonly #knownChanges = new Changes();
  readonly #likelyChanges = new Changes();
  /** divergences that both replays have been asked about */
  #divergences = { sound: 0, likely: 0 };
  /** the tables and the background that the watch was told last */
  #told: { readonly sound: Knowledge; readonly likely: Knowledge; readonly background: Slot } | undefined;

  /**
   * @param assumptions a set (src/timeline/assumptions.ts)
   * @param options `watch` gets to know of each slot as it is known, completed by what is assumed of it
   */
  constructor(
    input: ReplayInput,
    readonly assumptions: number,
    { watch, ...options }: ReplayOptions,
  ) {
    this.#watch = watch;
    this.sound = new Replay(input, { ...options, watch: this.#knownChanges });
    this.#assuming = new Assuming(assumptions, this.sound);
    const { after: _, ...likely } = options;
    this.#likely = new Replay(input, { ...likely, watch: this.#likelyChanges, assuming: this.#assuming });
    this.#tell();
  }

  /** Assumptions that turned out false, in the order in which they did. */
  get falseOnes(): readonly FalseAssumption[] {
    return this.#assuming.falseOnes;
  }

  /** How what was assumed compares with the dumps. What is known is not counted. */
  get compared(): Readonly<Record<Field, AssumedCount>> {
    return assumedCounts(this.sound.comparison, this.#likely.comparison);
  }

  /** Replays the whole trace. */
  run(): this {
    const steps = this.steps();
    while (steps.next().done !== true) {}
    return this;
  }

  /** Replays step by step: each is over when it is told. */
  *steps(): Generator<ReplayStep, void> {
    const likely = this.#likely.steps();
    // a step behind the other one: what it knows is what holds when that one finds an assumption false
    const sound = this.sound.steps();
    for (;;) {
      likely.next();
      const step = sound.next();
      if (step.done === true) {
        return;
      }
      this.#reconcile();
      this.#tell();
      yield step.value;
    }
  }

  #reconcile(): void {
    const likely = this.#likely;
    const divergence = this.#newDivergence();
    if (divergence !== undefined && !likely.assume('nothing-else')) {
      likely.table.forgetAll('divergence');
    }
    const { at: event } = likely;
    for (const index of [...this.#knownChanges.slots, ...this.#likelyChanges.slots]) {
      if (this.#assuming.isFalse(likely.table, index)) {
        const expected = `slot 0x${index.toString(16)} as assumed`;
        this.#assuming.giveUp(likely.table, [index], { event, expected, seen: 'another entry or state', since: event });
      }
    }
  }

  /** A divergence from what is known, of which the replay with assumptions has noticed nothing. */
  #newDivergence(): Divergence | undefined {
    const before = this.#divergences;
    const { divergences } = this.sound;
    this.#divergences = { sound: divergences.length, likely: this.#likely.divergences.length };
    return before.likely < this.#divergences.likely
      ? undefined
      : divergences.slice(before.sound).find(({ kind }) => endsKnowledge(kind));
  }

  #tell(): void {
    const watch = this.#watch;
    const sound = this.sound.table;
    const likely = this.#likely.table;
    const background = this.#assuming.background(likely);
    const told = this.#told;
    const anew =
      told === undefined ||
      told.sound !== sound ||
      told.likely !== likely ||
      this.#likelyChanges.wasReset ||
      !isSame(told.background, background);
    const slots = anew
      ? [...sound.learnt.keys(), ...likely.learnt.keys()]
      : [...this.#knownChanges.slots, ...this.#likelyChanges.slots];
    if (watch !== undefined) {
      if (anew) {
        watch.reset(background);
      }
      for (const index of slots) {
        const slot = this.#assuming.slot(likely, index);
        const knownNow = anew || slot.assumed !== undefined || this.#knownChanges.slots.has(index);
        watch.put(index, knownNow ? slot : this.#assuming.toldBy(likely, index, slot));
      }
    }
    this.#told = { sound, likely, background };
    this.#knownChanges.clear();
    this.#likelyChanges.clear();
  }
}

/** Slots of which something else is known after a step. */
class Changes implements KnowledgeWatch {
  /** the one that was told last comes last */
  readonly slots = new Set<number>();
  wasReset = false;
  #learnt = new Set<number>();

  put(index: number): void {
    this.slots.delete(index);
    this.slots.add(index);
    this.#learnt.add(index);
  }

  reset(): void {
    this.#learnt.forEach((index) => this.slots.add(index));
    this.#learnt = new Set();
    this.wasReset = true;
  }

  clear(): void {
    this.slots.clear();
    this.wasReset = false;
  }
}

function isSame(one: Slot, other: Slot): boolean {
  return (
    one.states === other.states &&
    one.cause === other.cause &&
    one.idCause === other.idCause &&
    one.frameCause === other.frameCause &&
    one.rcCause === other.rcCause &&
    one.assumed?.fields === other.assumed?.fields &&
    one.assumed?.basis === other.assumed?.basis
  );
}

/** What a comparison of the completed table has more than one of what is known. */
function assumedCounts(known: Comparison, completed: Comparison): Record<Field, AssumedCount> {
  const counts = {} as Record<Field, AssumedCount>;
  for (const field of FIELDS) {
    const [is, with_] = [known.fields[field], completed.fields[field]];
    // slots that were rightly assumed to be free are no entries any more
    const free = field === 'state' ? known.entries - completed.entries : 0;
    counts[field] = { equal: with_.equal - is.equal + free, wrong: with_.wrong - is.wrong };
  }
  return counts;
}
