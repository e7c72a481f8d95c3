/**
 * Tables of a run by generation: a resize or reset starts a new table, and an HPTE's identity is (generation, index). Generations are
 * numbered from 0 in the order in which the tables were allocated, also one that a failed resize never put into force.
 */
import { Hpt } from '../model/hpt';
import type { State } from '../model/state';

/** Tables found so far, and the first owner that was not looked at. */
interface Found {
  readonly tables: Hpt[];
  owner: number;
}

const found = new WeakMap<State, Found>();

/** Every table that the run ever has, by generation. */
export function tablesOf(state: State): readonly Hpt[] {
  const known = found.get(state) ?? { tables: [], owner: 1 };
  found.set(state, known);
  for (let owned = state.ownerOf(known.owner); owned !== null; owned = state.ownerOf(++known.owner))
    if (owned instanceof Hpt) known.tables.push(owned);
  return known.tables;
}

/** Generation of the table that is in force now. */
export function generationOf(state: State): number {
  return tablesOf(state).indexOf(state.hpt);
}
