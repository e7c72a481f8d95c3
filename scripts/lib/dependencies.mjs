// Makes sure that node_modules is what package-lock.json says, on a bare clone too. Uses nothing from node_modules.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './run.mjs';
import { Explained, note, root, timed } from './say.mjs';

const marker = join(root, 'node_modules', '.hptscope-installed');

/** The hash of the lock file: what the marker of a finished install holds. */
function wanted() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Refuses a Node that is too old, in words. */
export function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new Explained(`HPT Scope needs Node 20 or later; this is Node ${process.versions.node}.`);
  }
}

/** Runs `npm ci` when the packages are missing, were left half-installed, or do not fit the lock file. */
export async function ensureDependencies() {
  checkNode();
  if (existsSync(marker) && readFileSync(marker, 'utf8') === wanted()) {
    return;
  }
  if (existsSync(join(root, 'node_modules', '.package-lock.json')) && !existsSync(marker)) {
    note('node_modules was not put there by these scripts, or its install did not finish: checking it');
  }
  await timed('Installing packages (npm ci)', () => runNpm(['ci', '--ignore-scripts'], { quiet: true }));
  writeFileSync(marker, wanted());
}
