// Random operations on a machine, for property tests: what guests, VMM and host do, with other vCPUs getting in between at the
// named points. The world is small, so that things meet: a few pages, few addresses, two page sizes.

import fc from 'fast-check';
import { decodeEvent, EVENT_NAMES, EVENT_WORDS, type Event } from '../../src/model/events';
import { Hpt } from '../../src/model/hpt';
import { checkHarvest, checkInvariants } from '../../src/model/invariants';
import { type Log, REC_ENTER, REC_EVENT, REC_LEAVE, readLog } from '../../src/model/log';
import { Machine, type MachineOptions } from '../../src/model/machine';
import { POINTS, Point } from '../../src/model/points';
import { Scalar } from '../../src/model/state';
import { Store } from '../../src/model/store';
import { Fnv } from '../../src/model/words';

/** Base of guest memory in the host. */
export const HVA = 0x7f0000000000;
/** Host pages of the first memslot: ordinary, then copy-on-write, then a read-only part. */
const PAGES = 12;
/** Where I/O memory mapped by frame number begins, in guest pages. */
const IO_GFN = 64;
const IO_HVA = 0x7f1000000000;
/** Segments of 256M: of 4K pages and of 64K pages. */
const SMALL = 0xc000000000000000n;
const SMALL_VSID = 0x12345000n;
const LARGE = 0xd000000000000000n;
const LARGE_VSID = 0x23456000n;
/** Addresses in each segment. */
const ADDRESSES = 4;
const ESID_VALID = 0x08000000n;
const VCPUS = 2;

export type Operation =
  | {
      readonly do: 'enter';
      address: number;
      large: boolean;
      page: number;
      pp: number;
      rc: number;
      slot: number;
      mmio: boolean;
    }
  | { readonly do: 'remove' | 'read' | 'clear-ref' | 'clear-mod'; nth: number }
  | { readonly do: 'protect'; nth: number; flags: number }
  | { readonly do: 'bulk'; nths: readonly number[] }
  | { readonly do: 'load' | 'store' | 'ifetch'; address: number; large: boolean }
  | { readonly do: 'unmap' | 'wrprotect' | 'merge' | 'age' | 'test-age' | 'pin'; page: number }
  | { readonly do: 'unmap-range'; page: number; pages: number }
  | { readonly do: 'range-start'; page: number; pages: number }
  | { readonly do: 'range-end' | 'dirty-log' | 'vrma' | 'remove-slot' | 'htab-read' | 'htab-close' | 'work' | 'reset' }
  | { readonly do: 'htab-open'; flags: number }
  | { readonly do: 'log-dirty' | 'ready' | 'running'; on: boolean }
  | { readonly do: 'prepare' | 'commit'; order: number };

/** An operation of one vCPU, and what another one does when a point is reached for the first time. */
export interface Step {
  readonly operation: Operation;
  readonly race: { readonly at: number; readonly operations: readonly Operation[] } | null;
}

const nth = fc.nat(15);
const page = fc.nat(PAGES - 1);
const address = fc.nat(ADDRESSES - 1);

const enter = fc.record({
  do: fc.constant('enter' as const),
  address,
  large: fc.boolean(),
  page,
  pp: fc.constantFrom(2, 2, 2, 3, 1, 0),
  rc: fc.constantFrom(0, 0x100, 0x180),
  slot: fc.nat(7),
  mmio: fc.boolean().chain((yes) => (yes ? fc.boolean() : fc.constant(false))),
});
const one = <D extends string>(...names: D[]) => fc.constantFrom(...names);
const access = fc.record({ do: one('load', 'store', 'store', 'ifetch'), address, large: fc.boolean() });

