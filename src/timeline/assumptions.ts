/**
 * What replay may take for granted when it is asked to: for a trace with gaps, the likely answer to what nothing tells. Nothing is
 * assumed unless asked for, and what rests on an assumption is *assumed*, never observed or inferred. An event that contradicts an
 * assumption ends it for the PTEGs concerned, and so does a dump; it is told as a divergence of the kind "assumption".
 *
 * A set of assumptions is a number with the bit of each (`bitOf`).
 */

import type { Cause } from './known';

interface AssumptionText {
  /** the cause of doubt that it answers */
  readonly cause: Cause;
  /** what is assumed */
  readonly sentence: string;
  /** what shows that it was false */
  readonly contradicted: string;
}

const TEXTS = {
  'empty-start': {
    cause: 'no first dump',
    sentence: 'a table of which there is no dump yet is empty',
    contradicted: 'a fault or hypercall finds an entry that nothing has entered',
  },
  'nothing-lost': {
    cause: 'lost events',
    sentence: 'the events that were lost have changed nothing',
    contradicted: 'a fault or hypercall finds an entry gone, or one that nothing has entered',
  },
  'nothing-unrecorded': {
    cause: 'events not recorded',
    sentence: 'invalidations, ageing and faults of which the trace has no event did not happen',
    contradicted: 'an entry is found in another state',
  },
  'same-table': {
    cause: 'untraced ioctl',
    sentence: 'the VMM has not replaced the table',
    contradicted: 'a fault or hypercall finds an entry gone, or one that nothing has entered',
  },
  'hidden-pairs': {
    cause: 'hidden bulk pairs',
    sentence: 'the pairs of H_BULK_REMOVE that the trace does not show removed nothing',
    contradicted: 'H_ENTER succeeds in a full PTEG, or takes a slot that was taken',
  },
  'first-free': {
    cause: 'slot not told',
    sentence:
      'of several slots that an entry may be in, it is in the first that is known to fit, else the first that may',
    contradicted: 'an event shows another entry there, or the entry elsewhere',
  },
  'host-present': {
    cause: 'host presence',
    sentence: 'H_ENTER found the host page mapped',
    contradicted: 'a fault shows the entry absent, or the page is seen not mapped',
  },
  'hcall-done': {
    cause: 'lost events',
    sentence: 'a hypercall whose result is not in the trace did what it was asked to',
    contradicted: 'an event shows that it did not',
  },
  'vrma-pages': {
    cause: 'VRMA',
    sentence: 'the real-mode area has pages of the size of a host page',
    contradicted: 'a fault in it shows another size',
  },
  'resize-drops': {
    cause: 'resize',
    sentence: 'an entry whose words are not known is not bolted, so that a resize drops it',
    contradicted: 'a fault or hypercall finds an entry that nothing has entered',
  },
  'in-order': {
    cause: 'race',
    sentence: 'what overlaps in time happens in the order of its last events, and no invalidation meets a new entry',
    contradicted: 'an event shows another order',
  },
  'nothing-else': {
    cause: 'divergence',
    sentence: 'what no event tells happened to the entries only at which it was noticed',
    contradicted: 'another entry is found changed',
  },
} as const satisfies Readonly<Record<string, AssumptionText>>;

export type AssumptionName = keyof typeof TEXTS;
export const ASSUMPTIONS: Readonly<Record<AssumptionName, AssumptionText>> = TEXTS;
export const ASSUMPTION_NAMES = Object.keys(TEXTS) as readonly AssumptionName[];

/** The bit of an assumption in a set. */
export function bitOf(name: AssumptionName): number {
  return 1 << ASSUMPTION_NAMES.indexOf(name);
}

/** All of them. */
export const EVERY_ASSUMPTION = (1 << ASSUMPTION_NAMES.length) - 1;

/** The names in a set. */
export function namesIn(set: number): AssumptionName[] {
  return ASSUMPTION_NAMES.filter((name) => (set & bitOf(name)) !== 0);
}

/** What a set of assumptions says. */
export function sentencesOf(set: number): string {
  return namesIn(set)
    .map((name) => ASSUMPTIONS[name].sentence)
    .join('; ');
}

/** Those of a set that answer a cause of doubt. */
export function answersTo(cause: Cause, set: number): number {
  return namesIn(set).reduce((bits, name) => (ASSUMPTIONS[name].cause === cause ? bits | bitOf(name) : bits), 0);
}

/**
 * The set that names ask for.
 * @param names of assumptions; none asks for all
 * @returns the set, or the first name that is none
 */
export function assumptionSet(names: readonly string[]): number | string {
  let set = 0;
  for (const name of names) {
    const known = ASSUMPTION_NAMES.find((one) => one === name);
    if (known === undefined) return name;
    set |= bitOf(known);
  }
  return names.length === 0 ? EVERY_ASSUMPTION : set;
}
