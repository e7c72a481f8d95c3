/** The events of a run that have the same value in a field, each with the one before it: how often a guest page was named, and when. */

/** A 64-bit value as a key: a number where it is exact, else a bigint. */
function keyOf(hi: number, lo: number): number | bigint {
  const high = hi >>> 0;
  return high < 0x200000 ? high * 4294967296 + (lo >>> 0) : (BigInt(high) << 32n) | BigInt(lo >>> 0);
}

export class EventChain {
  /** 1 + number of the event before with the same value, 0 for none */
  private readonly previous: Uint32Array;
  /** how many events with its value there are up to and with an event */
  private readonly ranks: Uint32Array;
  private readonly last = new Map<number | bigint, number>();

  /** @param events number of events of the run */
  constructor(readonly events: number) {
    this.previous = new Uint32Array(events);
    this.ranks = new Uint32Array(events);
  }

  /** Takes the next event that has the field, by the halves of its value. */
  push(event: number, hi: number, lo: number): void {
    const key = keyOf(hi, lo);
    const before = this.last.get(key);
    if (before !== undefined) this.previous[event] = before + 1;
    this.ranks[event] = 1 + (before === undefined ? 0 : (this.ranks[before] as number));
    this.last.set(key, event);
  }

  /** Number of the last event up to and with `until` that has a value, or -1. */
  lastUpTo(value: bigint, until: number): number {
    const key = value < 1n << 53n ? Number(value) : value;
    let event = this.last.get(key) ?? -1;
    while (event > until) event = this.before(event);
    return event;
  }

  /** Number of the event before with the same value, or -1. */
  before(event: number): number {
    return (this.previous[event] as number) - 1;
  }

  /** How many events up to and with this one have its value. */
  rank(event: number): number {
    return this.ranks[event] as number;
  }

  get bytes(): number {
    return this.previous.byteLength + this.ranks.byteLength;
  }
}
