// The whole page: asks the extension for the table and its changes, and hands them to map, legend and read-out.

import {
  type CellDescription,
  type FindAnswer,
  type HeatmapChannel,
  type HeatmapPicture,
  type HeatmapUpdate,
  maxCellsPerRequest,
  maxHeatmapCells,
  slotsPerPteg,
} from '../../src/protocol';
import { button, element, textField } from '../common/controls';
import { takeKeys } from '../common/focus';
import { connect, type Host } from '../common/host';
import { l10n } from '../common/texts';
import { onThemeChange } from '../common/theme';
import { type Category, Cells, categories } from './cells';
import { Changes, changesSentence, type Transition } from './changes';
import { zoomStep } from './keys';
import { Legend } from './legend';
import { HeatmapMap, type MapView, wholeTable } from './map';
import { type Palette, readPalette } from './palette';
import { Readout } from './readout';
import { findHere } from './search';
import { cellName, count, entryName, entrySentence } from './words';

/** What VS Code keeps for us while the webview is hidden and over reloads of the window. */
interface Kept {
  readonly title: string;
  readonly generation: number;
  readonly cursor: number;
  readonly view: MapView;
  readonly hidden: readonly Category[];
}

export class HeatmapPage {
  readonly element = element('main', 'heatmap');
  private readonly host: Host<HeatmapChannel, Kept>;
  private readonly legend: Legend;
  private readonly map: HeatmapMap;
  private readonly readout = new Readout((index) => this.goTo(index));
  private readonly changes = new Changes((index) => this.goTo(index));
  private readonly title = element('h1');
  private readonly facts = element('span', 'muted');
  private readonly hover = element('span', 'hover mono');
  private readonly said = element('span', 'said');
  private readonly live = element('div', 'screen-reader');
  private readonly empty = element('section', 'empty');
  private readonly search = textField(l10n.t('Go to HPTE'), l10n.t('Index, pteg, ea, gpa, gfn…'), (text) =>
    this.find(text),
  );
  private palette: Palette;
  private picture: HeatmapPicture | undefined;
  private cells = new Cells(1);
  private pteg: readonly CellDescription[] | undefined;
  private found: FindAnswer & { text: string; next: number } = { text: '', sentence: '', indexes: [], next: 0 };
  /** Set while something is asked, so that at most one question of a kind is on its way. */
  private readonly busy = { update: false, describe: false };
  private readonly stale = { update: false, describe: false };
  /** The entry that the person went to and that the live region has not named yet, for want of its description. */
  private unsaid: number | undefined;
  /** The entry under the mouse. */
  private over: number | undefined;
  private keeping: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.host = connect<HeatmapChannel, Kept>({
      changed: () => this.update(),
      cursor: ({ index }) => this.follow(index),
    });
    const hidden = (Array.isArray(this.host.kept.hidden) ? this.host.kept.hidden : []).filter((name) =>
      categories.includes(name),
    );
    this.legend = new Legend(new Set(hidden), () => this.repalette());
    this.palette = readPalette(this.legend.shown);
    this.map = new HeatmapMap(this.palette, {
      cursorMoved: (index) => this.cursorMoved(index),
      revealed: (index) => this.select(index, true),
      hovered: (index) => this.hovered(index),
      viewChanged: () => this.keep(),
      keyed: (action) => this.keyed(action),
    });
    this.build();
    takeKeys(this.map.element);
    onThemeChange(() => this.repalette());
  }

  /** Asks for the table and shows it. */
  async start(): Promise<void> {
    this.repalette();
    await this.show(await this.host.channel.ask('open', undefined));
  }

  private build(): void {
    const icons = element(
      'div',
      'buttons',
      button(l10n.t('Previous HPTE in use (p)'), () => this.nextEntry(-1), 'chevron-left'),
      button(l10n.t('Next HPTE in use (n)'), () => this.nextEntry(1), 'chevron-right'),
      button(l10n.t('Next HPTE changed by this step (c)'), () => this.nextChanged(), 'target'),
      element('span', 'separator'),
      button(l10n.t('Zoom out (-)'), () => this.map.zoomBy(1 / zoomStep), 'zoom-out'),
      button(l10n.t('Zoom in (+)'), () => this.map.zoomBy(zoomStep), 'zoom-in'),
      button(l10n.t('Zoom to the cursor (z)'), () => this.map.zoomTo(this.map.cursor), 'inspect'),
      button(l10n.t('Show the whole table (f)'), () => this.map.fit(), 'screen-full'),
    );
    this.hover.textContent = keyHint();
    this.live.setAttribute('role', 'status');
    this.live.setAttribute('aria-live', 'polite');
    this.said.setAttribute('role', 'status');
    this.empty.append(
      element('h2', '', l10n.t('No run is open')),
      element(
        'p',
        '',
        l10n.t('Open a .hpt scenario, a trace or a table dump and press F5: each of its HPTEs becomes a cell here.'),
      ),
    );
    this.element.append(
      element(
        'header',
        'top',
        element('div', 'headings', this.title, this.facts),
        element('div', 'tools', this.search, icons),
      ),
      element('div', 'legend-line', this.legend.element, this.changes.element),
      this.map.element,
      element('div', 'foot', this.hover, this.said),
      this.readout.element,
      this.empty,
      this.live,
    );
    this.setEmpty(true);
  }

  private setEmpty(empty: boolean): void {
    this.element.classList.toggle('is-empty', empty);
  }

  /** Shows a table from the beginning, or that there is none. */
  private async show(picture: HeatmapPicture | undefined): Promise<void> {
    this.picture = picture;
    this.setEmpty(!picture);
    if (!picture) {
      this.live.textContent = l10n.t('No run is open');
      return;
    }
    const { table, title } = picture;
    const total = table.npteg * slotsPerPteg;
    this.describeTable(picture);
    if (total > maxHeatmapCells) {
      this.said.textContent = l10n.t('A table of order {0} is too large to be drawn.', String(table.order));
      this.live.textContent = this.said.textContent;
      return;
    }
    const { kept } = this.host;
    const same = kept.title === title && kept.generation === table.generation;
    this.cells = new Cells(table.npteg);
    this.pteg = undefined;
    const cursor = picture.cursor ?? (same ? kept.cursor : undefined) ?? picture.outlined[0];
    this.map.setCells(this.cells, wholeNumber(cursor ?? 0), same && isView(kept.view) ? kept.view : wholeTable);
    await this.load(picture);
    if (cursor === undefined) {
      this.map.setCursor(this.cells.next(-1, 1, (category) => category !== 'free') ?? 0);
    }
    const transitions = picture.outlined.map((index) => this.transition(index, undefined));
    this.showPicture(picture, transitions);
    this.live.textContent = changesSentence(picture, transitions);
    this.describeCursor();
  }

  /** Fetches all cells, in parts; stops when another table has taken this one's place. */
  private async load({ table }: HeatmapPicture): Promise<void> {
    const { cells } = this;
    const total = table.npteg * slotsPerPteg;
    this.busy.update = true;
    try {
      for (let from = 0; from < total; from += maxCellsPerRequest) {
        const to = Math.min(total, from + maxCellsPerRequest);
        const bytes = await this.host.channel.ask('cells', { generation: table.generation, from, to });
        if (bytes.byteLength > 0) {
          cells.write(from, new Uint8Array(bytes));
        }
        this.map.update();
      }
    } catch (error) {
      this.stale.update = true; // the table went away while it was read: the next update says what is there now
      this.said.textContent = String(error instanceof Error ? error.message : error);
    }
    this.busy.update = false;
    if (this.stale.update) {
      this.update();
    }
  }

  /** Something changed: asks what, unless that question is on its way already; then it is asked again after it. */
  private update(): void {
    if (this.busy.update) {
      this.stale.update = true;
      return;
    }
    this.busy.update = true;
    this.stale.update = false;
    this.host.channel
      .ask('update', undefined)
      .then((update) => this.apply(update))
      .finally(() => {
        this.busy.update = false;
        if (this.stale.update) {
          this.update();
        }
      });
  }

  private async apply(update: HeatmapUpdate): Promise<void> {
    if (update.kind === 'reset') {
      this.busy.update = false;
      await this.show(update.picture);
      return;
    }
    const { picture, ranges } = update;
    const before = new Map(picture.outlined.map((index) => [index, this.cells.bytes[index]]));
    const all = new Uint8Array(update.cells);
    for (let at = 0, taken = 0; at < ranges.length; at += 2) {
      const [from = 0, to = 0] = [ranges[at], ranges[at + 1]];
      this.cells.write(from, all.subarray(taken, taken + to - from));
      taken += to - from;
    }
    if (picture.moment !== this.picture?.moment) {
      // what a search found was said of the moment before
      this.said.textContent = '';
      this.found = { text: '', sentence: '', indexes: [], next: 0 };
    }
    this.picture = picture;
    const transitions = picture.outlined.map((index) => this.transition(index, before.get(index)));
    this.showPicture(picture, transitions);
    this.live.textContent = changesSentence(picture, transitions);
    this.describeCursor();
  }

  private transition(index: number, before: number | undefined): Transition {
    return { index, before, after: this.cells.bytes[index] ?? 0 };
  }

  private showPicture(picture: HeatmapPicture, transitions: readonly Transition[]): void {
    this.describeTable(picture);
    this.legend.setCounts(this.cells.counts);
    this.changes.show(picture, transitions);
    this.map.update({ outlined: picture.outlined });
    this.sayHovered();
  }

  private describeTable({ title, moment, table }: HeatmapPicture): void {
    this.title.textContent = moment;
    this.facts.textContent = l10n.t(
      '{0} · order {1} · {2} PTEGs · {3} HPTEs',
      title,
      String(table.order),
      count(table.npteg),
      count(table.npteg * slotsPerPteg),
    );
  }

  /** Asks for the entries of the cursor's PTEG; the last cursor wins. */
  private describeCursor(): void {
    const { picture } = this;
    if (this.busy.describe || !picture) {
      this.stale.describe = true;
      return;
    }
    this.busy.describe = true;
    this.stale.describe = false;
    const { generation } = picture.table;
    this.host.channel
      .ask('describe', { generation, pteg: Math.floor(this.map.cursor / slotsPerPteg) })
      .then((pteg) => {
        this.pteg = pteg;
        this.readCursor();
      })
      .catch(() => undefined) // refused: the table was replaced meanwhile, and its successor asks again
      .finally(() => {
        this.busy.describe = false;
        if (this.stale.describe) {
          this.describeCursor();
        }
      });
  }

  /** Shows the entry under the cursor in words, as far as it is described. */
  private readCursor(): void {
    const { cursor } = this.map;
    const first = cursor - (cursor % slotsPerPteg);
    const pteg = this.pteg?.[0]?.index === first ? this.pteg : undefined;
    const changed = new Set(this.picture?.outlined);
    this.readout.show({ cursor, npteg: this.cells.npteg, pteg, changed, palette: this.palette });
    const described = pteg?.[cursor % slotsPerPteg];
    this.map.update({ ring: described?.ring ?? [] });
    // what was described before the run moved is told anew
    if (described && this.unsaid === cursor && !this.stale.describe) {
      this.unsaid = undefined;
      this.live.textContent = entrySentence(cursor, this.cells.bytes[cursor] ?? 0, described);
    }
  }

  /** The person moved the cursor in the map, or went to an entry. */
  private cursorMoved(index: number): void {
    this.said.textContent = '';
    this.unsaid = index;
    this.readCursor();
    this.describeCursor();
    this.select(index, false);
    this.keep();
  }

  private goTo(index: number): void {
    this.map.setCursor(index);
    this.cursorMoved(index);
  }

  /** Another view moved the selection. */
  private follow(index: number): void {
    if (index !== this.map.cursor && index < this.cells.bytes.length) {
      this.map.setCursor(index);
      this.readCursor();
      this.describeCursor();
    }
  }

  private select(index: number, reveal: boolean): void {
    const { picture } = this;
    if (picture) {
      const { generation } = picture.table;
      this.host.channel.ask('select', { generation, index, reveal }).catch(() => undefined); // replaced meanwhile
    }
  }

  private hovered(index: number | undefined): void {
    this.over = index;
    this.sayHovered();
  }

  /** Says what lies under the mouse, as it is at this moment. */
  private sayHovered(): void {
    const { over: index } = this;
    const cell = index === undefined ? undefined : this.cells.bytes[index];
    this.hover.textContent =
      index === undefined || cell === undefined ? keyHint() : `${entryName(index)} · ${cellName(cell)}`;
  }

  private keyed(action: 'goTo' | 'nextEntry' | 'previousEntry' | 'nextChanged'): void {
    switch (action) {
      case 'goTo':
        this.search.focus();
        break;
      case 'nextEntry':
        this.nextEntry(1);
        break;
      case 'previousEntry':
        this.nextEntry(-1);
        break;
      case 'nextChanged':
        this.nextChanged();
        break;
    }
  }

  /** The next entry that is not free and that the legend shows. */
  private nextEntry(step: 1 | -1): void {
    const { shown } = this.legend;
    const next = this.cells.next(this.map.cursor, step, (category) => category !== 'free' && shown.has(category));
    if (next === undefined) {
      this.said.textContent = l10n.t('No HPTE is in use.');
    } else {
      this.goTo(next);
    }
  }

  private nextChanged(): void {
    const outlined = this.picture?.outlined ?? [];
    const next = outlined.find((index) => index > this.map.cursor) ?? outlined[0];
    if (next === undefined) {
      this.said.textContent = l10n.t('This step changed no HPTE.');
    } else {
      this.goTo(next);
    }
  }

  /** Goes to what was typed; the same text again goes to the next entry found. */
  private async find(text: string): Promise<void> {
    if (!this.picture || !text.trim()) {
      return;
    }
    if (text !== this.found.text) {
      const answer = findHere(text, this.cells.npteg) ?? (await this.host.channel.ask('find', { text }));
      this.found = { text, ...answer, next: 0 };
    }
    const { indexes, next, sentence } = this.found;
    const index = indexes[next];
    if (index !== undefined) {
      this.found.next = (next + 1) % indexes.length;
      this.goTo(index);
    }
    this.said.textContent = sentence;
  }

  /** Another theme, or another filter. */
  private repalette(): void {
    this.palette = readPalette(this.legend.shown);
    this.legend.setPalette(this.palette);
    this.map.update({ palette: this.palette });
    this.readCursor();
    this.keep();
  }

  /** Keeps the state, after a moment of quiet: a drag changes it with every frame. */
  private keep(): void {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => {
      const { picture, map } = this;
      if (picture) {
        const hidden = categories.filter((name) => !this.legend.shown.has(name));
        const { generation } = picture.table;
        this.host.keep({ title: picture.title, generation, cursor: map.cursor, view: map.view, hidden });
      }
    }, 200);
  }
}

/** What the map's keys do, while there is nothing else to say. */
function keyHint(): string {
  return l10n.t('Arrows move · +/- zoom · f all · z near · g go · n/p used · c changed');
}

function wholeNumber(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0;
}

function isView(view: unknown): view is MapView {
  const { scale, centre } = (view ?? {}) as Partial<MapView>;
  return Number.isFinite(scale) && Number.isSafeInteger(centre) && Number(scale) >= 0 && Number(centre) >= 0;
}
