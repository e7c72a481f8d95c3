// From where "Go to" is asked, and what its answers are.

import type { Run } from '../../timeline/run';
import type { Unit } from './typed';

/** A moment that a person marked. */
export interface Mark {
  readonly name: string;
  readonly moment: number;
}

/** The open run at its current moment, and what belongs to it. */
export interface Standpoint {
  readonly run: Run;
  /** labels of a scenario and the HPTE index each stands for */
  readonly labels: ReadonlyMap<string, number>;
  readonly marks: readonly Mark[];
  /** HPTEs (MMIO ones apart) whose first page a guest page is, where somebody files them; otherwise the table is looked through */
  entriesOf?(gfn: number): readonly number[];
}

/** Where a reading leads: to a moment, or to HPTEs of the current one. */
export type Target = { readonly moment: number } | { readonly entries: readonly number[] };

/** One way to read what was typed, and what it finds. */
export interface Reading {
  readonly as: Unit | 'label' | 'mark' | 'kind';
  /** how it was read: "gpa 0x10000" */
  readonly title: string;
  /** what is found, or why nothing is */
  readonly sentence: string;
  /** left out when there is nothing to go to */
  readonly target?: Target;
}

/** Work that may take long: it yields `undefined` every few milliseconds, so that others can go on in between. */
export type Work<T> = Generator<undefined, T>;

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
