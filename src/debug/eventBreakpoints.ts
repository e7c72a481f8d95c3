// Event breakpoints as they come in a request: nothing is assumed about what a client sends.

import type { EventBreakpoint } from './breakpoints';
import { shown } from './launch';

type Given = Readonly<Record<string, unknown>>;

function fieldsOf(given: unknown): Given {
  return typeof given === 'object' && given !== null ? { ...given } : {};
}

/** The fields of some names that are texts. */
function texts<Name extends string>(given: Given, ...names: readonly Name[]): { readonly [N in Name]?: string } {
  return Object.fromEntries(
    names.filter((name) => typeof given[name] === 'string').map((name) => [name, given[name]]),
  ) as {
    readonly [N in Name]?: string;
  };
}

/** Reads the argument of hpt/setEventBreakpoints. Throws an Error with a sentence when it is no list of breakpoints. */
export function eventBreakpoints(given: unknown): EventBreakpoint[] {
  if (!Array.isArray(given)) throw new Error(`"breakpoints": expected a list, got ${shown(given)}`);
  return given.map((one: unknown, i) => {
    const fields = fieldsOf(one);
    const breakpoint = texts(fields, 'kind', 'function', 'data', 'condition', 'hitCondition', 'logMessage');
    const { kind, function: fn, data } = breakpoint;
    if ([kind, fn, data].filter((what) => what !== undefined).length !== 1)
      throw new Error(
        `"breakpoints", number ${i + 1}: expected one of "kind", "function" and "data", got ${shown(one)}`,
      );
    const { armedAfter } = fields;
    return armedAfter === undefined || armedAfter === null
      ? breakpoint
      : { ...breakpoint, armedAfter: arming(armedAfter, i) };
  });
}

function arming(given: unknown, i: number): NonNullable<EventBreakpoint['armedAfter']> {
  if (typeof given === 'string') return { kind: given };
  const { kind, condition } = texts(fieldsOf(given), 'kind', 'condition');
  if (kind === undefined)
    throw new Error(`"breakpoints", number ${i + 1}, "armedAfter": expected a kind of event, got ${shown(given)}`);
  return { kind, ...(condition === undefined ? {} : { condition }) };
}
