/** Work in slices: a generator that yields whenever others may have their turn, and answers at its end. */

/** Does such work to its end at once. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const part = work.next();
    if (part.done === true) return part.value;
  }
}
