// A table of any number of rows, of which only those in sight exist: an ARIA grid that keeps the focus itself and names the
// current row. Rows are asked for in pages and kept for a while.

import type { FileColumn, FileRows } from '../../src/protocol';
import { element } from '../common/controls';
import { l10n } from '../common/texts';

export const rowHeight = 22;

/** Browsers lay out no element much taller than this; longer tables are scrolled in proportion. */
const tallest = 12_000_000;
const pageSize = 200;
/** Pages that are kept. */
const keptPages = 40;

export interface TableEvents {
  /** Asks for rows from..to (exclusive). */
  fetch(from: number, to: number): Promise<FileRows>;
  /** The current row moved; `number` is its number in the file, undefined while it is not there yet. */
  moved(row: number, number: number | undefined): void;
  /** The person wants to see the record of the current row. */
  chosen(row: number): void;
}

export class RowTable {
  readonly element = element('div', 'table');
  private readonly head = element('div', 'head row');
  private readonly body = element('div', 'rows');
  private readonly spacer = element('div', 'spacer');
  private columns: readonly FileColumn[] = [];
  private rows = 0;
  private cursor = 0;
  private pages = new Map<number, FileRows | 'asked'>();
  /** Counts the tables shown: rows of an earlier one that come late are dropped. */
  private generation = 0;
  private painting = 0;

  constructor(private readonly events: TableEvents) {
    this.body.tabIndex = 0;
    this.body.setAttribute('role', 'grid');
    this.head.setAttribute('role', 'presentation');
    this.body.append(this.spacer);
    this.element.append(this.head, this.body);
    this.body.addEventListener('scroll', () => this.repaint());
    this.body.addEventListener('keydown', (event) => this.keyed(event));
    this.body.addEventListener('mousedown', (event) => this.pressed(event));
    this.body.addEventListener('dblclick', () => this.events.chosen(this.cursor));
    new ResizeObserver(() => this.repaint()).observe(this.body);
  }

  /** The current row. */
  get row(): number {
    return this.cursor;
  }

  get top(): number {
    return this.firstInSight();
  }

  /** Shows other rows. */
  show(columns: readonly FileColumn[], rows: number, name: string, cursor = 0): void {
    this.generation++;
    this.columns = columns;
    this.rows = rows;
    this.pages.clear();
    this.cursor = Math.max(0, Math.min(cursor, rows - 1));
    this.body.setAttribute('aria-label', name);
    this.body.setAttribute('aria-rowcount', String(rows + 1));
    this.body.setAttribute('aria-colcount', String(columns.length));
    this.head.replaceChildren(...columns.map(({ title }, i) => this.cell(title, i)));
    const characters = columns.reduce((sum, { width }) => sum + width, 0);
    for (const part of [this.head, this.body]) {
      part.style.minWidth = `calc(${characters}ch + ${columns.length * 12}px)`;
    }
    this.spacer.style.height = `${Math.min(rows * rowHeight, tallest)}px`;
    this.reveal();
    this.repaint();
    this.tellMoved();
  }

  focus(): void {
    this.body.focus();
  }

  /** Makes a row the current one and brings it into sight. */
  goTo(row: number): void {
    const to = Math.max(0, Math.min(row, this.rows - 1));
    if (to !== this.cursor) {
      this.cursor = to;
    }
    this.reveal();
    this.repaint();
    this.tellMoved();
  }

  /** The cells of a row in words, for a screen reader. */
  sentence(row: number): string {
    const cells = this.cellsOf(row);
    return cells === undefined ? '' : this.columns.map(({ title }, i) => `${title} ${cells[i] ?? ''}`).join(', ');
  }

  private get inSight(): number {
    return Math.max(1, Math.floor(this.body.clientHeight / rowHeight));
  }

  private get scrollRange(): number {
    return Math.max(1, Math.min(this.rows * rowHeight, tallest) - this.body.clientHeight);
  }

  private get isScaled(): boolean {
    return this.rows * rowHeight > tallest;
  }

  private firstInSight(): number {
    const { scrollTop } = this.body;
    if (!this.isScaled) {
      return Math.floor(scrollTop / rowHeight);
    }
    return Math.round((scrollTop / this.scrollRange) * Math.max(0, this.rows - this.inSight));
  }

  private scrollToFirst(row: number): void {
    this.body.scrollTop = this.isScaled
      ? (row / Math.max(1, this.rows - this.inSight)) * this.scrollRange
      : row * rowHeight;
  }

  /** Scrolls as little as brings the current row into sight. */
  private reveal(): void {
    const first = this.firstInSight();
    if (this.cursor < first) {
      this.scrollToFirst(this.cursor);
    } else if (this.cursor >= first + this.inSight) {
      const far = this.cursor >= first + 2 * this.inSight;
      this.scrollToFirst(Math.max(0, this.cursor - (far ? Math.floor(this.inSight / 2) : this.inSight - 1)));
    }
  }

