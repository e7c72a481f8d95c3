// Builds every output with esbuild. Outputs are named; entry points that do not exist (yet) are left out.
//
//   node scripts/build.mjs [--production] [--watch] [--quiet] [--only NAME,...] [--tests]
//
//   dist/extension.js       the extension for VS Code on Node; what it needs only now and then is in files below dist/extension/
//   dist/extension.web.js   the extension for VS Code in a browser; a Node built-in in its imports is an error
//   dist/worker.js          long work in a worker thread; dist/worker.web.js in a web worker
//   dist/webview/NAME.js    one per webview/NAME/main.ts, with NAME.css beside it when it imports style sheets
//   dist/cli.js             the hptscope command
//   out/test/**             one bundle per test file (--tests)

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, note, root } from './lib/say.mjs';

/** @typedef {import('esbuild').BuildOptions} BuildOptions */
/** @typedef {{ name: string, entry: string, outfile: string, options: BuildOptions, pieces?: boolean }} Output */

/** @type {BuildOptions} */
const onNode = { platform: 'node', format: 'cjs', target: 'node20' };
/** @type {BuildOptions} */
const inBrowser = { platform: 'browser', format: 'iife', target: 'es2022' };
/**
 * The browser's extension host loads a CommonJS module that may require nothing but vscode. The debug adapter library asks
 * Node for two small things; test/unit/rings.test.ts keeps our own code from asking.
 * @type {BuildOptions}
 */
export const inBrowserHost = {
  platform: 'browser',
  format: 'cjs',
  target: 'es2022',
  external: ['vscode'],
  mainFields: ['browser', 'module', 'main'],
  alias: { url: join(root, 'scripts', 'shims', 'url.js') },
  define: { 'process.platform': '"browser"' },
};

/** @returns {Output[]} every product whose entry point exists */
function outputs() {
  /** @type {Output[]} */
  const all = [
    {
      name: 'extension',
      entry: 'src/extension/extension.ts',
      outfile: 'dist/extension.js',
      options: { ...onNode, external: ['vscode'] },
      pieces: true,
    },
    {
      name: 'extension.web',
      entry: 'src/extension/extension.web.ts',
      outfile: 'dist/extension.web.js',
      options: inBrowserHost,
    },
    { name: 'worker', entry: 'src/platform/node/worker.ts', outfile: 'dist/worker.js', options: onNode },
    { name: 'worker.web', entry: 'src/platform/browser/worker.ts', outfile: 'dist/worker.web.js', options: inBrowser },
    {
      name: 'cli',
      entry: 'src/cli/main.ts',
      outfile: 'dist/cli.js',
      options: { ...onNode, banner: { js: '#!/usr/bin/env node' } },
    },
    ...webviewNames().map((name) => ({
      name: `webview/${name}`,
      entry: `webview/${name}/main.ts`,
      outfile: `dist/webview/${name}.js`,
      options: inBrowser,
    })),
  ];
  return all.filter(({ entry }) => existsSync(join(root, entry)));
}

function webviewNames() {
  const folder = join(root, 'webview');
  return existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'main.ts'))) : [];
}

/**
 * Options that all products share.
 * @param {boolean} production
 * @returns {BuildOptions}
 */
function shared(production) {
  return {
    absWorkingDir: root,
    bundle: true,
    minify: production,
    keepNames: production,
    sourcemap: production ? false : 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    assetNames: '[name]',
    loader: { '.ttf': 'file', '.svg': 'text' },
  };
}

/**
 * Options of a product in pieces: a module behind `import()` gets a file of its own, which is read when it is first asked for. esbuild
 * splits ES modules only, and VS Code loads CommonJS: the files are turned into that when all are made.
 * @param {Output} output
 * @param {BuildOptions} options
 * @returns {BuildOptions}
 */
export function inPieces({ name, entry, outfile }, options) {
  const { sourcemap = false, minify = false } = options;
  return {
    ...options,
    entryPoints: { [name]: entry },
    outdir: dirname(outfile),
    chunkNames: `${name}/[name]-[hash]`,
    format: 'esm',
    splitting: true,
    sourcemap: sourcemap ? 'inline' : false,
    metafile: true,
    write: false,
    plugins: [
      {
        name: 'ES modules to CommonJS',
        setup: ({ onEnd }) =>
          onEnd(async ({ outputFiles = [], metafile }) => {
            const { transform } = await import('esbuild');
            for (const { path, text } of outputFiles) {
              const { code } = await transform(text, {
                format: 'cjs',
                platform: 'node',
                target: 'node20',
                supported: { 'dynamic-import': false },
                minifyWhitespace: minify,
                minifySyntax: minify,
                sourcemap: sourcemap ? 'inline' : false,
                sourcesContent: false,
              });
              mkdirSync(dirname(path), { recursive: true });
              writeFileSync(path, code);
            }
            if (minify && metafile) {
              checkSize(atActivation(metafile, outfile));
            }
          }),
      },
    ],
  };
}

