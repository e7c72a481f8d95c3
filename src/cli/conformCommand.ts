// `hptscope conform FILE…`: vectors of the real kernel code against the emulator.

import { type Command, EXIT_FAILED, EXIT_GOOD, readText, type Surroundings, splitArguments } from './command';
import { type ConformResult, conform } from './conform';

interface FileResult extends ConformResult {
  readonly file: string;
  /** why the file could not be used */
  readonly problem?: string;
}

/** A file that cannot be used counts as one failed operation: no run that looked at nothing ends with 0 failed. */
async function conformFile(file: string, { files }: Surroundings): Promise<FileResult> {
  let problem: string;
  try {
    const result = conform(await readText(files, file));
    if (result.passed + result.failed > 0) return { file, ...result };
    problem = `${file}: no operations; lines {"in": OPERATION, "out": ANSWER} are expected`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  return { file, passed: 0, failed: 1, first: null, problem };
}

export const conformCommand: Command = {
  name: 'conform',
  usage: 'conform FILE… [--json]',
  summary: 'runs vector files (.jsonl, .jsonl.gz) and compares every answer, dump and state hash',
  async run(args, surroundings) {
    const { files, flags } = splitArguments(args, ['--json']);
    const json = flags.has('--json');
    const results: FileResult[] = [];
    for (const file of files) {
      const result = await conformFile(file, surroundings);
      results.push(result);
      if (json) continue;
      if (result.problem !== undefined) surroundings.problem(result.problem);
      if (result.first !== null) surroundings.out(`${file}: ${result.first}`);
    }
    const passed = results.reduce((sum, one) => sum + one.passed, 0);
    const failed = results.reduce((sum, one) => sum + one.failed, 0);
    surroundings.out(
      json ? JSON.stringify({ passed, failed, files: results }, null, 2) : `${passed} passed, ${failed} failed`,
    );
    return failed === 0 ? EXIT_GOOD : EXIT_FAILED;
  },
};
