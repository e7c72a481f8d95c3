// "Go to": what a text can mean, where each reading leads, and what is said when it leads nowhere.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { allReadings, readings } from '../../../src/debug/goTo/goTo';
import type { Reading, Standpoint } from '../../../src/debug/goTo/standpoint';
import { nodeDecompressors } from '../../../src/platform/node/decoders';
import { nodeFiles } from '../../../src/platform/node/files';
import { runScenario } from '../../../src/scenario/runner';
import { openRun } from '../../../src/trace/openRun';
import { inRepository } from '../../repository';

function sample(name: string): Standpoint {
  return scenario(readFileSync(inRepository(`samples/${name}`), 'utf8'));
}

function scenario(text: string): Standpoint {
  const ran = runScenario(text, 'test.hpt');
  assert.ok('run' in ran, 'problems' in ran ? JSON.stringify(ran.problems) : '');
  return { run: ran.run, labels: ran.labels, marks: [] };
}

async function recording(): Promise<Standpoint> {
  const folder = inRepository('samples/recordings/power9-64k');
  const { run } = await openRun('hptscope.json', { files: nodeFiles(folder), decompressors: nodeDecompressors });
  assert.ok(run);
  return { run, labels: new Map(), marks: [] };
}

/** The reading of one kind; there must be one. */
function read(from: Standpoint, text: string, as: Reading['as']): Reading {
  const { readings: all, mistake } = allReadings(from, text);
  const found = all.find((reading) => reading.as === as);
  assert.ok(found, `"${text}" is not read as ${as}: ${mistake ?? all.map(({ title }) => title).join(', ')}`);
  return found;
}

const entriesOf = ({ target }: Reading) => (target && 'entries' in target ? target.entries : []);
const momentOf = ({ target }: Reading) => (target && 'moment' in target ? target.moment : -1);

/** Moves to the first moment of a kind of event. */
function toEvent({ run }: Standpoint, kind: string): void {
  for (let i = 0; i < run.eventCount; i++) {
    if (run.eventName(i) === kind) {
      run.seek(run.eventMomentOf(i));
      return;
    }
  }
  assert.fail(`no ${kind}`);
}

