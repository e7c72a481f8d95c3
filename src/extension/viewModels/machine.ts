// The Machine tree: where the run stands, kernel and processor, vCPUs with their SLBs, the MMU notifier's counters, facts of
// the hashed page table, and the pinned pages of a PPC970.

import { MSR_DR, MSR_IR, MSR_PR, SLB_1T_HI, SLB_ESID_VALID, SLB_KP, SLB_KS } from '../../model/bits';
import { EVENTS } from '../../model/events';
import { slotPhysArrays } from '../../model/memslots';
import { Plane } from '../../model/place';
import { pfnOf } from '../../model/ranges';
import { segmentShift } from '../../model/search';
import { MMIO_ENTRIES, Scalar, SLB_ENTRIES, Vcpu } from '../../model/state';
import type { Store } from '../../model/store';
import { toBig } from '../../model/words';
import { severalMachines } from '../../trace/replay/machineChoice';
import { count, hex, hex64, l10n, size } from '../texts';
import { spokenSentence, untoldNode, valueNode } from './hpte';
import { momentDetails } from './momentDetails';
import { bucketed, type ViewNode } from './node';
import type { RunView } from './runView';

export function machineNodes(view: RunView): ViewNode[] {
  return [
    momentNode(view),
    kernelNode(view),
    ...noteNodes(view),
    ...(view.replayed
      ? [
          untoldNode('vcpus', l10n.t('vCPU registers'), 'vcpu'),
          untoldNode('notifier', l10n.t('MMU notifier'), 'notifier'),
        ]
      : [...view.vm.state.vcpus.map((store, vcpu) => vcpuNode(view, vcpu, store)), notifierNode(view)]),
    view.tableUnknown ? untoldNode('hpt', 'HPT', 'hpt') : tableNode(view),
    ...pinNodes(view),
  ];
}

interface Parts {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly kind: string;
  readonly changed?: boolean;
  readonly expanded?: boolean;
  readonly follow?: string;
  readonly children?: () => readonly ViewNode[];
}

function branch({ icon, ...parts }: Parts): ViewNode {
  const { label, description, changed = false } = parts;
  return {
    ...parts,
    icon: { name: icon },
    spoken: spokenSentence(label, description, changed),
    tooltip: { heading: `${label}: ${description}`, rows: [] },
  };
}

/** "moment 17 of 214 · hpte.absent": the current moment in words, for headings. */
export function momentText({ run }: RunView): string {
  const { position } = run;
  const where = l10n.t('moment {0} of {1}', count(position + 1), count(run.length));
  const events = run.length === 0 ? [] : run.events(position);
  const what = events.map(({ kind }) => kind).at(-1) ?? run.frames(position)[0]?.path.fn;
  return what === undefined ? where : `${where} · ${what}`;
}

function momentNode(view: RunView): ViewNode {
  const { run } = view;
  const { position } = run;
  const source = run.source(position);
  const frame = run.frames(position)[0];
  const events = run.events(position).map(({ kind }) => EVENTS[kind].title);
  const id = 'moment';
  const doing = frame === undefined ? source.text.replace(/\s+/g, ' ') : `${frame.path.fn}: ${frame.text}`;
  return {
    id,
    label: l10n.t('moment {0}', count(position + 1)),
    description: l10n.t('of {0} · {1}', count(run.length), frame?.path.fn ?? l10n.t('statement')),
    icon: { name: 'debug-stackframe', color: 'current' },
    spoken: l10n.t('Moment {0} of {1}: {2}', count(position + 1), count(run.length), doing),
    kind: 'moment',
    moment: position,
    expanded: false,
    tooltip: {
      heading: momentText(view),
      rows: [
        [l10n.t('line {0}', source.line + 1), source.text.replace(/\s+/g, ' ')],
        ...(frame === undefined ? [] : ([[frame.path.fn, frame.text]] as const)),
        ...events.map((title) => [l10n.t('event'), title] as const),
      ],
    },
    children: () => [
      valueNode(id, l10n.t('line {0}', source.line + 1), source.text.replace(/\s+/g, ' ')),
      ...run.frames(position).map(({ path, text }, depth) => valueNode(`${id}/${depth}`, path.fn, text)),
      ...momentDetails(view, id),
    ],
  };
}

