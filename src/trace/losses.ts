// Where a trace may miss events that its ring buffers lost. Each CPU has a buffer of its own: a mark says that events of one CPU are
// missing since that CPU's event before it, among those of the other CPUs. A buffer that has overwritten its oldest events misses
// them from the beginning of the trace to the CPU's first event. A line that cannot be read may have been an event.

import type { TraceEvents } from './events';

/** Lost events came after those before `since`, and before event `before`. Indexes of events. */
export interface Loss {
  readonly since: number;
  readonly before: number;
}

/** The losses of a trace in order; those that meet are one. */
export function lossesOf(events: TraceEvents): Loss[] {
  const all = [...markedLosses(events), ...(events.overwritten > 0 ? lossesAtBeginning(events) : [])];
  all.sort((a, b) => a.since - b.since || a.before - b.before);
  const joined: Loss[] = [];
  for (const loss of all) {
    const last = joined.at(-1);
    if (last !== undefined && loss.since <= last.before) {
      joined[joined.length - 1] = { since: last.since, before: Math.max(last.before, loss.before) };
    } else {
      joined.push(loss);
    }
  }
  return joined;
}

function markedLosses({ lost, cpu: cpus }: TraceEvents): Loss[] {
  return lost.map(({ before, cpu, fromStart }) => {
    let since = fromStart === true ? 0 : before;
    while (cpu !== undefined && since > 0 && cpus[since - 1] !== cpu) {
      since--;
    }
    return { since, before };
  });
}

function lossesAtBeginning({ cpu: cpus, count }: TraceEvents): Loss[] {
  const first = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const cpu = cpus[i] as number;
    if (!first.has(cpu)) {
      first.set(cpu, i);
    }
  }
  return [...first.values()].map((before) => ({ since: 0, before }));
}
