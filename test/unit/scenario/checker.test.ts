// The checker: each kind of mistake in meaning, with its place, what would be right, and quick fixes that put it right.

import assert from 'node:assert/strict';
import type { Diagnostic } from '../../../src/scenario/ast';
import { readScenario } from '../../../src/scenario/checker';
import { EXAMPLE } from './texts';

const PRELUDE = `machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000 log-dirty
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
`;
const PRELUDE_34 = `machine power7 linux-3.4 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
`;

/** The one mistake of a text whose lines stand behind a prelude. */
function mistake(lines: string, prelude = PRELUDE): { found: Diagnostic; text: string; at: string } {
  const text = prelude + lines;
  const { diagnostics, runnable } = readScenario(text);
  assert.equal(diagnostics.length, 1, `${lines}: ${diagnostics.map(({ message }) => message).join('; ')}`);
  assert.equal(runnable, false);
  const found = diagnostics[0] as Diagnostic;
  const { line, column, length } = found.range;
  return { found, text, at: text.split('\n')[line]?.slice(column, column + length) ?? '' };
}

function applied(text: string, { fixes }: Diagnostic): string {
  const lines = text.split('\n');
  for (const { range, newText } of fixes[0]?.edits ?? []) {
    const line = lines[range.line] ?? '';
    lines[range.line] = line.slice(0, range.column) + newText + line.slice(range.column + range.length);
  }
  return lines.join('\n');
}

