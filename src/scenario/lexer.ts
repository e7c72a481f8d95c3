// Cuts one line of a scenario into tokens. Total: what fits nowhere becomes a `bad` token. Linear in the line's length.

import type { Numeral, Range } from './ast';
import { MAX_64 } from './grammar';

export type TokenKind = 'word' | 'number' | 'arrow' | 'mark' | 'comment' | 'bad';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly range: Range;
}

// A word may hold dots and hyphens, but not end in one: `rmap(x).C`, `a->` and `vcpu 0.` keep theirs apart.
const TOKEN =
  /(?<word>[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*)|(?<number>-?[0-9][0-9A-Za-z_]*)|(?<arrow>->)|(?<mark>[:,()=+*.@])|(?<comment>#.*)|(?<space>[ \t\r\f\v\u00a0\ufeff]+)|(?<bad>[^\sA-Za-z0-9_:,()=+*.@#-]+|-|\s)/gsy;

/** The tokens of one line; a comment, if there is one, is the last. */
export function tokenize(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (;;) {
    const column = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match?.groups === undefined) return tokens;
    const length = match[0].length;
    for (const kind of ['word', 'number', 'arrow', 'mark', 'comment', 'bad'] as const) {
      if (match.groups[kind] !== undefined) tokens.push({ kind, text: match[0], range: { line, column, length } });
    }
  }
}

const SUFFIX_SHIFT: Readonly<Record<string, bigint>> = { K: 10n, M: 20n, G: 30n, T: 40n };

/** What a number token means, or the reason why it means nothing. Digits are counted before they are converted. */
export function readNumber(token: Token): Numeral | string {
  const match = /^(-?)(?:0x([0-9a-fA-F]+)|([0-9]+)([KMGT]?))$/.exec(token.text);
  if (match === null)
    return `\`${shorten(token.text)}\` is not a number: write 16, 0x10, or a size such as 4K, 64K, 16M, 1T`;
  const [, sign, hex, decimal, suffix = ''] = match;
  const digits = (hex ?? decimal ?? '').replace(/^0+(?=.)/, '');
  const tooBig = `\`${shorten(token.text)}\` does not fit in 64 bits`;
  if (digits.length > (hex === undefined ? 20 : 16)) return tooBig;
  const size = BigInt(hex === undefined ? digits : `0x${digits}`) << (SUFFIX_SHIFT[suffix] ?? 0n);
  if (size > MAX_64 || (sign === '-' && size > 1n << 63n)) return tooBig;
  return { text: token.text, value: sign === '-' ? -size : size, range: token.range };
}

/** A text cut for a message. */
export function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
