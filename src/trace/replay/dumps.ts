// Dumps of the table: each is compared with what is known, and is a keyframe when it is the first one or all may be used.

import { eventCode } from '../eventKinds';
import { Comparison, wordsOf } from './checkpoint';
import type { Context } from './context';
import type { GuestRange } from './host';
import type { PlacedPagemap, PlacedTable } from './input';
import { ABSENT, bytesOf, lastingRc, type Slot, VALID } from './knowledge';
import { isVcpuKind } from './machines';

export class Dumps {
  readonly comparison = new Comparison();
  readonly #context: Context;
  readonly #useAll: boolean;
  /** the last dump that the table was set from */
  #keyframe: PlacedTable | undefined;

  /** @param useAll use each dump after it was compared; else only the first one that is not empty */
  constructor(context: Context, useAll: boolean) {
    this.#context = context;
    this.#useAll = useAll;
  }

  /** A dump of the table. Answers whether the table is now what it shows. */
  table(placed: PlacedTable): boolean {
    const { table, unseen, isa3 } = this.#context;
    const { dump, before } = placed;
    if (unseen !== undefined) {
      table.forgetAll(unseen);
    }
    const first = this.#keyframe === undefined && dump.count > 0;
    if (!first) {
      const during = this.#rangesDuring(before);
      this.comparison.compare(dump, table, isa3, placed, (index) => this.#whileDumped(index, during));
    }
    const use = first || (this.#keyframe !== undefined && this.#useAll);
    if (use) {
      this.#keyframe = placed;
      this.#observe(placed);
    }
    return use;
  }

  /** A dump of the host's pages that belongs to a keyframe. */
  pagemap({ pagemap, before }: PlacedPagemap): void {
    const { host } = this.#context;
    if (this.#keyframe?.before !== before || this.#rangesDuring(before).length > 0) {
      return;
    }
    for (let i = 0; i < pagemap.count; i++) {
      const { gpa, present, frame } = pagemap.page(i);
      if (present) {
        host.setMapped(gpa, frame << BigInt(host.pageShift));
      }
    }
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

  #whileDumped(index: number, during: readonly GuestRange[]): Slot {
    const slot = this.#context.table.get(index);
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
    const { table, host, isa3 } = this.#context;
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
      table.put(dump.index[i] as number, slot);
      if (state === VALID && frame !== undefined && calm) {
        host.setMapped(gpa, bytesOf(slot) > host.pageBytes ? undefined : frame & ~(host.pageBytes - 1n));
      }
    }
  }
}
