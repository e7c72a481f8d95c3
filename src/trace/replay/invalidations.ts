// What the MMU notifier does to the table: entries of the guest pages of a host range go absent, or lose R.

import type { HvaOne, HvaRange } from '../decoded';
import type { Context } from './context';

/**
 * Applies kvm_unmap_hva_range, kvm_set_spte_hva or kvm_age_hva. Answers whether it was known what it concerns.
 * @param mayClose it may leave pages present and closed to all access
 */
export function applyNotifier(context: Context, task: number, event: HvaRange | HvaOne, mayClose: boolean): boolean {
  const { host, table } = context;
  const [start, end] = 'hva' in event ? [event.hva, event.hva + host.pageBytes] : [event.start, event.end];
  const ranges = host.slots === null ? null : host.guestRanges(start, end);
  if (event.kind === 'kvm_age_hva') {
    if (ranges === null) {
      table.ageAll();
    } else {
      for (const { from, to } of ranges) {
        table.age(from, to);
      }
    }
    return true;
  }
  const begun = { event: context.at, task, start, end, mayClose };
  if (ranges === null) {
    host.invalidate(begun, null);
    table.maybeUnmapAll('memslots not told');
    return false;
  }
  if (ranges.length > 0) {
    host.invalidate(begun, ranges);
    for (const { from, to } of ranges) {
      unmap(context, from, to, task);
    }
  }
  return true;
}

function unmap({ machines, table }: Context, from: bigint, to: bigint, task: number): void {
  // of which VMM's memory an invalidation is cannot be told where several have the same addresses
  if (machines.tgids.length > 1 && !machines.runs(task)) {
    table.maybeUnmap(from, to, 'race');
  } else {
    table.unmap(from, to);
  }
}
