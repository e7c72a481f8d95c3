// The Rmap chains tree: every ring of the reverse map, the longest or the last changed first; below each its HPTEs in ring
// order, head first. A broken ring says why it is broken.

import { RMAP_PRESENT_HI } from '../../model/bits';
import type { EventName } from '../../model/events';
import { type Memslot, Plane } from '../../model/state';
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
  const chains: GuestPage[] = [];
  for (const slot of view.vm.state.slots) {
    slot.rmap.forEach((page, hi) => {
      if ((hi & RMAP_PRESENT_HI) !== 0) {
        chains.push(guestPage(view, slot, page));
      }
    });
  }
  return order === 'length' ? byLength(view, chains) : byChange(view, chains);
}

function byLength(view: RunView, chains: GuestPage[]): ViewNode[] {
  const broken = chains.filter(({ ring, rmap }) => ring.broken !== undefined && !rmap.locked);
  const whole = chains.filter((chain) => !broken.includes(chain));
  const first = broken.map((chain) => chainNode(view, chain));
  if (chains.length <= mostSiblings) {
    return [...first, ...whole.sort(longerFirst).map((chain) => chainNode(view, chain))];
  }
  const lengths = new Map<number, GuestPage[]>();
  for (const chain of whole) {
    const { length } = chain.ring.indexes;
    lengths.set(length, [...(lengths.get(length) ?? []), chain]);
  }
  return [...first, ...[...lengths].sort(([a], [b]) => b - a).map(([length, same]) => lengthNode(view, length, same))];
}

function lengthNode(view: RunView, length: number, chains: readonly GuestPage[]): ViewNode {
  const id = `length:${length}`;
  const label = length === 1 ? l10n.t('1 HPTE') : l10n.t('{0} HPTEs', length);
  const description = l10n.t('{0} chains', count(chains.length));
  return {
    id,
    label,
    description,
    spoken: spokenSentence(l10n.t('Chains of {0}', label), description, false),
    kind: 'bucket',
    children: () =>
      bucketed(
        id,
        'gfn',
        chains,
        ({ gfn }) => gfn,
        (chain) => chainNode(view, chain),
      ),
  };
}

function longerFirst(a: GuestPage, b: GuestPage): number {
  return b.ring.indexes.length - a.ring.indexes.length || a.gfn - b.gfn;
}

function byChange(view: RunView, chains: GuestPage[]): ViewNode[] {
  const moments = lastChanges(view);
  const momentOf = ({ gfn }: GuestPage) => moments.get(gfn) ?? -1;
  chains.sort((a, b) => momentOf(b) - momentOf(a) || a.gfn - b.gfn);
  const recent = chains.slice(0, mostSiblings - 1).map((chain) => chainNode(view, chain, momentOf(chain)));
  const rest = chains.slice(mostSiblings - 1).sort((a, b) => a.gfn - b.gfn);
  if (rest.length === 0) {
    return recent;
  }
  const label = l10n.t('{0} more', count(rest.length));
  const make = (chain: GuestPage) => chainNode(view, chain, momentOf(chain));
  recent.push({
    id: 'more',
    label,
    spoken: label,
    kind: 'bucket',
    children: () => bucketed('more', 'gfn', rest, ({ gfn }) => gfn, make),
  });
  return recent;
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
function chainNode(view: RunView, chain: GuestPage, moment = -1): ViewNode {
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
