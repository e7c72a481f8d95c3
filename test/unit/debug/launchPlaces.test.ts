// Where mistakes of a launch.json stand.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { launchOptions } from '../../../src/debug/launch';
import { placeInLaunch } from '../../../src/debug/launchPlaces';

const text = `{
  // comments, and "strings" in them
  "version": "0.2.0",
  "configurations": [
    { "type": "node", "name": "other", "stepping": "no, // not this one", },
    {
      "type": "hpt", /* ours */
      "request": "launch",
      "name": "Debug it",
      "program": "a.hpt",
      "stepping": "tabel", // a mistake
      "stoponentry": true,
    },
  ],
}
`;

const at = (configuration: string, property: string, from = text) => {
  const place = placeInLaunch(from, configuration, property);
  return place && from.slice(place.start, place.end);
};

describe('places in launch.json', () => {
  it('finds the value of a property, with comments and trailing commas around', () => {
    assert.equal(at('Debug it', 'stepping'), '"tabel"');
    assert.equal(at('Debug it', 'stoponentry'), 'true');
    assert.equal(at('other', 'stepping'), '"no, // not this one"');
  });

  it('finds the name where the property is missing', () => {
    assert.equal(at('Debug it', 'nothing'), '"Debug it"');
  });

  it('finds nothing of another configuration, or in what is no JSON', () => {
    assert.equal(at('nobody', 'stepping'), undefined);
    assert.equal(at('Debug it', 'stepping', text.slice(0, 300)), undefined);
    assert.equal(at('Debug it', 'stepping', '[]'), undefined);
  });

  it('has a property for every mistake of a launch configuration', () => {
    const options = launchOptions({ program: '', stepping: 'tabel', stopOnEntry: 1, stoponentry: true });
    assert.ok('mistakes' in options);
    assert.deepEqual(
      options.mistakes.map(({ property }) => property),
      ['program', 'stopOnEntry', 'stepping', 'stoponentry'],
    );
  });

  it('answers for any text', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '"',
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '//',
        '/*',
        '*/',
        '\n',
        '\\',
        '"name"',
        '"configurations"',
        'x',
      ),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        placeInLaunch(parts.join(''), 'x', 'y');
      }),
      { numRuns: 2000 },
    );
  });
});
