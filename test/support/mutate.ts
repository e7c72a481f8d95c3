// Damages inputs in reproducible ways: bit flips, wrong bytes, huge lengths, cuts, and stretches copied to other places.

/** A small generator of pseudo-random numbers (xorshift); the same seed gives the same numbers. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b1) | 0 || 1;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return limit === 0 ? 0 : (this.#state >>> 0) % limit;
  }
}

/**
 * A damaged copy of an input. Half of the places that are hit lie in its first 300 bytes, where most formats say what they are,
 * and near `hotspots`.
 */
export function mutated(input: Uint8Array, random: Random, hotspots: readonly number[] = []): Uint8Array {
  let bytes = new Uint8Array(input);
  const cut = random.below(5) === 0;
  const times = 1 + random.below(12);
  for (let i = 0; i < times && bytes.length > 0; i++) {
    const near = [0, ...hotspots][random.below(hotspots.length + 1)] ?? 0;
    const at = Math.min(
      bytes.length - 1,
      random.below(2) === 0 ? random.below(bytes.length) : near + random.below(300),
    );
    switch (random.below(5)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 1:
        bytes[at] = random.below(256);
        break;
      case 2:
        bytes.fill(0xff, at, at + 4);
        break;
      case 3:
        if (cut) {
          bytes = bytes.slice(0, at);
        } else {
          bytes[at] = 0;
        }
        break;
      default: {
        const from = random.below(bytes.length);
        const piece = bytes.slice(from, from + random.below(40));
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
      }
    }
  }
  return bytes;
}
