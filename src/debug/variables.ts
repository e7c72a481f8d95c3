// Variables as the protocol shows them: the fields and items of things, page by page, each compared with what it was one moment
// before.

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Run } from '../timeline/run';
import { hex, isThing, show, type Thing, type Value } from './values';

/** Makes a thing from the state at the run's current moment; undefined where there is none. */
export type Maker = () => Value | undefined;

/** Lists longer than this are shown page by page. */
const PAGED = 100;
const MAX_PAGE = 1000;

interface Child {
  readonly name: string;
  readonly value: Value | undefined;
  readonly make: Maker;
  readonly expression?: string;
}

const fieldNames = /^[A-Za-z_]\w*$/;

/** Fields of a thing, or a stretch of its items. */
function children(
  value: Value | undefined,
  make: Maker,
  filter: 'indexed' | 'named' | undefined,
  start: number,
  count: number,
): Child[] {
  if (!isThing(value)) return [];
  const { items } = value;
  const all: Child[] = [];
  if (filter !== 'indexed' && (items === undefined || filter === undefined)) {
    for (const name of value.names) {
      if (items !== undefined && name === 'length') continue;
      const field = value.get(name);
      const own = isThing(field) ? field.expression : undefined;
      const expression =
        own ?? (value.expression === undefined || !fieldNames.test(name) ? undefined : `${value.expression}.${name}`);
      all.push({
        name,
        value: field,
        make: () => {
          const parent = make();
          return isThing(parent) ? parent.get(name) : undefined;
        },
        ...(expression === undefined ? {} : { expression }),
      });
    }
  }
  if (filter !== 'named' && items !== undefined) {
    const end = Math.min(items.count, start + (count > 0 ? Math.min(count, MAX_PAGE) : MAX_PAGE));
    for (let i = start; i < end; i++) {
      const item = items.at(i);
      const expression = isThing(item) ? item.expression : undefined;
      all.push({
        name: items.nameOf?.(i) ?? `[${i}]`,
        value: item,
        make: () => {
          const parent = make();
          return isThing(parent) ? parent.items?.at(i) : undefined;
        },
        ...(expression === undefined ? {} : { expression }),
      });
    }
  }
  return all;
}

/** References of things that the client may ask the children of, until the run moves. */
export class References {
  private makers: Maker[] = [];

  /** Forgets all: the run has moved. */
  clear(): void {
    this.makers = [];
  }

  add(make: Maker): number {
    return this.makers.push(make);
  }

  get(reference: number): Maker | undefined {
    return this.makers[reference - 1];
  }
}

/** Asks a question of the run as it was one moment before, and comes back; undefined at the first moment. */
export function oneBefore<T>(run: Run, ask: () => T): T | undefined {
  const here = run.position;
  if (here === 0) return undefined;
  try {
    run.seek(here - 1);
    return ask();
  } finally {
    run.seek(here);
  }
}

/** What stands in the value column: with what stood there before when this moment changed it. */
export function marked(text: string, before: string): string {
  return before === text ? text : `${text}  (before ${before})`;
}

/** Where the raw words of an HPTE or PTEG lie in the table, as a memory reference. */
export function memoryOf(value: Value | undefined): string | undefined {
  if (!isThing(value) || value.number === undefined) return undefined;
  if (value.kind === 'hpte') return hex(value.number * 16n);
  return value.kind === 'pteg' ? hex(value.number * 128n) : undefined;
}

/** Where the children of a thing come from, for the protocol. */
export function shape(
  references: References,
  value: Value | undefined,
  make: Maker,
): Pick<DebugProtocol.Variable, 'variablesReference' | 'indexedVariables' | 'namedVariables'> {
  if (!isThing(value)) return { variablesReference: 0 };
  const { items, names } = value;
  const fields = items === undefined ? names.length : 0;
  if (fields === 0 && (items?.count ?? 0) === 0) return { variablesReference: 0 };
  const variablesReference = references.add(make);
  return items !== undefined && items.count > PAGED
    ? { variablesReference, indexedVariables: items.count, namedVariables: 0 }
    : { variablesReference };
}

/** Names of the kinds in the type column. */
function typeOf(value: Value | undefined): string {
  if (value === undefined) return 'unknown';
  return isThing(value) ? value.kind : typeof value === 'bigint' ? 'hex' : typeof value;
}

export interface VariablesAsked {
  readonly filter?: 'indexed' | 'named';
  readonly start?: number;
  readonly count?: number;
  readonly compare: boolean;
}

/** The variables below a reference at the run's current moment. */
export function variablesOf(
  run: Run,
  references: References,
  make: Maker,
  asked: VariablesAsked,
): DebugProtocol.Variable[] {
  const start = Math.max(0, asked.start ?? 0);
  const read = () => children(make(), make, asked.filter, start, asked.count ?? 0);
  const now = read();
  const earlier = asked.compare
    ? oneBefore(run, () => new Map(read().map(({ name, value }) => [name, show(value)])))
    : undefined;
  return now.map(({ name, value, make: child, expression }) => {
    const text = show(value);
    return {
      name,
      value: earlier === undefined ? text : marked(text, earlier.get(name) ?? 'nothing'),
      type: typeOf(value),
      ...shape(references, value, child),
      ...(expression === undefined ? {} : { evaluateName: expression }),
      ...(memoryOf(value) === undefined ? {} : { memoryReference: memoryOf(value) }),
    };
  });
}

/** The thing named `name` below a reference, for data breakpoints. */
export function childNamed(make: Maker, name: string): Thing | undefined {
  const found = children(make(), make, undefined, 0, 0).find((child) => child.name === name)?.value;
  return isThing(found) ? found : undefined;
}
