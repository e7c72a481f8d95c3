// A guest page in the trees: its rmap word decoded, the ring of its HPTEs, the absent HPTEs that still map it, and the host
// page behind it (Book3S HV rmap chains; kvm_unmap_rmapp takes an entry off the ring and leaves it absent).

import { type Memslot, Plane } from '../../model/state';
import { type Ring, type RmapWord, readRing, rmapWord } from '../../timeline/ring';
import { hex, hex64, l10n } from '../texts';
import { hostPage, hostPageNode } from './hostPage';
import { hostFrameOf, hpteNode, spokenSentence } from './hpte';
import { bucketed, type NodeIcon, type ViewNode } from './node';
import type { RunView } from './runView';

/** A page of a memslot with what is known about its reverse map. */
export interface GuestPage {
  readonly slot: Memslot;
  /** page of the memslot, from 0 */
  readonly page: number;
  readonly gfn: number;
  readonly rmap: RmapWord;
  readonly ring: Ring;
  /** absent HPTEs that map the page and are on no ring */
  readonly loose: readonly number[];
}

export function guestPage(view: RunView, slot: Memslot, page: number): GuestPage {
  const { vm } = view;
  const gfn = slot.baseGfn + page;
  const ring = readRing(vm, slot, page);
  const onRing = new Set(ring.indexes);
  const loose = view.table.absentEntriesOf(gfn).filter((index) => !onRing.has(index));
  return { slot, page, gfn, rmap: rmapWord(vm, slot, page), ring, loose };
}

/** Pages of a slot that have a ring, R or C, or absent HPTEs; ascending. */
export function pagesInUse(view: RunView, slot: Memslot): number[] {
  const pages = new Set<number>();
  slot.rmap.forEach((page) => {
    const { present, referenced, changed } = rmapWord(view.vm, slot, page);
    if (present || referenced || changed) {
      pages.add(page);
    }
  });
  for (const gfn of view.table.pagesWithAbsentEntries()) {
    if (gfn >= slot.baseGfn && gfn < slot.baseGfn + slot.npages) {
      pages.add(gfn - slot.baseGfn);
    }
  }
  return [...pages].sort((a, b) => a - b);
}

/** "present, head a, R C" of a rmap word. */
function rmapText(view: RunView, { present, head, referenced, changed, locked }: RmapWord): string {
  const parts = [
    present ? l10n.t('present · head {0}', view.nameOf(head)) : l10n.t('empty'),
    referenced || changed ? `${referenced ? 'R' : ''}${referenced && changed ? ' ' : ''}${changed ? 'C' : ''}` : '',
    locked ? l10n.t('locked') : '',
  ];
  return parts.filter(Boolean).join(' · ');
}

/** Why a ring is no ring; while its lock is held it may be half-way. */
export function brokenText({ rmap, ring }: GuestPage): string | undefined {
  if (ring.broken === undefined) {
    return undefined;
  }
  return rmap.locked ? l10n.t('being changed: {0}', ring.broken) : l10n.t('broken: {0}', ring.broken);
}

/** Whether the last travel changed anything that the page's node shows. */
function pageChanged(view: RunView, { slot, page, ring, loose }: GuestPage): boolean {
  const { changes } = view;
  if (
    changes.has(Plane.rmap, slot.rmap.owner, page) ||
    [...ring.indexes, ...loose].some((index) => view.hpteChanged(index))
  ) {
    return true;
  }
  const host = hostPage(view, slot, page);
  return host !== undefined && changes.has(Plane.hostPte, host.vma.ptes.owner, host.block);
}

/** HPTEs of the ring that are valid and map another frame than the host's PTE, or one that is gone. */
function staleEntries(view: RunView, { slot, page, ring }: GuestPage): number[] {
  const host = hostPage(view, slot, page);
  if (host === undefined) {
    return [];
  }
  return ring.indexes.filter((index) => {
    const frame = hostFrameOf(view.vm, index);
    return frame !== undefined && (!host.present || frame !== host.pfn);
  });
}

function pageIcon(view: RunView, page: GuestPage): NodeIcon {
  if (page.ring.broken !== undefined && !page.rmap.locked) {
    return { name: 'warning', color: 'warning' };
  }
  if (staleEntries(view, page).length > 0) {
    return { name: 'warning', color: 'warning' };
  }
  if (page.ring.indexes.length > 0) {
    return { name: 'circle-filled', color: 'valid' };
  }
  return page.loose.length > 0 ? { name: 'circle-outline', color: 'absent' } : { name: 'dash' };
}

