// What the parts of replay share: the knowledge of the table, the host, the operations under way, and what did not fit.

import type { AssumptionName } from '../../timeline/assumptions';
import type { HcallEnter, PageFaultEnter } from '../decoded';
import type { HcallFact } from '../recordingFacts';
import type { Assuming } from './assuming';
import type { Hindsight } from './hindsight';
import type { Host } from './host';
import type { ReplayInput } from './input';
import type { Cause, Knowledge, Slot } from './knowledge';
import type { Machines } from './machines';
import type { Recorded } from './recorded';
import type { Tables } from './tables';

/** What emulator and trace disagree about. */
export type DivergenceKind =
  | 'h_enter'
  | 'h_remove'
  | 'h_protect'
  | 'h_read'
  | 'fault'
  | 'memslot'
  | 'page fact'
  | 'assumption';

export interface Divergence {
  readonly kind: DivergenceKind;
  /** index of the trace event that showed it */
  readonly event: number;
  readonly expected: string;
  readonly seen: string;
  /** event since which the state may have been wrong: the last dump that agreed, or the beginning */
  readonly since: number;
}

/** An operation between its enter and its exit event. */
export interface Pending {
  readonly event: number;
  readonly task: number;
  /** PTEGs that it can change */
  readonly ptegs: ReadonlySet<number>;
  /** it may remove entries anywhere */
  readonly anywhere: boolean;
  /** another vCPU's operation ended on the same PTEG meanwhile */
  disturbed: boolean;
  /** index that a kprobe on the ring insertion showed */
  linked: number | undefined;
  readonly what:
    | { readonly kind: 'hcall'; readonly call: HcallEnter; readonly fact: HcallFact | undefined }
    | { readonly kind: 'fault'; readonly fault: PageFaultEnter; readonly candidates: readonly number[] };
}

/** What the parts of replay work on. */
export interface Context {
  readonly input: ReplayInput;
  readonly recorded: Recorded;
  readonly machines: Machines;
  readonly hindsight: Hindsight;
  /** the table; another one after an allocation or a resize */
  table: Knowledge;
  readonly tables: Tables;
  readonly host: Host;
  /** the table is in the layout of ISA 3.0 */
  readonly isa3: boolean;
  /** the table's size is known; otherwise only the hash bits of the smallest table are */
  sizeKnown: boolean;
  /** why entries change unseen, if they do: hypercalls leave no trace, or cannot be told from another machine's */
  unseen: Cause | undefined;
  /** index of the event that is being replayed */
  readonly at: number;
  /** the machine's last own event, and the task it came from */
  readonly lastVcpu: { readonly event: number; readonly task: number };
  /** a new table: nothing is known of it but `background` */
  newTable(entries: number, background: Slot): Knowledge;
  /** @param slots where it was seen */
  diverge(kind: DivergenceKind, expected: string, seen: string, slots: Iterable<number>): void;
  /** the assumptions that are made; null for a replay that makes none */
  readonly assuming: Assuming | null;
  /** Whether something is taken for granted. What is then known of some slots rests on it, and of all without slots. */
  assume(name: AssumptionName, slots?: Iterable<number>): boolean;
  /** how many assumptions were false so far: what was done on the ground of one is to be done again */
  readonly falseAssumptions: number;
}

/** PTEGs that a hash value may mean: one, unless the table's size is unknown. */
export function ptegsOfHash(context: Context, hash: number): number[] {
  if (context.sizeKnown) {
    return [hash];
  }
  const ptegs: number[] = [];
  for (let pteg = hash; pteg < context.table.ptegs; pteg += smallestPtegs) {
    ptegs.push(pteg);
  }
  return ptegs;
}

/** PTEGs of the smallest table (order 18). */
export const smallestPtegs = 2048;
