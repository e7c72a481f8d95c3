// Expressions of watches, conditions and log messages: their text becomes a tree, or an error with its place. The language is
// total: nothing loops, nothing is called but the functions of names.ts, numbers have 64 bits, and length and depth are limited.
//
//   or   := and { "||" and }            and  := cmp { "&&" cmp }
//   cmp  := bits [ ("==" | "!=" | "<" | "<=" | ">" | ">=") bits | "in" bits ".." bits ]
//   bits := shift { ("|" | "^" | "&") shift }     shift := sum { ("<<" | ">>") sum }
//   sum  := product { ("+" | "-") product }       product := unary { ("*" | "/" | "%") unary }
//   unary := { "!" | "-" | "~" } postfix          postfix := primary { "." NAME | "[" or "]" }
//   primary := NUMBER | STRING | NAME [ "(" [ or { "," or } ] ")" ] | UNIT unary | "(" or ")"
//
// UNIT is gfn, gpa, hva or ea before a number or name. A number may be a size (64K) or a duration (100us, in nanoseconds). A "-" between letters belongs to the name (hpte-changed): write blanks
// around a minus.

/** An expression that cannot be understood or worked out: a sentence and where in the text, from 0. */
export class ExpressionError extends Error {
  constructor(
    message: string,
    readonly at: number,
    readonly length = 1,
  ) {
    super(message);
  }
}

export type Unit = 'gfn' | 'gpa' | 'hva' | 'ea';
const UNITS: readonly string[] = ['gfn', 'gpa', 'hva', 'ea'];

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '|'
  | '^'
  | '&'
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

export type Expression = { readonly at: number; readonly end: number } & (
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly of: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly of: Expression; readonly index: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'unit'; readonly unit: Unit; readonly of: Expression }
  | { readonly kind: 'unary'; readonly operator: '!' | '-' | '~'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'in'; readonly of: Expression; readonly from: Expression; readonly to: Expression }
);

/** "hpte.absent" of a name and its fields; undefined when the expression is something else. */
export function dotted(expression: Expression): string | undefined {
  if (expression.kind === 'name') return expression.name;
  if (expression.kind === 'string') return expression.value;
  if (expression.kind !== 'field') return undefined;
  const of = dotted(expression.of);
  return of === undefined ? undefined : `${of}.${expression.name}`;
}

interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
  readonly value?: bigint;
}

/** Longest expression, in characters. */
export const MAX_LENGTH = 1000;
const MAX_DEPTH = 50;
export const MASK64 = 0xffffffffffffffffn;

const tokenPattern =
  /\s+|(0[xX][0-9a-fA-F_]+|\d[\d_]*(?:(?:[KMGT]|ns|us|ms|s)(?!\w))?)|([A-Za-z_]\w*(?:-[A-Za-z_]\w*)*)|'([^']*)'|"([^"]*)"|(\|\||&&|==|!=|<=|>=|<<|>>|\.\.|[-+*/%&|^~!<>()[\].,])/y;

/** What may stand right behind a decimal number: sizes in bytes, durations in nanoseconds. */
const scale: Readonly<Record<string, bigint>> = {
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
  T: 1n << 40n,
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
};

function numberOf(text: string, at: number): bigint {
  const [, digits = '', unit = ''] = /^(0[xX][0-9a-fA-F]+|\d+)(\D*)$/.exec(text.replace(/_/g, '')) ?? [];
  if (digits === '' || digits.length > 40) throw new ExpressionError(`"${text}" is no number`, at, text.length);
  const value = BigInt(digits) * (scale[unit] ?? 1n);
  if (value > MASK64) throw new ExpressionError('numbers have at most 64 bits', at, text.length);
  return value;
}

function tokens(text: string): Token[] {
  const all: Token[] = [];
  for (let at = 0; at < text.length; ) {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (match === null) {
      const quote = text[at] === "'" || text[at] === '"';
      throw new ExpressionError(quote ? 'the quotation mark is not closed' : `"${text[at]}" means nothing here`, at);
    }
    const [whole, number, name, single, double, sign] = match;
    const next = text[at + whole.length] ?? '';
    if (number !== undefined) {
      if (/\w/.test(next))
        throw new ExpressionError(`"${number}${next}" is no number: 12, 0x1f, 64K, 100us`, at, number.length + 1);
      all.push({ kind: 'number', text: number, at, value: numberOf(number, at) });
    } else if (name !== undefined) all.push({ kind: 'name', text: name, at });
    else if (single !== undefined || double !== undefined)
      all.push({ kind: 'string', text: single ?? double ?? '', at });
    else if (sign !== undefined) all.push({ kind: 'sign', text: sign, at });
    at += whole.length;
  }
  all.push({ kind: 'end', text: '', at: text.length });
  return all;
}

