// Invalidations as spans of time: from the event of the MMU notifier's start to the same task's next event outside the notifier.
// The trace has no event of the end; it lies somewhere in between, so a window is the longest that the invalidation can have been.

import { eventCode, isHptProbe } from '../eventKinds';
import type { TraceEvents } from '../events';
import type { Machines } from './machines';

/** An invalidation. Events are indexes into the trace. */
export interface NotifierWindow {
  readonly task: number;
  readonly first: number;
  /** the event that shows it over; undefined when none comes */
  readonly last: number | undefined;
  /** host virtual addresses, the end excluded */
  readonly start: bigint;
  readonly end: bigint;
  /** the longest that it can have been, in units of the trace's clock; undefined while it is open */
  readonly duration: number | undefined;
}

/** Whether an event says that its task is outside the notifier. */
export function isOutsideNotifier(kind: number, events: TraceEvents): boolean {
  switch (kind) {
    case eventCode.kvm_unmap_hva_range:
    case eventCode.kvm_set_spte_hva:
    case eventCode.tlbie:
      return false;
    default:
      // a system call begins or ends; what else the trace brought along may come from inside the notifier
      return kind < firstForeignKind || (!isHptProbe(kind) && (events.kindNames[kind] ?? '').startsWith('sys_'));
  }
}

const firstForeignKind = eventCode.add_revmap;

/** All invalidations that may concern the chosen machine, in the order in which they begin. */
export function notifierWindowsOf(events: TraceEvents, machines: Machines): NotifierWindow[] {
  const windows: NotifierWindow[] = [];
  const open = new Map<number, number[]>();
  const close = (task: number, last: number, ends: (window: NotifierWindow) => boolean): void => {
    const left: number[] = [];
    for (const at of open.get(task) ?? []) {
      const window = windows[at];
      if (window !== undefined && ends(window)) {
        windows[at] = {
          ...window,
          last,
          duration: (events.time[last] as number) - (events.time[window.first] as number),
        };
      } else {
        left.push(at);
      }
    }
    open.set(task, left);
  };
  for (let i = 0; i < events.count; i++) {
    const kind = events.kind[i] as number;
    const task = events.task[i] as number;
    if ((open.get(task)?.length ?? 0) > 0 && isOutsideNotifier(kind, events)) {
      close(task, i, () => true);
    }
    const event = kind === eventCode.kvm_unmap_hva_range && machines.mayInvalidate(task) ? events.decode(i) : undefined;
    if (event?.kind === 'kvm_unmap_hva_range') {
      const { start, end } = event;
      // a nested one (a huge page is split) meets the outer one; another one says that the outer one is over
      close(task, i, (outer) => start >= outer.end || end <= outer.start);
      open.set(task, [...(open.get(task) ?? []), windows.length]);
      windows.push({ task, first: i, last: undefined, start, end, duration: undefined });
    }
  }
  return windows;
}
