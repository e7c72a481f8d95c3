// Texts that a person reads, in VS Code's display language, for code that must not import `vscode` (view models, tests on
// Node). `activate` hands in the extension's bundle; without it the texts are English.

import * as l10n from '@vscode/l10n';
import { type AssumptionName, namesIn } from '../timeline/assumptions';
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

/** One assumption, in words. */
export function assumptionText(name: AssumptionName): string {
  switch (name) {
    case 'empty-start':
      return l10n.t('a table of which there is no dump yet is empty');
    case 'nothing-lost':
      return l10n.t('the events that were lost have changed nothing');
    case 'nothing-unrecorded':
      return l10n.t('invalidations, ageing and faults of which the trace has no event did not happen');
    case 'same-table':
      return l10n.t('the VMM has not replaced the table');
    case 'hidden-pairs':
      return l10n.t('the pairs of H_BULK_REMOVE that the trace does not show removed nothing');
    case 'first-free':
      return l10n.t(
        'of several slots that an entry may be in, it is in the first that is known to fit, else the first that may',
      );
    case 'host-present':
      return l10n.t('H_ENTER found the host page mapped');
    case 'hcall-done':
      return l10n.t('a hypercall whose result is not in the trace did what it was asked to');
    case 'vrma-pages':
      return l10n.t('the real-mode area has pages of the size of a host page');
    case 'resize-drops':
      return l10n.t('an entry whose words are not known is not bolted, so that a resize drops it');
    case 'in-order':
      return l10n.t(
        'what overlaps in time happens in the order of its last events, and no invalidation meets a new entry',
      );
    case 'nothing-else':
      return l10n.t('what no event tells happened to the entries only at which it was noticed');
  }
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
