// On which assumptions the knowledge of a table rests, PTEG by PTEG: H_ENTER's search ties the slots of a PTEG to each other. Sets are
// those of src/timeline/assumptions.ts.

export class Rests {
  #everywhere: number;
  readonly #byPteg = new Map<number, number>();

  /** @param standing the table rests on these whatever happens */
  constructor(readonly standing: number) {
    this.#everywhere = standing;
  }

  /** All that was learnt is void. */
  clear(): void {
    this.#everywhere = this.standing;
    this.#byPteg.clear();
  }

  /** What is known of the PTEGs of some slots rests on these assumptions, too. */
  addAt(slots: Iterable<number>, set: number): void {
    let last = -1;
    for (const slot of slots) {
      const pteg = Math.floor(slot / 8);
      if (pteg !== last) {
        last = pteg;
        this.#byPteg.set(pteg, (this.#byPteg.get(pteg) ?? 0) | set);
      }
    }
  }

  /** What is known of the whole table does. */
  addEverywhere(set: number): void {
    this.#everywhere |= set;
  }

  /** What is known of a PTEG rests on nothing that was assumed of it alone. */
  drop(pteg: number): void {
    this.#byPteg.delete(pteg);
  }

  /** What the knowledge of a slot rests on. */
  of(slot: number): number {
    return this.#everywhere | (this.#byPteg.get(Math.floor(slot / 8)) ?? 0);
  }

  /** What the knowledge of slots of which nothing was learnt rests on. */
  get everywhere(): number {
    return this.#everywhere;
  }

  /** What any of it rests on. */
  get all(): number {
    let all = this.#everywhere;
    for (const set of this.#byPteg.values()) {
      all |= set;
    }
    return all;
  }
}
