// `--assume` of the commands that open a trace: what is assumed is shown as such, with the assumptions behind it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../../../src/cli/command';
import { eventsCommand } from '../../../src/cli/events';
import { diffCommand, stateCommand } from '../../../src/cli/state';
import { whyCommand } from '../../../src/cli/why';
import { captureBytes } from '../../support/captures';
import { ran } from '../../support/command';

describe('--assume of state, events, why and diff', function () {
  this.timeout(30_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    writeFileSync(join(folder, 'trace.txt'), captureBytes('p9-61-64k-fixed', 'trace.txt'));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function out(command: Command, ...args: string[]): Promise<string> {
    const { out: lines } = await ran(command, [join(folder, 'trace.txt'), ...args]);
    return lines.join('\n');
  }

  it('state tells of each part on which assumptions it rests, and of the slots that are not listed', async () => {
    const { known, entries } = JSON.parse(await out(stateCommand, '--assume', '--at', '5000', '--json'));
    assert.equal(known.others, 'free (assumed: empty-start)');
    const parts: string[] = entries.flatMap((entry: { known: Record<string, string> }) => Object.values(entry.known));
    assert.ok(parts.some((part) => /^assumed: [a-z-]+(, [a-z-]+)*$/.test(part)));
    assert.match(
      await out(stateCommand, '--assume', '--at', '5000'),
      /slots not listed: free \(assumed: empty-start\)/,
    );
    const plain = await out(stateCommand, '--at', '5000', '--json');
    assert.ok(!plain.includes('assumed'));
    assert.equal(JSON.parse(plain).known.others, 'unknown: no first dump');
  });

  it('events tell what contradicted an assumption, and which', async () => {
    const told = await out(eventsCommand, '--assume=empty-start', '--kind', 'replay');
    assert.match(told, /the trace disagrees with the replay \(assumption\): expected .* \(assumed: empty-start\)/);
    assert.equal(await out(eventsCommand, '--kind', 'replay'), '');
  });

  it('why says that a change rests on assumptions', async () => {
    const told = await out(whyCommand, 'hpte:0x0', '--assume', '--at', '5000');
    assert.match(told, /^moment \d+, line \d+: kvm_page_fault_enter: .* {2}\[assumed\]$/m);
    assert.match(told, /certainty .* -> assumed: a table of which there is no dump yet is empty/);
  });

  it('a name that is none is refused by all of them', async () => {
    for (const command of [stateCommand, eventsCommand, whyCommand, diffCommand]) {
      await assert.rejects(out(command, '1', '--assume=luck'), /there is no assumption luck/);
    }
  });
});
