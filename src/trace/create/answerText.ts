// What a person types about a recording: moments, sizes, tables and memslots, as `hptscope recording` and the command in the
// workbench take them.

import { parseTraceTime } from '../events';
import type { RecordingAt } from '../recordingFile';
import type { Answers } from './createRecording';

/** What is expected of each, for messages. */
export const expectedText = {
  moment: 'seconds such as 6.486738593, or mark:TEXT',
  hpt: 'ORDER[:allocate|resize|reset][@AT], ORDER from 18 to 46',
  memslot: 'SLOT:GPA:SIZE:HVA[:log][@FROM[..TO]]',
} as const;

/** `0x…`, a decimal number, or one with K, M or G; undefined if the text is none. */
export function parseSize(text: string): bigint | undefined {
  const [, number, unit = ''] = /^(0x[0-9a-f]{1,16}|\d{1,19})([KMG]?)$/i.exec(text) ?? [];
  const shift = { '': 0, k: 10, m: 20, g: 30 }[unit.toLowerCase()];
  return number === undefined || shift === undefined ? undefined : BigInt(number) << BigInt(shift);
}

/** `6.486738593` or `mark:TEXT`. */
export function parseMoment(text: string): RecordingAt | undefined {
  if (text.startsWith('mark:')) {
    return { mark: text.slice('mark:'.length) };
  }
  const ns = parseTraceTime(text);
  return ns === undefined ? undefined : { ns };
}

/** `ORDER[:allocate|resize|reset][@AT]`; the moment may be left out. */
export function parseHpt(text: string): NonNullable<Answers['hpt']>[number] | undefined {
  const [, order, how = 'allocate', moment] = /^(\d{2})(?::(\w+))?(?:@(.+))?$/.exec(text) ?? [];
  const known = (['allocate', 'resize', 'reset'] as const).find((one) => one === how);
  const at = moment === undefined ? undefined : parseMoment(moment);
  if (order === undefined || known === undefined || (moment !== undefined && at === undefined)) {
    return undefined;
  }
  const number = Number(order);
  return number < 18 || number > 46 ? undefined : { order: number, how: known, ...(at === undefined ? {} : { at }) };
}

/** `SLOT:GPA:SIZE:HVA[:log][@FROM[..TO]]`. */
export function parseMemslot(text: string): NonNullable<Answers['memslots']>[number] | undefined {
  const [, slot, gpaText = '', sizeText = '', hvaText = '', log, moments = ''] =
    /^(\d{1,5}):([^:@]+):([^:@]+):([^:@]+?)(:log)?(?:@(.+))?$/.exec(text) ?? [];
  const [gpa, size, hva] = [parseSize(gpaText), parseSize(sizeText), parseSize(hvaText)];
  const [fromText = '', toText = ''] = moments.split('..');
  const [from, to] = [parseMoment(fromText), parseMoment(toText)];
  const isWrong = (fromText !== '' && from === undefined) || (toText !== '' && to === undefined);
  if (slot === undefined || gpa === undefined || size === undefined || hva === undefined || isWrong) {
    return undefined;
  }
  return { slot: Number(slot), gpa, size, hva, logDirty: log !== undefined, from, to };
}
