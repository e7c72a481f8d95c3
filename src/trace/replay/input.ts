// What replay works on: the events of a trace, and what a recording tells beside them, each thing with its place among the events.

import type { CpuName, KernelName } from '../../model/kernel';
import type { TraceEvents } from '../events';
import type { HtabDump } from '../htabDump';
import type { PagemapFile } from '../pagemapText';
import type { HcallFact } from '../recordingFacts';
import type { ReplaySlot } from './host';

/** Everything before event `before` had happened. -1 is a time before the trace begins, and `events.count` + 1 one after its end. */
interface Placed {
  readonly before: number;
}

export interface PlacedHpt extends Placed {
  readonly order: number;
  readonly how: 'allocate' | 'resize' | 'reset';
}

export interface PlacedSlot extends Placed {
  readonly slot: number;
  /** null: it goes */
  readonly is: ReplaySlot | null;
}

export interface PlacedTable extends Placed {
  readonly file: string;
  readonly dump: HtabDump;
}

export interface PlacedPagemap extends Placed {
  readonly pagemap: PagemapFile;
}

export interface PlacedPage extends Placed {
  readonly gpa: bigint;
  readonly present: boolean;
  /** host frame number */
  readonly frame: bigint | undefined;
}

export interface ReplayInput {
  readonly title: string;
  readonly events: TraceEvents;
  readonly kernel: KernelName;
  readonly cpu: CpuName;
  /** log2 of the host page size */
  readonly pageShift: number;
  readonly tgid: number | undefined;
  readonly hpts: readonly PlacedHpt[];
  /** null: not told */
  readonly slots: readonly PlacedSlot[] | null;
  readonly tables: readonly PlacedTable[];
  readonly pagemaps: readonly PlacedPagemap[];
  readonly pages: readonly PlacedPage[];
  /** full hypercalls by index of their kvm_hcall_enter event */
  readonly hcalls: ReadonlyMap<number, HcallFact>;
}
