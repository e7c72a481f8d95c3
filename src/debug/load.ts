// Opens a program where there is no editor (command line, tests): tells by its content what it is, and makes a run of it.

import { runScenario, type ScenarioRun } from '../scenario/runner';
import { detectBytes, detectInput } from '../trace/detect';
import type { Decompressors, FileAccess } from '../trace/files';
import { openRun, type Wanted } from '../trace/openRun';
import { type Control, LoadError, type LoadedRun, type Problem } from './host';

/** A scenario is text that a person wrote; one larger than this is something else. */
const LARGEST_SCENARIO = 8 * 1024 * 1024;

/** How the folder of a program is read. */
export interface ProgramFiles {
  /** files of the program's folder */
  readonly files: FileAccess;
  readonly decompressors: Decompressors;
  /** how a file of that folder is called in messages */
  pathOf(name: string): string;
}

/**
 * Opens a program.
 * @param name of the file, in the folder that `from` reads
 * @param wanted which machine of a trace, and what is assumed of it
 */
export async function loadRun(
  name: string,
  from: ProgramFiles,
  control: Control,
  wanted: Wanted = {},
): Promise<LoadedRun> {
  const path = from.pathOf(name);
  const wrong = (message: string) => new LoadError([{ path, line: 0, column: 0, message, severity: 'error' }]);
  if (/\.hpt$/i.test(name)) return loadScenario(path, await from.files.read(name), control);
  const { run, problems } = await openRun(
    name,
    {
      files: from.files,
      decompressors: from.decompressors,
      control: { cancelled: () => control.cancelled, onProgress: (bytes) => control.report(`${bytes} bytes read`) },
    },
    wanted,
  );
  const told = problems.map(
    ({ severity, file, message, line = 1, column = 1 }): Problem => ({
      path: from.pathOf(file),
      line: line - 1,
      column: column - 1,
      message,
      severity,
    }),
  );
  if (run === null) throw told.length > 0 ? new LoadError(told) : wrong('The file could not be opened.');
  return { run, labels: new Map(), path, problems: told };
}

function loadScenario(path: string, bytes: Uint8Array, control: Control): LoadedRun {
  const wrong = (message: string) => new LoadError([{ path, line: 0, column: 0, message, severity: 'error' }]);
  const name = path.split(/[/\\]/).pop() ?? path;
  const detected = detectInput(name, bytes.subarray(0, detectBytes));
  if (detected.kind === undefined) throw wrong(detected.message);
  if (bytes.length > LARGEST_SCENARIO) {
    throw wrong(
      `A scenario has at most ${LARGEST_SCENARIO / 2 ** 20} MiB; this one has ${Math.ceil(bytes.length / 2 ** 20)} MiB.`,
    );
  }
  control.report(`Running ${name}`);
  const ran = runScenario(new TextDecoder().decode(bytes), name);
  if ('problems' in ran) {
    throw new LoadError(
      ran.problems.map(({ line, column, message }) => ({ path, line, column, message, severity: 'error' })),
    );
  }
  return { run: ran.run, labels: ran.labels, path, problems: failures(path, ran) };
}

/** What was expected and did not come. */
function failures(path: string, { statements }: ScenarioRun): Problem[] {
  return statements
    .flatMap(({ expectations }) => expectations)
    .filter(({ passed }) => !passed)
    .map(({ line, column, expected, seen }) => ({
      path,
      line,
      column,
      message: `expected ${expected}, seen ${seen}`,
      severity: 'error' as const,
    }));
}
