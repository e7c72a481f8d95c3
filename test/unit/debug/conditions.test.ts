// Conditions of event breakpoints while they are written: completion, and what they come to in a run.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { completeCondition, completeLogMessage, type Tried, tryCondition } from '../../../src/debug/conditions';
import type { Scope } from '../../../src/debug/evaluate';
import { conditionOf } from '../../../src/debug/stops';
import type { EventName } from '../../../src/model/events';
import { runScenario } from '../../../src/scenario/runner';
import { inRepository } from '../../repository';

const ran = runScenario(readFileSync(inRepository('samples/page-out.hpt'), 'utf8'), 'page-out.hpt');
assert.ok('run' in ran);
const scope: Scope = { run: ran.run, labels: ran.labels, actor: '' };

function tried(text: string, kind: EventName): Tried {
  const work = tryCondition(text, kind, scope);
  for (;;) {
    const { value, done } = work.next();
    if (done) return value;
  }
}

const labels = (items: readonly { readonly label: string }[]) => items.map(({ label }) => label);

describe('conditions while they are written', () => {
  it('are completed with the fields of the event first, then labels, names and functions', () => {
    const all = labels(completeCondition('', 'hpte.absent', scope).items);
    assert.deepEqual(all.slice(0, 4), ['index', 'gfn', 'r', 'cause']);
    assert.ok(all.includes('a') && all.includes('count(') && all.includes('old'));
    assert.deepEqual(labels(completeCondition('gfn == 0x10 && ca', 'hpte.absent', scope).items), ['cause']);
  });

  it('are completed with fields behind a point, and with kinds in count(', () => {
    assert.ok(labels(completeCondition('a.r.', 'hpte.absent', scope).items).includes('C'));
    assert.ok(!labels(completeCondition('a.r.', 'hpte.absent', scope).items).includes('gfn'));
    const kinds = completeCondition('count(hpte.ab', 'fault.exit', scope);
    assert.deepEqual(labels(kinds.items), ['hpte.absent']);
    assert.deepEqual([kinds.start, kinds.length], [6, 7]);
  });

  it('are completed as far as that goes with no run open', () => {
    const found = labels(completeCondition('g', 'hpte.absent', undefined).items);
    assert.ok(found.includes('gfn'));
    assert.deepEqual(labels(completeCondition('count(hpte.ab', 'fault.exit', undefined).items), ['hpte.absent']);
  });

  it('are completed inside the braces of a log message alone', () => {
    assert.deepEqual(completeLogMessage('gf', 'hpte.absent', scope).items, []);
    const inside = completeLogMessage('page {gf', 'hpte.absent', scope);
    assert.deepEqual([labels(inside.items)[0], inside.start, inside.length], ['gfn', 6, 2]);
    assert.deepEqual(completeLogMessage('page {gfn} gone', 'hpte.absent', scope).items, []);
  });

  it('are tried at every event of the run, which stays where it is', () => {
    ran.run.seek(50);
    assert.deepEqual(tried('', 'hpte.absent'), { events: 4, holds: 4 });
    assert.deepEqual(tried('index == a.index', 'hpte.absent'), { events: 4, holds: 2 });
    assert.deepEqual(tried('gfn == 0x11', 'hpte.absent'), { events: 4, holds: 0 });
    assert.deepEqual(tried('true', 'pteg.full'), { events: 0, holds: 0 });
    assert.match(tried('nobody == 1', 'hpte.absent').mistake ?? '', /^moment \d+: .*"nobody"/);
    assert.equal(ran.run.position, 50);
  });

  it('are answered for whatever is typed', () => {
    const pieces = [
      'a',
      '.',
      'r',
      'C',
      '==',
      '&&',
      '(',
      ')',
      'count(',
      'hpte.absent',
      'gfn',
      '0x10',
      '"',
      '{',
      '}',
      ' ',
      '[',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces)), (parts) => {
        const text = parts.join('');
        completeCondition(text, 'hpte.absent', scope);
        completeLogMessage(text, 'hpte.absent', scope);
        if (typeof conditionOf(text) !== 'string') tried(text, 'hpte.absent');
      }),
      { numRuns: 2000 },
    );
  });
});
