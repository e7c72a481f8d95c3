// The machine behind a replayed run: the model's words, the plane of what is known of them, and the journal into which both are
// written. What replay knows decides; the machine is brought to it.

import { R_RC } from '../../model/bits';
import { EVENT_WORDS } from '../../model/events';
import { Doubt, Log, markDoubts } from '../../model/log';
import { vmConfig } from '../../model/machine';
import { addMemslot, deleteMemslot, setMemslotFlags } from '../../model/memslots';
import { invalidateRangeEnd } from '../../model/notifiers';
import { undoFrom } from '../../model/undo';
import { Vm } from '../../model/vm';
import { type Certainty, type Known, PARTS } from '../../timeline/known';
import type { Invalidation, ReplaySlot } from '../replay/host';
import type { ReplayInput } from '../replay/input';
import { FREE, type Slot } from '../replay/knowledge';
import { completedCertainties, knownSlot, withoutAssumptions } from './assumedCertainties';
import { certaintiesAfter, type Told } from './certainties';
import type { Fed } from './feed';
import { KnownPlane } from './knownPlane';
import { type ShownWords, TableWords } from './tableWords';
import { TraceWorld } from './traceWorld';

/** How a step came to what it tells of a slot. */
export interface Manner {
  /** the words of the entry, where the step shows them */
  readonly shown?: ShownWords;
  /** a path of the model has made the entry, installed it, or changed its rights */
  readonly made?: 'entered' | 'installed' | 'protected';
  /** how the rights in dword 1 are known after such a path */
  readonly rights?: Certainty;
}

const silently: Manner = {};

export class ReplayedMachine {
  readonly log = new Log();
  readonly world = new TraceWorld();
  readonly vm: Vm;
  readonly known: KnownPlane;
  readonly words: TableWords;
  /** the assumptions on which the operation at hand rests: a set */
  basis = 0;
  #slots: readonly ReplaySlot[] | null = null;
  #open: readonly Invalidation[] = [];

  constructor(input: ReplayInput, order: number, vcpus: number) {
    const { kernel, cpu, pageShift } = input;
    this.vm = new Vm(vmConfig({ kernel, cpu, pageShift, order, vcpus }), () => this.world);
    this.vm.state.log = this.log;
    this.known = new KnownPlane(this.vm.state);
    this.words = new TableWords(this.vm);
  }

  /** Brings table and knowledge to what a step told. @param except slots that were told already */
  tellAll({ background, puts }: Fed, except?: { has(index: number): boolean }): void {
    if (background !== undefined) {
      this.words.freeAllBut(puts);
      this.known.reset(background, false);
    }
    for (const [index, slot] of puts) {
      if (except?.has(index) !== true) {
        this.tell(index, slot);
      }
    }
  }

  /** Brings one slot to what a step told of it. */
  tell(index: number, slot: Slot, manner: Manner = silently): void {
    const before = this.known.of(index);
    const basis = manner.made === undefined ? 0 : this.basis;
    const sound = basis === 0 && before.assumed === 0 && slot.assumed === undefined;
    const told = this.#toldOf(index, before, slot, manner);
    // without the assumption that it rests on, a path would not have been run, and nothing of this slot shown
    const knownManner = basis === 0 && slot.assumed === undefined ? manner : silently;
    const without = sound ? told : this.#toldOf(index, withoutAssumptions(before), knownSlot(slot), knownManner);
    // what such a path has changed says nothing of what stood there
    const known = basis === 0 ? without : { ...without, same: false, sameFrame: false };
    const { shown } = manner;
    if (shown === undefined) {
      this.words.set(index, slot);
    } else {
      this.words.show(index, shown);
    }
    const guestRcFull = (this.vm.state.hpt.guestLo(index) & R_RC) === R_RC;
    const all = certaintiesAfter({ ...told, guestRcFull });
    if (sound) {
      this.known.put(index, slot, all, false, 0);
      return;
    }
    const certainty = completedCertainties(certaintiesAfter({ ...known, guestRcFull }), all);
    const rests = PARTS.some((part) => certainty[part] === 'assumed');
    this.known.put(index, slot, certainty, false, rests ? (slot.assumed?.basis ?? 0) | basis || before.assumed : 0);
  }

