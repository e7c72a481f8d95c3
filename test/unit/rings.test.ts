// The rings of the house: a file imports from its own ring or a lower one, never upwards, and each ring sees only the
// outside modules that it may. Reads every import in src/ and webview/.

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix, relative } from 'node:path';
import { repository } from '../repository';

interface Ring {
  /** Folder or file this rule is for; the longest that fits a file counts. */
  readonly of: string;
  /** Folders and files of the house that it may import, beside its own. */
  readonly house: readonly string[];
  /** Outside modules that it may import; `node` stands for all of Node's own. */
  readonly outside: readonly string[];
}

const ring1 = ['src/model', 'src/timeline', 'src/scenario', 'src/trace', 'src/explore'];

const rings: readonly Ring[] = [
  { of: 'src/model', house: [], outside: [] },
  { of: 'src/timeline', house: ['src/model'], outside: [] },
  { of: 'src/scenario', house: ['src/model', 'src/timeline'], outside: [] },
  { of: 'src/trace', house: ['src/model', 'src/timeline', 'src/scenario'], outside: [] },
  { of: 'src/explore', house: ['src/model', 'src/timeline', 'src/scenario'], outside: [] },
  { of: 'src/protocol.ts', house: ring1, outside: [] },
  { of: 'src/debug', house: ring1, outside: ['@vscode/debugadapter', '@vscode/debugprotocol', '@vscode/l10n'] },
  { of: 'src/platform', house: ring1, outside: ['fzstd', 'xz-decompress'] },
  { of: 'src/platform/node', house: [...ring1, 'src/platform'], outside: ['node', 'xz-decompress', 'zstddec'] },
  { of: 'src/platform/browser', house: [...ring1, 'src/platform'], outside: ['fzstd', 'xz-decompress'] },
  { of: 'src/cli', house: [...ring1, 'src/debug', 'src/platform', 'src/platform/node'], outside: ['node'] },
  {
    of: 'src/extension',
    house: [...ring1, 'src/protocol.ts', 'src/debug', 'src/platform'],
    outside: ['vscode', '@vscode/debugadapter', '@vscode/debugprotocol', '@vscode/l10n'],
  },
  {
    of: 'src/extension/extension.ts',
    house: [...ring1, 'src/debug', 'src/platform', 'src/platform/node', 'src/extension'],
    outside: ['vscode', 'node'],
  },
  {
    of: 'src/extension/extension.web.ts',
    house: [...ring1, 'src/debug', 'src/platform', 'src/platform/browser', 'src/extension'],
    outside: ['vscode'],
  },
  { of: 'webview', house: ['src/protocol.ts', 'src/model'], outside: ['@vscode/codicons'] },
  {
    of: 'webview/common',
    house: ['src/protocol.ts'],
    outside: ['@vscode/codicons', '@vscode/l10n', '@vscode/webview-ui-toolkit'],
  },
];

const nodeModules = new Set(builtinModules);

/** The rule for a file: the one with the longest fitting name. */
function ringOf(file: string): Ring | undefined {
  return rings
    .filter(({ of }) => file === of || file.startsWith(`${of}/`))
    .sort((a, b) => b.of.length - a.of.length)[0];
}

/** Every module name that the text imports, exports from, imports dynamically or requires. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const forms = [
    /\b(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\b(?:import|require)\s*\(\s*['"`]([^'"`]+)['"`]/g,
  ];
  return forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1] ?? ''));
}

/** Why the file may not import the module, or undefined when it may. */
function complaint(file: string, module: string): string | undefined {
  const ring = ringOf(file);
  if (!ring) {
    return `${file}: belongs to no ring; architecture names the folders`;
  }
  if (module.startsWith('.')) {
    const target = posix.join(posix.dirname(file), module);
    const targetFile = target.startsWith('src/protocol') ? 'src/protocol.ts' : target;
    const targetRing = rings
      .filter(
        ({ of }) => targetFile === of.replace(/\.ts$/, '') || targetFile === of || targetFile.startsWith(`${of}/`),
      )
      .sort((a, b) => b.of.length - a.of.length)[0];
    const common = ring.of.startsWith('webview') && targetRing?.of === 'webview/common';
    const allowed = targetRing && (targetRing.of === ring.of || common || ring.house.includes(targetRing.of));
    return allowed ? undefined : `${file}: ${ring.of} may not import ${target}`;
  }
  const name = module.replace(/^node:/, '');
  const isNode = module.startsWith('node:') || nodeModules.has(name);
  const packageName = name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
  const allowed = isNode ? ring.outside.includes('node') : ring.outside.includes(packageName);
  return allowed ? undefined : `${file}: ${ring.of} may not import ${module}`;
}

