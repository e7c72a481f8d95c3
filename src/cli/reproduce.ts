// `hptscope reproduce PATH --at MOMENT`: a moment of a trace or recording as a scenario that does the same in the emulator.

import { nodeDecompressors } from '../platform/node/decoders';
import { nodeFiles } from '../platform/node/files';
import { writeFilePieces } from '../platform/node/output';
import { parseTraceTime, type TraceEvents } from '../trace/events';
import { chooseMachine } from '../trace/replay/machineChoice';
import { openReplay } from '../trace/replay/report';
import { reproduce } from '../trace/reproduce/reproduce';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, UsageError } from './command';
import { locate } from './locate';
import { takeOption, takeVm } from './program';

export const reproduceCommand: Command = {
  name: 'reproduce',
  usage: 'reproduce PATH --at EVENT|TIME|MARK [--events N] [--vm TGID] [-o FILE]',
  summary:
    'makes a scenario of what a trace shows at an event, a time (6.657405) or a mark: it does the same in the emulator',
  async run(args, surroundings) {
    const { vm, rest: given } = takeVm(args);
    const { value: at, rest: afterAt } = takeOption(given, '--at');
    const { value: count, rest: afterEvents } = takeOption(afterAt, '--events');
    const { value: output, rest } = takeOption(afterEvents, '-o');
    const [path, more] = rest;
    const unknown = rest.find((arg) => arg.startsWith('-'));
    if (unknown !== undefined) throw new UsageError(`unknown option ${unknown}`);
    if (path === undefined || at === undefined) throw new UsageError('a trace or recording, and --at are expected');
    if (more !== undefined) throw new UsageError(`one path is expected; ${more} is a second one`);
    if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
      throw new UsageError(`--events ${count}: a number is expected`);
    const { folder, file } = await locate(path, surroundings);
    const services = { files: nodeFiles(folder), decompressors: nodeDecompressors };
    const { input, problems } = await openReplay(file, services, { facts: true });
    for (const { severity, file: where, line, message } of problems) {
      surroundings.problem(`${severity}: ${where}${line === undefined ? '' : `:${line}`}: ${message}`);
    }
    if (input === null) return EXIT_TROUBLE;
    const event = eventAt(input.events, at);
    const chosen = chooseMachine(input, vm);
    if (typeof chosen === 'string') throw new Error(chosen);
    const made = reproduce(chosen.input, event, { title: path, ...(count !== undefined && { events: Number(count) }) });
    if ('why' in made) {
      surroundings.problem(made.why);
      return EXIT_FAILED;
    }
    if (output === undefined) surroundings.out(made.scenario.trimEnd());
    else await writeFilePieces(output, [made.scenario], { input: path, overwrite: false });
    return EXIT_GOOD;
  },
};

/** The event that a text names: its number from 1, the last one up to a time, or a mark. Throws UsageError. */
function eventAt(events: TraceEvents, at: string): number {
  const mark = events.findMark(at);
  if (mark !== undefined) return mark;
  if (/^\d+$/.test(at)) {
    const number = Number(at);
    if (number < 1 || number > events.count) {
      throw new UsageError(`there is no event ${at}: the trace has 1 to ${events.count}`);
    }
    return number - 1;
  }
  const time = parseTraceTime(at);
  if (time === undefined) {
    throw new UsageError(
      `--at ${at}: a number of an event, a time in seconds such as 6.657405, or the text of a mark is expected`,
    );
  }
  // ftrace text rounds to microseconds
  const event = events.firstAfter(time + BigInt(Math.floor(events.resolution / 2))) - 1;
  if (event < 0) throw new UsageError(`the trace begins after ${at}`);
  return event;
}
