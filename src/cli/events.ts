// `hptscope events FILE`: the events of a run, one a line.

import { EVENT_NAMES, type Event, eventText } from '../model/events';
import { type Command, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';
import { hex, momentOf, openProgram, takeOption } from './program';

export const eventsCommand: Command = {
  name: 'events',
  usage: 'events FILE [--kind KIND,…] [--from MOMENT] [--to MOMENT] [--json]',
  summary: 'lists the events of a run with their moments and lines',
  async run(args, surroundings) {
    const kind = takeOption(args, '--kind');
    const from = takeOption(kind.rest, '--from');
    const to = takeOption(from.rest, '--to');
    const { files, flags } = splitArguments(to.rest, ['--json']);
    const kinds = kindsOf(kind.value);
    const loaded = await openProgram(files[0] ?? '', surroundings);
    if (loaded === null) return EXIT_TROUBLE;
    const { run } = loaded;
    const first = momentOf(run, from.value ?? '1');
    const last = momentOf(run, to.value ?? 'end');
    for (let i = run.eventsUpTo(first - 1); i < run.eventsUpTo(last); i++) {
      if (kinds !== null && !kinds.has(run.eventName(i))) continue;
      const { moment, event } = run.event(i);
      const line = run.source(moment).line + 1;
      surroundings.out(
        flags.has('--json')
          ? json(moment, line, event)
          : `${moment + 1}\tline ${line}\t${event.kind}\t${eventText(event)}`,
      );
    }
    return EXIT_GOOD;
  },
};

function kindsOf(text: string | undefined): ReadonlySet<string> | null {
  if (text === undefined) return null;
  const kinds = text.split(',');
  const known: readonly string[] = EVENT_NAMES;
  const wrong = kinds.find((kind) => !known.includes(kind));
  if (wrong !== undefined) throw new UsageError(`there is no event kind ${wrong}: ${EVENT_NAMES.join(', ')}`);
  return new Set(kinds);
}

function json(moment: number, line: number, event: Event): string {
  return JSON.stringify({ moment: moment + 1, line, ...event }, (_, value: unknown) =>
    typeof value === 'bigint' ? hex(value) : value,
  );
}
