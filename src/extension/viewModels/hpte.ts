// One HPTE for a reader: its cell byte, its description, and its node in the trees.

import { R_C, R_R, V_ABSENT, V_BOLTED, V_HVLOCK, V_LARGE } from '../../model/bits';
import { type HpteView, hpteView } from '../../model/machine';
import type { State } from '../../model/state';
import type { Vm } from '../../model/vm';
import { loOf } from '../../model/words';
import { type CellDescription, type CellField, cellFlag, cellState } from '../../protocol';
import { type EntryState, entryState, frameInDword1, guestFrame } from '../../timeline/entries';
import { ABSENT, certaintyOf, FREE, type Known, knownOf, type Part, VALID } from '../../timeline/known';
import { readRing } from '../../timeline/ring';
import { assumptionsText, certaintyText, hex, hex64, l10n } from '../texts';
import { causeOf, type HpteField, type HpteWords, howKnown, hpteFields, hpteWords, ppOf, rcText } from './hpteFields';
import type { NodeIcon, ViewNode } from './node';
import type { RunView } from './runView';

/** The cell byte of an entry. */
export function cellByte(state: State, index: number): number {
  const is = entryState(state, index);
  const assumed = certaintyOf(state, index, 'state') === 'assumed' ? cellFlag.assumed : 0;
  if (is === 'free' || is === 'unknown') {
    return cellState[is] | assumed;
  }
  const { hpt } = state;
  const vLo = hpt.vLo(index);
  const rc =
    (certaintyOf(state, index, 'rc') === 'unknown' ? 0 : hpt.rLo(index)) |
    (certaintyOf(state, index, 'guestRc') === 'unknown' ? 0 : hpt.guestLo(index));
  return (
    cellState[is] |
    assumed |
    ((vLo & V_BOLTED) !== 0 ? cellFlag.bolted : 0) |
    ((rc & R_R) !== 0 ? cellFlag.referenced : 0) |
    ((rc & R_C) !== 0 ? cellFlag.changed : 0) |
    ((vLo & V_LARGE) !== 0 ? cellFlag.large : 0)
  );
}

/** An entry decoded for the heatmap. */
export function describeHpte(view: RunView, index: number): CellDescription {
  const { vm } = view;
  const { hpt } = vm.state;
  const label = view.labels.get(index);
  const cell = cellByte(vm.state, index);
  const state = entryState(vm.state, index);
  const known = knownOf(vm.state, index);
  const named = {
    ...(label === undefined ? {} : { label }),
    ...(known === null ? {} : { certainty: certaintyText(known.certainty.state) }),
    ...(known?.certainty.state === 'unknown' ? { cause: `${statesText(known)}: ${causeOf(known, 'state')}` } : {}),
    ...(known?.certainty.state === 'assumed' ? { cause: assumptionsText(known.assumed) } : {}),
  };
  const fields = hpteFields(vm, index);
  if (fields.length === 0) {
    return { index, state, cell, ring: [], fields, ...named };
  }
  const words = hpteWords(vm, index);
  const page = known?.certainty.guest === 'unknown' ? undefined : guestFrame(vm, hpt, index);
  const slot = page === undefined ? null : vm.state.slotOfGfn(page);
  const ring =
    slot === null || page === undefined || view.replayed ? [] : readRing(vm, slot, page - slot.baseGfn).indexes;
  return {
    index,
    state,
    cell,
    ...named,
    dword0: words.dword0,
    dword1: words.dword1,
    guestRpte: words.guest,
    ...(page === undefined ? {} : { gfn: hex(page) }),
    ...(slot === null ? {} : { memslot: slot.id }),
    ring: ring.includes(index) ? ring : [],
    fields,
  };
}

/** "valid or absent": the states that a slot may be in. */
export function statesText({ states }: Known): string {
  const names = [
    (states & FREE) !== 0 ? stateWord('free') : '',
    (states & VALID) !== 0 ? stateWord('valid') : '',
    (states & ABSENT) !== 0 ? stateWord('absent') : '',
  ];
  return names.filter(Boolean).join(l10n.t(' or '));
}

/** State in one word, in the display language. */
export function stateWord(state: EntryState): string {
  switch (state) {
    case 'free':
      return l10n.t('free');
    case 'valid':
      return l10n.t('valid');
    case 'absent':
      return l10n.t('absent');
    case 'mmio':
      return 'MMIO';
    case 'unknown':
      return l10n.t('unknown');
  }
}

