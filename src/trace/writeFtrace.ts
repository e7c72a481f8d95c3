// Writes events as ftrace text in the kernel's own form (/sys/kernel/tracing/trace with the nop tracer), and as JSON lines:
// for converting between trace forms and for saving runs as recordings.

import type { DecodedEvent } from './decoded';
import { formatTraceTime, type TraceEvents } from './events';
import { printEvent } from './printEvent';

/** The comment lines at the top of a trace text. */
export function ftraceHeader(count: number, cpus: number): string {
  return `# tracer: nop
#
# entries-in-buffer/entries-written: ${count}/${count}   #P:${cpus}
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;
}

/** What a line says beside the event itself. */
export interface LineHead {
  readonly comm: string;
  readonly pid: number;
  readonly cpu: number;
  /** Latency flags; those of an ordinary context where the trace has none. */
  readonly flags: string;
  /** Time in ns (or ticks, when `unit` says so). */
  readonly time: bigint;
  readonly unit: 'ns' | 'ticks';
}

/** One event as a line of ftrace text, with its line end. `name` is the event's name in the columns. */
export function ftraceLine(head: LineHead, name: string, event: DecodedEvent): string {
  const task = `${head.comm.padStart(16)}-${String(head.pid).padEnd(7)}`;
  const flags = head.flags === '' ? '.....' : head.flags;
  return `${task} [${String(head.cpu).padStart(3, '0')}] ${flags} ${timeStamp(head)}: ${eventText(name, event)}\n`;
}

/** One event of a trace as a line of ftrace text, with its line end. */
export function ftraceEventLine(events: TraceEvents, i: number): string {
  const { comm, pid } = events.taskOf(i);
  const flags = events.flagTexts[events.flags[i] as number] ?? '';
  const head = { comm, pid, cpu: events.cpu[i] as number, flags, time: events.timeOf(i), unit: events.unit };
  return ftraceLine(head, events.nameOf(i), events.decode(i));
}

/** Seconds rounded to microseconds, as the kernel prints them. */
function timeStamp({ time, unit }: LineHead): string {
  if (unit === 'ticks') {
    return time.toString();
  }
  const us = (time + 500n) / 1000n;
  return `${String(us / 1_000_000n).padStart(5)}.${String(us % 1_000_000n).padStart(6, '0')}`;
}

function eventText(name: string, event: DecodedEvent): string {
  const text = printEvent(event);
  switch (event.kind) {
    case 'sys_enter':
    case 'sys_exit':
      return text;
    case 'print':
      return `tracing_mark_write: ${text}`;
    case 'other':
      return name === 'function' || name === 'unnamed' ? text : `${name}: ${text}`;
    default:
      return `${name}: ${text}`;
  }
}

/** A stretch of events: from the first index to before the second. */
export interface EventRange {
  readonly from: number;
  readonly to: number;
}

/** About how long the pieces are in which text is given, in characters. */
const pieceLength = 1 << 16;

/** Events as ftrace text, in pieces. The whole trace unless a stretch of it is named. */
export function* ftraceText(events: TraceEvents, range?: EventRange): Generator<string> {
  const { from, to } = range ?? { from: 0, to: events.count };
  const cpus = new Set(events.cpu.subarray(0, events.count)).size;
  let piece = ftraceHeader(to - from, cpus);
  let lost = events.lost.findIndex(({ before }) => before > from || (before === from && from === 0));
  lost = lost < 0 ? events.lost.length : lost;
  for (let i = from; i < to; i++) {
    for (let mark = events.lost[lost]; mark !== undefined && mark.before <= i; mark = events.lost[++lost]) {
      // a line that could not be read stood among the events of no CPU in particular: those of the event before are as good as any
      const cpu = mark.cpu ?? events.cpu[Math.max(0, mark.before - 1)];
      piece += `CPU:${cpu} [LOST ${mark.count === undefined ? '' : `${mark.count} `}EVENTS]\n`;
    }
    piece += ftraceEventLine(events, i);
    if (piece.length > pieceLength) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/**
 * Events as JSON lines, in pieces: time, cpu, task, flags, name, and the fields with 64-bit numbers as `"0x…"`
 * (docs/traces.md). The whole trace unless a stretch of it is named.
 */
export function* jsonLines(events: TraceEvents, range?: EventRange): Generator<string> {
  const { from, to } = range ?? { from: 0, to: events.count };
  let piece = '';
  for (let i = from; i < to; i++) {
    const { comm, pid, tgid } = events.taskOf(i);
    const { kind: _, ...fields } = events.decode(i);
    const line = {
      time: formatTraceTime(events.timeOf(i), events.unit),
      cpu: events.cpu[i],
      comm,
      pid,
      ...(tgid < 0 ? {} : { tgid }),
      flags: events.flagTexts[events.flags[i] as number],
      event: events.nameOf(i),
      fields,
    };
    piece += `${JSON.stringify(line, (_key, value: unknown) => (typeof value === 'bigint' ? jsonNumber(value) : value))}\n`;
    if (piece.length > pieceLength) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

function jsonNumber(value: bigint): string {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
