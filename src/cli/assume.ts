// `--assume` and `--assume=NAME,…` of commands that open a trace: what replay takes for granted.

import { ASSUMPTION_NAMES, ASSUMPTIONS, assumptionSet } from '../timeline/assumptions';
import { UsageError } from './command';

/** Takes `--assume` out of arguments. Throws UsageError for a name that no assumption has. @returns `assume`: a set, undefined for none */
export function takeAssume(args: readonly string[]): { readonly assume?: number; readonly rest: string[] } {
  const given = args.filter((arg) => arg === '--assume' || arg.startsWith('--assume='));
  const rest = args.filter((arg) => !given.includes(arg));
  if (given.length === 0) return { rest };
  const names = given.flatMap((arg) => arg.split('=')[1]?.split(',') ?? []);
  const assume = assumptionSet(names);
  if (typeof assume === 'number') return { assume, rest };
  const all = ASSUMPTION_NAMES.map((name) => `\n  ${name}: ${ASSUMPTIONS[name].sentence}`);
  throw new UsageError(
    `--assume: there is no assumption ${assume === '' ? 'without a name' : assume}; there are${all.join('')}`,
  );
}
