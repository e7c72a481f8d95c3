// What the views need to know about the whole table: how many entries are valid, absent, MMIO, bolted, which entries map a
// guest page, whether or not its ring holds them, and which pages of a memslot are in use. Read once, then kept up to date by what each travel changed, so that a
// step costs what it changed and not the size of the table.

import { RMAP_PRESENT_HI, RMAP_RC_HI, V_ABSENT, V_BOLTED, V_VALID } from '../../model/bits';
import type { Hpt } from '../../model/hpt';
import { Plane } from '../../model/place';
import type { Memslot } from '../../model/ranges';
import { Scalar } from '../../model/state';
import { type Changes, changesBetween, farTravel } from '../../timeline/changes';
import { entryState, guestFrame } from '../../timeline/entries';
import { backgroundStates, certaintyOf, isLearnt, isSettled, possibleStates } from '../../timeline/known';
import type { Run } from '../../timeline/run';

/** HPTEs by state; an MMIO entry is not counted as absent. */
export interface TableCounts {
  readonly valid: number;
  readonly absent: number;
  readonly mmio: number;
  readonly bolted: number;
  readonly free: number;
  /** replay: slots whose state is not known */
  readonly unknown: number;
  /** replay: slots whose state is assumed; they are counted by their state, too */
  readonly assumed: number;
}

/** With more entries in use only the absent ones are filed by page: the others are found on their rings. */
const mostFiled = 1 << 21;

/** Stands for dword 0 of a slot whose state is not known; no entry has these bits. */
const DOUBTFUL = -1;

export class TableIndex {
  private hpt: Hpt;
  private position: number;
  private valid = 0;
  private absent = 0;
  private bolted = 0;
  /** replay: slots that something was learnt of, with bits 0-31 of dword 0, or DOUBTFUL */
  private readonly learnt = new Map<number, number>();
  /** replay: slots whose state is assumed */
  private readonly assumed = new Set<number>();
  private settled = 0;
  private doubtful = 0;
  private readonly mmio = new Set<number>();
  private filesValid = true;
  /** guest page under which each entry is filed */
  private readonly pageOf = new Map<number, number>();
  private readonly entries = new Map<number, number | Set<number>>();
  /** pages in use of each memslot that was asked for, ascending */
  private readonly pages = new Map<Memslot, number[]>();
  /** guest pages whose entries came or went since the last refresh */
  private readonly touched = new Set<number>();

  constructor(private readonly run: Run) {
    this.hpt = run.vm.state.hpt;
    this.position = run.position;
    this.read();
  }

  get counts(): TableCounts {
    this.refresh();
    const { valid, bolted } = this;
    const mmio = this.mmio.size;
    const absent = this.absent - mmio;
    const { entries } = this.hpt;
    const unknown = isSettled(backgroundStates(this.run.vm.state)) ? this.doubtful : entries - this.settled;
    const others = certaintyOf(this.run.vm.state, entries, 'state') === 'assumed' ? entries - this.learnt.size : 0;
    const assumed = this.assumed.size + others;
    return { valid, absent, mmio, bolted, free: entries - valid - absent - mmio - unknown, unknown, assumed };
  }

  /** The HPTEs (MMIO entries apart) that map a guest page, ascending, on its ring or not. */
  entriesOf(gfn: number): number[] {
    this.refresh();
    const filed = this.entries.get(gfn);
    return filed === undefined ? [] : typeof filed === 'number' ? [filed] : [...filed].sort((a, b) => a - b);
  }

  /** Pages of a memslot that have a ring, R or C, or HPTEs; ascending. Not to be changed. */
  pagesInUse(slot: Memslot): readonly number[] {
    this.refresh();
    const known = this.pages.get(slot);
    if (known !== undefined) {
      return known;
    }
    const pages = new Set<number>();
    slot.rmap.forEach((page) => {
      if (this.isInUse(slot, page)) {
        pages.add(page);
      }
    });
    for (const gfn of this.entries.keys()) {
      if (gfn >= slot.baseGfn && gfn < slot.baseGfn + slot.npages) {
        pages.add(gfn - slot.baseGfn);
      }
    }
    const sorted = [...pages].sort((a, b) => a - b);
    this.pages.set(slot, sorted);
    return sorted;
  }

  private isInUse(slot: Memslot, page: number): boolean {
    // of a replayed table the entries are known, not what stands in the rmap words
    const hi = this.run.vm.state.known === null ? slot.rmap.hi(page) : 0;
    return (hi & (RMAP_PRESENT_HI | RMAP_RC_HI)) !== 0 || this.entries.has(slot.baseGfn + page);
  }

