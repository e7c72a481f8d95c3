// The expression language: what it means, where its mistakes are, and that no text can make it throw anything else, hang or take
// long. Launch configurations the same.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { attachOptions } from '../../../src/debug/attach';
import { complete } from '../../../src/debug/complete';
import { dataPoint } from '../../../src/debug/dataPoints';
import { evaluate, type Scope } from '../../../src/debug/evaluate';
import { ExpressionError, parseExpression, tryParse } from '../../../src/debug/expression';
import { followed } from '../../../src/debug/follow';
import { launchOptions } from '../../../src/debug/launch';
import { FUNCTIONS, NAMES } from '../../../src/debug/names';
import { hitFilter, logTemplate } from '../../../src/debug/stops';
import { show } from '../../../src/debug/values';
import { asked } from '../../../src/debug/why';
import { runScenario } from '../../../src/scenario/runner';
import { inRepository } from '../../repository';

/** How many inputs each property tries; HPTSCOPE_FUZZ names another number (20000 for the full run). */
const numRuns = Number(process.env.HPTSCOPE_FUZZ ?? 600);

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function openedAt(kind: string): Scope {
  const ran = runScenario(readFileSync(inRepository('samples/page-out.hpt'), 'utf8'), 'page-out.hpt');
  if ('problems' in ran) throw new Error(ran.problems[0]?.message);
  const { run, labels } = ran;
  for (let i = 0; i < run.eventCount; i++) {
    if (run.eventName(i) !== kind) continue;
    run.seek(run.eventMomentOf(i));
    return { run, labels, actor: 'host', event: run.event(i).event, number: i };
  }
  throw new Error(`no ${kind} in the sample`);
}

