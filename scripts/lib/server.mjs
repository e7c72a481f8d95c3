// Starts the browser-served VS Code of vscodeHost.mjs and says how to address it. Used by the scripts and, bundled, by tests.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** @typedef {import('./vscodeHost.mjs').VscodeHost} VscodeHost */
/** @typedef {{ port: number, dataFolder: string, stop: () => Promise<void>, ended: Promise<void> }} VscodeServer */

/** Settings that keep VS Code quiet: no accounts, no network, no tips. */
export const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.autofetch': false,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/**
 * Starts a server and waits until it listens.
 * @param {{ host: VscodeHost, dataFolder: string, port?: number, settings?: object, env?: NodeJS.ProcessEnv,
 *   onOutput?: (text: string) => void }} options dataFolder: absolute; user data, logs and temporary files go there and
 *   nowhere else; port: 0 for any free one; settings: the user's, when
 *   the folder has none yet
 * @returns {Promise<VscodeServer>}
 */
export async function startServer({ host, dataFolder, port = 0, settings = quietSettings, env = {}, onOutput }) {
  const temporary = join(dataFolder, 'tmp');
  const settingsFile = join(dataFolder, 'data', 'User', 'settings.json');
  mkdirSync(temporary, { recursive: true });
  mkdirSync(dirname(settingsFile), { recursive: true });
  if (!existsSync(settingsFile)) {
    writeFileSync(settingsFile, JSON.stringify(settings, null, 2));
  }
  const args = [host.server, '--host', '127.0.0.1', '--port', String(port), '--server-data-dir', dataFolder];
  args.push('--without-connection-token', '--accept-server-license-terms', '--disable-workspace-trust');
  // The smoke test driver is what makes a built VS Code heed the development paths of the address.
  args.push('--disable-telemetry', '--disable-experiments', '--enable-smoke-test-driver');
  const child = spawn(host.node, args, {
    cwd: dataFolder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, EXTENSIONS_GALLERY: '{}', TMPDIR: temporary, XDG_RUNTIME_DIR: temporary },
  });
  const ended = once(child, 'exit').then(() => undefined);
  process.once('exit', () => signal(child, 'SIGTERM'));
  const stop = async () => {
    signal(child, 'SIGTERM');
    const killer = setTimeout(() => signal(child, 'SIGKILL'), 5000);
    await ended;
    clearTimeout(killer);
  };
  try {
    return { port: await waitForPort(child, onOutput), dataFolder, stop, ended };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Sends a signal to a server and all that it started, unless it has ended.
 * @param {import('node:child_process').ChildProcess} child leader of a process group
 * @param {NodeJS.Signals} name
 */
function signal(child, name) {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, name);
  }
}

/**
 * Reads the port from the server's output.
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} child
 * @param {((text: string) => void) | undefined} onOutput
 * @returns {Promise<number>}
 */
function waitForPort(child, onOutput) {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (/** @type {Buffer} */ chunk) => {
      const text = chunk.toString();
      onOutput?.(text);
      output = (output + text).slice(-10_000);
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (port) {
        resolve(Number(port));
      } else if (output.includes('EADDRINUSE')) {
        reject(new Error('The port of the VS Code server is in use.'));
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) =>
      reject(new Error(`The VS Code server ended with code ${code} before it listened.\n${output}`)),
    );
  });
}

/**
 * The address that opens a folder in the workbench of a server.
 * @param {{ port: number, folder: string, extension?: string, tests?: string, file?: string }} options absolute paths: the
 *   workspace, an extension under development, its test entry (a module with `run`), a file to open
 */
export function workbenchAddress({ port, folder, extension, tests, file }) {
  /** @type {[string, string][]} */
  const payload = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  const remote = (/** @type {string} */ path) => `vscode-remote://127.0.0.1:${port}${path}`;
  if (extension) {
    payload.push(['extensionDevelopmentPath', remote(extension)]);
  }
  if (tests) {
    payload.push(['extensionTestsPath', remote(tests)]);
  }
  if (file) {
    payload.push(['openFile', remote(file)]);
  }
  const query = new URLSearchParams({ folder, payload: JSON.stringify(payload) });
  return `http://127.0.0.1:${port}/?${query}`;
}