  /** Brings the pages in use up to date after a travel. */
  private refreshPages(changes: Changes): void {
    for (const [slot, pages] of this.pages) {
      const candidates = new Set(changes.indexes(Plane.rmap, slot.rmap.owner));
      for (const gfn of this.touched) {
        if (gfn >= slot.baseGfn && gfn < slot.baseGfn + slot.npages) {
          candidates.add(gfn - slot.baseGfn);
        }
      }
      for (const page of candidates) {
        const at = lowerBound(pages, page);
        const listed = pages[at] === page;
        if (listed !== this.isInUse(slot, page)) {
          pages.splice(at, listed ? 1 : 0, ...(listed ? [] : [page]));
        }
      }
    }
  }

  private refresh(): void {
    const { run } = this;
    if (run.position === this.position) {
      return;
    }
    const from = this.position;
    this.position = run.position;
    if (run.vm.state.hpt !== this.hpt || Math.abs(run.position - from) > farTravel) {
      this.hpt = run.vm.state.hpt;
      this.read();
      return;
    }
    const { hpt } = this;
    const changes = changesBetween(run, from, this.position);
    const { known, scalars } = run.vm.state;
    if (known !== null && changes.has(Plane.scalar, scalars.owner, Scalar.knownBackground)) {
      this.read();
      return;
    }
    const touched = changes.hptes(hpt.owner);
    if (known === null) {
      for (const index of changes.indexes(Plane.hpteV, hpt.owner)) {
        const before = Number((changes.before(Plane.hpteV, hpt.owner, index) ?? 0n) & 0xffn);
        this.tally(before, -1);
        this.tally(hpt.vLo(index), 1);
      }
    } else {
      for (const index of touched) {
        this.learn(index);
      }
    }
    this.touched.clear();
    for (const index of touched) {
      this.file(index);
    }
    this.refreshPages(changes);
  }

  private read(): void {
    const { hpt } = this;
    this.valid = 0;
    this.absent = 0;
    this.bolted = 0;
    this.mmio.clear();
    this.pageOf.clear();
    this.entries.clear();
    this.pages.clear();
    const { known } = this.run.vm.state;
    if (known === null) {
      hpt.forEach((_, chunk, offset) => this.tally(chunk[offset] as number, 1));
    } else {
      this.learnt.clear();
      this.assumed.clear();
      this.settled = 0;
      this.doubtful = 0;
      known.forEach((index) => this.learn(index));
    }
    this.filesValid = this.valid + this.absent <= mostFiled;
    hpt.forEach((index) => this.file(index));
  }

  /** Counts a slot of a replayed table anew. */
  private learn(index: number): void {
    const { state } = this.run.vm;
    const old = this.learnt.get(index);
    if (old !== undefined) {
      this.count(old, -1);
    }
    this.learnt.delete(index);
    this.assumed.delete(index);
    if (isLearnt(state, index)) {
      if (certaintyOf(state, index, 'state') === 'assumed') {
        this.assumed.add(index);
      }
      const now = isSettled(possibleStates(state, index)) ? this.hpt.vLo(index) : DOUBTFUL;
      this.learnt.set(index, now);
      this.count(now, 1);
    }
  }

  private count(word: number, by: 1 | -1): void {
    if (word === DOUBTFUL) {
      this.doubtful += by;
    } else {
      this.settled += by;
      this.tally(word, by);
    }
  }

  private tally(vLo: number, by: 1 | -1): void {
    this.valid += by * bit(vLo, V_VALID);
    this.bolted += by * bit(vLo, V_BOLTED);
    this.absent += (vLo & (V_VALID | V_ABSENT)) === V_ABSENT ? by : 0;
  }

  /** Files an entry anew. */
  private file(index: number): void {
    const old = this.pageOf.get(index);
    if (old !== undefined) {
      this.pageOf.delete(index);
      this.touched.add(old);
      this.unfile(old, index);
    }
    this.mmio.delete(index);
    const state = entryState(this.run.vm.state, index);
    if (state === 'mmio') {
      this.mmio.add(index);
    } else if (state === 'absent' || (state === 'valid' && this.filesValid)) {
      const gfn = guestFrame(this.run.vm, this.hpt, index);
      this.pageOf.set(index, gfn);
      this.touched.add(gfn);
      const others = this.entries.get(gfn);
      if (others === undefined) {
        this.entries.set(gfn, index); // most pages have one
      } else if (typeof others === 'number') {
        this.entries.set(gfn, new Set([others, index]));
      } else {
        others.add(index);
      }
    }
  }

  private unfile(gfn: number, index: number): void {
    const filed = this.entries.get(gfn);
    if (typeof filed === 'object') {
      filed.delete(index);
    }
    if (filed === index || (typeof filed === 'object' && filed.size === 0)) {
      this.entries.delete(gfn);
    }
  }
}

/** Place of the first number that is not below `value` in an ascending list. */
function lowerBound(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function bit(word: number, mask: number): number {
  return (word & mask) === 0 ? 0 : 1;
}
