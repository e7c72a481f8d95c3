// Making diagnostics: what is wrong, where, what would be right, and the quick fixes that put it right.

import type { Diagnostic, QuickFix, Range } from './ast';
import { listed, nearest } from './suggest';

export function replaceFix(range: Range, newText: string): QuickFix {
  return { title: `Change to \`${newText}\``, edits: [{ range, newText }] };
}

export function removeFix(range: Range, what: string): QuickFix {
  return { title: `Remove ${what}`, edits: [{ range, newText: '' }] };
}

/** Text put in at the end of a range. */
export function insertAfterFix(range: Range, newText: string, title: string): QuickFix {
  return { title, edits: [{ range: { line: range.line, column: range.column + range.length, length: 0 }, newText }] };
}

/** So many are told; in a text with more mistakes the rest would help nobody, and looking for suggestions takes time. */
const MOST = 1000;

/** Collects diagnostics in the order in which they are found. */
export class Diagnostics {
  readonly all: Diagnostic[] = [];

  get full(): boolean {
    return this.all.length >= MOST;
  }

  #add(diagnostic: Diagnostic): void {
    if (!this.full) this.all.push(diagnostic);
  }

  /** Takes over what was found elsewhere. */
  take(found: readonly Diagnostic[]): void {
    for (const diagnostic of found) this.#add(diagnostic);
  }

  error(code: string, range: Range, message: string, ...fixes: QuickFix[]): void {
    this.#add({ severity: 'error', code, message, range, fixes });
  }

  warning(code: string, range: Range, message: string, ...fixes: QuickFix[]): void {
    this.#add({ severity: 'warning', code, message, range, fixes });
  }

  /** A word that is none of those which could stand there: names the nearest, or lists them. */
  unknown(code: string, what: string, word: { text: string; range: Range }, candidates: readonly string[]): void {
    if (this.full) return;
    const near = nearest(word.text, candidates);
    if (near === undefined)
      this.error(code, word.range, `${what} \`${word.text.slice(0, 40)}\`; known are ${listed(candidates)}`);
    else
      this.error(
        code,
        word.range,
        `${what} \`${word.text.slice(0, 40)}\`; did you mean \`${near}\`?`,
        replaceFix(word.range, near),
      );
  }
}
