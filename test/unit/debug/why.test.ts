// "Why is it so?": the chain of causes of an HPTE, a page, an rmap word and of their fields.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { evaluate, type Scope } from '../../../src/debug/evaluate';
import { ExpressionError, parseExpression } from '../../../src/debug/expression';
import { show } from '../../../src/debug/values';
import { asked, chainText, type Link, whyChain } from '../../../src/debug/why';
import { nodeDecompressors } from '../../../src/platform/node/decoders';
import { nodeFiles } from '../../../src/platform/node/files';
import { runScenario } from '../../../src/scenario/runner';
import { openRun } from '../../../src/trace/openRun';
import { inRepository } from '../../repository';

function sample(name: string): Scope {
  const ran = runScenario(readFileSync(inRepository(`samples/${name}`), 'utf8'), name);
  assert.ok('run' in ran);
  return { run: ran.run, labels: ran.labels, actor: '' };
}

function chain(scope: Scope, text: string, until = scope.run.length - 1): Link[] {
  return [...whyChain(scope.run, asked(text, scope), until)].filter((link) => link !== undefined);
}

const value = (scope: Scope, text: string) => show(evaluate(parseExpression(text), scope));

describe('why', () => {
  const scope = sample('page-out.hpt');
  const { run } = scope;
  beforeEach(() => run.seek(run.length - 1));

  it('goes from what a field is to where it began, each link where the next one ends', () => {
    const links = chain(scope, 'a.state');
    assert.deepEqual(
      links.map(({ changes }) => changes.map(({ before, after }) => `${before} → ${after}`).join()),
      ['valid → absent', 'absent → valid', 'valid → absent', 'absent → valid', 'free → absent'],
    );
    assert.match(links[0]?.path.join(' ') ?? '', /kvm_unmap_rmapp$/);
    assert.match(links.at(-1)?.path.join(' ') ?? '', /kvmppc_do_h_enter$/);
    assert.ok(links.every(({ certainty }) => certainty === 'emulated'));
    assert.equal(value(scope, 'a.state'), links[0]?.changes[0]?.after);
  });

  it('leaves out what another field did, and what came later', () => {
    const [only, ...more] = chain(scope, 'a.r.C');
    assert.equal(more.length, 0);
    assert.ok(only?.events.some((text) => /R and C become/.test(text)));
    assert.deepEqual(chain(scope, 'a.r.C', (only?.moment ?? 0) - 1), []);
  });

  it('tells of a whole HPTE or page each field that changed', () => {
    const links = chain(scope, 'a');
    assert.ok(links.some(({ changes }) => changes.some(({ field }) => field === 'guest')));
    assert.ok(links.every(({ changes }) => changes.length > 0));
    const page = chain(scope, 'page(gfn 0x10)');
    assert.ok(page.some(({ changes }) => changes.some(({ field }) => field === 'ring')));
  });

  it('takes rmap words, and ids of data points', () => {
    const [harvest] = chain(scope, 'rmap(gfn 0x10).C');
    assert.ok(harvest?.events.some((text) => /harvested/.test(text)));
    assert.deepEqual(chain(scope, 'rmap:0:0x10.C'), [harvest]);
    assert.deepEqual(chain(scope, 'hpte:0x1aa8.state'), chain(scope, 'a.state'));
  });

  it('takes ids with the table that is in force, and says which one is', () => {
    assert.deepEqual(chain(scope, 'hpte:0x1aa8@0.state'), chain(scope, 'a.state'));
    assert.throws(() => asked('hpte:0x1aa8@1.state', scope), /table 1 is not in force at this moment: table 0 is/);
  });

  it('goes on across the tables of a run', () => {
    const resized = sample('resize.hpt');
    resized.run.seek(resized.run.length - 1);
    const links = chain(resized, 'kernel.state');
    assert.ok(links.length > 1);
    const [last] = links;
    assert.equal(value(resized, 'kernel.state'), last?.changes[0]?.after);
    for (const [i, { changes }] of links.entries())
      if (i > 0) assert.equal(changes[0]?.after, links[i - 1]?.changes[0]?.before);
    assert.equal(asked('kernel.state', resized).title, `HPTE ${value(resized, 'kernel.index')}: state`);
  });

  it('means the same at every moment, and leaves the run where it stands', () => {
    run.seek(113);
    const what = asked('hpte.state', scope);
    assert.equal(what.expression, 'hpte[0x1aa8].state');
    for (const _ of whyChain(run, what, 113)) assert.equal(run.position, 113);
  });

  it('says what would be right, with its place', () => {
    const wrong: [string, RegExp][] = [
      ['3', /expected an HPTE, a PTEG, a guest page, an rmap word/],
      ['a.zz', /no field "zz"/],
      ['nobody', /there is no "nobody"/],
      ['notifier.seq', /expected an HPTE/],
      ['a.state == absent', /expected an HPTE/],
    ];
    for (const [text, expected] of wrong) {
      assert.throws(
        () => asked(text, scope),
        (error) => error instanceof ExpressionError && expected.test(error.message),
        text,
      );
    }
  });

  it('gives a text for a mail', () => {
    const text = chainText(run, 'HPTE 0x1aa8: r.C', 'yes', run.position, chain(scope, 'a.r.C'));
    assert.match(
      text,
      /^HPTE 0x1aa8: r\.C is yes at moment 290 of page-out\.hpt, because:\n\nmoment 68, line 18: store a/,
    );
    assert.match(text, /\[emulated\]\n {2}guest access: .*\n {4}no -> yes\n/);
    assert.match(chainText(run, 'HPTE 0x10', 'free', 0, []), /nothing has changed it/);
  });

  it('ends where the value begins, for every field of every HPTE of the samples', () => {
    const other = sample('two-hptes.hpt');
    const fields = ['state', 'v.valid', 'v.absent', 'r.R', 'r.C', 'r.pp', 'guest.R', 'pageSize'];
    const property = fc.property(
      fc.constantFrom(...other.labels.keys()),
      fc.constantFrom(...fields),
      fc.nat(other.run.length - 1),
      (label, field, until) => {
        other.run.seek(until);
        const now = value(other, `${label}.${field}`);
        const links = chain(other, `${label}.${field}`, until);
        let expected = now;
        for (const { moment, changes } of links) {
          assert.ok(moment <= until);
          assert.equal(changes[0]?.after, expected);
          expected = changes[0]?.before ?? '';
        }
        other.run.seek(0);
        assert.equal(value(other, `${label}.${field}`), expected);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('marks in a trace what a dump showed as observed', async () => {
    const folder = inRepository('samples/recordings/power9-64k');
    const { run: trace } = await openRun('hptscope.json', {
      files: nodeFiles(folder),
      decompressors: nodeDecompressors,
    });
    assert.ok(trace);
    const links = chain({ run: trace, labels: new Map(), actor: '' }, 'hpte[0x3fff].state');
    assert.ok(links.length > 0);
    assert.equal(links.at(-1)?.certainty, 'observed');
    assert.match(links.at(-1)?.statement ?? '', /entries observed/);
  });
});