/** The node of a guest page. @param parent id of the node above */
export function pageNode(view: RunView, parent: string, page: GuestPage): ViewNode {
  const { gfn, ring, loose, rmap, slot } = page;
  const id = `${parent}/gfn:${hex(gfn)}`;
  const changed = pageChanged(view, page);
  const stale = staleEntries(view, page);
  const names = (indexes: readonly number[]) =>
    indexes
      .slice(0, 4)
      .map((index) => view.nameOf(index))
      .join(' ') + (indexes.length > 4 ? ' …' : '');
  const parts = [
    ring.indexes.length > 0 ? l10n.t('ring {0}', names(ring.indexes)) : l10n.t('no ring'),
    loose.length > 0 ? l10n.t('absent {0}', names(loose)) : '',
    rmap.referenced || rmap.changed ? `rmap ${rmap.referenced ? 'R' : ''}${rmap.changed ? 'C' : ''}` : '',
    brokenText(page) === undefined ? '' : rmap.locked ? l10n.t('being changed') : l10n.t('broken'),
    stale.length > 0 ? l10n.t('stale {0}', names(stale)) : '',
  ];
  const description = parts.filter(Boolean).join(' · ');
  const label = `gfn ${hex(gfn)}`;
  return {
    id,
    label,
    description,
    changed,
    icon: pageIcon(view, page),
    spoken: spokenSentence(l10n.t('Guest page {0}', hex(gfn)), description, changed),
    kind: 'page',
    tooltip: {
      heading: l10n.t('Guest page {0}', hex(gfn)),
      rows: [
        ['gpa', hex(gfn * view.vm.page)],
        ['hva', hex(slot.hva + page.page * view.vm.page)],
        [l10n.t('rmap word'), hex64(rmap.word)],
        [l10n.t('decoded'), rmapText(view, rmap)],
      ],
      ...noteOf(brokenText(page), stale.length > 0),
    },
    children: () => pageChildren(view, id, page),
  };
}

function noteOf(broken: string | undefined, stale: boolean): { note: string } | object {
  if (broken !== undefined) {
    return { note: l10n.t('The ring is {0}.', broken) };
  }
  return stale ? { note: l10n.t('A valid HPTE maps a frame that the host no longer has at this address.') } : {};
}

function pageChildren(view: RunView, id: string, page: GuestPage): ViewNode[] {
  const { loose } = page;
  const nodes = [rmapNode(view, id, page)];
  if (loose.length > 0) {
    const looseId = `${id}/absent`;
    const label = l10n.t('off the ring');
    const description = loose.length === 1 ? l10n.t('1 absent HPTE') : l10n.t('{0} absent HPTEs', loose.length);
    nodes.push({
      id: looseId,
      label,
      description,
      spoken: spokenSentence(label, description, false),
      kind: 'loose',
      icon: { name: 'circle-outline', color: 'absent' },
      expanded: true,
      children: () => bucketed(looseId, 'HPTE', loose, Number, (index) => hpteNode(view, looseId, index)),
    });
  }
  nodes.push(hostPageNode(view, id, page.slot, page.page));
  return nodes;
}

function rmapNode(view: RunView, parent: string, page: GuestPage): ViewNode {
  const { rmap, ring, slot } = page;
  const id = `${parent}/rmap`;
  const before = view.changes.before(Plane.rmap, slot.rmap.owner, page.page);
  const broken = brokenText(page);
  const label = 'rmap';
  const description = rmapText(view, rmap);
  return {
    id,
    label,
    description,
    changed: before !== undefined,
    spoken: spokenSentence(l10n.t('rmap word'), description, before !== undefined),
    kind: 'rmap',
    icon: broken === undefined ? { name: 'link' } : { name: 'warning', color: 'warning' },
    expanded: true,
    tooltip: {
      heading: l10n.t('rmap word of guest page {0}', hex(page.gfn)),
      rows: [
        [l10n.t('word'), hex64(rmap.word)],
        ...(before === undefined ? [] : ([[l10n.t('was'), hex64(before)]] as const)),
        [l10n.t('decoded'), description],
      ],
      ...noteOf(broken, false),
    },
    ...(ring.indexes.length === 0 && broken === undefined ? {} : { children: () => ringNodes(view, id, page) }),
  };
}

/** The HPTEs of a ring, head first; behind them, why the ring is broken. */
export function ringNodes(view: RunView, id: string, page: GuestPage): ViewNode[] {
  const { indexes } = page.ring;
  const places = indexes.map((index, place) => ({ index, place }));
  const make = ({ index, place }: { index: number; place: number }): ViewNode => {
    const node = hpteNode(view, id, index);
    return place === 0 && indexes.length > 1
      ? {
          ...node,
          description: l10n.t('head · {0}', node.description ?? ''),
          spoken: l10n.t('{0}, head of the ring', node.spoken),
        }
      : node;
  };
  const nodes = bucketed(id, l10n.t('places'), places, ({ place }) => place, make);
  const broken = brokenText(page);
  if (broken !== undefined) {
    nodes.push({
      id: `${id}/broken`,
      label: broken,
      spoken: broken,
      kind: 'broken',
      icon: { name: 'warning', color: 'warning' },
    });
  }
  return nodes;
}
