// What the views need to know about the whole table: how many entries are valid, absent, MMIO, bolted, and which absent
// entries belong to a guest page although its ring no longer holds them. Read once, then kept up to date by what each travel
// changed, so that a step costs what it changed and not the size of the table.

import { V_ABSENT, V_BOLTED, V_VALID } from '../../model/bits';
import { actualShift, gfnOf, storageKey } from '../../model/hpte';
import { type Hpt, Plane } from '../../model/state';
import type { Vm } from '../../model/vm';
import { changesBetween } from '../../timeline/changes';
import type { Run } from '../../timeline/run';

/** HPTEs by state; an MMIO entry is not counted as absent. */
export interface TableCounts {
  readonly valid: number;
  readonly absent: number;
  readonly mmio: number;
  readonly bolted: number;
  readonly free: number;
}

export class TableIndex {
  private hpt: Hpt;
  private position: number;
  private valid = 0;
  private bolted = 0;
  private readonly mmio = new Set<number>();
  /** guest page of each absent entry that is no MMIO entry */
  private readonly absentPage = new Map<number, number>();
  private readonly absentOfPage = new Map<number, Set<number>>();

  constructor(private readonly run: Run) {
    this.hpt = run.vm.state.hpt;
    this.position = run.position;
    this.read();
  }

  get counts(): TableCounts {
    this.refresh();
    const { valid, bolted } = this;
    const absent = this.absentPage.size;
    const mmio = this.mmio.size;
    return { valid, absent, mmio, bolted, free: this.hpt.entries - valid - absent - mmio };
  }

  /** The absent HPTEs (MMIO entries apart) that map a guest page, ascending, on its ring or not. */
  absentEntriesOf(gfn: number): number[] {
    this.refresh();
    return [...(this.absentOfPage.get(gfn) ?? [])].sort((a, b) => a - b);
  }

  /** The guest pages that absent HPTEs map. */
  pagesWithAbsentEntries(): Iterable<number> {
    this.refresh();
    return this.absentOfPage.keys();
  }

  private refresh(): void {
    const { run } = this;
    if (run.position === this.position) {
      return;
    }
    const from = this.position;
    this.position = run.position;
    if (run.vm.state.hpt !== this.hpt) {
      this.hpt = run.vm.state.hpt;
      this.read();
      return;
    }
    const { hpt } = this;
    const changes = changesBetween(run, from, this.position);
    for (const index of changes.indexes(Plane.hpteV, hpt.owner)) {
      const before = Number((changes.before(Plane.hpteV, hpt.owner, index) ?? 0n) & 0xffn);
      const now = hpt.vLo(index);
      this.valid += bit(now, V_VALID) - bit(before, V_VALID);
      this.bolted += bit(now, V_BOLTED) - bit(before, V_BOLTED);
    }
    for (const index of changes.hptes(hpt.owner)) {
      this.note(index);
    }
  }

  private read(): void {
    const { hpt } = this;
    this.valid = 0;
    this.bolted = 0;
    this.mmio.clear();
    this.absentPage.clear();
    this.absentOfPage.clear();
    hpt.forEach((index, chunk, offset) => {
      const vLo = chunk[offset] as number;
      this.valid += bit(vLo, V_VALID);
      this.bolted += bit(vLo, V_BOLTED);
      if ((vLo & (V_VALID | V_ABSENT)) === V_ABSENT) {
        this.note(index);
      }
    });
  }

  /** Files an entry anew. */
  private note(index: number): void {
    const old = this.absentPage.get(index);
    if (old !== undefined) {
      this.absentPage.delete(index);
      const others = this.absentOfPage.get(old);
      others?.delete(index);
      if (others?.size === 0) {
        this.absentOfPage.delete(old);
      }
    }
    this.mmio.delete(index);
    if (entryState(this.hpt, index) === 'mmio') {
      this.mmio.add(index);
    } else if (entryState(this.hpt, index) === 'absent') {
      const gfn = guestFrame(this.run.vm, this.hpt, index);
      this.absentPage.set(index, gfn);
      const others = this.absentOfPage.get(gfn) ?? new Set<number>();
      others.add(index);
      this.absentOfPage.set(gfn, others);
    }
  }
}

function bit(word: number, mask: number): number {
  return (word & mask) === 0 ? 0 : 1;
}

/** State of an HPTE; an absent one with storage key 31 is emulated MMIO. */
export function entryState(hpt: Hpt, index: number): 'free' | 'valid' | 'absent' | 'mmio' {
  const vLo = hpt.vLo(index);
  if ((vLo & V_VALID) !== 0) {
    return 'valid';
  }
  if ((vLo & V_ABSENT) === 0) {
    return 'free';
  }
  return storageKey(hpt.rHi(index), hpt.rLo(index)) === 31 ? 'mmio' : 'absent';
}

/** Guest frame (in host pages) that an HPTE maps, from the guest's view of it. */
export function guestFrame(vm: Vm, hpt: Hpt, index: number): number {
  const guestHi = hpt.guestHi(index);
  const guestLo = hpt.guestLo(index);
  return gfnOf(guestHi, guestLo, actualShift(vm, hpt.vLo(index), guestLo), vm.pageShift);
}
