// A mocha reporter: the usual tree for people, and the counts as JSON in the file that HPTSCOPE_MOCHA_RESULT names.
// The file is written last, so a run that died in the middle leaves none.

const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingReporter extends reporters.Spec {
  /** @param {import('mocha').Runner} runner @param {import('mocha').MochaOptions} options */
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.HPTSCOPE_MOCHA_RESULT;
    if (file) {
      runner.once('end', () => {
        const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
        writeFileSync(file, JSON.stringify({ passed: passes, failed: failures + pending }));
      });
    }
  }
};
