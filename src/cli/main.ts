// The `hptscope` program: its arguments, streams and exit code.

import { nodeFiles } from '../platform/node/files';
import { EXIT_GOOD, type Surroundings } from './command';
import { commandLine } from './commandLine';
import { setUpEngine } from './engine';

setUpEngine();
// a reader that stops early (`hptscope run … | head`) is no error
process.stdout.on('error', () => process.exit(EXIT_GOOD));

const surroundings: Surroundings = {
  out: (text) => process.stdout.write(`${text}\n`),
  problem: (text) => process.stderr.write(`${text}\n`),
  files: nodeFiles(process.cwd()),
};
commandLine(process.argv.slice(2), surroundings).then((code) => {
  process.exitCode = code;
});
