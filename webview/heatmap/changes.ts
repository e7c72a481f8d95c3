// The line that says what the last step did to the table: "2 changed: 0x1f3 valid → absent, …", each a click away.

import type { HeatmapPicture } from '../../src/protocol';
import { element } from '../common/controls';
import { l10n } from '../common/texts';
import { cellName, count, hex } from './words';

/** One entry that the last step changed; what it was is not known when the webview has just been opened. */
export interface Transition {
  readonly index: number;
  readonly before: number | undefined;
  readonly after: number;
}

const mostNamed = 4;

export class Changes {
  readonly element = element('p', 'changes');

  constructor(private readonly goTo: (index: number) => void) {}

  show(picture: HeatmapPicture, transitions: readonly Transition[]): void {
    const { outlinedTotal } = picture;
    if (outlinedTotal === 0) {
      this.element.replaceChildren(element('span', 'muted', l10n.t('This step changed no HPTE.')));
      return;
    }
    const named = transitions.slice(0, mostNamed).map((transition) => {
      const made = element('button', 'link', hex(transition.index));
      made.type = 'button';
      made.addEventListener('click', () => this.goTo(transition.index));
      return element('span', 'change', made, ` ${stateChange(transition)}`);
    });
    this.element.replaceChildren(element('span', 'badge', l10n.t('{0} changed', count(outlinedTotal))), ...named);
    if (outlinedTotal > named.length) {
      this.element.append(element('span', 'muted', l10n.t('and {0} more', count(outlinedTotal - named.length))));
    }
  }
}

/** The same in one sentence, for the live region. */
export function changesSentence({ moment, outlinedTotal }: HeatmapPicture, transitions: readonly Transition[]): string {
  if (outlinedTotal === 0) {
    return l10n.t('{0}: no HPTE changed.', moment);
  }
  const named = transitions.slice(0, mostNamed).map((change) => `${hex(change.index)} ${stateChange(change)}`);
  return l10n.t('{0}: {1} changed: {2}', moment, count(outlinedTotal), named.join(', '));
}

function stateChange({ before, after }: Transition): string {
  const now = cellName(after);
  if (before === undefined) {
    return now;
  }
  const was = cellName(before);
  return was === now ? l10n.t('{0}, other bits', now) : `${was} → ${now}`;
}
