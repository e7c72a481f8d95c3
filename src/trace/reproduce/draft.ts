// A scenario in the making: lines that can be left out one by one, and their text.

import { formatScenario } from '../../scenario/formatter';

export interface DraftLine {
  /** statement without its expectations */
  readonly text: string;
  readonly expect: readonly string[];
  /** behind the statement */
  readonly comment: string | undefined;
  /** the scenario is worth something without it */
  readonly droppable: boolean;
}

export interface Draft {
  /** comment lines at the top, without the hash sign */
  readonly head: readonly string[];
  readonly lines: readonly DraftLine[];
}

/** A line that stays. */
export function line(text: string, comment?: string): DraftLine {
  return { text, expect: [], comment, droppable: false };
}

/** The text of a draft, as the formatter writes it. */
export function draftText({ head, lines }: Draft): string {
  const body = lines.map(({ text, expect, comment }) => {
    const expectations = expect.length === 0 ? '' : ` -> ${expect.join(', ')}`;
    return `${text}${expectations}${comment === undefined ? '' : `  # ${comment}`}`;
  });
  return formatScenario([...head.map((text) => `# ${text}`), '', ...body].join('\n'));
}
