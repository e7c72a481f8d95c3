// The assumptions of a replay that makes some. It goes beside one that makes none (assumingReplay.ts), a step ahead of it: what that
// one knows is what holds when an assumption turns out false.

import { type AssumptionName, answersTo, bitOf, namesIn } from '../../timeline/assumptions';
import { completed, isContradicted } from './assumedSlot';
import type { ComparedTable, WrongField } from './checkpoint';
import type { Divergence } from './context';
import { type Cause, Knowledge, type Slot, unknownSlot } from './knowledge';

/** An assumption that was false. */
export interface FalseAssumption extends Divergence {
  readonly kind: 'assumption';
  /** those of which at least one was false */
  readonly assumptions: readonly AssumptionName[];
}

/** The replay that assumes nothing, as far as it is asked. */
export interface Sound {
  readonly table: Knowledge;
  /** why entries change unseen, if they do */
  readonly unseen: Cause | undefined;
}

const silent = { unmaps: undefined, ages: false, faults: false };

const slotsOf = (pteg: number): number[] => Array.from({ length: 8 }, (_, i) => pteg * 8 + i);

export class Assuming {
  readonly falseOnes: FalseAssumption[] = [];
  readonly #sound: Sound;
  /** the last one that an event contradicted */
  #givenUp: FalseAssumption | undefined;
  /** what the present dump contradicts, by the assumptions behind it */
  readonly #inDump = new Map<number, WrongField[]>();

  /** @param chosen the assumptions that are made */
  constructor(
    readonly chosen: number,
    sound: Sound,
  ) {
    this.#sound = sound;
  }

  has(name: AssumptionName): boolean {
    return (this.chosen & bitOf(name)) !== 0;
  }

  /** A slot as it is known, completed by what is assumed of it. */
  slot(table: Knowledge, index: number): Slot {
    return this.#complete(this.#sound.table.get(index), table.get(index), table.rests.of(index));
  }

  /** A slot as it is known, told by an event only because of what is assumed. */
  toldBy(table: Knowledge, index: number, known: Slot): Slot {
    const { states } = known;
    return { ...known, assumed: { fields: 0, basis: this.#basis(table.rests.of(index), known), states } };
  }

  /** What holds for every slot that nothing was learnt of. */
  background(table: Knowledge): Slot {
    return this.#complete(this.#sound.table.background, table.background, table.rests.everywhere);
  }

  #complete(known: Slot, assumed: Slot, rests: number): Slot {
    return completed(known, assumed, this.#basis(rests, known));
  }

  /** What something rests on; when nobody took note of it, what answers the cause of its being unknown. */
  #basis(rests: number, { cause, idCause, frameCause }: Slot): number {
    const answer = [cause, idCause, frameCause].reduce((set, one) => set | answersTo(one, this.chosen), 0);
    return rests || answer || this.chosen;
  }

  /** Whether what is assumed of a slot contradicts what is known of it. */
  isFalse(table: Knowledge, index: number): boolean {
    return isContradicted(this.#sound.table.get(index), table.get(index));
  }

  /**
   * Something contradicts what is assumed of some slots: their PTEGs are as they are known. False when nothing is assumed of them, so
   * that it contradicts what is known.
   */
  giveUp(table: Knowledge, slots: Iterable<number>, told: Omit<Divergence, 'kind'>): boolean {
    let basis = 0;
    for (const pteg of new Set([...slots].map((slot) => Math.floor(slot / 8)))) {
      const rests = slotsOf(pteg).reduce((set, index) => set | this.#falseAt(table, index), 0);
      if (rests !== 0) {
        this.#dropAt(table, [pteg]);
      }
      basis |= rests;
    }
    if (basis !== 0) {
      this.#givenUp = { ...told, kind: 'assumption', assumptions: namesIn(basis) };
      this.falseOnes.push(this.#givenUp);
    }
    return basis !== 0;
  }

  /** What an event contradicts is not what was assumed: without that it contradicts what is known. */
  excuse(event: number): void {
    if (this.#givenUp?.event === event && this.falseOnes.at(-1) === this.#givenUp) {
      this.falseOnes.pop();
    }
  }

  /** What the assumptions on a slot rest on; 0 when it is as it is known. */
  #falseAt(table: Knowledge, index: number): number {
    return this.isFalse(table, index)
      ? this.#basis(table.rests.of(index), this.#sound.table.get(index))
      : (this.slot(table, index).assumed?.basis ?? 0);
  }

  // ---- dumps --------------------------------------------------------------------------------------------------------

  /** The table as a dump finds it: as it is known, completed by what is assumed. */
  view(table: Knowledge): ComparedTable & Pick<Knowledge, 'get'> {
    const { table: sound, unseen } = this.#sound;
    // of a table that changes unseen nothing is known when it is dumped
    const known = unseen === undefined ? sound : new Knowledge(sound.entries, unknownSlot(unseen), silent);
    const slots = new Map<number, Slot>();
    for (const index of [...known.learnt.keys(), ...table.learnt.keys()]) {
      slots.set(index, this.#complete(known.get(index), table.get(index), table.rests.of(index)));
    }
    const background = this.#complete(known.background, table.background, table.rests.everywhere);
    return {
      entries: table.entries,
      background,
      learnt: slots,
      known: () => slots.entries(),
      get: (index) => slots.get(index) ?? background,
    };
  }

  /** A dump shows another value. */
  wrongInDump(table: Knowledge, wrong: WrongField): void {
    const basis = this.slot(table, wrong.index).assumed?.basis;
    if (basis === undefined) {
      return;
    }
    const others = this.#inDump.get(basis);
    if (others === undefined) {
      this.#inDump.set(basis, [wrong]);
    } else {
      others.push(wrong);
    }
  }

  /** A dump was compared: what it contradicts is not assumed any longer. */
  endDump(table: Knowledge, at: Pick<Divergence, 'event' | 'since'>): void {
    for (const [basis, wrong] of this.#inDump) {
      const [first] = wrong;
      if (first !== undefined) {
        const { file, index, field, expected, seen } = first;
        const more = wrong.length === 1 ? '' : ` (and ${wrong.length - 1} more)`;
        this.falseOnes.push({
          ...at,
          kind: 'assumption',
          expected: `${field} ${expected} of slot 0x${index.toString(16)}${more}`,
          seen: `${seen} in ${file}`,
          assumptions: namesIn(basis),
        });
      }
      this.#dropAt(table, new Set(wrong.map(({ index }) => Math.floor(index / 8))));
    }
    this.#inDump.clear();
  }

  /** PTEGs are as they are known. */
  #dropAt(table: Knowledge, ptegs: Iterable<number>): void {
    for (const pteg of ptegs) {
      slotsOf(pteg).forEach((index) => table.put(index, this.#sound.table.get(index)));
      table.rests.drop(pteg);
    }
  }
}
