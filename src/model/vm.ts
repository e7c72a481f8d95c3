/**
 * One virtual machine under emulation: its state, what is fixed about it, and the scratch registers through which the
 * kernel paths hand 64-bit results to each other without allocating.
 */
import type { CpuName, Kernel } from './kernel';
import { MUTATION_NAMES, type Mutation } from './mutations';
import { POINTS, type Point } from './points';
import { Scalar, State } from './state';
import type { World } from './world';

/** Fixed facts of a machine. */
export interface VmConfig {
  readonly kernel: Kernel;
  readonly cpu: CpuName;
  /** log2 of the table's size in bytes */
  readonly order: number;
  /** log2 of the host page size */
  readonly pageShift: number;
  readonly vcpus: number;
  /** linux-3.4: vCPUs online; 1 makes some invalidations local */
  readonly onlineVcpus: number;
  /** linux-6.1: virtual cores online, and whether hypercalls run in real mode with a vCPU loaded: then one core goes local */
  readonly onlineVcores: number;
  readonly realmode: boolean;
  readonly pacaVcpu: boolean;
  readonly usingMmuNotifiers: boolean;
  /** POWER9 errata: repeat the last tlbie, flush the ERAT */
  readonly tlbieStqBug: boolean;
  readonly tlbieEratBug: boolean;
  /** keep a TLB per vCPU */
  readonly tlb: boolean;
}

export class Vm {
  readonly state: State;
  readonly kernel: Kernel;
  readonly pageShift: number;
  /** Host page size in bytes. */
  readonly page: number;
  readonly pagesPerByte: number;
  readonly arch206: boolean;
  readonly mixedPageSizes: boolean;
  /** HPTEs lie in memory in the ISA 3.0 layout */
  readonly newFormat: boolean;
  readonly notifiers: boolean;

  /** Called at every point; the state may be changed there as another processor would. */
  hook: ((point: Point) => void) | null = null;

  // mutations: true when the step is left out
  noSeqCheck = false;
  noTlbie = false;
  noRmapLock = false;
  noHpteRecheck = false;
  noRcHarvest = false;

  // scratch results
  rbHi = 0;
  rbLo = 0;
  /** page fault: guest physical address of an MMIO access */
  gpaHi = 0;
  gpaLo = 0;
  /** hypercall output registers R4… as halves, and how many are set */
  readonly outHi = new Int32Array(8);
  readonly outLo = new Int32Array(8);
  outs = 0;

  constructor(
    readonly config: VmConfig,
    makeWorld: (vm: Vm) => World,
  ) {
    this.kernel = config.kernel;
    this.pageShift = config.pageShift;
    this.page = 2 ** config.pageShift;
    this.pagesPerByte = 1 / this.page;
    this.arch206 = config.cpu !== 'PPC970';
    this.mixedPageSizes = config.kernel.mixedPageSizes;
    this.newFormat = config.cpu === 'POWER9' || config.cpu === 'POWER10';
    this.notifiers = config.usingMmuNotifiers;
    this.state = new State(config.order, config.vcpus);
    this.world = makeWorld(this);
  }

  readonly world: World;

  point(point: Point): void {
    if (this.hook !== null) this.hook(point);
  }

  /** Nobody could see a lock: no journal is kept and no other processor gets in. Locks are not written then. */
  get alone(): boolean {
    return this.state.log === null && this.hook === null;
  }

  /** Leaves out the step that a mutation names, or restores it. */
  setMutation(name: Mutation, on: boolean): void {
    switch (name) {
      case 'seq-check':
        this.noSeqCheck = on;
        return;
      case 'tlbie':
        this.noTlbie = on;
        return;
      case 'rmap-lock':
        this.noRmapLock = on;
        return;
      case 'hpte-recheck':
        this.noHpteRecheck = on;
        return;
      case 'rc-harvest':
        this.noRcHarvest = on;
        return;
    }
  }

  get mutations(): readonly Mutation[] {
    const on: Record<Mutation, boolean> = {
      'seq-check': this.noSeqCheck,
      tlbie: this.noTlbie,
      'rmap-lock': this.noRmapLock,
      'hpte-recheck': this.noHpteRecheck,
      'rc-harvest': this.noRcHarvest,
    };
    return MUTATION_NAMES.filter((name) => on[name]);
  }

  mmioUpdateNext(): void {
    this.state.setScalarNum(Scalar.mmioUpdate, this.state.scalarNum(Scalar.mmioUpdate) + 1);
  }
}

/** The scenario name of a point. */
export function pointName(point: Point): string {
  return POINTS[point]?.name ?? `point ${point}`;
}
