// How the heatmap says things: hex numbers, states and entries in words.

import { type CellDescription, cellFlag, slotsPerPteg, stateOfCell } from '../../src/protocol';
import { l10n } from '../common/texts';
import { type Category, categories, categoryOfCell } from './cells';

/** "0x1f3". */
export function hex(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** A count with the language's thousands separators. */
export function count(value: number): string {
  return value.toLocaleString(document.documentElement.lang || undefined);
}

/** The legend's name of a category. */
export function categoryName(category: Category): string {
  switch (category) {
    case 'free':
      return l10n.t('Free');
    case 'valid':
      return l10n.t('Valid');
    case 'bolted':
      return l10n.t('Bolted');
    case 'absent':
      return l10n.t('Absent');
    case 'mmio':
      return l10n.t('MMIO');
    case 'unknown':
      return l10n.t('Unknown');
    case 'assumed':
      return l10n.t('Assumed');
  }
}

/** What a category means, for its tooltip. */
export function categoryMeaning(category: Category): string {
  switch (category) {
    case 'free':
      return l10n.t('Neither valid nor absent.');
    case 'valid':
      return l10n.t('HPTE_V_VALID: the hardware may use it.');
    case 'bolted':
      return l10n.t('Valid and bolted, as the VRMA entries are. Other bolted entries carry a dot.');
    case 'absent':
      return l10n.t('HPTE_V_ABSENT: the guest thinks it valid, but its host page is not mapped.');
    case 'mmio':
      return l10n.t('Absent with key 31: an access is emulated MMIO.');
    case 'unknown':
      return l10n.t('Neither observed nor forced by what was observed.');
    case 'assumed':
      return l10n.t('In the state that is shown if what was assumed is true.');
  }
}

/** The state of a cell byte in one word, as the legend names it. */
export function cellName(cell: number): string {
  if ((cell & cellFlag.assumed) !== 0) {
    return l10n.t('{0}, assumed', cellName(cell & ~cellFlag.assumed));
  }
  const bolted = (cell & cellFlag.bolted) !== 0 && stateOfCell(cell) !== 'valid';
  const name = categoryName(categories[categoryOfCell[cell] ?? 0] ?? 'free').toLowerCase();
  return bolted ? l10n.t('{0}, bolted', name) : name;
}

/** The flags of a cell byte: "R C L". */
export function flagLetters(cell: number): string {
  const letters: string[] = [];
  if (cell & cellFlag.bolted) {
    letters.push('B');
  }
  if (cell & cellFlag.large) {
    letters.push('L');
  }
  if (cell & cellFlag.referenced) {
    letters.push('R');
  }
  if (cell & cellFlag.changed) {
    letters.push('C');
  }
  return letters.join(' ');
}

/** "HPTE 0x1f3, PTEG 0x3e slot 3". */
export function entryName(index: number): string {
  const pteg = hex(Math.floor(index / slotsPerPteg));
  return l10n.t('HPTE {0}, PTEG {1} slot {2}', hex(index), pteg, String(index % slotsPerPteg));
}

/** One sentence about an entry, for the live region. */
export function entrySentence(index: number, cell: number, described: CellDescription | undefined): string {
  const parts = [`${entryName(index)}: ${cellName(cell)}`];
  if (described?.label) {
    parts.push(l10n.t('label {0}', described.label));
  }
  const flags = flagLetters(cell);
  if (flags) {
    parts.push(flags);
  }
  if (described?.gfn) {
    parts.push(`gfn ${described.gfn}`);
  }
  if (described && described.ring.length > 1) {
    parts.push(l10n.t('rmap ring of {0}', count(described.ring.length)));
  }
  return parts.join(', ');
}
