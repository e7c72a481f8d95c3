// Runs test/ui: mocha on Node, driving the real workbench in Chromium. One server serves the whole run; each test file opens
// its own workspace and its own browser. Screenshots are kept in out/screenshots.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './debian.mjs';
import { runMocha } from './mochaSuites.mjs';
import { note, root } from './say.mjs';
import { startServer } from './server.mjs';
import { ensureVscodeHost } from './vscodeHost.mjs';

/**
 * Runs user interface tests.
 * @param {readonly string[]} files paths from the repository's top
 * @param {{ grep?: string }} [options]
 * @returns {Promise<import('./mochaSuites.mjs').Counts>}
 */
export async function runUi(files, { grep } = {}) {
  const host = await ensureVscodeHost();
  const executable = await ensureChromium();
  note(`in ${host.name} and ${executable}; screenshots in out/screenshots`);
  const folder = mkdtempSync(join(tmpdir(), 'hptscope-ui-'));
  const server = await startServer({ host, dataFolder: folder });
  try {
    const connection = { port: server.port, dataFolder: folder, chromium: executable, extension: root };
    const env = { HPTSCOPE_WORKBENCH: JSON.stringify(connection) };
    return await runMocha('ui', files, { grep, timeout: 60_000, env });
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
