// Values that variables show and expressions work with. A thing is a value with fields (an HPTE, an rmap word, a list); its
// fields are worked out when they are asked for, from the state as it is then.

import type { Unit } from './expression';

/**
 * bigint: a word, an address, an index or a frame number, shown in hex; number: a count, shown in decimal; string: a name or a
 * sentence; undefined stands for "unknown" and never equals anything.
 */
export type Value = bigint | number | boolean | string | Thing;

export interface Thing {
  readonly kind: string;
  /** the whole in one line */
  readonly text: string;
  /** what it is in arithmetic and comparison, when it stands for a number */
  readonly number?: bigint;
  /** names of the fields, in the order in which they are shown */
  readonly names: readonly string[];
  get(name: string): Value | undefined;
  /** A list has items besides, or instead. */
  readonly items?: { readonly count: number; at(i: number): Value | undefined; nameOf?(i: number): string };
  /** what a data breakpoint on it watches (see dataPoints.ts) */
  readonly data?: string;
  /** an expression that gives it again */
  readonly expression?: string;
}

/** A number with what it counts: `gfn 0x10`. */
export class Tagged {
  constructor(
    readonly unit: Unit,
    readonly value: bigint,
  ) {}
}

type Fields = Readonly<Record<string, () => Value | undefined>>;

/** Makes a thing of fields. */
export function thing(
  kind: string,
  text: string,
  fields: Fields,
  more: Partial<Omit<Thing, 'kind' | 'text'>> = {},
): Thing {
  return {
    kind,
    text,
    names: Object.keys(fields),
    get: (name) => (Object.hasOwn(fields, name) ? fields[name]?.() : undefined),
    ...more,
  };
}

/** Makes a list. */
export function list(kind: string, text: string, items: readonly Value[], nameOf?: (i: number) => string): Thing {
  return {
    kind,
    text,
    names: ['length'],
    get: (name) => (name === 'length' ? items.length : undefined),
    items: { count: items.length, at: (i) => items[i], ...(nameOf === undefined ? {} : { nameOf }) },
  };
}

export function isThing(value: Value | undefined): value is Thing {
  return typeof value === 'object';
}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** A value in one line. */
export function show(value: Value | undefined): string {
  switch (typeof value) {
    case 'undefined':
      return 'unknown';
    case 'bigint':
      return value < 0n ? `-${hex(-value)}` : hex(value);
    case 'boolean':
      return value ? 'yes' : 'no';
    case 'object':
      return value.text;
    default:
      return String(value);
  }
}
