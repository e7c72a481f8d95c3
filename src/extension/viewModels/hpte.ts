// One HPTE for a reader: its cell byte, its fields decoded (Power ISA "Page Table Entry"; the software bits are those of Book3S
// HV KVM), and its node in the trees.

import {
  R_C,
  R_N,
  R_PP,
  R_PP0_HI,
  R_R,
  R_WIMG,
  V_1TB_HI,
  V_ABSENT,
  V_BOLTED,
  V_HVLOCK,
  V_LARGE,
  V_SECONDARY,
} from '../../model/bits';
import { pageShifts, storageKey } from '../../model/hpte';
import { type HpteView, hpteView } from '../../model/machine';
import type { Hpt } from '../../model/state';
import type { Vm } from '../../model/vm';
import { hiOf, loOf } from '../../model/words';
import { type CellDescription, type CellField, cellFlag, cellState } from '../../protocol';
import { entryState, frameInDword1, guestFrame } from '../../timeline/entries';
import { readRing } from '../../timeline/ring';
import { hex, hex64, l10n, size } from '../texts';
import type { NodeIcon, ViewNode } from './node';
import type { RunView } from './runView';

/** The cell byte of an entry. */
export function cellByte(hpt: Hpt, index: number): number {
  const state = entryState(hpt, index);
  if (state === 'free') {
    return cellState.free;
  }
  const vLo = hpt.vLo(index);
  const rc = hpt.rLo(index) | hpt.guestLo(index);
  return (
    cellState[state] |
    ((vLo & V_BOLTED) !== 0 ? cellFlag.bolted : 0) |
    ((rc & R_R) !== 0 ? cellFlag.referenced : 0) |
    ((rc & R_C) !== 0 ? cellFlag.changed : 0) |
    ((vLo & V_LARGE) !== 0 ? cellFlag.large : 0)
  );
}

