// docs/events.md is made from the event table, and is up to date.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { eventsPage } from '../../../src/cli/eventsPage';
import { EVENT_NAMES } from '../../../src/model/events';
import { inRepository } from '../../repository';

describe('docs/events.md', () => {
  const page = readFileSync(inRepository('docs/events.md'), 'utf8');

  it('is what the event table says (else: npm run docs)', () => assert.equal(page, eventsPage()));

  it('has every event once', () => {
    for (const name of EVENT_NAMES) assert.equal(page.split(`### \`${name}\`:`).length, 2, name);
  });
});
