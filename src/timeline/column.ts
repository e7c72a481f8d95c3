/** Columns of a run: growing arrays of numbers, kept in typed arrays. */

type Numbers = Uint32Array | Uint8Array;

/** Number of leading values <= value among the first `length` of ascending ones. */
export function upTo(data: ArrayLike<number>, value: number, length = data.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    if ((data[mid] as number) <= value) low = mid + 1;
    else high = mid;
  }
  return low;
}

/** Growing column of unsigned numbers; binary search needs it ascending. */
abstract class Growing<T extends Numbers> {
  length = 0;

  constructor(protected data: T) {}

  /** A longer or shorter array with the same beginning. */
  protected abstract resized(length: number): T;

  push(value: number): void {
    if (this.length === this.data.length) this.data = this.resized(this.data.length * 2);
    this.data[this.length++] = value;
  }

  /** Gives back the memory that was kept for more values. */
  trim(): void {
    this.data = this.resized(this.length);
  }

  set(i: number, value: number): void {
    this.data[i] = value;
  }

  at(i: number): number {
    return this.data[i] as number;
  }

  get bytes(): number {
    return this.data.byteLength;
  }

  /** Number of leading values <= value in an ascending column. */
  upTo(value: number): number {
    return upTo(this.data, value, this.length);
  }
}

/** Column of unsigned 32-bit numbers. */
export class Column extends Growing<Uint32Array> {
  constructor() {
    super(new Uint32Array(1024));
  }

  protected override resized(length: number): Uint32Array {
    const next = new Uint32Array(Math.max(1, length));
    next.set(this.data.subarray(0, length));
    return next;
  }
}

/** Column of numbers below 256. */
export class ByteColumn extends Growing<Uint8Array> {
  constructor() {
    super(new Uint8Array(1024));
  }

  protected override resized(length: number): Uint8Array {
    const next = new Uint8Array(Math.max(1, length));
    next.set(this.data.subarray(0, length));
    return next;
  }
}
