// Completion of expressions, wherever one is typed: names, labels and functions; after a point the fields of what stands before
// it; inside count( and dt( the event kinds.

import { evaluate, type Scope } from './evaluate';
import { ExpressionError, MAX_LENGTH, parseExpression } from './expression';
import { type Completion, countedBeginning, eventsBeginning, namesBeginning } from './names';
import { isThing } from './values';

/** What can stand at a place, and the stretch of text that it replaces. */
export interface Completions {
  readonly start: number;
  readonly length: number;
  readonly items: readonly Completion[];
}

/** Completes an expression at a column, from 0. Never throws. */
export function complete(text: string, column: number, scope: Scope): Completions {
  const before = text.slice(0, Math.max(0, Math.min(column, text.length, MAX_LENGTH)));
  const kinds = /\b(count|dt)\(\s*([\w.]*)$/.exec(before);
  if (kinds !== null) {
    const [, name, prefix = ''] = kinds;
    const fields = name === 'count' ? countedBeginning(prefix) : [];
    return {
      start: before.length - prefix.length,
      length: prefix.length,
      items: [...fields, ...eventsBeginning(prefix)],
    };
  }
  const word = /[A-Za-z_]?\w*(?:-[A-Za-z_]\w*)*$/.exec(before)?.[0] ?? '';
  const start = before.length - word.length;
  const items =
    before[start - 1] === '.'
      ? fieldsBeginning(word, before.slice(0, start - 1), scope)
      : namesBeginning(word, scope.labels);
  return { start, length: word.length, items };
}

/** Fields of the value that ends right before a point. */
function fieldsBeginning(prefix: string, before: string, scope: Scope): Completion[] {
  for (const at of valueStarts(before)) {
    try {
      const value = evaluate(parseExpression(before.slice(at)), scope);
      if (!isThing(value)) return [];
      return value.names
        .filter((name) => name.startsWith(prefix))
        .map((label) => ({ label, kind: 'field', detail: value.kind }));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
    }
  }
  return [];
}

/** Where the value that ends the text may begin: the longest run of names, points and brackets, then shorter ones. */
function* valueStarts(text: string): Generator<number> {
  const chain = /(?:[\w.\]-]|\[[^\][]*\]|\([^()]*\))*$/.exec(text)?.[0] ?? '';
  yield text.length - chain.length;
  const last = /[A-Za-z_]\w*(?:\[[^\][]*\]|\([^()]*\))?(?:\.\w+)*$/.exec(text)?.[0];
  if (last !== undefined) yield text.length - last.length;
}
