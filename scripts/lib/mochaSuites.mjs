// Bundles test files and runs them with mocha on Node.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildTests } from '../build.mjs';
import { run } from './run.mjs';
import { problem, root } from './say.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * Runs test files with mocha. A skipped test counts as failed, a file that cannot be bundled as one failed test, and so
 * does a run that ends without a result.
 * @param {string} suite names the result file
 * @param {readonly string[]} files paths from the repository's top
 * @param {{ grep?: string, timeout?: number, env?: NodeJS.ProcessEnv }} [options] timeout: milliseconds for one test
 * @returns {Promise<Counts>}
 */
export async function runMocha(suite, files, { grep, timeout = 10_000, env = {} } = {}) {
  const { bundles, broken } = await buildTests(files);
  for (const { file, message } of broken) {
    problem(`${file} cannot be bundled:\n${message}`);
  }
  const counts = { passed: 0, failed: broken.length };
  if (bundles.length === 0) {
    return counts;
  }
  const result = join(root, 'out', 'results', `${suite}.json`);
  mkdirSync(join(root, 'out', 'results'), { recursive: true });
  rmSync(result, { force: true });
  const args = [
    join(root, 'node_modules', 'mocha', 'bin', 'mocha.js'),
    '--forbid-only',
    '--forbid-pending',
    '--no-config',
  ];
  args.push('--reporter', join(root, 'scripts', 'lib', 'reporter.cjs'), '--timeout', String(timeout));
  if (grep) {
    args.push('--grep', grep);
  }
  const { code } = await run(process.execPath, ['--enable-source-maps', ...args, ...bundles], {
    env: { ...process.env, ...env, HPTSCOPE_MOCHA_RESULT: result },
    allowFailure: true,
  });
  return add(counts, readCounts(result, suite, code));
}

/**
 * Reads the counts that scripts/lib/reporter.cjs wrote.
 * @param {string} file
 * @param {string} suite
 * @param {number} code exit code of the run
 * @returns {Counts}
 */
export function readCounts(file, suite, code) {
  if (!existsSync(file)) {
    problem(`The ${suite} run ended (exit code ${code}) before its last test.`);
    return { passed: 0, failed: 1 };
  }
  const counts = /** @type {Counts} */ (JSON.parse(readFileSync(file, 'utf8')));
  if (code !== 0 && counts.failed === 0) {
    problem(`The ${suite} run exited with code ${code} although its tests passed.`);
    return { ...counts, failed: 1 };
  }
  return counts;
}

/** @param {Counts} a @param {Counts} b @returns {Counts} */
export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed };
}
