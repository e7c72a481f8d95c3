// The whole page: asks the extension for the file, and hands it to table, record and summary.

import type { FileChannel, FilePicture } from '../../src/protocol';
import { button, element, textField } from '../common/controls';
import { takeKeys } from '../common/focus';
import { connect, type Host } from '../common/host';
import { l10n } from '../common/texts';
import { RecordPane } from './recordPane';
import { summaryOf } from './summary';
import { RowTable, tableKeys } from './table';

const tabs = ['events', 'summary'] as const;
type Tab = (typeof tabs)[number];

/** What VS Code keeps for us while the webview is hidden and over reloads of the window. */
interface Kept {
  readonly tab: Tab;
  readonly text: string;
  readonly kind: string;
  readonly row: number;
}

export class FilePage {
  readonly element = element('main', 'file is-loading');
  private readonly host: Host<FileChannel, Kept>;
  private readonly facts = element('p', 'muted facts');
  private readonly title = element('h1');
  private readonly problem = element('p', 'problem');
  private readonly tabList = element('div', 'tabs');
  private readonly kinds = document.createElement('select');
  private readonly filterText = textField(l10n.t('Filter'), l10n.t('Filter: words in task, event and fields'), () =>
    this.filter(),
  );
  private readonly goToText = textField(l10n.t('Go to'), '', (text) => this.goTo(text));
  private readonly said = element('span', 'said muted');
  private readonly live = element('div', 'screen-reader');
  private readonly record = new RecordPane();
  private readonly summary = element('div', 'summary');
  private readonly rowsPane = element('div', 'events');
  private readonly waiting = element('section', 'waiting');
  private readonly waitingText = element('p', '', l10n.t('Reading the file…'));
  private readonly tools = element(
    'div',
    'tools',
    button(l10n.t('Debug'), () => void this.ask('debug')),
    button(l10n.t('Convert to Text…'), () => void this.ask('convert')),
  );
  private readonly table = new RowTable({
    fetch: (from, to) => this.host.channel.ask('rows', { from, to }),
    moved: (row, number) => this.moved(row, number),
    chosen: () => this.record.focus(),
  });
  private readonly takeKeys = takeKeys(this.table);
  private picture: FilePicture | undefined;
  private tab: Tab = 'events';
  /** Counts the records asked for, so that the last one wins. */
  private asked = 0;

  constructor() {
    this.host = connect<FileChannel, Kept>({
      progress: ({ text }) => {
        this.waitingText.textContent = text;
      },
      loaded: () => void this.open(),
    });
    this.build();
  }

  /** Asks for the file and shows it, or how far its reading is. */
  start(): void {
    void this.open();
  }

  private build(): void {
    this.kinds.setAttribute('aria-label', l10n.t('Kind'));
    this.kinds.addEventListener('change', () => this.filter());
    this.live.setAttribute('role', 'status');
    this.live.setAttribute('aria-live', 'polite');
    this.said.setAttribute('role', 'status');
    this.problem.setAttribute('role', 'alert');
    this.tabList.setAttribute('role', 'tablist');
    this.tabList.append(...tabs.map((tab) => this.tabButton(tab)));
    for (const [tab, pane] of [
      ['events', this.rowsPane],
      ['summary', this.summary],
    ] as const) {
      pane.id = `pane-${tab}`;
      pane.setAttribute('role', 'tabpanel');
      pane.setAttribute('aria-labelledby', `tab-${tab}`);
    }
    this.summary.tabIndex = 0;
    this.rowsPane.append(
      element('div', 'filters', this.filterText, this.kinds, this.goToText, this.said),
      element('div', 'split', this.table.element, this.record.element),
      element('p', 'muted keys', tableKeys()),
    );
    this.waiting.append(
      this.waitingText,
      button(l10n.t('Stop Reading'), () => void this.ask('stop')),
    );
    this.element.append(
      element('header', 'top', element('div', 'headings', this.title, this.facts), this.tools),
      this.problem,
      this.tabList,
      this.rowsPane,
      this.summary,
      this.waiting,
      this.live,
    );
  }