describe('expressions', () => {
  let scope: Scope;
  before(() => {
    scope = openedAt('hpte.absent');
  });

  const value = (text: string): string => show(evaluate(parseExpression(text), scope));

  for (const [text, expected] of [
    ['1 + 2 * 3', '0x7'],
    ['(1 + 2) * 3', '0x9'],
    ['0x10 >> 2 | 1', '0x5'],
    ['64K + 4K', '0x11000'],
    ['7 - 10', '-0x3'],
    ['~0', '0xffffffffffffffff'],
    ['0xffffffffffffffff + 1', '0x0'],
    ['1 << 64', '0x0'],
    ['3 < 4 && !(3 > 4)', 'yes'],
    ['gfn in 0x10..0x20', 'yes'],
    ['gfn in 0x11..0x20', 'no'],
    ['cause == unmap', 'yes'],
    ["cause != 'unmap'", 'no'],
    ['a.state', 'absent'],
    ['old.state == valid && new.state == absent', 'yes'],
    ['a.v.absent', 'yes'],
    ['a.v & 0x20', '0x20'],
    ['hpte[a] == hpte(a)', 'yes'],
    ['index == a', 'yes'],
    ['hpte.index == event.index', 'yes'],
    ['a.pteg * 8 + a.slot == a', 'yes'],
    ['rmap(0, gfn 0x10) == rmap(gfn 0x10)', 'yes'],
    ['rmap(gpa 0x10000) == rmap(a)', 'yes'],
    ['ring(page).length', '1'],
    ['ring(gfn 0x10)[0] == b', 'yes'],
    ['slot(hva 0x7f0000010000).id', '0'],
    ['slot(gpa 0x70000000)', 'unknown'],
    ['slot(gpa 0x70000000).id == 3', 'unknown'],
    ['host(gfn 0x10).pte.present', 'no'],
    ['hash(0xc000000000010000).pteg == a.pteg', 'yes'],
    ['hash(0xc000000000010000).candidates[0].index / 8 == a.pteg', 'yes'],
    ['vcpu.msr.DR && vcpu[0].msr.IR', 'yes'],
    ['vcpu(7)', 'unknown'],
    ['count(hpte.absent)', '1'],
    ['count(hpte)  > count(hpte.absent)', 'yes'],
    ['changes(a) > 2', 'yes'],
    ['why(a).moment == moment', 'yes'],
    ['function', 'kvm_unmap_rmapp'],
    ['function == kvm_unmap_rmapp', 'yes'],
    ['actor', 'host'],
    ['line', '20'],
    ['local.gfn', '0x10'],
    ['seq', '0x0'],
    ['notifier.count', '1'],
    ['ea', 'unknown'],
    ['gfn == 0x10 && page.gfn == gfn', 'yes'],
    ['slot == 0 && slot.hva == 0x7f0000000000', 'yes'],
    ['hva == slot.hva + 0x10000', 'yes'],
    ['pteg == hpte.pteg', 'yes'],
    ['pfn', 'unknown'],
    ['vcpu == 0', 'yes'],
    ["vm == 'page-out.hpt' && vm.order == 18", 'yes'],
    ["vm.kernel == 'linux-6.1'", 'yes'],
    ['known == observed', 'yes'],
    ['generation', '0'],
    ['ret', 'unknown'],
    ['dsisr & 0x40000000', 'unknown'],
    ['vsid', 'unknown'],
    ['task', 'unknown'],
    ['dt > 100us', 'unknown'],
    ['100us + 1ms', '0x10c8e0'],
    ['2s == 2000ms && 1us == 1000ns', 'yes'],
    ['count(gfn, 1ms)', 'unknown'],
    ['dt(hpte.enter)', 'unknown'],
    ['why(a.state).moment == moment', 'yes'],
    ['why(a.r.rpn).moment < moment', 'yes'],
    ['hpte[0x7fffffffffff]', 'unknown'],
  ] as const) {
    it(`${text} is ${expected}`, () => assert.equal(value(text), expected));
  }

  for (const [text, at, expected] of [
    ['', 0, /expected an expression/],
    ['1 +', 3, /expected a value, got the end/],
    ['(1', 2, /expected "\)"/],
    ['1 2', 2, /expected an operator or the end, got "2"/],
    ['hpte[', 5, /expected a value/],
    ['0x', 0, /is no number/],
    ['12ab', 0, /is no number/],
    ['0x10us', 0, /is no number/],
    ['dt(3)', 3, /expected an event kind/],
    ['count(hpte.absent, 1ms, 2)', 0, /expected count\(hpte/],
    ['why(3)', 4, /expected an HPTE/],
    ['why(moment.x)', 4, /has no fields/],
    ['0x10000000000000000', 0, /at most 64 bits/],
    ["'open", 0, /not closed/],
    ['a # b', 2, /means nothing here/],
    ['gfn in 3', 8, /expected "\.\."/],
    ['nobody', 0, /there is no "nobody"/],
    ['1 + walk(3)', 4, /there is no function "walk"/],
    ['slot()', 0, /expected slot\(gpa/],
    ['a.colour', 2, /no field "colour"; there are state/],
    ['1 / 0', 0, /division by zero/],
    ['a.state + 1', 0, /expected a number, got absent/],
    ['count(moon)', 6, /expected an event kind/],
    ['changes(3)', 8, /expected an HPTE/],
    ['('.repeat(200), 0, /too deeply/],
    ['1 + '.repeat(400), 0, /at most 1000/],
  ] as const) {
    it(`${text.slice(0, 20)} is a mistake at its place`, () => {
      assert.throws(
        () => value(text),
        (error) => {
          assert.ok(error instanceof ExpressionError, String(error));
          assert.match(error.message, expected);
          if (at > 0) assert.equal(error.at, at);
          assert.ok(error.at >= 0 && error.at <= Math.max(text.length, 1000));
          return true;
        },
      );
    });
  }

  it('counts the events that name the same page or entry, up to the one at hand', () => {
    const { run, event, number } = scope;
    assert.ok(event?.kind === 'hpte.absent' && number !== undefined);
    const events = Array.from({ length: number + 1 }, (_, i) => run.event(i).event);
    const naming = (name: 'gfn' | 'index') =>
      events.filter((other) => name in other && (other as unknown as Record<string, unknown>)[name] === event[name])
        .length;
    assert.equal(value('count(gfn)'), String(naming('gfn')));
    assert.equal(value('count(index)'), String(naming('index')));
    assert.ok(naming('gfn') > 1 && naming('index') > 1);
  });

  it('no text makes it do anything but answer or tell a mistake, within 100 ms', function () {
    this.timeout(10_000 + numRuns * 20);
    const words = [
      ...Object.keys(NAMES),
      ...Object.keys(FUNCTIONS),
      'a',
      'b',
      'gfn',
      'gpa',
      'hva',
      'ea',
      'in',
      '..',
      'state',
      'v',
      'ring',
    ];
    const signs = [
      '(',
      ')',
      '[',
      ']',
      '.',
      ',',
      '+',
      '-',
      '*',
      '/',
      '%',
      '<<',
      '>>',
      '==',
      '!=',
      '<',
      '&&',
      '||',
      '!',
      '~',
      "'",
      ' ',
    ];
    const duration = fc
      .tuple(fc.nat(), fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'K'))
      .map(([n, unit]) => `${n}${unit}`);
    const point = fc
      .tuple(fc.constantFrom('hpte', 'pteg', 'page', 'rmap'), fc.nat(0x4000), fc.constantFrom('', '@0', '@1', ':0x10'))
      .map(([kind, place, more]) => `${kind}:0x${place.toString(16)}${more}`);
    const part = fc.oneof(
      duration,
      point,
      fc.constantFrom(...words),
      fc.constantFrom(...signs),
      fc.bigInt(0n, (1n << 66n) - 1n).map((n) => `0x${n.toString(16)}`),
      fc.nat().map(String),
      fc.string({ maxLength: 4 }),
    );
    const texts = fc.oneof(
      fc.array(part, { maxLength: 24 }).map((parts) => parts.join('')),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join(' ')),
      fc.string({ maxLength: 60, unit: 'binary' }),
    );
    fc.assert(
      fc.property(texts, fc.nat(80), (text, column) => {
        const here = scope.run.position;
        // the machine may be busy with something else: the quickest of three tries counts
        const times = [0, 0, 0].map(() => timed(() => work(text, column)));
        assert.ok(Math.min(...times) < 100, `${times} ms`);
        assert.equal(scope.run.position, here);
      }),
      { numRuns },
    );
  });

  function work(text: string, column: number): void {
    const tree = tryParse(text);
    if (!(tree instanceof ExpressionError)) {
      try {
        show(evaluate(tree, scope));
      } catch (error) {
        assert.ok(error instanceof ExpressionError, String(error));
      }
    }
    complete(text, column, scope);
    assert.ok(['string', 'function'].includes(typeof hitFilter(text)));
    logTemplate(text);
    assert.ok(['string', 'object'].includes(typeof followed(text)));
    dataPoint(scope.run.vm, text);
    try {
      asked(text, scope);
    } catch (error) {
      assert.ok(error instanceof ExpressionError, String(error));
    }
  }

  it('completes fields, functions and event kinds where they can stand', () => {
    const labels = (text: string) => complete(text, text.length, scope).items.map(({ label }) => label);
    assert.deepEqual(labels('gfn == 1 && a.gu'), ['guest']);
    assert.deepEqual(labels('hpte[0x1aa8].v.ab'), ['absent']);
    assert.deepEqual(labels('ring(gfn 0x10)[0].st'), ['state']);
    assert.deepEqual(labels('count(dirty.'), ['dirty.set', 'dirty.read', 'dirty.lost']);
    assert.deepEqual(labels('dt(fault.en'), ['fault.enter']);
    assert.deepEqual(labels('count(h').slice(0, 3), ['hva', 'hpte.enter', 'hpte.absent']);
    assert.deepEqual(labels('nobody.'), []);
  });
});

