import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import {
  ASSUMPTION_NAMES,
  ASSUMPTIONS,
  answersTo,
  assumptionSet,
  bitOf,
  EVERY_ASSUMPTION,
  namesIn,
  sentencesOf,
} from '../../../src/timeline/assumptions';
import { inRepository } from '../../repository';

describe('assumptions', () => {
  it('all stand in docs/traces.md with what they answer, say, and what contradicts them', () => {
    const page = readFileSync(inRepository('docs/traces.md'), 'utf8');
    for (const name of ASSUMPTION_NAMES) {
      const { cause, sentence, contradicted } = ASSUMPTIONS[name];
      assert.ok(page.includes(`| \`${name}\` | ${cause} | ${sentence} | ${contradicted} |`), name);
    }
  });

  it('are asked for by name, all of them by none', () => {
    assert.equal(assumptionSet([]), EVERY_ASSUMPTION);
    assert.deepEqual(namesIn(EVERY_ASSUMPTION), ASSUMPTION_NAMES);
    const set = bitOf('host-present') | bitOf('hidden-pairs');
    assert.equal(assumptionSet(['host-present', 'hidden-pairs', 'host-present']), set);
    assert.deepEqual(namesIn(set), ['hidden-pairs', 'host-present']);
    assert.equal(assumptionSet(['host-present', 'luck']), 'luck');
  });

  it('answer causes of doubt, and say what is assumed', () => {
    assert.equal(answersTo('lost events', EVERY_ASSUMPTION), bitOf('nothing-lost') | bitOf('hcall-done'));
    assert.equal(answersTo('lost events', bitOf('hcall-done')), bitOf('hcall-done'));
    assert.equal(answersTo('frame not traced', EVERY_ASSUMPTION), 0);
    assert.equal(
      sentencesOf(bitOf('same-table') | bitOf('host-present')),
      'the VMM has not replaced the table; H_ENTER found the host page mapped',
    );
  });
});
