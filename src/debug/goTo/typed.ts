// Reads what a person types into "Go to": a number with what it counts, a bare number, a time, a name. Every way in which it can be
// meant is one answer; what can be meant in no way is told with what would be right.

import * as l10n from '@vscode/l10n';

/** What a number can count. */
export const UNITS = [
  'hpte',
  'gfn',
  'gpa',
  'ea',
  'hva',
  'pfn',
  'pteg',
  'avpn',
  'moment',
  'event',
  'line',
  'time',
] as const;
export type Unit = (typeof UNITS)[number];

/** How else people call them. */
const synonyms: Readonly<Record<string, Unit>> = { index: 'hpte', frame: 'pfn', slot: 'hpte', at: 'time' };

/** The segment that an effective address lies in, as far as it was typed. */
export interface SegmentTyped {
  readonly vsid: bigint;
  readonly size?: '256M' | '1T';
  /** log2 of the base page size */
  readonly pageShift?: number;
}

/** One way to read what was typed. */
export type Asked =
  | { readonly as: Exclude<Unit, 'ea' | 'time' | 'moment'>; readonly value: bigint }
  | { readonly as: 'ea'; readonly value: bigint; readonly segment?: SegmentTyped }
  /** `relative`: so many moments from here */
  | { readonly as: 'moment'; readonly value: bigint; readonly relative: boolean }
  /** nanoseconds on the trace's clock */
  | { readonly as: 'time'; readonly value: bigint }
  /** a label, a mark, a kind of event, or the beginning of one; `nth`: which of the kind, from 1 */
  | { readonly as: 'name'; readonly name: string; readonly nth?: number };

/** What was typed cannot be meant: a sentence that says what would be right. */
export interface Mistyped {
  readonly mistake: string;
}

const pageShifts: Readonly<Record<string, number>> = { '4k': 12, '64k': 16, '16m': 24, '16g': 34 };
const longest = 200;
const word = '(?:0x)?[0-9a-f]{1,16}|\\d{1,20}';
const withUnit = new RegExp(`^([a-z]+)[\\s:=#]+(${word}|\\d+\\.\\d+|[+-]?\\d{1,15}|\\d{1,12}[kmgt])$`, 'i');

/** What may be typed, for prompts. */
export function hint(): string {
  return l10n.t('a label, a bookmark, an event kind, or a number behind {0}', UNITS.join(', '));
}

