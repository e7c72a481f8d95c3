// Formatting as edits of single lines, so that cursor, breakpoints and marks stay where they are; of the whole text or of some
// lines. Applied to the whole text, the edits give what `formatScenario` gives.

import type { ScenarioTree } from '../ast';
import { formatLines } from '../formatter';

/** Lines `from` up to `to` (not included) become `lines`. */
export interface LineEdit {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly string[];
}

/** @param first,last lines to format, both included; all of them unless given */
export function formatEdits(tree: ScenarioTree, first = 0, last = tree.lines.length - 1): LineEdit[] {
  const formatted = formatLines(tree);
  const edits: LineEdit[] = [];
  for (let line = Math.max(0, first); line <= Math.min(last, formatted.length - 1); line++) {
    const text = formatted[line] ?? '';
    if (text === '' && isDropped(formatted, line)) edits.push({ from: line, to: line + 1, lines: [] });
    else if (text !== tree.lines[line]?.text) edits.push({ from: line, to: line + 1, lines: [text] });
  }
  return edits;
}

/** Blank lines at the start and the end go, and all but the first of several; the last line stays, and one line of a blank text. */
function isDropped(formatted: readonly string[], line: number): boolean {
  if (line === formatted.length - 1) return false;
  if (line === 0 && formatted.every((text) => text === '')) return false;
  if (line === 0 || formatted[line - 1] === '') return true;
  for (let below = line + 1; below < formatted.length; below++) if (formatted[below] !== '') return false;
  return true;
}

/** Whether the text lacks the line break at its end. */
export function lacksFinalBreak(tree: ScenarioTree): boolean {
  return tree.lines.length === 1 || (tree.lines.at(-1)?.text.trim() ?? '') !== '';
}
