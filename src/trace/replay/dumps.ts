// Dumps of the table: each is compared with what is known, and is a keyframe when it is the first one or all may be used.

import { eventCode } from '../eventKinds';
import { Comparison, wordsOf } from './checkpoint';
import type { Context } from './context';
import type { GuestRange } from './host';
import type { PlacedPagemap, PlacedTable } from './input';
import { ABSENT, bytesOf, lastingRc, type Slot, VALID } from './knowledge';
import { isVcpuKind } from './machines';
import { seePagemap } from './pages';

export class Dumps {
  readonly comparison: Comparison;
  /** files of dumps that were not used: the VMM had two machines then, and nothing tells whose table they show */
  readonly unattributed: string[] = [];
  /** event before which the last dump was taken that agreed with what was known, or was used */
  agreed = 0;
  readonly #context: Context;
  readonly #useAll: boolean;
  /** the last dump that the table was set from */
  #keyframe: PlacedTable | undefined;

  /** @param useAll use each dump after it was compared; else only the first one that is not empty */
  constructor(context: Context, useAll: boolean) {
    this.#context = context;
    const { assuming } = context;
    this.comparison = new Comparison(
      assuming === null ? undefined : (wrong) => assuming.wrongInDump(context.table, wrong),
    );
    this.#useAll = useAll;
  }

  /** A dump of the table. Answers whether the table is now what it shows. */
  table(placed: PlacedTable): boolean {
    const { assuming, table, unseen, isa3 } = this.#context;
    const { dump, before } = placed;
    if (this.#context.machines.hasOther(before)) {
      this.unattributed.push(placed.file);
      return false;
    }
    if (unseen !== undefined) {
      table.forgetAll(unseen);
    }
    const first = this.#keyframe === undefined && dump.count > 0;
    if (!first) {
      const during = this.#rangesDuring(before);
      const wrong = this.comparison.wrong.length;
      const compared = assuming?.view(table) ?? table;
      this.comparison.compare(dump, compared, isa3, placed, (index) =>
        this.#whileDumped(compared.get(index), index, during),
      );
      assuming?.endDump(table, { event: before, since: this.agreed });
      this.agreed = this.comparison.wrong.length === wrong ? before : this.agreed;
    }
    const use = first || (this.#keyframe !== undefined && this.#useAll);
    if (use) {
      this.#keyframe = placed;
      this.agreed = before;
      this.#observe(placed);
    }
    return use;
  }

  /** A dump of the host's pages. It tells nothing of the table itself, so all are used. */
  pagemap(placed: PlacedPagemap): void {
    if (this.#context.machines.hasOther(placed.before)) {
      return;
    }
    seePagemap(this.#context, placed, this.#rangesDuring(placed.before));
  }

  /** Guest ranges of invalidations that may have run while a dump was read: before the machine's next own event. */
  #rangesDuring(before: number): GuestRange[] {
    const { host, machines, input } = this.#context;
    const { events } = input;
    const ranges: GuestRange[] = [];
    for (let i = before; i < events.count; i++) {
      const kind = events.kind[i] as number;
      if (isVcpuKind(kind) || kind === eventCode.print) {
        break;
      }
      if (kind === eventCode.kvm_unmap_hva_range && machines.mayInvalidate(events.task[i] as number)) {
        const event = events.decode(i);
        if (event.kind === 'kvm_unmap_hva_range') {
          ranges.push(...host.guestRanges(event.start, event.end));
        }
      }
    }
    return ranges;
  }

  #whileDumped(slot: Slot, index: number, during: readonly GuestRange[]): Slot {
    if (slot.states !== VALID || !during.some((range) => this.#mapsAny(slot, index, range))) {
      return slot;
    }
    return { ...slot, states: VALID | ABSENT, cause: 'race', rc: undefined };
  }

  #mapsAny({ guest }: Slot, index: number, { from, to }: GuestRange): boolean {
    if (guest === undefined) {
      return true;
    }
    for (let page = from; page < to; page += 4096n) {
      if (this.#context.table.mapping(page).includes(index)) {
        return true;
      }
    }
    return false;
  }

  /** The table becomes what a dump shows. */
  #observe({ dump, before }: PlacedTable): void {
    const { table, tables, host, isa3 } = this.#context;
    tables.dumped(dump.count === 0);
    const calm = this.#rangesDuring(before).length === 0;
    table.empty();
    for (let i = 0; i < dump.count; i++) {
      const { state, v, guest, frame, rc } = wordsOf(dump, i, isa3);
      const gpa = guest & 0x0ffffffffffff000n;
      const memslot = host.slotOf(gpa);
      const logged = memslot === undefined || memslot?.logDirty === true;
      const slot: Slot = {
        states: state,
        v,
        guest,
        frame,
        rc: lastingRc(state, rc, logged),
        cause: 'no first dump',
        idCause: 'no first dump',
        frameCause: 'frame not traced',
        rcCause: 'R and C not traced',
      };
      const index = dump.index[i] as number;
      table.put(index, slot);
      tables.seen(index, v, guest, false);
      if (state === VALID && frame !== undefined && calm) {
        host.used(gpa, bytesOf(slot) > host.pageBytes ? undefined : frame & ~(host.pageBytes - 1n), before);
      }
    }
  }
}
