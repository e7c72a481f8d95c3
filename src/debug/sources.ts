// The files that a run's statements stand in: the program itself, the traces and dumps of a recording. One that an editor cannot
// show as text (binary or compressed) is presented as a text of its own, one line a statement.

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Run } from '../timeline/run';
import { interrupted } from './stepping';

/** References of listings are below this, those of presented files from here on. */
const FIRST_REFERENCE = 100_000;

/** One file and where its statements are. Lines count from 0. */
export interface SourceFile {
  readonly path: string;
  /** its reference when it is presented rather than opened by path */
  readonly reference: number | undefined;
  /** moments of the statements by line */
  readonly lines: ReadonlyMap<number, readonly number[]>;
}

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

interface Building {
  readonly path: string;
  /** statement moments in order */
  readonly moments: number[];
  readonly lines: Map<number, number[]>;
}

export class SourceFiles {
  readonly all: readonly SourceFile[];
  private readonly fileOf = new Map<number, SourceFile>();
  private readonly lineOf = new Map<number, number>();

  constructor(
    private readonly run: Run,
    program: string,
  ) {
    const building = new Map<string, Building>();
    const folder = program.slice(0, program.length - baseName(program).length);
    for (let m = 0; m < run.length; m++) {
      if (!run.isStatement(m)) continue;
      const { file, line } = run.source(m);
      const path = file === undefined ? program : `${folder}${file}`;
      const known = building.get(path) ?? { path, moments: [], lines: new Map<number, number[]>() };
      building.set(path, known);
      known.moments.push(m);
      if (!this.racesOnItsLine(m)) push(known.lines, line, m);
    }
    const files = [...building.values()];
    this.all = files.map((file, i) => this.finish(file, FIRST_REFERENCE + i));
  }

  /** Whether a statement runs inside another one of the same line: it is no place of its own to stop at. */
  private racesOnItsLine(moment: number): boolean {
    const outer = interrupted(this.run, moment);
    return outer >= 0 && this.run.source(outer).line === this.run.source(moment).line;
  }

  private finish({ path, moments, lines }: Building, reference: number): SourceFile {
    const withoutLines = this.run.kind !== 'scenario' && moments.length > 1 && lines.size === 1;
    const presented = packed.test(path) || withoutLines;
    const placed = presented ? new Map(moments.map((moment, line) => [line, [moment]])) : lines;
    const file = { path, reference: presented ? reference : undefined, lines: placed };
    moments.forEach((moment, i) => {
      const source = this.run.sourceNumber(moment);
      this.fileOf.set(source, file);
      this.lineOf.set(source, presented ? i : this.run.source(moment).line);
    });
    return file;
  }

  /** The file and line of the statement that a moment belongs to. */
  at(moment: number): { readonly file: SourceFile; readonly line: number } | undefined {
    const source = this.run.sourceNumber(moment);
    const file = this.fileOf.get(source);
    return file === undefined ? undefined : { file, line: this.lineOf.get(source) ?? 0 };
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
  source({ path, reference }: SourceFile): DebugProtocol.Source {
    if (reference === undefined) return { name: baseName(path), path };
    const presented = `${path}.trace.txt`;
    return { name: baseName(presented), path: presented, sourceReference: reference };
  }

  /** The text of a presented file: what each statement says. */
  text(file: SourceFile): string {
    const moments = [...file.lines.values()].flat();
    return `${moments.map((moment) => this.run.source(moment).text.replaceAll('\n', ' ')).join('\n')}\n`;
  }
}

function push(lines: Map<number, number[]>, line: number, moment: number): void {
  const known = lines.get(line);
  if (known === undefined) lines.set(line, [moment]);
  else known.push(moment);
}
