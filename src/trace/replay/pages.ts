// What a look at host pages (a page fact, a pagemap dump) tells of the entries that map them.

import type { Context } from './context';
import type { GuestRange } from './host';
import type { PlacedPage, PlacedPagemap } from './input';
import { ABSENT, bytesOf, FREE, VALID } from './knowledge';

/** A page fact: at that time the host had the page mapped, or not. */
export function seePage(context: Context, { gpa, present, frame }: PlacedPage): void {
  const { host, lastVcpu, recorded } = context;
  const last = host.lastInvalidationOf(gpa);
  // another task's invalidation may have come between the look at the page and the time that the fact gives
  if (
    !recorded.unmaps ||
    (last.event > lastVcpu.event && last.task >= 0 && (last.task !== lastVcpu.task || host.invalidating))
  ) {
    return;
  }
  if (present) {
    seePresent(context, gpa, frame === undefined ? undefined : frame << BigInt(host.pageShift));
    settleFrames(context, gpa);
  } else {
    seeGone(context, gpa);
  }
}

/**
 * Real address behind a guest real address, for an entry that an operation made valid.
 * @param event where the operation began; nothing has been invalidated since
 */
export function frameNow({ host, hindsight }: Context, gpa: bigint, event: number): bigint | undefined {
  const known = host.frameOf(gpa);
  if (known !== undefined) {
    return known;
  }
  const frame = hindsight.frameAt(host.pageOf(gpa), event);
  return frame === undefined ? undefined : frame | (gpa & (host.pageBytes - 1n));
}

function seePresent({ host, hindsight, at }: Context, gpa: bigint, frame: bigint | undefined): void {
  const page = host.pageOf(gpa);
  host.pages.seenPresent(page, frame, at);
  if (frame !== undefined) {
    hindsight.pageAt(page, frame, host.pages.covering(page).event, at);
  }
}

/**
 * A dump of all host pages behind the guest.
 * @param during guest ranges of invalidations that may have run while it was read
 */
export function seePagemap(context: Context, { pagemap, before }: PlacedPagemap, during: readonly GuestRange[]): void {
  const { host, hindsight, recorded, table } = context;
  // what is told of pages that changed meanwhile is not known to hold before or after
  if (!recorded.unmaps || during.length > 0 || host.invalidating) {
    return;
  }
  const present = new Map<number, bigint>();
  for (let i = 0; i < pagemap.count; i++) {
    const page = pagemap.page(i);
    if (page.present) {
      present.set(host.pageOf(page.gpa), page.frame << BigInt(host.pageShift));
    }
  }
  host.pages.seenAll(present, before);
  for (const [page, frame] of present) {
    hindsight.pageAt(page, frame, host.pages.covering(page).event, before);
  }
  for (const { page } of hindsight.open()) {
    if (!present.has(page)) {
      hindsight.pageUnusable(page, host.pages.covering(page).event, before);
    }
  }
  for (const gpa of table.mappedPages()) {
    if (present.has(host.pageOf(gpa))) {
      settleFrames(context, gpa);
    } else {
      noneValid(context, gpa);
    }
  }
}

function seeGone(context: Context, gpa: bigint): void {
  const { host, at } = context;
  host.pages.seenGone(host.pageOf(gpa), at);
  noneUsable(context, gpa);
}

/** A page that cannot be used (not mapped, or closed) has no valid entry, and has had none since the last invalidation of it. */
export function noneUsable(context: Context, gpa: bigint): void {
  const { host, hindsight, recorded, at } = context;
  const page = host.pageOf(gpa);
  if (recorded.unmaps) {
    hindsight.pageUnusable(page, host.pages.covering(page).event, at);
  }
  noneValid(context, gpa);
}

function noneValid(context: Context, gpa: bigint): void {
  const { falseAssumptions, table, unseen } = context;
  if (unseen !== undefined) {
    return;
  }
  for (const { index } of entriesOfPage(context, gpa)) {
    if (table.get(index).states === VALID) {
      context.diverge('page fact', `a mapped page: slot 0x${index.toString(16)} is valid`, 'not mapped', [index]);
      if (context.falseAssumptions === falseAssumptions) {
        continue;
      }
    }
    if (table.get(index).cause === 'host presence') {
      // what an invalidation left open stays so: an entry that outlives its page is what one looks for in a trace
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
