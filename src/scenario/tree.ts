// Puts lines together: indented lines belong to the line above, `repeat` and actors hold the statements below them,
// `parallel` reaches to its `end`.

import type { Line, Range, Statement } from './ast';
import type { Diagnostics } from './diagnostics';
import { statementDefinition } from './grammar';

/** How deep blocks may be nested. */
const DEEPEST = 12;
export const INDENT = 2;

/** A statement that later lines may belong to. */
interface Frame {
  readonly indent: number;
  readonly line: Line;
  readonly statement: Statement;
  /** Takes the statements on the indented lines below; none when the statement holds no others. */
  readonly body?: Statement[];
  readonly parallel: boolean;
}

class TreeBuilder {
  readonly statements: Statement[] = [];
  /** How deep each line belongs, by line number; 0 is the top level. */
  readonly depths: number[] = [];
  readonly #frames: Frame[] = [];
  /** Parallel blocks that ended without `end`; an `end` that comes too late is not told again. */
  #unended = 0;

  constructor(readonly diagnostics: Diagnostics) {}

  /** The last line that holds something; a missing `end` belongs behind it. */
  #last: Line | undefined;

  add(line: Line): void {
    this.depths[line.line] = 0;
    this.#place(line);
    if (line.statement !== undefined || line.expectations.length > 0) this.#last = line;
  }

