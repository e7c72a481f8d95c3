// Every example of the reference and every sample runs, and its expectations hold.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { RESULTS, SUBJECTS } from '../../../src/scenario/expectations';
import { formatScenario } from '../../../src/scenario/formatter';
import { STATEMENTS } from '../../../src/scenario/grammar';
import { exampleText } from '../../../src/scenario/reference';
import { runScenario } from '../../../src/scenario/runner';
import { inRepository } from '../../repository';
import { EXAMPLE } from './texts';

/** What failed in a run, one line each. */
function failures(text: string): string[] {
  const result = runScenario(text, 'test');
  if ('problems' in result) return result.problems.map(({ line, message }) => `${line + 1}: ${message}`);
  return result.statements.flatMap(({ line, expectations }) =>
    expectations
      .filter(({ passed }) => !passed)
      .map(({ expected, seen }) => `${line + 1}: expected ${expected}, seen ${seen}`),
  );
}

describe('scenario examples', () => {
  for (const { name, example } of [...STATEMENTS, ...SUBJECTS, ...RESULTS]) {
    it(`reference: ${name}`, () => assert.deepEqual(failures(exampleText(example)), [], example));
  }

  it('the example of the language', () => assert.deepEqual(failures(EXAMPLE), []));

  it('scenarios in the prose of the reference', () => {
    const blocks = readFileSync(inRepository('docs/scenarios.md'), 'utf8').matchAll(/```hpt-scenario\n(.*?)```/gs);
    const whole = [...blocks].flatMap(([, text = '']) => (text.includes('machine ') ? [text] : []));
    assert.ok(whole.length >= 2);
    for (const text of whole) assert.deepEqual(failures(text), [], text);
  });

  const samples = readdirSync(inRepository('samples')).filter((name) => name.endsWith('.hpt'));
  it('docs/tour.md leads through every sample', () => {
    const tour = readFileSync(inRepository('docs/tour.md'), 'utf8');
    const linked = [...tour.matchAll(/\(\.\.\/samples\/([^)]+)\)/g)].map(([, name = '']) => name);
    assert.deepEqual(linked.sort(), samples.sort());
  });

  for (const name of samples) {
    it(`samples/${name}`, () => {
      const text = readFileSync(inRepository(`samples/${name}`), 'utf8');
      assert.deepEqual(failures(text), []);
      assert.equal(formatScenario(text), text, 'the sample is formatted');
      const [title = '', second = '', third = ''] = text.split('\n');
      assert.match(title, /^# \S/);
      assert.equal(second, '#');
      assert.match(third, /^# .{60,}/, 'a paragraph at the top says what the sample shows');
      assert.match(text, /->/);
    });
  }
});
