// The life of a machine's table: it is allocated, reset, replaced by one of another size, and filled with the real-mode area when
// the machine first runs.

import { eventCode } from '../eventKinds';
import type { Context } from './context';
import type { PlacedHpt } from './input';
import { ABSENT, FREE, unknownSlot } from './knowledge';
import { isVcpuKind } from './machines';
import { slotAfterResize, V_BOLTED, vrmaSlots } from './words';

/** The table is another one from here on. Answers whether it is new and empty. */
export function changeTable(context: Context, { order, how, before }: PlacedHpt): boolean {
  const entries = 2 ** (order - 4);
  context.sizeKnown = true;
  context.hindsight.clear();
  if (how === 'resize') {
    resize(context, entries);
    return false;
  }
  const fresh = how === 'reset' || isNewMachine(context, before);
  context.table = context.newTable(entries, unknownSlot('no first dump'));
  if (fresh) {
    context.table.empty();
  }
  return fresh;
}

/** Whether the machine has not run yet: the trace shows how it begins. Else "allocate" only tells the size of its table. */
export function isNewMachine({ input: { events }, machines }: Context, before: number): boolean {
  for (let i = 0; i < events.count; i++) {
    const kind = events.kind[i] as number;
    if (isVcpuKind(kind) && machines.runs(events.task[i] as number)) {
      return i >= before && (kind === eventCode.kvmppc_run_vcpu_enter || kind === eventCode.kvm_guest_enter);
    }
  }
  return false;
}

/** Bolted entries are kept, absent, at the slot of their hash; all others go. */
function resize(context: Context, entries: number): void {
  const old = context.table;
  const { ptegs } = old;
  const table = context.newTable(entries, unknownSlot('resize'));
  context.table = table;
  if (old.background.states !== FREE) {
    return;
  }
  table.empty();
  for (const [index, slot] of [...old.known()]) {
    if (slot.states === FREE) {
      continue;
    }
    const to =
      slot.v === undefined || slot.guest === undefined
        ? undefined
        : slotAfterResize(index, slot.v, slot.guest, ptegs, table.ptegs);
    if (slot.v === undefined || to === undefined) {
      table.forgetAll('resize');
      return;
    }
    if ((slot.v & V_BOLTED) !== 0n) {
      table.put(to, { ...slot, states: ABSENT | (slot.states & FREE), cause: 'resize' });
    }
  }
}

/** The first run of a new table enters the real-mode area (kvmppc_map_vrma); the size of its pages is the VMM's mapping's. */
export function fillVrma({ host, table }: Context): void {
  const slot = host.slotOf(0n);
  if (slot === undefined) {
    table.forgetAll('VRMA');
    return;
  }
  for (const shift of [12, 16, 24]) {
    if (slot === null || shift < host.pageShift) {
      continue;
    }
    for (const index of vrmaSlots(Number(slot.size), shift, table.ptegs)) {
      table.put(index, unknownSlot('VRMA'));
    }
  }
}