describe('launch configurations', () => {
  for (const [configuration, property, message] of [
    [{}, 'program', /expected the path of a scenario.*got nothing/],
    [{ program: 'a.hpt', stepping: 'leaps' }, 'stepping', /expected one of "table".*got "leaps"/],
    [{ program: 'a.hpt', stopOnEntry: 'yes' }, 'stopOnEntry', /expected true or false, got "yes"/],
    [{ program: 'a.hpt', stoponentry: true }, 'stoponentry', /did you mean "stopOnEntry"\?/],
    [{ program: 'a.hpt', follow: 'gfn ten' }, 'follow', /expected "gfn 0x10".*got "gfn ten"/],
    [{ program: 'a.hpt', follow: 16 }, 'follow', /expected a text.*got 16/],
  ] as const) {
    it(`${JSON.stringify(configuration)} is wrong in "${property}"`, () => {
      const options = launchOptions(configuration);
      assert.ok('mistakes' in options);
      assert.deepEqual(
        options.mistakes.map((mistake) => mistake.property),
        [property],
      );
      assert.match(options.mistakes[0]?.message ?? '', message);
    });
  }

  for (const [configuration, property, message] of [
    [{}, 'trace', /expected the path of a growing ftrace text.*got nothing/],
    [{ trace: 'trace_pipe', stopOnEntry: 1 }, 'stopOnEntry', /expected true or false, got 1/],
    [{ trace: 'trace_pipe', steping: 'table' }, 'steping', /did you mean "stepping"\?/],
    [{ trace: 'trace_pipe', program: 'a.hpt' }, 'program', /no such property/],
    [[], undefined, /expected an object with "trace"/],
  ] as const) {
    it(`${JSON.stringify(configuration)} to attach is wrong in "${property}"`, () => {
      const options = attachOptions(configuration);
      assert.ok('mistakes' in options);
      assert.deepEqual(
        options.mistakes.map((mistake) => mistake.property),
        [property],
      );
      assert.match(options.mistakes[0]?.message ?? '', message);
    });
  }

  it('say what to follow', () => {
    const options = launchOptions({ program: 'a.hpt', follow: 'gpa 0x10000' });
    assert.ok(!('mistakes' in options));
    assert.deepEqual(options.follow, { what: 'gpa', value: 0x10000n });
  });

  it('any object is accepted or told what is wrong with it', () => {
    const values = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.boolean(),
      fc.constantFrom('table', 'steps', '${', '', 'a.hpt'),
    );
    const configurations = fc.oneof(
      fc.anything(),
      fc.record(
        {
          type: fc.constant('hpt'),
          program: values,
          trace: values,
          stopOnEntry: values,
          stepping: values,
          follow: fc.oneof(values, fc.constantFrom('gfn 0x10', 'hpte 3', 'vcpu', 'a', 'gfn a')),
          noDebug: values,
          __x: values,
          other: values,
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(configurations, (configuration) => {
        for (const options of [
          launchOptions(configuration as Readonly<Record<string, unknown>>),
          attachOptions(configuration),
        ]) {
          if (!('mistakes' in options)) {
            assert.equal(typeof options.program, 'string');
            continue;
          }
          assert.ok(
            options.mistakes.length > 0 &&
              options.mistakes.every(({ property, message }) => property !== undefined || /expected/.test(message)) &&
              options.mistakes.every(({ message }) => /expected|no such property/.test(message)),
          );
        }
      }),
      { numRuns },
    );
  });
});