function kernelNode({ vm, replayed }: RunView): ViewNode {
  const { cpu, usingMmuNotifiers, tlb } = vm.config;
  const id = 'kernel';
  return branch({
    id,
    label: `${vm.kernel.name} · ${cpu}`,
    description: replayed
      ? l10n.t('host page {0} · not from the trace', size(vm.page))
      : l10n.t('host page {0}', size(vm.page)),
    icon: 'server-process',
    kind: 'kernel',
    children: () => [
      valueNode(id, l10n.t('kernel'), vm.kernel.name),
      valueNode(id, l10n.t('processor'), cpu),
      valueNode(id, l10n.t('host page size'), size(vm.page)),
      valueNode(id, l10n.t('HPTE layout'), vm.newFormat ? 'ISA 3.0' : 'ISA 2.07'),
      valueNode(
        id,
        l10n.t('MMU notifiers'),
        usingMmuNotifiers ? l10n.t('in use') : l10n.t('not in use: pages stay pinned'),
      ),
      valueNode(id, 'TLB', tlb ? l10n.t('modelled') : l10n.t('not modelled')),
    ],
  });
}

function vcpuNode(view: RunView, vcpu: number, store: Store): ViewNode {
  const id = `vcpu:${vcpu}`;
  const entries = slbEntries(store);
  const msr = toBig(store.hi(Vcpu.msr), store.lo(Vcpu.msr));
  const changed = [...view.changes.indexes(Plane.vcpu, store.owner)].length > 0;
  const slb = entries.length === 1 ? l10n.t('1 SLB entry') : l10n.t('{0} SLB entries', entries.length);
  return branch({
    id,
    label: `vCPU ${vcpu}`,
    description: `${msrText(store.lo(Vcpu.msr))} · ${slb}`,
    icon: 'chip',
    kind: 'vcpu',
    follow: `vcpu ${vcpu}`,
    changed,
    children: () => [
      wordNode(view, id, 'MSR', store, Vcpu.msr, `${hex64(msr)} ${msrText(store.lo(Vcpu.msr))}`),
      wordNode(view, id, 'AMR', store, Vcpu.amr, hex64(toBig(store.hi(Vcpu.amr), store.lo(Vcpu.amr)))),
      ...entries.map((entry) => slbNode(view, id, store, entry)),
      ...mmioCacheNodes(view, id, store),
    ],
  });
}

function msrText(lo: number): string {
  const translation =
    (lo & (MSR_IR | MSR_DR)) === 0
      ? l10n.t('real mode')
      : (lo & MSR_DR) !== 0 && (lo & MSR_IR) !== 0
        ? 'IR DR'
        : (lo & MSR_DR) !== 0
          ? 'DR'
          : 'IR';
  return (lo & MSR_PR) !== 0 ? `${translation} PR` : translation;
}

/** A word of a store, with what it was before. */
function wordNode(
  { changes }: RunView,
  parent: string,
  name: string,
  store: Store,
  index: number,
  text: string,
): ViewNode {
  const before = changes.before(store.plane, store.owner, index);
  return valueNode(parent, name, text, before === undefined ? undefined : l10n.t('was {0}', hex64(before)));
}

function slbEntries(store: Store): number[] {
  return Array.from({ length: SLB_ENTRIES }, (_, entry) => entry).filter(
    (entry) => (store.lo(Vcpu.slb + 2 * entry) & SLB_ESID_VALID) !== 0,
  );
}

