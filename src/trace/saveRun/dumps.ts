// The dumps of a saved run: debugfs `htab` text and pagemap text of the machine as it stands.

import { PTE_PRESENT } from '../../model/bits';
import { debugfsHtab } from '../../model/htab';
import { pfnOf } from '../../model/ranges';
import type { Vm } from '../../model/vm';

const presentBit = 1n << 63n;

/** The debugfs file `htab` of the current table. */
export function htabText(vm: Vm): string {
  return debugfsHtab(vm);
}

/** Pages of guest memory that the host has mapped, by guest real address. Bits: Documentation/admin-guide/mm/pagemap.rst. */
export function pagemapText({ state, page }: Vm): string {
  const lines: { readonly gpa: number; readonly pfn: number }[] = [];
  for (const vma of state.vmas) {
    vma.ptes.forEach((block, hi, lo) => {
      if ((lo & PTE_PRESENT) === 0) {
        return;
      }
      for (let i = 0; i < 2 ** vma.order; i++) {
        const hva = vma.hva + (block * 2 ** vma.order + i) * page;
        for (const slot of state.slots) {
          if (hva >= slot.hva && hva < slot.hva + slot.npages * page) {
            lines.push({ gpa: slot.baseGfn * page + (hva - slot.hva), pfn: pfnOf(hi, lo) + i });
          }
        }
      }
    });
  }
  lines.sort((a, b) => a.gpa - b.gpa);
  return lines.map(({ gpa, pfn }) => `${gpa.toString(16)} ${(presentBit | BigInt(pfn)).toString(16)}\n`).join('');
}
