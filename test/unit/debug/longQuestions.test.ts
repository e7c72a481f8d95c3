// Questions of a long run that take long: answered in turns with the answer that they have at once, cancelled, told as progress.

import { strict as assert } from 'node:assert';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { setDataBreakpoints, setExceptionBreakpoints, setFunctionBreakpoints } from '../../../src/debug/breakpoints';
import { type Clock, inTurns, type Turn } from '../../../src/debug/breath';
import { changesOf, dataPoint } from '../../../src/debug/dataPoints';
import { Debuggee } from '../../../src/debug/debuggee';
import { evaluate } from '../../../src/debug/evaluate';
import { parseExpression } from '../../../src/debug/expression';
import { Questions } from '../../../src/debug/questions';
import { show } from '../../../src/debug/values';
import { asked, whyChain } from '../../../src/debug/why';
import { atOnce } from '../../../src/timeline/slices';
import { inRepository } from '../../repository';
import { Adapter } from '../../support/adapter';
import { longRun } from '../../support/longRun';

/** Questions, each of which takes more than one slice on the run below; PAGE, HPTE and PTEG are busy ones of it. */
const texts = [
  'changes(PAGE)',
  'changes(PTEG)',
  'changes(HPTE) + changes(hpte[7])',
  'count(hva)',
  'count(access, 1s)',
  'count(access, 1s) > count(fault, 1s)',
  'why(PAGE)',
  'why(PAGE.rmap.present)',
  'why(HPTE.r.C)',
  'why(HPTE.state).moment == why(HPTE.r.C).moment',
];

/** The same run each time, of which nothing has been asked yet; it stands in a fault before the reset of its table. */
function fresh(): { readonly debuggee: Debuggee; readonly questions: Questions } {
  const { run } = longRun(10_000, 10_000);
  const trouble = (text: string) => assert.fail(text);
  const debuggee = new Debuggee({ run, labels: new Map(), path: 'mixed', problems: [] }, { log: trouble, trouble });
  const before = run.momentOfSource(4_900);
  const faults = [...run.eventsOf('fault.gup')].map((number) => run.eventMomentOf(number));
  run.seek(faults.filter((moment) => moment < before).at(-1) ?? 0);
  return { debuggee, questions: new Questions(debuggee, { in: (line) => line, out: (line) => line }) };
}

/** A turn that counts, looks whether the run is where it was, and ends the work at the `last` one. */
function counting({ run }: Debuggee, last = Number.POSITIVE_INFINITY): { readonly turn: Turn; taken: number } {
  const here = run.position;
  const counter = {
    taken: 0,
    turn: () => {
      assert.equal(run.position, here, 'others find the run where it was');
      return Promise.resolve(++counter.taken < last);
    },
  };
  return counter;
}

/** A text about a page and an HPTE that faults, invalidations and the hardware change. */
function filledIn({ run }: Debuggee, text: string): string {
  const numbers = [...run.eventsOf('hpte.reinstate')].filter((number) => run.eventMomentOf(number) <= run.position);
  const last = run.event(numbers.at(-1) ?? 0).event;
  assert.ok(last.kind === 'hpte.reinstate');
  return text
    .replaceAll('PAGE', `page(gfn ${last.gfn})`)
    .replaceAll('HPTE', `hpte[${last.index}]`)
    .replaceAll('PTEG', `pteg[${last.index >> 3n}]`);
}

function pageOf({ run }: Debuggee, gfn: number) {
  const point = dataPoint(run.vm, `page:${gfn}`);
  assert.ok(point !== undefined);
  return point;
}

