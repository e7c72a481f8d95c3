// The fields of an HPTE for a reader, decoded (Power ISA "Page Table Entry"; the software bits are those of Book3S HV KVM), each
// with how it is known where the table is a replayed one.

import {
  R_C,
  R_N,
  R_PP,
  R_PP0_HI,
  R_R,
  R_WIMG,
  V_1TB_HI,
  V_BOLTED,
  V_HVLOCK,
  V_LARGE,
  V_SECONDARY,
} from '../../model/bits';
import { pageShifts, storageKey } from '../../model/hpte';
import { hpteView } from '../../model/machine';
import type { Vm } from '../../model/vm';
import { hiOf, loOf } from '../../model/words';
import type { CellField } from '../../protocol';
import { type EntryState, entryState, frameInDword1 } from '../../timeline/entries';
import { certaintyOf, FREE, type Known, knownOf, type Part } from '../../timeline/known';
import { assumptionsText, causeText, certaintyText, hex, hex64, l10n, size } from '../texts';

/** PP0 and PP of dword 1 as one number, 0 to 7. */
export function ppOf(r: bigint): number {
  return (loOf(r) & R_PP) | ((hiOf(r) & R_PP0_HI) !== 0 ? 4 : 0);
}

/** What a PP value lets the supervisor (key 0) and the problem state (key 1) do. */
function ppMeaning(pp: number): string {
  switch (pp) {
    case 0:
      return l10n.t('key 0 read/write, key 1 none');
    case 1:
      return l10n.t('key 0 read/write, key 1 read');
    case 2:
      return l10n.t('read/write');
    case 3:
      return l10n.t('read only');
    case 6:
      return l10n.t('key 0 read, key 1 none');
    default:
      return l10n.t('reserved');
  }
}

/** "M", "WIM", "none": the cache attributes of dword 1. */
function wimgOf(r: bigint): string {
  const bits = (loOf(r) & R_WIMG) >>> 3;
  const letters = ['W', 'I', 'M', 'G'].filter((_, at) => (bits & (8 >> at)) !== 0);
  return letters.join('') || l10n.t('none');
}

/** "R C", "R", "none". */
export function rcText(r: bigint): string {
  const letters = [(loOf(r) & R_R) !== 0 ? 'R' : '', (loOf(r) & R_C) !== 0 ? 'C' : ''].filter(Boolean);
  return letters.join(' ') || l10n.t('none');
}

/** A field of an entry. */
export interface HpteField extends CellField {
  /** the field behind an HPTE in an expression that tells its value */
  readonly path?: string;
}

/** A field and the part of the entry that it belongs to. */
interface PartField extends HpteField {
  readonly part: Part;
}

/**
 * The fields of an entry, decoded, in the order in which they are shown; in a replayed run what is unknown says why. Empty for a free
 * entry, and for one that may be none.
 */
export function hpteFields(vm: Vm, index: number): HpteField[] {
  const known = knownOf(vm.state, index);
  const state = entryState(vm.state, index);
  if (state === 'free' || (known !== null && (known.states & FREE) !== 0)) {
    return [];
  }
  return decodedFields(vm, index, state).map((field) => asKnown(field, known));
}

/** What is known of a field: a value that is unknown stands for nothing. */
function asKnown({ part, ...field }: PartField, known: Known | null): HpteField {
  if (known === null) {
    return field;
  }
  const certainty = known.certainty[part];
  if (certainty === 'unknown') {
    return { ...field, value: l10n.t('unknown'), meaning: causeOf(known, part) };
  }
  // the state says why, for all of it
  const how = known.certainty.state === 'assumed' ? certaintyText(certainty) : howKnown(known, part);
  return { ...field, meaning: field.meaning === undefined ? how : `${field.meaning}; ${how}` };
}

/** "observed", "assumed: H_ENTER found the host page mapped": how a part is known, and on which assumptions it rests. */
export function howKnown({ certainty, assumed }: Known, part: Part): string {
  const how = certaintyText(certainty[part]);
  return certainty[part] === 'assumed' ? l10n.t('{0}: {1}', how, assumptionsText(assumed)) : how;
}

/** Why a part of an entry is unknown, in words. */
export function causeOf({ cause }: Known, part: Part): string {
  const why = cause[part];
  return why === undefined ? '' : causeText(why);
}

