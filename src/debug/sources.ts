// The files that a run's statements stand in: the program itself, the traces and dumps of a recording. One that an editor cannot
// show as text (binary or compressed) is presented as a text of its own, one line a statement; one that is too large, in windows.

import type { DebugProtocol } from '@vscode/debugprotocol';
import { Column } from '../timeline/column';
import type { Run } from '../timeline/run';

/** References of listings are below this, those of presented files from here on. */
const FIRST_REFERENCE = 100_000;

/** Paths of one file, however the client writes them. */
export function samePath(a: string, b: string): boolean {
  const plain = (path: string) => {
    const text = path.replace(/^file:\/\/(?=\/)/, '').replaceAll('\\', '/');
    let decoded = text;
    try {
      decoded = decodeURIComponent(text);
    } catch {
      // a stray % is part of the name
    }
    return decoded.replace(/^\/?([A-Za-z]):\//, (_, drive: string) => `${drive.toLowerCase()}:/`);
  };
  return a === b || plain(a) === plain(b);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[/\\]/).pop() ?? path;
}

/** Files whose bytes are no text to an editor. */
const packed = /\.(gz|xz|zst|dat)$/i;

/** VS Code gives no larger text to an extension, and shows it without colours and breakpoints: it is presented in windows. */
const LARGEST_TEXT = 50 * 2 ** 20;
/** About how many bytes of lines stand in a window. */
const WINDOW = 6 * 2 ** 20;
/** About how long the line of an event is that has none in its file. */
const USUAL_LINE = 120;

/** A line and a moment in one number, ordered by the line. */
const LINE = 2 ** 32;

/** A text that a client shows, and where the statements are in it. Lines count from 0. */
export interface PlacedFile {
  readonly path: string;
  /** its reference when it is presented rather than opened by path */
  readonly reference: number | undefined;
  /** Moments of the statements on a line, ascending. */
  momentsOn(line: number): number[];
  /** The first line from `line` on that has a statement; -1 without one. */
  lineFrom(line: number): number;
  /** Moments of all places, in the order of their lines. */
  inOrder(): Iterable<number>;
}

/** The files that a run's statements stand in. */
export interface Sources {
  readonly all: readonly PlacedFile[];
  /** The file and line of the statement that a moment belongs to. */
  at(moment: number): { readonly file: PlacedFile; readonly line: number };
  /** The file that a client means; undefined when it is none of the run's. */
  find(source: DebugProtocol.Source): PlacedFile | undefined;
  /** How the protocol names a file. */
  source(file: PlacedFile): DebugProtocol.Source;
  /** The text of a presented file: what each statement says. */
  text(file: PlacedFile): string;
}

/** One file and where its statements are. */
export class SourceFile implements PlacedFile {
  /** moments of its statements, ascending */
  private readonly moments = new Column();
  /** line and moment of each place to stop at, ascending */
  private places: Float64Array = new Float64Array(0);
  private readonly lines = new Column();
  private readonly stops = new Column();
  private bytes = 0;
  /** statements in a window */
  private inWindow = 1;
  reference: number | undefined;
  /** The parts in which a text is presented that is too large for a client; else empty. */
  windows: readonly SourceWindow[] = [];

  constructor(readonly path: string) {}

  /** Takes the next statement. @param isPlace whether a person can stop there; @param bytes of its line in the file */
  add(moment: number, line: number, isPlace: boolean, bytes = USUAL_LINE): void {
    this.moments.push(moment);
    this.bytes += bytes + 1;
    if (!isPlace) return;
    this.lines.push(line);
    this.stops.push(moment);
  }

  /**
   * All statements have been taken.
   *
   * @param reference for when it is presented
   * @returns the first reference that it does not use
   */
  finish(isScenario: boolean, reference: number): number {
    const count = this.stops.length;
    const first = this.lines.at(0);
    let oneLine = count > 1;
    for (let i = 1; oneLine && i < count; i++) oneLine = this.lines.at(i) === first;
    const isPacked = packed.test(this.path);
    const presented = isPacked || (oneLine && !isScenario);
    const large = !isScenario && this.bytes > LARGEST_TEXT;
    this.reference = presented && !large ? reference : undefined;
    this.places = Float64Array.from(
      { length: count },
      (_, i) => (presented ? i : this.lines.at(i)) * LINE + this.stops.at(i),
    ).sort();
    if (large) {
      this.inWindow = Math.max(1, Math.floor((WINDOW * count) / this.bytes));
      const windows = Math.ceil(count / this.inWindow);
      this.windows = Array.from(
        { length: windows },
        (_, i) => new SourceWindow(this.path, this.stops, i * this.inWindow, this.inWindow, reference + i),
      );
    }
    return reference + Math.max(1, this.windows.length);
  }

