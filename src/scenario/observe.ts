// Looks at the machine for the expectations: whether a check of a subject holds, and what is seen there, in the words of
// the language.

import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_RW,
  RMAP_C_HI,
  RMAP_PRESENT_HI,
  RMAP_R_HI,
  V_BOLTED,
  V_SECONDARY,
} from '../model/bits';
import { isWritable } from '../model/hpte';
import type { HpteView } from '../model/machine';
import { pfnOf } from '../model/ranges';
import { hiOf, loOf, toBig } from '../model/words';
import type { Check, Numeral, Value, Word } from './ast';
import { isNumeral } from './ast';
import { sizeText } from './cursor';
import { evaluate, wimgOf } from './evaluate';
import type { RunState } from './runState';

/** Properties of a subject by the names of its checks: what holds, and numbers. */
export type Seen = ReadonlyMap<string, boolean | bigint | string | readonly (string | bigint)[]>;

const KEY_31 = 0x3000_0000_0000_0e00n;
const PP0 = 1n << 63n;
const RPN = 0x0fff_ffff_ffff_f000n;
/** Segment size field of the POWER9 layout, which lies in dword 1. */
const P9_B = 0x0c00_0000_0000_0000n;

function protectionBits(r: bigint): [string, boolean | bigint | string][] {
  const pp = (r & 3n) | ((r & PP0) !== 0n ? 4n : 0n);
  return [
    ['R', (r & 0x100n) !== 0n],
    ['C', (r & 0x80n) !== 0n],
    ['N', (r & 4n) !== 0n],
    ['writable', isWritable(hiOf(r), loOf(r))],
    ['read-only', !isWritable(hiOf(r), loOf(r))],
    ['pp', pp],
    ['key', ((r >> 57n) & 0x18n) | ((r >> 9n) & 7n)],
    ['wimg', (r >> 3n) & 0xfn],
  ];
}

function rawWords({ machine }: RunState, index: number): { v: bigint; r: bigint } {
  const { hpt } = machine.state;
  return { v: toBig(hpt.vHi(index), hpt.vLo(index)), r: toBig(hpt.rHi(index), hpt.rLo(index)) };
}

function hpteSeen(run: RunState, index: number | undefined): Seen {
  const free: Seen = new Map<string, boolean>([['free', true]]);
  if (index === undefined || index >= run.machine.state.hpt.entries) return free;
  const view: HpteView = run.machine.hpte(index);
  const raw = rawWords(run, index);
  const { newFormat, pageShift } = run.machine.vm;
  const r = newFormat ? view.r & ~P9_B : view.r;
  const size = 1n << BigInt(view.pageShift);
  return new Map<string, boolean | bigint | string>([
    ['valid', view.state === 'valid'],
    ['absent', view.state === 'absent'],
    ['free', view.state === 'free'],
    ['mmio', view.state === 'absent' && (r & KEY_31) === KEY_31],
    ['bolted', (view.v & BigInt(V_BOLTED)) !== 0n],
    ['secondary', (view.v & BigInt(V_SECONDARY)) !== 0n],
    ...protectionBits(r),
    ['size', size],
    ['frame', (r & RPN & ~(size - 1n)) >> BigInt(pageShift)],
    ['index', BigInt(index)],
    ['pteg', BigInt(Math.floor(index / 8))],
    ['v', raw.v],
    ['r', raw.r],
  ]);
}

function guestSeen(run: RunState, index: number | undefined): Seen {
  if (index === undefined) return new Map();
  const { guestRpte, gfn, pageShift } = run.machine.hpte(index);
  return new Map<string, boolean | bigint | string>([
    ...protectionBits(guestRpte),
    ['size', 1n << BigInt(pageShift)],
    ['modified', run.machine.vm.kernel.tracksModification && ((guestRpte >> 62n) & 1n) !== 0n],
    ['gfn', BigInt(gfn)],
    ['r', guestRpte],
  ]);
}

/** Guest frame that a label's HPTE maps, or the number itself. */
function gfnOf(run: RunState, item: Word | Numeral): number {
  return isNumeral(item) ? Number(item.value) : Math.floor(Number(run.gpaOf(item.text)) / run.machine.vm.page);
}

interface RmapWord {
  readonly hi: number;
  readonly lo: number;
}

function rmapWord(run: RunState, gfn: number): RmapWord {
  const slot = run.machine.state.slotOfGfn(gfn);
  return slot === null
    ? { hi: 0, lo: 0 }
    : { hi: slot.rmap.hi(gfn - slot.baseGfn), lo: slot.rmap.lo(gfn - slot.baseGfn) };
}

function rmapSeen(run: RunState, gfn: number): Seen {
  const { hi, lo } = rmapWord(run, gfn);
  const present = (hi & RMAP_PRESENT_HI) !== 0;
  return new Map<string, boolean | bigint>([
    ['R', (hi & RMAP_R_HI) !== 0],
    ['C', (hi & RMAP_C_HI) !== 0],
    ['present', present],
    ['empty', !present],
    ...(present ? ([['head', BigInt(lo >>> 0)]] as const) : []),
    ['word', toBig(hi, lo)],
  ]);
}

/** More entries than this on a ring are not followed: a broken ring need not end. */
const LONGEST_RING = 4096;

