// Cuts one line of a scenario into tokens. Total: what fits nowhere becomes a `bad` token. Linear in the line's length.

import type { Numeral, Range } from './ast';
import { MAX_64 } from './grammar';

export type TokenKind = 'word' | 'number' | 'arrow' | 'mark' | 'comment' | 'bad';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly range: Range;
}

const isDigit = (code: number) => code >= 48 && code <= 57;
const isLetter = (code: number) => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
const isWordPart = (code: number) => isLetter(code) || isDigit(code);
const MARKS = ':,()=+*.@';

/** Where the run of letters, digits and underscores that begins at `at` ends. */
function endOfRun(text: string, at: number): number {
  let end = at;
  while (end < text.length && isWordPart(text.charCodeAt(end))) end++;
  return end;
}

/** A word may hold dots and hyphens, but does not end in one: `rmap(x).C`, `a->` and `vcpu 0.` keep theirs apart. */
function endOfWord(text: string, at: number): number {
  let end = endOfRun(text, at);
  while ((text[end] === '.' || text[end] === '-') && isWordPart(text.charCodeAt(end + 1)))
    end = endOfRun(text, end + 1);
  return end;
}

function tokenAt(text: string, at: number): { kind: TokenKind; end: number } {
  const code = text.charCodeAt(at);
  if (isLetter(code)) return { kind: 'word', end: endOfWord(text, at) };
  if (isDigit(code)) return { kind: 'number', end: endOfRun(text, at) };
  const character = text[at] ?? '';
  if (character === '#') return { kind: 'comment', end: text.length };
  if (MARKS.includes(character)) return { kind: 'mark', end: at + 1 };
  if (character === '-') {
    if (text[at + 1] === '>') return { kind: 'arrow', end: at + 2 };
    if (isDigit(text.charCodeAt(at + 1))) return { kind: 'number', end: endOfRun(text, at + 1) };
    return { kind: 'bad', end: at + 1 };
  }
  let end = at + 1;
  while (isBadAt(text, end)) end++;
  return { kind: 'bad', end };
}

/** White space at a place of the text, Unicode's too. */
export function isSpaceAt(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === 32 || code === 9 || ((code < 32 || code > 127) && (text[at] ?? 'x').trim() === '');
}

function isBadAt(text: string, at: number): boolean {
  const character = text[at] ?? '#';
  return (
    !isWordPart(text.charCodeAt(at)) &&
    character !== '#' &&
    character !== '-' &&
    !MARKS.includes(character) &&
    !isSpaceAt(text, at)
  );
}

/** The tokens of one line; a comment, if there is one, is the last. */
export function tokenize(text: string, line: number): Token[] {
  const tokens: Token[] = [];
  for (let column = 0; column < text.length; ) {
    if (isSpaceAt(text, column)) {
      column++;
      continue;
    }
    const { kind, end } = tokenAt(text, column);
    tokens.push({ kind, text: text.slice(column, end), range: { line, column, length: end - column } });
    column = end;
  }
  return tokens;
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
