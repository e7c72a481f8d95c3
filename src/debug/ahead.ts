// What a condition asks of the whole run (the events that name a page) takes long when it is first asked for. It is read in turns before
// the condition is worked out at one moment after the other, which then finds it there. A single question gives way itself (pending.ts).

import type { Run } from '../timeline/run';
import { fieldNaming } from './dataPoints';
import type { Expression } from './expression';
import { COUNTED } from './names';

/** Reads what working an expression out will ask for, in turns. */
export function* readAhead(run: Run, expression: Expression): Generator<void, void> {
  for (const field of fieldsAsked(expression)) yield* run.readingEventsBy(field);
}

/** Fields of events by which an expression may ask the whole run. */
export function fieldsAsked(expression: Expression): Set<string> {
  const fields = new Set<string>();
  for (const part of parts(expression)) {
    if (part.kind !== 'call') continue;
    const [first] = part.args;
    // of a page, its changes are also the events that name it
    if (part.name === 'changes' || part.name === 'why') fields.add(fieldNaming);
    const counted = part.name === 'count' && first?.kind === 'name' ? COUNTED[first.name] : undefined;
    if (counted !== undefined) fields.add(counted);
  }
  return fields;
}

/** An expression and all expressions in it. */
function* parts(expression: Expression): Generator<Expression> {
  yield expression;
  for (const child of childrenOf(expression)) yield* parts(child);
}

function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'name':
      return [];
    case 'field':
    case 'unit':
    case 'unary':
      return [expression.of];
    case 'index':
      return [expression.of, expression.index];
    case 'call':
      return expression.args;
    case 'binary':
      return [expression.left, expression.right];
    case 'in':
      return [expression.of, expression.from, expression.to];
  }
}