describe('questions that take long', function () {
  this.timeout(60_000);

  for (const text of texts) {
    it(`${text} gives way, and has the answer that it has at once`, async () => {
      const { debuggee } = fresh();
      const expression = filledIn(debuggee, text);
      const atOnceAnswer = show(evaluate(parseExpression(expression), debuggee.scope()));
      assert.notEqual(atOnceAnswer, 'unknown');
      const { debuggee: other, questions: asker } = fresh();
      const counter = counting(other);
      const { result } = (await asker.evaluate({ expression, context: 'repl' }, counter.turn)) ?? {};
      assert.equal(result, atOnceAnswer);
      assert.ok(counter.taken > 0, 'others had their turn');
      assert.equal((await asker.evaluate({ expression }, counter.turn))?.result, atOnceAnswer, 'asked again');
    });

    it(`${text} can be cancelled between two slices, and asked again`, async () => {
      const { debuggee, questions: asker } = fresh();
      const expression = filledIn(debuggee, text);
      const here = debuggee.position;
      const counter = counting(debuggee, 1);
      await assert.rejects(asker.evaluate({ expression }, counter.turn), /^Error: The question was cancelled\.$/);
      assert.deepEqual([counter.taken, debuggee.position], [1, here]);
      const again = await asker.evaluate({ expression }, counting(debuggee).turn);
      assert.equal(again?.result, show(evaluate(parseExpression(expression), debuggee.scope())));
    });
  }

  it('a mistake is told at its place, whatever had to be found before', async () => {
    const { debuggee, questions: asker } = fresh();
    const wrong = 'changes(page(gfn 0x21)) + nothing';
    const { turn } = counting(debuggee);
    await assert.rejects(asker.evaluate({ expression: wrong }, turn), /character 27: there is no "nothing" here/);
  });

  it('the value before is found in turns as well', async () => {
    const { debuggee, questions: asker } = fresh();
    const [moment = 0] = changesOf(debuggee.run, pageOf(debuggee, 0x21)).slice(-1);
    debuggee.run.seek(moment);
    const expression = 'changes(page(gfn 0x21))';
    const body = await asker.evaluate({ expression, context: 'watch' }, counting(debuggee).turn);
    const [, now, before] = /^(\d+) {2}\(before (\d+)\)$/.exec(body?.result ?? '') ?? [];
    assert.equal(Number(now), Number(before) + 1);
  });

  it('a question is given up when the run is moved while it is answered', async () => {
    const { debuggee, questions: asker } = fresh();
    const turn = () => {
      debuggee.run.seek(0);
      return Promise.resolve(true);
    };
    await assert.rejects(asker.evaluate({ expression: 'count(hva)' }, turn), /The run has moved on/);
  });

  it('completions after something long are worked out in turns', async () => {
    const { debuggee, questions: asker } = fresh();
    const counter = counting(debuggee);
    const text = filledIn(debuggee, 'why(HPTE.r.C).mom');
    const body = await asker.completions({ text, column: text.length + 1 }, counter.turn);
    assert.deepEqual(
      body?.targets.map(({ label }) => label),
      ['moment'],
    );
    assert.ok(counter.taken > 0);
  });

  it('the chain of "why" gives way before its first link', () => {
    const { debuggee } = fresh();
    const { run } = debuggee;
    const chain = whyChain(run, asked('page(gfn 0x21)', debuggee.scope()), run.position);
    assert.deepEqual(chain.next(), { done: false, value: undefined });
    const links = [...chain].filter((link) => link !== undefined);
    assert.deepEqual(
      links.map(({ moment }) => moment),
      [...whyChain(run, asked('page(gfn 0x21)', debuggee.scope()), run.position)].flatMap((link) => link?.moment ?? []),
    );
  });
});

describe('breakpoints of a long run', () => {
  const settings = {
    data: (debuggee: Debuggee) => setDataBreakpoints(debuggee, [{ dataId: 'page:0x21' }, { dataId: 'hpte:7' }]),
    functions: (debuggee: Debuggee) => setFunctionBreakpoints(debuggee, [{ name: 'kvmppc_hpte_hv_fault' }]),
    events: (debuggee: Debuggee) => setExceptionBreakpoints(debuggee, { filters: ['access.done', 'access.hdsi'] }),
  };
  const moments = ({ stops }: Debuggee, to: number) => {
    const found: number[] = [];
    for (let at = stops.nextCandidate(-1, 1); at >= 0 && at < to; at = stops.nextCandidate(at, 1)) found.push(at);
    return found;
  };

  for (const [name, setting] of Object.entries(settings)) {
    it(`${name}: are looked up in turns, and the same as at once; cancelled, the earlier ones hold`, async () => {
      const { debuggee } = fresh();
      const { debuggee: other } = fresh();
      const counter = counting(other, 1);
      assert.equal(await inTurns(setting(other), counter.turn), undefined);
      assert.deepEqual([counter.taken, moments(other, other.run.length)], [1, []]);
      const set = await inTurns(setting(other), counting(other).turn);
      const expected = atOnce(setting(debuggee));
      assert.deepEqual(
        set?.map(({ verified }) => verified),
        expected.map(() => true),
      );
      const found = moments(other, other.run.length);
      assert.ok(found.length > 0);
      assert.deepEqual(found, moments(debuggee, debuggee.run.length));
    });
  }
});

