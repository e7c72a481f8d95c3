// `hptscope goto FILE TEXT`: what an address, index, number, time or name can mean at a moment, and where each reading leads.

import { allReadings } from '../debug/goTo/goTo';
import type { Reading } from '../debug/goTo/standpoint';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';
import { hex, momentOf, openProgram, takeOption, takeWanted } from './program';

export const gotoCommand: Command = {
  name: 'goto',
  usage: 'goto FILE TEXT [--at MOMENT] [--assume[=NAME,…]] [--vm TGID] [--json]',
  summary:
    'tells what TEXT can mean (ea, gpa, gfn, hva, pfn, hpte, avpn, time, event, moment, line, label) and where it leads',
  async run(args, surroundings) {
    const { wanted, rest: given } = takeWanted(args);
    const { value: at = 'end', rest } = takeOption(given, '--at');
    const { files, flags } = splitArguments(rest, ['--json']);
    const [file = '', ...words] = files;
    if (words.length === 0) throw new UsageError('TEXT is missing');
    const loaded = await openProgram(file, surroundings, wanted);
    if (loaded === null) return EXIT_TROUBLE;
    const { run, labels } = loaded;
    run.seek(momentOf(run, at));
    const { readings, mistake } = allReadings({ run, labels, marks: [] }, words.join(' '));
    if (mistake !== undefined) {
      surroundings.problem(mistake);
      return EXIT_TROUBLE;
    }
    if (flags.has('--json')) surroundings.out(JSON.stringify(readings.map(plain), undefined, 2));
    else for (const { title, sentence } of readings) surroundings.out(`${title.padEnd(24)} ${sentence}`);
    return readings.some(({ target }) => target !== undefined) ? EXIT_GOOD : EXIT_FAILED;
  },
};

function plain({ as, title, sentence, target }: Reading): object {
  const where =
    target === undefined
      ? {}
      : 'moment' in target
        ? { moment: target.moment + 1 }
        : { entries: target.entries.map(hex) };
  return { as, title, sentence, ...where };
}
