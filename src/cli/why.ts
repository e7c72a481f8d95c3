// `hptscope why FILE WHAT`: the moments that made a thing what it is at a moment, the last one first.
// `hptscope check FILE`: the invariants of a scenario's machine, whenever a statement is over.

import { changesOf, dataPoint } from '../debug/dataPoints';
import { eventText } from '../model/events';
import { checkInvariants, INVARIANTS } from '../model/invariants';
import type { Run } from '../timeline/run';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';
import { hex, momentOf, momentText, openProgram, takeOption } from './program';

/** The id of a data point that a person names: a label, `hpte 0x1aa8` as hpte:0x1aa8, pteg:, page:GFN, rmap:SLOT:PAGE. */
function idOf(what: string, labels: ReadonlyMap<string, number>): string {
  const index = labels.get(what);
  return index === undefined ? what : `hpte:${hex(index)}`;
}

export const whyCommand: Command = {
  name: 'why',
  usage: 'why FILE WHAT [--at MOMENT] [--json]',
  summary: 'tells what made WHAT (a label, hpte:INDEX, pteg:NUMBER, page:GFN, rmap:SLOT:PAGE) what it is',
  async run(args, surroundings) {
    const { value: at = 'end', rest } = takeOption(args, '--at');
    const { files, flags } = splitArguments(rest, ['--json']);
    const [file = '', what] = files;
    if (what === undefined) throw new UsageError('WHAT is missing');
    const loaded = await openProgram(file, surroundings);
    if (loaded === null) return EXIT_TROUBLE;
    const { run, labels } = loaded;
    const point = dataPoint(run.vm, idOf(what, labels));
    if (point === undefined)
      throw new UsageError(`${what} names nothing: a label, hpte:INDEX, pteg:NUMBER, page:GFN or rmap:SLOT:PAGE`);
    const until = momentOf(run, at);
    const moments = changesOf(run, point).filter((moment) => moment <= until);
    const links = moments.reverse().map((moment) => link(run, moment));
    if (flags.has('--json')) surroundings.out(JSON.stringify(links, undefined, 2));
    else if (links.length === 0) surroundings.out(`${point.description}: nothing has changed it`);
    else
      for (const { moment, line, step, events } of links)
        surroundings.out([`${moment}\tline ${line}\t${step}`, ...events.map((text) => `\t\t${text}`)].join('\n'));
    return EXIT_GOOD;
  },
};

function link(run: Run, moment: number): { moment: number; line: number; step: string; events: string[] } {
  return {
    moment: moment + 1,
    line: run.source(moment).line + 1,
    step: momentText(run, moment),
    events: run.events(moment).map(eventText),
  };
}

export const checkCommand: Command = {
  name: 'check',
  usage: 'check FILE… [--json]',
  summary: 'checks the invariants after every statement of scenarios; exit code 1 when one is broken',
  async run(args, surroundings) {
    const { files, flags } = splitArguments(args, ['--json']);
    let code = EXIT_GOOD;
    const reports: { file: string; line: number; moment: number; invariant: string; index: string; gfn: string }[] = [];
    for (const file of files) {
      const loaded = await openProgram(file, surroundings);
      if (loaded === null) return EXIT_TROUBLE;
      const { run } = loaded;
      if (run.kind !== 'scenario') {
        surroundings.problem(`${file}: a trace does not tell the reverse map; only scenarios can be checked`);
        return EXIT_TROUBLE;
      }
      for (const moment of restingMoments(run)) {
        run.seek(moment);
        for (const { invariant, index, gfn } of checkInvariants(run.vm))
          reports.push({
            file,
            line: run.source(moment).line + 1,
            moment: moment + 1,
            invariant,
            index: hex(index),
            gfn: hex(gfn),
          });
      }
    }
    if (reports.length > 0) code = EXIT_FAILED;
    if (flags.has('--json')) surroundings.out(JSON.stringify(reports, undefined, 2));
    else
      for (const one of reports)
        surroundings.out(
          `${one.file}:${one.line}: moment ${one.moment}: HPTE ${one.index}, gfn ${one.gfn}: no longer so: ${sentence(one.invariant)}`,
        );
    if (!flags.has('--json') && reports.length === 0) surroundings.out('every invariant holds after every statement');
    return code;
  },
};

/** Last moments of the statements outside of kernel paths: nothing is under way there. */
function restingMoments(run: Run): number[] {
  const moments: number[] = [];
  for (let moment = 1; moment <= run.length; moment++)
    if (moment === run.length || (run.isStatement(moment) && run.depth(moment) === 0)) moments.push(moment - 1);
  return moments;
}

function sentence(name: string): string {
  return INVARIANTS.find((one) => one.name === name)?.text ?? name;
}
