// The summary of a file: its parts as tables, one below the other.

import type { FileSection } from '../../src/protocol';
import { element } from '../common/controls';

/** The parts, each with its heading. */
export function summaryOf(sections: readonly FileSection[]): HTMLElement[] {
  return sections.map(({ title, note, columns, rows }) => {
    const part = element('section', 'part', element('h2', '', title));
    if (note !== undefined) {
      part.append(element('p', 'muted', note));
    }
    if (rows.length > 0) {
      const classes = columns.map((_, column) => columnClass(rows.map((cells) => cells[column] ?? '')));
      part.append(
        element(
          'table',
          '',
          element('thead', '', element('tr', '', ...columns.map((name, i) => element('th', classes[i], name)))),
          element(
            'tbody',
            '',
            ...rows.map((cells) => element('tr', '', ...cells.map((cell, i) => element('td', classes[i], cell)))),
          ),
        ),
      );
    }
    return part;
  });
}

/** Columns of numbers are set to the right, so that their places stand below each other. */
function columnClass(cells: readonly string[]): string {
  return cells.every((cell) => /^[\d.,]+( %)?$/.test(cell)) ? 'number' : '';
}
