// Texts that a person reads, in VS Code's display language, for code that must not import `vscode` (view models, tests on
// Node). `activate` hands in the extension's bundle; without it the texts are English.

import * as l10n from '@vscode/l10n';
import { ASSUMPTIONS, type AssumptionName, namesIn } from '../timeline/assumptions';
import type { Cause, Certainty } from '../timeline/known';

export { l10n };

/** A number in hex, with "0x". */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** A 64-bit word: "0x" and sixteen digits. */
export function hex64(value: bigint): string {
  return `0x${value.toString(16).padStart(16, '0')}`;
}

/** A size in bytes as the kernel writes it: 4K, 64K, 16M, 1G. */
export function size(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T', 'P'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value}${units[unit]}`;
}

/** A count with thousands separated. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** Words that stand alone: with a capital, and a full stop. */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** Why something is unknown, in words. */
export function causeText(cause: Cause): string {
  switch (cause) {
    case 'no first dump':
      return l10n.t('no dump so far');
    case 'hidden bulk pairs':
      return l10n.t('H_BULK_REMOVE may have removed it: two of its pairs are not in the trace');
    case 'slot not told':
      return l10n.t('the trace does not tell the slot');
    case 'host presence':
      return l10n.t('host presence: whether the host had the page');
    case 'frame not traced':
      return l10n.t('host frames are not in the trace');
    case 'R and C not traced':
      return l10n.t('R and C change without events');
    case 'VRMA':
      return l10n.t('the first run fills the real-mode area');
    case 'untraced ioctl':
      return l10n.t('the VMM may have changed the table');
    case 'resize':
      return l10n.t('unknown before the resize');
    case 'race':
      return l10n.t('another task may have been faster');
    case 'memslots not told':
      return l10n.t('the recording does not tell the memslots');
    case 'real-mode hypercalls':
      return l10n.t('hypercalls in real mode are not traced');
    case 'lost events':
      return l10n.t('events were lost');
    case 'events not recorded':
      return l10n.t('events of this kind were not recorded');
    case 'divergence':
      return l10n.t('the trace contradicted the replay');
  }
}

/** What is assumed, in words. @param set of assumptions */
export function assumptionsText(set: number): string {
  return namesIn(set).map(assumptionText).join('; ');
}

/** One assumption, in words: translations are found by the sentence of its table. */
export function assumptionText(name: AssumptionName): string {
  return l10n.t(ASSUMPTIONS[name].sentence);
}

/** How something is known, in one word. */
export function certaintyText(certainty: Certainty): string {
  switch (certainty) {
    case 'observed':
      return l10n.t('observed');
    case 'inferred':
      return l10n.t('inferred');
    case 'assumed':
      return l10n.t('assumed');
    case 'unknown':
      return l10n.t('unknown');
  }
}
