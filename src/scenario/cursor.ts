// The tokens of one line, read from left to right: what statement parser and expectation parser share, with the
// parsing of values, which is the same in both.

import type { Numeral, PtegReference, Range, Term, Turn, Value, Word } from './ast';
import { span } from './ast';
import type { Diagnostics } from './diagnostics';
import { removeFix, replaceFix } from './diagnostics';
import type { FieldDefinition, Shape } from './grammar';
import type { Token } from './lexer';
import { readNumber, shorten } from './lexer';
import { listed, nearest } from './suggest';

const CLAUSE_WORDS = new Set(['racing', 'without']);

/** A value of that shape in words, for messages and completion. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'flag':
      return 'nothing behind it';
    case 'switch':
      return '`on` or `off`';
    case 'number':
      return shape.max <= 4096n ? `${shape.min} to ${shape.max}` : 'a number';
    case 'size':
      return shape.of === undefined ? 'a size such as 4K or 16M' : listed(shape.of.map(sizeText));
    case 'address':
      return shape.inPteg ? 'an address such as 0xc000000000010000, or `in pteg(x)`' : 'an address such as 0x10000';
    case 'numbers':
      return 'numbers';
    case 'choice':
      return listed(shape.of);
    case 'wimg':
      return 'letters of WIMG such as `M` or `IG`';
    case 'pteg':
      return '`pteg(x)` or `secondary(x)`, x being a label or a PTEG number';
    case 'label':
      return 'a label';
    case 'labels':
      return 'labels';
    case 'vcpu':
      return '`vcpu` and its number';
    case 'turns':
      return 'names of actors, such as `reader@page_fault.before_lock pager reader`';
  }
}

/** A size as one writes it: 4K, 16M, 1T. */
export function sizeText(bytes: bigint): string {
  for (const [letter, shift] of [
    ['T', 40n],
    ['G', 30n],
    ['M', 20n],
    ['K', 10n],
  ] as const) {
    if (bytes !== 0n && bytes % (1n << shift) === 0n) return `${bytes >> shift}${letter}`;
  }
  return `${bytes}`;
}

export class Cursor {
  #position = 0;
  readonly #tokens: readonly Token[];
  readonly #end: Range;

  constructor(
    tokens: readonly Token[],
    line: number,
    private readonly diagnostics: Diagnostics,
  ) {
    this.#tokens = tokens.at(-1)?.kind === 'comment' ? tokens.slice(0, -1) : tokens;
    const last = this.#tokens.at(-1)?.range;
    this.#end = { line, column: last === undefined ? 0 : last.column + last.length, length: 0 };
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#position + ahead];
  }

  take(): Token | undefined {
    const token = this.peek();
    if (token !== undefined) this.#position++;
    return token;
  }

  /** The place of the next token, or the end of the line. */
  here(): Range {
    return this.peek()?.range ?? this.#end;
  }

  /** The place of the token just taken. */
  before(): Range {
    return this.#tokens[this.#position - 1]?.range ?? this.here();
  }

  isMark(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'mark' && token.text === text;
  }

  isWord(text?: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token?.kind === 'word' && (text === undefined || token.text === text);
  }

  takeMark(text: string): boolean {
    if (!this.isMark(text)) return false;
    this.#position++;
    return true;
  }

  takeWord(text?: string): Word | undefined {
    return this.isWord(text) ? this.take() : undefined;
  }

  /** At the end of the line, at `->`, or at a word that starts a clause. */
  atClause(): boolean {
    const token = this.peek();
    return token === undefined || token.kind === 'arrow' || (token.kind === 'word' && CLAUSE_WORDS.has(token.text));
  }

  skipTo(stop: () => boolean): void {
    while (this.peek() !== undefined && !stop()) this.#position++;
  }

  error(code: string, range: Range, message: string, ...fixes: Parameters<Diagnostics['error']>[3][]): void {
    this.diagnostics.error(code, range, message, ...fixes);
  }

  unknown(...problem: Parameters<Diagnostics['unknown']>): void {
    this.diagnostics.unknown(...problem);
  }

