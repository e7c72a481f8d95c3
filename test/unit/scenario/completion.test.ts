// Completion offers what the parser takes, and labels are found where they are used.

import assert from 'node:assert/strict';
import { EVENT_NAMES } from '../../../src/model/events';
import { readScenario } from '../../../src/scenario/checker';
import { completionsAt } from '../../../src/scenario/completion';
import { STATEMENTS } from '../../../src/scenario/grammar';
import { parseScenario } from '../../../src/scenario/parser';
import { labelAt, outline, placesOf, renameProblem } from '../../../src/scenario/symbols';
import { EXAMPLE } from './texts';

const checked = readScenario(EXAMPLE);
const LINE = 100;

/** What is offered at the `|` of a line. */
function offered(marked: string): string[] {
  const column = marked.indexOf('|');
  const { items } = completionsAt(marked.replace('|', ''), LINE, column, checked.labels);
  return items.map(({ text }) => text);
}

function includes(marked: string, ...wanted: string[]): void {
  const all = offered(marked);
  for (const word of wanted) assert.ok(all.includes(word), `${word} is offered in ${marked}: ${all.join(' ')}`);
}

describe('scenario completion', () => {
  it('offers every statement at the start of a line and behind a label', () => {
    const names = STATEMENTS.map(({ name }) => name);
    for (const line of ['|', 'sw|', '  |', 'x: |', 'load a racing page_fault.before_lock: |']) includes(line, ...names);
  });

  it('offers fields, operands and values of a statement', () => {
    includes('h_enter |', 'ea', 'gpa', 'pp', 'racing', 'without', '->');
    includes('load |', 'a', 'b', 'ea', 'on', 'user', 'real');
    includes('machine |', 'power9', 'linux-6.1', 'order');
    includes('h_enter ea 0xc000000000010000 gpa 0x10000 size |', '4K', '64K', '16M');
    includes('memslot |', 'remove', 'change', 'gpa');
    includes('load a on |', 'vcpu');
    includes('fill |', 'pteg(', 'secondary(');
    assert.ok(!offered('h_enter ea 0xc000000000010000 |').includes('ea'), 'a field is offered once');
    assert.ok(!offered('load a |').includes('b'), 'one label is enough');
    includes('h_bulk_remove a |', 'b');
  });

  it('offers points of the statement, and mutations', () => {
    includes('load a racing |', 'page_fault.before_lock', 'access.before_fault');
    assert.ok(!offered('load a racing |').includes('h_enter.after_pte'));
    includes('load a without |', 'seq-check', 'tlbie');
  });

  it('offers what can be expected', () => {
    includes('load a -> |', 'a', 'ring(', 'ok', 'dsi', 'no', ...EVENT_NAMES);
    assert.ok(!offered('load a -> |').includes('H_SUCCESS'));
    includes('h_remove a -> |', 'H_SUCCESS', 'r4');
    includes('load a -> a |', 'valid', 'absent', 'pp', 'no');
    includes('load a -> hpte.absent x1, ring(|', 'a', 'b');
    includes('load a -> ring(a) |', '=', 'empty');
    includes('load a -> fault.retry |', 'x1', 'why');
    includes('load a -> fault.retry x1 why |', 'seq', 'count', 'hpte-changed');
    includes('load a -> error |', 'EFAULT');
    includes('expect |', 'a', 'hpte.absent');
  });

  it('offers nothing in a comment, and labels only below the line that makes them', () => {
    assert.deepEqual(offered('load a # |'), []);
    assert.deepEqual(
      completionsAt('load ', 5, 5, checked.labels).items.filter(({ kind }) => kind === 'label'),
      [],
    );
  });

  it('replaces the word that is being typed', () => {
    assert.deepEqual(completionsAt('load a racing page_fault.bef', LINE, 28, checked.labels).range, {
      line: LINE,
      column: 14,
      length: 14,
    });
  });

  it('what is offered for a statement is taken by the parser', () => {
    for (const text of offered('load ea 0x0 |')) {
      const { diagnostics } = parseScenario(`load ea 0x0 ${text}`);
      assert.ok(!diagnostics.some(({ code }) => code === 'unknown-field' || code === 'unexpected'), text);
    }
  });
});

describe('scenario symbols', () => {
  it('finds a label from any of its places', () => {
    const a = checked.labels.get('a');
    assert.ok(a !== undefined);
    for (const { line, column } of placesOf(a)) assert.equal(labelAt(checked, line, column), a);
    assert.equal(labelAt(checked, 0, 3), undefined);
    const words = placesOf(a).map(({ line, column, length }) =>
      EXAMPLE.split('\n')[line]?.slice(column, column + length),
    );
    assert.deepEqual([...new Set(words)], ['a']);
  });

  it('says which new names are no labels', () => {
    const a = checked.labels.get('a');
    assert.ok(a !== undefined);
    assert.equal(renameProblem(checked, a, 'text'), undefined);
    assert.match(renameProblem(checked, a, 'b') ?? '', /line 7/);
    assert.match(renameProblem(checked, a, 'valid') ?? '', /word of the language/);
    assert.match(renameProblem(checked, a, '1a') ?? '', /letters/);
  });

  it('outlines machine, memslots and labels, with blocks around theirs', () => {
    const text = `${EXAMPLE}repeat 2\n  c: h_enter ea 0xc000000000030000 gpa 0\n  load c\n`;
    const items = outline(readScenario(text));
    assert.deepEqual(
      items.map(({ name }) => name),
      ['machine', 'memslot', 'slb', 'a', 'b', 'repeat'],
    );
    const repeat = items.at(-1);
    assert.deepEqual(
      repeat?.children.map(({ name }) => name),
      ['c'],
    );
    assert.equal((repeat?.lastLine ?? 0) - (repeat?.range.line ?? 0), 2);
  });
});
