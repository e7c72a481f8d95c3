// The parser: the example of the language, places, blocks, and recovery after mistakes.

import assert from 'node:assert/strict';
import type { Statement } from '../../../src/scenario/ast';
import { numberOf } from '../../../src/scenario/evaluate';
import { tokenize } from '../../../src/scenario/lexer';
import { parseScenario } from '../../../src/scenario/parser';
import { EXAMPLE } from './texts';

const codes = (text: string) =>
  parseScenario(text).diagnostics.map(({ code, range }) => `${range.line + 1}:${range.column + 1} ${code}`);
const only = (text: string): Statement => {
  const { statements, diagnostics } = parseScenario(text);
  assert.deepEqual(diagnostics, []);
  assert.equal(statements.length, 1);
  return statements[0] as Statement;
};

describe('scenario parser', () => {
  it('reads the example of the language', () => {
    const { statements, diagnostics } = parseScenario(EXAMPLE);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(
      statements.map(({ name }) => name),
      [
        'machine',
        'memslot',
        'slb',
        'h_enter',
        'h_enter',
        'store',
        'load',
        'swap-out',
        'load',
        'dirty-log',
        'load',
        'load',
      ],
    );
    const last = statements.at(-1);
    assert.equal(last?.racing[0]?.statement.name, 'swap-out');
    assert.equal(last?.without[0]?.text, 'seq-check');
    assert.equal(last?.expectations.length, 1);
  });

  it('gives every word its place', () => {
    const statement = only('  x: load a on vcpu 1 -> ok');
    assert.deepEqual(statement.label?.range, { line: 0, column: 2, length: 1 });
    assert.deepEqual(statement.range, { line: 0, column: 5, length: 4 });
    assert.deepEqual(
      statement.fields.map(({ name, range }) => [name, range.column, range.length]),
      [
        ['at', 10, 1],
        ['on', 12, 9],
      ],
    );
  });

  it('reads decimal, hexadecimal and size numbers up to 64 bits', () => {
    const value = (text: string) => numberOf(only(`amr ${text}`), 'value');
    assert.equal(value('0xffffffffffffffff'), 2n ** 64n - 1n);
    assert.equal(value('18446744073709551615'), 2n ** 64n - 1n);
    assert.equal(value('64K'), 65536n);
    assert.equal(value('1T'), 2n ** 40n);
    assert.equal(value('0x10+4K'), 4112n);
    assert.deepEqual(codes('amr 18446744073709551616'), ['1:5 bad-number']);
    assert.deepEqual(codes('amr 0x10000000000000000'), ['1:5 bad-number']);
    assert.deepEqual(codes('amr 16777216T'), ['1:5 bad-number']);
    assert.deepEqual(codes('amr 12q'), ['1:5 bad-number']);
  });

  it('keeps words, arrows and marks apart', () => {
    const texts = (line: string) => tokenize(line, 0).map(({ text }) => text);
    assert.deepEqual(texts('store a->hpte.absent x2, rmap(0x10).C#c -> d'), [
      'store',
      'a',
      '->',
      'hpte.absent',
      'x2',
      ',',
      'rmap',
      '(',
      '0x10',
      ')',
      '.',
      'C',
      '#c -> d',
    ]);
    assert.deepEqual(texts('ret -22 linux-6.1.'), ['ret', '-22', 'linux-6.1', '.']);
  });

  it('attaches indented lines and expect lines to the statement above', () => {
    const text =
      'load a\n  racing page_fault.before_lock: swap-out a\n  without seq-check\n  -> a valid\nexpect b absent, no fault.retry';
    const { racing, without, expectations } = only(text);
    assert.deepEqual([racing.length, without.length, expectations.length], [1, 1, 3]);
  });

  it('nests repeat by indent and parallel up to its end', () => {
    const text =
      'repeat 2\n  load a\n\n  repeat 3 store a\n  # a comment\n  swap-out a\nparallel\n  one: load a\n    store a\n  two:\n    load b\nend -> no fault.retry\nload c';
    const { statements, diagnostics } = parseScenario(text);
    assert.deepEqual(diagnostics, []);
    const shape = (all: readonly Statement[]): unknown =>
      all.map(({ name, body }) => (body.length === 0 ? name : [name, shape(body)]));
    assert.deepEqual(shape(statements), [
      ['repeat', ['load', ['repeat', ['store']], 'swap-out']],
      [
        'parallel',
        [
          ['actor', ['load', 'store']],
          ['actor', ['load']],
        ],
      ],
      'load',
    ]);
    assert.equal(statements[1]?.expectations.length, 1);
  });

  it('gives twenty positioned diagnostics for twenty different mistakes, and reads the lines between', () => {
    const mistakes: [string, string][] = [
      ['machine power99 linux-6.1', '9 unknown-field'],
      ['memslot 0 gpa size 16M', '15 number-expected'],
      ['slb 0 ea 0x1g vsid 1', '10 bad-number'],
      ['h_entr ea 5', '1 unknown-statement'],
      ['load a racing : swap-out a', '15 point-expected'],
      ['load a racing page_fault.before_lock swap-out a', '38 colon-expected'],
      ['load a without', '15 mutation-expected'],
      ['store a -> a vald', '14 unknown-check'],
      ['store a -> a valid,', '20 expectation-expected'],
      ['load a on cpu 1', '11 vcpu-expected'],
      ['invalidate gpa 0', '1 unknown-statement'],
      ['h_enter ea in ptg(a) gpa 0', '15 pteg-expected'],
      ['load a user user', '13 field-twice'],
      ['? load a', '1 statement-expected'],
      ['vcpu 1 log-dirty', '8 unknown-field'],
      ['load a -> rmap(0x10.C', '20 bracket-expected'],
      ['load a -> H_BAD', '11 unknown-return-code'],
      ['dirty-log 0 -> pages', '21 list-expected'],
      ['h_enter ea 0 gpa 0 wimg Q', '25 bad-wimg'],
      ['vma hva 0 size 4K cache warm', '25 bad-choice'],
      ['end', '1 stray-end'],
      ['load a -> a valid b absent', '19 unknown-check'],
    ];
    const text = mistakes.map(([line]) => `${line}\nload a -> a valid`).join('\n');
    const { diagnostics, statements } = parseScenario(text);
    const found = diagnostics.map(({ range, code }) => `${range.line + 1}:${range.column + 1} ${code}`).sort();
    assert.deepEqual(found, mistakes.map(([, expected], index) => `${index * 2 + 1}:${expected}`).sort());
    assert.equal(
      statements.filter(({ name, broken, expectations }) => name === 'load' && !broken && expectations.length === 1)
        .length >= mistakes.length,
      true,
    );
    for (const { message } of diagnostics) assert.match(message, /`|expected/);
  });

  it('says what stands wrong in the shape of a file', () => {
    assert.deepEqual(codes('load a\n  load b'), ['2:3 indented-statement']);
    assert.deepEqual(codes('parallel\n  load a\nend'), ['2:3 actor-expected']);
    assert.deepEqual(codes('parallel\n  one: load a\nload b'), ['1:1 end-expected']);
    assert.deepEqual(codes('expect a valid'), ['1:1 nothing-above']);
    assert.deepEqual(codes('load a\n-> a valid'), ['2:1 indent-expected']);
    assert.deepEqual(codes('a:'), ['1:1 statement-expected']);
  });

  it('takes any line ending, a byte order mark and tabs', () => {
    const { statements, diagnostics } = parseScenario('\ufeffload a\r\nrepeat 2\r\tload b\n  load c');
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(
      statements.map(({ name, body }) => [name, body.length]),
      [
        ['load', 0],
        ['repeat', 2],
      ],
    );
  });
});
