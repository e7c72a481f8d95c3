// Every test, from a bare clone on.
//
//   node scripts/test.mjs [--only NAME,...] [--grep TEXT] [--desktop] [FILE...]
//
// Steps, in order: typecheck, lint, build, unit, conformance, agreement, replay, golden, integration, ui, web. FILEs are test files;
// they choose the suites they belong to. --desktop: integration tests in a desktop VS Code (see integrationSuite.mjs). The last line is "N passed, N failed"; the exit code is 1 when anything failed.

import { ensureDependencies } from './lib/dependencies.mjs';
import { endOnSignals, fail, heading, note, problem, root } from './lib/say.mjs';

/** @typedef {import('./lib/mochaSuites.mjs').Counts} Counts */
/** @typedef {{ grep?: string, desktop?: boolean, files: readonly string[] }} Choice */
/** @typedef {{ name: string, what: string, run: (choice: Choice) => Promise<Counts> }} Step */

/** @param {boolean} good @returns {Counts} */
const one = (good) => ({ passed: good ? 1 : 0, failed: good ? 0 : 1 });

/** @param {string} suite @param {Choice} choice */
async function filesOf(suite, choice) {
  const { testFiles } = await import('./build.mjs');
  const files =
    choice.files.length > 0 ? choice.files.filter((file) => file.startsWith(`test/${suite}/`)) : testFiles(suite);
  if (files.length === 0) {
    note(`test/${suite} has no tests`);
  }
  return files;
}

/** @param {string} suite @param {string} what @returns {Step} */
const onNode = (suite, what) => ({
  name: suite,
  what,
  run: async (choice) => {
    const { runMocha } = await import('./lib/mochaSuites.mjs');
    return runMocha(suite, await filesOf(suite, choice), { grep: choice.grep });
  },
});

/** @type {Step[]} */
const steps = [
  {
    name: 'typecheck',
    what: 'Types, ring by ring',
    run: async () => {
      const { typecheck } = await import('./typecheck.mjs');
      const { checked, failed } = await typecheck();
      return { passed: checked - failed.length, failed: failed.length };
    },
  },
  {
    name: 'lint',
    what: 'Lint and format',
    run: async () => {
      const { run } = await import('./lib/run.mjs');
      const biome = `${root}/node_modules/@biomejs/biome/bin/biome`;
      const { code } = await run(
        process.execPath,
        [biome, 'check', '--error-on-warnings', '--max-diagnostics=10', '.'],
        {
          allowFailure: true,
        },
      );
      return one(code === 0);
    },
  },
  {
    name: 'build',
    what: 'Build',
    run: async () => {
      const { build } = await import('./build.mjs');
      await build();
      return one(true);
    },
  },
  onNode('unit', 'Unit and property tests'),
  onNode('conformance', 'Conformance with the vectors of the real kernel code'),
  {
    name: 'agreement',
    what: 'Agreement with trace-cmd on real traces',
    run: async (choice) => {
      const { ensureTraceCmd } = await import('./lib/debian.mjs');
      const { runMocha } = await import('./lib/mochaSuites.mjs');
      const env = { HPTSCOPE_TRACE_CMD: await ensureTraceCmd() };
      return runMocha('agreement', await filesOf('agreement', choice), { grep: choice.grep, timeout: 60_000, env });
    },
  },
  onNode('replay', 'Replay of real captures'),
  onNode('golden', 'Golden transcripts'),
  {
    name: 'integration',
    what: 'Integration in a real extension host',
    run: async (choice) => {
      const { runIntegration } = await import('./lib/integrationSuite.mjs');
      return runIntegration(await filesOf('integration', choice), { grep: choice.grep, desktop: choice.desktop });
    },
  },
  {
    name: 'ui',
    what: 'User interface, in Chromium',
    run: async (choice) => {
      const { runUi } = await import('./lib/uiSuite.mjs');
      return runUi(await filesOf('ui', choice), { grep: choice.grep });
    },
  },
  {
    name: 'web',
    what: 'As a web extension, in VS Code 1.91 without a server',
    run: async (choice) => {
      const { runWeb } = await import('./lib/webSuite.mjs');
      return runWeb(await filesOf('web', choice));
    },
  },
];

/** @returns {Choice & { only: string[] }} */
function choice() {
  const args = process.argv.slice(2);
  /** @type {Choice & { only: string[], files: string[] }} */
  const chosen = { only: [], files: [] };
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    if (arg === '--only') {
      chosen.only = (args.shift() ?? '').split(',');
    } else if (arg === '--grep') {
      chosen.grep = args.shift();
    } else if (arg === '--desktop') {
      chosen.desktop = true;
    } else if (arg.startsWith('--')) {
      throw new Error(`Unknown option ${arg}. Known: --only NAME,..., --grep TEXT, --desktop.`);
    } else {
      chosen.files.push(arg);
    }
  }
  if (chosen.only.length === 0 && chosen.files.length > 0) {
    chosen.only = [...new Set(chosen.files.map((file) => file.split('/')[1] ?? ''))];
  }
  const unknown = chosen.only.filter((name) => !steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    throw new Error(`No such suite: ${unknown.join(', ')}. There are ${steps.map(({ name }) => name).join(', ')}.`);
  }
  return chosen;
}

async function main() {
  const chosen = choice();
  await ensureDependencies();
  /** @type {Counts} */
  const total = { passed: 0, failed: 0 };
  /** @type {string[]} */
  const summary = [];
  for (const { name, what, run } of steps.filter(
    (step) => chosen.only.length === 0 || chosen.only.includes(step.name),
  )) {
    heading(what);
    const start = performance.now();
    let counts = one(false);
    try {
      counts = await run(chosen);
    } catch (error) {
      problem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    total.passed += counts.passed;
    total.failed += counts.failed;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    summary.push(
      `${name.padEnd(12)} ${String(counts.passed).padStart(5)} passed ${String(counts.failed).padStart(4)} failed  ${seconds} s`,
    );
  }
  heading('Summary');
  summary.forEach(note);
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

endOnSignals();
main().catch(fail);