function slbNode(view: RunView, parent: string, store: Store, entry: number): ViewNode {
  const at = Vcpu.slb + 2 * entry;
  const esid = toBig(store.hi(at), store.lo(at));
  const vsidWord = toBig(store.hi(at + 1), store.lo(at + 1));
  const oneT = (store.hi(at + 1) & SLB_1T_HI) !== 0;
  const ea = esid & ~(oneT ? 0xff_ffff_ffffn : 0xfff_ffffn);
  const vsid = (vsidWord & 0x3fff_ffff_ffff_ffffn) >> (oneT ? 24n : 12n);
  const shift = segmentShift(store.lo(at + 1));
  const keys = `${(store.lo(at + 1) & SLB_KS) !== 0 ? ' Ks' : ''}${(store.lo(at + 1) & SLB_KP) !== 0 ? ' Kp' : ''}`;
  const page = shift === 20 ? l10n.t('reserved page size') : size(2 ** shift);
  const text = `ea ${hex(ea)} → vsid ${hex(vsid)} · ${oneT ? '1T' : '256M'} · ${page}${keys}`;
  const before =
    view.changes.before(Plane.vcpu, store.owner, at) ?? view.changes.before(Plane.vcpu, store.owner, at + 1);
  return valueNode(parent, `SLB ${entry}`, text, before === undefined ? undefined : l10n.t('was {0}', hex64(before)));
}

function mmioCacheNodes(view: RunView, parent: string, store: Store): ViewNode[] {
  const { kernel, state } = view.vm;
  if (!kernel.mmioCache) {
    return [];
  }
  const nodes: ViewNode[] = [];
  for (let entry = 0; entry < MMIO_ENTRIES; entry++) {
    const at = Vcpu.mmio + 8 * entry;
    const ea = toBig(store.hi(at), store.lo(at));
    if (ea === 0n) {
      continue;
    }
    const current =
      store.lo(at + 6) === state.scalars.lo(Scalar.mmioUpdate) &&
      store.hi(at + 6) === state.scalars.hi(Scalar.mmioUpdate);
    const text = l10n.t(
      'ea {0} → HPTE {1}{2}',
      hex(ea),
      hex(store.lo(at + 5) >>> 0),
      current ? '' : l10n.t(' · out of date'),
    );
    nodes.push(wordNode(view, parent, l10n.t('MMIO cache {0}', entry), store, at, text));
  }
  return nodes;
}

function scalar({ vm }: RunView, index: number): bigint {
  return toBig(vm.state.scalars.hi(index), vm.state.scalars.lo(index));
}

function notifierNode(view: RunView): ViewNode {
  const { scalars } = view.vm.state;
  const id = 'notifier';
  const seq = scalar(view, Scalar.seq);
  const running = scalar(view, Scalar.count);
  const changed = [Scalar.seq, Scalar.count, Scalar.mmioUpdate].some((index) =>
    view.changes.has(Plane.scalar, scalars.owner, index),
  );
  const word = (name: string, index: number) =>
    wordNode(view, id, name, scalars, index, scalar(view, index).toString());
  return branch({
    id,
    label: l10n.t('MMU notifier'),
    description: `seq ${seq} · count ${running}${running === 0n ? '' : ` · ${l10n.t('invalidation running')}`}`,
    icon: 'bell',
    kind: 'notifier',
    changed,
    children: () => [
      word(l10n.t('seq'), Scalar.seq),
      word(l10n.t('count'), Scalar.count),
      ...(view.vm.kernel.mmioCache ? [word('mmio_update', Scalar.mmioUpdate)] : []),
    ],
  });
}

