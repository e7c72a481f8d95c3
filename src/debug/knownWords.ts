// HPTE words of a replayed table: fields of which a trace tells nothing are unknown, and how the others are known is told beside them.

import { hpteView } from '../model/machine';
import type { Vm } from '../model/vm';
import { sentencesOf } from '../timeline/assumptions';
import { ABSENT, FREE, type Known, PARTS, type Part, VALID } from '../timeline/known';
import { dword0, dword1 } from './decode';
import { show, type Thing, thing, type Value } from './values';

/** Fields of each word by the part of the entry that they belong to. */
const DWORD0: Readonly<Partial<Record<Part, readonly string[]>>> = {
  state: ['valid', 'absent'],
  dword0: ['bolted', 'secondary', 'large', 'avpn', 'segment'],
};
const DWORD1: typeof DWORD0 = { frame: ['rpn'], rights: ['pp', 'wimg', 'key', 'noExecute'], rc: ['R', 'C'] };
const GUEST: typeof DWORD0 = { guest: ['pp', 'wimg', 'key', 'noExecute', 'rpn'], guestRc: ['R', 'C', 'modified'] };

/** A word of which some parts are unknown: it stands for no number, and those fields have no value. */
function partly(word: Thing, { certainty }: Known, parts: typeof DWORD0): Thing {
  const missing = new Set<string>();
  for (const part of PARTS) {
    if (certainty[part] === 'unknown') for (const name of parts[part] ?? []) missing.add(name);
  }
  if (missing.size === 0) return word;
  const get = (name: string): Value | undefined => (missing.has(name) ? undefined : word.get(name));
  const told = word.names.filter((name) => !missing.has(name) && get(name) !== false);
  const text = [...told.map((name) => `${name} ${show(get(name))}`), `unknown: ${[...missing].join(', ')}`].join(', ');
  const { kind, names } = word;
  return { kind, text: told.length === 0 ? 'unknown' : text, names, get };
}

/** The words of an entry as far as they are known. */
export function knownWords(
  vm: Vm,
  index: number,
  known: Known,
): { readonly v: Thing | undefined; readonly r: Thing | undefined; readonly guest: Thing | undefined } {
  if ((known.states & FREE) !== 0) return { v: undefined, r: undefined, guest: undefined };
  const { v, r, guestRpte } = hpteView(vm, index);
  return {
    v: partly(dword0(v), known, DWORD0),
    r: partly(dword1(r, false), known, DWORD1),
    guest: partly(dword1(guestRpte, true), known, GUEST),
  };
}

/** "valid or absent". */
export function statesText({ states }: Known): string {
  const names = [
    (states & FREE) !== 0 ? 'free' : '',
    (states & VALID) !== 0 ? 'valid' : '',
    (states & ABSENT) !== 0 ? 'absent' : '',
  ];
  return names.filter(Boolean).join(' or ');
}

const PART_NAMES: Readonly<Record<Part, string>> = {
  state: 'state',
  dword0: 'dword 0',
  guest: 'guest view',
  guestRc: 'R and C of the guest view',
  frame: 'frame',
  rights: 'pp, WIMG and key',
  rc: 'R and C',
};

/** How each part of an entry is known: "observed", "inferred", "unknown: host presence", "assumed: H_ENTER found the host page mapped". */
export function certaintyThing(known: Known): Thing {
  const told = (part: Part): string => {
    const cause = known.cause[part];
    if (known.certainty[part] === 'assumed') return `assumed: ${sentencesOf(known.assumed)}`;
    return cause === undefined ? known.certainty[part] : `unknown: ${cause}`;
  };
  return thing(
    'certainty',
    told('state'),
    Object.fromEntries(PARTS.map((part) => [PART_NAMES[part], () => told(part)])),
  );
}
