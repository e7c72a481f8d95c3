// One measurement of the trace benchmark, in a process of its own so that its peak memory is the measurement's.

import { basename, dirname } from 'node:path';
import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { openRun } from '../trace/openRun';
import { type OpenServices, openTrace } from '../trace/openTrace';
import type { ReplayInput } from '../trace/replay/input';
import { openReplay, replayInput } from '../trace/replay/report';

/** What can be measured: reading into columns, replaying what was read, making a run as the debugger has it. */
export const TRACE_WORK = ['read', 'replay', 'run'] as const;
export type TraceWork = (typeof TRACE_WORK)[number];

/** A measurement; times in milliseconds, fastest and middle of the repetitions. */
export interface TraceOnce {
  readonly events: number;
  readonly repetitions: number;
  readonly msMin: number;
  readonly msMedian: number;
  /** processor time of all threads, of the fastest in it */
  readonly cpuMsMin: number;
  /** bytes an event in columns; 0 where none are left to look at */
  readonly columnBytes: number;
  /** largest resident memory of the process, in bytes */
  readonly peakMemory: number;
}

/** Does a piece of work on a trace some times over. Throws an Error when the trace cannot be read. */
export async function measureTrace(work: TraceWork, path: string, repetitions: number): Promise<TraceOnce> {
  const folder = dirname(path);
  const file = basename(path);
  const services = { files: nodeFiles(folder), decompressors: nodeDecompressors };
  let input: ReplayInput | undefined;
  const doing: Record<TraceWork, () => Promise<{ events: number; columnBytes: number }>> = {
    read: async () => {
      const opened = await openTrace(file, services);
      if (!('events' in opened)) throw new Error(opened.problems[0]?.message ?? 'no trace');
      return { events: opened.events.count, columnBytes: opened.events.columnBytes };
    },
    replay: async () => {
      input ??= await replayable(file, services);
      replayInput(input, { keyframes: 'first' });
      return { events: input.events.count, columnBytes: input.events.columnBytes };
    },
    run: async () => {
      const { run, problems } = await openRun(file, services);
      if (run === null) throw new Error(problems[0]?.message ?? 'no run');
      return { events: run.statements.length, columnBytes: 0 };
    },
  };
  const times: number[] = [];
  const cpu: number[] = [];
  let events = 0;
  let columnBytes = 0;
  for (let i = 0; i < repetitions; i++) {
    if (work === 'replay') input ??= await replayable(file, services);
    const start = performance.now();
    const startCpu = process.cpuUsage();
    ({ events, columnBytes } = await doing[work]());
    times.push(performance.now() - start);
    const { user, system } = process.cpuUsage(startCpu);
    cpu.push((user + system) / 1000);
  }
  times.sort((a, b) => a - b);
  return {
    events,
    repetitions,
    msMin: times[0] ?? 0,
    msMedian: times[times.length >> 1] ?? 0,
    cpuMsMin: Math.min(...cpu),
    columnBytes: columnBytes / Math.max(1, events),
    peakMemory: process.resourceUsage().maxRSS * 1024,
  };
}

async function replayable(file: string, services: OpenServices): Promise<ReplayInput> {
  const { input, problems } = await openReplay(file, services, { facts: true });
  if (input === null) throw new Error(problems[0]?.message ?? 'no trace');
  return input;
}
