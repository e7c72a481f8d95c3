// What a page fault tells and does. kvm_page_fault_enter shows dword 0, dword 1 and the guest view of the HPTE as they were under
// its lock, but not its index: that is the entry of the PTEG (by hash of the segment in dword 0 and of ea) which has these words.
// kvm_page_fault_exit shows whether the entry was installed:
//
//   ret < 0               nothing was changed
//   ABSENT still set      nothing was changed (the entry had changed meanwhile, or the table was not ready)
//   VALID, ret 0          the entry was installed, or an invalidation came in between (mmu_invalidate_retry). In ISA 3.0's layout it
//                         was installed; the retry path prints the older one. Where the two do not differ (256M segments) and on
//                         POWER8, an invalidation since the enter event leaves it open.
//   no exit               nothing was changed: MMIO, EFAULT, or the host PTE was gone when it was looked at
//
// An exit event of any kind with VALID says that no older invalidation was under way: the handler looks at the host PTE only then.

import type { PageFaultEnter, PageFaultExit } from '../decoded';
import { type Context, type Pending, ptegsOfHash, smallestPtegs } from './context';
import { ABSENT, FREE, lastingRc, type Slot, VALID } from './knowledge';
import { frameNow } from './pages';
import { frameOf, gpaOf, guestOf, identityOf, ptegOf, V_ABSENT, V_VALID } from './words';

const noSlot = 0xffffffffffffffffn;

/** PTEGs in which the HPTE of a fault can stand. */
export function ptegsOfFault(context: Context, fault: PageFaultEnter): number[] {
  const v = identityOf(fault.hpteV, context.isa3);
  const hash = ptegOf(v, guestOf(fault.gpteR), fault.ea, context.sizeKnown ? context.table.ptegs : smallestPtegs);
  return hash === undefined ? [] : ptegsOfHash(context, hash);
}

/** Slots that can hold the HPTE of a fault, in the order of the kernel's search; the first sure one ends it. */
export function candidatesOfFault(context: Context, fault: PageFaultEnter, ptegs: readonly number[]): number[] {
  const { table, isa3 } = context;
  const v = identityOf(fault.hpteV, isa3);
  const guest = guestOf(fault.gpteR);
  const state = (fault.hpteV & V_VALID) !== 0n ? VALID : ABSENT;
  const candidates: number[] = [];
  let surest: number | undefined;
  for (const pteg of ptegs) {
    for (let i = 0; i < 8; i++) {
      const index = pteg * 8 + i;
      const slot = table.get(index);
      const fits = (slot.v === undefined || slot.v === v) && (slot.guest === undefined || slot.guest === guest);
      if (fits && (slot.states & state) !== 0) {
        candidates.push(index);
        if (slot.v === v && slot.guest === guest) {
          surest ??= index;
        }
        if (context.sizeKnown && slot.v === v && (slot.states & FREE) === 0) {
          return likeliest(context, candidates, surest);
        }
      }
    }
  }
  return likeliest(context, candidates, surest);
}

/** Of several candidates the likeliest one, where that is to be assumed. @param surest the first that is known to fit */
function likeliest(context: Context, candidates: number[], surest: number | undefined): number[] {
  const likely = surest ?? candidates[0];
  const one = candidates.length > 1 && likely !== undefined && context.assume('first-free', candidates);
  return one ? [likely] : candidates;
}

/** Notes what the enter event shows of the entry when it can only be one. */
export function applyFaultEnter(context: Context, fault: PageFaultEnter, candidates: readonly number[]): void {
  const { table, host, isa3 } = context;
  const [index] = candidates;
  if (index === undefined) {
    const slots = ptegsOfFault(context, fault).map((pteg) => pteg * 8);
    const seen = `dword 0 0x${fault.hpteV.toString(16)}`;
    context.diverge('fault', 'an HPTE of its PTEG with these words', seen, slots);
    return;
  }
  if (candidates.length > 1) {
    return;
  }
  const v = identityOf(fault.hpteV, isa3);
  const guest = guestOf(fault.gpteR);
  const states = (fault.hpteV & V_VALID) !== 0n ? VALID : ABSENT;
  const gpa = gpaOf(v, guest);
  const memslot = gpa === undefined ? undefined : host.slotOf(gpa);
  const frame = frameOf(v, fault.hpteR, guest, false);
  context.hindsight.seen(index, states === VALID, frame);
  context.tables.seen(index, v, guest, true);
  table.put(index, {
    states,
    v,
    guest,
    frame,
    rc: lastingRc(states, fault.hpteR, memslot === undefined || memslot?.logDirty === true),
    cause: 'race',
    idCause: 'race',
    frameCause: 'frame not traced',
    rcCause: 'R and C not traced',
  });
  if (states === VALID && gpa !== undefined && !host.invalidating) {
    host.used(gpa, frame === undefined ? undefined : frame & ~(host.pageBytes - 1n), context.at + 1);
  }
}

