// Runs mocha's browser build inside a web worker: the extension host of a VS Code that has no server. There is no file to
// write, so the tests and their counts go to the console, which the runner reads.

import 'mocha/mocha.js';

declare const mocha: BrowserMocha & { setup(options: { ui: 'bdd'; timeout: number; reporter: unknown }): void };

/** Prints each test as it ends. */
class ConsoleReporter {
  constructor(runner: Mocha.Runner) {
    runner.on('pass', (test) => console.log(`✔ ${test.fullTitle()}`));
    runner.on('fail', (test, error) => console.log(`✖ ${test.fullTitle()}\n${error.stack ?? error.message}`));
    runner.on('pending', (test) => console.log(`✖ ${test.fullTitle()} is skipped`));
    runner.once('end', () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      console.log(`HPTSCOPE_RESULT ${JSON.stringify({ passed: passes, failed: failures + pending })}`);
    });
  }
}

/** Runs the tests that `load` defines. Rejects when one failed. */
export function runMocha(load: () => void): Promise<void> {
  mocha.setup({ ui: 'bdd', timeout: 20_000, reporter: ConsoleReporter });
  load();
  return new Promise((resolve, reject) => {
    mocha.run((failures) => (failures > 0 ? reject(new Error(`${failures} tests failed`)) : resolve()));
  });
}
