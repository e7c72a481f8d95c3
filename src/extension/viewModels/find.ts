// What the heatmap's search asks for: HPTEs by what a person types, at the current moment. The readings are those of "Go to".

import { allReadings } from '../../debug/goTo/goTo';
import type { Standpoint } from '../../debug/goTo/standpoint';
import type { FindAnswer } from '../../protocol';
import { l10n } from '../texts';
import type { RunView } from './runView';

/** From where the views ask "Go to". */
export function standpointOf(view: RunView, marks: Standpoint['marks'] = []): Standpoint {
  return { run: view.run, labels: view.labelled, marks, entriesOf: (gfn) => view.table.entriesOf(gfn) };
}

export function findEntries(view: RunView, text: string): FindAnswer {
  const { readings, mistake } = allReadings(standpointOf(view), text);
  for (const { sentence, target } of readings) {
    if (target !== undefined && 'entries' in target) {
      return { indexes: target.entries, sentence };
    }
  }
  const [first] = readings.filter(({ target }) => target === undefined);
  return { indexes: [], sentence: mistake ?? first?.sentence ?? l10n.t('That is no HPTE.') };
}
