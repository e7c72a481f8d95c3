// The legend: what each colour and shape means, how many HPTEs there are of it, and a check box that hides them.

import { cellFlag, cellState } from '../../src/protocol';
import { type Checkbox, checkbox, element } from '../common/controls';
import { l10n } from '../common/texts';
import { type Category, categories } from './cells';
import { drawCell, type Palette } from './palette';
import { categoryMeaning, categoryName, count } from './words';

/** A cell byte that looks like its category. */
const exampleOf: Record<Category, number> = {
  free: cellState.free,
  valid: cellState.valid,
  bolted: cellState.valid | cellFlag.bolted,
  absent: cellState.absent,
  mmio: cellState.mmio,
  unknown: cellState.unknown,
  assumed: cellState.valid | cellFlag.assumed,
};

interface Row {
  readonly box: Checkbox;
  readonly swatch: HTMLCanvasElement;
  readonly count: HTMLElement;
}

export class Legend {
  readonly element = element('fieldset', 'legend');
  private readonly rows: Readonly<Record<Category, Row>>;

  constructor(
    private readonly hidden: Set<Category>,
    filtered: () => void,
  ) {
    this.element.append(element('legend', 'screen-reader', l10n.t('Show HPTEs that are')));
    this.rows = Object.fromEntries(categories.map((name) => [name, this.row(name, filtered)])) as Record<Category, Row>;
  }

  /** Which categories are shown. */
  get shown(): ReadonlySet<Category> {
    return new Set(categories.filter((name) => !this.hidden.has(name)));
  }

  /** Shows how many there are, in the order of `categories`. Nothing assumed in the table: no row for it. */
  setCounts(counts: ArrayLike<number>): void {
    for (const [at, name] of categories.entries()) {
      const { box, count: text } = this.rows[name];
      text.textContent = count(counts[at] ?? 0);
      box.setAttribute('aria-label', box.textContent ?? ''); // the control took what stood there at the beginning
      box.hidden = name === 'assumed' && (counts[at] ?? 0) === 0;
    }
  }

  /** Redraws the examples in the theme's colours. */
  setPalette(palette: Palette): void {
    const all = { ...palette, shown: categories.map(() => true) };
    for (const name of categories) {
      drawSwatch(this.rows[name].swatch, all, exampleOf[name], 14);
    }
  }

  private row(name: Category, filtered: () => void): Row {
    const swatch = element('canvas', 'swatch');
    swatch.setAttribute('aria-hidden', 'true');
    const number = element('span', 'count', '0');
    const label = element('span', 'entry', swatch, categoryName(name), ' ', number);
    const box = checkbox([label], !this.hidden.has(name), (on) => {
      if (on) {
        this.hidden.delete(name);
      } else {
        this.hidden.add(name);
      }
      filtered();
    });
    box.title = categoryMeaning(name);
    this.element.append(box);
    return { box, swatch, count: number };
  }
}

/** Draws a cell byte's picture into a small canvas of that many CSS pixels. */
export function drawSwatch(canvas: HTMLCanvasElement, palette: Palette, cell: number, size: number): void {
  const pixels = Math.round(size * window.devicePixelRatio);
  canvas.width = pixels;
  canvas.height = pixels;
  canvas.style.width = `${size}px`;
  canvas.style.height = `${size}px`;
  const context = canvas.getContext('2d');
  if (context) {
    drawCell(context, palette, cell, pixels, pixels);
  }
}
