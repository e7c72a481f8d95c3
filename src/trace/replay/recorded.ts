// Which kinds of events a trace has. A kind that it does not have at all may not have been recorded: what it would have told is unknown.

import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';
import { HCALL } from './hcalls';

export interface Recorded {
  readonly unmaps: boolean;
  readonly ages: boolean;
  readonly faults: boolean;
  readonly faultExits: boolean;
  /** hypercalls on the table; POWER8 handles them where nothing is traced */
  readonly hcalls: boolean;
  /** that they were asked for */
  readonly hcallEnters: boolean;
  readonly guestEnters: boolean;
  /** flushes of partitions, which come with every new table */
  readonly flushes: boolean;
  /** that a vCPU goes back to the VMM */
  readonly exits: boolean;
}

export function recordedKinds(events: TraceEvents): Recorded {
  const seen = new Set<number>();
  for (let i = 0; i < events.count; i++) {
    seen.add(events.kind[i] as number);
  }
  const hcallEnters = hasTableHcall(events);
  return {
    unmaps: seen.has(eventCode.kvm_unmap_hva_range),
    ages: seen.has(eventCode.kvm_age_hva),
    faults: seen.has(eventCode.kvm_page_fault_enter),
    faultExits: seen.has(eventCode.kvm_page_fault_exit),
    hcalls: seen.has(eventCode.kvm_hcall_exit) && hcallEnters,
    hcallEnters,
    guestEnters: seen.has(eventCode.kvm_guest_enter),
    flushes: seen.has(eventCode.tlbie),
    exits: seen.has(eventCode.kvm_userspace_exit),
  };
}

function hasTableHcall(events: TraceEvents): boolean {
  for (let i = 0; i < events.count; i++) {
    if (events.kind[i] === eventCode.kvm_hcall_enter) {
      const event = events.decode(i);
      if (event.kind === 'kvm_hcall_enter' && (event.nr <= HCALL.protect || event.nr === HCALL.bulkRemove)) {
        return true;
      }
    }
  }
  return false;
}
