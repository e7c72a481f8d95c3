/**
 * Tables of a run by generation: a resize or reset starts a new table, and an HPTE's identity is (generation, index). Generations are
 * numbered from 0 in the order in which the tables were allocated, also one that a failed resize never put into force.
 */
import type { Hpt, State } from '../model/state';

/** Every table that the run ever has, by generation. */
export function tablesOf(state: State): Hpt[] {
  const tables: Hpt[] = [];
  for (let owner = 1; ; owner++) {
    const owned = state.ownerOf(owner);
    if (owned === null) return tables;
    if ('entries' in owned) tables.push(owned);
  }
}

/** Generation of the table that is in force now. */
export function generationOf(state: State): number {
  return tablesOf(state).indexOf(state.hpt);
}