  private repaint(): void {
    if (this.painting === 0) {
      this.painting = requestAnimationFrame(() => {
        this.painting = 0;
        this.paint();
      });
    }
  }

  private paint(): void {
    const first = this.firstInSight();
    const last = Math.min(this.rows, first + this.inSight + 2);
    this.need(first, last);
    const offset = this.isScaled ? this.body.scrollTop : first * rowHeight;
    const painted: HTMLElement[] = [];
    for (let row = first; row < last; row++) {
      const line = element('div', row === this.cursor ? 'row current' : 'row');
      line.id = `row-${row}`;
      line.setAttribute('role', 'row');
      line.setAttribute('aria-rowindex', String(row + 2));
      line.setAttribute('aria-selected', String(row === this.cursor));
      line.dataset.row = String(row);
      line.style.top = `${offset + (row - first) * rowHeight}px`;
      const cells = this.cellsOf(row);
      line.append(...(cells?.map((text, i) => this.cell(text, i)) ?? [element('span', 'cell muted', '…')]));
      painted.push(line);
    }
    this.spacer.replaceChildren(...painted);
    const hasCursor = this.cursor >= first && this.cursor < last;
    if (hasCursor) {
      this.body.setAttribute('aria-activedescendant', `row-${this.cursor}`);
    } else {
      this.body.removeAttribute('aria-activedescendant');
    }
    this.head.style.paddingRight = `${this.body.offsetWidth - this.body.clientWidth}px`;
  }

  private cell(text: string, column: number): HTMLElement {
    const made = element('span', 'cell', text);
    const { width, align } = this.columns[column] ?? { width: 10 };
    const isLast = column === this.columns.length - 1;
    made.setAttribute('role', 'gridcell');
    const room = `calc(${width}ch + 12px)`;
    made.style.flex = isLast ? `1 0 ${room}` : `0 0 ${room}`;
    made.classList.toggle('right', align === 'right');
    if (isLast) {
      made.title = text;
    }
    return made;
  }

  private cellsOf(row: number): readonly string[] | undefined {
    const page = this.pages.get(Math.floor(row / pageSize));
    return page === undefined || page === 'asked' ? undefined : page.cells[row % pageSize];
  }

  private numberOf(row: number): number | undefined {
    const page = this.pages.get(Math.floor(row / pageSize));
    return page === undefined || page === 'asked' ? undefined : page.numbers[row % pageSize];
  }

  /** Asks for the pages that hold rows first..last, unless they are there or on their way. */
  private need(first: number, last: number): void {
    for (let page = Math.floor(first / pageSize); page * pageSize < last; page++) {
      if (!this.pages.has(page)) {
        void this.fetch(page);
      }
    }
  }

  private async fetch(page: number): Promise<void> {
    const { generation } = this;
    this.pages.set(page, 'asked');
    try {
      const rows = await this.events.fetch(page * pageSize, Math.min(this.rows, (page + 1) * pageSize));
      if (generation !== this.generation) {
        return;
      }
      this.pages.set(page, rows);
      this.dropFarPages(page);
    } catch {
      if (generation === this.generation) {
        this.pages.delete(page); // asked again when it is painted again
      }
      return;
    }
    this.repaint();
    if (Math.floor(this.cursor / pageSize) === page) {
      this.tellMoved();
    }
  }

  private dropFarPages(near: number): void {
    if (this.pages.size > keptPages) {
      const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
      for (const page of far.slice(0, this.pages.size - keptPages)) {
        this.pages.delete(page);
      }
    }
  }

  private tellMoved(): void {
    if (this.rows > 0) {
      this.need(this.cursor, this.cursor + 1);
      this.events.moved(this.cursor, this.numberOf(this.cursor));
    }
  }

  private pressed(event: MouseEvent): void {
    const line = event.target instanceof Element ? event.target.closest<HTMLElement>('.row') : null;
    if (line?.dataset.row !== undefined) {
      this.goTo(Number(line.dataset.row));
    }
  }

  private keyed(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: this.cursor - 1,
      ArrowDown: this.cursor + 1,
      PageUp: this.cursor - this.inSight,
      PageDown: this.cursor + this.inSight,
      Home: 0,
      End: this.rows - 1,
    };
    const to = event.altKey || event.metaKey ? undefined : steps[event.key];
    if (to !== undefined) {
      this.goTo(to);
    } else if (event.key === 'Enter') {
      this.events.chosen(this.cursor);
    } else if (event.key.toLowerCase() === 'c' && (event.ctrlKey || event.metaKey) && getSelection()?.isCollapsed) {
      const cells = this.cellsOf(this.cursor);
      void navigator.clipboard.writeText(cells?.join('\t') ?? '');
    } else {
      return;
    }
    event.preventDefault();
  }
}

/** What the keys of the table do, for people. */
export function tableKeys(): string {
  return l10n.t('Arrows, Page Up/Down, Home, End: move · Enter: record · Ctrl+C: copy the row');
}
