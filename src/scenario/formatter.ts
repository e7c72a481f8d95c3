// Formats a scenario: two spaces a level, single spaces between words, arrows and trailing comments of neighbouring
// lines below one another. Numbers, comments and the order of fields stay as they were written, and a line with a syntax
// error keeps its text. Formatting twice gives the same as formatting once.

import type { Line, ScenarioTree } from './ast';
import { parseScenario } from './parser';
import { printLine } from './print';
import { INDENT } from './tree';

/** Lines whose part before the arrow is longer than this put the arrow two spaces behind it, and move no other. */
const LONGEST_ALIGNED_HEAD = 48;
const LONGEST_ALIGNED_LINE = 100;

export function formatScenario(text: string): string {
  return formatTree(parseScenario(text));
}

interface Row {
  readonly head: string;
  readonly tail: string;
  readonly comment: string;
}

/** The whole text, ending in one line break; no blank lines at the start or the end, and no two in a row. */
export function formatTree(tree: ScenarioTree): string {
  return `${squeezeBlankLines(formatLines(tree)).join('\n')}\n`;
}

/** Every line as the formatter writes it; blank lines are all kept. */
export function formatLines(tree: ScenarioTree): string[] {
  const rows = tree.lines.map((line, at) => rowOf(line, tree.depths[at] ?? 0));
  const withTails = rows.map((row) => (row.tail === '' ? row.head : undefined));
  alignColumn(
    rows.map((row) => (row.tail === '' ? undefined : row.head)),
    LONGEST_ALIGNED_HEAD,
  ).forEach((padded, index) => {
    if (padded !== undefined) withTails[index] = padded + (rows[index]?.tail ?? '');
  });
  const contents = rows.map((row, index) => (row.comment === '' || row.head === '' ? undefined : withTails[index]));
  return alignColumn(contents, LONGEST_ALIGNED_LINE).map((padded, index) => {
    const comment = rows[index]?.comment ?? '';
    return padded === undefined ? (withTails[index] ?? '') + comment : padded + comment;
  });
}

function rowOf(line: Line, depth: number): Row {
  const comment = line.comment?.text.trimEnd() ?? '';
  const indent = ' '.repeat(depth * INDENT);
  if (line.broken) {
    const before = line.comment === undefined ? line.text : line.text.slice(0, line.comment.range.column);
    return { head: indent + before.trim(), tail: '', comment };
  }
  const { head, tail } = printLine(line);
  if (head === '' && tail === '') return { head: '', tail: '', comment: comment === '' ? '' : indent + comment };
  // A line that is only `-> …` has no head to align.
  return head === '' ? { head: indent + tail, tail: '', comment } : { head: indent + head, tail, comment };
}

/** Pads the given texts of neighbouring lines to one width, two spaces behind the longest; overlong ones on their own. */
function alignColumn(texts: readonly (string | undefined)[], longest: number): (string | undefined)[] {
  const result = [...texts];
  let start = 0;
  for (let index = 0; index <= texts.length; index++) {
    if (texts[index] !== undefined) continue;
    const group = texts.slice(start, index).filter((text): text is string => text !== undefined);
    const width = Math.max(0, ...group.map(({ length }) => length).filter((length) => length <= longest));
    for (let at = start; at < index; at++) result[at] = `${(texts[at] ?? '').padEnd(width)}  `;
    start = index + 1;
  }
  return result;
}

function squeezeBlankLines(lines: readonly string[]): string[] {
  const kept = lines.filter((line, index) => line !== '' || (index > 0 && lines[index - 1] !== ''));
  if (kept.at(-1) === '') kept.pop();
  return kept;
}
