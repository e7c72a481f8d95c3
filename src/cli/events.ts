// `hptscope events FILE`: the events of a run, one a line.

import { EVENT_NAMES, type Event, type EventName, eventText } from '../model/events';
import { nearest } from '../scenario/suggest';
import type { SourceLine } from '../timeline/statements';
import { type Command, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';
import { hex, momentOf, openProgram, seconds, takeOption, takeWanted } from './program';

export const eventsCommand: Command = {
  name: 'events',
  usage: 'events FILE [--kind KIND,…] [--from MOMENT] [--to MOMENT] [--assume[=NAME,…]] [--vm TGID] [--json]',
  summary: 'lists the events of a run with their moments, times and lines; KIND may be a group, such as fault',
  async run(args, surroundings) {
    const { wanted, rest } = takeWanted(args);
    const kind = takeOption(rest, '--kind');
    const from = takeOption(kind.rest, '--from');
    const to = takeOption(from.rest, '--to');
    const { files, flags } = splitArguments(to.rest, ['--json']);
    const kinds = kindsOf(kind.value);
    const loaded = await openProgram(files[0] ?? '', surroundings, wanted);
    if (loaded === null) return EXIT_TROUBLE;
    const { run } = loaded;
    const first = momentOf(run, from.value ?? '1');
    const last = momentOf(run, to.value ?? 'end');
    for (let i = run.eventsUpTo(first - 1); i < run.eventsUpTo(last); i++) {
      if (kinds !== null && !kinds.has(run.eventName(i))) continue;
      const { moment, event } = run.event(i);
      const source = run.source(moment);
      const assumed = run.certaintyOfEvent(i) === 'assumed';
      surroundings.out(
        flags.has('--json') ? json(moment, source, event, assumed) : line(moment, source, event, assumed),
      );
    }
    return EXIT_GOOD;
  },
};

function kindsOf(text: string | undefined): ReadonlySet<string> | null {
  if (text === undefined) return null;
  return new Set(text.split(',').flatMap(kindsNamed));
}

/** One kind, or all of a group ("fault"). */
function kindsNamed(name: string): readonly EventName[] {
  const kinds = EVENT_NAMES.filter((kind) => kind === name || kind.startsWith(`${name}.`));
  if (kinds.length > 0) return kinds;
  const near = nearest(name, EVENT_NAMES);
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  throw new UsageError(`there is no event kind ${name}${meant}: ${EVENT_NAMES.join(', ')}`);
}

/** @param assumed what raised it rests on assumptions */
function line(moment: number, { time, file, line: at }: SourceLine, event: Event, assumed: boolean): string {
  const place = `${file === undefined ? 'line ' : `${file}:`}${at + 1}`;
  const when = time === undefined ? [] : [seconds(time)];
  return [moment + 1, ...when, place, event.kind, eventText(event), ...(assumed ? ['(assumed)'] : [])].join('\t');
}

/** One event; a trace's with its time (seconds, exact), its file and who raised it, and whether it is only assumed. */
function json(moment: number, { time, file, line: at, actor }: SourceLine, event: Event, assumed: boolean): string {
  const from = {
    ...(time === undefined ? {} : { time: seconds(time), actor }),
    ...(file === undefined ? {} : { file }),
    ...(assumed && { known: 'assumed' }),
  };
  return JSON.stringify({ moment: moment + 1, line: at + 1, ...from, ...event }, (_, value: unknown) =>
    typeof value === 'bigint' ? hex(value) : value,
  );
}
