// The Rmap chains tree: every ring of the reverse map, the longest or the last changed first; below each its HPTEs in ring
// order, head first. A broken ring says why it is broken.

import type { EventName } from '../../model/events';
import { Plane } from '../../model/place';
import type { Memslot } from '../../model/ranges';
import { count, hex, hex64, l10n } from '../texts';
import { spokenSentence } from './hpte';
import { bucketed, mostSiblings, type ViewNode } from './node';
import { brokenText, type GuestPage, guestPage, ringNodes } from './pages';
import type { RunView } from './runView';

/** What comes first. */
export type ChainOrder = 'length' | 'change';

/** From so many events backwards the last changes are taken; rings changed before stand behind, by page. */
const farthest = 20_000;

export function rmapChainNodes(view: RunView, order: ChainOrder): ViewNode[] {
  // a trace does not tell the order of a ring
  if (view.replayed) {
    return [];
  }
  return order === 'length' ? byLength(view) : byChange(view);
}

/** Broken rings first, then the others; below their lengths when they are many. */
function byLength(view: RunView): ViewNode[] {
  const { broken, lengths, count: total } = view.chains;
  const first = broken.map((gfn) => chainOf(view, gfn));
  const apart = new Set(broken);
  const whole = (gfns: ReadonlySet<number>) => [...gfns].filter((gfn) => !apart.has(gfn)).sort((a, b) => a - b);
  if (total <= mostSiblings) {
    return [...first, ...lengths.flatMap(([, gfns]) => whole(gfns).map((gfn) => chainOf(view, gfn)))];
  }
  return [...first, ...lengths.map(([length, gfns]) => lengthNode(view, length, gfns.size, () => whole(gfns)))];
}

function lengthNode(view: RunView, length: number, total: number, gfns: () => readonly number[]): ViewNode {
  const id = `length:${length}`;
  const label = length === 1 ? l10n.t('1 HPTE') : l10n.t('{0} HPTEs', length);
  const description = l10n.t('{0} chains', count(total));
  return {
    id,
    label,
    description,
    spoken: spokenSentence(l10n.t('Chains of {0}', label), description, false),
    kind: 'bucket',
    children: () => bucketed(id, 'gfn', gfns(), Number, (gfn) => chainOf(view, gfn)),
  };
}

/** The last changed first, as far back as is looked; the others behind, by page. */
function byChange(view: RunView): ViewNode[] {
  const { chains } = view;
  const moments = lastChanges(view);
  const recent = [...moments.keys()].filter((gfn) => chains.has(gfn)).slice(0, mostSiblings - 1);
  const nodes = recent.map((gfn) => chainOf(view, gfn, moments.get(gfn)));
  const left = chains.count - recent.length;
  if (left === 0) {
    return nodes;
  }
  const shown = new Set(recent);
  const rest = () =>
    chains.lengths
      .flatMap(([, gfns]) => [...gfns])
      .filter((gfn) => !shown.has(gfn))
      .sort((a, b) => a - b);
  const label = nodes.length === 0 ? l10n.t('{0} chains', count(left)) : l10n.t('{0} more', count(left));
  nodes.push({
    id: 'more',
    label,
    spoken: label,
    kind: 'bucket',
    children: () => bucketed('more', 'gfn', rest(), Number, (gfn) => chainOf(view, gfn, moments.get(gfn))),
  });
  return nodes;
}

function chainOf(view: RunView, gfn: number, moment = -1): ViewNode {
  const slot = view.vm.state.slotOfGfn(gfn);
  if (slot === null) {
    throw new Error(`no memslot holds guest page ${hex(gfn)}`);
  }
  return chainNode(view, guestPage(view, slot, gfn - slot.baseGfn), moment);
}

const ringEvents = new Set<EventName>(['rmap.link', 'rmap.unlink', 'rmap.harvest']);

/** The last moment at which each guest page's ring changed, as far back as is looked. */
function lastChanges({ run }: RunView): Map<number, number> {
  const moments = new Map<number, number>();
  const end = run.eventsUpTo(run.position);
  for (let number = end - 1; number >= Math.max(0, end - farthest); number--) {
    if (!ringEvents.has(run.eventName(number))) {
      continue;
    }
    const { event, moment } = run.event(number);
    if ('gfn' in event && !moments.has(Number(event.gfn))) {
      moments.set(Number(event.gfn), moment);
    }
  }
  return moments;
}

/** @param moment when it last changed, -1 when that is not known */
function chainNode(view: RunView, chain: GuestPage, moment: number): ViewNode {
  const { gfn, ring, rmap, slot, page } = chain;
  const id = `chain:${slot.id}:${hex(gfn)}`;
  const { length } = ring.indexes;
  const broken = brokenText(chain);
  const before = view.changes.before(Plane.rmap, slot.rmap.owner, page);
  const changed =
    before !== undefined || ring.indexes.some((index) => linkChanged(view, index) || view.hpteChanged(index));
  const parts = [
    length === 1 ? l10n.t('1 HPTE') : l10n.t('{0} HPTEs', length),
    `${ring.indexes
      .slice(0, 4)
      .map((index) => view.nameOf(index))
      .join(' → ')}${length > 4 ? ' → …' : ''}`,
    rmap.referenced || rmap.changed ? `rmap ${rmap.referenced ? 'R' : ''}${rmap.changed ? 'C' : ''}` : '',
    broken ?? '',
    moment >= 0 ? l10n.t('moment {0}', count(moment + 1)) : '',
  ];
  const description = parts.filter(Boolean).join(' · ');
  return {
    id,
    label: `gfn ${hex(gfn)}`,
    description,
    changed,
    icon: broken === undefined ? { name: 'link' } : { name: 'warning', color: 'warning' },
    spoken: spokenSentence(l10n.t('Chain of guest page {0}', hex(gfn)), description, changed),
    kind: 'chain',
    expanded: length <= 8,
    tooltip: {
      heading: l10n.t('rmap chain of guest page {0}', hex(gfn)),
      rows: [
        [l10n.t('memslot'), slotText(slot)],
        [l10n.t('rmap word'), hex64(rmap.word)],
        ...(before === undefined ? [] : ([[l10n.t('was'), hex64(before)]] as const)),
        [l10n.t('ring'), `${ring.indexes.slice(0, 32).map(hex).join(' → ')}${length > 32 ? ' → …' : ''}`],
        ...(moment >= 0 ? ([[l10n.t('last change'), l10n.t('moment {0}', count(moment + 1))]] as const) : []),
      ],
      ...(broken === undefined ? {} : { note: l10n.t('The ring is {0}.', broken) }),
    },
    children: () => ringNodes(view, id, chain),
  };
}

function linkChanged({ changes, vm }: RunView, index: number): boolean {
  return changes.has(Plane.link, vm.state.hpt.owner, index);
}

function slotText({ id, hva }: Memslot): string {
  return l10n.t('{0}, hva {1}', id, hex(hva));
}
