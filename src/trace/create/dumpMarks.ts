// Finds which mark of a trace stands before which dump, when a recording is made of a folder: the words of the dump's file name
// stand in the mark (`dumps/00007.htab.txt` and "hptgt step 7 end", `snap-1-before.htab.txt` and "snap 1-before").

import type { TraceEvents } from '../events';

/** A way in which marks name dumps: the words of the mark, with `*` for those of the dump. */
export interface MarkShape {
  readonly shape: string;
  /** The whole text of the mark of each dump that this way names, by the dump's stem. */
  readonly marks: ReadonlyMap<string, string>;
}

/** The name by which a dump is told apart: the file's name without folder and endings. */
export function stemOf(file: string): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return name.replace(/\.(gz|xz|zst)$/i, '').replace(/(\.(htab|htabfd|htabinc|pagemap))?(\.(txt|bin))?$/i, '');
}

/** The texts of all marks in the order of the trace, each once. */
export function marksOf(events: TraceEvents): string[] {
  const texts = new Set<string>();
  for (let i = 0; i < events.count; i++) {
    const event = events.kind[i] === 0 ? events.decode(i) : undefined;
    if (event?.kind === 'print') {
      texts.add(event.text);
    }
  }
  return [...texts];
}

/**
 * The ways in which the marks name the dumps; those that name most dumps first.
 *
 * @param stems of the dumps
 * @param marks texts of the marks, in the order of the trace
 */
export function markShapes(stems: readonly string[], marks: readonly string[]): MarkShape[] {
  const byWords = new Map(stems.map((stem) => [wordsOf(stem).join(' '), stem]));
  byWords.delete('');
  const longest = Math.max(0, ...[...byWords.keys()].map((key) => key.split(' ').length));
  const shapes = new Map<string, Map<string, string>>();
  for (const mark of marks) {
    const words = wordsOf(mark);
    for (let from = 0; from < words.length; from++) {
      for (let to = from + 1; to <= Math.min(words.length, from + longest); to++) {
        const stem = byWords.get(words.slice(from, to).join(' '));
        if (stem !== undefined) {
          const shape = [...words.slice(0, from), '*', ...words.slice(to)].join(' ');
          const named = shapes.get(shape) ?? new Map<string, string>();
          shapes.set(shape, named);
          if (!named.has(stem)) {
            named.set(stem, mark);
          }
        }
      }
    }
  }
  return [...shapes]
    .map(([shape, named]) => ({ shape, marks: named }))
    .sort((a, b) => b.marks.size - a.marks.size || (a.shape < b.shape ? -1 : 1));
}

/** Words and numbers of a text; numbers without leading zeros. */
function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z]+|\d+/g) ?? [];
  return words.slice(0, 40).map((word) => word.replace(/^0+(?=\d)/, ''));
}