function sources(): string[] {
  return ['src', 'webview'].flatMap((top) =>
    readdirSync(join(repository, top), { recursive: true, encoding: 'utf8' })
      .map((name) => relative(repository, join(repository, top, name)).replaceAll('\\', '/'))
      .filter((name) => /\.ts$/.test(name) && !name.endsWith('.d.ts')),
  );
}

describe('rings', () => {
  it('no file imports upwards or from outside what its ring may see', () => {
    const complaints = sources().flatMap((file) =>
      importsOf(readFileSync(join(repository, file), 'utf8')).map((module) => complaint(file, module)),
    );
    assert.deepEqual(
      complaints.filter((text) => text !== undefined),
      [],
    );
  });

  it('every folder of a ring has its own tsconfig.json', () => {
    const folders = new Set(sources().map((file) => ringOf(file)?.of ?? file));
    const without = [...folders]
      .filter((of) => !/\.ts$/.test(of) && of !== 'webview/common')
      .filter((of) => !readdirSync(join(repository, of)).includes('tsconfig.json'));
    assert.deepEqual(without, []);
  });

  it('finds imports of every form', () => {
    const text = `import { a } from './a';
import type { b } from "../b";
import './style.css';
export { c } from './c';
export * from './d';
import {
  e,
} from './e';
// import { no } from './no';
const f = await import('./f'); const g = require('node:g');`;
    const expected = ['./a', '../b', './c', './d', './e', './style.css', './f', 'node:g'];
    assert.deepEqual(importsOf(text).sort(), expected.sort());
  });

  it('complains about forbidden imports', () => {
    const forbidden: [string, string][] = [
      ['src/model/table.ts', '../timeline/log'],
      ['src/model/table.ts', 'node:fs'],
      ['src/model/table.ts', 'fs'],
      ['src/timeline/log.ts', '../trace/reader'],
      ['src/trace/deep/reader.ts', '../../explore/x'],
      ['src/debug/session.ts', 'vscode'],
      ['src/debug/session.ts', '../extension/ids'],
      ['src/extension/feature.ts', 'node:path'],
      ['src/extension/feature.ts', '../platform/node/files'],
      ['src/extension/extension.web.ts', '../platform/node/files'],
      ['src/protocol.ts', './extension/ids'],
      ['webview/heatmap/main.ts', '@vscode/webview-ui-toolkit'],
      ['webview/heatmap/main.ts', '../../src/extension/ids'],
      ['src/elsewhere/new.ts', '../model/table'],
    ];
    for (const [file, module] of forbidden) {
      assert.ok(complaint(file, module), `${file} -> ${module}`);
    }
  });

  it('lets allowed imports pass', () => {
    const allowed: [string, string][] = [
      ['src/model/table.ts', './words'],
      ['src/trace/deep/reader.ts', '../../model/words'],
      ['src/platform/node/files.ts', 'node:fs'],
      ['src/platform/node/files.ts', '../files'],
      ['src/extension/views/heatmap.ts', '../../protocol'],
      ['src/extension/extension.ts', '../platform/node/files'],
      ['webview/heatmap/main.ts', '../common/controls'],
      ['webview/heatmap/main.ts', '../../src/protocol'],
      ['webview/common/controls.ts', '@vscode/webview-ui-toolkit'],
    ];
    for (const [file, module] of allowed) {
      assert.equal(complaint(file, module), undefined, `${file} -> ${module}`);
    }
  });
});
