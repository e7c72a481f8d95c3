// How lines begin (`           hptgt-307     [000] .n... `), with what it means: most lines begin like one that came before, whose
// bytes need not be read again. The kernel writes heads of one length; only the last length is kept.

import { hashStep } from './byteWords';

/** Heads kept, and the longest of them in words. */
const slots = 64;
const slotBits = 6;
const mostWords = 24;
/** Words at the end of a head (pid, CPU and flags) by which it is found. */
const tellingWords = 5;

export class LineHeads {
  /** Length of the heads in bytes; 0 while there are none. */
  length = 0;
  readonly task = new Int32Array(slots);
  readonly cpu = new Int32Array(slots);
  readonly flags = new Int32Array(slots);
  readonly #words = new Int32Array(slots * mostWords);
  /** 1 where a head is kept. */
  readonly #used = new Uint8Array(slots);

  /** Which of the heads kept the bytes from `start` begin with; -1 if none. They must have `length` bytes. */
  find(view: DataView, start: number): number {
    const last = start + this.length - 4;
    const slot = this.#slotOf(view, start, last);
    if (this.#used[slot] === 0) {
      return -1;
    }
    const words = this.#words;
    let i = slot * mostWords;
    for (let p = start; p < last; p += 4) {
      if (words[i++] !== view.getInt32(p, true)) {
        return -1;
      }
    }
    return words[i] === view.getInt32(last, true) ? slot : -1;
  }

  /** Keeps the head in [start, end), in place of another one if need be. Very short and very long ones are not kept. */
  keep(view: DataView, start: number, end: number, task: number, cpu: number, flags: number): void {
    const length = end - start;
    if (length < 8 || length > mostWords * 4) {
      return;
    }
    if (length !== this.length) {
      this.length = length;
      this.#used.fill(0);
    }
    const last = end - 4;
    const slot = this.#slotOf(view, start, last);
    let i = slot * mostWords;
    for (let p = start; p < last; p += 4) {
      this.#words[i++] = view.getInt32(p, true);
    }
    this.#words[i] = view.getInt32(last, true);
    this.#used[slot] = 1;
    this.task[slot] = task;
    this.cpu[slot] = cpu;
    this.flags[slot] = flags;
  }

  #slotOf(view: DataView, start: number, last: number): number {
    let hash = 0;
    for (let p = Math.max(start, last - 4 * (tellingWords - 1)); p <= last; p += 4) {
      hash = hashStep(hash, view.getInt32(p, true));
    }
    return hash >>> (32 - slotBits);
  }
}
