// What expressions, causes and trails ask of a whole run is read in turns, before they are worked out.

import { strict as assert } from 'node:assert';
import { fieldsAsked, readAhead } from '../../../src/debug/ahead';
import { tryCondition } from '../../../src/debug/conditions';
import { evaluate, type Scope } from '../../../src/debug/evaluate';
import { parseExpression } from '../../../src/debug/expression';
import { trailOf } from '../../../src/debug/follow';
import { Actors } from '../../../src/debug/stack';
import { asked, whyChain } from '../../../src/debug/why';
import type { Run } from '../../../src/timeline/run';
import { atOnce } from '../../../src/timeline/slices';
import { longRun } from '../../support/longRun';

/** Fields by which events are asked for while `work` is done, and are made then instead of being there. */
function madeDuring(run: Run, work: () => void): string[] {
  const made: string[] = [];
  const { readingEventsBy } = run;
  run.readingEventsBy = function* (field) {
    const reading = readingEventsBy.call(run, field);
    const first = reading.next();
    if (first.done === true) return first.value;
    made.push(field);
    return yield* reading;
  };
  try {
    work();
  } finally {
    run.readingEventsBy = readingEventsBy;
  }
  return made;
}

/** How often work that is done in turns lets others have theirs. */
function turnsOf(work: Generator<unknown, unknown>): number {
  let turns = 0;
  while (work.next().done !== true) turns++;
  return turns;
}

describe('reading ahead', function () {
  this.timeout(60_000);
  const open = (): Scope => ({ run: longRun(12_000, 12_000).run, labels: new Map(), actor: '' });

  it('knows the fields that an expression asks by, wherever in it', () => {
    const fields = (text: string): string[] => [...fieldsAsked(parseExpression(text))].sort();
    assert.deepEqual(fields('hpte[0x1f3].v.valid && old.state == valid'), []);
    assert.deepEqual(fields('count(hpte.absent) > 3'), []);
    assert.deepEqual(fields('!(1 + count(pfn) > 3) || hpte[count(ea, 1ms)].v.valid'), ['ea', 'pfn']);
    assert.deepEqual(fields('changes(page(gfn 1)) in 1..count(index)'), ['gfn', 'index']);
    assert.deepEqual(fields('why(rmap(gfn count(hva)).C).moment'), ['gfn', 'hva']);
  });

  it('leaves nothing to make when an expression is worked out', () => {
    const scope = open();
    for (const text of ['changes(page(1))', 'why(page(1))', 'changes(rmap(0, 1))', 'count(gfn) + count(index)']) {
      const fresh = open();
      const expression = parseExpression(text);
      const event = fresh.run.event(fresh.run.eventsOf('hpte.absent')[0] ?? 0);
      const at = { ...fresh, event: event.event, number: 0 };
      const alone = madeDuring(fresh.run, () => evaluate(expression, at));
      assert.ok(
        alone.every((field) => fieldsAsked(expression).has(field)),
        text,
      );
      assert.ok(text.includes('rmap') || alone.length > 0, `${text} asks the whole run`);
      atOnce(readAhead(scope.run, expression));
      assert.deepEqual(
        madeDuring(scope.run, () => evaluate(expression, { ...scope, event: event.event, number: 0 })),
        [],
      );
    }
  });

  it('is done in turns: of expressions, conditions, causes and trails', () => {
    const expression = parseExpression('count(gfn)');
    assert.ok(turnsOf(readAhead(open().run, expression)) > 0);
    const trying = open();
    assert.ok(turnsOf(tryCondition('count(gfn) > 0', 'invariant.broken', trying)) > 0);
    const why = open();
    assert.ok(turnsOf(whyChain(why.run, asked('page:0x1', why), -1)) > 0);
    const followed = open();
    const gfn = { what: 'gfn', value: 1n } as const;
    assert.ok(turnsOf(trailOf(followed.run, new Actors(followed.run), new Map(), gfn)) > 0);
  });

  it('reads the same in turns as at once', () => {
    const [one, other] = [open().run, open().run];
    const atOnceRead = one.eventsBy('gfn');
    const inParts = atOnce(other.readingEventsBy('gfn'));
    for (let event = 0; event < one.eventCount; event++) {
      assert.equal(inParts.before(event), atOnceRead.before(event));
      assert.equal(inParts.rank(event), atOnceRead.rank(event));
    }
  });
});
