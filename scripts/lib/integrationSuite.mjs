// Runs test/integration with mocha inside a real VS Code extension host: the browser-served VS Code's, or with --desktop the
// one of a desktop VS Code (HPTSCOPE_VSCODE names it; else test-electron finds or downloads one).

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { buildTests } from '../build.mjs';
import { runInPage } from './browserRun.mjs';
import { chromiumOptions } from './chromium.mjs';
import { ensureChromium } from './debian.mjs';
import { extensionErrors, extensionHostLogs } from './extensionHostLog.mjs';
import { add, readCounts } from './mochaSuites.mjs';
import { note, problem, root } from './say.mjs';
import { startServer, workbenchAddress } from './server.mjs';
import { ensureVscodeHost } from './vscodeHost.mjs';

/** The module in which VS Code finds `run`. */
const entry = 'test/integration/index.ts';

/** @typedef {{ env: Record<string, string>, tests: string, workspace: string, folder: string }} Prepared */

/**
 * Runs integration tests.
 * @param {readonly string[]} files paths from the repository's top
 * @param {{ grep?: string, desktop?: boolean }} [options]
 * @returns {Promise<import('./mochaSuites.mjs').Counts>}
 */
export async function runIntegration(files, { grep, desktop = false } = {}) {
  const { bundles, broken } = await buildTests([entry, ...files]);
  for (const { file, message } of broken) {
    problem(`${file} cannot be bundled:\n${message}`);
  }
  const tests = join(root, 'out', 'test', 'integration', 'index.js');
  const result = join(root, 'out', 'results', 'integration.json');
  const output = join(root, 'out', 'results', 'integration.txt');
  mkdirSync(join(root, 'out', 'results'), { recursive: true });
  for (const file of [result, output]) {
    rmSync(file, { force: true });
  }
  const folder = mkdtempSync(join(tmpdir(), 'hptscope-integration-'));
  const workspace = join(folder, 'workspace');
  mkdirSync(workspace);
  if (existsSync(join(root, 'samples'))) {
    cpSync(join(root, 'samples'), workspace, { recursive: true });
  }
  const env = {
    HPTSCOPE_MOCHA_RESULT: result,
    HPTSCOPE_MOCHA_OUTPUT: output,
    HPTSCOPE_MOCHA_FILES: JSON.stringify(bundles.map((bundle) => join(root, bundle)).filter((file) => file !== tests)),
    HPTSCOPE_MOCHA_GREP: grep ?? '',
  };
  try {
    const code = await (desktop ? runOnDesktop : runInServer)({ env, tests, workspace, folder });
    if (existsSync(output)) {
      console.log(readFileSync(output, 'utf8'));
    }
    const errors = extensionErrors(extensionHostLogs(join(folder, 'server')));
    for (const error of errors) {
      problem(`The extension host logged: ${error}`);
    }
    return add({ passed: 0, failed: broken.length + errors.length }, readCounts(result, 'integration', code));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Prepared} prepared @returns {Promise<number>} exit code */
async function runInServer({ env, tests, workspace, folder }) {
  const host = await ensureVscodeHost();
  const executable = await ensureChromium();
  note(`in ${host.name}`);
  const server = await startServer({ host, dataFolder: join(folder, 'server'), env });
  const browser = await chromium.launch(chromiumOptions(executable));
  try {
    const page = await browser.newPage();
    const address = workbenchAddress({ port: server.port, folder: workspace, extension: root, tests });
    return await runInPage({ page, address, minutes: 5 });
  } finally {
    await browser.close();
    await server.stop();
  }
}

/** @param {Prepared} prepared @returns {Promise<number>} exit code */
async function runOnDesktop({ env, tests, workspace, folder }) {
  const { runTests } = await import('@vscode/test-electron');
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = [workspace, '--disable-extensions', '--user-data-dir', join(folder, 'user'), ...asRoot];
  return runTests({
    vscodeExecutablePath: process.env.HPTSCOPE_VSCODE || undefined,
    extensionDevelopmentPath: root,
    extensionTestsPath: tests,
    extensionTestsEnv: env,
    launchArgs: args,
  });
}
