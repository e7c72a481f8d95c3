// What VS Code calls inside its extension host: runs the bundled integration tests with mocha. The output goes to a file,
// because VS Code reports success when its extension host is killed in mid-run; the runner wants the result file too.

import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { repository } from '../repository';

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: start the integration tests with "npm run test:integration"`);
  }
  return value;
}

/** Runs the files that HPTSCOPE_MOCHA_FILES lists. Rejects when a test failed. */
export function run(): Promise<void> {
  const output = fromEnvironment('HPTSCOPE_MOCHA_OUTPUT');
  const grep = fromEnvironment('HPTSCOPE_MOCHA_GREP');
  const files = JSON.parse(fromEnvironment('HPTSCOPE_MOCHA_FILES')) as string[];
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => appendFileSync(output, `${format(...args)}\n`);
  const mocha = new Mocha({
    ui: 'bdd',
    color: false,
    timeout: 20_000,
    forbidOnly: true,
    forbidPending: true,
    reporter: join(repository, 'scripts', 'lib', 'reporter.cjs'),
    ...(grep ? { grep } : {}),
  });
  for (const file of files) {
    mocha.addFile(file);
  }
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures > 0 ? reject(new Error(`${failures} tests failed`)) : resolve()));
  });
}