describe('go to, in a scenario', () => {
  const from = sample('page-out.hpt');
  beforeEach(() => from.run.seek(from.run.length - 1));

  it('reads an address, an index and a frame in every way that they are written', () => {
    toEvent(from, 'fault.exit');
    const a = from.labels.get('a');
    assert.deepEqual(entriesOf(read(from, 'ea 0xc000000000010000', 'ea')), [a]);
    assert.deepEqual(entriesOf(read(from, 'ea c000000000010000', 'ea')), [a]);
    const both = [a, from.labels.get('b')];
    assert.deepEqual(entriesOf(read(from, 'gpa 64K', 'gpa')), both);
    assert.deepEqual(entriesOf(read(from, 'GFN: 0x10', 'gfn')), both);
    assert.deepEqual(entriesOf(read(from, 'hva=0x7f0000010abc', 'hva')), both);
    assert.deepEqual(entriesOf(read(from, 'index 0x1aa8', 'hpte')), [a]);
    assert.deepEqual(entriesOf(read(from, 'pteg 0x355', 'pteg')).length, 8);
    assert.deepEqual(entriesOf(read(from, 'a', 'label')), [a]);
  });

  it('finds who maps a frame, and an AVPN in each of its forms', () => {
    toEvent(from, 'fault.exit');
    const frame = /pfn (0x[0-9a-f]+)/.exec(read(from, 'a', 'label').sentence)?.[1];
    assert.ok(frame);
    const a = from.labels.get('a');
    assert.deepEqual(entriesOf(read(from, `pfn ${frame}`, 'pfn')), [a]);
    const v = 0x12345001n;
    const shared = entriesOf(read(from, `avpn 0x${(v >> 7n).toString(16)}`, 'avpn'));
    assert.ok(a !== undefined && shared.includes(a), String(shared));
    assert.deepEqual(entriesOf(read(from, 'avpn 0x12345000', 'avpn')), shared);
    assert.deepEqual(entriesOf(read(from, 'avpn 0x12345001', 'avpn')), shared);
  });

  it('searches without the SLB when the VSID is given', () => {
    const { sentence, target } = read(from, 'ea 0xc000000000010000 vsid 0x12345', 'ea');
    assert.match(sentence, /256M segment of 4K pages/);
    assert.deepEqual(target, { entries: [from.labels.get('a')] });
    assert.equal(read(from, 'ea 0xc000000000010000 vsid 0x12345 1T', 'ea').target, undefined);
    assert.equal(read(from, 'ea 0xc000000000010000 vsid 0x12345 page 64K', 'ea').target, undefined);
  });

  it('finds 64K and 16M pages by any address in them', () => {
    const large = sample('large-pages.hpt');
    const { hpt } = large.run.vm.state;
    for (const index of large.labels.values()) {
      const own = read(large, `hpte ${index}`, 'hpte').sentence;
      const gfn = /gfn (0x[0-9a-f]+)/.exec(own)?.[1];
      if (!own.includes('valid') || gfn === undefined || index >= hpt.entries) continue;
      const last = `gpa 0x${(BigInt(gfn) * BigInt(large.run.vm.page) + 0xffffn).toString(16)}`;
      assert.ok(entriesOf(read(large, last, 'gpa')).includes(index), `${last}: ${own}`);
    }
  });

  it('goes to moments, lines, events and kinds of events', () => {
    const { run } = from;
    run.seek(50);
    assert.equal(momentOf(read(from, 'moment 12', 'moment')), 11);
    assert.equal(momentOf(read(from, '+10', 'moment')), 60);
    assert.equal(momentOf(read(from, '-10', 'moment')), 40);
    assert.equal(run.source(momentOf(read(from, 'line 21', 'line'))).line, 20);
    assert.equal(run.source(momentOf(read(from, 'page-out.hpt:21', 'line'))).line, 20);
    assert.equal(momentOf(read(from, 'event 3', 'event')), run.eventMomentOf(2));
    const next = momentOf(read(from, 'hpte.absent', 'kind'));
    assert.ok(next > 50 && run.events(next).some(({ kind }) => kind === 'hpte.absent'));
    run.seek(next);
    assert.ok(momentOf(read(from, 'hpte.absent', 'kind')) > next, 'the one after the current moment');
    assert.equal(momentOf(read(from, 'hpte.absent 1', 'kind')), next);
    run.seek(run.length - 1);
    assert.match(read(from, 'hpte.absent', 'kind').sentence, /none follows; the last/);
    assert.match(read(from, 'marked absent', 'kind').title, /HPTE marked absent/);
  });

  it('offers a bare number as everything that it can count, what leads somewhere first', () => {
    const { readings: all } = allReadings(from, '16');
    const kinds = all.map(({ as }) => as);
    for (const kind of ['hpte', 'gfn', 'gpa', 'ea', 'hva', 'pfn', 'pteg', 'avpn', 'moment', 'line', 'event'] as const) {
      assert.ok(kinds.includes(kind), kind);
    }
    const leads = all.map(({ target }) => target !== undefined);
    assert.deepEqual(
      leads,
      [...leads].sort((x, y) => Number(y) - Number(x)),
    );
    assert.ok(!allReadings(from, '0x10').readings.some(({ as }) => as === 'moment' || as === 'line'));
  });

  it('finds marks by a part of their name', () => {
    const marked = { ...from, marks: [{ name: 'before the race', moment: 7 }] };
    assert.equal(momentOf(read(marked, 'race', 'mark')), 7);
    assert.equal(momentOf(read(marked, 'bookmark before the', 'mark')), 7);
  });

  it('says what would be right', () => {
    const mistakes: [string, RegExp][] = [
      ['', /none of these: a label/],
      ['ea zz', /Behind "ea": expected an address, got "zz"/],
      ['ea 0x1 vsid', /Behind "vsid": expected a number/],
      ['ea 0x1 page 5K', /Behind "page": expected 4K, 64K/],
      ['ea 0x1 1T', /needs its VSID/],
      ['gfn nonsense!', /none of these/],
      ['nobody', /Nothing is called "nobody"\. Labels: a, b/],
      ['0x1ffffffffffffffff', /none of these/],
    ];
    for (const [text, expected] of mistakes) {
      const { readings: all, mistake } = allReadings(from, text);
      assert.deepEqual(all, [], text);
      assert.match(mistake ?? '', expected, text);
    }
    const nowhere: [string, Reading['as'], RegExp][] = [
      ['moment 9999', 'moment', /the run has 1 to/],
      ['event 9999', 'event', /the run has 1 to/],
      ['line 9999', 'line', /Nothing of the run/],
      ['time 1.5', 'time', /A scenario has no clock/],
      ['hpte 0x4000', 'hpte', /the last one is 0x3fff/],
      ['gfn 0x10000000', 'gfn', /No memslot/],
      ['ea 0x10', 'ea', /No SLB entry.*add the VSID/],
      ['pteg.full', 'kind', /The run has no pteg\.full/],
    ];
    for (const [text, as, expected] of nowhere) {
      const { target, sentence } = read(from, text, as);
      assert.equal(target, undefined, text);
      assert.match(sentence, expected, text);
    }
  });

  it('answers anything that is typed, and leaves the run as it was', () => {
    const { run } = from;
    const before = run.position;
    const typed = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.constantFrom(
            'ea',
            'gpa',
            'gfn',
            'hva',
            'pfn',
            'hpte',
            'pteg',
            'avpn',
            'moment',
            'event',
            'line',
            'time',
            'mark',
            '',
          ),
          fc.constantFrom(' ', ':', '=', ''),
          fc.oneof(
            fc.bigInt({ min: 0n, max: 1n << 70n }).map((n) => `0x${n.toString(16)}`),
            fc.string(),
            fc.integer().map(String),
          ),
          fc.constantFrom('', ' vsid 0x12345', ' 1T', ' page 64K', ' vsid'),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(typed, (text) => {
        const { readings: all, mistake } = allReadings(from, text);
        assert.notEqual(all.length > 0, mistake !== undefined, text);
        for (const { target, sentence } of all) {
          assert.notEqual(sentence, '');
          if (target && 'moment' in target) assert.ok(target.moment >= 0 && target.moment < run.length);
          if (target && 'entries' in target) assert.ok(target.entries.length > 0);
        }
      }),
      { numRuns: 2000 },
    );
    assert.equal(run.position, before);
  });

  it('lets others go on while it looks through a large table', () => {
    const text = 'machine power9 linux-6.1 order 26 page 4K\nmemslot 0 gpa 0 size 16M hva 0x7f0000000000\n';
    const walk = readings(scenario(text), 'pfn 0x123');
    let breaths = 0;
    for (let step = walk.next(); step.done !== true; step = walk.next()) breaths += step.value === undefined ? 1 : 0;
    assert.ok(breaths >= 100, `${breaths} breaths over 4 million entries`);
  });
});

