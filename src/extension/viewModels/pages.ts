// A guest page in the trees: its rmap word decoded, the ring of its HPTEs, the absent HPTEs that still map it, and the host
// page behind it (Book3S HV rmap chains; kvm_unmap_rmapp takes an entry off the ring and leaves it absent).

import { Plane } from '../../model/place';
import type { Memslot } from '../../model/ranges';
import { entryState, hostFrameOf } from '../../timeline/entries';
import { certaintyOf } from '../../timeline/known';
import { type Ring, type RmapWord, readRing, rmapWord } from '../../timeline/ring';
import { hex, hex64, l10n } from '../texts';
import { hostPage, hostPageNode } from './hostPage';
import { hpteNode, spokenSentence, untoldNode } from './hpte';
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
  /** HPTEs that map the page and are not on its ring: absent ones, and one that a kernel path has in hand */
  readonly loose: readonly number[];
}

const untold: RmapWord = { word: 0n, present: false, referenced: false, changed: false, locked: false, head: 0 };

export function guestPage(view: RunView, slot: Memslot, page: number): GuestPage {
  const { vm } = view;
  const gfn = slot.baseGfn + page;
  // the order of a ring is not in a trace, nor R and C of the rmap word
  const ring = view.replayed ? { indexes: [] } : readRing(vm, slot, page);
  const onRing = new Set(ring.indexes);
  const loose = view.table.entriesOf(gfn).filter((index) => !onRing.has(index));
  return { slot, page, gfn, rmap: view.replayed ? untold : rmapWord(vm, slot, page), ring, loose };
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

/**
 * HPTEs of the ring that are valid and map another frame than the host's PTE, or one that is gone. `settled` is false inside a
 * kernel path, where the host is about to tell KVM: only at the end of a statement is it a fault.
 */
function staleEntries(view: RunView, { slot, page, ring }: GuestPage): { indexes: number[]; settled: boolean } {
  const host = hostPage(view, slot, page);
  const indexes = ring.indexes.filter((index) => {
    const frame = host && hostFrameOf(view.vm, view.vm.state.hpt, index);
    return frame !== undefined && (!host?.present || frame !== host.pfn);
  });
  return { indexes, settled: view.settled };
}

function pageIcon(view: RunView, page: GuestPage): NodeIcon {
  if (page.ring.broken !== undefined && !page.rmap.locked) {
    return { name: 'warning', color: 'warning' };
  }
  const stale = staleEntries(view, page);
  if (stale.settled && stale.indexes.length > 0) {
    return { name: 'warning', color: 'warning' };
  }
  if (page.ring.indexes.length > 0) {
    return { name: 'circle-filled', color: 'valid' };
  }
  if (page.loose.length === 0) {
    return { name: 'dash' };
  }
  return page.loose.some((index) => entryState(view.vm.state, index) === 'valid')
    ? { name: 'circle-filled', color: 'valid' }
    : { name: 'circle-outline', color: 'absent' };
}

/** The node of a guest page. @param parent id of the node above; `expanded` opens it where pages are few */
export function pageNode(view: RunView, parent: string, page: GuestPage, expanded = false): ViewNode {
  const { gfn, ring, loose, rmap, slot } = page;
  const absent = loose.filter((index) => entryState(view.vm.state, index) === 'absent');
  const validLoose = loose.filter((index) => !absent.includes(index));
  const looseWord = view.replayed ? l10n.t('valid') : l10n.t('off the ring');
  const id = `${parent}/gfn:${hex(gfn)}`;
  const changed = pageChanged(view, page);
  const stale = staleEntries(view, page);
  const names = (indexes: readonly number[]) =>
    indexes
      .slice(0, 4)
      .map((index) => view.nameOf(index))
      .join(' ') + (indexes.length > 4 ? ' …' : '');
  const parts = [
    stale.settled && stale.indexes.length > 0 ? l10n.t('stale {0}', names(stale.indexes)) : '',
    brokenText(page) === undefined ? '' : rmap.locked ? l10n.t('being changed') : l10n.t('broken'),
    ring.indexes.length > 0 ? l10n.t('ring {0}', names(ring.indexes)) : view.replayed ? '' : l10n.t('no ring'),
    validLoose.length > 0 ? `${looseWord} ${names(validLoose)}` : '',
    absent.length > 0 ? l10n.t('absent {0}', names(absent)) : '',
    rmap.referenced || rmap.changed ? `rmap ${rmap.referenced ? 'R' : ''}${rmap.changed ? 'C' : ''}` : '',
    stale.indexes.length > 0 && !stale.settled ? l10n.t('host page gone') : '',
    loose.some((index) => certaintyOf(view.vm.state, index, 'state') === 'assumed') ? l10n.t('assumed') : '',
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
    follow: `gfn ${hex(gfn)}`,
    ...(view.replayed ? {} : { expression: `page(gfn ${hex(gfn)})` }),
    expanded,
    tooltip: {
      heading: l10n.t('Guest page {0}', hex(gfn)),
      rows: [
        ['gpa', hex(gfn * view.vm.page)],
        ['hva', hex(slot.hva + page.page * view.vm.page)],
        [l10n.t('rmap word'), hex64(rmap.word)],
        [l10n.t('decoded'), rmapText(view, rmap)],
      ],
      ...noteOf(brokenText(page), stale.settled && stale.indexes.length > 0),
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
    const looseId = `${id}/off`;
    const label = view.replayed ? l10n.t('HPTEs') : l10n.t('off the ring');
    const description = loose.length === 1 ? l10n.t('1 HPTE') : l10n.t('{0} HPTEs', loose.length);
    nodes.push({
      id: looseId,
      label,
      description,
      spoken: spokenSentence(label, description, false),
      kind: 'loose',
      icon: { name: 'list-unordered' },
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
  if (view.replayed) {
    return untoldNode(id, 'rmap', 'rmap', l10n.t('rmap word'));
  }
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
    expression: `rmap(${slot.id}, gfn ${hex(page.gfn)})`,
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
