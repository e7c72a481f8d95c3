// The rings of the reverse map by length, and the broken ones. Read once, then kept up to date by what each travel changed, so
// that a step costs what it changed and not the number of rings.

import { RMAP_PRESENT_HI } from '../../model/bits';
import { Plane } from '../../model/place';
import type { Memslot } from '../../model/ranges';
import type { Vm } from '../../model/vm';
import { changesBetween, farTravel } from '../../timeline/changes';
import { guestFrame } from '../../timeline/entries';
import { readRing, rmapWord } from '../../timeline/ring';
import type { Run } from '../../timeline/run';

export class ChainIndex {
  private position = -1;
  private hpt = -1;
  private slots: readonly Memslot[] = [];
  /** length of the ring of each guest page that has one */
  private readonly lengthOf = new Map<number, number>();
  private readonly byLength = new Map<number, Set<number>>();
  private readonly brokenPages = new Set<number>();

  constructor(private readonly run: Run) {}

  private get vm(): Vm {
    return this.run.vm;
  }

  /** Number of rings. */
  get count(): number {
    this.refresh();
    return this.lengthOf.size;
  }

  /** Guest pages whose ring is broken and not just being changed, ascending. */
  get broken(): number[] {
    this.refresh();
    return [...this.brokenPages].sort((a, b) => a - b);
  }

  /** Lengths that rings have, the longest first, each with the guest pages whose ring has it. */
  get lengths(): (readonly [length: number, gfns: ReadonlySet<number>])[] {
    this.refresh();
    return [...this.byLength].sort(([a], [b]) => b - a);
  }

  /** Whether a guest page has a ring. */
  has(gfn: number): boolean {
    this.refresh();
    return this.lengthOf.has(gfn);
  }

  private refresh(): void {
    const { run, vm } = this;
    const { hpt, slots } = vm.state;
    if (run.position === this.position && slots === this.slots) {
      return;
    }
    const from = this.position;
    this.position = run.position;
    const far = Math.abs(run.position - from) > farTravel;
    if (from < 0 || far || hpt.owner !== this.hpt || slots !== this.slots) {
      this.hpt = hpt.owner;
      this.slots = slots;
      this.read();
      return;
    }
    const changes = changesBetween(run, from, this.position);
    const touched = new Set<number>();
    for (const slot of slots) {
      for (const page of changes.indexes(Plane.rmap, slot.rmap.owner)) {
        touched.add(slot.baseGfn + page);
      }
    }
    for (const index of changes.hptes(hpt.owner)) {
      touched.add(guestFrame(vm, hpt, index));
    }
    for (const gfn of touched) {
      this.note(gfn);
    }
  }

  private read(): void {
    this.lengthOf.clear();
    this.byLength.clear();
    this.brokenPages.clear();
    for (const slot of this.slots) {
      slot.rmap.forEach((page, hi) => {
        if ((hi & RMAP_PRESENT_HI) !== 0) {
          this.note(slot.baseGfn + page);
        }
      });
    }
  }

  /** Looks at the ring of a guest page anew. */
  private note(gfn: number): void {
    const { vm } = this;
    const old = this.lengthOf.get(gfn);
    if (old !== undefined) {
      this.lengthOf.delete(gfn);
      this.byLength.get(old)?.delete(gfn);
      if (this.byLength.get(old)?.size === 0) {
        this.byLength.delete(old);
      }
    }
    this.brokenPages.delete(gfn);
    const slot = vm.state.slotOfGfn(gfn);
    if (slot === null) {
      return;
    }
    const { present, locked } = rmapWord(vm, slot, gfn - slot.baseGfn);
    if (!present) {
      return;
    }
    const { indexes, broken } = readRing(vm, slot, gfn - slot.baseGfn);
    this.lengthOf.set(gfn, indexes.length);
    const same = this.byLength.get(indexes.length) ?? new Set<number>();
    same.add(gfn);
    this.byLength.set(indexes.length, same);
    if (broken !== undefined && !locked) {
      this.brokenPages.add(gfn);
    }
  }
}