/** What VS Code reads when it activates the extension may have so many bytes. */
const mostAtActivation = 400 * 1024;

/**
 * The files that are read when a file is, its own one first.
 * @param {import('esbuild').Metafile} metafile
 * @param {string} file
 */
function atActivation({ outputs: made }, file) {
  const files = new Set([file]);
  for (const each of files) {
    for (const { kind, path, external } of made[each]?.imports ?? []) {
      if (kind === 'import-statement' && !external) {
        files.add(path);
      }
    }
  }
  return [...files];
}

/** @param {readonly string[]} files read at activation */
function checkSize(files) {
  const bytes = files.reduce((sum, file) => sum + statSync(join(root, file)).size, 0);
  note(`read at activation           ${(bytes / 1024).toFixed(0).padStart(6)} KB in ${files.length} files`);
  if (bytes > mostAtActivation) {
    throw new Error(`the extension reads ${bytes} bytes at activation; ${mostAtActivation} is the most`);
  }
}

/**
 * Builds the products.
 * @param {{ production?: boolean, watch?: boolean, quiet?: boolean, only?: readonly string[] }} [options]
 */
export async function build({ production = false, watch = false, quiet = false, only } = {}) {
  const esbuild = await import('esbuild');
  const chosen = outputs().filter(({ name }) => !only || only.includes(name));
  await Promise.all(
    chosen.map(async (output) => {
      const { entry, outfile, options, pieces = false } = output;
      const own = { ...shared(production), ...options };
      if (pieces && !watch) {
        // a host that runs while we watch may still ask for the pieces of before
        rmSync(join(root, outfile.replace(/\.js$/, '')), { recursive: true, force: true });
      }
      const all = pieces ? inPieces(output, own) : { ...own, entryPoints: [entry], outfile };
      if (watch) {
        await (await esbuild.context({ ...all, logLevel: 'info' })).watch();
      } else {
        await esbuild.build(all);
      }
    }),
  );
  if (chosen.some(({ name }) => name === 'cli')) {
    linkCommand();
  }
  if (!quiet && !watch) {
    for (const { outfile } of chosen) {
      note(`${outfile.padEnd(28)} ${(statSync(join(root, outfile)).size / 1024).toFixed(0).padStart(6)} KB`);
    }
  }
}

/** Makes `npx hptscope` work inside the checkout: npm links the commands of dependencies, not the package's own. */
function linkCommand() {
  const command = join(root, 'dist', 'cli.js');
  const link = join(root, 'node_modules', '.bin', 'hptscope');
  if (!existsSync(command)) {
    return; // a watching build has not written it yet
  }
  chmodSync(command, 0o755);
  if (process.platform === 'win32' || lstatSync(link, { throwIfNoEntry: false })) {
    return;
  }
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), command), link);
}

/**
 * Lists test files.
 * @param {string} suite a folder below test/
 * @returns {string[]} paths from the repository's top, sorted
 */
export function testFiles(suite) {
  const folder = join(root, 'test', suite);
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', suite, name).split(sep).join('/'))
    .sort();
}

/**
 * Bundles test files for Node, each into its own file below out/, packages left outside.
 * A file that cannot be bundled does not keep the others from running.
 * @param {readonly string[]} files paths from the repository's top
 * @returns {Promise<{ bundles: string[], broken: { file: string, message: string }[] }>}
 */
export async function buildTests(files) {
  const esbuild = await import('esbuild');
  /** @param {string} file @param {BuildOptions['logLevel']} logLevel */
  const bundle = async (file, logLevel) => {
    const outfile = `out/${file.replace(/\.ts$/, '.js')}`;
    await esbuild.build({
      ...shared(false),
      ...onNode,
      packages: 'external',
      sourcemap: 'inline',
      logLevel,
      entryPoints: [file],
      outfile,
    });
    return outfile;
  };
  const results = await Promise.allSettled(files.map((file) => bundle(file, 'silent')));
  /** @type {{ bundles: string[], broken: { file: string, message: string }[] }} */
  const built = { bundles: [], broken: [] };
  for (const [index, result] of results.entries()) {
    if (result.status === 'fulfilled') {
      built.bundles.push(result.value);
    } else {
      built.broken.push({ file: files[index] ?? '', message: String(result.reason?.message ?? result.reason) });
    }
  }
  return built;
}

async function main() {
  const args = process.argv.slice(2);
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1]?.split(',') : undefined;
  const production = args.includes('--production');
  if (production) {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
  }
  await build({ production, watch: args.includes('--watch'), quiet: args.includes('--quiet'), only });
  if (args.includes('--tests')) {
    const suites = ['unit', 'conformance', 'agreement', 'replay', 'golden', 'integration', 'ui', 'web'];
    const { broken } = await buildTests(suites.flatMap(testFiles));
    for (const { message } of broken) {
      console.error(message);
    }
    process.exitCode = broken.length > 0 ? 1 : 0;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch(fail);
}
