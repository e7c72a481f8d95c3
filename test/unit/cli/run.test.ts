// `hptscope run`: what it prints and how it exits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { runCommand } from '../../../src/cli/run';
import { inRepository } from '../../repository';
import { ranOn } from '../../support/command';

const sample = readFileSync(inRepository('samples/page-out.hpt'), 'utf8');

async function run(files: Record<string, string | Uint8Array>, ...flags: string[]) {
  const { code, out, problems } = await ranOn(runCommand, files, ...flags);
  return { code, out: out.join('\n'), problems: problems.join('\n') };
}

describe('hptscope run', () => {
  it('prints the moments of a sample, each expectation, and exits 0', async () => {
    const { code, out } = await run({ 'page-out.hpt': sample });
    assert.equal(code, 0);
    assert.match(out, /swap-out gpa 0x10000/);
    assert.match(out, /#\d+ hpte\.absent: HPTE 0x1aa8 of guest page 0x10 marked absent/);
    assert.match(out, /holds {2}ring\(a\) empty/);
    assert.match(out, /\(race\)/);
    assert.match(out, /15 hold$/);
  });

  it('prints the listing line of every step when asked', async () => {
    const { out } = await run({ 'page-out.hpt': sample }, '--steps');
    assert.match(out, /Lock the rmap word of the guest page\./);
  });

  it('exits 1 and names line, expected and seen when an expectation does not hold', async () => {
    const line = sample.split('\n').findIndex((text) => text.includes('hpte.absent x2')) + 1;
    const { code, out } = await run({ 'copy.hpt': sample.replace('hpte.absent x2', 'hpte.absent x3') }, '--quiet');
    assert.equal(code, 1);
    assert.match(out, new RegExp(`^copy\\.hpt:${line}:\\d+: expected hpte\\.absent x3, seen hpte\\.absent x2$`, 'm'));
  });

  it('exits 2 with every error of a scenario that cannot run, and of what is no scenario', async () => {
    const { code, problems } = await run({ 'bad.hpt': `${sample}lod a\nload c\n` });
    assert.equal(code, 2);
    assert.match(problems, /bad\.hpt:25:1: unknown statement `lod`; did you mean `load`\?/);
    assert.match(problems, /bad\.hpt:26:6: unknown label `c`/);
    assert.match((await run({ 'empty.hpt': '' })).problems, /empty\.hpt:1:1: .*machine/);
    await assert.rejects(run({ 'binary.hpt': new Uint8Array([0x50, 0, 1]) }), /byte 1 is 0.*binary/);
    await assert.rejects(run({ 'latin.hpt': new Uint8Array([0x61, 0xe9, 0x61]) }), /not UTF-8/);
  });

  it('gives one object with --json', async () => {
    const { code, out } = await run({ 'page-out.hpt': sample }, '--json');
    assert.equal(code, 0);
    const report = JSON.parse(out);
    assert.deepEqual([report.file, report.passed, report.labels.a], ['page-out.hpt', true, '0x1aa8']);
    const swapOut = report.statements.find(({ text }: { text: string }) => text.startsWith('swap-out'));
    assert.equal(swapOut.line, sample.split('\n').findIndex((text) => text.startsWith('swap-out')) + 1);
    assert.equal(swapOut.events.filter(({ kind }: { kind: string }) => kind === 'hpte.absent').length, 2);
    assert.equal(swapOut.expectations.length, 5);
    const race = report.statements.find(({ actor }: { actor?: string }) => actor === 'race');
    assert.equal(
      race.line,
      report.statements.find(({ text }: { text: string }) => text.startsWith('load a racing')).line,
    );
  });
});
