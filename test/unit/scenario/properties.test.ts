// Properties of parser, printer, formatter and checker over random and damaged texts.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Line, ScenarioTree } from '../../../src/scenario/ast';
import { readScenario } from '../../../src/scenario/checker';
import { formatScenario } from '../../../src/scenario/formatter';
import { parseScenario } from '../../../src/scenario/parser';
import { printLine } from '../../../src/scenario/print';
import { damage, damaged, EXAMPLE, validText } from './texts';

/** What a text means: the tree without places, and without how values were spaced or arrows aligned. */
function meaning(tree: ScenarioTree): unknown {
  return JSON.parse(
    JSON.stringify(tree.statements, (key, value: unknown) => {
      if (key === 'range') return undefined;
      return typeof value === 'bigint' ? `${value}` : value;
    }),
  );
}

const comments = (tree: ScenarioTree) =>
  tree.lines.flatMap(({ comment }) => (comment === undefined ? [] : [comment.text.trimEnd()]));

function printed(line: Line, depth = 0): string {
  const { head, tail } = printLine(line);
  return `${'  '.repeat(depth)}${head} ${tail} ${line.comment?.text ?? ''}`.trimEnd();
}

describe('scenario language properties', () => {
  it('random texts that follow the grammar have no syntax errors', () => {
    fc.assert(
      fc.property(validText, (text) => {
        assert.deepEqual(parseScenario(text).diagnostics, [], text);
      }),
      { numRuns: 300 },
    );
  });

  it('parsing what was printed gives the same tree', () => {
    fc.assert(
      fc.property(validText, (text) => {
        const tree = parseScenario(text);
        const again = parseScenario(tree.lines.map((line, at) => printed(line, tree.depths[at])).join('\n'));
        assert.deepEqual(again.diagnostics, []);
        assert.deepEqual(meaning(again), meaning(tree), text);
      }),
      { numRuns: 300 },
    );
  });

  it('formatting keeps the meaning and the comments, and formatting twice changes nothing', () => {
    fc.assert(
      fc.property(validText, (text) => {
        const formatted = formatScenario(text);
        assert.equal(formatScenario(formatted), formatted, text);
        const [before, after] = [parseScenario(text), parseScenario(formatted)];
        assert.deepEqual(meaning(after), meaning(before), text);
        assert.deepEqual(comments(after), comments(before));
      }),
      { numRuns: 300 },
    );
  });

  it('parsing after an edit, with the lines that stayed, gives what parsing anew gives', () => {
    fc.assert(
      fc.property(validText, fc.array(damage, { minLength: 1, maxLength: 3 }), (text, damages) => {
        const edited = damaged(text, damages);
        const before = readScenario(text);
        const unchanged = meaning(before.tree);
        const again = readScenario(edited, before);
        const anew = readScenario(edited);
        assert.deepEqual(again.tree, anew.tree);
        assert.deepEqual(again.diagnostics, anew.diagnostics);
        assert.deepEqual(meaning(before.tree), unchanged, 'the earlier tree stays as it was');
      }),
      { numRuns: 300 },
    );
  });

  it('a damaged text is answered quickly and without an exception, and formats to a fixed point', () => {
    const source = fc.oneof(fc.constant(EXAMPLE), validText);
    fc.assert(
      fc.property(source, fc.array(damage, { minLength: 1, maxLength: 8 }), (text, damages) => {
        const broken = damaged(text, damages);
        const start = process.cpuUsage();
        const { diagnostics, tree } = readScenario(broken);
        const { user, system } = process.cpuUsage(start);
        assert.ok(user + system < 100_000, `${user + system} µs of processor time for ${JSON.stringify(broken)}`);
        for (const { range, message } of diagnostics) {
          const line = tree.lines[range.line];
          assert.ok(
            line !== undefined && range.column >= 0 && range.column + range.length <= line.text.length,
            JSON.stringify({ range, message, broken }),
          );
          assert.ok(message.length > 10);
        }
        const formatted = formatScenario(broken);
        assert.equal(formatScenario(formatted), formatted, JSON.stringify(broken));
      }),
      { numRuns: Number(process.env.HPTSCOPE_FUZZ_RUNS ?? 2000) },
    );
  }).timeout(120_000);

  it('stays linear on texts made to be slow', () => {
    const hostile = [
      `a${'('.repeat(200_000)}`,
      'repeat 2 '.repeat(30_000),
      `load a -> ${'zz, '.repeat(50_000)}`,
      `load ea ${'pass+'.repeat(50_000)}1`,
      'parallel\n'.repeat(20_000),
      Array.from({ length: 5_000 }, (_, i) => `${' '.repeat(i)}repeat 2`).join('\n'),
      Array.from({ length: 20_000 }, (_, i) => `l${i}: load lx${i}`).join('\n'),
      `memslot ${'9'.repeat(300_000)}`,
      '\n'.repeat(200_000),
    ];
    for (const text of hostile) {
      const start = process.cpuUsage();
      readScenario(text);
      formatScenario(text);
      const { user, system } = process.cpuUsage(start);
      assert.ok(user + system < 6_000_000, `${(user + system) / 1000} ms for ${text.slice(0, 40)}…`);
    }
  }).timeout(60_000);

  it('a key in a scenario of 10,000 lines is answered at once', () => {
    const block = [
      'store a  -> a valid',
      'swap-out a racing unmap.in_rmap: load a without rmap-lock  -> hpte.absent x1',
      'load a',
    ];
    const lines = [
      ...EXAMPLE.split('\n').slice(0, 7),
      ...Array.from({ length: 10_000 }, (_, at) => block[at % 3] ?? ''),
    ];
    let checked = readScenario(lines.join('\n'));
    const times: number[] = [];
    for (let key = 0; key < 9; key++) {
      lines[5_000] = `load a  # ${'x'.repeat(key)}`;
      const start = process.cpuUsage();
      checked = readScenario(lines.join('\n'), checked);
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1000);
    }
    assert.deepEqual(checked.diagnostics, []);
    const median = times.sort((a, b) => a - b)[4] ?? 0;
    assert.ok(median < 150, `${median} ms of processor time`);
  }).timeout(20_000);
});