function decodedFields(vm: Vm, index: number, state: EntryState): PartField[] {
  const { v, r, guestRpte } = hpteView(vm, index);
  const vLo = loOf(v);
  const shifts = pageShifts(vm, vLo, loOf(guestRpte));
  const base = shifts & 0xff;
  const actual = shifts >>> 8;
  const pages =
    shifts === 0
      ? { value: l10n.t('invalid encoding') }
      : {
          value: size(2 ** actual),
          ...(base === actual ? {} : { meaning: l10n.t('in a {0} segment', size(2 ** base)) }),
        };
  const flags = [
    (vLo & V_BOLTED) !== 0 ? l10n.t('bolted') : '',
    (vLo & V_LARGE) !== 0 ? l10n.t('large') : '',
    (vLo & V_SECONDARY) !== 0 ? l10n.t('secondary hash') : '',
    (vLo & V_HVLOCK) !== 0 ? l10n.t('locked') : '',
  ].filter(Boolean);
  const pp = ppOf(r);
  const guestPp = ppOf(guestRpte);
  const guestRcUnknown = certaintyOf(vm.state, index, 'guestRc') === 'unknown';
  const guestRc = guestRcUnknown ? l10n.t('unknown') : rcText(guestRpte);
  return [
    {
      part: 'dword0',
      name: 'AVPN',
      value: hex((v & 0x3fff_ffff_ffff_ff80n) >> 7n),
      meaning: segmentText(v),
      path: 'v.avpn',
    },
    { part: 'guest', name: l10n.t('page size'), ...pages, path: 'pageSize' },
    ...(flags.length > 0 ? [{ part: 'dword0', name: l10n.t('flags'), value: flags.join(', ') } as const] : []),
    { part: 'rc', name: 'R C', value: rcText(r), meaning: l10n.t('guest view {0}', guestRc), path: 'r' },
    {
      part: 'rights',
      name: 'pp',
      value: String(pp),
      path: 'r.pp',
      meaning: pp === guestPp ? ppMeaning(pp) : l10n.t('{0}; guest view {1}', ppMeaning(pp), String(guestPp)),
    },
    {
      part: 'rights',
      name: 'WIMG',
      value: wimgOf(r),
      ...((loOf(r) & R_N) !== 0 ? { meaning: l10n.t('no execute') } : {}),
    },
    {
      part: 'rights',
      name: l10n.t('key'),
      value: String(storageKey(hiOf(r), loOf(r))),
      ...(state === 'mmio' ? { meaning: l10n.t('marks emulated MMIO') } : {}),
    },
    {
      part: 'frame',
      name: 'pfn',
      value: hex(frameInDword1(vm, vm.state.hpt, index)),
      meaning: state === 'valid' ? l10n.t('host frame') : l10n.t('not in use: the entry is not valid'),
    },
  ];
}

/** The words of an entry as text; a word of which a part is unknown says which. */
export interface HpteWords {
  readonly dword0: string;
  readonly dword1: string;
  readonly guest: string;
}

export function hpteWords(vm: Vm, index: number): HpteWords {
  const { v, r, guestRpte } = hpteView(vm, index);
  const known = knownOf(vm.state, index);
  const word = (value: bigint, parts: readonly Part[]): string => {
    const missing = known === null ? [] : parts.filter((part) => known.certainty[part] === 'unknown');
    if (missing.length === 0) {
      return hex64(value);
    }
    return missing.length === parts.length
      ? l10n.t('unknown')
      : l10n.t('unknown in part: {0}', missing.map(partText).join(', '));
  };
  return {
    dword0: word(v, ['dword0', 'state']),
    dword1: word(r, ['frame', 'rights', 'rc']),
    guest: word(guestRpte, ['guest', 'guestRc']),
  };
}

function partText(part: Part): string {
  switch (part) {
    case 'state':
      return l10n.t('state');
    case 'dword0':
      return l10n.t('dword 0');
    case 'guest':
      return l10n.t('guest view');
    case 'frame':
      return l10n.t('frame');
    case 'rights':
      return l10n.t('pp, WIMG, key');
    case 'rc':
    case 'guestRc':
      return l10n.t('R and C');
  }
}

function segmentText(v: bigint): string {
  return (hiOf(v) & V_1TB_HI) !== 0 ? l10n.t('1T segment') : l10n.t('256M segment');
}