/** The sign of an entry's state: filled circle, empty circle, plug, lock. */
export function stateIcon(vm: Vm, index: number): NodeIcon {
  const state = entryState(vm.state, index);
  if (state === 'unknown') {
    return { name: 'question', color: 'unknown' };
  }
  if (state === 'valid') {
    return (vm.state.hpt.vLo(index) & V_BOLTED) !== 0
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
  const state = entryState(vm.state, index);
  const known = knownOf(vm.state, index);
  const label = view.labels.get(index);
  const name = label === undefined ? hex(index) : `${label}  ${hex(index)}`;
  const entry = hpteView(vm, index);
  const changed = view.hpteChanged(index);
  const isKnown = (part: Part): boolean => certaintyOf(vm.state, index, part) !== 'unknown';
  const parts = [stateWord(state)];
  const locked = (hpt.vLo(index) & V_HVLOCK) !== 0;
  if (known !== null && state === 'unknown') {
    parts.push(statesText(known), causeOf(known, 'state'));
  } else if (state !== 'free') {
    if (isKnown('rc') && (loOf(entry.r) & (R_R | R_C)) !== 0) {
      parts.push(rcText(entry.r));
    }
    if (isKnown('rights')) {
      parts.push(`pp ${ppOf(entry.r)}`);
    }
  }
  if (state === 'valid') {
    parts.push(isKnown('frame') ? `pfn ${hex(frameInDword1(vm, hpt, index))}` : l10n.t('pfn unknown'));
  }
  if (locked) {
    parts.push(l10n.t('locked'));
  }
  if (known !== null && state !== 'unknown') {
    parts.push(howKnown(known, 'state'));
  }
  const description = parts.join(' · ');
  const words = hpteWords(vm, index);
  const fields = hpteFields(vm, index);
  return {
    id,
    label: name,
    description,
    icon: stateIcon(vm, index),
    spoken: spokenSentence(l10n.t('HPTE {0}', name), description, changed),
    changed,
    kind: 'hpte',
    hpte: index,
    expression: `hpte[${hex(index)}]`,
    follow: `hpte ${hex(index)}`,
    tooltip: {
      heading: l10n.t(
        'HPTE {0}, PTEG {1} slot {2}: {3}',
        name,
        hex(Math.floor(index / 8)),
        index % 8,
        stateWord(state),
      ),
      rows: [
        [l10n.t('dword 0'), words.dword0],
        [l10n.t('dword 1'), words.dword1],
        [l10n.t('guest view'), words.guest],
        ...fields.map((field) => [field.name, fieldText(field)] as const),
      ],
    },
    children: () => fieldNodes(view, id, index, entry, words, fields),
  };
}

function fieldText({ value, meaning }: CellField): string {
  return meaning === undefined ? value : `${value} (${meaning})`;
}

function fieldNodes(
  view: RunView,
  id: string,
  index: number,
  entry: HpteView,
  words: HpteWords,
  fields: readonly HpteField[],
): ViewNode[] {
  const { changes, vm } = view;
  const { hpt } = vm.state;
  const asked = (node: ViewNode, path: string): ViewNode => ({ ...node, expression: `hpte[${hex(index)}].${path}` });
  const word = (name: string, value: string, plane: 1 | 2 | 3, path: string): ViewNode => {
    // what stood there before counts where it was known then as it is now
    const before = changes.learnt.has(index) ? undefined : changes.before(plane, hpt.owner, index);
    const was = before === undefined ? undefined : l10n.t('was {0}', hex64(before));
    return asked(valueNode(id, name, value, was), path);
  };
  const absentBit = (loOf(entry.v) & V_ABSENT) !== 0 ? ' ABSENT' : '';
  const validBit = (loOf(entry.v) & 1) !== 0 ? ' VALID' : '';
  const dword0 = word(l10n.t('dword 0'), words.dword0, 1, 'v');
  const links = l10n.t('forw {0}, back {1}', hex(entry.forw), hex(entry.back));
  return [
    words.dword0 === hex64(entry.v) ? { ...dword0, description: `${words.dword0}${validBit}${absentBit}` } : dword0,
    word(l10n.t('dword 1'), words.dword1, 2, 'r'),
    word(l10n.t('guest view'), words.guest, 3, 'guest'),
    ...fields.map((field) => {
      const node = valueNode(id, field.name, fieldText(field));
      return field.path === undefined ? node : asked(node, field.path);
    }),
    valueNode(id, l10n.t('ring links'), view.replayed ? l10n.t('unknown') : links),
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

/** A leaf for what neither the events nor the dumps of a trace tell. @param what it is, in a sentence */
export function untoldNode(id: string, label: string, kind: string, what = label): ViewNode {
  const description = l10n.t('unknown: not in a trace');
  return {
    id,
    label,
    description,
    spoken: spokenSentence(what, description, false),
    kind,
    icon: { name: 'question', color: 'unknown' },
    tooltip: {
      heading: l10n.t('{0}: unknown', what),
      rows: [],
      note: l10n.t('Neither the events nor the dumps of a trace tell it.'),
    },
  };
}

/** "HPTE 0x918: valid · R C. Changed by the last step." */
export function spokenSentence(what: string, description: string, changed: boolean): string {
  const sentence = description === '' ? what : `${what}: ${description.replaceAll(' · ', ', ')}`;
  return changed ? l10n.t('{0}. Changed by the last step.', sentence) : sentence;
}
