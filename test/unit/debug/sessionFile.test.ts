// Saved sessions: written and read back, every mistake at its place, the same keys as the schema, and an answer for any text.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { readSession, type SavedSession, writeSession } from '../../../src/debug/sessionFile';
import { PRESETS } from '../../../src/debug/stepping';
import { EVENT_NAMES } from '../../../src/model/events';
import { formatProblem } from '../../../src/trace/problem';
import { inRepository } from '../../repository';

const problemsOf = (text: string): string[] => readSession(text, 's.hptsession').problems.map(formatProblem);
const minimal = '{ "hptsession": 1, "program": "a.hpt"';

const whole: SavedSession = {
  program: 'page-out.hpt',
  moment: 41,
  stepping: 'faults',
  follow: 'gfn 0x10',
  bookmarks: [
    { moment: 0, name: 'start', statement: 'machine power9', offset: 0 },
    { moment: 60, name: 'gone', note: 'why here?\nsee "the mail"', statement: 'swap-out gpa 0x10000', offset: 12 },
  ],
  breakpoints: [
    { on: true, kind: 'hpte.absent', condition: 'gfn in 1..3', hitCondition: '% 2', logMessage: 'gone {index}' },
    { on: false, kind: 'fault.retry', armedAfter: { kind: 'hpte.absent', condition: 'why == seq' } },
    { on: true, function: 'kvm_unmap_rmapp' },
    { on: true, data: 'hpte:0x1aa8' },
  ],
  views: { heatmap: '{"zoom":3}' },
};

describe('saved sessions', () => {
  it('are read as they were written', () => {
    const { session, problems } = readSession(writeSession(whole), 's.hptsession');
    assert.deepEqual(problems, []);
    assert.deepEqual(session, whole);
  });

  it('count moments from 1, as people do', () => {
    const written = JSON.parse(writeSession(whole));
    assert.deepEqual([written.moment, written.bookmarks[0].moment], [42, 1]);
  });

  it('tell every mistake at its place, and keep what can be understood', () => {
    const text = `{
  "hptsession": 1, "program": "a.hpt", "moment": 0,
  "stepping": "leaps",
  "follow": "gfn ten",
  "bookmarks": [ { "moment": 1, "name": "x" }, { "moment": 2, "name": "y", "statement": "load a", "offset": 0 } ],
  "breakpoints": [
    { "kind": "hpte.gone" },
    { "kind": "hpte.absent", "condition": "gfn ==" },
    { "kind": "hpte.absent", "hitCondition": "often", "armedAfter": { "kind": "moon.rise" } },
    { "kind": "hpte.absent", "function": "x" }
  ],
  "views": { "heatmap": 3 },
  "colour": "red"
}`;
    const told = problemsOf(text);
    for (const expected of [
      /^s\.hptsession:2:50: error: moment: expected a whole number from 1/,
      /:3:15: error: stepping: expected "table" or /,
      /:4:13: error: follow: expected "gfn 0x10".*got "gfn ten"/,
      /:5:18: error: bookmarks\[0\]\.statement: "statement" is missing/,
      /:7:15: error: breakpoints\[0\]\.kind: expected "hpte\.enter" or/,
      /:8:43: error: breakpoints\[1\]\.condition: condition, character 7: expected a value, got the end/,
      /:9:46: error: breakpoints\[2\]\.hitCondition: hit count "often": expected a number/,
      /:9:79: error: breakpoints\[2\]\.armedAfter\.kind: expected "hpte\.enter"/,
      /:10:5: error: breakpoints\[3\]: expected one of "kind", "function" and "data"/,
      /:12:25: error: views\.heatmap: expected a string/,
      /:13:3: warning: colour: "colour" is not known here/,
    ])
      assert.ok(
        told.some((line) => expected.test(line)),
        `${expected} is not in\n${told.join('\n')}`,
      );
    const { session } = readSession(text, 's.hptsession');
    assert.deepEqual(
      session?.bookmarks.map(({ name }) => name),
      ['y'],
    );
    assert.deepEqual(
      session?.breakpoints.map(({ kind }) => kind),
      ['hpte.absent', 'hpte.absent'],
    );
  });

  it('need their version and a program', () => {
    assert.equal(readSession('{ "program": "a.hpt" }', 's.hptsession').session, undefined);
    assert.match(problemsOf('{ "hptsession": 2, "program": "a" }').join(), /1:17: error: hptsession: expected a whole/);
    assert.match(problemsOf('').join(), /the file is empty; expected a saved session/);
    assert.match(problemsOf('[]').join(), /1:1: error: expected a saved session/);
    assert.match(problemsOf('{ "a": tru }').join(), /1:8: error: "tru" is not a JSON value/);
  });

  it('know the same keys as the schema that the editor validates with', () => {
    const schema = JSON.parse(readFileSync(inRepository('schemas/hptsession.schema.json'), 'utf8'));
    const keysOf = (object: { properties: object }): string[] => Object.keys(object.properties).sort();
    const known = (text: string): string[] => {
      const message = problemsOf(text).find((line) => line.includes('"unheard-of" is not known'));
      return [...(message ?? '').matchAll(/"([^"]+)"(?=,|$)/g)].map((match) => match[1] ?? '').sort();
    };
    const { bookmarks, breakpoints, stepping } = schema.properties;
    assert.deepEqual(known(`${minimal}, "unheard-of": 1 }`), keysOf(schema));
    assert.deepEqual(known(`${minimal}, "bookmarks": [{ "unheard-of": 1 }] }`), keysOf(bookmarks.items));
    assert.deepEqual(known(`${minimal}, "breakpoints": [{ "unheard-of": 1 }] }`), keysOf(breakpoints.items));
    assert.deepEqual(
      known(`${minimal}, "breakpoints": [{ "armedAfter": { "unheard-of": 1 } }] }`),
      keysOf(breakpoints.items.properties.armedAfter),
    );
    assert.deepEqual(
      stepping.enum,
      PRESETS.map(({ name }) => name),
    );
  });

  it('answer for any text', () => {
    const pieces = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        ' ',
        '1',
        'null',
        '"hptsession"',
        '"program"',
        '"bookmarks"',
        '"breakpoints"',
        '"condition"',
        `"${EVENT_NAMES[0]}"`,
      ),
      { maxLength: 30 },
    );
    const cut = fc.nat(writeSession(whole).length).map((length) => writeSession(whole).slice(0, length));
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((parts) => parts.join('')),
          cut,
        ),
        (text) => {
          const { session, problems } = readSession(text, 's.hptsession');
          assert.ok(session !== undefined || problems.length > 0);
        },
      ),
    );
  });
});
