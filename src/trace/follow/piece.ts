// What travels while a live trace is followed: everything that came since the piece before, as plain data and typed arrays.

import type { LostEvents, TraceEvents, TraceTask } from '../events';

/** The columns of events, as far as a piece has them. */
export const COLUMNS = [
  'time',
  'cpu',
  'task',
  'kind',
  'flags',
  'offset',
  'length',
  'textAt',
  'line',
  'source',
] as const;
export type PieceColumns = Pick<TraceEvents, (typeof COLUMNS)[number]>;

/** Bytes of text at their place in the blocks. */
export interface PieceText {
  readonly block: number;
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface TracePiece {
  /** number of the first event of the piece, and how many it has */
  readonly from: number;
  readonly count: number;
  readonly unit: TraceEvents['unit'];
  readonly resolution: number;
  readonly base: bigint;
  readonly columns: PieceColumns;
  /** place and length of the event before the piece, which may have got more lines since */
  readonly before: { readonly offset: number; readonly length: number } | undefined;
  readonly tasks: readonly TraceTask[];
  readonly kindNames: readonly string[];
  readonly flagTexts: readonly string[];
  readonly lost: readonly LostEvents[];
  readonly text: readonly PieceText[];
  /** words of the journal and the address of the first of them */
  readonly journal: { readonly at: number; readonly words: Int32Array };
  /** sentences about the trace that have come up */
  readonly told: readonly string[];
}
