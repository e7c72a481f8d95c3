// Tells whether two traces are forms of one recording (trace.dat and the text of the same ring buffer): joined, they would show
// everything twice.

import type { TraceEvents } from '../events';

/** Events that are looked for in the other trace. */
const samples = 500;

/** True if most events of the shorter trace are in the longer one: same event, task and CPU at the same time. */
export function areSameTrace(a: TraceEvents, b: TraceEvents): boolean {
  const [shorter, longer] = a.count <= b.count ? [a, b] : [b, a];
  if (shorter.count === 0) {
    return true;
  }
  const step = Math.max(1, Math.floor(shorter.count / samples));
  let looked = 0;
  let found = 0;
  for (let i = 0; i < shorter.count; i += step) {
    looked++;
    found += has(longer, shorter, i) ? 1 : 0;
  }
  return found * 2 > looked;
}

/** True if `all` has the event `i` of `events`, as far as the coarser time stamps of the two can tell. */
function has(all: TraceEvents, events: TraceEvents, i: number): boolean {
  const time = events.timeOf(i);
  const step = BigInt(Math.max(all.resolution, events.resolution));
  const { pid } = events.taskOf(i);
  for (let j = all.firstAtOrAfter(time - step); j < all.count && all.timeOf(j) <= time + step; j++) {
    if (all.nameOf(j) === events.nameOf(i) && all.cpu[j] === events.cpu[i] && all.taskOf(j).pid === pid) {
      return true;
    }
  }
  return false;
}
