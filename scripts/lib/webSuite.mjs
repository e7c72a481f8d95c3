// Runs test/web with mocha in the extension host of a VS Code that has no server: what the extension does there, it does
// without Node. All test files go into one bundle, because that host loads one file.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from '@vscode/test-web';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { inBrowserHost } from '../build.mjs';
import { runInPage } from './browserRun.mjs';
import { chromiumOptions } from './chromium.mjs';
import { ensureChromium } from './debian.mjs';
import { note, problem, root } from './say.mjs';
import { ensureWebHost } from './webHost.mjs';

/** @typedef {import('./mochaSuites.mjs').Counts} Counts */

const bundle = 'out/test/web/index.js';
/** What test/web/run.ts prints before its counts. */
const resultMark = 'HPTSCOPE_RESULT ';

/**
 * Runs the tests.
 * @param {readonly string[]} files paths from the repository's top
 * @returns {Promise<Counts>}
 */
export async function runWeb(files) {
  await bundleTests(files);
  const host = await ensureWebHost();
  const executable = await ensureChromium();
  note(`in ${host.name}`);
  const port = await freePort();
  const profile = mkdtempSync(join(tmpdir(), 'hptscope-web-'));
  const server = await open({
    browserType: 'none',
    quality: host.quality,
    commit: host.commit,
    esm: false,
    testRunnerDataDir: host.dataFolder,
    extensionDevelopmentPath: root,
    extensionTestsPath: join(root, bundle),
    folderPath: samples(profile),
    port,
  });
  const browser = await chromium.launch(chromiumOptions(executable));
  try {
    return await runTests(await browser.newPage(), port);
  } finally {
    await browser.close();
    server.dispose();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** @param {import('playwright-core').Page} page @param {number} port @returns {Promise<Counts>} */
async function runTests(page, port) {
  /** @type {Counts | undefined} */
  let counts;
  const onLog = (/** @type {string} */ text) => {
    if (text.includes(resultMark)) {
      counts = JSON.parse(text.slice(text.indexOf(resultMark) + resultMark.length));
    } else if (/[✔✖]/.test(text)) {
      console.log(`  ${text.replace(/^\w+: (%c \w+ color: #\w+ )?/, '  ')}`);
    } else if (/^error|^ERR/.test(text) && /hptscope|devextensions/i.test(text)) {
      problem(text);
    }
  };
  const code = await runInPage({ page, address: `http://localhost:${port}/`, minutes: 3, onLog });
  if (!counts) {
    problem(`The web run ended (exit code ${code}) before its last test.`);
    return { passed: 0, failed: 1 };
  }
  return counts;
}

/** @param {readonly string[]} files */
async function bundleTests(files) {
  const imports = files.map((file) => `require(${JSON.stringify(`./${file}`)});`).join('\n');
  const contents = `import { runMocha } from './test/web/run';\nexport const run = () => runMocha(() => {\n${imports}\n});`;
  await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    ...inBrowserHost,
    outfile: bundle,
    logLevel: 'warning',
  });
}

/** @param {string} profile */
function samples(profile) {
  const folder = join(root, 'samples');
  if (existsSync(folder)) {
    return folder;
  }
  mkdirSync(join(profile, 'empty'));
  return join(profile, 'empty');
}

/** @returns {Promise<number>} a TCP port that is free now */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, 'localhost', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
