// `hptscope conform` and `hptscope bench`: what they print, how they exit, and what they say about files that are no vectors.

import { strict as assert } from 'node:assert';
import { MEASURED_IN_C, MIXES, measure, plan } from '../../../src/cli/benchModel';
import { conformCommand } from '../../../src/cli/conformCommand';
import { ranOn } from '../../support/command';

const create = '{"in": {"op": "create", "ver": "B", "order": 18, "cpu": "POWER8", "page_shift": 16}, "out": OUT}';
const right = create.replace('OUT', '{"op":"create","ret":0,"tlbie":[],"h":"0x6bdeb487ee1b7256"}');
const wrong = create.replace('OUT', '{"op":"create","ret":1,"tlbie":[],"h":"0x6bdeb487ee1b7256"}');

const conform = (files: Record<string, string | Uint8Array>, ...flags: string[]) =>
  ranOn(conformCommand, files, ...flags);

describe('hptscope conform', () => {
  it('ends with the operations that passed and failed', async () => {
    assert.deepEqual(await conform({ 'a.jsonl': `{"note": "x"}\n${right}\n` }), {
      code: 0,
      out: ['1 passed, 0 failed'],
      problems: [],
    });
  });

  it('names the first difference of each file', async () => {
    const { code, out } = await conform({ 'a.jsonl': right, 'b.jsonl': `${right}\n${wrong}\n${wrong}` });
    assert.equal(code, 1);
    assert.match(out[0] ?? '', /^b\.jsonl: line 2: create .*\n {4}ret: expected 1, seen 0$/);
    assert.deepEqual(out.slice(1), ['2 passed, 2 failed']);
  });

  it('gives the same as JSON', async () => {
    const { out } = await conform({ 'a.jsonl': right, 'b.jsonl': wrong }, '--json');
    const report = JSON.parse(out.join('\n'));
    assert.deepEqual([report.passed, report.failed], [1, 1]);
    assert.deepEqual(report.files[0], { file: 'a.jsonl', passed: 1, failed: 0, first: null });
  });

  const bad: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['not JSON', 'hello', /line 1: not JSON/],
    [
      'another kind of line',
      '{"step": 1}',
      /line 1: expected \{"in": \{"op": …\}, "out": \{…\}\} or \{"note": …\}, found \{"step": 1\}/,
    ],
    ['an answer that is missing', '{"in": {"op": "create"}}', /create: "out" is not an object/],
    ['an operation that does not exist', '{"in": {"op": "fly"}, "out": {}}', /the first operation must be create/],
    ['a number that is none', create.replace('18', '"x"').replace('OUT', '{}'), /create: order is not a number: "x"/],
    [
      'a processor that does not exist',
      create.replace('POWER8', 'Z80').replace('OUT', '{}'),
      /linux-6\.1 does not run HPT guests on Z80/,
    ],
    ['an order without end', create.replace('18', '"0xffffffffffffffff"').replace('OUT', '{}'), /HPT order -1/],
  ];
  for (const [what, text, message] of bad)
    it(`tells ${what}`, async () => {
      const { code, out } = await conform({ f: text });
      assert.equal(code, 1);
      assert.match(out.join('\n'), message);
      assert.match(out.at(-1) ?? '', /^0 passed, 1 failed$/);
    });

  it('counts a file that holds nothing, or is no text, as failed', async () => {
    for (const content of ['', '{"note": "x"}', new Uint8Array([1, 2, 0, 3])]) {
      const { code, out, problems } = await conform({ f: content });
      assert.equal(code, 1);
      assert.deepEqual(out, ['0 passed, 1 failed']);
      assert.match(problems.join('\n'), /^f: (no operations|byte 2 is 0)/);
    }
  });
});

describe('hptscope bench model', () => {
  it('measures each mix for each kernel and processor, with recorder and without', () => {
    const measured = plan().map((planned) => measure(planned, 3, 0.002));
    assert.equal(measured.length, MIXES.length * MEASURED_IN_C.length * 2);
    for (const one of measured) {
      assert.deepEqual(Object.keys(one), ['mix', 'kernel', 'cpu', 'recorder', 'nsMedian', 'nsMin', 'nsMax']);
      assert.ok(0 < one.nsMin && one.nsMin <= one.nsMedian && one.nsMedian <= one.nsMax, JSON.stringify(one));
    }
    assert.equal(new Set(measured.map(({ mix, cpu, recorder }) => `${mix} ${cpu} ${recorder}`)).size, measured.length);
  });
});
