// `hptscope why FILE WHAT`: the moments that made a thing what it is at a moment, the last one first.
// `hptscope check FILE`: the invariants of a scenario's machine, whenever a statement is over.

import { evaluate, type Scope } from '../debug/evaluate';
import { ExpressionError, mistake, parseExpression } from '../debug/expression';
import { show } from '../debug/values';
import { type Asked, asked, chainText, type Link, whyChain } from '../debug/why';
import { checkInvariants, INVARIANTS } from '../model/invariants';
import type { Run } from '../timeline/run';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, splitArguments, UsageError } from './command';
import { hex, momentOf, openProgram, takeOption, takeWanted } from './program';

export const whyCommand: Command = {
  name: 'why',
  usage: 'why FILE WHAT [--at MOMENT] [--assume[=NAME,…]] [--vm TGID] [--json]',
  summary:
    'tells what made WHAT what it is: a label, hpte:INDEX, pteg:NUMBER, page:GFN, rmap:SLOT:PAGE, or a field: a.r.C',
  async run(args, surroundings) {
    const { wanted, rest: given } = takeWanted(args);
    const { value: at = 'end', rest } = takeOption(given, '--at');
    const { files, flags } = splitArguments(rest, ['--json']);
    const [file = '', ...words] = files;
    if (words.length === 0) throw new UsageError('WHAT is missing');
    const loaded = await openProgram(file, surroundings, wanted);
    if (loaded === null) return EXIT_TROUBLE;
    const { run, labels } = loaded;
    run.seek(momentOf(run, at));
    const scope = { run, labels, actor: '' };
    const what = understood(words.join(' '), scope);
    const links = [...whyChain(run, what, run.position)].filter((link) => link !== undefined);
    const value = show(evaluate(parseExpression(what.expression), scope));
    if (flags.has('--json')) surroundings.out(JSON.stringify(links.map(plain), undefined, 2));
    else surroundings.out(chainText(run, what.title, value, run.position, links));
    return EXIT_GOOD;
  },
};

function understood(text: string, scope: Scope): Asked {
  try {
    return asked(text, scope);
  } catch (error) {
    if (error instanceof ExpressionError) throw new UsageError(`${text}: ${mistake(error)}`);
    throw error;
  }
}

/** Moments and lines count from 1 for people. */
function plain({ moment, line, ...link }: Link): object {
  return { moment: moment + 1, line: line + 1, ...link };
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
