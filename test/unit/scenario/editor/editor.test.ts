// What the editor shows of a scenario: hover, folding, colours, formatting by edits, names that are followed and renamed, the state
// after each line, the list of expectations.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { readScenario } from '../../../../src/scenario/checker';
import { completionsAt } from '../../../../src/scenario/completion';
import { expectationsOf, verdictsOf } from '../../../../src/scenario/editor/expectationList';
import { folds } from '../../../../src/scenario/editor/folding';
import { formatEdits, lacksFinalBreak } from '../../../../src/scenario/editor/formatEdits';
import { hoverAt, type VisitOf } from '../../../../src/scenario/editor/hover';
import { nameAt, newNameProblem } from '../../../../src/scenario/editor/places';
import { semanticTokens } from '../../../../src/scenario/editor/semanticTokens';
import { inlayText, LineVisits, visitsOf } from '../../../../src/scenario/editor/visits';
import { formatScenario } from '../../../../src/scenario/formatter';
import { parseScenario } from '../../../../src/scenario/parser';
import { runScenario, type ScenarioRun } from '../../../../src/scenario/runner';
import { outline } from '../../../../src/scenario/symbols';
import { inRepository } from '../../../repository';
import { damage, damaged, validText } from '../texts';

const TEXT = `# A page goes
# and comes back.
machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M

a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
store a -> a valid C, fault.exit x1
swap-out gpa 0x10000 -> hpte.absent x2 cause unmap
  expect a absent
repeat 2
  load a without tlbie
parallel order one@page_fault.before_lock two
  one: load a
  two: swap-out a
end
load a racing page_fault.before_lock: h_protect a pp 3 -> ok
`;

const checked = readScenario(TEXT);
const lines = TEXT.split('\n');

/** Markdown of the hover at the first place of a word on a line. */
function hover(line: number, word: string, visitOf?: VisitOf) {
  const column = (lines[line] ?? '').indexOf(word);
  assert.ok(column >= 0, `${word} is on line ${line}`);
  return hoverAt(checked, line, column + 1, visitOf)?.markdown.join('\n') ?? '';
}

function runOf(text: string): ScenarioRun {
  const ran = runScenario(text, 'test');
  if ('problems' in ran) assert.fail(ran.problems.map(({ message }) => message).join('; '));
  return ran;
}

const sampleNames = readdirSync(inRepository('samples')).filter((name) => name.endsWith('.hpt'));

