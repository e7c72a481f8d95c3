// Programs that do not come from npm: a Chromium, a C++ compiler and trace-cmd. As root on Debian they are installed (and it is said);
// elsewhere it is said what is missing and how to get it.

import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';
import { Explained, note, timed } from './say.mjs';

/** @param {string} name @returns {string | undefined} absolute path of a program on the PATH */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return undefined;
}

function canInstall() {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && onPath('apt-get') !== undefined;
}

/** @param {readonly string[]} packages */
async function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await timed(`Installing ${packages.join(' ')} with apt-get`, async () => {
    await run('apt-get', [...wait, 'update'], { env, quiet: true });
    await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], { env, quiet: true });
  });
}

function findChromium() {
  const given = process.env.HPTSCOPE_CHROMIUM;
  if (given && !existsSync(given)) {
    throw new Explained(`HPTSCOPE_CHROMIUM names ${given}, which does not exist.`);
  }
  return (
    given ?? ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(onPath).find((path) => path)
  );
}

/**
 * Finds a Chromium, or installs Debian's.
 * @returns {Promise<string>} absolute path of the program
 */
export async function ensureChromium() {
  const found = findChromium();
  if (found) {
    return found;
  }
  const packages = ['chromium', 'fonts-dejavu-core'];
  if (!canInstall()) {
    throw new Explained(
      `No Chromium found. On Debian: sudo apt-get install ${packages.join(' ')}. ` +
        'Elsewhere: install Chromium or Chrome, and name it in HPTSCOPE_CHROMIUM when it is not on the PATH.',
    );
  }
  await aptInstall(packages);
  const installed = findChromium();
  if (!installed) {
    throw new Explained('apt-get installed chromium, yet there is none on the PATH.');
  }
  return installed;
}

/**
 * Finds trace-cmd, or installs Debian's.
 * @returns {Promise<string>} absolute path of the program
 */
export async function ensureTraceCmd() {
  const find = () => onPath('trace-cmd');
  if (!find()) {
    if (!canInstall()) {
      throw new Explained(
        'No trace-cmd found, which the trace readers are compared with. On Debian: sudo apt-get install trace-cmd. ' +
          'Elsewhere: install it from your distribution or https://www.trace-cmd.org.',
      );
    }
    await aptInstall(['trace-cmd']);
  }
  const installed = find();
  if (!installed) {
    throw new Explained('apt-get installed trace-cmd, yet there is none on the PATH.');
  }
  return installed;
}

/**
 * Looks for what node-gyp needs, and installs it where that is possible.
 * @returns {Promise<boolean>} whether native modules can be compiled
 */
export async function ensureCompiler() {
  const missing = () => ['g++', 'make', 'python3'].filter((program) => !onPath(program));
  if (missing().length > 0 && canInstall()) {
    try {
      await aptInstall(missing());
    } catch (error) {
      note(error instanceof Error ? error.message : String(error));
    }
  }
  return missing().length === 0;
}
