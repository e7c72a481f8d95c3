// The search box: an index or a PTEG is found here, everything else (ea, gpa, gfn, hva, label) by the extension.

import type { FindAnswer } from '../../src/protocol';
import { slotsPerPteg } from '../../src/protocol';
import { l10n } from '../common/texts';
import { entryName, hex } from './words';

/** Finds what needs the table's size alone; undefined when the extension must be asked. */
export function findHere(text: string, npteg: number): FindAnswer | undefined {
  const [, kind = '', written = ''] = /^\s*(?:(hpte|index|pteg)[\s:=]+)?(0x[0-9a-f]+|\d+)\s*$/i.exec(text) ?? [];
  if (!written) {
    return undefined;
  }
  const number = Number(written);
  if (kind.toLowerCase() === 'pteg') {
    return number < npteg
      ? { indexes: [number * slotsPerPteg], sentence: `PTEG ${hex(number)}` }
      : { indexes: [], sentence: l10n.t('There is no PTEG {0}: the last one is {1}.', written, hex(npteg - 1)) };
  }
  const count = npteg * slotsPerPteg;
  return number < count
    ? { indexes: [number], sentence: entryName(number) }
    : { indexes: [], sentence: l10n.t('There is no HPTE {0}: the last one is {1}.', written, hex(count - 1)) };
}
