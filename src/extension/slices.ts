// Work that is done a stretch at a time, so that the extension host answers in between. No `vscode` import.

/** How long others wait at most, in milliseconds. */
const stretch = 10;

/** Walks over what a generator finds; `undefined` among it means that it still looks. */
export class SlicedWork<T, R> {
  private ended = false;

  /** @param take gets what is found; it answers false to have no more */
  constructor(
    private readonly work: Generator<T | undefined, R>,
    private readonly take: (found: T) => boolean,
  ) {}

  /** Nothing more is wanted. */
  stop(): void {
    this.ended = true;
  }

  /**
   * Does the work. `pause` is called after each stretch.
   * @returns what the generator ends with; undefined when it was stopped before
   */
  async run(pause: () => void = () => {}): Promise<R | undefined> {
    for (let began = performance.now(); !this.ended; ) {
      const step = this.work.next();
      if (step.done) {
        return step.value;
      }
      if (step.value !== undefined && !this.take(step.value)) {
        return undefined;
      }
      if (performance.now() - began > stretch) {
        pause();
        await new Promise((resume) => setTimeout(resume, 0));
        began = performance.now();
      }
    }
    return undefined;
  }
}
