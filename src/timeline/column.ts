/** Columns of a run: growing arrays of numbers, kept in typed arrays. */

/** Growing column of unsigned 32-bit numbers. */
export class Column {
  private data = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) {
      const next = new Uint32Array(this.data.length * 2);
      next.set(this.data);
      this.data = next;
    }
    this.data[this.length++] = value;
  }

  at(i: number): number {
    return this.data[i] as number;
  }

  /** Number of leading values <= value in an ascending column. */
  upTo(value: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((this.data[mid] as number) <= value) low = mid + 1;
      else high = mid;
    }
    return low;
  }
}
