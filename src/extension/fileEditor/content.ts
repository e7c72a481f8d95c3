// What the editor of binary files shows, whatever the file holds. No `vscode` import.

import type { FileKind, FilePicture, FileRecord } from '../../protocol';

/** The rows of a file: events of a trace, entries of a stream. Numbers count from 0. */
export interface FileContent {
  readonly picture: FilePicture;
  readonly kinds: readonly FileKind[];
  cells(number: number): readonly string[];
  /** Index of a row's kind in `kinds`. */
  kindOf(number: number): number;
  /** What a text filter looks at, in lower case. */
  searchText(number: number): string;
  /** The first row at or after the place that a person names; undefined, with the reason, when there is none. */
  find(text: string): { readonly number: number | undefined; readonly sentence: string };
  record(number: number): FileRecord;
}

/** Lets others have their turn. Called in long work; cheap when it was called a moment ago. */
export type Pause = () => Promise<void>;

/** A pause that gives way at most every `stretch` milliseconds. */
export function pauseEvery(stretch: number, giveWay: Pause): Pause {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= stretch) {
      await giveWay();
      last = performance.now();
    }
  };
}
