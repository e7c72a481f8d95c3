// The commands that ask a run: events, state, diff, why, check, decode. Each prints for people, and JSON with --json.

import assert from 'node:assert/strict';
import { type Command, EXIT_FAILED, EXIT_GOOD, EXIT_TROUBLE, UsageError } from '../../../src/cli/command';
import { decodeCommand } from '../../../src/cli/decode';
import { eventsCommand } from '../../../src/cli/events';
import { gotoCommand } from '../../../src/cli/goto';
import { diffCommand, stateCommand } from '../../../src/cli/state';
import { checkCommand, whyCommand } from '../../../src/cli/why';
import { inRepository } from '../../repository';
import { ran } from '../../support/command';

const sample = inRepository('samples/page-out.hpt');
const recording = inRepository('samples/recordings/power9-64k/hptscope.json');

async function ask(command: Command, ...args: string[]): Promise<{ code: number; out: string; problems: string }> {
  const { code, out, problems } = await ran(command, args);
  return { code, out: out.join('\n'), problems: problems.join('\n') };
}

/** Line, from 1, on which the sample swaps its page out. */
async function swapOut(): Promise<number> {
  const { out } = await ask(eventsCommand, sample, '--kind', 'hpte.absent', '--json');
  return (JSON.parse(out.split('\n')[0] ?? '') as { line: number }).line;
}

describe('hptscope events', () => {
  it('lists one kind, with moments and lines', async () => {
    const { code, out } = await ask(eventsCommand, sample, '--kind', 'hpte.absent');
    assert.equal(code, EXIT_GOOD);
    assert.match(
      out.split('\n')[0] ?? '',
      /^\d+\tline \d+\thpte\.absent\tHPTE 0x1aa8 of guest page 0x10 marked absent \(unmap\)/,
    );
  });

  it('refuses a kind that does not exist, and says which was meant', async () => {
    await assert.rejects(ask(eventsCommand, sample, '--kind', 'hpte.gone'), UsageError);
    await assert.rejects(ask(eventsCommand, sample, '--kind', 'hcall.ext'), /did you mean hcall\.exit\?/);
  });

  it('takes a group of kinds', async () => {
    const kinds = async (kind: string) => {
      const { out } = await ask(eventsCommand, sample, '--kind', kind, '--json');
      return new Set(out.split('\n').map((line) => (JSON.parse(line) as { kind: string }).kind));
    };
    assert.deepEqual(await kinds('fault'), new Set(['fault.enter', 'fault.gup', 'fault.retry', 'fault.exit']));
  });

  it('tells time, file and actor of a trace’s events, and takes times for moments', async () => {
    const { out } = await ask(eventsCommand, recording, '--kind', 'hcall.enter', '--json');
    const all = out
      .split('\n')
      .map((line) => JSON.parse(line) as { time: string; file: string; actor: string; moment: number });
    const [first, , third] = all;
    assert.ok(first !== undefined && third !== undefined);
    assert.deepEqual([first.file, first.actor], ['trace.txt', 'vCPU 0']);
    const { out: since } = await ask(eventsCommand, recording, '--kind', 'hcall.enter', '--from', third.time);
    assert.match(
      since.split('\n')[0] ?? '',
      new RegExp(`^${third.moment}\t${third.time}\ttrace\\.txt:\\d+\thcall\\.enter\t`),
    );
    await assert.rejects(ask(stateCommand, recording, '--at', '0.5'), /nothing of the run has a time up to 0\.5/);
  });

  it('names what a recording does not tell as unknown', async () => {
    const { out } = await ask(eventsCommand, recording, '--kind', 'rmap.harvest');
    assert.match(out.split('\n')[0] ?? '', /R and C unknown of HPTE 0x/);
    const { out: json } = await ask(eventsCommand, recording, '--kind', 'rmap.harvest', '--json');
    assert.deepEqual((JSON.parse(json.split('\n')[0] ?? '') as { unknown: string[] }).unknown, ['rc']);
  });
});

