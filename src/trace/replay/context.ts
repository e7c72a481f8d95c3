// What the parts of replay share: the knowledge of the table, the host, the operations under way, and what did not fit.

import type { HcallEnter, PageFaultEnter } from '../decoded';
import type { HcallFact } from '../recordingFacts';
import type { Hindsight } from './hindsight';
import type { Host } from './host';
import type { Knowledge } from './knowledge';

/** What emulator and trace disagree about. */
export type DivergenceKind = 'h_enter' | 'h_remove' | 'h_protect' | 'h_read' | 'fault' | 'memslot' | 'page fact';

export interface Divergence {
  readonly kind: DivergenceKind;
  /** index of the trace event that showed it */
  readonly event: number;
  readonly expected: string;
  readonly seen: string;
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

export interface Context {
  readonly hindsight: Hindsight;
  readonly table: Knowledge;
  readonly host: Host;
  /** the table is in the layout of ISA 3.0 */
  readonly isa3: boolean;
  /** the table's size is known; otherwise only the hash bits of the smallest table are */
  readonly sizeKnown: boolean;
  /** the host has no page there, so no entry of it is valid */
  notMapped(gpa: bigint): void;
  diverge(kind: DivergenceKind, expected: string, seen: string): void;
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
