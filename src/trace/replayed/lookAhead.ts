// How an operation of a vCPU ends, read ahead, and what happens to the machine until then.

import type { DecodedEvent } from '../decoded';
import { eventCode } from '../eventKinds';
import type { TraceEvents } from '../events';
import { isVcpuKind } from '../replay/machines';
import type { Fed, Feed } from './feed';

/** How many steps ahead an operation's end is looked for. */
const furthest = 4096;

/** The next event of a vCPU's task, and what happens until then. */
export interface Until {
  readonly fed: Fed;
  readonly event: DecodedEvent;
  /** steps before it */
  readonly steps: number;
  /** something happens that the machine notices */
  readonly disturbed: boolean;
  /** nothing happens but what is over before it: invalidations */
  readonly nestable: boolean;
  /** an invalidation of the machine's memory begins */
  readonly invalidated: boolean;
}

/** The next event of a task's vCPU; undefined when none comes soon. */
export function endOf(task: number, feed: Feed, events: TraceEvents): Until | undefined {
  const { machines } = feed;
  let disturbed = false;
  let nestable = true;
  let invalidated = false;
  for (let steps = 0; steps < furthest; steps++) {
    const fed = feed.peek(steps);
    if (fed === undefined) {
      return undefined;
    }
    if (fed.step.what !== 'event') {
      nestable = false;
      disturbed = true;
      continue;
    }
    const at = fed.step.event;
    const kind = events.kind[at] as number;
    const of = events.task[at] as number;
    if (isVcpuKind(kind) && machines.runs(of)) {
      if (of === task) {
        return { fed, event: events.decode(at), disturbed, nestable, invalidated, steps };
      }
      nestable = false;
      disturbed = true;
    } else if (isNotifier(kind) && machines.mayInvalidate(of)) {
      disturbed = true;
      invalidated ||= fed.underWay.some(({ event }) => event === at);
    }
  }
  return undefined;
}

/** Whether events of a kind tell what the host's memory management says to KVM. */
export function isNotifier(kind: number): boolean {
  switch (kind) {
    case eventCode.kvm_unmap_hva_range:
    case eventCode.kvm_set_spte_hva:
    case eventCode.kvm_age_hva:
    case eventCode.kvm_test_age_hva:
      return true;
    default:
      return false;
  }
}