describe('go to, in a trace', () => {
  it('says how an entry is known, or why not, and asks for the VSID', async () => {
    const from = await recording();
    const { run } = from;
    run.seek(0);
    assert.match(read(from, 'hpte 0x10', 'hpte').sentence, /free \(inferred\)/);
    const dump = run.find(0, 1, (m) => run.source(m).file === 'dumps/011.htab');
    run.seek(dump - 1);
    assert.match(read(from, 'hpte 0x3fff', 'hpte').sentence, /unknown: VRMA/);
    run.seek(dump);
    assert.match(read(from, 'hpte 0x3fff', 'hpte').sentence, /(valid|absent), gfn 0x0.* \(observed\)/);
    assert.match(read(from, 'ea 0x100001000', 'ea').sentence, /A trace tells no SLB: add the VSID/);
  });

  it('goes by the clock: the last moment that is not later', async () => {
    const from = await recording();
    const { run } = from;
    const moment = run.find(30, 1, (m) => run.source(m).time !== undefined);
    const time = run.source(moment).time ?? 0n;
    const text = `${time / 1_000_000_000n}.${(time % 1_000_000_000n).toString().padStart(9, '0')}`;
    const found = momentOf(read(from, text, 'time'));
    assert.equal(run.source(found).time, time);
    assert.match(read(from, 'time 0.000001', 'time').sentence, /The trace begins later/);
  });
});
