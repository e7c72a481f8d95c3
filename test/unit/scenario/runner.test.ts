// The runner: races, blocks, mutations, how expectations fail, and the recorded run behind it.

import assert from 'node:assert/strict';
import { runScenario, type ScenarioRun } from '../../../src/scenario/runner';

const PRELUDE = `machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000 log-dirty
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
`;
/** Line (from 0) of the first line behind the prelude. */
const FIRST = 4;

function run(lines: string, prelude = PRELUDE): ScenarioRun {
  const result = runScenario(prelude + lines, 'test');
  if ('problems' in result)
    throw new Error(result.problems.map(({ line, message }) => `${line + 1}: ${message}`).join('\n'));
  return result;
}

function failed(result: ScenarioRun): string[] {
  return result.statements.flatMap(({ expectations }) =>
    expectations.filter(({ passed }) => !passed).map(({ expected, seen }) => `${expected} | ${seen}`),
  );
}

describe('scenario runner', () => {
  it('names line, column, expected and seen of a failed expectation', () => {
    const result = run('store a -> a valid C, hpte.absent x2, a pp 3 absent');
    assert.equal(result.passed, false);
    const wrong = result.statements.at(-1)?.expectations.filter(({ passed }) => !passed);
    assert.deepEqual(wrong, [
      { line: FIRST, column: 22, length: 14, expected: 'hpte.absent x2', seen: 'no hpte.absent', passed: false },
      { line: FIRST, column: 38, length: 13, expected: 'a pp 3 absent', seen: 'a pp 2 valid', passed: false },
    ]);
  });

  const seen: [lines: string, failure: string][] = [
    ['store a -> a free', 'a free | a valid'],
    ['store a -> a no C', 'a no C | a C'],
    ['store a -> ring(a) empty', 'ring(a) empty | ring(a) = a'],
    ['store a -> ring(0x10) = a a', 'ring(0x10) = a a | ring(0x10) = a'],
    ['store a -> rmap(a).C', 'rmap(a).C | rmap(a) no C'],
    ['store a -> a wimg IG', 'a wimg IG | a wimg M'],
    ['store a -> a size 64K', 'a size 64K | a size 4K'],
    ['store a -> no fault.exit', 'no fault.exit | fault.exit x1'],
    ['store a -> fault.retry x1+ why seq', 'fault.retry why seq | no fault.retry why seq'],
    ['store a -> dsi', 'dsi | ok, ra 0x10000000'],
    ['store a -> mmio 0x10', 'mmio 0x10 | ok, ra 0x10000000'],
    ['store a -> seq 3', 'seq 3 | seq 0'],
    ['h_remove a -> H_NOT_FOUND', 'H_NOT_FOUND | H_SUCCESS'],
    ['h_remove a avpn -> r5 0', 'r5 0 | H_SUCCESS'],
    ['dirty-log 0 -> pages 0x10', 'pages 0x10 | ok, pages none'],
    ['dirty-log 3 -> error EINVAL', 'error EINVAL | error ENOENT'],
    ['swap-out a -> host(a) present', 'host(a) present | host(a) missing'],
    ['load a -> pteg(a) full', 'pteg(a) full | pteg(a) used 1'],
  ];
  for (const [lines, failure] of seen) {
    it(`says what is seen: ${lines}`, () => {
      const [first = ''] = failed(run(lines));
      const [expected = '', was = ''] = failure.split(' | ');
      assert.ok(first.startsWith(expected.split(' ')[0] ?? ''), first);
      assert.ok(first.includes(was), first);
    });
  }

  it('races happen once, at the first time the point is reached, on another vCPU, and stand inside the statement', () => {
    const result = run('store a racing page_fault.before_lock: swap-out a -> fault.retry x1 why seq, a valid');
    assert.deepEqual(failed(result), []);
    const { run: recorded } = result;
    const lines = Array.from({ length: recorded.length }, (_, moment) =>
      recorded.isStatement(moment) ? recorded.source(moment) : undefined,
    );
    assert.deepEqual(
      lines
        .filter((source) => source !== undefined)
        .map(({ line, actor }) => `${line}${actor === undefined ? '' : ` ${actor}`}`),
      ['0', '1', '2', '3', '4', '4 race'],
    );
    const retried = Array.from({ length: recorded.eventCount }, (_, number) => recorded.event(number)).find(
      ({ event }) => event.kind === 'fault.retry',
    );
    assert.ok(retried !== undefined);
    const [, ...outer] = recorded.frames(retried.moment);
    assert.ok(outer.length >= 1, 'after the race the frames of the fault are there again');
    assert.equal(recorded.source(retried.moment).actor, undefined);
  });

  it('says when a race never happened', () => {
    const result = run('store a\nload a racing page_fault.before_lock: swap-out a');
    assert.match(result.statements.at(-1)?.notes.join() ?? '', /page_fault.before_lock.*not reached/);
  });

  it('a raced access goes on another vCPU, which remembers its own fault', () => {
    const result = run(
      'b: h_enter ea 0xc000000000020000 gpa 0x20000 pp 2\nload a racing page_fault.before_lock: load b -> a valid, b valid, no fault.retry, fault.exit x2',
    );
    assert.deepEqual(failed(result), []);
  });

  it('mutations hold for the line or the block only', () => {
    const result = run(
      [
        'store a racing page_fault.before_lock: swap-out a without seq-check -> no fault.retry, invariant.broken',
        'swap-out a',
        'store a racing page_fault.before_lock: swap-out a -> fault.retry, no invariant.broken',
      ].join('\n'),
    );
    assert.deepEqual(failed(result), []);
  });

  it('a mutation on the machine line holds to the end, and the run says so', () => {
    const result = run(
      'store a racing page_fault.before_lock: swap-out a -> no fault.retry',
      PRELUDE.replace('page 4K', 'page 4K without seq-check'),
    );
    assert.deepEqual(failed(result), []);
    assert.match(result.run.notes.join(), /seq-check/);
  });

  it('a missing tlbie is seen through the TLB', () => {
    const withTlb = PRELUDE.replace('page 4K', 'page 4K tlb');
    assert.deepEqual(failed(run('store a\nswap-out a without tlbie\nload a -> tlb.stale', withTlb)), []);
    assert.deepEqual(failed(run('store a\nswap-out a\nload a -> no tlb.stale', withTlb)), []);
  });

  it('repeats statements, counting passes from 0, and races once within them', () => {
    const result = run(
      [
        'repeat 3 h_enter ea 0xc000000000100000+pass*4K gpa 0x20000+pass*4K pp 2 -> H_SUCCESS, hpte.enter x3',
        'store ea 0xc000000000102000 -> ok, rmap(0x22) present, rmap(0x21) empty',
        'repeat 2',
        '  load a racing page_fault.before_lock: swap-out a -> a valid',
        '  swap-out a -> a absent',
        'repeat 2 load a racing page_fault.before_lock: swap-out a -> fault.retry x1',
      ].join('\n'),
    );
    assert.deepEqual(failed(result), []);
    assert.equal(result.statements.filter(({ line }) => line === FIRST).length, 4);
  });

  it('parallel actors run as written, or in the order given', () => {
    const actors = '  reader: load a\n  pager: swap-out a\nend';
    assert.deepEqual(failed(run(`parallel\n${actors} -> a absent, no fault.retry`)), []);
    assert.deepEqual(failed(run(`parallel order pager reader\n${actors} -> a valid, no fault.retry`)), []);
    assert.deepEqual(
      failed(
        run(`parallel order reader@page_fault.before_lock pager reader\n${actors} -> a valid, fault.retry x1 why seq`),
      ),
      [],
    );
    const three = '  one: load a\n  two: load b\n  pager: swap-out a\nend';
    const b = 'b: h_enter ea 0xc000000000020000 gpa 0x20000 pp 2\n';
    assert.deepEqual(
      failed(
        run(
          `${b}parallel order one@page_fault.before_lock two@page_fault.before_lock pager two one\n${three} -> fault.retry x2, a valid, b valid`,
        ),
      ),
      [],
    );
    const crossed = run(`${b}parallel order one@page_fault.before_lock two@page_fault.before_lock one two\n${three}`);
    assert.match(failed(crossed).join(), /cannot go on/);
  });

  it('a statement that cannot be done fails, and the run goes on', () => {
    const result = run('fill pteg(a)\nc: h_enter ea in pteg(a) gpa 0x20000\nh_remove c\nload a -> ok');
    assert.equal(result.passed, false);
    assert.match(failed(result).join(), /can be done.*line 6 ended with H_PTEG_FULL/);
    assert.equal(result.statements.at(-1)?.answer.startsWith('ok'), true);
  });

  it('labels follow the HPTEs that survive a resize', () => {
    const result = run(
      [
        'keep: h_enter ea 0xc000000000040000 gpa 0x40000 pp 2 bolted',
        'resize prepare order 20',
        'resize work',
        'resize commit order 20 -> ret 0, order 20, keep absent bolted, a free',
        'load keep -> ok, keep valid',
      ].join('\n'),
    );
    assert.deepEqual(failed(result), []);
  });

  it('memory is anonymous where no vma line says else', () => {
    const text = `machine power9 linux-6.1 order 18 page 64K
memslot 0 gpa 0 size 1M hva 0x7f0000000000
vma hva 0x7f0000080000 size 64K read-only
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000000000 gpa 0x70000 pp 2
b: h_enter ea 0xc000000000010000 gpa 0x80000 pp 2
c: h_enter ea 0xc000000000020000 gpa 0x90000 pp 2
store a -> ok, a writable
load b  -> ok, b read-only
store b -> error EFAULT
store c -> ok
`;
    assert.deepEqual(failed(run(text, '')), []);
  });

  it('swaps out a range page by page, only what is present', () => {
    const lines = [
      'b: h_enter ea 0xc000000000020000 gpa 0x12000 pp 2',
      'store a',
      'store b',
      'swap-out gpa 0x10000 size 1M -> a absent, b absent, notifier.start x2',
      'swap-out gpa 0 size 16M -> no notifier.start',
    ];
    assert.deepEqual(failed(run(lines.join('\n'))), []);
  });

  it('gives the errors of a scenario that cannot run', () => {
    const result = runScenario(`${PRELUDE}load b\nlod a`, 'test');
    assert.ok('problems' in result);
    assert.deepEqual(
      result.problems.map(({ line, column, length }) => [line, column, length]),
      [
        [4, 5, 1],
        [5, 0, 3],
      ],
    );
  });

  it('is cancelled between two statements', () => {
    let asked = 0;
    const result = runScenario(`${PRELUDE}repeat 100000 load a`, 'test', { cancelled: () => ++asked > 20 });
    assert.ok(!('problems' in result));
    assert.equal(result.cutOff, true);
    assert.ok(result.statements.length <= 20);
  });

  it('travels back to where it began', () => {
    const { run: recorded } = run('store a racing page_fault.before_lock: swap-out a\nswap-out a\nload a\nh_remove a');
    const { vm } = recorded;
    const hash = () => vm.state.hash(vm.kernel.laterCalls, vm.pageShift);
    recorded.seek(recorded.length - 1);
    const end = hash();
    recorded.seek(0);
    const start = hash();
    recorded.seek(recorded.length - 1);
    assert.equal(hash(), end);
    recorded.seek(0);
    assert.equal(hash(), start);
    assert.notEqual(start, end);
  });
});
