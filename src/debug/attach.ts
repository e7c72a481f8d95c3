// Attach arguments: what launch.json says of a live trace, checked like those of a launch.

import {
  followedOf,
  isGeneral,
  type LaunchMistake,
  type LaunchOptions,
  meant,
  pathOf,
  presetOf,
  shown,
  type Wrong,
} from './launch';

/** Checked attach arguments: of what is launched, the program is the trace, and it goes on coming. */
export interface AttachOptions extends LaunchOptions {
  readonly live: true;
}

const ours = ['trace', 'stopOnEntry', 'stepping', 'follow'] as const;

/**
 * Checks attach arguments.
 * @returns the options, or what is wrong with each property
 */
export function attachOptions(args: unknown): AttachOptions | { readonly mistakes: readonly LaunchMistake[] } {
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    return { mistakes: [{ message: `attach arguments: expected an object with "trace", got ${shown(args)}` }] };
  const given: Readonly<Record<string, unknown>> = { ...args };
  const mistakes: LaunchMistake[] = [];
  const wrong: Wrong = (property, message) => {
    mistakes.push({ property, message });
    return undefined;
  };
  const program = pathOf('trace', given.trace, 'a growing ftrace text, a FIFO or trace_pipe', wrong);
  const { stopOnEntry = false } = given;
  if (typeof stopOnEntry !== 'boolean') wrong('stopOnEntry', `expected true or false, got ${shown(stopOnEntry)}`);
  const stepping = presetOf(given.stepping, wrong);
  const follow = followedOf(given.follow, wrong);
  for (const name of Object.keys(given)) {
    if (isGeneral(name) || ours.some((own) => own === name)) continue;
    const there = ours.map((own) => `"${own}"`).join(', ');
    wrong(name.slice(0, 40), `no such property; ${meant(name, ours)}there are ${there}`);
  }
  if (mistakes.length > 0 || program === undefined || stepping === undefined) return { mistakes };
  return { live: true, program, stopOnEntry: stopOnEntry === true, stepping, follow, noDebug: false };
}
