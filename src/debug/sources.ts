// The files that a run's statements stand in: the program itself, the traces and dumps of a recording. One that an editor cannot
// show as text (binary or compressed) is presented as a text of its own, one line a statement.

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

/** A line and a moment in one number, ordered by the line. */
const LINE = 2 ** 32;

/** One file and where its statements are. Lines count from 0. */
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

export class SourceFile implements PlacedFile {
  /** moments of its statements, ascending */
  private readonly moments = new Column();
  /** line and moment of each place to stop at, ascending */
  private places: Float64Array = new Float64Array(0);
  private readonly lines = new Column();
  private readonly stops = new Column();
  /** its reference when it is presented rather than opened by path */
  reference: number | undefined;

  constructor(readonly path: string) {}

  /** Takes the next statement. @param isPlace whether a person can stop there */
  add(moment: number, line: number, isPlace: boolean): void {
    this.moments.push(moment);
    if (!isPlace) return;
    this.lines.push(line);
    this.stops.push(moment);
  }

  /** All statements have been taken. @param reference for when it is presented */
  finish(isScenario: boolean, reference: number): void {
    const count = this.stops.length;
    const first = this.lines.at(0);
    let oneLine = count > 1;
    for (let i = 1; oneLine && i < count; i++) oneLine = this.lines.at(i) === first;
    const presented = packed.test(this.path) || (oneLine && !isScenario);
    this.reference = presented ? reference : undefined;
    this.places = Float64Array.from(
      { length: count },
      (_, i) => (presented ? i : this.lines.at(i)) * LINE + this.stops.at(i),
    ).sort();
  }

  /** The line of a statement of this file, by any moment of it; `own` is what the statement says. */
  lineAt(moment: number, own: number): number {
    return this.reference === undefined ? own : Math.max(0, this.moments.upTo(moment) - 1);
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

  /** Moments of the statements on a line, ascending. */
  momentsOn(line: number): number[] {
    return [...this.places.subarray(this.before(line), this.before(line + 1))].map((place) => place % LINE);
  }

  /** The first line from `line` on that has a statement; -1 without one. */
  lineFrom(line: number): number {
    const place = this.places[this.before(line)];
    return place === undefined ? -1 : Math.floor(place / LINE);
  }

  /** Moments of all places, in the order of their lines. */
  *inOrder(): Generator<number> {
    for (const place of this.places) yield place % LINE;
  }
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
        const { line } = run.source(moment);
        files.fileOf(moment).add(moment, line, !files.racesOnItsLine(moment));
      }
      if (moment % slice === slice - 1) yield;
    }
    let reference = FIRST_REFERENCE;
    for (const file of files.byPath.values()) file.finish(run.kind === 'scenario', reference++);
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

  get all(): SourceFile[] {
    return [...this.byPath.values()];
  }

  /** The file and line of the statement that a moment belongs to. */
  at(moment: number): { readonly file: SourceFile; readonly line: number } {
    const file = this.fileOf(moment);
    return { file, line: file.lineAt(moment, this.run.source(moment).line) };
  }

  /** The file that a client means; undefined when it is none of the run's. */
  find({ path, sourceReference }: DebugProtocol.Source): SourceFile | undefined {
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

  /** The text of a presented file: what each statement says. */
  text(file: PlacedFile): string {
    return `${[...file.inOrder()].map((moment) => this.run.source(moment).text.replaceAll('\n', ' ')).join('\n')}\n`;
  }
}
