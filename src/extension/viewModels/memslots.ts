// The Memslots tree: slot ▸ pages in use ▸ rmap word ▸ ring of HPTEs, with the absent HPTEs and the host page beside.

import { Plane } from '../../model/place';
import type { Memslot } from '../../model/ranges';
import { guestFrame } from '../../timeline/entries';
import { count, hex, l10n, size } from '../texts';
import { spokenSentence } from './hpte';
import { bucketed, type ViewNode } from './node';
import { guestPage, pageNode } from './pages';
import type { RunView } from './runView';

export function memslotNodes(view: RunView): ViewNode[] {
  return view.vm.state.slots.map((slot) => slotNode(view, slot));
}

/** So few pages in use are shown opened. */
const fewPages = 4;

function slotNode(view: RunView, slot: Memslot): ViewNode {
  const { vm, changes } = view;
  const id = `slot:${slot.id}`;
  const label = l10n.t('slot {0}', slot.id);
  const bytes = slot.npages * vm.page;
  const start = slot.baseGfn * vm.page;
  const changed = changes.has(Plane.slot, vm.state.slotWords.owner, slot.id);
  const logs = vm.state.logDirty(slot);
  const pages = view.table.pagesInUse(slot);
  const inUse = pages.length === 1 ? l10n.t('1 page in use') : l10n.t('{0} pages in use', count(pages.length));
  const description = `gpa ${hex(start)} · ${size(bytes)}${logs ? ` · ${l10n.t('logs dirty')}` : ''} · ${inUse}`;
  return {
    id,
    label,
    description,
    changed,
    icon: { name: 'layers' },
    spoken: spokenSentence(l10n.t('Memslot {0}', slot.id), description, changed),
    kind: 'slot',
    expanded: true,
    tooltip: {
      heading: l10n.t('Memslot {0}', slot.id),
      rows: [
        ['gpa', `${hex(start)} – ${hex(start + bytes - 1)}`],
        ['gfn', `${hex(slot.baseGfn)} – ${hex(slot.baseGfn + slot.npages - 1)}`],
        ['hva', hex(slot.hva)],
        [l10n.t('size'), l10n.t('{0}, {1} pages of {2}', size(bytes), count(slot.npages), size(vm.page))],
        [l10n.t('dirty log'), logs ? l10n.t('on') : l10n.t('off')],
        [l10n.t('in use'), inUse],
      ],
    },
    ...(pages.length === 0 ? {} : { children: () => pageNodes(view, id, slot, pages) }),
  };
}

function pageNodes(view: RunView, id: string, slot: Memslot, pages: readonly number[]): ViewNode[] {
  return bucketed(
    id,
    'gfn',
    pages,
    (page) => slot.baseGfn + page,
    (page) => pageNode(view, id, guestPage(view, slot, page), pages.length <= fewPages),
  );
}

/**
 * Where an HPTE stands in the Memslots tree: the ids of the memslot, of its guest page and of itself. Nodes between them (buckets,
 * the rmap word) are found on the way. Undefined for a free entry and for one of no memslot (MMIO).
 */
export function pathToHpte(view: RunView, index: number): { slot: string; page: string; hpte: string } | undefined {
  const { vm } = view;
  const { hpt } = vm.state;
  if ((hpt.vLo(index) & 0x21) === 0) {
    return undefined;
  }
  const gfn = guestFrame(vm, hpt, index);
  const slot = vm.state.slotOfGfn(gfn);
  return slot === null ? undefined : { slot: `slot:${slot.id}`, page: `gfn:${hex(gfn)}`, hpte: `hpte:${hex(index)}` };
}
