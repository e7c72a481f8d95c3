/**
 * Mutations: named switches, each leaving out one step of a kernel path, to show what the step is for. All are off
 * unless a scenario asks.
 */
export const MUTATIONS = {
  'seq-check': 'the fault and H_ENTER do not look whether an invalidation ran since the sequence was read',
  tlbie: 'invalidated entries are not flushed from the TLBs',
  'rmap-lock': 'the rmap word is changed without its lock',
  'hpte-recheck': 'the fault does not look whether the HPTE changed before it is locked again',
  'rc-harvest': 'R and C of an invalidated entry are not carried over',
} as const;
export type Mutation = keyof typeof MUTATIONS;
export const MUTATION_NAMES = Object.keys(MUTATIONS) as readonly Mutation[];
