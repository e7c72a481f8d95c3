// All commands of `hptscope`: finds the one that is asked for, tells how each is called, and turns what goes wrong into a message and an
// exit code.

import { benchCommand } from './bench';
import { type Command, EXIT_GOOD, EXIT_TROUBLE, type Surroundings, UsageError } from './command';
import { conformCommand } from './conformCommand';
import { convertCommand } from './convert';
import { debugAdapterCommand } from './debugAdapter';
import { decodeCommand } from './decode';
import { docsCommand } from './docs';
import { eventsCommand } from './events';
import { gotoCommand } from './goto';
import { recordCommand } from './record';
import { recordingCommand } from './recording';
import { replayCommand } from './replay';
import { reproduceCommand } from './reproduce';
import { runCommand } from './run';
import { diffCommand, stateCommand } from './state';
import { checkCommand, whyCommand } from './why';

export const COMMANDS: readonly Command[] = [
  runCommand,
  recordCommand,
  replayCommand,
  reproduceCommand,
  eventsCommand,
  gotoCommand,
  stateCommand,
  diffCommand,
  whyCommand,
  checkCommand,
  decodeCommand,
  convertCommand,
  recordingCommand,
  conformCommand,
  benchCommand,
  docsCommand,
  debugAdapterCommand,
];

function help(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    'hptscope COMMAND …, hptscope help COMMAND',
    '',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
  ].join('\n');
}

function helpOf({ usage, summary }: Command): string {
  return [...usage.split(' | ').map((form) => `hptscope ${form}`), '', summary].join('\n');
}

/** Does what a command line asks for. @returns the exit code; nothing is thrown */
export async function commandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const wantsHelp = args.some((arg) => arg === '--help' || arg === '-h') || args[0] === 'help';
  const [name, ...rest] = args.filter((arg, i) => arg !== '--help' && arg !== '-h' && !(i === 0 && arg === 'help'));
  if (name === undefined) {
    surroundings.out(help());
    return wantsHelp ? EXIT_GOOD : EXIT_TROUBLE;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    surroundings.problem(`hptscope: there is no command ${name}\n\n${help()}`);
    return EXIT_TROUBLE;
  }
  if (wantsHelp) {
    surroundings.out(helpOf(command));
    return EXIT_GOOD;
  }
  try {
    return await command.run(rest, surroundings);
  } catch (error) {
    surroundings.problem(`hptscope ${name}: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof UsageError) surroundings.problem(`usage: hptscope ${command.usage}`);
    return EXIT_TROUBLE;
  }
}
