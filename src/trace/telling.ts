// Trace events told in the vocabulary of src/model/events.ts, where it has a word for them.

import { MAYBE, eventCode as modelEvent, UNKNOWN_INDEX } from '../model/events';
import type { Log } from '../model/log';
import { hiOf, loOf } from '../model/words';
import type { DecodedEvent } from './decoded';

export class Telling {
  /** number of the last hypercall of each vCPU */
  readonly #hcalls = new Map<number, bigint>();

  constructor(readonly log: Log) {}

  tell(event: DecodedEvent): void {
    const begin = (kind: Parameters<typeof modelEvent>[0]): Log => this.log.event(modelEvent(kind));
    const wide = (to: Log, value: bigint): Log => to.u64(hiOf(value), loOf(value));
    switch (event.kind) {
      case 'kvm_page_fault_enter': {
        const to = wide(begin('fault.enter'), event.ea).u32(event.dsisr);
        for (const value of [UNKNOWN_INDEX, event.hpteV, event.hpteR, event.gpteR, event.baseGfn]) {
          wide(to, value);
        }
        to.u32(event.slotFlags);
        return;
      }
      case 'kvm_page_fault_exit':
        wide(wide(begin('fault.exit'), event.hpteV), event.hpteR)
          .u32(Number(event.ret))
          .u32(MAYBE.indexOf('unknown'))
          .u32(1);
        return;
      case 'kvm_hcall_enter': {
        this.#hcalls.set(event.vcpu, event.nr);
        const to = begin('hcall.enter').u32(Number(event.nr & 0xffffffffn));
        for (const arg of event.args) {
          wide(to, arg);
        }
        return;
      }
      case 'kvm_hcall_exit':
        begin('hcall.exit')
          .u32(Number((this.#hcalls.get(event.vcpu) ?? 0n) & 0xffffffffn))
          .u32(Number(event.hcallRc));
        return;
      case 'kvm_unmap_hva_range':
        wide(wide(begin('notifier.start'), event.start), event.end);
        return;
      case 'kvm_age_hva':
        wide(wide(begin('notifier.age'), event.start), event.end)
          .u32(1)
          .u32(MAYBE.indexOf('unknown'));
        return;
      case 'kvm_test_age_hva':
        wide(wide(begin('notifier.age'), event.hva), event.hva + 1n)
          .u32(2)
          .u32(MAYBE.indexOf('unknown'));
        return;
      case 'kvm_set_spte_hva':
        wide(begin('notifier.set_spte'), event.hva);
        return;
      default:
        return;
    }
  }
}
