/**
 * Points: the named places of the kernel paths where another processor can get in between. No lock is held at a
 * point, except at those ending in `in_rmap`, which are reached only when the mutation `rmap-lock` leaves the lock out.
 * A scenario writes them as `function.point`.
 */
export const Point = {
  beforeHvFault: 0,
  beforeFault: 1,
  afterGup: 2,
  beforeLock: 3,
  enterAfterPte: 4,
  enterInRmap: 5,
  faultInRmap: 6,
  unmapInRmap: 7,
} as const;
export type Point = (typeof Point)[keyof typeof Point];

/** Scenario name and sentence of each point, by number. */
export const POINTS: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'access.before_hv_fault', text: 'the interrupt was taken, its handler has not looked at the table yet' },
  { name: 'access.before_fault', text: 'the real-mode part is over, the host part has not begun' },
  { name: 'page_fault.after_gup', text: 'the host page is known, its host PTE has not been read' },
  { name: 'page_fault.before_lock', text: 'the new entry is worked out, the HPTE is not locked yet' },
  { name: 'h_enter.after_pte', text: 'the host PTE was read, no slot of the PTEG is chosen yet' },
  { name: 'h_enter.in_rmap', text: 'the ring head was read, the rmap word is not written (only without rmap-lock)' },
  { name: 'page_fault.in_rmap', text: 'the ring head was read, the rmap word is not written (only without rmap-lock)' },
  { name: 'unmap.in_rmap', text: 'the ring head was read, the rmap word is not written (only without rmap-lock)' },
];