/** A fault on a guest page without a memslot: a memslot that the recording still has there is gone. */
export function checkMemslot(context: Context, fault: PageFaultEnter): void {
  const { host, table } = context;
  const gpa = gpaOf(identityOf(fault.hpteV, context.isa3), guestOf(fault.gpteR));
  const memslot = gpa === undefined ? undefined : host.slotOf(gpa);
  if (fault.baseGfn !== noSlot || memslot === undefined || memslot === null) {
    return;
  }
  host.slots = (host.slots ?? []).filter((one) => one !== memslot);
  table.maybeUnmap(memslot.gpa, memslot.gpa + memslot.size, 'untraced ioctl');
  host.forgetPages(context.at - 1);
  context.diverge('memslot', `memslot ${memslot.slot}`, 'no memslot at this guest page', []);
}

/** Whether an exit event allows that the entry was installed. */
export function mayInstall({ ret, hpteV }: PageFaultExit): boolean {
  return ret === 0n && (hpteV & V_VALID) !== 0n && (hpteV & V_ABSENT) === 0n;
}

const sure = Symbol('installed');

/** Whether the exit event says that the entry was installed: surely, perhaps, or not. */
function installed(context: Context, pending: Pending, v: bigint, exit: PageFaultExit): typeof sure | boolean {
  if (!mayInstall(exit)) {
    return false;
  }
  const older = context.isa3 && exit.hpteV >> 62n !== 0n;
  if (older) {
    return false;
  }
  const told = context.isa3 && v >> 62n !== 0n;
  return told || context.host.lastInvalidation <= pending.event ? sure : true;
}

/** Applies the exit event of a fault. Answers whether its outcome was sure. */
export function applyFaultExit(context: Context, pending: Pending, exit: PageFaultExit): boolean {
  if (pending.what.kind !== 'fault') {
    return false;
  }
  const { fault, candidates } = pending.what;
  const { host, isa3, table } = context;
  if (exit.ret < 0n || (exit.hpteV & (V_VALID | V_ABSENT)) === V_VALID) {
    host.endedBefore(pending.event);
  }
  const v = identityOf(fault.hpteV, isa3);
  const outcome = installed(context, pending, v, exit);
  if (outcome === false) {
    return true;
  }
  const settled = candidates.length === 1 ? candidates[0] : pending.linked;
  if (settled === undefined || !candidates.includes(settled)) {
    for (const index of candidates) {
      context.hindsight.over(index);
      table.maybeInstalled(index, 'slot not told');
    }
    return false;
  }
  install(context, pending, settled, v, outcome === sure);
  return outcome === sure;
}

function install(context: Context, pending: Pending, index: number, v: bigint, certain: boolean): void {
  if (pending.what.kind !== 'fault') {
    return;
  }
  const { fault } = pending.what;
  const { host, table } = context;
  const guest = guestOf(fault.gpteR);
  const gpa = gpaOf(v, guest);
  // an invalidation that began since then may have come after the installation
  const gone = gpa === undefined || host.slots === null || host.lastInvalidationOf(gpa).event > pending.event;
  const taken = host.lastInvalidation > pending.event && (gone || !certain);
  const wasValid = (fault.hpteV & V_VALID) !== 0n;
  const before = wasValid ? VALID : ABSENT;
  const states = (certain ? VALID : VALID | before) | (taken ? ABSENT : 0);
  const calm = host.lastInvalidation <= pending.event;
  // a page that is mapped keeps its frame until an invalidation covers it
  const same = wasValid && calm ? frameOf(v, fault.hpteR, guest, false) : undefined;
  const frame = calm && gpa !== undefined ? (same ?? frameNow(context, gpa, pending.event)) : undefined;
  const slot: Slot = {
    states,
    v,
    guest,
    frame,
    rc: undefined,
    cause: 'race',
    idCause: 'race',
    frameCause: calm ? 'frame not traced' : 'race',
    rcCause: 'R and C not traced',
  };
  context.hindsight.over(index);
  table.put(index, slot);
  if (states === VALID && gpa !== undefined) {
    host.used(gpa, undefined, context.at + 1);
  }
}
