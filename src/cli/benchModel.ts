// The emulator's two benchmark mixes, the same that the kernel's own code was measured with: entering and removing an HPTE, and
// a page fault with the unmap that makes the next one. One VM: order 24, 64K host pages, one memslot of 4096 pages, all of
// them present and writable, two vCPUs online (so every tlbie is global).

import { hEnter } from '../model/enter';
import { pageFault } from '../model/fault';
import { hRemove } from '../model/hcalls';
import { hpteHvFault } from '../model/hvFault';
import type { CpuName, KernelName } from '../model/kernel';
import { LOG_CHUNK, Log } from '../model/log';
import { Machine } from '../model/machine';
import { hardwareSearch } from '../model/mmu';
import { Scalar } from '../model/state';

const HVA = 0x7f0000000000;
const VSID = 0x12345;
const SLB_V = 0x12345400;
const EA_HI = 0xc0000000 | 0;
/** flags of H_REMOVE: compare the AVPN */
const AVPN = 0x80000000 | 0;
const STORE_MISS = 0x42000000;
const RC = 0x180;

/** Longest journal before it is begun anew, in words. */
const LONGEST_JOURNAL = 64 * LOG_CHUNK;

export const MIXES = ['enter_remove_pair', '2x(fault,unmap)_cycle'] as const;
export type Mix = (typeof MIXES)[number];

/** What is measured, each in a process of its own: a machine has one kernel and one processor, and the engine compiles for what it met. */
export interface Planned {
  readonly mix: Mix;
  readonly kernel: KernelName;
  readonly cpu: CpuName;
  /** with a journal attached */
  readonly recorder: boolean;
}

export interface Measured extends Planned {
  /** nanoseconds a pair or cycle, of the runs */
  readonly nsMedian: number;
  readonly nsMin: number;
  readonly nsMax: number;
}

/** What the same algorithm in C needs, without a recorder: nanoseconds, on a quiet machine. */
export const MEASURED_IN_C: readonly {
  readonly kernel: KernelName;
  readonly cpu: CpuName;
  readonly ns: Record<Mix, number>;
}[] = [
  { kernel: 'linux-3.4', cpu: 'POWER7', ns: { enter_remove_pair: 182, '2x(fault,unmap)_cycle': 115 } },
  { kernel: 'linux-6.1', cpu: 'POWER8', ns: { enter_remove_pair: 193, '2x(fault,unmap)_cycle': 174 } },
  { kernel: 'linux-6.1', cpu: 'POWER9', ns: { enter_remove_pair: 198, '2x(fault,unmap)_cycle': 192 } },
];

function machine(kernel: KernelName, cpu: CpuName): Machine {
  const m = new Machine({ kernel, cpu, order: 24, pageShift: 16, onlineVcpus: 2, onlineVcores: 2 });
  m.host.map({ hva: HVA, npages: 4096 });
  m.addMemslot({ slot: 0, baseGfn: 0, npages: 4096, hva: HVA });
  for (let page = 0; page < 4096; page++) {
    m.host.getUserPages(HVA + page * 65536, true);
    m.host.putPage();
  }
  m.setSlb(0, 0, 0xc000000008000000n, BigInt(SLB_V));
  return m;
}

function must(good: boolean, what: string): void {
  if (!good) throw new Error(`benchmark: ${what}`);
}

/** One pair: an HPTE is entered, chained, unchained and removed, with one tlbie. */
function pairs(m: Machine, log: Log | null, count: number): void {
  const { vm } = m;
  for (let n = 0; n < count; n++) {
    if (log !== null && log.end > LONGEST_JOURNAL) log.clear();
    const page = Math.imul(n, 2654435761) & 0xffff;
    const gpa = (Math.imul(n, 40503) & 0xffff) << 12;
    const index = ((VSID ^ page) & 0x1ffff) << 3;
    const vLo = (VSID << 12) | ((page >> 4) & ~0x7f) | 1;
    must(hEnter(vm, 0, 0, 0, 0, index, 0, vLo, 0, gpa | 0x192) === 0, 'H_ENTER failed');
    must(hRemove(vm, 0, AVPN, 0, vm.outLo[0] as number, 0, vLo & ~0x7f) === 0, 'H_REMOVE failed');
  }
}

/** Enters the 64 HPTEs of the second mix and unmaps them. */
function prepareFaults(m: Machine): void {
  for (let i = 0; i < 64; i++) {
    const index = ((VSID ^ (i << 4)) & 0x1ffff) << 3;
    must(hEnter(m.vm, 0, 0, 0, 0, index, 0, (VSID << 12) | 1, 0, (i << 16) | 0x192) === 0, 'H_ENTER failed');
    m.host.unmapPage(HVA + i * 65536);
  }
}

/** One cycle: twice a fault that reinstates an HPTE, and an unmap that makes it absent again. */
function cycles(m: Machine, log: Log | null, count: number): void {
  const { vm, host } = m;
  const { state } = vm;
  for (let n = 0; n < count; n++) {
    if (log !== null && log.end > LONGEST_JOURNAL) log.clear();
    const i = n & 63;
    const eaLo = i << 16;
    for (let twice = 0; twice < 2; twice++) {
      const nextPfn = state.scalarNum(Scalar.nextPfn);
      must(hardwareSearch(vm, EA_HI, eaLo, 0, SLB_V) < 0, 'the walk should miss');
      must(hpteHvFault(vm, 0, EA_HI, eaLo, 0, SLB_V, STORE_MISS, true) === -1, 'the fault should go to the host');
      must(pageFault(vm, 0, EA_HI, eaLo, STORE_MISS) === 0, 'the fault should be resolved');
      const index = hardwareSearch(vm, EA_HI, eaLo, 0, SLB_V);
      must(index >= 0, 'the walk should hit');
      vm.world.hardwareRc(state.hpt, index, RC);
      host.unmapPage(HVA + eaLo);
      state.setScalarNum(Scalar.nextPfn, nextPfn);
    }
  }
}

const SIZES: Readonly<Record<Mix, number>> = { enter_remove_pair: 200_000, '2x(fault,unmap)_cycle': 100_000 };

export function plan(): Planned[] {
  return MIXES.flatMap((mix) =>
    MEASURED_IN_C.flatMap(({ kernel, cpu }) => [false, true].map((recorder) => ({ mix, kernel, cpu, recorder }))),
  );
}

/**
 * Measures a mix.
 * @param runs of it, after one to warm up; the median counts
 * @param scale of the number of pairs or cycles in a run
 */
export function measure({ mix, kernel, cpu, recorder }: Planned, runs = 5, scale = 1): Measured {
  const m = machine(kernel, cpu);
  if (mix === '2x(fault,unmap)_cycle') prepareFaults(m);
  const log = recorder ? new Log() : null;
  m.record(log);
  const work = mix === 'enter_remove_pair' ? pairs : cycles;
  const count = Math.max(1, Math.round(SIZES[mix] * scale));
  work(m, log, count);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = process.hrtime.bigint();
    work(m, log, count);
    times.push(Number(process.hrtime.bigint() - start) / count);
  }
  times.sort((a, b) => a - b);
  const at = (i: number): number => Math.round((times[i] ?? 0) * 10) / 10;
  return { mix, kernel, cpu, recorder, nsMedian: at(times.length >> 1), nsMin: at(0), nsMax: at(times.length - 1) };
}
