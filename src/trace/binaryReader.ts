// Reads numbers and strings out of a stretch of bytes in either byte order. Every read is bounded: what lies outside throws a
// `ShortData`, which the readers of binary formats catch and turn into a problem with its offset.

import { joinU64, textOf } from './byteCursor';

/** Data that ends before what it should hold, or says something that cannot be. Never leaves the readers. */
export class ShortData extends Error {
  constructor(
    message: string,
    /** Byte offset in the input, as far as it is known. */
    readonly offset: number,
  ) {
    super(message);
  }
}

export class BinaryReader {
  readonly #view: DataView;

  /** `origin` is the offset of `bytes` in the file, for messages. */
  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
    public at = 0,
    readonly origin = 0,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Fails at the current position. */
  fail(message: string): never {
    throw new ShortData(message, this.origin + this.at);
  }

  #take(size: number, what: string): number {
    if (size > this.left) {
      this.fail(`the data ends here; expected ${size} bytes of ${what}, found ${Math.max(0, this.left)}`);
    }
    const at = this.at;
    this.at += size;
    return at;
  }

  u8(what: string): number {
    return this.#view.getUint8(this.#take(1, what));
  }

  u16(what: string): number {
    return this.#view.getUint16(this.#take(2, what), this.littleEndian);
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), this.littleEndian);
  }

  u64(what: string): bigint {
    const at = this.#take(8, what);
    const first = this.#view.getUint32(at, this.littleEndian);
    const second = this.#view.getUint32(at + 4, this.littleEndian);
    return this.littleEndian ? joinU64(second, first) : joinU64(first, second);
  }

  /** A 64-bit size or offset, which must not exceed `most`. */
  size(what: string, most = this.bytes.length): number {
    const value = this.u64(what);
    if (value > BigInt(most)) {
      this.at -= 8;
      this.fail(`${what} is 0x${value.toString(16)}, more than the ${most} bytes there can be`);
    }
    return Number(value);
  }

  /** A stretch of bytes, as a view. */
  take(size: number, what: string): Uint8Array {
    const at = this.#take(size, what);
    return this.bytes.subarray(at, at + size);
  }

  /** A text that ends with a zero byte. */
  string(what: string): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) {
      this.fail(`expected ${what}, a text that ends with a zero byte`);
    }
    const text = textOf(this.bytes, this.at, end);
    this.at = end + 1;
    return text;
  }
}