  /** What a step tells of a slot, as far as that can be said before it is told. */
  #toldOf(index: number, before: Known, slot: Slot, { shown, made, rights }: Manner): Omit<Told, 'guestRcFull'> {
    const stays = (before.states & FREE) === 0 || (before.states !== FREE && (slot.states & FREE) !== 0);
    const wasKnown = before.certainty.dword0 !== 'unknown' && before.certainty.guest !== 'unknown';
    const same = made !== 'entered' && stays && wasKnown && this.words.holds(index, slot);
    const sameFrame = made !== 'installed' && slot.frame === this.words.frame(index);
    return { before, same, sameFrame, slot, observed: shown !== undefined, made, rights };
  }

  /** Does an operation on some slots. What it does rests on what is assumed of them now, and after a step. */
  resting<T>(slots: Iterable<number>, { puts }: Pick<Fed, 'puts'>, run: () => T): T {
    const outer = this.basis;
    this.basis = 0;
    for (const index of slots) {
      const now = index < this.vm.state.hpt.entries ? this.known.of(index).assumed : 0;
      this.basis |= now | (puts.get(index)?.assumed?.basis ?? 0);
    }
    const result = run();
    this.basis = outer;
    return result;
  }

  /** Runs a path of the model under doubts; what `fits` does not accept is taken back, as if it had not run. */
  attempt(doubt: number, run: () => void, fits: () => boolean): boolean {
    const start = this.log.end;
    this.under(doubt, run);
    if (fits()) {
      return true;
    }
    this.undo(start);
    return false;
  }

  /** Takes back what was journaled from an address on. */
  undo(start: number): void {
    undoFrom(this.vm.state, this.log, start);
  }

  /** Runs a path of the model that was told things which are not known. */
  under(doubt: number, run: () => void): void {
    const start = this.log.end;
    run();
    markDoubts(this.log, start, this.basis === 0 ? doubt : doubt | Doubt.assumed, EVENT_WORDS);
  }

  /** Whether the recording tells the memslots. */
  get slotsKnown(): boolean {
    return this.#slots !== null;
  }

  // ---- memslots -----------------------------------------------------------------------------------------------------

  /** The memslots are these from now on. @param byRecording a recording says so; else a fault has shown that one is gone */
  setSlots(slots: readonly ReplaySlot[] | null, byRecording: boolean): void {
    const before = this.#slots ?? [];
    const now = slots ?? [];
    if (slots === this.#slots) {
      return;
    }
    this.#slots = slots;
    for (const old of before) {
      const next = now.find(({ slot }) => slot === old.slot);
      if (next === undefined || !sameRange(next, old)) {
        this.#removeSlot(old, byRecording);
      }
    }
    for (const next of now) {
      const old = before.find(({ slot }) => slot === next.slot);
      if (old === undefined || !sameRange(next, old)) {
        this.#addSlot(next);
      } else if (old.logDirty !== next.logDirty) {
        setMemslotFlags(this.vm, next.slot, next.logDirty);
      }
    }
  }

  #removeSlot({ slot: id }: ReplaySlot, byRecording: boolean): void {
    if (!byRecording || deleteMemslot(this.vm, id) !== 0) {
      this.vm.state.putSlot(id, null, false);
    }
  }

  #addSlot({ slot: id, gpa, size, hva, logDirty }: ReplaySlot): void {
    const { vm } = this;
    const baseGfn = Number(gpa >> BigInt(vm.pageShift));
    const npages = Number(size >> BigInt(vm.pageShift));
    if (addMemslot(vm, { slot: id, baseGfn, npages, hva: Number(hva), logDirty }) !== 0) {
      // what the recording says counts, also where the kernel would have refused it
      vm.state.putSlot(id, vm.state.newMemslot(id, baseGfn, npages, Number(hva), vm.pageShift, null), logDirty);
    }
    const added = vm.state.slotOfId(id);
    if (added !== null) {
      this.words.joinRingsOf(added);
    }
  }

  // ---- invalidations ------------------------------------------------------------------------------------------------

  /** An invalidation has begun in the machine. */
  opened(invalidation: Invalidation): void {
    this.#open = [...this.#open, invalidation];
  }

  /** Ends the invalidations that are over. */
  endInvalidations(underWay: readonly Invalidation[]): void {
    if (this.#open.length === 0) {
      return;
    }
    for (const one of this.#open) {
      if (!underWay.includes(one)) {
        invalidateRangeEnd(this.vm, Number(one.start), Number(one.end));
      }
    }
    this.#open = this.#open.filter((one) => underWay.includes(one));
  }
}

function sameRange(one: ReplaySlot, other: ReplaySlot): boolean {
  return one.gpa === other.gpa && one.size === other.size && one.hva === other.hva;
}
