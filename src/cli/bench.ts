// `hptscope bench model`: what the emulator's hot paths cost, beside what the same algorithm costs in C. `hptscope bench time`: what
// it costs to travel in a long run. `hptscope bench trace`: how fast traces are read and replayed.

import { MEASURED_IN_C, type Measured, measure, plan } from './benchModel';
import { benchTime, type TimeMeasured } from './benchTime';
import { benchTrace, traceLines } from './benchTrace';
import { measureTrace, TRACE_WORK } from './benchTraceOnce';
import { type Command, EXIT_GOOD, type Surroundings, splitFlags, UsageError } from './command';
import { LONG_RUN, PLAIN, setUpEngine } from './engine';
import { inOwnProcess } from './ownProcess';

function line({ mix, kernel, cpu, recorder, nsMedian, nsMin, nsMax }: Measured): string {
  const inC = MEASURED_IN_C.find((one) => one.kernel === kernel && one.cpu === cpu)?.ns[mix] ?? Number.NaN;
  return [
    mix.padEnd(22),
    kernel,
    cpu.padEnd(7),
    (recorder ? 'with' : 'without').padStart(8),
    nsMedian.toFixed(0).padStart(9),
    `${nsMin.toFixed(0)}-${nsMax.toFixed(0)}`.padStart(12),
    String(inC).padStart(6),
    (nsMedian / inC).toFixed(1).padStart(7),
  ].join(' ');
}

function timeLines({ events, moments, hptes, recordMs, indexMs, what, memory }: TimeMeasured): string[] {
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const perEvent = (bytes: number): string => `${(bytes / events).toFixed(0)} bytes an event`;
  return [
    `${events} events, ${moments} moments, a table of ${hptes} HPTEs: ${mib(memory.resident)} resident`,
    `columns ${mib(memory.columns)} (${perEvent(memory.columns)}), journal ${mib(memory.journal)} (${perEvent(memory.journal)}), keyframes ${mib(memory.keyframes)}`,
    `recorded in ${recordMs.toFixed(0)} ms, indexed in ${indexMs.toFixed(0)} ms`,
    'what           ms median      99 %   longest',
    ...what.map(
      ({ name, medianMs, p99Ms, maxMs }) =>
        `${name.padEnd(14)} ${medianMs.toFixed(3).padStart(9)} ${p99Ms.toFixed(3).padStart(9)} ${maxMs.toFixed(3).padStart(9)}`,
    ),
  ];
}

export const benchCommand: Command = {
  name: 'bench',
  usage: 'bench model [--plain]|time|trace [TRACE…] [--json]',
  summary:
    'measures the emulator (nanoseconds for enter+remove and fault+unmap; --plain: compiled as in VS Code), travelling in a run of 10^6 events, or reading and replaying traces',
  async run(args, surroundings) {
    const { out } = surroundings;
    const { files, flags } = splitFlags(args, ['--json', '--plain']);
    const [what, ...rest] = files;
    if (what === 'trace') return trace(rest, flags.has('--json'), surroundings);
    if (what === 'trace-once') return traceOnce(rest, surroundings);
    if (what === 'model-once') return modelOnce(rest, flags.has('--plain'), surroundings);
    if (files.length !== 1 || (what !== 'model' && what !== 'time'))
      throw new UsageError('what to measure? There are: model, time, trace');
    if (what === 'model') return model(flags.has('--json'), flags.has('--plain'), surroundings);
    const measured = benchTime();
    if (flags.has('--json')) out(JSON.stringify(measured, null, 2));
    else for (const text of timeLines(measured)) out(text);
    return EXIT_GOOD;
  },
};

async function model(json: boolean, plain: boolean, { out }: Surroundings): Promise<number> {
  const measured: Measured[] = [];
  if (!json) out('mix                    kernel    cpu     recorder ns median      min-max   in C  times C');
  for (const number of plan().keys()) {
    const one = await inOwnProcess<Measured>(['bench', 'model-once', String(number), ...(plain ? ['--plain'] : [])]);
    measured.push(one);
    if (!json) out(line(one));
  }
  if (json) out(JSON.stringify(measured, null, 2));
  return EXIT_GOOD;
}

/** One measurement, for `bench model`: its number in the plan. */
async function modelOnce([number]: readonly string[], plain: boolean, { out }: Surroundings): Promise<number> {
  const planned = plan()[Number(number)];
  if (planned === undefined) throw new UsageError(`model-once 0 to ${plan().length - 1}`);
  setUpEngine(plain ? PLAIN : LONG_RUN);
  out(JSON.stringify(measure(planned)));
  return EXIT_GOOD;
}

async function trace(given: readonly string[], json: boolean, { out, problem }: Surroundings): Promise<number> {
  const measured = await benchTrace(given, problem);
  if (json) out(JSON.stringify(measured, null, 2));
  else for (const text of traceLines(measured)) out(text);
  return EXIT_GOOD;
}

/** One measurement, for `bench trace`: WORK PATH REPETITIONS. */
async function traceOnce([named, path, times]: readonly string[], { out }: Surroundings): Promise<number> {
  const work = TRACE_WORK.find((one) => one === named);
  if (work === undefined || path === undefined) throw new UsageError(`trace-once ${TRACE_WORK.join('|')} PATH [TIMES]`);
  out(JSON.stringify(await measureTrace(work, path, Number(times ?? 1))));
  return EXIT_GOOD;
}
