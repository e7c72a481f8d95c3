// What the operators of expressions do with numbers: 64 bits, signed where a minus made them so.

import { type BinaryOperator, type Expression, ExpressionError, MASK64 } from './expression';
import { hex, show, type Value } from './values';

/** The number that a value stands for. */
export function numeric(value: Value, e: Expression): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  if (typeof value === 'object' && value.number !== undefined) return value.number;
  throw new ExpressionError(`expected a number, got ${show(value).slice(0, 60)}`, e.at, e.end - e.at);
}

/** A result kept within 64 bits, signed or not. */
export function wrapped(value: bigint): bigint {
  return value >= -(1n << 63n) && value <= MASK64 ? value : BigInt.asUintN(64, value);
}

/** Throws an ExpressionError for a division by zero. */
export function arithmetic(operator: BinaryOperator, a: bigint, b: bigint, e: Expression): Value {
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '|':
      return BigInt.asUintN(64, a | b);
    case '^':
      return BigInt.asUintN(64, a ^ b);
    case '&':
      return BigInt.asUintN(64, a & b);
    case '<<':
      return b > 63n || b < 0n ? 0n : BigInt.asUintN(64, a << b);
    case '>>':
      return b > 63n || b < 0n ? 0n : BigInt.asUintN(64, a) >> b;
    case '+':
      return wrapped(a + b);
    case '-':
      return wrapped(a - b);
    case '*':
      return wrapped(a * b);
    case '/':
    case '%':
      if (b === 0n) throw new ExpressionError('division by zero', e.at, e.end - e.at);
      return operator === '/' ? a / b : a % b;
    default:
      throw new ExpressionError(`"${operator}" has no meaning for ${hex(a)} and ${hex(b)}`, e.at, e.end - e.at);
  }
}

/** Whether a value holds as a condition; unknown does not. */
export function truth(value: Value | undefined): boolean {
  switch (typeof value) {
    case 'bigint':
      return value !== 0n;
    case 'number':
      return value !== 0;
    case 'string':
      return value !== '';
    case 'boolean':
      return value;
    case 'object':
      return true;
    default:
      return false;
  }
}