const common: fc.WeightedArbitrary<Operation>[] = [
  { weight: 8, arbitrary: enter },
  { weight: 10, arbitrary: access },
  { weight: 4, arbitrary: fc.record({ do: one('remove', 'remove', 'read'), nth }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('protect' as const), nth, flags: fc.constantFrom(0, 1, 2, 3, 3, 7, 0x100) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bulk' as const), nths: fc.array(nth, { maxLength: 4 }) }) },
  {
    weight: 7,
    arbitrary: fc.record({ do: one('unmap', 'unmap', 'wrprotect', 'merge', 'age', 'test-age', 'pin'), page }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: one('unmap-range', 'range-start'), page, pages: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: one('range-end', 'dirty-log') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('log-dirty' as const), on: fc.boolean() }) },
];
const later: fc.WeightedArbitrary<Operation>[] = [
  { weight: 3, arbitrary: fc.record({ do: one('clear-ref', 'clear-mod'), nth }) },
  { weight: 1, arbitrary: fc.record({ do: one('remove-slot', 'htab-read', 'htab-close', 'work', 'reset') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('htab-open' as const), flags: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: one('ready', 'running'), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: one('prepare', 'commit'), order: fc.constantFrom(18, 19) }) },
];

/** Random operations that a kernel has. */
export function operations(kernel: MachineOptions['kernel']): fc.Arbitrary<Operation> {
  return fc.oneof(...(kernel === 'linux-6.1' ? [...common, ...later] : common));
}

/** Random operations, some of them raced at one of `points`. */
export function steps(kernel: MachineOptions['kernel'], points: readonly number[]): fc.Arbitrary<Step[]> {
  const operation = operations(kernel);
  // removal of a memslot waits for faults under way (SRCU), resize and reset wait for the vCPUs to leave the guest
  const racing = operation.filter((op) => !['remove-slot', 'reset', 'commit'].includes(op.do));
  const race =
    points.length === 0
      ? fc.constant(null)
      : fc.option(
          fc.record({
            at: fc.constantFrom(...points),
            operations: fc.array(racing, { minLength: 1, maxLength: 3 }),
          }),
          { freq: 2 },
        );
  return fc.array(fc.record({ operation, race }), { minLength: 4, maxLength: 40, size: 'max' });
}

/** Points that are reached without the mutation `rmap-lock`. */
export const OPEN_POINTS = POINTS.map((_, i) => i).filter((i) => i <= Point.enterAfterPte);

/** A machine of the small world. */
export class SmallWorld {
  readonly m: Machine;
  private readonly entered: number[] = [];
  private readonly open: { start: number; end: number }[] = [];
  private fd = -1;

  constructor(options: MachineOptions) {
    this.m = new Machine({ vcpus: VCPUS, order: 18, tlb: true, ...options });
    const { m } = this;
    const bytes = m.vm.page;
    m.host.map({ hva: HVA, npages: 4 });
    m.host.map({ hva: HVA + 4 * bytes, npages: 4, cow: true });
    m.host.map({ hva: HVA + 8 * bytes, npages: 4, writable: false });
    m.host.map({ hva: IO_HVA, npages: 4, pfnmap: true, pfn: 0x900000, cache: 0x20 });
    this.addSlot();
    m.addMemslot({ slot: 1, baseGfn: IO_GFN, npages: 4, hva: IO_HVA });
    for (let cpu = 0; cpu < VCPUS; cpu++) {
      m.setSlb(cpu, 0, SMALL | ESID_VALID, SMALL_VSID | 0x400n);
      m.setSlb(cpu, 1, LARGE | ESID_VALID, LARGE_VSID | 0x510n);
    }
  }

  private addSlot(): void {
    this.m.addMemslot({ slot: 0, baseGfn: 0, npages: PAGES, hva: HVA, logDirty: true });
  }

  private hva(at: number): number {
    return HVA + at * this.m.vm.page;
  }

  private index(n: number): bigint {
    return BigInt(this.entered[this.entered.length - 1 - (n % Math.max(1, this.entered.length))] ?? n);
  }

  private enter(vcpu: number, op: Extract<Operation, { do: 'enter' }>): void {
    const { m } = this;
    // ppc64 guests with 4K host pages have no 64K pages here: the host's page would be too small
    const large = op.large && m.vm.pageShift === 16 && m.vm.arch206;
    const shift = large ? 16 : 12;
    const offset = op.address << 16;
    const vsid = Number((large ? LARGE_VSID : SMALL_VSID) >> 12n);
    const pteg = (vsid ^ (offset >> shift)) & (m.state.hpt.entries / 8 - 1);
    const v = (large ? LARGE_VSID : SMALL_VSID) | BigInt((offset >> 16) & ~0x7f) | (large ? 4n : 0n) | 1n;
    const gfn = op.mmio ? (op.page % 2 === 0 ? IO_GFN + (op.page % 4) : 256 + op.page) : op.page;
    const wimg = op.mmio ? 0x28 : 0x10;
    const r = (BigInt(gfn) * BigInt(m.vm.page)) | (large ? 0x1000n : 0n) | BigInt(op.pp | op.rc | wimg);
    const { ret, regs } = m.hEnter({ index: BigInt(pteg * 8 + op.slot), v, r, vcpu });
    if (ret === 0) this.entered.push(Number(regs[0]));
  }

  /** Carries out one operation as a vCPU. */
  run(vcpu: number, op: Operation): void {
    const { m } = this;
    switch (op.do) {
      case 'enter':
        this.enter(vcpu, op);
        return;
      case 'remove':
        m.hRemove({ index: this.index(op.nth), vcpu });
        return;
      case 'read':
        m.hRead({ index: this.index(op.nth), vcpu });
        return;
      case 'clear-ref':
        m.hClearRef({ index: this.index(op.nth), vcpu });
        return;
      case 'clear-mod':
        m.hClearMod({ index: this.index(op.nth), vcpu });
        return;
      case 'protect':
        m.hProtect({ index: this.index(op.nth), flags: BigInt(op.flags), vcpu });
        return;
      case 'bulk':
        m.hBulkRemove(
          op.nths.flatMap((n) => [0x4000000000000000n | this.index(n), 0n]),
          vcpu,
        );
        return;
      case 'load':
      case 'store':
      case 'ifetch':
        m.access(op.do, (op.large ? LARGE : SMALL) + BigInt(op.address << 16), vcpu);
        return;
      case 'pin':
        m.pinUnpin(BigInt(op.page) * BigInt(m.vm.page));
        return;
      case 'dirty-log':
        m.dirtyLog(0);
        return;
      case 'log-dirty':
        m.setMemslotFlags(0, op.on);
        return;
      default:
        this.hostOrVmm(op);
    }
  }

  private hostOrVmm(op: Operation): void {
    const { m } = this;
    const host = m.host;
    switch (op.do) {
      case 'unmap':
        host.unmapPage(this.hva(op.page));
        return;
      case 'wrprotect':
        host.writeProtect(this.hva(op.page));
        return;
      case 'merge':
        host.merge(this.hva(op.page));
        return;
      case 'age':
        host.age(this.hva(op.page));
        return;
      case 'test-age':
        host.testAge(this.hva(op.page));
        return;
      case 'unmap-range':
        host.unmapRange(this.hva(op.page), this.hva(op.page + op.pages));
        return;
      case 'range-start': {
        const range = { start: this.hva(op.page), end: this.hva(op.page + op.pages) };
        this.open.push(range);
        m.invalidateRangeStart(range.start, range.end);
        return;
      }
      case 'range-end': {
        const range = this.open.pop();
        if (range !== undefined) m.invalidateRangeEnd(range.start, range.end);
        return;
      }
      case 'remove-slot':
        if (m.deleteMemslot(0) === 0) this.addSlot();
        return;
      case 'htab-open':
        if (this.fd < 0) this.fd = m.htabOpen(op.flags, 0);
        return;
      case 'htab-read':
        m.htabRead(this.fd, 4096);
        return;
      case 'htab-close':
        m.htabClose(this.fd);
        this.fd = -1;
        return;
      case 'ready':
        m.setMmuReady(op.on);
        return;
      case 'running':
        m.setVcpusRunning(op.on);
        return;
      case 'prepare':
        m.resizePrepare(0, op.order);
        return;
      case 'work':
        m.runResizeWork();
        return;
      case 'commit':
        m.resizeCommit(0, op.order);
        return;
      case 'reset':
        m.resetHpt(m.state.hpt.order);
        m.setMmuReady(true);
        return;
    }
  }

  /** Carries out a step: the operation, and the race when its point is reached. */
  step({ operation, race }: Step): void {
    const { m } = this;
    let left = race;
    if (race !== null)
      m.onPoint((point) => {
        if (left === null || point !== left.at) return;
        const { operations } = left;
        left = null;
        for (const op of operations) this.run(1, op);
      });
    this.run(0, operation);
    m.onPoint(null);
  }
}

/** Everything that is wrong after a stretch of the journal: broken invariants, stale translations, frames left open. */
export function faults(m: Machine, log: Log, from: number): string[] {
  const found = [...checkInvariants(m.vm), ...checkHarvest(m.vm, log, from, log.end)].map(
    ({ invariant, index, gfn }) => `${invariant}: HPTE ${index}, guest page ${gfn}`,
  );
  let depth = 0;
  readLog(log, from, log.end, EVENT_WORDS, (type, value, chunk, at) => {
    if (type === REC_ENTER) depth++;
    if (type === REC_LEAVE && --depth < 0) found.push('a frame is left that was not entered');
    if (type === REC_EVENT && EVENT_NAMES[value] === 'tlb.stale') {
      const event = decodeEvent(value, chunk, at + 1) as Extract<Event, { kind: 'tlb.stale' }>;
      found.push(`tlb.stale: vCPU ${event.vcpu}, HPTE ${event.index}`);
    }
  });
  if (depth > 0) found.push(`${depth} frames are not left`);
  return found;
}

/** Hash of every word of the state, those that the vectors' state hash leaves out among them. */
export function wholeHash(m: Machine): string {
  const fnv = new Fnv();
  fnv.num(m.state.scalarNum(Scalar.hpt));
  for (let owner = 1; ; owner++) {
    const it = m.state.ownerOf(owner);
    if (it === null) break;
    if (it instanceof Hpt)
      it.forEach((index, c, o) => {
        fnv.num(index);
        for (let i = 0; i < 8; i++) fnv.word(owner, c[o + i] as number);
      });
    else if (it instanceof Store)
      it.forEach((index, hi, lo) => {
        fnv.num(owner);
        fnv.num(index);
        fnv.word(hi, lo);
      });
  }
  return `${m.hash()} ${fnv.digest()}`;
}
