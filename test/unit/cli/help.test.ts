// `hptscope help`: every command is told, with every option that it takes and no other; what there is not is said.

import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_GOOD, EXIT_TROUBLE } from '../../../src/cli/command';
import { COMMANDS, commandLine } from '../../../src/cli/commandLine';
import { inRepository } from '../../repository';
import { memoryAccess } from '../../support/captures';

async function typed(...args: string[]): Promise<{ code: number; out: string; problems: string }> {
  const out: string[] = [];
  const problems: string[] = [];
  const code = await commandLine(args, {
    out: (text) => out.push(text),
    problem: (text) => problems.push(text),
    files: memoryAccess(new Map()),
  });
  return { code, out: out.join('\n'), problems: problems.join('\n') };
}

const optionsIn = (usage: string): Set<string> => new Set(usage.match(/(?<![\w-])--?[a-z][a-z-]*/g));

/** What is no command's: help is asked of all of them, and the engine has options of its own. */
const NO_COMMAND = ['commandLine.ts', 'engine.ts'];

/** Every option that stands in the source of the commands, and one that nothing takes. */
const OPTIONS = [...optionsIn(sourceOf(inRepository('src/cli'))), '--nonsense'];

function sourceOf(folder: string): string {
  return readdirSync(folder)
    .filter((name) => !NO_COMMAND.includes(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
    .replaceAll(/^ *\/\/.*$/gm, '');
}

describe('hptscope help', () => {
  it('is held against the options that the source has', () => {
    for (const option of ['--json', '-o', '--no-hpt', '--port', '--keyframes'])
      assert.ok(OPTIONS.includes(option), option);
  });

  it('lists every command with what it does', async () => {
    for (const args of [['help'], ['--help'], ['-h']]) {
      const { code, out } = await typed(...args);
      assert.equal(code, EXIT_GOOD);
      for (const { name, summary } of COMMANDS) assert.ok(out.includes(`  ${name} `) && out.includes(summary), name);
    }
    const { code, out } = await typed();
    assert.deepEqual([code, out], [EXIT_TROUBLE, (await typed('help')).out], 'nothing was asked for');
  });

  it('says that there is no such command, and which there are', async () => {
    for (const args of [['nonsense'], ['help', 'nonsense'], ['nonsense', '--help']]) {
      const { code, out, problems } = await typed(...args);
      assert.deepEqual([code, out], [EXIT_TROUBLE, '']);
      assert.match(problems, /^hptscope: there is no command nonsense\n/);
      assert.match(problems, /^ {2}events /m);
    }
  });

  for (const { name, usage, summary } of COMMANDS) {
    it(`${name}: tells each form and what it does, and does nothing else`, async () => {
      const { code, out, problems } = await typed('help', name);
      assert.deepEqual([code, problems], [EXIT_GOOD, '']);
      for (const form of usage.split(' | ')) assert.ok(out.split('\n').includes(`hptscope ${form}`), form);
      assert.ok(out.endsWith(summary));
      assert.equal((await typed(name, '--help')).out, out);
      assert.equal((await typed(name, '-h')).out, out);
    });

    it(`${name}: takes the options that are told, and no other`, async () => {
      const told = optionsIn(usage);
      for (const option of OPTIONS) {
        const { code, problems } = await typed(name, ...(name === 'debug-adapter' ? [] : ['nothing.txt']), option);
        assert.notEqual(code, EXIT_GOOD, option);
        const refused = problems.includes(`unknown option ${option}`);
        assert.equal(refused, !told.has(option), `${option}: ${problems}`);
      }
    });
  }
});