describe('hptscope state and diff', () => {
  it('shows the absent entries after the swap-out, and what changed', async () => {
    const line = await swapOut();
    const { out } = await ask(stateCommand, sample, '--at', `:${line}`, '--json');
    const state = JSON.parse(out) as { entries: { state: string }[]; memslots: { rings: { hptes: string[] }[] }[] };
    assert.deepEqual(
      state.entries.map((entry) => entry.state),
      ['absent', 'absent'],
    );
    assert.deepEqual(state.memslots[0]?.rings[0]?.hptes, []);
    const { code, out: changed } = await ask(diffCommand, sample, `:${line - 1}`, `:${line}`);
    assert.equal(code, EXIT_FAILED);
    assert.match(changed, /HPTE 0x1aa8: valid .* → absent/);
    assert.deepEqual(await ask(diffCommand, sample, '5', '5'), {
      code: EXIT_GOOD,
      out: 'nothing differs',
      problems: '',
    });
  });

  it('compares two moments, or the ends of two runs, as JSON too', async () => {
    type Difference = { what: string; before: string | null; after: string | null };
    const line = await swapOut();
    const moments = await ask(diffCommand, sample, `:${line - 1}`, `:${line}`, '--json');
    assert.equal(moments.code, EXIT_FAILED);
    const entry = (JSON.parse(moments.out) as Difference[]).find(({ what }) => what === 'HPTE 0x1aa8');
    assert.match(entry?.before ?? '', /^valid /);
    assert.match(entry?.after ?? '', /^absent/);

    const other = inRepository('samples/two-hptes.hpt');
    const there = JSON.parse((await ask(diffCommand, sample, other, '--json')).out) as Difference[];
    const back = JSON.parse((await ask(diffCommand, other, sample, '--json')).out) as Difference[];
    assert.ok(there.some(({ what }) => what.startsWith('HPTE ')));
    const swapped = back.map(({ what, before, after }) => ({ what, before: after, after: before }));
    const byName = (a: Difference, b: Difference): number => (a.what < b.what ? -1 : 1);
    assert.deepEqual(swapped.sort(byName), there.sort(byName));
    assert.deepEqual(await ask(diffCommand, sample, sample, '--json'), { code: EXIT_GOOD, out: '[]', problems: '' });
    await assert.rejects(ask(diffCommand, sample), /two moments or a second file are missing/);
  });

  it('says which dumps a trace’s tables are, when it compares them', async () => {
    const { code, problems } = await ask(diffCommand, recording, '1', 'end');
    assert.equal(code, EXIT_FAILED);
    assert.match(
      problems,
      /^moment 1: last dump none so far; \d+ slots unknown; .*\nmoment \d+: last dump dumps\/\d+\.htab; \d+ slots unknown; /,
    );
  });

  it('takes for unknown, not for free, what a trace without dumps has not told', async () => {
    const trace = inRepository('samples/recordings/power9-64k/trace.txt');
    const { out } = await ask(diffCommand, trace, '1', 'end', '--json');
    const entries = (JSON.parse(out) as { what: string; before: string | null; after: string | null }[]).filter(
      ({ what }) => what.startsWith('HPTE '),
    );
    assert.ok(entries.length > 0);
    for (const { what, before, after } of entries) {
      assert.equal(before, 'unknown', what);
      assert.notEqual(after, before, what);
    }
  });

  it('does not pretend to know the sequence of a trace', async () => {
    const { out } = await ask(stateCommand, recording, '--at', '100');
    assert.match(out, /sequence unknown/);
  });

  it('names the moments that there are when asked for another', async () => {
    await assert.rejects(ask(stateCommand, sample, '--at', '999999'), /there is no moment 999999/);
    await assert.rejects(ask(stateCommand, sample, '--at', 'soon'), UsageError);
  });

  it('tells why a file cannot be opened', async () => {
    const { code, problems } = await ask(stateCommand, inRepository('LICENSE'));
    assert.equal(code, EXIT_TROUBLE);
    assert.notEqual(problems, '');
  });
});