  private tabButton(tab: Tab): HTMLElement {
    const made = document.createElement('button');
    made.id = `tab-${tab}`;
    made.className = 'tab';
    made.setAttribute('role', 'tab');
    made.setAttribute('aria-controls', `pane-${tab}`);
    made.textContent = tab === 'events' ? l10n.t('Records') : l10n.t('Summary');
    made.addEventListener('click', () => this.showTab(tab));
    made.addEventListener('keydown', (event) => {
      if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
        const other = tabs.find((one) => one !== this.tab) ?? tab;
        this.showTab(other);
        document.getElementById(`tab-${other}`)?.focus();
      }
    });
    return made;
  }

  private showTab(tab: Tab): void {
    this.tab = tab;
    for (const one of tabs) {
      const selected = one === tab;
      const head = document.getElementById(`tab-${one}`);
      head?.setAttribute('aria-selected', String(selected));
      head?.setAttribute('tabindex', selected ? '0' : '-1');
    }
    this.rowsPane.hidden = tab !== 'events';
    this.summary.hidden = tab !== 'summary';
    this.keep();
  }

  private async open(): Promise<void> {
    try {
      const picture = await this.host.channel.ask('open', undefined);
      if (picture !== undefined) {
        await this.show(picture);
      }
    } catch (error) {
      this.element.classList.add('is-failed');
      this.waitingText.textContent = messageOf(error);
      this.waitingText.setAttribute('role', 'alert');
    }
  }

  private async show(picture: FilePicture): Promise<void> {
    this.picture = picture;
    this.element.classList.remove('is-loading');
    this.title.textContent = picture.title;
    this.facts.textContent = picture.facts.join(' · ');
    this.problem.textContent = picture.problem ?? '';
    this.problem.hidden = picture.problem === undefined;
    this.tools.hidden = !picture.isTrace;
    this.goToText.placeholder = l10n.t('Go to: {0}', picture.goToHint);
    const all = new Option(l10n.t('All kinds ({0})', count(picture.rows)), '');
    const options = picture.kinds.map((kind) => new Option(`${kind.name} (${count(kind.count)})`, kind.name));
    this.kinds.replaceChildren(all, ...options);
    this.summary.replaceChildren(...summaryOf(picture.sections));
    const { kept } = this.host;
    this.showTab(tabs.find((tab) => tab === kept.tab) ?? 'events');
    this.filterText.value = typeof kept.text === 'string' ? kept.text : '';
    this.kinds.value = picture.kinds.some(({ name }) => name === kept.kind) ? String(kept.kind) : '';
    this.takeKeys();
    await this.filter(Number.isInteger(kept.row) ? kept.row : 0);
  }

  /** Shows the rows that the filter lets through. */
  private async filter(row = 0): Promise<void> {
    const { picture } = this;
    if (picture === undefined) {
      return;
    }
    const kinds = this.kinds.value === '' ? [] : [this.kinds.value];
    this.said.textContent = l10n.t('Filtering…');
    try {
      const { rows } = await this.host.channel.ask('filter', { text: this.filterText.value, kinds });
      this.said.textContent = rows === picture.rows ? '' : l10n.t('{0} of {1}', count(rows), count(picture.rows));
      this.table.show(picture.columns, rows, picture.title, row);
      this.record.element.hidden = rows === 0;
      this.keep();
    } catch {
      // another filter was set meanwhile, and shows its own rows
    }
  }

  private async goTo(text: string): Promise<void> {
    const { row, sentence } = await this.host.channel.ask('goTo', { text });
    this.said.textContent = sentence;
    if (row !== undefined) {
      this.table.goTo(row);
      this.table.focus();
    }
  }

  /** The current row moved: shows its record. */
  private async moved(row: number, number: number | undefined): Promise<void> {
    if (number === undefined) {
      return;
    }
    const asked = ++this.asked;
    this.live.textContent = this.table.sentence(row);
    const record = await this.host.channel.ask('record', { number });
    if (asked === this.asked) {
      this.record.show(record);
      this.keep();
    }
  }

  private async ask(name: 'stop' | 'debug' | 'convert'): Promise<void> {
    await this.host.channel.ask(name, undefined);
  }

  private keep(): void {
    const { tab } = this;
    this.host.keep({ tab, text: this.filterText.value, kind: this.kinds.value, row: this.table.row });
  }
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