function tableNode(view: RunView): ViewNode {
  const { vm } = view;
  const { hpt, scalars } = vm.state;
  const { valid, absent, mmio, bolted, free, unknown, assumed } = view.table.counts;
  const id = 'hpt';
  const parts = [
    l10n.t('order {0}', hpt.order),
    l10n.t('{0} valid', count(valid)),
    l10n.t('{0} absent', count(absent)),
    mmio > 0 ? `${count(mmio)} MMIO` : '',
    unknown > 0 ? l10n.t('{0} unknown', count(unknown)) : '',
    assumed > 0 ? l10n.t('{0} assumed', count(assumed)) : '',
  ];
  return branch({
    id,
    label: 'HPT',
    description: parts.filter(Boolean).join(' · '),
    icon: 'table',
    kind: 'hpt',
    changed: view.changes.any(Plane.hpteV) || view.changes.has(Plane.scalar, scalars.owner, Scalar.hpt),
    children: () => [
      valueNode(id, l10n.t('order'), l10n.t('{0}, {1} bytes', hpt.order, size(2 ** hpt.order))),
      valueNode(id, 'PTEGs', `${count(hpt.entries / 8)} (${hex(hpt.entries / 8)})`),
      valueNode(id, 'HPTEs', `${count(hpt.entries)} (${hex(hpt.entries)})`),
      valueNode(id, l10n.t('valid'), count(valid)),
      valueNode(id, l10n.t('absent'), count(absent)),
      valueNode(id, 'MMIO', count(mmio)),
      ...(bolted > 0 ? [valueNode(id, l10n.t('bolted'), l10n.t('{0}, among these', count(bolted)))] : []),
      valueNode(id, l10n.t('free'), count(free)),
      ...(view.replayed ? [valueNode(id, l10n.t('unknown'), count(unknown))] : []),
      ...(assumed > 0 ? [valueNode(id, l10n.t('assumed'), l10n.t('{0}, among all these', count(assumed)))] : []),
      ...(view.replayed
        ? []
        : [
            valueNode(
              id,
              l10n.t('ready'),
              scalar(view, Scalar.mmuReady) === 0n ? l10n.t('no: faults retry') : l10n.t('yes'),
            ),
          ]),
    ],
  });
}

/** slot_phys words: frame, W and I bits, order, and whether the word holds the page reference. */
function pinNodes(view: RunView): ViewNode[] {
  const { vm } = view;
  if (vm.notifiers) {
    return [];
  }
  const pins: { slot: number; page: number; hi: number; lo: number; store: Store }[] = [];
  for (const [slot, store] of slotPhysArrays(vm)) {
    store.forEach((page, hi, lo) => pins.push({ slot, page, hi, lo, store }));
  }
  const id = 'pins';
  const label = l10n.t('Pinned pages');
  return [
    branch({
      id,
      label,
      description: count(pins.length),
      icon: 'pin',
      kind: 'pins',
      changed: view.changes.any(Plane.slotPhys),
      children: () =>
        bucketed(
          id,
          l10n.t('page'),
          pins,
          ({ page }) => page,
          ({ slot, page, hi, lo, store }) =>
            wordNode(
              view,
              `${id}/${slot}`,
              l10n.t('slot {0} page {1}', slot, hex(page)),
              store,
              page,
              `pfn ${hex(pfnOf(hi, lo))}`,
            ),
        ),
    }),
  ];
}

/** What holds for the whole run: the mutations of a scenario, which warn; how far a trace tells the table, which informs. */
function noteNodes({ run, replayed }: RunView): ViewNode[] {
  const nodes = run.notes.map(
    (note, place): ViewNode => ({
      id: `note:${place}`,
      label: note,
      icon: replayed ? { name: 'info' } : { name: 'warning', color: 'warning' },
      spoken: note,
      kind: 'note',
      tooltip: { heading: note, rows: [] },
    }),
  );
  const which = nodes.filter(({ label }) => label.startsWith(severalMachines));
  const coverage = nodes.filter((node) => !which.includes(node));
  if (!replayed || coverage.length < 2) {
    return nodes;
  }
  return [
    ...which,
    branch({
      id: 'notes',
      label: l10n.t('coverage'),
      description: l10n.t('{0} notes on what the trace tells', coverage.length),
      icon: 'info',
      kind: 'notes',
      children: () => coverage,
    }),
  ];
}
