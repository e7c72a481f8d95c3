// `hptscope bench trace`: how fast traces are read and replayed, beside `trace-cmd report` on the same file, and how much memory that
// takes. Each measurement runs in a process of its own.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { openTrace } from '../trace/openTrace';
import { repeatedDat, spanOf, writeRepeatedText } from './benchTraceInputs';
import type { TraceOnce, TraceWork } from './benchTraceOnce';
import { inOwnProcess } from './ownProcess';

/** The recording that longer inputs are made of, in a checkout. */
const SEED = 'test/data/captures/p9-61-64k-fixed/trace.v6.dat.gz';
const EVENTS = 1_000_000;
const GIB = 2 ** 30;

export interface TraceMeasured {
  readonly file: string;
  readonly work: TraceWork | 'trace-cmd report';
  readonly bytes: number;
  readonly events: number;
  readonly msMin: number;
  readonly msMedian: number;
  readonly cpuMsMin: number;
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly columnBytes: number;
  readonly peakMemory: number;
}

export interface TraceBench {
  /** processors that the process may use; readers use one */
  readonly cores: number;
  readonly measured: readonly TraceMeasured[];
}

interface Input {
  readonly path: string;
  readonly name: string;
  readonly work: readonly TraceWork[];
  readonly repetitions: number;
}

/**
 * Measures given traces, or the generated ones.
 * @param given paths; without any: 10^6 events as trace.dat and as text, and 1 GiB of text
 * @param tell what is being done
 */
export async function benchTrace(given: readonly string[], tell: (text: string) => void): Promise<TraceBench> {
  const folder = mkdtempSync(join(tmpdir(), 'hptscope-bench-'));
  try {
    const inputs =
      given.length > 0
        ? given.map(
            (path): Input => ({ path: resolve(path), name: path, work: ['read', 'replay', 'run'], repetitions: 5 }),
          )
        : await generated(folder, tell);
    const measured: TraceMeasured[] = [];
    for (const input of inputs) {
      for (const work of input.work) {
        tell(`${input.name}: ${work}`);
        measured.push(rates(input, work, await once(input, work)));
      }
      const other = /\.dat$/.test(input.path) ? traceCmd(input, measured.at(-1)?.events ?? 0) : undefined;
      if (other !== undefined) measured.push(other);
    }
    return { cores: availableParallelism(), measured };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function generated(folder: string, tell: (text: string) => void): Promise<Input[]> {
  tell('making inputs');
  const services = { files: nodeFiles(dirname(resolve(SEED))), decompressors: nodeDecompressors };
  const opened = await openTrace(basename(SEED), services);
  if (!('events' in opened)) throw new Error(opened.problems[0]?.message ?? `${SEED} is no trace`);
  const { events } = opened;
  const times = Math.ceil(EVENTS / events.count);
  const dat = join(folder, 'million.dat');
  writeFileSync(dat, await repeatedDat(await services.files.read(basename(SEED)), times, spanOf(events)));
  const text = join(folder, 'million.txt');
  await writeRepeatedText(events, text, Math.ceil((EVENTS / events.count) * textBytes(events.count)));
  const large = join(folder, 'gibibyte.txt');
  await writeRepeatedText(events, large, GIB);
  return [
    { path: dat, name: '10^6 events, trace.dat', work: ['read', 'replay', 'run'], repetitions: 5 },
    { path: text, name: '10^6 events, text', work: ['read', 'replay', 'run'], repetitions: 5 },
    { path: large, name: '1 GiB of text', work: ['read', 'run'], repetitions: 1 },
  ];
}

/** About the bytes of so many events as text. */
function textBytes(events: number): number {
  return events * 105;
}

function once({ path, repetitions }: Input, work: TraceWork): Promise<TraceOnce> {
  return inOwnProcess<TraceOnce>(['bench', 'trace-once', work, path, String(repetitions)]);
}

function rates(
  { path, name }: Input,
  work: TraceMeasured['work'],
  once: Omit<TraceOnce, 'repetitions'>,
): TraceMeasured {
  const bytes = statSync(path).size;
  const perSecond = (amount: number) => Math.round((amount / once.msMin) * 1000);
  const { events, msMin, msMedian, cpuMsMin, columnBytes, peakMemory } = once;
  return {
    ...{ file: name, work, bytes, events, msMin, msMedian, cpuMsMin, columnBytes, peakMemory },
    eventsPerSecond: perSecond(events),
    bytesPerSecond: perSecond(bytes),
  };
}

/** `trace-cmd report` on the same file, its text thrown away; undefined where there is none. */
function traceCmd(input: Input, events: number): TraceMeasured | undefined {
  const nowhere = openSync('/dev/null', 'w');
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const { status } = spawnSync('trace-cmd', ['report', input.path], { stdio: ['ignore', nowhere, 'ignore'] });
    if (status !== 0) break;
    times.push(performance.now() - start);
  }
  closeSync(nowhere);
  times.sort((a, b) => a - b);
  const [msMin] = times;
  if (msMin === undefined) return undefined;
  const msMedian = times[times.length >> 1] ?? msMin;
  return rates(input, 'trace-cmd report', { events, msMin, msMedian, cpuMsMin: 0, columnBytes: 0, peakMemory: 0 });
}

/** The measurements as lines of a table. */
export function traceLines({ cores, measured }: TraceBench): string[] {
  const number = (value: number, digits: number, width: number) => value.toFixed(digits).padStart(width);
  return [
    `${cores} processors; rates of the fastest repetition`,
    'file                      what                events       ms   cpu ms  M events/s    MB/s  bytes/event  peak MiB',
    ...measured.map((one) =>
      [
        one.file.slice(-25).padEnd(25),
        one.work.padEnd(16),
        String(one.events).padStart(9),
        number(one.msMin, 0, 8),
        number(one.cpuMsMin, 0, 8),
        number(one.eventsPerSecond / 1e6, 2, 11),
        number(one.bytesPerSecond / 1e6, 0, 7),
        number(one.columnBytes, 0, 12),
        number(one.peakMemory / 2 ** 20, 0, 9),
      ].join(' '),
    ),
  ];
}
