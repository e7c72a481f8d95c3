// Works expressions out at the run's current moment. Nothing is changed; "unknown" (an absent field, an address without a
// page) spreads through arithmetic and is never equal to anything.

import { type BinaryOperator, dotted, type Expression, ExpressionError } from './expression';
import { type Arguments, callFunction } from './functions';
import { arithmetic, numeric, truth, wrapped } from './operators';
import { Scene, type Scope } from './scene';
import { isThing, show, Tagged, type Value } from './values';

export type { Scope } from './scene';

/**
 * Works an expression out. @returns undefined for "unknown". Throws an ExpressionError at the part that makes no sense, and where the
 * scope gives way a Pending.
 */
export function evaluate(expression: Expression, scope: Scope): Value | undefined {
  return new Evaluation(new Scene(scope)).value(expression);
}

/** Whether a condition holds; unknown does not. */
export function holds(expression: Expression, scope: Scope): boolean {
  return truth(evaluate(expression, scope));
}

class Evaluation implements Arguments {
  constructor(readonly scene: Scene) {}

  atOnce(): Arguments {
    return this.scene.scope.givesWay ? new Evaluation(this.scene.atOnce()) : this;
  }

  value(expression: Expression): Value | undefined {
    const value = this.argument(expression);
    return value instanceof Tagged ? value.value : value;
  }

  number(e: Expression): bigint | undefined {
    const value = this.value(e);
    return value === undefined ? undefined : numeric(value, e);
  }

  /** A value with its unit where one is said, for functions that take gfn, gpa, hva. */
  argument(e: Expression): Value | Tagged | undefined {
    switch (e.kind) {
      case 'number':
      case 'string':
        return e.value;
      case 'name':
        return this.scene.named(e.name, e);
      case 'unit': {
        const of = this.number(e.of);
        return of === undefined ? undefined : new Tagged(e.unit, of);
      }
      case 'field':
        return this.field(e.of, e.name, e);
      case 'index':
        return this.index(e.of, e.index, e);
      case 'call':
        return callFunction(this, e.name, e.args, e);
      case 'unary':
        return this.unary(e.operator, e.of);
      case 'binary':
        return this.binary(e.operator, e.left, e.right, e);
      case 'in':
        return this.within(e.of, e.from, e.to);
    }
  }

  private field(of: Expression, name: string, e: Expression): Value | undefined {
    const value = this.value(of);
    if (value === undefined) return undefined;
    if (!isThing(value)) throw new ExpressionError(`${show(value).slice(0, 60)} has no fields`, e.at, e.end - e.at);
    if (value.names.includes(name)) return value.get(name);
    const known = value.names.length === 0 ? 'none' : value.names.join(', ');
    throw new ExpressionError(`no field "${name}"; there are ${known}`, e.end - name.length, name.length);
  }

  private index(of: Expression, index: Expression, e: Expression): Value | undefined {
    const at = this.number(index);
    if (of.kind === 'name' && !this.scene.scope.labels.has(of.name)) {
      if (of.name === 'hpte' || of.name === 'pteg' || of.name === 'vcpu')
        return callFunction(this, of.name, [index], e);
    }
    const value = this.value(of);
    if (value === undefined || at === undefined) return undefined;
    if (!isThing(value) || value.items === undefined)
      throw new ExpressionError(`${show(value).slice(0, 60)} is no list`, of.at, of.end - of.at);
    return at < 0n || at >= BigInt(value.items.count) ? undefined : value.items.at(Number(at));
  }

  private unary(operator: '!' | '-' | '~', of: Expression): Value | undefined {
    if (operator === '!') {
      const value = this.value(of);
      return value === undefined ? undefined : !truth(value);
    }
    const value = this.number(of);
    return value === undefined ? undefined : operator === '-' ? wrapped(-value) : BigInt.asUintN(64, ~value);
  }

  private within(of: Expression, from: Expression, to: Expression): boolean | undefined {
    const value = this.number(of);
    const low = this.number(from);
    const high = this.number(to);
    return value === undefined || low === undefined || high === undefined ? undefined : value >= low && value <= high;
  }

  private binary(operator: BinaryOperator, left: Expression, right: Expression, e: Expression): Value | undefined {
    if (operator === '&&') return truth(this.value(left)) && truth(this.value(right));
    if (operator === '||') return truth(this.value(left)) || truth(this.value(right));
    if (operator === '==' || operator === '!=') {
      const same = this.same(left, right);
      return same === undefined ? undefined : same === (operator === '==');
    }
    const a = this.number(left);
    const b = this.number(right);
    return a === undefined || b === undefined ? undefined : arithmetic(operator, a, b, e);
  }

  /** Whether two values are equal; a bare name beside a string is that string: why == seq. */
  private same(left: Expression, right: Expression): boolean | undefined {
    const l = this.attempt(left);
    const r = this.attempt(right);
    const a = isWord(r, right) && typeof l !== 'string' ? (bareWord(left) ?? l) : l;
    const b = isWord(l, left) && typeof r !== 'string' ? (bareWord(right) ?? r) : r;
    if (a instanceof ExpressionError) throw a;
    if (b instanceof ExpressionError) throw b;
    if (a === undefined || b === undefined) return undefined;
    if (typeof a === 'boolean' || typeof b === 'boolean') return truth(a) === truth(b);
    if (typeof a === 'string' || typeof b === 'string') return show(a) === show(b);
    return numeric(a, left) === numeric(b, right);
  }

  private attempt(e: Expression): Value | undefined | ExpressionError {
    try {
      return this.value(e);
    } catch (error) {
      if (error instanceof ExpressionError) return error;
      throw error;
    }
  }
}

/** The text of a name that is not quoted. */
function bareWord(e: Expression): string | undefined {
  return e.kind === 'name' || e.kind === 'field' ? dotted(e) : undefined;
}

/** Whether a value is a word beside which a bare name is one too; a text in quotation marks is compared as it is. */
function isWord(value: Value | undefined | ExpressionError, e: Expression): boolean {
  return typeof value === 'string' && e.kind !== 'string';
}