  /** Says that something is missing here, and what. */
  expected(code: string, message: string): void {
    const token = this.peek();
    this.error(code, this.here(), token === undefined ? message : `${message}, not \`${shorten(token.text)}\``);
  }

  // --- values

  /** A number token, with a message when it is none. */
  numeral(what: string): Numeral | undefined {
    const token = this.peek();
    if (token?.kind !== 'number') {
      this.expected('number-expected', `${what}: a number is expected`);
      return undefined;
    }
    this.#position++;
    const read = readNumber(token);
    if (typeof read !== 'string') return read;
    this.error('bad-number', token.range, read);
    return undefined;
  }

  /** Whether a number, or a sum beginning with `pass`, stands here. */
  atNumber(): boolean {
    return this.peek()?.kind === 'number' || this.isWord('pass');
  }

  #sum(what: string): Value | undefined {
    const start = this.here();
    const terms: Term[] = [];
    do {
      const term = this.#term(what);
      if (term === undefined) return undefined;
      terms.push(term);
    } while (this.takeMark('+'));
    return { kind: 'number', terms, range: span(start, this.before()) };
  }

  #term(what: string): Term | undefined {
    if (this.takeWord('pass') === undefined) {
      const numeral = this.numeral(what);
      return numeral && { numeral, pass: false };
    }
    if (!this.takeMark('*')) return { pass: true };
    const numeral = this.numeral(`${what}: behind \`pass*\``);
    return numeral && { numeral, pass: true };
  }

  /** `pteg(x)` or `secondary(x)`. */
  #pteg(what: string): PtegReference | undefined {
    const which = this.takeWord('pteg') ?? this.takeWord('secondary');
    if (which === undefined) {
      this.expected('pteg-expected', `${what}: ${describeShape({ kind: 'pteg' })} is expected`);
      return undefined;
    }
    const of = this.argument(which.text, 'a label or a PTEG number');
    return of && { which, of, range: span(which.range, this.before()) };
  }

  /** `(x)` behind the word of a subject. */
  argument(name: string, what: string): Word | Numeral | undefined {
    if (!this.takeMark('(')) {
      this.expected('bracket-expected', `\`${name}\` is followed by ${what} in brackets, as in \`${name}(a)\``);
      return undefined;
    }
    const isNumber = this.peek()?.kind === 'number';
    const of = isNumber ? this.numeral(`\`${name}\``) : this.takeWord();
    if (of === undefined) {
      if (!isNumber) this.expected('argument-expected', `\`${name}(…)\` takes ${what}`);
      return undefined;
    }
    if (this.takeMark(')')) return of;
    this.expected('bracket-expected', `the bracket of \`${name}(\` is not closed`);
    return undefined;
  }

  /** Values of one shape in a row; `none` stands for an empty list where that is allowed. */
  #list(shape: Shape & { most: number }, what: string, stops: (word: string) => boolean): Value | undefined {
    const start = this.here();
    const items: (Word | Numeral)[] = [];
    for (let token = this.peek(); token !== undefined; token = this.peek()) {
      if (token.kind === 'number') {
        const numeral = this.numeral(what);
        if (numeral === undefined) return undefined;
        items.push(numeral);
      } else if (token.kind === 'word' && shape.kind === 'labels' && !stops(token.text) && !this.atClause()) {
        items.push(token);
        this.#position++;
      } else break;
    }
    if (items.length > 0) return { kind: 'list', items, range: span(start, this.before()) };
    this.expected('list-expected', `${what}: ${describeShape(shape)} are expected`);
    return undefined;
  }

  #turns(what: string): Value | undefined {
    const start = this.here();
    const turns: Turn[] = [];
    for (let actor = this.#actorWord(); actor !== undefined; actor = this.#actorWord()) {
      if (!this.takeMark('@')) turns.push({ actor });
      else {
        const until = this.takeWord();
        if (until === undefined) {
          this.expected('point-expected', `behind \`${actor.text}@\` the name of a point is expected`);
          return undefined;
        }
        turns.push({ actor, until });
      }
    }
    if (turns.length > 0) return { kind: 'turns', turns, range: span(start, this.before()) };
    this.expected('turns-expected', `${what}: ${describeShape({ kind: 'turns' })} are expected`);
    return undefined;
  }

  #actorWord(): Word | undefined {
    return this.atClause() ? undefined : this.takeWord();
  }

  /**
   * The value of a field. `stops` says which words end a list of labels. Answers undefined after an error, and a value
   * of kind `word` with empty text where the shape needs none.
   */
  value(definition: FieldDefinition, stops: (word: string) => boolean): Value | undefined {
    const { shape } = definition;
    const what = `\`${definition.name}\``;
    const described = `${what} (${definition.summary.replace(/\.$/, '')})`;
    switch (shape.kind) {
      case 'flag':
        return this.#nothing();
      case 'switch':
        // `log-dirty on vcpu 1`: that `on` is the next field's.
        return (
          this.#wordValue((this.isWord('vcpu', 1) ? undefined : this.takeWord('on')) ?? this.takeWord('off')) ??
          this.#nothing()
        );
      case 'number':
        return shape.optional && !this.atNumber() ? this.#nothing() : this.#sum(described);
      case 'size':
        return this.#sum(`${what} (${describeShape(shape)})`);
      case 'address': {
        if (!shape.inPteg || this.takeWord('in') === undefined) return this.#sum(described);
        const pteg = this.#pteg(`${what} in`);
        return pteg && { kind: 'in-pteg', pteg, range: pteg.range };
      }
      case 'numbers':
      case 'labels':
        return this.#wordValue(this.takeWord('none')) ?? this.#list(shape, what, stops);
      case 'choice':
        return this.#choice(what, shape.of);
      case 'wimg':
        return this.atNumber() ? this.#sum(what) : this.#wimg(what);
      case 'pteg': {
        const pteg = this.#pteg(what);
        return pteg && { kind: 'pteg', pteg, range: pteg.range };
      }
      case 'label': {
        const word = this.atClause() ? undefined : this.takeWord();
        if (word !== undefined) return { kind: 'label', text: word.text, range: word.range };
        this.expected('label-expected', `${what}: a label is expected`);
        return undefined;
      }
      case 'vcpu': {
        if (this.takeWord('vcpu') !== undefined) return this.#sum(`${what} vcpu`);
        this.expected('vcpu-expected', '`on` is followed by `vcpu` and a number, as in `on vcpu 1`');
        return undefined;
      }
      case 'turns':
        return this.#turns(what);
    }
  }

  #nothing(): Value {
    return { kind: 'word', text: '', range: { ...this.before(), length: 0 } };
  }

  #wordValue(word: Word | undefined): Value | undefined {
    return word && { kind: 'word', text: word.text, range: word.range };
  }

  #choice(what: string, of: readonly string[]): Value | undefined {
    const word = this.peek()?.kind === 'word' ? this.take() : undefined;
    if (word === undefined) {
      this.expected('choice-expected', `${what}: ${listed(of)} is expected`);
      return undefined;
    }
    if (of.includes(word.text)) return this.#wordValue(word);
    const near = nearest(word.text, of);
    this.error(
      'bad-choice',
      word.range,
      `${what} is ${listed(of)}, not \`${shorten(word.text)}\``,
      ...(near === undefined ? [] : [replaceFix(word.range, near)]),
    );
    return undefined;
  }

  #wimg(what: string): Value | undefined {
    const word = this.atClause() ? undefined : this.takeWord();
    if (word !== undefined && (word.text === 'none' || /^W?I?M?G?$/.test(word.text))) return this.#wordValue(word);
    if (word === undefined) this.expected('wimg-expected', `${what}: ${describeShape({ kind: 'wimg' })} are expected`);
    else {
      const letters = ['W', 'I', 'M', 'G'].filter((letter) => word.text.toUpperCase().includes(letter)).join('');
      this.error(
        'bad-wimg',
        word.range,
        `\`${shorten(word.text)}\` is no WIMG: the letters W, I, M, G in this order, \`none\`, or a number to 15`,
        ...(letters === '' ? [removeFix(word.range, 'it')] : [replaceFix(word.range, letters)]),
      );
    }
    return undefined;
  }
}
