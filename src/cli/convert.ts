// `hptscope convert IN`: a trace or the traces of a recording as the kernel's own text, or as JSON lines.

import { textWriters } from '../platform/fileJobs';
import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { writeFilePieces, writeOut } from '../platform/node/output';
import { parseTraceTime, type TraceEvents } from '../trace/events';
import { openRecording, openTrace } from '../trace/openTrace';
import { formatProblem } from '../trace/problem';
import type { EventRange } from '../trace/writeFtrace';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';
import { locate } from './locate';
import { takeOption } from './program';

export const convertCommand: Command = {
  name: 'convert',
  usage:
    'convert PATH [--to trace|jsonl] [-o FILE [--force]] [--from SECONDS] [--to-time SECONDS] [--events FIRST..LAST]',
  summary: "writes a trace of any form as the kernel's own text, or as JSON lines",
  async run(args, surroundings) {
    const to = takeOption(args, '--to');
    const output = takeOption(to.rest, '-o');
    const from = takeOption(output.rest, '--from');
    const until = takeOption(from.rest, '--to-time');
    const numbers = takeOption(until.rest, '--events');
    const { files, flags } = splitArguments(numbers.rest, ['--force']);
    const [path = '', second] = files;
    if (second !== undefined) throw new UsageError(`one path is expected; ${second} is a second one`);
    const write = Object.entries(textWriters).find(([form]) => form === (to.value ?? 'trace'))?.[1];
    if (write === undefined) throw new UsageError('--to trace or --to jsonl');

    const { folder, file } = await locate(path, surroundings);
    const services = { files: nodeFiles(folder), decompressors: nodeDecompressors };
    const opened = await (file === 'hptscope.json' ? openRecording(file, services) : openTrace(file, services));
    for (const problem of opened.problems) surroundings.problem(formatProblem(problem));
    if (!('events' in opened) || opened.events.count === 0) return EXIT_TROUBLE;

    const range = rangeOf(opened.events, { from: from.value, until: until.value, numbers: numbers.value });
    const pieces = write(opened.events, range);
    if (output.value === undefined) await writeOut(pieces);
    else await writeFilePieces(output.value, pieces, { input: path, overwrite: flags.has('--force') });
    return opened.problems.some(({ severity }) => severity === 'error') ? EXIT_FAILED : EXIT_GOOD;
  },
};

/** The events that are asked for. Throws UsageError. */
function rangeOf(
  events: TraceEvents,
  asked: { readonly from?: string; readonly until?: string; readonly numbers?: string },
): EventRange {
  const range = { from: 0, to: events.count };
  if (asked.from !== undefined) range.from = events.firstAtOrAfter(timeOf(asked.from, events));
  if (asked.until !== undefined) range.to = events.firstAfter(timeOf(asked.until, events));
  if (asked.numbers !== undefined) {
    const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(asked.numbers) ?? [];
    if (first === undefined || Number(first) < 1 || Number(first) > Number(last) || Number(last) > events.count)
      throw new UsageError(`--events FIRST..LAST, of the events 1..${events.count}`);
    range.from = Math.max(range.from, Number(first) - 1);
    range.to = Math.min(range.to, Number(last));
  }
  if (range.from >= range.to) throw new UsageError('no event lies in the stretch that is asked for');
  return range;
}

function timeOf(text: string, { unit }: TraceEvents): bigint {
  const time = unit === 'ns' ? parseTraceTime(text) : /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (time === undefined) {
    const expected = unit === 'ns' ? 'seconds such as 6.486738593' : 'a count of the clock of this trace';
    throw new UsageError(`${text} is no time of this trace: ${expected}`);
  }
  return time;
}
