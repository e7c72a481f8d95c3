// The host's side of a guest page: the Linux PTE that backs it.

import { PTE_ACCESSED, PTE_CACHE, PTE_DIRTY, PTE_PRESENT, PTE_RW, PTE_SPECIAL } from '../../model/bits';
import { Plane } from '../../model/place';
import { type Memslot, pfnOf, type Vma } from '../../model/ranges';
import { hex, l10n } from '../texts';
import { spokenSentence } from './hpte';
import type { ViewNode } from './node';
import type { RunView } from './runView';

/** A host PTE; `block` is its place in the vma. */
export interface HostPage {
  readonly hva: number;
  readonly vma: Vma;
  readonly block: number;
  readonly present: boolean;
  readonly flags: number;
  /** frame of this very page, also inside a huge page */
  readonly pfn: number;
}

/** The host page behind a page of a memslot; undefined where no mapping of the VMM is known. */
export function hostPage({ vm }: RunView, slot: Memslot, page: number): HostPage | undefined {
  const hva = slot.hva + page * vm.page;
  const vma = vm.state.vmas.find((each) => hva >= each.hva && hva < each.hva + each.npages * vm.page);
  if (vma === undefined) {
    return undefined;
  }
  const inVma = Math.floor((hva - vma.hva) / vm.page);
  const block = Math.floor(inVma / 2 ** vma.order);
  const lo = vma.ptes.lo(block);
  const flags = lo & 0xfff;
  const pfn = pfnOf(vma.ptes.hi(block), lo) + (inVma - block * 2 ** vma.order);
  return { hva, vma, block, present: (flags & PTE_PRESENT) !== 0, flags, pfn };
}

/** "present rw dirty accessed". */
export function pteFlags(flags: number): string {
  const names = [
    (flags & PTE_RW) !== 0 ? 'rw' : 'ro',
    (flags & PTE_DIRTY) !== 0 ? 'dirty' : '',
    (flags & PTE_ACCESSED) !== 0 ? 'accessed' : '',
    (flags & PTE_CACHE) !== 0 ? 'no-cache' : '',
    (flags & PTE_SPECIAL) !== 0 ? 'special' : '',
  ];
  return names.filter(Boolean).join(' ');
}

/** The node of the host page behind a guest page. */
export function hostPageNode(view: RunView, parent: string, slot: Memslot, page: number): ViewNode {
  const id = `${parent}/host`;
  const label = l10n.t('host page');
  const host = hostPage(view, slot, page);
  if (host === undefined) {
    const description = l10n.t('no mapping known');
    const spoken = spokenSentence(label, description, false);
    return { id, label, description, spoken, kind: 'host', icon: { name: 'question', color: 'unknown' } };
  }
  const { vma, block, present, flags, pfn, hva } = host;
  const changed =
    view.changes.has(Plane.hostPte, vma.owner, block) || view.changes.has(Plane.hostPte, vma.ptes.owner, block);
  const description = present ? `pfn ${hex(pfn)} · ${pteFlags(flags)}` : l10n.t('not present');
  return {
    id,
    label,
    description,
    changed,
    kind: 'host',
    spoken: spokenSentence(label, description, changed),
    icon: present ? { name: 'chip' } : { name: 'debug-disconnect', color: 'absent' },
    tooltip: {
      heading: l10n.t('Host page of hva {0}', hex(hva)),
      rows: [
        ['PTE', present ? l10n.t('present') : l10n.t('not present')],
        ...(present
          ? ([
              ['pfn', hex(pfn)],
              [l10n.t('flags'), pteFlags(flags)],
            ] as const)
          : []),
        ['vma', l10n.t('hva {0}, {1} pages{2}', hex(vma.hva), vma.npages, vma.writable ? '' : l10n.t(', read-only'))],
      ],
    },
  };
}
