// `hptscope bench model`: what the emulator's hot paths cost, beside what the same algorithm costs in C.

import { benchModel, MEASURED_IN_C, type Measured } from './benchModel';
import { type Command, EXIT_GOOD, splitFlags, UsageError } from './command';

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

export const benchCommand: Command = {
  name: 'bench',
  usage: 'bench model [--json]',
  summary: 'measures the emulator: nanoseconds for enter+remove and fault+unmap, with and without recorder',
  async run(args, { out }) {
    const { files, flags } = splitFlags(args, ['--json']);
    if (files.length !== 1 || files[0] !== 'model') throw new UsageError('what to measure? There is: model');
    const measured = benchModel();
    if (flags.has('--json')) {
      out(JSON.stringify(measured, null, 2));
      return EXIT_GOOD;
    }
    out('mix                    kernel    cpu     recorder ns median      min-max   in C  times C');
    for (const one of measured) out(line(one));
    return EXIT_GOOD;
  },
};
