// What folds in a scenario: comments of several lines, blocks, and statements with lines that belong to them.

import type { Line } from '../ast';
import type { CheckedScenario } from '../checker';

export interface Fold {
  readonly from: number;
  readonly to: number;
  readonly kind: 'comment' | 'block';
}

const isComment = ({ comment, text }: Line) =>
  comment !== undefined && text.slice(0, comment.range.column).trim() === '';
const isBlank = ({ text }: Line) => text.trim() === '';

/** Folds in the order of their first lines. */
export function folds({ tree }: CheckedScenario): Fold[] {
  return [...commentFolds(tree.lines), ...blockFolds(tree.lines)].sort((a, b) => a.from - b.from || b.to - a.to);
}

function commentFolds(lines: readonly Line[]): Fold[] {
  const found: Fold[] = [];
  let from = -1;
  lines.forEach((line, at) => {
    if (isComment(line)) {
      if (from < 0) from = at;
      if (at > from && !(lines[at + 1] !== undefined && isComment(lines[at + 1] as Line)))
        found.push({ from, to: at, kind: 'comment' });
    } else from = -1;
  });
  return found;
}

/** A line with deeper indented lines below folds with them; a `parallel` up to the line before its `end`. */
function blockFolds(lines: readonly Line[]): Fold[] {
  const found: Fold[] = [];
  const open: { at: number; indent: number }[] = [];
  let last = -1;
  const close = (indent: number) => {
    for (let top = open.at(-1); top !== undefined && top.indent >= indent; top = open.at(-1)) {
      if (last > top.at) found.push({ from: top.at, to: last, kind: 'block' });
      open.pop();
    }
  };
  lines.forEach((line, at) => {
    if (isBlank(line) || isComment(line)) return;
    close(line.indent);
    open.push({ at, indent: line.indent });
    last = at;
  });
  close(-1);
  return found;
}
