// Labels at places of a scenario, for the editor: definition, references and rename; outline and folding.

import type { Range, Statement } from './ast';
import type { CheckedScenario } from './checker';
import { type LabelInfo, labelProblem } from './labels';

const covers = (range: Range, line: number, column: number) =>
  range.line === line && column >= range.column && column <= range.column + range.length;

/** The label that is made or used at a place. */
export function labelAt({ labels }: CheckedScenario, line: number, column: number): LabelInfo | undefined {
  for (const label of labels.values()) {
    if (placesOf(label).some((range) => covers(range, line, column))) return label;
  }
  return undefined;
}

/** Every place of a label, its definition first. */
export function placesOf({ definition, references }: LabelInfo): readonly Range[] {
  return [definition.range, ...references];
}

/** Why a label cannot get a name; undefined when it can. */
export function renameProblem({ labels }: CheckedScenario, label: LabelInfo, name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*$/.test(name))
    return 'a label is a word of letters, digits, `_` and `-`';
  const other = labels.get(name);
  if (other !== undefined && other !== label)
    return `there is already a label \`${name}\`, on line ${other.definition.range.line + 1}`;
  return labelProblem(name);
}

/** A statement of the outline: what it is called, where it stands, what is inside. */
export interface OutlineItem {
  readonly name: string;
  readonly detail: string;
  readonly range: Range;
  /** Last line of the block, or the line itself. */
  readonly lastLine: number;
  readonly children: readonly OutlineItem[];
}

/** The statements with a label, memslots, the machine and blocks: what one looks for in a scenario. */
export function outline({ tree }: CheckedScenario): OutlineItem[] {
  const text = (line: number) => (tree.lines[line]?.text ?? '').replace(/\s*(?:->|#).*$/, '').trim();
  const visit = (statements: readonly Statement[]): OutlineItem[] =>
    statements.flatMap((statement) => {
      const children = visit(statement.body);
      const named =
        statement.label !== undefined ||
        statement.body.length > 0 ||
        ['machine', 'memslot', 'vma', 'slb'].includes(statement.name);
      if (!named) return children;
      const { range } = statement;
      const item = {
        name: statement.label?.text ?? statement.name,
        detail: text(range.line),
        range,
        lastLine: lastLineOf(statement),
        children,
      };
      return [item];
    });
  return visit(tree.statements);
}

function lastLineOf(statement: Statement): number {
  return statement.body.reduce((last, inner) => Math.max(last, lastLineOf(inner)), statement.range.line);
}
