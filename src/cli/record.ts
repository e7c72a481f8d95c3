// `hptscope record FILE DIR`: runs a scenario and saves the run as a recording folder, as if a real host had been traced.

import { writeNewFolder } from '../platform/node/writeFolder';
import { runScenario } from '../scenario/runner';
import { DUMP_TIMES, saveRun } from '../trace/saveRun/saveRun';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, readText, UsageError } from './command';
import { takeOption } from './program';

export const recordCommand: Command = {
  name: 'record',
  usage: `record FILE DIR [--dumps ${DUMP_TIMES.join('|')}]`,
  summary: 'runs a scenario and saves the run as a recording folder: trace text, dumps, hptscope.json',
  async run(args, surroundings) {
    const { value: given = 'every', rest } = takeOption(args, '--dumps');
    const dumps = DUMP_TIMES.find((name) => name === given);
    if (dumps === undefined) throw new UsageError(`--dumps ${given}: ${DUMP_TIMES.join(', ')} are expected`);
    const unknown = rest.find((arg) => arg.startsWith('-'));
    if (unknown !== undefined) throw new UsageError(`unknown option ${unknown}`);
    const [file, folder, more] = rest;
    if (file === undefined || folder === undefined) throw new UsageError('a scenario and a new folder are expected');
    if (more !== undefined) throw new UsageError(`one scenario and one folder are expected; ${more} is too much`);
    const result = runScenario(await readText(surroundings.files, file), file);
    if ('problems' in result) {
      for (const { line, column, message } of result.problems) {
        surroundings.problem(`${file}:${line + 1}:${column + 1}: ${message}`);
      }
      return EXIT_TROUBLE;
    }
    const files = saveRun(result.run, { dumps });
    await writeNewFolder(folder, files);
    const tables = [...files.keys()].filter((name) => name.endsWith('.htab.txt')).length;
    surroundings.out(`${folder}: ${result.statements.length} statements, ${tables} dumps`);
    return result.passed ? EXIT_GOOD : EXIT_FAILED;
  },
};
