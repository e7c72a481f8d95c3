// Takes the README's pictures (media/readme/*.png) from the real workbench.
//
//   node scripts/pictures.mjs [NAME...]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureChromium } from './lib/debian.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { Explained, endOnSignals, fail, heading, note, root } from './lib/say.mjs';
import { startServer } from './lib/server.mjs';
import { ensureVscodeHost } from './lib/vscodeHost.mjs';

async function main() {
  await ensureDependencies();
  heading('Building');
  const { build, buildTests } = await import('./build.mjs');
  await build({ quiet: true });
  const host = await ensureVscodeHost();
  const chromium = await ensureChromium();
  const { bundles, broken } = await buildTests(['test/ui/pictures.ts']);
  if (!bundles[0]) {
    throw new Explained(`test/ui/pictures.ts cannot be bundled:\n${broken[0]?.message}`);
  }
  heading('Taking pictures');
  const dataFolder = mkdtempSync(join(tmpdir(), 'hptscope-pictures-'));
  const server = await startServer({ host, dataFolder });
  try {
    const { takePictures } = await import(pathToFileURL(join(root, bundles[0])).href);
    const connection = { port: server.port, dataFolder, chromium, extension: root };
    await takePictures(connection, join(root, 'media', 'readme'), process.argv.slice(2), note);
  } finally {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

endOnSignals();
main().catch(fail);