/** Indexes on the ring of a guest page, head first. */
export function ringOf(run: RunState, gfn: number): number[] {
  const { hi, lo } = rmapWord(run, gfn);
  const ring: number[] = [];
  if ((hi & RMAP_PRESENT_HI) === 0) return ring;
  const { hpt } = run.machine.state;
  const head = lo >>> 0;
  let index = head;
  do {
    ring.push(index);
    index = hpt.forw(index);
  } while (index !== head && ring.length < LONGEST_RING);
  return ring;
}

/** Label of an index, or the index in hex. */
export function nameOf(run: RunState, index: number): string {
  for (const [name, binding] of run.bindings) if (binding.kind === 'hpte' && binding.index === index) return name;
  return `0x${index.toString(16)}`;
}

function ringSeen(run: RunState, item: Word | Numeral): Seen {
  const ring = ringOf(run, gfnOf(run, item));
  return new Map<string, boolean | readonly bigint[]>([
    ['=', ring.map(BigInt)],
    ['empty', ring.length === 0],
  ]);
}

function hostSeen(run: RunState, item: Word | Numeral): Seen {
  const hva = run.hvaOf(isNumeral(item) ? item.value : run.gpaOf(item.text));
  const { machine } = run;
  const vma = machine.host.vmaOf(hva);
  const page = vma === null ? 0 : Math.floor((hva - vma.hva) / machine.vm.page);
  const block = vma === null ? 0 : Math.floor(page / 2 ** vma.order);
  const flags = vma === null ? 0 : vma.ptes.lo(block) & 0xfff;
  const frame = vma === null ? 0 : pfnOf(vma.ptes.hi(block), vma.ptes.lo(block)) + (page % 2 ** vma.order);
  const present = (flags & PTE_PRESENT) !== 0;
  return new Map<string, boolean | bigint>([
    ['present', present],
    ['missing', !present],
    ['writable', present && (flags & PTE_RW) !== 0],
    ['read-only', present && (flags & PTE_RW) === 0],
    ['dirty', (flags & PTE_DIRTY) !== 0],
    ['accessed', (flags & PTE_ACCESSED) !== 0],
    ...(present ? ([['frame', BigInt(frame)]] as const) : []),
  ]);
}

function ptegSeen(run: RunState, which: string, item: Word | Numeral): Seen {
  const pteg = run.ptegOf(which, item);
  let used = 0;
  for (let slot = 0; slot < 8; slot++) if (run.machine.hpte(pteg * 8 + slot).state !== 'free') used++;
  return new Map<string, boolean | bigint>([
    ['full', used === 8],
    ['empty', used === 0],
    ['used', BigInt(used)],
  ]);
}

/** What there is to see of a subject. */
export function observe(run: RunState, of: string, argument: Word | Numeral): Seen {
  switch (of) {
    case 'guest':
      return guestSeen(run, run.indexOf(argument));
    case 'ring':
      return ringSeen(run, argument);
    case 'rmap':
      return rmapSeen(run, gfnOf(run, argument));
    case 'host':
      return hostSeen(run, argument);
    case 'pteg':
    case 'secondary':
      return ptegSeen(run, of, argument);
    default:
      return hpteSeen(run, run.indexOf(argument));
  }
}

function sameList(run: RunState, value: Value, seen: readonly (string | bigint)[]): boolean {
  if (value.kind !== 'list') return seen.length === 0;
  if (value.items.length !== seen.length) return false;
  return value.items.every((item, at) => {
    const index = run.indexOf(item);
    return index !== undefined && BigInt(index) === seen[at];
  });
}

/** Whether one check holds for what is seen. */
export function holds(run: RunState, { name, value, negated }: Check, seen: Seen, pass: bigint): boolean {
  const found = seen.get(name.text);
  let good: boolean;
  if (value === undefined) good = found === true;
  else if (Array.isArray(found)) good = sameList(run, value, found);
  else if (name.text === 'wimg') good = found === wimgOf(value, pass);
  else good = found !== undefined && found === evaluate(value, pass);
  return good !== negated;
}

const DECIMAL = new Set(['pp', 'key', 'used']);

/** What is seen of one check, as the language writes it: `absent`, `no C`, `pp 3`, `= a b`. */
export function shown(run: RunState, name: string, seen: Seen): string {
  const found = seen.get(name);
  if (Array.isArray(found))
    return found.length === 0 ? 'empty' : `= ${found.map((item) => nameOf(run, Number(item))).join(' ')}`;
  if (typeof found === 'bigint') {
    if (name === 'size') return `size ${sizeText(found)}`;
    if (name === 'wimg') return `wimg ${wimgText(found)}`;
    return `${name} ${DECIMAL.has(name) ? found : `0x${found.toString(16)}`}`;
  }
  if (found === true) return name;
  // Of the words of which one must be true, the true one says more than that this one is not.
  for (const words of [
    ['valid', 'absent', 'free'],
    ['full', 'used'],
    ['present', 'missing', 'empty'],
    ['writable', 'read-only'],
  ]) {
    const other = words.includes(name)
      ? words.find((word) => word !== name && seen.get(word) !== undefined && seen.get(word) !== false)
      : undefined;
    if (other !== undefined) return shown(run, other, seen);
  }
  if (name === 'empty' && seen.get('=') !== undefined) return shown(run, '=', seen);
  return `no ${name}`;
}

function wimgText(bits: bigint): string {
  const letters = ['W', 'I', 'M', 'G'].filter((_, at) => ((bits >> BigInt(3 - at)) & 1n) !== 0n).join('');
  return letters === '' ? 'none' : letters;
}