describe('scenario checker', () => {
  it('finds nothing wrong in the example of the language', () => {
    const { diagnostics, runnable, machine, labels } = readScenario(EXAMPLE);
    assert.deepEqual(diagnostics, []);
    assert.equal(runnable, true);
    assert.deepEqual([machine.cpu, machine.kernel, machine.order, machine.page], ['POWER9', 'linux-6.1', 18, 4096n]);
    assert.equal(labels.get('a')?.references.length, 9);
  });

  it('has linux-3.4 at order 24 unless said', () => {
    assert.equal(readScenario('machine power7 linux-3.4').machine.order, 24);
    assert.deepEqual(readScenario('machine power7 linux-3.4 order 18').diagnostics, []);
  });

  const mistakes: [lines: string, code: string, at: string, message: RegExp, prelude?: string][] = [
    ['load b', 'unknown-label', 'b', /did you mean `a`/],
    ['lode a', 'unknown-statement', 'lode', /did you mean `load`\?/],
    ['frobnicate a', 'unknown-statement', 'frobnicate', /known are `machine`, .*, `h_bulk_remove` and \d+ more$/],
    ['load later\nlater: h_enter ea 0xc000000000020000 gpa 0', 'unknown-label', 'later', /unknown label/],
    ['a: h_enter ea 0xc000000000020000 gpa 0x20000', 'duplicate-label', 'a', /line 4/],
    ['valid: load a', 'bad-label', 'valid', /word of the language/],
    ['x3: load a', 'bad-label', 'x3', /count/],
    ['here: swap-out a', 'label-nothing', 'here', /makes nothing/],
    ['s: htab-open\nload s', 'label-kind', 's', /an open HTAB stream/],
    ['memslot 1 gpa 0x800000 size 16M hva 0x7f0010000000', 'memslot-overlap', '0x800000', /line 2.*0x1000000/],
    ['memslot 0 gpa 0x1000000 size 16M hva 0x7f0010000000', 'memslot-in-use', '0', /already made on line 2/],
    ['memslot 1 gpa 0x1000800 size 16M hva 0x7f0010000000', 'unaligned', '0x1000800', /multiple of 4K/],
    ['dirty-log 3', 'unknown-memslot', '3', /there is `0`/],
    ['vma hva 0x7f0020000000 size 1M\nvma hva 0x7f0020010000 size 1M', 'vma-overlap', 'hva 0x7f0020010000', /line 5/],
    ['vma hva 0x7f0020000000 size 1M pfn 5', 'field-needs', 'pfn 5', /`pfnmap`/],
    ['b: h_enter ea 0xc000000000020800 gpa 0x20000', 'unaligned', '0xc000000000020800', /multiple of 4K/],
    ['b: h_enter ea 0xd000000000020000 gpa 0x20000', 'no-segment', 'ea 0xd000000000020000', /slb/],
    ['h_enter gpa 0x20000', 'field-needs', 'gpa 0x20000', /`ea`/],
    ['h_enter flags 0 index 8 v 0x1 gpa 0x20000', 'fields-exclude', '', /v/],
    ['h_enter ea 0xc000000000020000 gpa 0x20000 pp 9', 'out-of-range', '9', /0 to 7/],
    ['h_enter ea 0xc000000000000000 gpa 0 size 16G', 'bad-page-size', 'size 16G', /4K/],
    ['h_enter ea 0xc000000000000000 gpa 0 size 64K', 'bad-page-size', 'size 64K', /linux-3.4/, PRELUDE_34],
    ['h_enter ea 0xc000000000000000 gpa 0 size 8K', 'bad-size', '8K', /`4K`, `64K`/],
    ['raw: h_enter flags 0 index 8 v 0x1 r 0x10192\nload raw', 'no-address', 'raw', /add `ea` on line 5/],
    ['load ea 0xc000000000010000 offset 8', 'field-needs', 'offset 8', /label/],
    ['swap-out', 'field-missing', 'swap-out', /label or `gpa` or `hva`/],
    ['swap-out gpa 0x1000000', 'no-memslot', '0x1000000', /no memslot/],
    ['load a on vcpu 2', 'unknown-vcpu', 'on vcpu 2', /vCPUs 0 to 1/],
    ['h_clear_ref a', 'not-in-kernel', 'h_clear_ref', /linux-3.4/, PRELUDE_34],
    ['load a -> hpte.abssent x1', 'unknown-event', 'hpte.abssent', /did you mean `hpte.absent`/],
    ['load a -> fault.retry why sequence', 'unknown-event-value', 'sequence', /never/],
    ['load a -> fault.retry wy seq', 'unknown-event-field', 'wy', /did you mean `why`/],
    ['load a -> no hpte.absent x2', 'ambiguous-no', 'no hpte.absent x2', /count/],
    ['load a -> pages 0x10', 'no-such-result', 'pages 0x10', /dirty-log/],
    ['load a -> H_SUCCESS', 'no-such-result', 'H_SUCCESS', /hypercall/],
    ['load a -> a valid absent', 'contradiction', 'absent', /both/],
    ['load a -> ring(b) empty', 'unknown-label', 'b', /did you mean/],
    ['load a without sequence-check', 'unknown-mutation', 'sequence-check', /`seq-check`/],
    ['load a racing page_fault.before_loc: swap-out a', 'unknown-point', 'page_fault.before_loc', /before_lock/],
    ['load a racing h_enter.after_pte: swap-out a', 'point-elsewhere', 'h_enter.after_pte', /never comes/],
    ['load a racing page_fault.in_rmap: swap-out a', 'point-elsewhere', 'page_fault.in_rmap', /rmap-lock/],
    ['load a racing page_fault.before_lock: repeat 2 load a', 'cannot-race', 'repeat', /cannot race/],
    [
      'load a racing page_fault.before_lock: load a',
      'needs-vcpu',
      'load',
      /vcpus 2/,
      PRELUDE.replace('page 4K', 'page 4K vcpus 1'),
    ],
    [
      'parallel\n  one: load a\n  two: load a\n  three: load a\n  host: age a\nend',
      'needs-vcpu',
      'parallel',
      /vcpus 3/,
    ],
    ['repeat 2', 'nothing-to-repeat', 'repeat', /neither/],
    ['repeat 2000\n  repeat 2000 load a', 'too-often', 'repeat', /4000000/],
    ['repeat 0 load a', 'out-of-range', '0', /1 to/],
    ['load ea 0xc000000000010000+pass*4K', 'pass-outside', '0xc000000000010000+pass*4K', /repeat/],
    ['parallel\nend', 'no-actors', 'parallel', /actors/],
    ['parallel\n  one: load a\n  one: load a\nend', 'duplicate-actor', 'one', /two actors/],
    ['parallel order one two\n  one: load a\nend', 'unknown-actor', 'two', /`one`/],
    ['machine power9 linux-6.1', 'second-machine', 'machine', /one machine/],
    ['', 'cpu-kernel', 'power9', /`power7`/, 'machine power9 linux-3.4\n'],
    ['', 'cpu-kernel', 'ppc970', /power10/, 'machine ppc970 linux-6.1\n'],
    ['', 'out-of-range', '12', /order 18/, 'machine power9 linux-6.1 order 12\n'],
    ['', 'field-missing', 'machine', /host kernel/, 'machine power9\n'],
    ['', 'impossible-machine', 'notifiers off', /linux-3.4/, 'machine power9 linux-6.1 notifiers off\n'],
    ['load ea 0', 'no-machine', 'load', /machine/, ''],
    ['', 'no-machine', '', /no statement/, ''],
  ];
  for (const [lines, code, at, message, prelude] of mistakes) {
    it(`${code}: ${lines === '' ? (prelude ?? '').trim() : lines.replaceAll('\n', ' / ')}`, () => {
      const result = mistake(lines, prelude);
      assert.equal(result.found.code, code);
      if (at !== '') assert.equal(result.at, at);
      assert.match(result.found.message, message);
    });
  }

  const mended = [
    'load b',
    'b: h_enter ea 0xc000000000020800 gpa 0x20000',
    'load a -> hpte.abssent x0',
    'a: h_enter ea 0xc000000000020000 gpa 0x20000',
    'b: h_enter ea 0xd000000000020000 gpa 0x20000',
    'memslot 1 gpa 0x800000 size 16M hva 0x7f0010000000',
    'memslot 0 gpa 0x1000000 size 16M hva 0x7f0010000000',
    'load a without seqcheck',
    'load a racing page_fault.in_rmap: swap-out a',
    'h_enter ea 0xc000000000020000 gpa 0x20000 pp 9',

    'lood a',
    'load a\n  load a',
    'load a\nwithout tlbie',
    'parallel\n  one: load a',
  ];
  for (const lines of mended) {
    it(`the quick fix puts right: ${lines.replaceAll('\n', ' / ')}`, () => {
      const { found, text } = mistake(lines);
      assert.notEqual(found.fixes.length, 0);
      assert.deepEqual(readScenario(applied(text, found)).diagnostics, []);
    });
  }

  it('takes a mistake for meant where the line expects an error', () => {
    assert.deepEqual(
      readScenario(`${PRELUDE}memslot 1 gpa 0 size 16M hva 0x7f0010000000 -> error EEXIST`).diagnostics,
      [],
    );
  });

  it('says nothing of what a broken line may have made', () => {
    const { diagnostics } = readScenario(
      `${PRELUDE}b: h_enter ea 0xc000000000020000 gpa 0x20000 pp\nload b -> b valid`,
    );
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['number-expected'],
    );
  });
});