  /** The text that shows a statement, by any moment of it, and its line there; `own` is its line in the file. */
  at(moment: number, own: number): { readonly file: PlacedFile; readonly line: number } {
    const place = Math.max(0, this.stops.upTo(moment) - 1);
    const window = this.windows[Math.floor(place / this.inWindow)];
    if (window !== undefined) return { file: window, line: place % this.inWindow };
    return { file: this, line: this.reference === undefined ? own : Math.max(0, this.moments.upTo(moment) - 1) };
  }

  /** Number of places before a line. */
  private before(line: number): number {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if ((this.places[mid] as number) < line * LINE) low = mid + 1;
      else high = mid;
    }
    return low;
  }

  momentsOn(line: number): number[] {
    return [...this.places.subarray(this.before(line), this.before(line + 1))].map((place) => place % LINE);
  }

  lineFrom(line: number): number {
    const place = this.places[this.before(line)];
    return place === undefined ? -1 : Math.floor(place / LINE);
  }

  *inOrder(): Generator<number> {
    for (const place of this.places) yield place % LINE;
  }
}

/** A part of a file that is too large to be shown: one statement a line, in the order of the run. */
class SourceWindow implements PlacedFile {
  readonly path: string;
  private readonly count: number;

  constructor(
    file: string,
    /** moments of all statements of the file, ascending */
    private readonly stops: Column,
    /** number of its first statement in the file */
    private readonly first: number,
    most: number,
    readonly reference: number,
  ) {
    this.count = Math.min(most, stops.length - first);
    this.path = `${file}.${first + 1}-${first + this.count}`;
  }

  momentsOn(line: number): number[] {
    return line >= 0 && line < this.count ? [this.stops.at(this.first + line)] : [];
  }

  lineFrom(line: number): number {
    return line < this.count ? Math.max(0, line) : -1;
  }

  *inOrder(): Generator<number> {
    for (let i = 0; i < this.count; i++) yield this.stops.at(this.first + i);
  }
}

/** What a presented text says: each statement on a line of its own, events as the kernel prints them. */
export function presentedText(run: Run, file: PlacedFile): string {
  const lines = Array.from(file.inOrder(), (moment) => {
    const { printed, text } = run.source(moment);
    return (printed ?? text).replaceAll('\n', ' ');
  });
  return `${lines.join('\n')}\n`;
}

export class SourceFiles implements Sources {
  private readonly byPath = new Map<string, SourceFile>();
  private readonly folder: string;

  private constructor(
    private readonly run: Run,
    private readonly program: string,
  ) {
    this.folder = program.slice(0, program.length - baseName(program).length);
  }

  /** Reads the run's statements, so many before each yield. */
  static *reading(run: Run, program: string, slice = 4096): Generator<void, SourceFiles> {
    const files = new SourceFiles(run, program);
    for (let moment = 0; moment < run.length; moment++) {
      if (run.isStatement(moment)) {
        const { line, bytes } = run.source(moment);
        files.fileOf(moment).add(moment, line, !files.racesOnItsLine(moment), bytes);
      }
      if (moment % slice === slice - 1) yield;
    }
    let reference = FIRST_REFERENCE;
    for (const file of files.byPath.values()) reference = file.finish(run.kind === 'scenario', reference);
    return files;
  }

  private fileOf(moment: number): SourceFile {
    const { file: name } = this.run.source(moment);
    const path = name === undefined ? this.program : `${this.folder}${name}`;
    const known = this.byPath.get(path);
    if (known !== undefined) return known;
    const file = new SourceFile(path);
    this.byPath.set(path, file);
    return file;
  }

  /** Whether a statement runs inside another one of the same line: it is no place of its own to stop at. */
  private racesOnItsLine(moment: number): boolean {
    const outer = this.run.interruptedAt(moment);
    return outer >= 0 && this.run.source(outer).line === this.run.source(moment).line;
  }

  get all(): PlacedFile[] {
    return [...this.byPath.values()].flatMap((file) => [file, ...file.windows]);
  }

  /** The text and the line in it of the statement that a moment belongs to. */
  at(moment: number): { readonly file: PlacedFile; readonly line: number } {
    return this.fileOf(moment).at(moment, this.run.source(moment).line);
  }

  /** The text that a client means; undefined when it is none of the run's. */
  find({ path, sourceReference }: DebugProtocol.Source): PlacedFile | undefined {
    if (sourceReference !== undefined && sourceReference >= FIRST_REFERENCE) {
      return this.all.find(({ reference }) => reference === sourceReference);
    }
    if (path === undefined) return undefined;
    return this.all.find((file) => samePath(file.path, path) || samePath(this.source(file).path ?? '', path));
  }

  /**
   * How the protocol names a file. A presented one has an ending of its own: by that of the file the client would open what it has
   * for such files, and not the text.
   */
  source({ path, reference }: PlacedFile): DebugProtocol.Source {
    if (reference === undefined) return { name: baseName(path), path };
    const presented = `${path}.trace.txt`;
    return { name: baseName(presented), path: presented, sourceReference: reference };
  }

  text(file: PlacedFile): string {
    return presentedText(this.run, file);
  }
}
