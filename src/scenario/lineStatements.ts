/**
 * The statements of a scenario's run in columns: a `repeat` makes a million of them from a few lines, and each says what its line
 * says.
 */
import type { SourceLine, Statements } from '../timeline/statements';

/** Statements as plain data and typed arrays. */
export interface LineStatementParts {
  readonly lines: Uint32Array;
  readonly actors: Uint16Array;
  /** what actor numbers mean; 0: nobody in particular */
  readonly actorNames: readonly (string | undefined)[];
  readonly texts: ReadonlyMap<number, string>;
}

export class LineStatements implements Statements {
  length = 0;
  private lines: Uint32Array;
  private actors: Uint16Array;
  private readonly actorNames: (string | undefined)[];
  private readonly texts: Map<number, string>;

  constructor({ lines, actors, actorNames, texts }: Partial<LineStatementParts> = {}) {
    this.length = lines?.length ?? 0;
    this.lines = lines ?? new Uint32Array(64);
    this.actors = actors ?? new Uint16Array(64);
    this.actorNames = [...(actorNames ?? [undefined])];
    this.texts = new Map(texts);
  }

  /** Adds a statement; returns its source number. What a line says is taken from its first statement. */
  push(line: number, text: string, actor?: string): number {
    if (this.length === this.lines.length) this.grow();
    this.lines[this.length] = line;
    this.actors[this.length] = this.actorNumber(actor);
    if (!this.texts.has(line)) this.texts.set(line, text);
    return this.length++;
  }

  at(number: number): SourceLine | undefined {
    if (number < 0 || number >= this.length) return undefined;
    const line = this.lines[number] as number;
    const actor = this.actorNames[this.actors[number] as number];
    return { line, text: this.texts.get(line) ?? '', ...(actor !== undefined && { actor }) };
  }

  /** What another one is made of. */
  get parts(): LineStatementParts {
    const { length, lines, actors, actorNames, texts } = this;
    return { lines: lines.slice(0, length), actors: actors.slice(0, length), actorNames, texts };
  }

  private actorNumber(name: string | undefined): number {
    const known = this.actorNames.indexOf(name);
    return known >= 0 ? known : this.actorNames.push(name) - 1;
  }

  private grow(): void {
    const lines = new Uint32Array(Math.max(64, this.lines.length * 2));
    const actors = new Uint16Array(lines.length);
    lines.set(this.lines);
    actors.set(this.actors);
    this.lines = lines;
    this.actors = actors;
  }
}
