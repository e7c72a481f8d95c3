// Type-checks every ring with its own tsconfig.json, which names the only libraries that the ring may see.
//
//   node scripts/typecheck.mjs [FOLDER...]

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './lib/run.mjs';
import { fail, root } from './lib/say.mjs';

/** @returns {string[]} the folders that have a tsconfig.json and something to check, ring 0 first */
function folders() {
  const found = readdirSync(root, { recursive: false, encoding: 'utf8' })
    .filter((name) => ['src', 'webview', 'test', 'scripts'].includes(name))
    .flatMap((top) => [
      top,
      ...readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((name) => join(top, name)),
    ])
    .filter((name) => name.endsWith('tsconfig.json'))
    .map(dirname);
  const order = ['src/model', 'src/timeline', 'src/scenario', 'src/trace', 'src/explore'];
  /** @param {string} name */
  const rank = (name) => (order.indexOf(name) + order.length + 1) % (order.length + 1);
  return found.filter(hasSources).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** @param {string} folder */
function hasSources(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).some((name) =>
    /\.(ts|mjs|cjs)$/.test(name),
  );
}

/**
 * Checks the folders, two at a time.
 * @param {readonly string[]} [only]
 * @returns {Promise<{ checked: number, failed: string[] }>}
 */
export async function typecheck(only) {
  const waiting = folders().filter((folder) => !only?.length || only.includes(folder));
  const checked = waiting.length;
  /** @type {string[]} */
  const failed = [];
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const worker = async () => {
    for (let folder = waiting.shift(); folder; folder = waiting.shift()) {
      const result = await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], {
        quiet: true,
        allowFailure: true,
      });
      console.log(`   ${result.code === 0 ? 'ok  ' : 'FAIL'} ${folder}`);
      if (result.code !== 0) {
        console.log(result.output);
        failed.push(folder);
      }
    }
  };
  await Promise.all([worker(), worker()]);
  return { checked, failed };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!existsSync(join(root, 'node_modules', 'typescript'))) {
    fail(new Error('Run npm ci first.'));
  }
  typecheck(process.argv.slice(2).map((name) => name.replace(/\/$/, '')))
    .then(({ failed }) => {
      process.exitCode = failed.length > 0 ? 1 : 0;
    })
    .catch(fail);
}
