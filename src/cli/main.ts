// The `hptscope` command: finds the subcommand, and turns what goes wrong into a message and an exit code.

import { nodeFiles } from '../platform/node/files';
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

const COMMANDS: readonly Command[] = [
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
  const width = Math.max(...COMMANDS.map(({ usage }) => usage.length));
  return [
    'hptscope COMMAND …',
    '',
    ...COMMANDS.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`),
  ].join('\n');
}

async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    surroundings.out(help());
    return name === undefined ? EXIT_TROUBLE : EXIT_GOOD;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    surroundings.problem(`hptscope: there is no command ${name}\n\n${help()}`);
    return EXIT_TROUBLE;
  }
  try {
    return await command.run(rest, surroundings);
  } catch (error) {
    surroundings.problem(`hptscope ${name}: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof UsageError) surroundings.problem(`usage: hptscope ${command.usage}`);
    return EXIT_TROUBLE;
  }
}

// a reader that stops early (`hptscope run … | head`) is no error
process.stdout.on('error', () => process.exit(EXIT_GOOD));

const surroundings: Surroundings = {
  out: (text) => process.stdout.write(`${text}\n`),
  problem: (text) => process.stderr.write(`${text}\n`),
  files: nodeFiles(process.cwd()),
};
main(process.argv.slice(2), surroundings).then((code) => {
  process.exitCode = code;
});
