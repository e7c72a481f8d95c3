// What a look at a host page (a page fact, a pagemap dump) tells of the entries that map it.

import type { Context } from './context';
import type { PlacedPage } from './input';
import { ABSENT, bytesOf, FREE, VALID } from './knowledge';

/** A page fact: at that time the host had the page mapped, or not. */
export function seePage(context: Context, { gpa, present, frame }: PlacedPage): void {
  const { host, lastVcpu } = context;
  const last = host.lastInvalidationOf(gpa);
  // another task's invalidation may have come between the look at the page and the time that the fact gives
  if (last.event > lastVcpu.event && (last.task !== lastVcpu.task || host.invalidating)) {
    return;
  }
  if (present) {
    host.setMapped(gpa, frame === undefined ? undefined : frame << BigInt(host.pageShift));
    settleFrames(context, gpa);
  } else {
    notMapped(context, gpa);
  }
}

/** A page that is not mapped has no valid entry, and has had none since the last invalidation that covered it. */
export function notMapped(context: Context, gpa: bigint): void {
  const { hindsight, table } = context;
  for (const { index } of entriesOfPage(context, gpa)) {
    const { states } = table.get(index);
    if (states === VALID) {
      context.diverge('page fact', `a mapped page: slot 0x${index.toString(16)} is valid`, 'not mapped');
    } else {
      hindsight.notMapped(index);
      table.narrow(index, FREE | ABSENT);
    }
  }
}

/** A valid entry maps the frame that the host has at its page. */
function settleFrames(context: Context, gpa: bigint): void {
  const { host, table } = context;
  if (host.invalidating || context.unseen !== undefined) {
    return;
  }
  for (const { page, index } of entriesOfPage(context, gpa)) {
    const slot = table.get(index);
    const frame = host.frameOf(page);
    if (frame !== undefined && slot.states === VALID && slot.frame === undefined && bytesOf(slot) <= host.pageBytes) {
      table.put(index, { ...slot, frame });
    }
  }
}

/** Slots that may be valid and start in the host page of a guest real address, each with the address it starts at. */
function entriesOfPage({ host, table }: Context, gpa: bigint): { readonly page: bigint; readonly index: number }[] {
  const from = gpa & ~(host.pageBytes - 1n);
  const found: { page: bigint; index: number }[] = [];
  for (let page = from; page < from + host.pageBytes; page += 4096n) {
    found.push(...table.mapping(page).map((index) => ({ page, index })));
  }
  return found;
}