describe('scenario hover', () => {
  it('explains statements, fields, events, checks, points, mutations and clauses', () => {
    assert.match(hover(7, 'store'), /#### `store`/);
    assert.match(hover(6, 'gpa'), /guest physical address/i);
    assert.match(hover(7, 'fault.exit'), /in `kvmppc_book3s_hv_page_fault`|Fields:/);
    assert.match(hover(8, 'cause'), /`unmap`.*`remap`/);
    assert.match(hover(7, 'valid'), /VALID/);
    assert.match(hover(11, 'tlbie'), /without tlbie/);
    assert.match(hover(16, 'page_fault'), /not locked yet/);
    assert.match(hover(16, 'racing'), /point is reached/);
    assert.match(hover(15, 'end'), /parallel/);
    assert.match(hover(16, 'ok'), /did what it was to do/);
  });

  it('decodes addresses, protection and the size of the table', () => {
    assert.match(hover(6, '0xc0000'), /segment 0xc000000000000000 of 256M \(line 5\), VSID 0x12345/);
    assert.match(hover(6, 'gpa 0x10000'), /gfn 0x10 in memslot 0 \(line 4\)[\s\S]*hva 0x7f0000010000/);
    assert.match(hover(6, 'pp 2'), /read and write/);
    assert.match(hover(2, 'order 18'), /16384 entries in 2048 PTEGs/);
    const raw = 'machine power9 linux-6.1\nh_enter flags 0 index 8 v 0x1234501 r 0x30192\n';
    const rawHover = (word: string) =>
      hoverAt(readScenario(raw), 1, raw.split('\n')[1]?.indexOf(word) ?? 0)?.markdown.join('\n') ?? '';
    assert.match(rawHover('v 0x'), /AVPN 0x2468a, 256M segment\n\* VALID/);
    assert.match(rawHover('r 0x'), /RPN 0x30, pp 2.*\n\* WIMG M, key 0, R C/);
  });

  it('tells what a label names and what the last run made of it', () => {
    const { run, labels } = runOf(TEXT.replace('x2 cause', 'x1 cause'));
    const visits = new LineVisits(visitsOf(run, labels));
    const visitOf = (line: number) => visits.at(line, lines[line] ?? '');
    assert.match(hover(7, ' a '), /names an HPTE, made on line 7/);
    assert.match(hover(7, ' a ', visitOf), /Last run: HPTE 0x[0-9a-f]+, here `valid R C pp 2`/);
    assert.match(hover(7, 'store', visitOf), /\*\*Last run:\*\* .*`hpte.reinstate x1`.*after it `a valid R C pp 2`/);
    assert.doesNotMatch(hover(8, 'swap-out', visitOf), /Last run/, 'line 9 is another than the one that ran');
  });

  it('says nothing in comments and between words', () => {
    assert.equal(hoverAt(checked, 0, 4), undefined);
    assert.equal(hoverAt(checked, 500, 0), undefined);
  });
});

describe('scenario names', () => {
  const at = (line: number, word: string) => nameAt(checked, line, (lines[line] ?? '').indexOf(word));

  it('are labels with all their uses, and actors with their turns', () => {
    const label = at(6, 'a:');
    assert.equal(label?.kind, 'hpte');
    assert.deepEqual(
      label?.places.map(({ line }) => line),
      [6, 7, 7, 9, 11, 13, 14, 16, 16],
    );
    const actor = at(13, 'one');
    assert.equal(actor?.kind, 'actor');
    assert.deepEqual(
      actor?.places.map(({ line, column }) => [line, column]),
      [
        [13, 2],
        [12, 15],
      ],
    );
    assert.deepEqual(at(12, 'one'), actor);
    assert.equal(at(2, 'power9'), undefined);
  });

  it('cannot be what the language uses or what is taken', () => {
    const label = at(6, 'a:');
    const actor = at(13, 'one');
    assert.ok(label && actor);
    assert.equal(newNameProblem(checked, label, 'page-1'), undefined);
    assert.match(newNameProblem(checked, label, 'valid') ?? '', /word of the language/);
    assert.match(newNameProblem(checked, label, '1a') ?? '', /letters/);
    assert.match(newNameProblem(checked, actor, 'two') ?? '', /already an actor/);
    assert.equal(newNameProblem(checked, actor, 'reader'), undefined);
  });
});

describe('scenario folding and colours', () => {
  it('folds comments, blocks and what belongs to a statement', () => {
    assert.deepEqual(folds(checked), [
      { from: 0, to: 1, kind: 'comment' },
      { from: 8, to: 9, kind: 'block' },
      { from: 10, to: 11, kind: 'block' },
      { from: 12, to: 14, kind: 'block' },
    ]);
  });

  it('colours what only the meaning tells', () => {
    const shown = semanticTokens(checked).map(({ range, type }) => {
      const text = lines[range.line]?.slice(range.column, range.column + range.length);
      return `${range.line} ${text} ${type}`;
    });
    for (const wanted of [
      '2 power9 enumMember',
      '6 a variable',
      '7 fault.exit event',
      '7 valid property',
      '11 tlbie macro',
      '12 one class',
      '12 page_fault.before_lock function',
      '13 one class',
      '16 page_fault.before_lock function',
      '16 ok enumMember',
    ])
      assert.ok(shown.includes(wanted), `${wanted} in ${shown.join(', ')}`);
  });
});

/** Applies line edits to a text, last one first. */
function applied(text: string, first?: number, last?: number): string {
  const tree = parseScenario(text);
  const all = tree.lines.map((line) => line.text);
  for (const { from, to, lines: now } of formatEdits(tree, first, last).reverse()) all.splice(from, to - from, ...now);
  const whole = first === undefined && lacksFinalBreak(tree);
  return all.join('\n') + (whole ? '\n' : '');
}

describe('scenario formatting by edits', () => {
  it('is what the formatter gives, for any text', () => {
    fc.assert(
      fc.property(validText, fc.array(damage, { maxLength: 3 }), (text, damages) => {
        const now = damaged(text, damages);
        assert.equal(applied(now), formatScenario(now));
      }),
      { numRuns: 400 },
    );
  });

  it('touches no line outside of the range', () => {
    assert.equal(applied('load   a\nload   b\nload   c\n', 1, 1), 'load   a\nload b\nload   c\n');
  });
});

describe('state after each line', () => {
  it('is told where a labelled HPTE changed', () => {
    const { run, labels } = runOf(TEXT.replace('x2 cause', 'x1 cause'));
    const position = run.position;
    const visits = new LineVisits(visitsOf(run, labels));
    assert.equal(run.position, position, 'the run stays where it is');
    const shown = (line: number, moment?: number) => {
      const visit = visits.at(line, lines[line]?.replace('x2 cause', 'x1 cause') ?? '', moment);
      return visit && inlayText(visit);
    };
    assert.equal(shown(6), 'a absent pp 2');
    assert.equal(shown(7), 'a valid R C pp 2');
    assert.match(shown(8) ?? '', /^a absent( R)?( C)? pp 2$/);
    assert.equal(shown(7, 0), undefined, 'it has not run at moment 0');
    assert.equal(shown(3), '');
    assert.equal(visits.firstStale(lines.map((text) => ({ text }))), 8);
    const same = lines.map((text) => ({ text: text.replace('x2 cause', 'x1 cause') }));
    assert.equal(visits.firstStale(same), Number.POSITIVE_INFINITY);
  });
});

describe('list of expectations', () => {
  it('has each with its place, and what a run made of it', () => {
    const all = expectationsOf(checked);
    assert.deepEqual(
      all.map(({ text, range }) => `${range.line} ${text}`),
      ['7 a valid C', '7 fault.exit x1', '8 hpte.absent x2 cause unmap', '9 a absent', '16 ok'],
    );
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    const { byId, others } = verdictsOf(all, runOf(TEXT));
    const failed = all.filter(({ id }) => (byId.get(id)?.failed.length ?? 0) > 0).map(({ text }) => text);
    assert.ok(failed.includes('hpte.absent x2 cause unmap'), failed.join());
    assert.ok(!failed.includes('a valid C'));
    assert.deepEqual(others, []);
  });

  for (const name of sampleNames) {
    it(`holds in ${name}`, () => {
      const text = readFileSync(inRepository(`samples/${name}`), 'utf8');
      const all = expectationsOf(readScenario(text));
      const ran = runOf(text);
      const { byId, others } = verdictsOf(all, ran);
      assert.ok(all.length > 0);
      assert.deepEqual(others, []);
      for (const { id, text: what } of all) {
        assert.ok((byId.get(id)?.times ?? 0) > 0, `${what} was judged`);
        assert.deepEqual(byId.get(id)?.failed, [], what);
      }
    });
  }
});

/** Asks all that the editor asks of a text. */
function askEverything(text: string, line: number, column: number): void {
  const known = readScenario(text);
  const row = known.tree.lines[line]?.text ?? '';
  hoverAt(known, line, column);
  completionsAt(row, line, Math.min(column, row.length), known.labels);
  nameAt(known, line, column);
  folds(known);
  outline(known);
  expectationsOf(known);
  formatEdits(known.tree);
  semanticTokens(known);
}

describe('the editor on damaged texts', () => {
  it('answers everywhere, without an exception and in bounded time', function () {
    this.timeout(120_000);
    fc.assert(
      fc.property(
        fc.oneof(validText, fc.constant(TEXT)),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(60),
        (text, damages, at, column) => {
          const now = damaged(text, damages);
          const all = now.split(/\r\n|\n|\r/);
          const line = Math.floor(at * all.length);
          // on a busy machine a measurement may be interrupted: the best of three counts
          let took = Number.POSITIVE_INFINITY;
          for (let round = 0; round < 3 && took > 100; round++) {
            const start = performance.now();
            askEverything(now, line, column);
            took = Math.min(took, performance.now() - start);
          }
          assert.ok(took <= 100, `${took} ms`);
          for (const { range } of semanticTokens(readScenario(now)))
            assert.ok(range.column + range.length <= (all[range.line]?.length ?? -1), 'a token lies within its line');
        },
      ),
      { numRuns: 5000 },
    );
  });
});
