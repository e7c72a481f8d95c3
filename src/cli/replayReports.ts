// What `hptscope replay` tells beside the comparison: machines, divergences, faults, invalidations, and what the recording lacks.

import { formatTraceTime } from '../trace/events';
import type { FalseAssumption } from '../trace/replay/assuming';
import type { Divergence } from '../trace/replay/context';
import type { Coverage } from '../trace/replay/coverage';
import type { TracedMachine } from '../trace/replay/machines';
import type { Replay } from '../trace/replay/replay';
import type { Surroundings } from './command';

/** A fault, with words instead of indexes. */
interface FaultReport {
  readonly outcome: string;
  readonly certainty: string;
  /** time of its first event */
  readonly time: string;
  /** ns, or ticks of the trace's clock */
  readonly duration: number | undefined;
  readonly vcpu: number;
  readonly task: string;
  readonly ea: string | undefined;
  readonly dsisr: string | undefined;
  readonly pc: string | undefined;
  /** indexes of its first and last event, and of kvm_page_fault_enter */
  readonly events: { readonly first: number; readonly enter: number | undefined; readonly last: number | undefined };
}

interface NotifierReport {
  readonly time: string;
  /** the longest that it can have been */
  readonly duration: number | undefined;
  readonly task: string;
  readonly start: string;
  readonly end: string;
  readonly events: { readonly first: number; readonly last: number | undefined };
}

export interface MoreReports {
  readonly machines: readonly TracedMachine[];
  readonly divergenceEvents: readonly (Divergence | FalseAssumption)[];
  readonly faults?: readonly FaultReport[];
  readonly notifiers?: readonly NotifierReport[];
  readonly coverage?: Coverage;
}

const hex = (value: bigint | number | undefined): string | undefined =>
  value === undefined ? undefined : `0x${value.toString(16)}`;

export function faultReports(replay: Replay): FaultReport[] {
  const { events } = replay.input;
  return replay.faults().map(({ outcome, certainty, first, enter, last, duration, vcpu, ea, dsisr, pc }) => ({
    outcome,
    certainty,
    time: formatTraceTime(events.timeOf(first), events.unit),
    duration,
    vcpu,
    task: taskOf(replay, first),
    ea: hex(ea),
    dsisr: hex(dsisr),
    pc: hex(pc),
    events: { first, enter, last },
  }));
}

export function notifierReports(replay: Replay): NotifierReport[] {
  const { events } = replay.input;
  return replay.notifierWindows().map(({ first, last, duration, start, end }) => ({
    time: formatTraceTime(events.timeOf(first), events.unit),
    duration,
    task: taskOf(replay, first),
    start: `0x${start.toString(16)}`,
    end: `0x${end.toString(16)}`,
    events: { first, last },
  }));
}

function taskOf({ input }: Replay, event: number): string {
  const { comm, pid } = input.events.taskOf(event);
  return `${comm}-${pid}`;
}

export function printMore(more: MoreReports, surroundings: Surroundings): void {
  const { out } = surroundings;
  if (more.machines.length > 1) {
    for (const { tgid, lpid, tasks, events, chosen } of more.machines) {
      const partition = lpid === undefined ? '' : `, partition ${lpid}`;
      out(
        `machine: process ${tgid ?? 'unknown'}${partition}: ${events} events of ${tasks.join(', ')}${chosen ? ' (chosen)' : ''}`,
      );
    }
  }
  for (const divergence of more.divergenceEvents.slice(0, 20)) {
    const { kind, event, expected, seen, since } = divergence;
    const what =
      'assumptions' in divergence
        ? `false was ${divergence.assumptions.join(' or ')}`
        : `the state may be wrong since event ${since}`;
    out(`divergence: ${kind} at event ${event}: expected ${expected}; seen ${seen}; ${what}`);
  }
  if (more.divergenceEvents.length > 20) {
    out(`${more.divergenceEvents.length - 20} more divergences`);
  }
  for (const fault of more.faults ?? []) {
    const took = fault.duration === undefined ? '' : ` after ${fault.duration}`;
    const where = fault.ea === undefined ? `pc ${fault.pc}` : `ea ${fault.ea} dsisr ${fault.dsisr}`;
    out(`fault: ${fault.time} ${fault.task} vcpu ${fault.vcpu} ${where}: ${fault.outcome} (${fault.certainty})${took}`);
  }
  for (const { time, task, start, end, duration } of more.notifiers ?? []) {
    out(
      `invalidation: ${time} ${task} ${start}-${end}: ${duration === undefined ? 'not seen to end' : `at most ${duration}`}`,
    );
  }
  if (more.coverage !== undefined) {
    printCoverage(more.coverage, surroundings);
  }
}

function printCoverage({ sources, questions, causes, commands }: Coverage, { out }: Surroundings): void {
  const there = sources.filter(({ count }) => count > 0);
  out(`recorded: ${there.map(({ name, count }) => `${name} ${count}`).join(', ')}`);
  for (const { question, missing, unanswerable } of questions) {
    if (unanswerable) {
      out(`${question}: only dumps tell it on this machine`);
    } else if (missing.length > 0) {
      out(`${question}: not recorded: ${missing.join(', ')}`);
    }
  }
  for (const { cause, fields, wouldTell } of causes) {
    const counts = Object.entries(fields).map(([field, count]) => `${field} ${count}`);
    out(
      `${cause}: ${counts.join(', ')}; ${wouldTell.length === 0 ? 'nothing but dumps could tell' : `would tell: ${wouldTell.join(', ')}`}`,
    );
  }
  for (const command of commands) {
    out(`to record it: ${command}`);
  }
}
