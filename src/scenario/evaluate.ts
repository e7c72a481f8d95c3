// Reading the fields of a statement: what checker and runner share.

import type { Field, Statement, Value } from './ast';
import { isGuestStatement } from './grammar';

export function fieldOf(statement: Statement, name: string): Field | undefined {
  for (const field of statement.fields) if (field.name === name) return field;
  return undefined;
}

export function has(statement: Statement, name: string): boolean {
  return fieldOf(statement, name) !== undefined;
}

/** The value of a sum, `pass` being the pass of the repeat around it (from 0). Not cut to 64 bits. */
export function evaluate(value: Value, pass = 0n): bigint | undefined {
  if (value.kind !== 'number') return undefined;
  return value.terms.reduce(
    (sum, term) => sum + (term.pass ? pass * (term.numeral?.value ?? 1n) : (term.numeral?.value ?? 0n)),
    0n,
  );
}

export function usesPass(value: Value | undefined): boolean {
  return value?.kind === 'number' && value.terms.some((term) => term.pass);
}

/** The number in a field; undefined when the field is not given or holds something else. */
export function numberOf(statement: Statement, name: string, pass = 0n): bigint | undefined {
  const value = fieldOf(statement, name)?.value;
  return value === undefined ? undefined : evaluate(value, pass);
}

export function wordOf(statement: Statement, name: string): string | undefined {
  const value = fieldOf(statement, name)?.value;
  return value?.kind === 'word' || value?.kind === 'label' ? value.text : undefined;
}

/** A switch: on, off, or undefined when it is not given. */
export function switchOf(statement: Statement, name: string): boolean | undefined {
  const field = fieldOf(statement, name);
  if (field === undefined) return undefined;
  return field.value?.kind !== 'word' || field.value.text !== 'off';
}

/** The four WIMG bits as a number (W 8, I 4, M 2, G 1). */
export function wimgOf(value: Value, pass = 0n): bigint {
  if (value.kind !== 'word') return evaluate(value, pass) ?? 0n;
  const bits = { W: 8n, I: 4n, M: 2n, G: 1n };
  return value.text === 'none'
    ? 0n
    : [...value.text].reduce((sum, letter) => sum | (bits[letter as 'W' | 'I' | 'M' | 'G'] ?? 0n), 0n);
}

/** All statements in the blocks of a statement. */
export function statementsIn({ body }: Statement): Statement[] {
  return body.flatMap((statement) => [statement, ...statementsIn(statement)]);
}

/** Whether an actor does anything that only a vCPU can. */
export function isGuest(actor: Statement): boolean {
  return statementsIn(actor).some(({ name }) => isGuestStatement(name));
}
