// Keeps the bytes of a text input in memory, in blocks in which no line is split, so that a line is always one stretch of
// one array. An address is block * 2^24 + position; it stays valid for good.

/** Largest block, and what a block's number counts for in an address. */
export const blockSize = 1 << 24;
const smallestBlock = 1 << 12;

export class TextBlocks {
  readonly #blocks: Uint8Array[] = [];
  #current: Uint8Array = new Uint8Array(smallestBlock);
  /** Bytes in use of the current block. */
  #used = 0;

  constructor() {
    this.#blocks.push(this.#current);
  }

  /** The blocks that another one's `all` gave, with their addresses, to be read; more are taken with `put`. */
  static of(blocks: readonly Uint8Array[]): TextBlocks {
    const made = new TextBlocks();
    made.#blocks.splice(0, 1, ...blocks);
    return made;
  }

  /** All blocks, each as far as it is in use. */
  get all(): readonly Uint8Array[] {
    return this.#blocks.map((block) => (block === this.#current ? block.subarray(0, this.#used) : block));
  }

  /** The block being filled. */
  get block(): Uint8Array {
    return this.#current;
  }

  /** Bytes in use of the block being filled. */
  get used(): number {
    return this.#used;
  }

  /** The address of a position in the block being filled. */
  addressOf(position: number): number {
    return (this.#blocks.length - 1) * blockSize + position;
  }

  /** The bytes at an address. */
  bytes(address: number, length: number): Uint8Array {
    const block = this.#blocks[Math.floor(address / blockSize)];
    const at = address % blockSize;
    return block === undefined ? new Uint8Array(0) : block.subarray(at, at + length);
  }

  /** The block at an address and the position in it, without making a view. */
  blockAt(address: number): Uint8Array {
    return this.#blocks[Math.floor(address / blockSize)] ?? new Uint8Array(0);
  }

  /** Position of an address in its block. */
  positionOf(address: number): number {
    return address % blockSize;
  }

  /** Takes as much of `chunk` (from `from`) as the current block has room for, and returns how much that was. */
  append(chunk: Uint8Array, from: number): number {
    const wanted = chunk.length - from;
    if (wanted > this.#current.length - this.#used && this.#current.length < blockSize) {
      this.#growCurrent(this.#used + wanted);
    }
    const taken = Math.min(wanted, this.#current.length - this.#used);
    this.#current.set(chunk.subarray(from, from + taken), this.#used);
    this.#used += taken;
    return taken;
  }

  /** Starts a new block with the bytes of the old one from `keepFrom` on (an unfinished line). */
  nextBlock(keepFrom: number): void {
    const tail = this.#current.subarray(keepFrom, this.#used);
    const block = new Uint8Array(Math.max(smallestBlock, tail.length * 2));
    block.set(tail);
    this.#current = block;
    this.#used = tail.length;
    this.#blocks.push(block);
  }

  /** Makes an array the current block as it is, without a copy. The current block must hold no unfinished line. */
  adopt(bytes: Uint8Array): void {
    this.#current = bytes;
    this.#used = bytes.length;
    this.#blocks.push(bytes);
  }

  /** Puts bytes at a place in a block; blocks come in order, and so do the bytes of each. */
  put(block: number, at: number, bytes: Uint8Array): void {
    const known = this.#blocks[block];
    if (at === 0 && known === undefined) {
      this.#blocks[block] = bytes;
      return;
    }
    let held = known ?? new Uint8Array(0);
    if (held.length < at + bytes.length) {
      const larger = new Uint8Array(Math.max(smallestBlock, (at + bytes.length) * 2));
      larger.set(held);
      held = larger;
      this.#blocks[block] = held;
    }
    held.set(bytes, at);
  }

  /** Drops the bytes of the current block from `from` on. */
  cutAt(from: number): void {
    this.#used = from;
  }

  #growCurrent(needed: number): void {
    let size = this.#current.length;
    while (size < needed && size < blockSize) {
      size = Math.min(blockSize, size * 4);
    }
    const larger = new Uint8Array(size);
    larger.set(this.#current.subarray(0, this.#used));
    this.#current = larger;
    this.#blocks[this.#blocks.length - 1] = larger;
  }
}
