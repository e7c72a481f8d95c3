// What is made from the grammar table is up to date: the colours of the editor and the reference. Run with
// HPTSCOPE_WRITE=1 to write them anew.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { readScenario } from '../../../src/scenario/checker';
import { RESULTS, SUBJECTS } from '../../../src/scenario/expectations';
import { STATEMENTS } from '../../../src/scenario/grammar';
import { exampleText, withSections } from '../../../src/scenario/reference';
import { textMateGrammar } from '../../../src/scenario/textmate';
import { inRepository } from '../../repository';
import { EXAMPLE } from './texts';

function upToDate(path: string, make: (now: string) => string): void {
  const now = readFileSync(inRepository(path), 'utf8');
  const wanted = make(now);
  if (process.env.HPTSCOPE_WRITE !== undefined) writeFileSync(inRepository(path), wanted);
  else assert.equal(now, wanted, `${path} is stale: HPTSCOPE_WRITE=1 npm run test:unit writes it`);
}

interface Rule {
  match?: string;
  name?: string;
  begin?: string;
  patterns?: readonly Rule[];
}

/** The scope that the first matching rule gives to a word in a line, as an editor would colour it. */
function scopeOf(line: string, word: string): string | undefined {
  const column = line.indexOf(word);
  const arrow = line.indexOf('->');
  const { patterns } = textMateGrammar();
  const rules: readonly Rule[] =
    arrow >= 0 && column > arrow ? (patterns.find((rule: Rule) => rule.begin !== undefined)?.patterns ?? []) : patterns;
  for (const { match, name } of rules) {
    if (match === undefined) continue;
    const found = [...line.matchAll(new RegExp(match, 'g'))].find(
      (hit) => hit.index <= column && column < hit.index + hit[0].length,
    );
    if (found !== undefined) return name ?? 'captures';
  }
  return undefined;
}

describe('made from the grammar table', () => {
  it('syntaxes/hpt-scenario.tmLanguage.json', () => {
    upToDate('syntaxes/hpt-scenario.tmLanguage.json', () => `${JSON.stringify(textMateGrammar(), undefined, 2)}\n`);
  });

  it('docs/scenarios.md', () => {
    upToDate('docs/scenarios.md', withSections);
  });

  it('colours tell statements, fields, states, events and labels apart', () => {
    const scope = (line: string, word: string) => scopeOf(line, word)?.replace('.hpt-scenario', '');
    assert.equal(scope('a: h_enter ea 0xc0 gpa 0x10', 'h_enter'), 'keyword.other.statement');
    assert.equal(scope('memslot remove 0', 'memslot remove'), 'keyword.other.statement');
    assert.equal(scope('a: h_enter ea 0xc0 gpa 0x10', 'gpa'), 'variable.parameter.field');
    assert.equal(scope('a: h_enter ea 0xc0 gpa 0x10', '0xc0'), 'constant.numeric');
    assert.equal(scope('a: h_enter ea 0xc0', 'a'), 'captures');
    assert.equal(scope('machine power9 linux-6.1', 'linux-6.1'), 'constant.language.choice');
    assert.equal(scope('repeat 3 load a', 'repeat'), 'keyword.control.structure');
    assert.equal(scope('store a -> hpte.absent x2', 'hpte.absent'), 'support.function.event');
    assert.equal(scope('store a -> hpte.absent x2', 'x2'), 'constant.numeric.count');
    assert.equal(scope('store a -> a valid', 'valid'), 'constant.language.state');
    assert.equal(scope('store a -> ring(a) empty', 'ring'), 'support.function.subject');
    assert.equal(
      scope('load a racing page_fault.before_lock: age a', 'page_fault.before_lock'),
      'support.constant.point',
    );
    assert.equal(scope('load a  # store', 'store'), 'comment.line.number-sign');
  });

  it('every example of the reference is a scenario without mistakes, and shows what it is for', () => {
    for (const { name, example } of [...STATEMENTS, ...SUBJECTS, ...RESULTS]) {
      assert.deepEqual(readScenario(exampleText(example)).diagnostics, [], `${name}: ${example}`);
      assert.ok(example.includes(name === 'label' ? 'a ' : name), `the example of ${name} does not use it`);
    }
    assert.deepEqual(readScenario(EXAMPLE).diagnostics, []);
  });
});
