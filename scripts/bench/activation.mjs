// Measures how long the extension takes to activate: reading it and running its `activate`, in a new extension host each time.
//
//   node scripts/bench/activation.mjs [--json] [--runs 9]

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { build } from '../build.mjs';
import { runInPage } from '../lib/browserRun.mjs';
import { chromiumOptions } from '../lib/chromium.mjs';
import { ensureChromium } from '../lib/debian.mjs';
import { fail, note, root } from '../lib/say.mjs';
import { startServer, workbenchAddress } from '../lib/server.mjs';
import { ensureVscodeHost } from '../lib/vscodeHost.mjs';

async function main() {
  const args = process.argv.slice(2);
  const runs = args.includes('--runs') ? Number(args[args.indexOf('--runs') + 1]) : 9;
  const host = await ensureVscodeHost();
  const executable = await ensureChromium();
  await build({ production: true, quiet: true, only: ['extension'] });
  const all = await measure(host, executable, runs);
  const measured = {
    runs,
    elapsed: summary(all.map(({ elapsed }) => elapsed)),
    processor: summary(all.map(({ processor }) => processor)),
  };
  if (args.includes('--json')) {
    console.log(JSON.stringify(measured));
    return;
  }
  note(`in ${host.name}, ${runs} extension hosts`);
  note(`activation takes                      ${words(measured.elapsed)}`);
  note(`of the processor, other threads too   ${words(measured.processor)}`);
}

/**
 * @param {number[]} ms
 * @returns {{ median: number, min: number, max: number }}
 */
function summary(ms) {
  const sorted = ms.sort((a, b) => a - b);
  const at = (/** @type {number} */ i) => sorted[i] ?? Number.NaN;
  return { median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1) };
}

/** @param {ReturnType<typeof summary>} ms */
function words({ median, min, max }) {
  return `${median.toFixed(1)} ms (median; ${min.toFixed(1)} to ${max.toFixed(1)})`;
}

/**
 * @param {import('../lib/vscodeHost.mjs').VscodeHost} host
 * @param {string} executable of Chromium
 * @param {number} runs
 * @returns {Promise<{ elapsed: number, processor: number }[]>} milliseconds
 */
async function measure(host, executable, runs) {
  const folder = mkdtempSync(join(tmpdir(), 'hptscope-activation-'));
  const workspace = join(folder, 'workspace');
  const results = join(folder, 'results');
  mkdirSync(workspace);
  mkdirSync(results);
  const env = { HPTSCOPE_BENCH_FOLDER: results };
  const server = await startServer({ host, dataFolder: join(folder, 'server'), env });
  const browser = await chromium.launch(chromiumOptions(executable));
  const tests = join(root, 'scripts', 'bench', 'activationProbe.cjs');
  const address = workbenchAddress({ port: server.port, folder: workspace, extension: root, tests });
  try {
    for (let run = 0; run < runs; run++) {
      const page = await browser.newPage();
      await runInPage({ page, address, minutes: 2 });
      await page.close();
    }
    const files = readdirSync(results);
    if (files.length !== runs) {
      fail(`${files.length} of ${runs} extension hosts told how long it took`);
    }
    return files.map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')));
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch(fail);
