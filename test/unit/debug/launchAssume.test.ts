import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launchOptions } from '../../../src/debug/launch';
import { ASSUMPTION_NAMES, ASSUMPTIONS, bitOf, EVERY_ASSUMPTION } from '../../../src/timeline/assumptions';
import { inRepository } from '../../repository';

const assumed = (assume: unknown): number | undefined => {
  const options = launchOptions({ program: '/t/trace.txt', assume });
  assert.ok(!('mistakes' in options), JSON.stringify(options));
  return options.assume;
};

const mistake = (assume: unknown): string => {
  const options = launchOptions({ program: '/t/trace.txt', assume });
  assert.ok('mistakes' in options);
  assert.deepEqual(
    options.mistakes.map(({ property }) => property),
    ['assume'],
  );
  return options.mistakes[0]?.message ?? '';
};

describe('"assume" of launch.json', () => {
  it('asks for nothing, for all, or for some by name', () => {
    assert.equal(assumed(undefined), undefined);
    assert.equal(assumed(false), undefined);
    assert.equal(assumed(true), EVERY_ASSUMPTION);
    assert.equal(assumed([]), 0);
    assert.equal(assumed(['hidden-pairs', 'host-present']), bitOf('hidden-pairs') | bitOf('host-present'));
  });

  it('tells what is wrong with it, and what was meant', () => {
    assert.match(mistake('all'), /^expected true, false or an array of "empty-start", .*, got "all"$/);
    assert.match(mistake(['hiden-pairs']), /there is no assumption "hiden-pairs"; did you mean "hidden-pairs"\? /);
    assert.match(mistake([3]), /there is no assumption 3; there are "empty-start", /);
  });

  it('is completed and described: the schema has each assumption with its sentence', () => {
    const manifest = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
    const texts = JSON.parse(readFileSync(inRepository('package.nls.json'), 'utf8')) as Record<string, string>;
    const { items } = manifest.contributes.debuggers[0].configurationAttributes.launch.properties.assume.anyOf[1];
    assert.deepEqual(items.enum, ASSUMPTION_NAMES);
    assert.deepEqual(
      items.enumDescriptions.map((key: string) => texts[key.slice(1, -1)]?.toLowerCase()),
      ASSUMPTION_NAMES.map((name) => `${ASSUMPTIONS[name].sentence}.`.toLowerCase()),
    );
  });
});
