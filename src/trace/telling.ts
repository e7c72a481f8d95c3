// Trace events told in the vocabulary of src/model/events.ts, where the model has a word for them.

import { MAYBE, eventCode as modelEvent, SPAN_KINDS, UNKNOWN_INDEX } from '../model/events';
import type { Log } from '../model/log';
import { hiOf, loOf } from '../model/words';
import type { DecodedEvent, HcallEnter, HcallExit, HvaOne, HvaRange, PageFaultEnter, PageFaultExit } from './decoded';

const begin = (log: Log, kind: Parameters<typeof modelEvent>[0]): Log => log.event(modelEvent(kind));
const wide = (to: Log, value: bigint): Log => to.u64(hiOf(value), loOf(value));

/** @param index HPTE of the fault, where it is known */
export function tellFaultEnter(log: Log, event: PageFaultEnter, index: number | undefined): void {
  const to = wide(begin(log, 'fault.enter'), event.ea).u32(event.dsisr);
  const at = index === undefined ? UNKNOWN_INDEX : BigInt(index);
  for (const value of [at, event.hpteV, event.hpteR, event.gpteR, event.baseGfn]) {
    wide(to, value);
  }
  to.u32(event.slotFlags);
}

/** @param installed whether the entry was installed, where it is known */
export function tellFaultExit(log: Log, event: PageFaultExit, installed: boolean | undefined): void {
  wide(wide(begin(log, 'fault.exit'), event.hpteV), event.hpteR)
    .u32(Number(event.ret))
    .u32(MAYBE.indexOf(installed === undefined ? 'unknown' : installed ? 'yes' : 'no'))
    .u32(1);
}

export function tellHcallEnter(log: Log, event: HcallEnter): void {
  const to = begin(log, 'hcall.enter').u32(Number(event.nr & 0xffffffffn));
  for (const arg of event.args) {
    wide(to, arg);
  }
}

/** @param nr number of the call, where its enter event is there */
export function tellHcallExit(log: Log, event: HcallExit, nr: bigint | undefined): void {
  begin(log, 'hcall.exit')
    .u32(Number((nr ?? 0n) & 0xffffffffn))
    .u32(Number(event.hcallRc));
}

export function tellNotifier(log: Log, event: HvaRange | HvaOne): void {
  switch (event.kind) {
    case 'kvm_unmap_hva_range':
      wide(wide(begin(log, 'notifier.start'), event.start), event.end);
      return;
    case 'kvm_set_spte_hva':
      wide(begin(log, 'notifier.set_spte'), event.hva);
      return;
    case 'kvm_age_hva':
    case 'kvm_test_age_hva': {
      const [start, end] = 'hva' in event ? [event.hva, event.hva + 1n] : [event.start, event.end];
      const span = event.kind === 'kvm_age_hva' ? 'age' : 'test-age';
      wide(wide(begin(log, 'notifier.age'), start), end)
        .u32(SPAN_KINDS.indexOf(span))
        .u32(MAYBE.indexOf('unknown'));
      return;
    }
  }
}

/** Tells the events of a trace one after the other, none of which is replayed. */
export class Telling {
  /** number of the last hypercall of each vCPU */
  readonly #hcalls = new Map<number, bigint>();

  constructor(readonly log: Log) {}

  tell(event: DecodedEvent): void {
    switch (event.kind) {
      case 'kvm_page_fault_enter':
        tellFaultEnter(this.log, event, undefined);
        return;
      case 'kvm_page_fault_exit':
        tellFaultExit(this.log, event, undefined);
        return;
      case 'kvm_hcall_enter':
        this.#hcalls.set(event.vcpu, event.nr);
        tellHcallEnter(this.log, event);
        return;
      case 'kvm_hcall_exit':
        tellHcallExit(this.log, event, this.#hcalls.get(event.vcpu));
        return;
      case 'kvm_unmap_hva_range':
      case 'kvm_age_hva':
      case 'kvm_test_age_hva':
      case 'kvm_set_spte_hva':
        tellNotifier(this.log, event);
        return;
      default:
        return;
    }
  }
}
