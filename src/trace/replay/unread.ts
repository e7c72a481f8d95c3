// Events of known kinds whose text is in no form that this tool reads (a line that was damaged, a later kernel that prints more): what
// they did is not known, so they count as lost.

import type { DecodedEvent } from '../decoded';
import type { TraceEvents } from '../events';

export class UnreadEvents {
  #first: number | undefined;
  #count = 0;
  readonly #of: TraceEvents;

  constructor(of: TraceEvents) {
    this.#of = of;
  }

  /** Notes an event that was needed; answers whether it is one of these. */
  note(i: number, event: DecodedEvent): boolean {
    if (event.kind !== 'other') {
      return false;
    }
    this.#count++;
    this.#first ??= i;
    return true;
  }

  /** What there is to say of them: a sentence with the place of the first; undefined if there are none. */
  get told(): string | undefined {
    const first = this.#first;
    if (first === undefined) {
      return undefined;
    }
    const event = this.#of.decode(first);
    const source = this.#of.sourceOf(first);
    const place = `${source.file}${source.isText ? `:${this.#of.line[first]}` : `, record ${this.#of.line[first]}`}`;
    const why = event.kind === 'other' && event.why !== undefined ? `: ${event.why}` : '';
    const what = this.#count === 1 ? 'An event counts as lost' : `${this.#count} events count as lost`;
    return `${what}, not printed as the kernels known here do (${this.#count === 1 ? '' : 'first '}${place}, ${this.#of.nameOf(first)}${why}).`;
  }
}