/** @returns the ways to read a text, the likeliest first */
export function readTyped(text: string): readonly Asked[] | Mistyped {
  const typed = text.trim().slice(0, longest);
  const called = /^(?:label|mark|bookmark)[\s:=]+(\S.*)$/i.exec(typed);
  if (called?.[1] !== undefined) return [{ as: 'name', name: called[1] }];
  const address = /^ea[\s:=]+(.+)$/i.exec(typed);
  if (address?.[1] !== undefined) return readAddress(address[1]);
  const counted = withUnit.exec(typed);
  if (counted?.[1] !== undefined) return readCounted(counted[1], counted[2] ?? '');
  const step = /^([+-])\s*(\d{1,15})$/.exec(typed);
  if (step !== null)
    return [{ as: 'moment', value: BigInt(`${step[1] === '-' ? '-' : ''}${step[2]}`), relative: true }];
  const time = nanoseconds(typed.replace(/:$/, ''));
  if (time !== undefined) return [{ as: 'time', value: time }];
  const place = /^[^\s:]*:(\d{1,9})(?::\d+)?$/.exec(typed);
  if (place?.[1] !== undefined) return [{ as: 'line', value: BigInt(place[1]) }];
  const named = /^([A-Za-z_][\w. -]*?)(?:\s+#?(\d{1,9}))?$/.exec(typed);
  const asName: Asked[] =
    named?.[1] === undefined
      ? []
      : [{ as: 'name', name: named[1], ...(named[2] === undefined ? {} : { nth: Number(named[2]) }) }];
  const bare = number(typed);
  const all = [...asName, ...(bare === undefined ? [] : bareNumber(typed, bare))];
  return all.length > 0 ? all : { mistake: l10n.t('"{0}" is none of these: {1}.', typed.slice(0, 40), hint()) };
}

/** A number without a unit may count anything; moments, events and lines are counted in decimal. */
function bareNumber(typed: string, value: bigint): Asked[] {
  const asWord = (['hpte', 'gfn', 'gpa', 'ea', 'hva', 'pfn', 'pteg', 'avpn'] as const).map(
    (as): Asked => ({ as, value }),
  );
  if (!/^\d{1,15}$/.test(typed)) return asWord;
  return [{ as: 'moment', value, relative: false }, { as: 'line', value }, { as: 'event', value }, ...asWord];
}

function readCounted(unit: string, digits: string): readonly Asked[] | Mistyped {
  const named = unit.toLowerCase();
  const as = UNITS.find((one) => one === named) ?? (Object.hasOwn(synonyms, named) ? synonyms[named] : undefined);
  if (as === undefined) {
    const nth = /^\d{1,9}$/.test(digits) ? { nth: Number(digits) } : {};
    return [{ as: 'name', name: unit, ...nth }];
  }
  if (as === 'time') {
    const value = nanoseconds(digits) ?? (/^\d{1,12}$/.test(digits) ? BigInt(digits) * 1_000_000_000n : undefined);
    return value === undefined ? expected(as, l10n.t('seconds, as in 12.345678'), digits) : [{ as, value }];
  }
  const value = number(digits) ?? (as === 'moment' ? signed(digits) : undefined);
  if (value === undefined) return expected(as, l10n.t('a number'), digits);
  if (as === 'moment') return [{ as, value, relative: /^[+-]/.test(digits) }];
  return [{ as, value }];
}

function expected(unit: string, what: string, seen: string): Mistyped {
  return { mistake: l10n.t('Behind "{0}": expected {1}, got "{2}".', unit, what, seen.slice(0, 40)) };
}

/** `0x… [vsid 0x…] [256M|1T] [page 64K]`, in any order behind the address. */
function readAddress(text: string): readonly Asked[] | Mistyped {
  const [address = '', ...rest] = text.split(/[\s,=:]+/);
  const value = number(address);
  if (value === undefined) return expected('ea', l10n.t('an address'), address);
  let vsid: bigint | undefined;
  let more: Omit<SegmentTyped, 'vsid'> = {};
  for (let i = 0; i < rest.length; i++) {
    const name = (rest[i] ?? '').toLowerCase();
    if (name === 'vsid') {
      vsid = number(rest[++i] ?? '');
      if (vsid === undefined || vsid > 0x3ffffffffffffn)
        return expected('vsid', l10n.t('a number of up to 50 bits'), rest[i] ?? '');
    } else if (name === '256m' || name === '1t') more = { ...more, size: name === '1t' ? '1T' : '256M' };
    else if (name === 'page' || name === 'size') {
      const pageShift = pageShifts[(rest[++i] ?? '').toLowerCase()];
      if (pageShift === undefined) return expected(name, '4K, 64K, 16M, 16G', rest[i] ?? '');
      more = { ...more, pageShift };
    } else if (name !== 'segment' && name !== '') return expected('ea', l10n.t('vsid, 256M, 1T or page'), name);
  }
  if (vsid === undefined) {
    return Object.keys(more).length > 0
      ? { mistake: l10n.t('A segment needs its VSID: ea {0} vsid 0x…', address) }
      : [{ as: 'ea', value }];
  }
  return [{ as: 'ea', value, segment: { vsid, ...more } }];
}

/** 12, 0x1f, 64K, and hexadecimal without 0x when it holds a letter; undefined when it is none, or more than 64 bits. */
function number(text: string): bigint | undefined {
  const sized = /^(\d{1,12})([kmgt])$/i.exec(text);
  if (sized?.[1] !== undefined)
    return BigInt(sized[1]) << BigInt(10 * (1 + 'kmgt'.indexOf((sized[2] ?? '').toLowerCase())));
  if (/^\d{1,20}$/.test(text)) return within(BigInt(text));
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text);
  return /^(?=.*\d)[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text}`) : undefined;
}

function signed(text: string): bigint | undefined {
  return /^[+-]\d{1,15}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
}

function within(value: bigint): bigint | undefined {
  return value < 1n << 64n ? value : undefined;
}

/** "12.345678" as nanoseconds. */
function nanoseconds(text: string): bigint | undefined {
  const [, whole, part] = /^(\d{1,12})\.(\d{1,9})$/.exec(text) ?? [];
  if (whole === undefined || part === undefined) return undefined;
  return BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, '0'));
}