describe('the debug adapter, asked what takes long', () => {
  const pageOut = inRepository('samples/page-out.hpt');
  let adapter: Adapter;
  let events: string[];
  /** lets the adapter go on after it has given way */
  let goOn: () => void;
  /** resolves when it gives way next */
  let givenWay: Promise<void>;

  /** Half a second passes whenever it is looked at, and nobody has their turn before the test says so. */
  function slowClock(): Clock {
    let time = 0;
    let tell: () => void = () => {};
    const next = () => {
      givenWay = new Promise((told) => {
        tell = told;
      });
    };
    next();
    return {
      now: () => (time += 501),
      giveWay: () =>
        new Promise((resume) => {
          goOn = () => {
            next();
            resume();
          };
          tell();
        }),
    };
  }

  beforeEach(async () => {
    adapter = await Adapter.start(new Map(), { clock: slowClock() });
    events = [];
    const { client } = adapter;
    client.on('progressStart', ({ body }: DebugProtocol.ProgressStartEvent) => {
      if (body.progressId.startsWith('question'))
        events.push(`${body.progressId} begins: ${body.title}, ${body.cancellable}`);
    });
    client.on('progressEnd', ({ body }: DebugProtocol.ProgressEndEvent) => {
      if (body.progressId.startsWith('question')) events.push(`${body.progressId} ends`);
    });
    await client.initializeRequest({ adapterID: 'hpt', pathFormat: 'path', supportsProgressReporting: true });
    const stopped = adapter.stopped();
    const initialized = client.waitForEvent('initialized').then(() => client.configurationDoneRequest());
    const launched: DebugProtocol.LaunchRequestArguments & { program: string } = { program: pageOut };
    await Promise.all([client.launchRequest(launched), initialized, stopped]);
    await client.setExceptionBreakpointsRequest({ filters: [] });
    await adapter.move('hpt/goToMoment', { moment: 100 });
  });
  afterEach(() => adapter.stop());

  it('answers others meanwhile, and tells that it is under way', async () => {
    const answer = adapter.evaluate('changes(a)');
    await givenWay;
    assert.equal((await adapter.state()).moment, 100);
    assert.match(events.join(), /^question-\d+ begins: HPT Scope: searching the run, true$/);
    goOn();
    assert.equal(await answer, '4');
    await adapter.state();
    assert.match(events[1] ?? '', /^question-\d+ ends$/);
  });

  for (const by of ['progressId', 'requestId'] as const) {
    it(`is cancelled by the ${by}, and moves nothing`, async () => {
      const refused = assert.rejects(adapter.evaluate('changes(a)'), /^Error: cancelled$/);
      await givenWay;
      await adapter.state();
      const [, progressId = '', number] = /^(question-(\d+)) /.exec(events[0] ?? '') ?? [];
      await adapter.client.customRequest(
        'cancel',
        by === 'progressId' ? { progressId } : { requestId: Number(number) },
      );
      goOn();
      await refused;
      assert.equal((await adapter.state()).moment, 100);
      assert.equal(events.length, 2, 'its progress has ended');
    });
  }

  it('moves when the breakpoints that were asked for before are set', async () => {
    const set = adapter.client.setDataBreakpointsRequest({
      breakpoints: [{ dataId: `hpte:${0x1aa8}` }],
    });
    await givenWay;
    const stopped = adapter.move('reverseContinue');
    await adapter.state();
    goOn();
    assert.equal((await set).body.breakpoints[0]?.verified, true);
    assert.equal((await stopped).reason, 'data breakpoint');
  });
});