  #depth({ line }: Frame): number {
    return this.depths[line.line] ?? 0;
  }

  #place(line: Line): void {
    if (line.end !== undefined) this.#end(line, line.end.range);
    else if (line.statement !== undefined) this.#statement(line, line.statement);
    else if (line.expect !== undefined || line.arrow !== undefined || line.racing.length + line.without.length > 0)
      this.#continuation(line);
    else this.depths[line.line] = this.#depthOf(line);
  }

  finish(): void {
    this.#close(-1);
  }

  /** Closes every frame whose lines end before a line that is indented by `indent`. */
  #close(indent: number): void {
    for (let top = this.#frames.at(-1); top !== undefined && top.indent >= indent; top = this.#frames.at(-1)) {
      if (top.parallel) this.#unendedParallel(top);
      this.#frames.pop();
    }
  }

  #unendedParallel({ statement, line }: Frame): void {
    this.#unended++;
    const last = this.#last ?? line;
    this.diagnostics.error(
      'end-expected',
      statement.range,
      'this `parallel` has no `end`; its actors stand indented below it, `end` stands behind them',
      {
        title: 'Add `end` below',
        edits: [
          {
            range: { line: last.line, column: last.text.length, length: 0 },
            newText: `\n${' '.repeat((this.depths[line.line] ?? 0) * INDENT)}end`,
          },
        ],
      },
    );
  }

  /** Depth that a comment or blank line is shown at: that of the block it stands in. */
  #depthOf(line: Line): number {
    let depth = 0;
    for (const frame of this.#frames)
      if (frame.indent < line.indent && frame.body !== undefined) depth = this.#depth(frame) + 1;
    return depth;
  }

  #end(line: Line, range: Range): void {
    const at = this.#frames.map(({ parallel }) => parallel).lastIndexOf(true);
    const frame = this.#frames[at];
    if (frame === undefined) {
      if (this.#unended > 0) this.#unended--;
      else this.diagnostics.error('stray-end', range, '`end` ends a `parallel` block, and none is open here');
      return;
    }
    this.#frames.length = at;
    this.depths[line.line] = this.#depth(frame);
    attach(frame.statement, line);
    // An `expect` line below speaks of the whole block.
    this.#frames.push({ indent: frame.indent, line: frame.line, statement: frame.statement, parallel: false });
  }

  #continuation(line: Line): void {
    for (let top = this.#frames.at(-1); top !== undefined && top.indent > line.indent; top = this.#frames.at(-1)) {
      if (top.parallel) this.#unendedParallel(top);
      this.#frames.pop();
    }
    const owner = this.#frames.at(-1);
    const range =
      line.expect?.range ?? line.arrow ?? line.racing[0]?.range ?? line.without[0]?.range ?? lineRange(line);
    if (owner === undefined) {
      this.diagnostics.error('nothing-above', range, 'this belongs to a statement on a line above, and there is none');
      return;
    }
    if (line.expect === undefined && owner.indent >= line.indent) {
      this.diagnostics.error(
        'indent-expected',
        range,
        'a clause on a line of its own is indented, so that it belongs to the line above',
        {
          title: 'Indent the line',
          edits: [{ range: { line: line.line, column: 0, length: 0 }, newText: ' '.repeat(INDENT) }],
        },
      );
    }
    this.depths[line.line] = this.#depth(owner) + (owner.indent < line.indent ? 1 : 0);
    attach(owner.statement, line);
  }

  #statement(line: Line, parsed: Statement): void {
    // What lines below add goes to a statement of this tree: the line itself may be part of other trees.
    const statement = ownCopy(parsed);
    this.#close(line.indent);
    let owner = this.#frames.at(-1);
    if (owner !== undefined && owner.body === undefined) {
      this.#notBelow(line, statement, owner);
      // It is taken for a neighbour of the line above, which is what it would be without the indent.
      while (owner !== undefined && owner.body === undefined) {
        this.#frames.pop();
        owner = this.#frames.at(-1);
      }
    }
    this.depths[line.line] = owner === undefined ? 0 : this.#depth(owner) + 1;
    const { kept, body, innermost } = this.#wrapActor(statement, owner);
    attach(innermost, line);
    (owner?.body ?? this.statements).push(kept);
    const holds = body !== undefined && (this.depths[line.line] ?? 0) < DEEPEST;
    if (body !== undefined && !holds)
      this.diagnostics.error('too-deep', statement.range, `blocks can be nested ${DEEPEST} deep`);
    this.#frames.push({
      indent: line.indent,
      line,
      statement: innermost,
      ...(holds && { body }),
      parallel: holds && statement.name === 'parallel',
    });
  }

  #notBelow(line: Line, statement: Statement, owner: Frame): void {
    this.diagnostics.error(
      'indented-statement',
      statement.range,
      `\`${owner.statement.name}\` on line ${owner.line.line + 1} holds no statements: only \`repeat\` and the actors of \`parallel\` do`,
      {
        title: 'Remove the indent',
        edits: [
          {
            range: { line: line.line, column: 0, length: leadingSpace(line.text) },
            newText: ' '.repeat(this.#depth(owner) * INDENT),
          },
        ],
      },
    );
  }

  /** In a parallel block `name: statement` is an actor with its first statement; elsewhere a statement is itself. */
  #wrapActor(
    statement: Statement,
    owner: Frame | undefined,
  ): { kept: Statement; body?: Statement[]; innermost: Statement } {
    if (owner?.parallel) {
      if (statement.label === undefined) {
        this.diagnostics.error(
          'actor-expected',
          statement.range,
          'in `parallel` each line begins with the name of an actor, as in `reader: load a`',
        );
        return { kept: statement, innermost: statement };
      }
      if (statement.name === 'actor') return { kept: statement, body: statement.body, innermost: statement };
      const { label, ...rest } = statement;
      const actor: Statement = {
        ...rest,
        name: 'actor',
        label,
        fields: [],
        body: [rest],
        racing: [],
        without: [],
        expectations: [],
      };
      return { kept: actor, body: actor.body, innermost: rest };
    }
    if (statement.name === 'actor') {
      this.diagnostics.error(
        'statement-expected',
        statement.range,
        'a label stands before a statement on the same line; only an actor of `parallel` stands alone',
      );
    }
    const block = statementDefinition(statement.name)?.block === true && statement.body.length === 0;
    return { kept: statement, ...(block && { body: statement.body }), innermost: statement };
  }
}

function ownCopy({ name, range, label, fields, body, broken }: Statement): Statement {
  return { name, range, label, fields, racing: [], without: [], expectations: [], body: [...body], broken };
}

function attach(statement: Statement, line: Line): void {
  if (line.racing.length > 0) statement.racing.push(...line.racing);
  if (line.without.length > 0) statement.without.push(...line.without);
  if (line.expectations.length > 0) statement.expectations.push(...line.expectations);
}

function leadingSpace(text: string): number {
  return text.length - text.trimStart().length;
}

function lineRange(line: Line): Range {
  return { line: line.line, column: leadingSpace(line.text), length: line.text.trim().length };
}

/** The statements of the lines, each with what belongs to it, and the depth of every line. */
export function buildTree(
  lines: readonly Line[],
  diagnostics: Diagnostics,
): { statements: Statement[]; depths: number[] } {
  const builder = new TreeBuilder(diagnostics);
  for (const line of lines) builder.add(line);
  builder.finish();
  return { statements: builder.statements, depths: builder.depths };
}