/** Operators by how tightly they bind, loosest first; those of one level group from the left. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['|', '^', '&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const COMPARISON = 2;

class Parser {
  private readonly all: Token[];
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.all = tokens(text);
  }

  private token(): Token {
    return this.all[this.at] ?? { kind: 'end', text: '', at: 0 };
  }

  private is(sign: string): boolean {
    return this.token().kind === 'sign' && this.token().text === sign;
  }

  private take(): Token {
    const token = this.token();
    this.at++;
    return token;
  }

  private expect(sign: string, after: string): void {
    if (!this.is(sign)) this.fail(`expected "${sign}" ${after}`);
    this.at++;
  }

  private fail(message: string): never {
    const token = this.token();
    const seen = token.kind === 'end' ? 'the end' : `"${token.text}"`;
    throw new ExpressionError(`${message}, got ${seen}`, token.at, Math.max(1, token.text.length));
  }

  parse(): Expression {
    if (this.token().kind === 'end') throw new ExpressionError('expected an expression, such as hpte[0x1f3].state', 0);
    const expression = this.level(0);
    if (this.token().kind !== 'end') this.fail('expected an operator or the end');
    return expression;
  }

  private level(n: number): Expression {
    const operators = levels[n];
    if (operators === undefined) return this.unary();
    let left = this.level(n + 1);
    for (let operator = this.operator(operators); ; operator = this.operator(operators)) {
      if (operator === undefined) break;
      this.at++;
      const right = this.level(n + 1);
      left = { kind: 'binary', operator, left, right, at: left.at, end: right.end };
      if (this.depth + this.chain++ > 400) throw new ExpressionError('the expression is too long', left.at);
    }
    if (n === COMPARISON && this.token().kind === 'name' && this.token().text === 'in') {
      this.at++;
      const from = this.level(n + 1);
      this.expect('..', 'between the ends of a range');
      const to = this.level(n + 1);
      return { kind: 'in', of: left, from, to, at: left.at, end: to.end };
    }
    return left;
  }
  private chain = 0;

  private operator(operators: readonly BinaryOperator[]): BinaryOperator | undefined {
    return this.token().kind === 'sign' ? operators.find((operator) => operator === this.token().text) : undefined;
  }

  private unary(): Expression {
    if (++this.depth > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', this.token().at);
    try {
      const token = this.token();
      if (token.kind === 'sign' && (token.text === '!' || token.text === '-' || token.text === '~')) {
        this.at++;
        const of = this.unary();
        return { kind: 'unary', operator: token.text, of, at: token.at, end: of.end };
      }
      return this.postfix();
    } finally {
      this.depth--;
    }
  }

  private postfix(): Expression {
    let of = this.primary();
    for (let links = 0; ; links++) {
      if (links > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', this.token().at);
      if (this.is('.')) {
        this.at++;
        if (this.token().kind !== 'name') this.fail('expected a field after "."');
        const { text, at } = this.take();
        of = { kind: 'field', of, name: text, at: of.at, end: at + text.length };
      } else if (this.is('[')) {
        this.at++;
        const index = this.level(0);
        const end = this.token().at + 1;
        this.expect(']', 'after the index');
        of = { kind: 'index', of, index, at: of.at, end };
      } else return of;
    }
  }

  private primary(): Expression {
    const token = this.take();
    const end = token.at + token.text.length;
    if (token.kind === 'number') return { kind: 'number', value: token.value ?? 0n, at: token.at, end };
    if (token.kind === 'string') return { kind: 'string', value: token.text, at: token.at, end: end + 2 };
    if (token.kind === 'name') return this.named(token, end);
    if (token.text === '(') {
      const inner = this.level(0);
      this.expect(')', 'to close the parenthesis');
      return inner;
    }
    this.at--;
    return this.fail('expected a value');
  }

  private named(token: Token, end: number): Expression {
    const unit = UNITS.find((name) => name === token.text) as Unit | undefined;
    const next = this.token();
    if (
      unit !== undefined &&
      (next.kind === 'number' || next.text === '(' || (next.kind === 'name' && next.text !== 'in'))
    ) {
      const of = this.unary();
      return { kind: 'unit', unit, of, at: token.at, end: of.end };
    }
    if (!this.is('(')) return { kind: 'name', name: token.text, at: token.at, end };
    this.at++;
    const args: Expression[] = [];
    while (!this.is(')')) {
      if (args.length > 0) this.expect(',', 'or ")" after an argument');
      args.push(this.level(0));
    }
    const close = this.take();
    return { kind: 'call', name: token.text, args, at: token.at, end: close.at + 1 };
  }
}

/** Reads an expression. Throws an ExpressionError. */
export function parseExpression(text: string): Expression {
  if (text.length > MAX_LENGTH)
    throw new ExpressionError(`an expression has at most ${MAX_LENGTH} characters`, MAX_LENGTH);
  return new Parser(text).parse();
}

/** Reads an expression. @returns the tree, or the mistake in it */
export function tryParse(text: string): Expression | ExpressionError {
  try {
    return parseExpression(text);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

/** A mistake with its place, for people: "at character 5: …". */
export function mistake({ message, at }: ExpressionError): string {
  return `character ${at + 1}: ${message}`;
}
