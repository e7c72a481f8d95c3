// A cursor over the bytes of one text line, for decoders: literals, decimal and hexadecimal numbers, names.
// The first thing that does not match sets `failed` with what was expected; later calls then do nothing, so a decoder
// reads its fields in a row and looks once at the end.

const words = new BigUint64Array(1);
const halves = new Uint32Array(words.buffer);
// Which half of a BigUint64Array element is the low one depends on the machine.
words[0] = 1n;
const low = halves[0] === 1 ? 0 : 1;
const high = 1 - low;

/** The unsigned 64-bit bigint of two unsigned 32-bit halves. */
export function joinU64(hi: number, lo: number): bigint {
  halves[high] = hi;
  halves[low] = lo;
  return words[0] as bigint;
}

/** The value of a hexadecimal digit's character code, or -1. */
export function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) {
    return code - 48;
  }
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

const utf8 = new TextDecoder('utf-8');

/** Text of bytes (UTF-8; bytes that are not show as U+FFFD). */
export function textOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return utf8.decode(bytes.subarray(start, end));
}

/** Reads fields of one line from left to right. */
export class ByteCursor {
  /** What was expected where the line did not match; undefined while all is well. */
  failed: string | undefined;

  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    readonly end: number,
  ) {}

  /** Notes a mismatch (the first one counts). */
  fail(expected: string): void {
    this.failed ??= expected;
    this.at = this.end;
  }

  /** True if the literal comes next; does not move. */
  sees(literal: string): boolean {
    if (this.at + literal.length > this.end) {
      return false;
    }
    for (let i = 0; i < literal.length; i++) {
      if (this.bytes[this.at + i] !== literal.charCodeAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Takes the literal if it comes next. */
  takes(literal: string): boolean {
    const seen = this.sees(literal);
    if (seen) {
      this.at += literal.length;
    }
    return seen;
  }

  /** Takes the literal, or fails. */
  lit(literal: string): void {
    if (!this.takes(literal)) {
      this.fail(`"${literal}"`);
    }
  }

  /** A decimal number that fits a double exactly, with sign. */
  dec(): number {
    const negative = this.takes('-');
    const start = this.at;
    let value = 0;
    for (; this.at < this.end; this.at++) {
      const digit = (this.bytes[this.at] as number) - 48;
      if (digit < 0 || digit > 9) {
        break;
      }
      value = value * 10 + digit;
    }
    if (this.at === start || this.at - start > 15) {
      this.fail('a decimal number');
      return 0;
    }
    return negative ? -value : value;
  }

  /** A decimal number of up to 64 bits, with sign. */
  decBig(): bigint {
    const start = this.at;
    this.takes('-');
    while (this.at < this.end && isDigit(this.bytes[this.at] as number)) {
      this.at++;
    }
    const text = textOf(this.bytes, start, this.at);
    if (text === '' || text === '-' || text.length > 20) {
      this.fail('a decimal number');
      return 0n;
    }
    return BigInt(text);
  }

  /** A hexadecimal number of up to 16 digits, with or without `0x`. */
  hex(): bigint {
    this.takes('0x');
    const start = this.at;
    let hi = 0;
    let lo = 0;
    for (; this.at < this.end; this.at++) {
      const digit = hexDigit(this.bytes[this.at] as number);
      if (digit < 0) {
        break;
      }
      hi = ((hi << 4) | (lo >>> 28)) >>> 0;
      lo = ((lo << 4) | digit) >>> 0;
    }
    let digits = this.at - start;
    for (let p = start; digits > 16 && this.bytes[p] === 48; p++) {
      digits--;
    }
    if (digits === 0 || digits > 16) {
      this.fail('a hexadecimal number of at most 16 digits');
      return 0n;
    }
    return joinU64(hi, lo);
  }

  /** A hexadecimal number of up to 32 bits. */
  hex32(): number {
    const value = this.hex();
    if (value > 0xffff_ffffn) {
      this.fail('a hexadecimal number of at most 8 digits');
      return 0;
    }
    return Number(value);
  }

  /** A run of letters, digits and underscores; may be empty. */
  word(): string {
    const start = this.at;
    while (this.at < this.end && isWord(this.bytes[this.at] as number)) {
      this.at++;
    }
    return textOf(this.bytes, start, this.at);
  }

  /** Skips blanks. */
  blanks(): void {
    while (this.at < this.end && this.bytes[this.at] === 32) {
      this.at++;
    }
  }

  /** What is left of the line. */
  rest(): string {
    const text = textOf(this.bytes, this.at, this.end);
    this.at = this.end;
    return text;
  }

  /** Expects that nothing but blanks and line ends is left. */
  finish(): void {
    while (this.at < this.end && (this.bytes[this.at] as number) <= 32) {
      this.at++;
    }
    if (this.at < this.end) {
      this.fail('the end of the line');
    }
  }
}

/** True for 0-9. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** True for letters, digits and the underscore. */
export function isWord(code: number): boolean {
  const letter = code | 32;
  return (letter >= 97 && letter <= 122) || (code >= 48 && code <= 57) || code === 95;
}