/** PP0 and PP of dword 1 as one number, 0 to 7. */
function ppOf(r: bigint): number {
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

/** The fields of an entry, decoded, in the order in which they are shown. Empty for a free entry. */
export function hpteFields(vm: Vm, index: number): HpteField[] {
  const entry = hpteView(vm, index);
  const state = entryState(vm.state.hpt, index);
  if (state === 'free') {
    return [];
  }
  const { v, r, guestRpte } = entry;
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
  return [
    { name: 'AVPN', value: hex((v & 0x3fff_ffff_ffff_ff80n) >> 7n), meaning: segmentText(v), path: 'v.avpn' },
    { name: l10n.t('page size'), ...pages, path: 'pageSize' },
    ...(flags.length > 0 ? [{ name: l10n.t('flags'), value: flags.join(', ') }] : []),
    { name: 'R C', value: rcText(r), meaning: l10n.t('guest view {0}', rcText(guestRpte)), path: 'r' },
    {
      name: 'pp',
      value: String(pp),
      path: 'r.pp',
      meaning: pp === guestPp ? ppMeaning(pp) : l10n.t('{0}; guest view {1}', ppMeaning(pp), String(guestPp)),
    },
    { name: 'WIMG', value: wimgOf(r), ...((loOf(r) & R_N) !== 0 ? { meaning: l10n.t('no execute') } : {}) },
    {
      name: l10n.t('key'),
      value: String(storageKey(hiOf(r), loOf(r))),
      ...(state === 'mmio' ? { meaning: l10n.t('marks emulated MMIO') } : {}),
    },
    state === 'valid'
      ? { name: 'pfn', value: hex(frameInDword1(vm, vm.state.hpt, index)), meaning: l10n.t('host frame') }
      : {
          name: 'pfn',
          value: hex(frameInDword1(vm, vm.state.hpt, index)),
          meaning: l10n.t('not in use: the entry is not valid'),
        },
  ];
}

function segmentText(v: bigint): string {
  return (hiOf(v) & V_1TB_HI) !== 0 ? l10n.t('1T segment') : l10n.t('256M segment');
}

/** An entry decoded for the heatmap. */
export function describeHpte(view: RunView, index: number): CellDescription {
  const { vm } = view;
  const { hpt } = vm.state;
  const label = view.labels.get(index);
  const cell = cellByte(hpt, index);
  const state = entryState(hpt, index);
  const named = label === undefined ? {} : { label };
  if (state === 'free') {
    return { index, state, cell, ring: [], fields: [], ...named };
  }
  const entry = hpteView(vm, index);
  const gfn = guestFrame(vm, hpt, index);
  const slot = vm.state.slotOfGfn(gfn);
  const ring = slot === null ? [] : readRing(vm, slot, gfn - slot.baseGfn).indexes;
  return {
    index,
    state,
    cell,
    ...named,
    dword0: hex64(entry.v),
    dword1: hex64(entry.r),
    guestRpte: hex64(entry.guestRpte),
    gfn: hex(gfn),
    ...(slot === null ? {} : { memslot: slot.id }),
    ring: ring.includes(index) ? ring : [],
    fields: hpteFields(vm, index),
  };
}

/** State in one word, in the display language. */
export function stateWord(state: 'free' | 'valid' | 'absent' | 'mmio'): string {
  switch (state) {
    case 'free':
      return l10n.t('free');
    case 'valid':
      return l10n.t('valid');
    case 'absent':
      return l10n.t('absent');
    case 'mmio':
      return 'MMIO';
  }
}

/** The sign of an entry's state: filled circle, empty circle, plug, lock. */
export function stateIcon(hpt: Hpt, index: number): NodeIcon {
  const state = entryState(hpt, index);
  if (state === 'valid') {
    return (hpt.vLo(index) & V_BOLTED) !== 0
      ? { name: 'lock', color: 'bolted' }
      : { name: 'circle-filled', color: 'valid' };
  }
  if (state === 'mmio') {
    return { name: 'plug', color: 'mmio' };
  }
  return state === 'absent' ? { name: 'circle-outline', color: 'absent' } : { name: 'circle-slash', color: 'unknown' };
}

/** The node of an HPTE; its fields stand below it. @param parent id of the node above */
export function hpteNode(view: RunView, parent: string, index: number): ViewNode {
  const { vm } = view;
  const { hpt } = vm.state;
  const id = `${parent}/hpte:${hex(index)}`;
  const state = entryState(hpt, index);
  const label = view.labels.get(index);
  const name = label === undefined ? hex(index) : `${label}  ${hex(index)}`;
  const entry = hpteView(vm, index);
  const changed = view.hpteChanged(index);
  const parts = [stateWord(state)];
  const locked = (hpt.vLo(index) & V_HVLOCK) !== 0;
  if (state !== 'free') {
    if ((loOf(entry.r) & (R_R | R_C)) !== 0) {
      parts.push(rcText(entry.r));
    }
    parts.push(`pp ${ppOf(entry.r)}`);
  }
  if (state === 'valid') {
    parts.push(`pfn ${hex(frameInDword1(vm, vm.state.hpt, index))}`);
  }
  if (locked) {
    parts.push(l10n.t('locked'));
  }
  const description = parts.join(' · ');
  const fields = hpteFields(vm, index);
  return {
    id,
    label: name,
    description,
    icon: stateIcon(hpt, index),
    spoken: spokenSentence(l10n.t('HPTE {0}', name), description, changed),
    changed,
    kind: 'hpte',
    hpte: index,
    expression: `hpte[${hex(index)}]`,
    tooltip: {
      heading: l10n.t(
        'HPTE {0}, PTEG {1} slot {2}: {3}',
        name,
        hex(Math.floor(index / 8)),
        index % 8,
        stateWord(state),
      ),
      rows: [
        [l10n.t('dword 0'), hex64(entry.v)],
        [l10n.t('dword 1'), hex64(entry.r)],
        [l10n.t('guest view'), hex64(entry.guestRpte)],
        ...fields.map((field) => [field.name, fieldText(field)] as const),
      ],
    },
    children: () => fieldNodes(view, id, index, entry, fields),
  };
}

function fieldText({ value, meaning }: CellField): string {
  return meaning === undefined ? value : `${value} (${meaning})`;
}

function fieldNodes(
  { changes, vm }: RunView,
  id: string,
  index: number,
  entry: HpteView,
  fields: readonly HpteField[],
): ViewNode[] {
  const { hpt } = vm.state;
  const asked = (node: ViewNode, path: string): ViewNode => ({ ...node, expression: `hpte[${hex(index)}].${path}` });
  const word = (name: string, value: bigint, plane: 1 | 2 | 3, path: string): ViewNode => {
    const before = changes.before(plane, hpt.owner, index);
    const was = before === undefined ? undefined : l10n.t('was {0}', hex64(before));
    return asked(valueNode(id, name, hex64(value), was), path);
  };
  const absentBit = (loOf(entry.v) & V_ABSENT) !== 0 ? ' ABSENT' : '';
  const validBit = (loOf(entry.v) & 1) !== 0 ? ' VALID' : '';
  return [
    { ...word(l10n.t('dword 0'), entry.v, 1, 'v'), description: `${hex64(entry.v)}${validBit}${absentBit}` },
    word(l10n.t('dword 1'), entry.r, 2, 'r'),
    word(l10n.t('guest view'), entry.guestRpte, 3, 'guest'),
    ...fields.map((field) => {
      const node = valueNode(id, field.name, fieldText(field));
      return field.path === undefined ? node : asked(node, field.path);
    }),
    valueNode(id, l10n.t('ring links'), l10n.t('forw {0}, back {1}', hex(entry.forw), hex(entry.back))),
  ];
}

/** A leaf that says one value. @param before what it was before the last travel, when that changed it */
export function valueNode(parent: string, name: string, value: string, before?: string): ViewNode {
  const changed = before !== undefined;
  return {
    id: `${parent}/${name}`,
    label: name,
    description: value,
    spoken: spokenSentence(name, before === undefined ? value : `${value}, ${before}`, changed),
    changed,
    kind: 'value',
    tooltip: { heading: `${name}: ${value}`, rows: [], ...(before === undefined ? {} : { note: before }) },
  };
}

/** "HPTE 0x918: valid · R C. Changed by the last step." */
export function spokenSentence(what: string, description: string, changed: boolean): string {
  const sentence = description === '' ? what : `${what}: ${description.replaceAll(' · ', ', ')}`;
  return changed ? l10n.t('{0}. Changed by the last step.', sentence) : sentence;
}
