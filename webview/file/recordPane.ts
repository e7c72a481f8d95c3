// The record behind the current row: its fields, the text that the kernel prints of it, and its bytes.

import type { FileRecord } from '../../src/protocol';
import { element } from '../common/controls';
import { l10n } from '../common/texts';

/** Bytes of a record that are written out. */
const mostBytes = 4096;
const bytesInLine = 16;

export class RecordPane {
  readonly element = element('section', 'record');
  private readonly title = element('h2');
  private readonly place = element('p', 'muted');
  private readonly text = element('p', 'mono printed');
  private readonly fields = element('table', 'fields');
  private readonly bytes = element('pre', 'mono bytes');

  constructor() {
    this.element.tabIndex = 0;
    this.element.setAttribute('aria-label', l10n.t('Record'));
    const heading = element('h3', '', l10n.t('Bytes'));
    this.element.append(this.title, this.place, this.text, this.fields, heading, this.bytes);
  }

  show(record: FileRecord): void {
    this.title.textContent = record.title;
    this.place.textContent = record.place;
    this.text.textContent = record.text ?? '';
    this.text.hidden = !record.text;
    const hasTypes = record.fields.some(({ type }) => type !== undefined);
    const head = [l10n.t('Field'), ...(hasTypes ? [l10n.t('Type')] : []), l10n.t('Value'), l10n.t('Meaning')];
    this.fields.replaceChildren(
      element('thead', '', element('tr', '', ...head.map((title) => element('th', '', title)))),
      element(
        'tbody',
        '',
        ...record.fields.map(({ name, type, value, meaning }) =>
          element(
            'tr',
            '',
            element('th', 'mono', name),
            ...(hasTypes ? [element('td', 'muted', type ?? '')] : []),
            element('td', 'mono', value),
            element('td', '', meaning ?? ''),
          ),
        ),
      ),
    );
    this.bytes.textContent = hexText(new Uint8Array(record.bytes));
  }

  focus(): void {
    this.element.focus();
  }
}

/** `0010  6e 1c 00 00 …  n...`: sixteen bytes a line. */
function hexText(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, mostBytes); at += bytesInLine) {
    const part = [...bytes.subarray(at, at + bytesInLine)];
    const digits = part.map((byte, i) => `${i === 8 ? ' ' : ''}${byte.toString(16).padStart(2, '0')}`).join(' ');
    const text = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(bytesInLine * 3)}  ${text}`);
  }
  if (bytes.length > mostBytes) {
    lines.push(l10n.t('… and {0} more bytes', String(bytes.length - mostBytes)));
  }
  return lines.join('\n');
}