describe('hptscope why', () => {
  it('goes back from the last change to the H_ENTER', async () => {
    const { out } = await ask(whyCommand, sample, 'a', '--at', `:${await swapOut()}`, '--json');
    const links = JSON.parse(out) as { path: string[]; moment: number }[];
    assert.equal(links[0]?.path.at(-1), 'kvm_unmap_rmapp');
    assert.equal(links.at(-1)?.path.at(-1), 'kvmppc_do_h_enter');
    const moments = links.map(({ moment }) => moment);
    assert.deepEqual(
      moments,
      [...moments].sort((a, b) => b - a),
    );
  });

  it('refuses what names nothing', async () => {
    await assert.rejects(ask(whyCommand, sample, 'nobody'), /there is no "nobody" here/);
  });
});

describe('hptscope check', () => {
  it('finds the frame that the run without seq-check leaves behind, and nothing elsewhere', async () => {
    const { code, out } = await ask(checkCommand, sample, '--json');
    assert.equal(code, EXIT_FAILED);
    assert.deepEqual(
      [...new Set((JSON.parse(out) as { invariant: string }[]).map(({ invariant }) => invariant))],
      ['frame'],
    );
    assert.equal((await ask(checkCommand, inRepository('samples/two-hptes.hpt'))).code, EXIT_GOOD);
  });
});

describe('hptscope decode', () => {
  it('takes an HPTE, a DSISR and a trace line apart', async () => {
    assert.match((await ask(decodeCommand, 'hpte', '12345020', '10000192')).out, /absent +yes/);
    assert.match((await ask(decodeCommand, 'dsisr', '0x42000000')).out, /NOHPTE ISSTORE/);
    const line =
      'hptgt-370     [000] .....    22.717708: kvm_hcall_enter: VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x0,0x1001001,0x1000012';
    const { out } = await ask(decodeCommand, 'line', line, '--json');
    assert.deepEqual((JSON.parse(out) as { args: string[] }).args, ['0x0', '0x0', '0x1001001', '0x1000012']);
  });

  it('takes apart whatever was pasted', async () => {
    assert.match(
      (await ask(decodeCommand, '12345020', '10000192')).out,
      /^HPTE\n {2}dword 0 {2}0x12345020 {2}ABSENT\n/,
    );
    const { out } = await ask(decodeCommand, '42000000', '--json');
    assert.equal((JSON.parse(out) as { as: string }[])[0]?.as, 'DSISR');
  });

  it('refuses what is no word and no kind', async () => {
    await assert.rejects(ask(decodeCommand, 'hpte', 'zebra'), UsageError);
    await assert.rejects(ask(decodeCommand, 'constructor', '1'), UsageError);
    assert.equal((await ask(decodeCommand, 'line', 'hello')).code, EXIT_TROUBLE);
  });
});

describe('hptscope goto', () => {
  it('tells where every reading leads', async () => {
    const { code, out } = await ask(gotoCommand, sample, 'ea', '0xc000000000010000');
    assert.equal(code, EXIT_GOOD);
    assert.match(out, /^ea 0xc000000000010000 +vCPU 0 reaches HPTE a \(0x1aa8\): absent, gfn 0x10/);
    const json = await ask(gotoCommand, sample, 'hpte.absent 1', '--json');
    const [first] = JSON.parse(json.out) as { as: string; moment: number }[];
    assert.equal(first?.as, 'kind');
    const events = await ask(eventsCommand, sample, '--kind', 'hpte.absent', '--json');
    assert.equal(first.moment, (JSON.parse(events.out.split('\n')[0] ?? '') as { moment: number }).moment);
  });

  it('has an exit code for what leads nowhere, and one for what means nothing', async () => {
    assert.equal((await ask(gotoCommand, sample, 'gfn 0x100000')).code, EXIT_FAILED);
    const wrong = await ask(gotoCommand, sample, 'ea zz');
    assert.equal(wrong.code, EXIT_TROUBLE);
    assert.match(wrong.problems, /expected an address/);
    await assert.rejects(ask(gotoCommand, sample), UsageError);
  });
});
