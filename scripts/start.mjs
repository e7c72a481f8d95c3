// Opens VS Code with the extension and the samples, from a bare clone on.
//
//   node scripts/start.mjs [--browser] [--smoke [--picture FILE]]
//
// Desktop VS Code when its `code` command is on the PATH, else (or with --browser) a VS Code served to the browser, until
// Ctrl-C. --smoke: drives the browser-served one through the sample, saves a picture (out/first-light.png) and ends.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureChromium, onPath } from './lib/debian.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { run } from './lib/run.mjs';
import { Explained, endOnSignals, fail, heading, note, root } from './lib/say.mjs';
import { startServer, workbenchAddress } from './lib/server.mjs';
import { ensureVscodeHost } from './lib/vscodeHost.mjs';

const samples = join(root, 'samples');
/** The port of the short address; the next one is the server's. Others are taken when these are in use. */
const usualPort = 8642;

/** The sample that opens, ready for F5. */
function firstSample() {
  const preferred = join(samples, 'page-out.hpt');
  if (existsSync(preferred)) {
    return preferred;
  }
  const other = existsSync(samples) ? readdirSync(samples).find((name) => name.endsWith('.hpt')) : undefined;
  if (!other) {
    throw new Explained('samples/ holds no scenario (*.hpt) to open.');
  }
  return join(samples, other);
}

/** @returns {Promise<string | undefined>} the desktop VS Code's command, when there is one that is new enough */
async function desktopCode() {
  const code = onPath('code');
  if (!code) {
    return undefined;
  }
  const { code: status, output } = await run(code, ['--version'], { quiet: true, allowFailure: true });
  const [major = 0, minor = 0] = (output.split('\n')[0] ?? '').split('.').map(Number);
  if (status !== 0 || !(major > 1 || (major === 1 && minor >= 91))) {
    note(
      `${code} is not a VS Code 1.91 or later (it says "${output.trim().split('\n')[0]}"): using the browser-served one`,
    );
    return undefined;
  }
  return code;
}

/** @param {string} code */
async function openDesktop(code) {
  const asRoot =
    process.getuid?.() === 0 ? ['--no-sandbox', '--user-data-dir', join(root, '.vscode-host', 'desktop')] : [];
  await run(code, ['--new-window', `--extensionDevelopmentPath=${root}`, ...asRoot, samples, firstSample()]);
  note('VS Code is open with the extension and samples/. Press F5 in the scenario.');
}

/**
 * Listens on the wanted port, or on any when it is in use.
 * @param {import('node:http').Server} server
 * @param {number} wanted
 * @returns {Promise<number>}
 */
function listen(server, wanted) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if (wanted !== 0 && 'code' in error && error.code === 'EADDRINUSE') {
        listen(server, 0).then(resolve, reject);
      } else {
        reject(error);
      }
    });
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : wanted);
    });
  });
}

async function serveBrowser() {
  const host = await ensureVscodeHost();
  const sample = firstSample();
  const dataFolder = join(root, '.vscode-host', 'data');
  const start = (/** @type {number} */ port) => startServer({ host, dataFolder, port });
  const vscode = await start(usualPort + 1).catch(() => start(0));
  const address = workbenchAddress({ port: vscode.port, folder: samples, extension: root, file: sample });
  const front = createServer((_, response) => response.writeHead(302, { Location: address }).end());
  const port = await listen(front, usualPort);
  const short = `http://127.0.0.1:${port}/`;
  heading(`VS Code is at ${short}`);
  note('Open that address in a browser, then press F5 in the scenario. Ctrl-C here ends it.');
  note(`From another machine: ssh -L ${port}:127.0.0.1:${port} -L ${vscode.port}:127.0.0.1:${vscode.port} ...`);
  const hasScreen = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (hasScreen && onPath('xdg-open')) {
    await run('xdg-open', [short], { quiet: true, allowFailure: true });
  }
  await vscode.ended;
  front.close();
  front.closeAllConnections();
  throw new Explained('The VS Code server has ended.');
}

/** @param {string} picture absolute path */
async function smoke(picture) {
  const { buildTests } = await import('./build.mjs');
  const host = await ensureVscodeHost();
  const executable = await ensureChromium();
  const { bundles, broken } = await buildTests(['test/ui/firstLight.ts']);
  const bundle = bundles[0];
  if (!bundle) {
    throw new Explained(`test/ui/firstLight.ts cannot be bundled:\n${broken[0]?.message}`);
  }
  heading('Driving VS Code through the sample');
  const dataFolder = mkdtempSync(join(tmpdir(), 'hptscope-smoke-'));
  const server = await startServer({ host, dataFolder });
  try {
    const { firstLight } = await import(pathToFileURL(join(root, bundle)).href);
    const connection = { port: server.port, dataFolder, chromium: executable, extension: root };
    await firstLight({ connection, folder: samples, sample: firstSample(), picture, say: note });
    note(`It works: ${picture}`);
  } finally {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

/** The options, checked. */
function readOptions() {
  const options = { browser: false, smoke: false, picture: join(root, 'out', 'first-light.png') };
  const args = process.argv.slice(2);
  for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
    if (arg === '--browser' || arg === '--smoke') {
      options[arg === '--smoke' ? 'smoke' : 'browser'] = true;
    } else if (arg === '--picture' && args[0] !== undefined) {
      options.picture = resolve(args.shift() ?? '');
    } else {
      throw new Explained(`Unknown option ${arg}. Known: --browser, --smoke, --picture FILE.`);
    }
  }
  return options;
}

async function main() {
  const options = readOptions();
  await ensureDependencies();
  heading('Building');
  const { build } = await import('./build.mjs');
  await build();
  if (options.smoke) {
    await smoke(options.picture);
    return;
  }
  const code = options.browser ? undefined : await desktopCode();
  await (code ? openDesktop(code) : serveBrowser());
}

endOnSignals();
main().catch(fail);
