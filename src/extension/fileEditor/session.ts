// The extension's side of one editor of a binary file: answers the webview about rows and records, and keeps the filter. No
// `vscode` import; editor.ts connects it.

import { type FileChannel, type FilePicture, maxRowsPerRequest, type RequestHandlers } from '../../protocol';
import { l10n } from '../texts';
import type { FileContent, Pause } from './content';

/** What the editor can do that is not about rows. */
export interface FileActions {
  stop(): void;
  debug(): void;
  convert(): void;
}

/** Rows between two looks at the clock while they are filtered. */
const filterStep = 256;

export class FileSession {
  private content: FileContent | undefined;
  /** Why there is nothing to show although the reading is over. */
  private failure: string | undefined;
  /** Numbers of the rows that the filter shows; undefined: all. */
  private shown: Uint32Array | undefined;
  private filters = 0;

  readonly handlers: RequestHandlers<FileChannel> = {
    open: () => this.open(),
    stop: () => void this.actions.stop(),
    filter: ({ text, kinds }) => this.filter(String(text), Array.isArray(kinds) ? kinds : []),
    rows: ({ from, to }) => this.rows(from, to),
    goTo: ({ text }) => this.goTo(String(text)),
    record: ({ number }) => {
      const content = this.opened();
      return content.record(wholeNumber(number, content.picture.rows - 1));
    },
    debug: () => void this.actions.debug(),
    convert: () => void this.actions.convert(),
  };

  constructor(
    private readonly actions: FileActions,
    private readonly pause: Pause,
  ) {}

  /** The file is read, or cannot be. */
  show(content: FileContent | { readonly failure: string }): void {
    if ('failure' in content) {
      this.failure = content.failure;
    } else {
      this.content = content;
    }
    this.shown = undefined;
  }

  private open(): FilePicture | undefined {
    if (this.failure !== undefined) {
      throw new Error(this.failure);
    }
    this.shown = undefined;
    this.filters++;
    return this.content?.picture;
  }

  private opened(): FileContent {
    if (this.content === undefined) {
      throw new Error(l10n.t('The file is still being read.'));
    }
    return this.content;
  }

  private async filter(text: string, names: readonly unknown[]): Promise<{ rows: number }> {
    const content = this.opened();
    const filter = ++this.filters;
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = new Set(names.map((name) => content.kinds.findIndex((kind) => kind.name === name)));
    const { rows } = content.picture;
    if (words.length === 0 && kinds.size === 0) {
      this.shown = undefined;
      return { rows };
    }
    const found = new Uint32Array(rows);
    let count = 0;
    for (let i = 0; i < rows; i++) {
      if (i % filterStep === 0) {
        await this.pause();
        if (filter !== this.filters) {
          throw new Error(l10n.t('Another filter was set.'));
        }
      }
      const ofKind = kinds.size === 0 || kinds.has(content.kindOf(i));
      if (ofKind && (words.length === 0 || hasAll(content.searchText(i), words))) {
        found[count++] = i;
      }
    }
    this.shown = found.slice(0, count);
    return { rows: count };
  }

  private rows(from: number, to: number): { numbers: number[]; cells: (readonly string[])[] } {
    const content = this.opened();
    const count = this.shown?.length ?? content.picture.rows;
    const first = wholeNumber(from, count);
    const last = Math.min(wholeNumber(to, count), first + maxRowsPerRequest);
    const numbers: number[] = [];
    for (let row = first; row < last; row++) {
      numbers.push(this.shown?.[row] ?? row);
    }
    return { numbers, cells: numbers.map((number) => content.cells(number)) };
  }

  private goTo(text: string): { row: number | undefined; sentence: string } {
    const { number, sentence } = this.opened().find(text.trim());
    if (number === undefined || this.shown === undefined) {
      return { row: number, sentence };
    }
    const row = firstAtLeast(this.shown, number);
    const exact = this.shown[row] === number;
    return row === this.shown.length
      ? { row: undefined, sentence: l10n.t('The filter shows nothing from there on.') }
      : { row, sentence: exact ? sentence : l10n.t('{0} (the next that the filter shows)', sentence) };
  }
}

function hasAll(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

/** A number that a webview sent, as a whole number from 0 to `most`. */
function wholeNumber(value: number, most: number): number {
  return Number.isInteger(value) ? Math.min(Math.max(value, 0), most) : 0;
}

/** Index of the first of ascending numbers that is at least `least`. */
function firstAtLeast(numbers: Uint32Array, least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < least) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
