// The words beside the picture: the entry under the cursor decoded field by field, and its PTEG as a table of eight rows,
// which says all that the picture shows.

import { type CellDescription, slotsPerPteg } from '../../src/protocol';
import { element } from '../common/controls';
import { l10n } from '../common/texts';
import { categories } from './cells';
import { drawSwatch } from './legend';
import type { Palette } from './palette';
import { cellName, flagLetters, hex } from './words';

/** What is read out. */
export interface ReadoutScene {
  readonly cursor: number;
  readonly npteg: number;
  /** The eight entries of the cursor's PTEG; undefined until the extension has answered. */
  readonly pteg: readonly CellDescription[] | undefined;
  /** Entries that the last step changed. */
  readonly changed: ReadonlySet<number>;
  readonly palette: Palette;
}

export class Readout {
  readonly element = element('section', 'details');
  private readonly heading = element('h2');
  private readonly fields = element('dl', 'fields');
  private readonly caption = element('caption');
  private readonly body = element('tbody');

  /** @param goTo called with the entry that was chosen in the table, the ring or the hash pair */
  constructor(private readonly goTo: (index: number) => void) {
    const head = element('tr');
    for (const name of [
      l10n.t('Slot'),
      l10n.t('HPTE'),
      l10n.t('State'),
      l10n.t('Flags'),
      l10n.t('Dword 0'),
      l10n.t('Dword 1'),
      'gfn',
    ]) {
      const cell = element('th', '', name);
      cell.scope = 'col';
      head.append(cell);
    }
    const table = element('table', 'pteg', this.caption, element('thead', '', head), this.body);
    this.element.setAttribute('aria-label', l10n.t('Entry under the cursor'));
    this.element.tabIndex = 0;
    this.element.append(
      element('div', 'entry-fields', this.heading, this.fields),
      element('div', 'entry-table', table),
    );
  }

  show(scene: ReadoutScene): void {
    const { cursor, pteg } = scene;
    const described = pteg?.[cursor % slotsPerPteg];
    this.showFields(scene, described);
    this.showTable(scene);
  }

  private showFields({ cursor, npteg, palette }: ReadoutScene, described: CellDescription | undefined): void {
    const pteg = Math.floor(cursor / slotsPerPteg);
    this.heading.replaceChildren(element('span', 'mono', `HPTE ${hex(cursor)}`));
    if (described?.label) {
      this.heading.append(element('span', 'badge', described.label));
    }
    const rows: [string, (Node | string)[], string?][] = [
      [l10n.t('place'), [l10n.t('PTEG {0} slot {1}', hex(pteg), String(cursor % slotsPerPteg))]],
      [l10n.t('hash pair'), [this.link(`PTEG ${hex(npteg - 1 - pteg)}`, (npteg - 1 - pteg) * slotsPerPteg)]],
    ];
    if (described) {
      rows.unshift([l10n.t('state'), [swatch(palette, described.cell), cellName(described.cell)], described.cause]);
      rows.push(...this.describedRows(described));
    }
    this.fields.replaceChildren(
      ...rows.map(([name, value, meaning]) => {
        const shown = element('dd', 'mono', ...value);
        if (meaning) {
          shown.append(' ', element('span', 'meaning', meaning));
        }
        return element('div', '', element('dt', '', name), shown);
      }),
    );
  }

  private describedRows(described: CellDescription): [string, (Node | string)[], string?][] {
    const rows: [string, (Node | string)[], string?][] = [];
    const add = (name: string, value: string | undefined) => {
      if (value !== undefined) {
        rows.push([name, [value]]);
      }
    };
    add('gfn', described.gfn);
    add(l10n.t('memslot'), described.memslot?.toString());
    add(l10n.t('guest view'), described.guestRpte);
    if (described.ring.length > 0) {
      rows.push([l10n.t('rmap ring'), this.ringLinks(described)]);
    }
    for (const { name, value, meaning } of described.fields) {
      rows.push([name, [value], meaning]);
    }
    add(l10n.t('known'), described.certainty);
    return rows;
  }

  private ringLinks({ ring, index }: CellDescription): (Node | string)[] {
    const shown = ring.slice(0, 16).flatMap((member, at) => {
      const name = hex(member);
      return [at > 0 ? ' ' : '', member === index ? element('b', '', name) : this.link(name, member)];
    });
    return ring.length > 16 ? [...shown, l10n.t(' and {0} more', String(ring.length - 16))] : shown;
  }

  private showTable({ cursor, pteg, changed, palette }: ReadoutScene): void {
    const first = cursor - (cursor % slotsPerPteg);
    this.caption.textContent = `PTEG ${hex(first / slotsPerPteg)}`;
    this.body.replaceChildren(
      ...Array.from({ length: slotsPerPteg }, (_, slot) => {
        const index = first + slot;
        const row = this.row(index, slot, pteg?.[slot], palette);
        if (index === cursor) {
          row.setAttribute('aria-current', 'true');
        }
        row.classList.toggle('changed', changed.has(index));
        return row;
      }),
    );
  }

  private row(
    index: number,
    slot: number,
    described: CellDescription | undefined,
    palette: Palette,
  ): HTMLTableRowElement {
    const name = element('th', '', String(slot));
    name.scope = 'row';
    const row = element('tr', '', name, element('td', 'mono', this.link(hex(index), index)));
    if (!described) {
      const waiting = element('td', 'waiting', '…');
      waiting.colSpan = 5;
      row.append(waiting);
      return row;
    }
    const { cell, dword0, dword1, gfn, state } = described;
    const word = (value: string | undefined) => element('td', 'mono', state === 'free' ? '' : (value ?? '?'));
    row.classList.toggle('free', state === 'free');
    row.append(
      element('td', 'state', swatch(palette, cell), cellName(cell)),
      element('td', 'mono', flagLetters(cell)),
      word(dword0),
      word(dword1),
      element('td', 'mono', gfn ?? ''),
    );
    return row;
  }

  private link(text: string, index: number): HTMLButtonElement {
    const made = element('button', 'link', text);
    made.type = 'button';
    made.addEventListener('click', () => this.goTo(index));
    return made;
  }
}

function swatch(palette: Palette, cell: number): HTMLCanvasElement {
  const made = element('canvas', 'swatch');
  made.setAttribute('aria-hidden', 'true');
  drawSwatch(made, { ...palette, shown: categories.map(() => true) }, cell, 12);
  return made;
}
