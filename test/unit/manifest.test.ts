// package.json against the code: every id that one side names exists on the other, every text has its key, every file that
// the manifest names is there, and the versions say the same.

import { strict as assert } from 'node:assert';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands, customEditors, debugType, languages, panels, settings, views } from '../../src/extension/ids';
import { inRepository } from '../repository';

interface Manifest {
  activationEvents: string[];
  engines: { vscode: string };
  devDependencies: Record<string, string>;
  dependencies?: Record<string, string>;
  contributes: {
    commands?: { command: string }[];
    views: Record<string, { id: string }[]>;
    viewsWelcome?: { view: string }[];
    viewsContainers: { activitybar: { id: string }[] };
    languages: { id: string }[];
    debuggers: { type: string }[];
    menus?: Record<string, { command?: string; submenu?: string }[]>;
    keybindings?: { command: string }[];
    customEditors: { viewType: string }[];
    configuration?: Configuration | Configuration[];
  };
}

interface Configuration {
  properties: Record<string, unknown>;
}

const text = readFileSync(inRepository('package.json'), 'utf8');
const manifest = JSON.parse(text) as Manifest;
const { contributes } = manifest;

/** Commands of VS Code itself that our menus and keys may name. */
const foreignCommand = /^(workbench|editor|vscode)\./;

/** Every string in a JSON value. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(strings) : [];
}

function sameSet(actual: Iterable<string>, expected: Iterable<string>, what: string): void {
  assert.deepEqual([...actual].sort(), [...expected].sort(), what);
}

/** The text of every file of src/extension except ids.ts. */
function extensionSources(): { file: string; code: string }[] {
  const folder = inRepository('src/extension');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'ids.ts')
    .map((file) => ({ file, code: readFileSync(join(folder, file), 'utf8') }));
}

describe('package.json', () => {
  it('contributes the commands that the code names, and no others', () => {
    const contributed = (contributes.commands ?? []).map(({ command }) => command);
    sameSet(contributed, Object.values(commands), 'commands');
  });

  it('contributes the views that the code names, and no others', () => {
    const contributed = Object.values(contributes.views).flatMap((group) => group.map(({ id }) => id));
    sameSet(contributed, Object.values(views), 'views');
    for (const { view } of contributes.viewsWelcome ?? []) {
      assert.ok(contributed.includes(view), `viewsWelcome names ${view}`);
    }
    const containers = contributes.viewsContainers.activitybar.map(({ id }) => id);
    for (const container of Object.keys(contributes.views)) {
      assert.ok([...containers, 'debug', 'explorer'].includes(container), `views are put into ${container}`);
    }
  });

  it('activates for the panels that the code names, and no others', () => {
    const restored = manifest.activationEvents.filter((event) => event.startsWith('onWebviewPanel:'));
    const expected = Object.values<string>(panels).map((id) => `onWebviewPanel:${id}`);
    sameSet(restored, expected, 'panels');
  });

  it('contributes the settings that the code names, and no others', () => {
    const contributed = [contributes.configuration ?? []].flat().flatMap(({ properties }) => Object.keys(properties));
    sameSet(contributed, Object.values(settings), 'settings');
  });

  it('contributes the editors that the code names, and no others', () => {
    sameSet(
      contributes.customEditors.map(({ viewType }) => viewType),
      Object.values(customEditors),
      'custom editors',
    );
  });

  it('contributes the languages and the debug type that the code names', () => {
    // json is VS Code's own: saved sessions are written in it
    const contributed = contributes.languages.map(({ id }) => id).filter((id) => id !== 'json');
    sameSet(contributed, Object.values(languages), 'languages');
    const types = contributes.debuggers.map(({ type }) => type);
    sameSet(types, [debugType], 'debuggers');
  });

  it('puts only commands that exist into menus and on keys', () => {
    const used = [...Object.values(contributes.menus ?? {}).flat(), ...(contributes.keybindings ?? [])];
    const known = new Set<string>(Object.values(commands));
    const unknown = used
      .flatMap(({ command }) => command ?? [])
      .filter((command) => !known.has(command) && !foreignCommand.test(command));
    assert.deepEqual(unknown, []);
  });

  it('has a text for every key, and no key without use', () => {
    const texts = JSON.parse(readFileSync(inRepository('package.nls.json'), 'utf8')) as Record<string, unknown>;
    const used = strings(manifest).flatMap((value) => /^%(.+)%$/.exec(value)?.[1] ?? []);
    sameSet(new Set(used), Object.keys(texts), 'keys of package.nls.json');
  });

  it('names only files that exist', () => {
    const paths = strings(contributes).filter((value) =>
      /^(\.\/)?(media|syntaxes|language-configuration|schemas|docs)\//.test(value),
    );
    assert.deepEqual(
      paths.filter((path) => !existsSync(inRepository(path))),
      [],
    );
  });

  it('pins its dependencies, and its API types are of the oldest VS Code that it admits', () => {
    const versions = Object.entries({ ...manifest.devDependencies, ...manifest.dependencies });
    assert.deepEqual(
      versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
      [],
    );
    assert.equal(manifest.engines.vscode, `^${manifest.devDependencies['@types/vscode']}`);
  });
});

describe('ids', () => {
  it('are written out in ids.ts alone', () => {
    const literal = /['"`]hptscope\.[\w.]+['"`]/g;
    const elsewhere = extensionSources().flatMap(({ file, code }) =>
      (code.match(literal) ?? []).map((id) => `${file}: ${id}`),
    );
    assert.deepEqual(elsewhere, []);
  });

  it('of commands and settings are all used', () => {
    const code = extensionSources()
      .map((source) => source.code)
      .join('\n');
    const unused = [
      ...Object.keys(commands).map((name) => `commands.${name}`),
      ...Object.keys(settings).map((name) => `settings.${name}`),
    ].filter((use) => !code.includes(use));
    assert.deepEqual(unused, []);
  });
});
