// Memslots come and go: the entries of one that goes are absent (kvmppc_core_flush_memslot).

import type { Context } from './context';
import type { ReplaySlot } from './host';
import type { PlacedSlot } from './input';

/** A memslot of the recording comes or goes. */
export function changeMemslot(context: Context, { slot: id, is, before }: PlacedSlot): void {
  const { host, table } = context;
  const slots = host.slots ?? [];
  if (is !== null) {
    host.slots = [...slots.filter(({ slot }) => slot !== id), is];
    host.pages.coverAll({ event: context.at - 1, task: -1, mayClose: false }, (page) => host.isIn(is, page));
    return;
  }
  const old = slots.find(({ slot }) => slot === id);
  const same = (to: ReplaySlot): boolean => old?.gpa === to.gpa && old.size === to.size && old.hva === to.hva;
  const stays = context.input.slots?.some(
    (one) => one.before === before && one.slot === id && one.is !== null && same(one.is),
  );
  host.slots = slots.filter(({ slot }) => slot !== id);
  if (old !== undefined && stays !== true) {
    table.unmap(old.gpa, old.gpa + old.size);
    if (old.gpa === 0n) {
      context.tables.memoryReplaced();
    }
    host.forgetPages(context.at - 1);
  }
}
