// Every request and capability that the adapter announces, through debugadapter-testsupport.

import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { EVENT_NAMES, EVENTS } from '../../../src/model/events';
import { inRepository } from '../../repository';
import { Adapter } from '../../support/adapter';

const pageOut = inRepository('samples/page-out.hpt');
const text = readFileSync(pageOut, 'utf8').split('\n');
/** Line of page-out.hpt, from 1, that begins so. */
const lineOf = (start: string): number => text.findIndex((line) => line.startsWith(start)) + 1;
const swapOut = lineOf('swap-out');

describe('debug adapter', () => {
  let adapter: Adapter;
  beforeEach(async () => {
    adapter = await Adapter.start();
  });
  afterEach(() => adapter.stop());

  const filters = (...names: string[]) => adapter.client.setExceptionBreakpointsRequest({ filters: names });
  const atAbsent = () => adapter.launch(pageOut, { stopOnEntry: false }, () => filters('hpte.absent'));
  const source: DebugProtocol.Source = { path: pageOut };
  const lines = (...breakpoints: DebugProtocol.SourceBreakpoint[]) =>
    adapter.client.setBreakpointsRequest({ source, breakpoints }).then(({ body }) => body.breakpoints);

  it('announces one exception filter for each kind of event, with its title', async () => {
    const { body } = await adapter.client.initializeRequest();
    const announced = body?.exceptionBreakpointFilters ?? [];
    assert.deepEqual(
      announced.map(({ filter, label, supportsCondition }) => [filter, label, supportsCondition]),
      EVENT_NAMES.map((name) => [name, EVENTS[name].title, true]),
    );
  });

  it('answers every other request as unknown or not possible, never with a broken answer', async () => {
    await adapter.launch(pageOut);
    for (const command of ['disassemble', 'stepInTargets', 'setVariable', 'writeMemory', 'attach', 'hpt/nothing']) {
      const refused = await adapter.client.customRequest(command, {}).then(
        ({ body }) => body === undefined || Object.keys(body as object).length >= 0,
        (error: unknown) => error instanceof Error,
      );
      assert.equal(refused, true, command);
    }
    assert.equal((await adapter.state()).moment, 0);
  });

  describe('beginning and end', () => {
    it('stops at the first moment', async () => {
      const { reason } = await adapter.launch(pageOut);
      assert.equal(reason, 'entry');
      assert.equal((await adapter.state()).line, lineOf('machine'));
      assert.equal(await adapter.top(), `page-out.hpt:${lineOf('machine')} ${text[lineOf('machine') - 1]}`);
    });

    it('with stopOnEntry false runs to the first breakpoint, the first moment among them', async () => {
      const stop = await adapter.launch(pageOut, { stopOnEntry: false }, () => lines({ line: lineOf('machine') }));
      assert.equal(stop.reason, 'breakpoint');
      assert.equal((await adapter.state()).moment, 0);
    });

    it('without a breakpoint stands at the end, and goes back to the start', async () => {
      const end = await adapter.launch(pageOut, { stopOnEntry: false }, () => filters());
      const { moment, length } = await adapter.state();
      assert.deepEqual([moment, end.description], [length - 1, 'End of the run']);
      assert.equal((await adapter.move('reverseContinue')).description, 'Start of the run');
      assert.equal((await adapter.state()).moment, 0);
    });

    it('restarts with what the file says then, and keeps the breakpoints that the client sets again', async () => {
      await atAbsent();
      const stopped = adapter.stopped();
      const initialized = adapter.client.waitForEvent('initialized');
      await adapter.client.customRequest('restart');
      await initialized;
      await filters('hpte.absent');
      await adapter.client.configurationDoneRequest();
      await stopped;
      assert.equal((await adapter.move('continue')).reason, 'exception');
    });

    it('tells what a scenario expects in vain, at its place', async () => {
      const path = '/nowhere/wrong.hpt';
      const other = await Adapter.start(
        new Map([
          [
            path,
            'machine power9 linux-6.1 order 18\nmemslot 0 gpa 0 size 1M hva 0x7f0000000000 log-dirty\ndirty-log 0 -> pages 0x10\n',
          ],
        ]),
      );
      try {
        await other.launch(path);
        const told = other.outputs.find(({ category }) => category === 'stderr');
        assert.match(told?.output ?? '', /^wrong\.hpt:3:\d+: expected /);
        assert.deepEqual([told?.source?.path, told?.line], [path, 3]);
      } finally {
        await other.stop();
      }
    });

    it('refuses a scenario with mistakes, each told at its place', async () => {
      const path = '/nowhere/bad.hpt';
      const other = await Adapter.start(new Map([[path, 'machine power9 linux-6.1 order 18\n\nfly 12\nh_enter\n']]));
      try {
        await other.client.initializeRequest();
        await assert.rejects(
          other.client.launchRequest({ program: path } as DebugProtocol.LaunchRequestArguments),
          /bad\.hpt:3:1/,
        );
        assert.deepEqual(
          other.outputs.map(({ line }) => line),
          [3, 4],
        );
        assert.equal(other.told.ended, 1);
      } finally {
        await other.stop();
      }
    });

    for (const [args, expected] of [
      [{}, /"program": expected the path .* got nothing/],
      [{ program: 12 }, /"program": .* got 12/],
      [{ program: pageOut, stopOnEntry: 'yes' }, /"stopOnEntry": expected true or false, got "yes"/],
      [{ program: pageOut, stepping: 'fast' }, /"stepping": expected one of "table", .* got "fast"/],
      [{ program: pageOut, stopAtEntry: true }, /"stopAtEntry": no such property/],
      [{ program: pageOut, vm: '307' }, /"vm": expected the number of a VMM's process .* got "307"/],
      [{ program: '/nowhere/at/all.hpt' }, /cannot read .*no such file/],
    ] as const) {
      it(`refuses ${JSON.stringify(args)}`, async () => {
        await adapter.client.initializeRequest();
        await assert.rejects(adapter.client.launchRequest(args as DebugProtocol.LaunchRequestArguments), expected);
      });
    }

    it('names the properties of a launch configuration that are wrong, for a client that shows them there', async () => {
      await adapter.client.initializeRequest();
      const told = adapter.client.waitForEvent('hpt/launchMistakes');
      const launch = adapter.client.launchRequest({
        program: pageOut,
        stepping: 'leaps',
        folow: 'a',
      } as DebugProtocol.LaunchRequestArguments);
      await assert.rejects(launch, /"stepping": expected one of .*; "folow": no such property; did you mean "follow"/);
      const { body } = await told;
      assert.deepEqual(
        body.mistakes.map(({ property }: { property: string }) => property),
        ['stepping', 'folow'],
      );
    });

    it('tells what launch.json says and the run does not have, and goes on', async () => {
      const told = adapter.client.waitForEvent('hpt/launchMistakes');
      await adapter.launch(pageOut, { follow: 'c' });
      const message = 'there is no label "c"; did you mean "a"?';
      assert.deepEqual((await told).body.mistakes, [{ property: 'follow', message }]);
      assert.equal((await adapter.state()).moment, 0);
    });

    it('reports progress to a client that wants it', async () => {
      const seen: string[] = [];
      for (const event of ['progressStart', 'progressUpdate', 'progressEnd'])
        adapter.client.on(event, () => seen.push(event));
      await adapter.client.initializeRequest({ adapterID: 'hpt', pathFormat: 'path', supportsProgressReporting: true });
      const initialized = adapter.client
        .waitForEvent('initialized')
        .then(() => adapter.client.configurationDoneRequest());
      await Promise.all([
        adapter.client.launchRequest({ program: pageOut } as DebugProtocol.LaunchRequestArguments),
        initialized,
      ]);
      assert.deepEqual(seen, ['progressStart', 'progressUpdate', 'progressEnd']);
    });

    it('without debugging runs to the end and is over', async () => {
      await adapter.client.initializeRequest();
      const over = adapter.client.waitForEvent('terminated');
      const initialized = adapter.client
        .waitForEvent('initialized')
        .then(() => adapter.client.configurationDoneRequest());
      await Promise.all([
        adapter.client.launchRequest({ program: pageOut, noDebug: true } as DebugProtocol.LaunchRequestArguments),
        initialized,
        over,
      ]);
      assert.equal(adapter.told.ended, 1);
    });

    it('opens a recording of a real host: statements stand in its trace, and nothing is shown that it does not tell', async () => {
      const folder = inRepository('samples/recordings/power9-64k');
      const trace = readFileSync(`${folder}/trace.txt`, 'utf8').split('\n');
      const faultLine = trace.findIndex((line) => line.includes('kvm_page_fault_enter')) + 1;
      await adapter.launch(`${folder}/hptscope.json`);
      assert.ok((await adapter.state()).length > 500);
      assert.equal((await adapter.move('next')).reason, 'step');
      assert.ok((await adapter.state()).moment > 0);
      await adapter.client.setBreakpointsRequest({
        source: { path: `${folder}/trace.txt` },
        breakpoints: [{ line: faultLine }],
      });
      assert.equal((await adapter.move('continue')).reason, 'breakpoint');
      const [frame] = await adapter.stack();
      assert.deepEqual([frame?.source?.path, frame?.line], [`${folder}/trace.txt`, faultLine]);
      const names = (await adapter.scopes()).map(({ name }) => name);
      assert.deepEqual(names, ['Moment', 'Fault', 'HPTE', 'Guest page']);
      assert.ok((await adapter.variables('HPTE')).some((line) => /^known: observed/.test(line)));
    });

    it('opens a trace.dat: what it says is presented as text, where breakpoints can be set', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
      try {
        const program = join(folder, 'trace.dat');
        const packed = readFileSync(inRepository('test/data/captures/p9-61-64k-fixed/trace.v6.dat.gz'));
        writeFileSync(program, gunzipSync(packed));
        await adapter.launch(program);
        const [frame] = await adapter.stack();
        const source = frame?.source ?? {};
        assert.ok((source.sourceReference ?? 0) > 0);
        // no ending for which an editor of binary files would be opened
        assert.equal(source.path, `${program}.trace.txt`);
        const { content } = (
          await adapter.client.sourceRequest({ source, sourceReference: source.sourceReference ?? 0 })
        ).body;
        const told = content.split('\n');
        const fault = told.findIndex((line) => /hptgt-307 .*: kvm_page_fault_enter: VCPU 0: hpte=/.test(line));
        assert.ok(fault > 0);
        await adapter.client.setBreakpointsRequest({ source, breakpoints: [{ line: fault + 1 }] });
        await adapter.move('continue');
        const { statement, line } = await adapter.state();
        assert.deepEqual([told[fault]?.endsWith(statement), line], [true, fault + 1]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });

  describe('steps', () => {
    it('steps over from line to line, and back over the same lines', async () => {
      await adapter.launch(pageOut);
      const forward: number[] = [(await adapter.state()).line];
      for (let i = 0; i < 7; i++) {
        await adapter.move('next');
        forward.push((await adapter.state()).line);
      }
      assert.equal(forward.at(-1), swapOut + 0);
      const backward: number[] = [(await adapter.state()).line];
      for (let i = 0; i < 7; i++) {
        await adapter.move('hpt/reverseNext');
        backward.push((await adapter.state()).line);
      }
      assert.deepEqual(backward.reverse(), forward);
    });

    it('steps into the listing of the kernel path, and step back leaves it', async () => {
      await adapter.launch(pageOut, { stopOnEntry: false }, () => lines({ line: swapOut }));
      await adapter.move('stepIn');
      assert.match(await adapter.top(), /^host_mm:\d+ host memory management$/);
      await adapter.move('stepBack');
      assert.match(await adapter.top(), new RegExp(`^page-out.hpt:${swapOut} `));
    });

    it('steps out to where the path was called, and backwards to before the call', async () => {
      await atAbsent();
      await filters();
      await adapter.move('stepOut');
      assert.doesNotMatch(await adapter.top(), /unmap_rmapp/);
      await adapter.move('stepBack');
      assert.match(await adapter.top(), /unmap_rmapp/);
      await adapter.move('hpt/reverseStepOut');
      assert.match(await adapter.top(), /unmap_hva_range/);
    });

    it('over in a kernel path goes to the next event of the preset', async () => {
      await atAbsent();
      await filters();
      await adapter.move('next');
      assert.notDeepEqual((await adapter.state()).events, []);
      await adapter.client.customRequest('hpt/setStepping', { preset: 'steps' });
      const { moment } = await adapter.state();
      await adapter.move('next');
      assert.ok((await adapter.state()).moment > moment);
      await assert.rejects(adapter.client.customRequest('hpt/setStepping', { preset: 'leaps' }), /there is no "leaps"/);
    });

    it('goes to a moment, to the targets of a line, and back and forward through the moments visited', async () => {
      await adapter.launch(pageOut);
      await adapter.move('hpt/goToMoment', { moment: 40 });
      assert.equal((await adapter.state()).moment, 40);
      const { targets } = (await adapter.client.gotoTargetsRequest({ source, line: swapOut })).body;
      assert.equal(targets.length, 1);
      await adapter.move('goto', { targetId: targets[0]?.id });
      assert.equal((await adapter.state()).line, swapOut);
      await adapter.move('hpt/back');
      assert.equal((await adapter.state()).moment, 40);
      await adapter.move('hpt/forward');
      assert.equal((await adapter.state()).line, swapOut);
      await assert.rejects(adapter.client.customRequest('hpt/goToMoment', { moment: 1e9 }), /"moment": expected 0 to/);
      await assert.rejects(adapter.client.customRequest('goto', { threadId: 1, targetId: -1 }), /no moment/);
    });

    it('follow one page, one HPTE or one vCPU, together with the preset', async () => {
      await adapter.launch(pageOut);
      const follow = async (what: string, preset: string): Promise<number[]> => {
        await adapter.client.customRequest('hpt/setStepping', { preset });
        await adapter.client.customRequest('hpt/follow', { what });
        await adapter.move('hpt/goToMoment', { moment: 0 });
        const there: number[] = [];
        for (let i = 0; i < 4; i++) {
          await adapter.move('next');
          there.push((await adapter.state()).moment);
        }
        const back = [there[3]];
        for (let i = 0; i < 3; i++) {
          await adapter.move('hpt/reverseNext');
          back.push((await adapter.state()).moment);
        }
        assert.deepEqual(back.reverse(), there, `${what}, ${preset}`);
        return there;
      };
      const table = await follow('gfn 0x10', 'table');
      const faults = await follow('gpa 0x10000', 'faults');
      assert.notDeepEqual(table, faults);
      const b = await follow('b', 'table');
      assert.equal(await adapter.evaluate('hpte == b'), 'yes');
      assert.notDeepEqual(b, table);
      await follow('vcpu 0', 'faults');
      assert.equal((await adapter.state()).actor, 'vCPU 0');
    });

    it('follow what the run has, until nothing is followed', async () => {
      await adapter.launch(pageOut);
      const follow = (what?: string) => adapter.client.customRequest('hpt/follow', { what });
      assert.equal((await follow('gfn 0x10')).body.following, 'guest page 0x10');
      assert.equal((await follow()).body.following, undefined);
      await adapter.move('next');
      assert.equal((await adapter.state()).line, lineOf('memslot'), 'without it steps go from line to line');
      await assert.rejects(follow('gfn'), /there is no label "gfn"; known are `a` or `b`/);
      await assert.rejects(follow('gfn 0x7777777'), /no memslot has/);
      await assert.rejects(follow('12 moons'), /"what": expected "gfn 0x10"/);
    });

    it('keep from the start to what launch.json says', async () => {
      await adapter.launch(pageOut, { follow: 'gfn 0x10' });
      await adapter.move('next');
      assert.equal(await adapter.evaluate('gfn'), '0x10');
    });

    it('restarts a frame at its first step', async () => {
      await atAbsent();
      const [frame] = await adapter.stack();
      await adapter.move('restartFrame', { frameId: frame?.id });
      assert.match(await adapter.top(), /^unmap_rmapp:4 /);
    });

    it('pauses at once when nothing moves', async () => {
      await adapter.launch(pageOut);
      assert.equal((await adapter.move('pause')).reason, 'pause');
    });
  });

  describe('breakpoints', () => {
    /** Moments of all stops from the start to the end, and from the end to the start. */
    async function walks(): Promise<[number[], number[]]> {
      const forward: number[] = [];
      await adapter.move('hpt/goToMoment', { moment: 0 });
      for (
        let stop = await adapter.move('continue');
        stop.description !== 'End of the run';
        stop = await adapter.move('continue')
      )
        forward.push((await adapter.state()).moment);
      const backward: number[] = [];
      for (
        let stop = await adapter.move('reverseContinue');
        stop.description !== 'Start of the run';
        stop = await adapter.move('reverseContinue')
      )
        backward.push((await adapter.state()).moment);
      return [forward, backward.reverse()];
    }

    it('stop at the same moments in both directions, whatever their kind, condition and hit count', async () => {
      await adapter.launch(pageOut);
      await filters('hpte.absent', 'fault.retry', 'tlbie.page');
      await lines({ line: swapOut }, { line: lineOf('load b'), condition: 'a.state == valid' });
      await adapter.client.setFunctionBreakpointsRequest({
        breakpoints: [{ name: 'kvmppc_book3s_hv_page_fault', hitCondition: '> 1' }],
      });
      const [forward, backward] = await walks();
      assert.deepEqual(backward, forward);
      assert.ok(forward.length > 8, `${forward.length} stops`);
    });

    it('on an event stop at the moment that raised it, with its sentence and its fields', async () => {
      const stop = await atAbsent();
      assert.equal(stop.reason, 'exception');
      assert.equal(stop.description, 'HPTE marked absent'); // stands beside the thread's name
      assert.match(stop.text ?? '', /^HPTE 0x[0-9a-f]+ of guest page 0x10 marked absent \(unmap\)/);
      assert.match(await adapter.top(), /^unmap_rmapp:7 kvm_unmap_rmapp$/);
      const { body } = await adapter.client.exceptionInfoRequest({ threadId: stop.threadId ?? 0 });
      assert.equal(body.exceptionId, 'HPTE marked absent');
      assert.equal(body.description, stop.text);
      assert.match(body.details?.stackTrace ?? '', /^cause: unmap$/m);
    });

    it('on an event obey a condition, and tell a wrong one with its place', async () => {
      await adapter.launch(pageOut);
      const { body } = await adapter.client.setExceptionBreakpointsRequest({
        filters: [],
        filterOptions: [
          { filterId: 'hpte.absent', condition: 'index == b && count(hpte.absent) > 2' },
          { filterId: 'hpte.enter', condition: 'gfn in 3..' },
        ],
      });
      const [good, bad] = body?.breakpoints ?? [];
      assert.equal(good?.verified, true);
      assert.deepEqual(
        [bad?.verified, bad?.message],
        [false, 'condition, character 11: expected a value, got the end'],
      );
      const stop = await adapter.move('continue');
      assert.equal(stop.reason, 'exception');
      assert.ok(Number(await adapter.evaluate('count(hpte.absent)')) > 2);
    });

    it('of the event tree combine condition, hit count and log message', async () => {
      await adapter.launch(pageOut);
      await filters();
      await adapter.client.customRequest('hpt/setEventBreakpoints', {
        breakpoints: [
          {
            kind: 'hpte.absent',
            condition: 'gfn == 0x10',
            hitCondition: '% 2',
            logMessage: 'gone: {index}, {count(hpte.absent)}',
          },
        ],
      });
      assert.equal((await adapter.move('continue')).description, 'End of the run');
      const told = adapter.outputs.filter(({ output }) => /^#\d+ gone: 0x/.test(output));
      assert.ok(told.length >= 1 && told.every(({ output }) => /, (2|4|6)\n$/.test(output)), JSON.stringify(told));
      assert.equal(told[0]?.line, swapOut);
      const refused = adapter.client.customRequest('hpt/setEventBreakpoints', { breakpoints: 3 });
      await assert.rejects(refused, /"breakpoints": expected a list/);
    });

    it('of the event tree are armed by another event, in both directions of travel', async () => {
      await adapter.launch(pageOut);
      await filters();
      const walk = async (armedAfter?: object): Promise<string[]> => {
        const { body } = await adapter.client.customRequest('hpt/setEventBreakpoints', {
          breakpoints: [
            { kind: 'hpte.reinstate', hitCondition: '> 0', ...(armedAfter === undefined ? {} : { armedAfter }) },
          ],
        });
        assert.deepEqual(
          body.breakpoints.map(({ verified }: { verified: boolean }) => verified),
          [true],
        );
        const stops = async (command: string, end: string): Promise<string[]> => {
          const found: string[] = [];
          for (let stop = await adapter.move(command); stop.description !== end; stop = await adapter.move(command))
            found.push(`${(await adapter.state()).moment}`);
          return found;
        };
        await adapter.move('hpt/goToMoment', { moment: 0 });
        const forward = await stops('continue', 'End of the run');
        assert.deepEqual((await stops('reverseContinue', 'Start of the run')).reverse(), forward);
        return forward;
      };
      const all = await walk();
      assert.ok(all.length >= 2, `${all}`);
      assert.deepEqual(await walk({ kind: 'hpte.reinstate' }), all.slice(1), 'it arms itself from its second time on');
      assert.deepEqual(await walk({ kind: 'hpt.resize' }), [], 'no resize ever comes');
    });

    it('of the event tree are armed by the first event for which a condition holds', async () => {
      await adapter.launch(pageOut);
      await filters();
      await adapter.client.customRequest('hpt/setEventBreakpoints', {
        breakpoints: [{ kind: 'fault.enter', armedAfter: { kind: 'hpte.absent', condition: 'index == b' } }],
      });
      await adapter.move('continue');
      assert.equal(await adapter.evaluate('count(hpte.absent) > 0 && changes(b) > 1'), 'yes');
      const { moment } = await adapter.state();
      await adapter.move('reverseContinue');
      assert.equal((await adapter.state()).moment, 0, `before moment ${moment} it is not armed`);
    });

    it('of the event tree tell what is wrong with their arming, at its place', async () => {
      await adapter.launch(pageOut);
      const set = async (...breakpoints: object[]) =>
        (await adapter.client.customRequest('hpt/setEventBreakpoints', { breakpoints })).body
          .breakpoints as DebugProtocol.Breakpoint[];
      const [moon, half] = await set(
        { kind: 'hpte.absent', armedAfter: 'moon.rise' },
        { kind: 'hpte.absent', armedAfter: { kind: 'fault.enter', condition: 'gfn ==' } },
      );
      assert.deepEqual([moon?.verified, moon?.message], [false, 'armed after: "moon.rise" is no kind of event']);
      assert.deepEqual(
        [half?.verified, half?.message],
        [false, 'armed after fault.enter, condition, character 7: expected a value, got the end'],
      );
      await assert.rejects(
        set({ kind: 'hpte.absent', armedAfter: { after: 3 } }),
        /number 1, "armedAfter": expected a kind/,
      );
      await assert.rejects(set({ condition: 'true' }), /number 1: expected one of "kind", "function" and "data"/);
    });

    it('of the event tree on functions and data combine with log messages', async () => {
      await adapter.launch(pageOut);
      await filters();
      await adapter.client.customRequest('hpt/setEventBreakpoints', {
        breakpoints: [
          { function: 'kvm_unmap_rmapp', logMessage: 'unmap of {local.gfn}' },
          {
            data: `hpte:${await adapter.evaluate('a.index')}`,
            condition: 'new.state == absent',
            logMessage: 'a is {a.state}',
            hitCondition: '1',
          },
        ],
      });
      await adapter.move('continue');
      const said = adapter.outputs.map(({ output }) => output.replace(/^#\d+ /, ''));
      assert.ok(said.includes('unmap of 0x10\n'), JSON.stringify(said));
      assert.equal(said.filter((text) => text === 'a is absent\n').length, 1);
    });

    it('that speak tell their moment, which the debug console goes to', async () => {
      await adapter.launch(pageOut);
      await filters();
      const told = adapter.client.waitForEvent('hpt/output');
      await lines({ line: swapOut, logMessage: 'out' });
      await adapter.move('continue');
      const { body } = await told;
      const [line] = adapter.outputs.filter(({ output }) => output.endsWith(' out\n'));
      assert.deepEqual(
        [body.text, body.path, body.line, line?.output, line?.line],
        ['out', pageOut, swapOut, `#${body.moment + 1} out\n`, swapOut],
      );
      const stopped = adapter.stopped();
      const answer = await adapter.client.evaluateRequest({ expression: `#${body.moment + 1}`, context: 'repl' });
      assert.equal((await stopped).reason, 'goto');
      assert.equal((await adapter.state()).moment, body.moment);
      assert.equal(answer.body.result, text[swapOut - 1]);
      await assert.rejects(
        adapter.client.evaluateRequest({ expression: '#0', context: 'repl' }),
        /There are the moments #1 to #\d+/,
      );
    });

    it('on lines move to the next statement, and are refused where none follows', async () => {
      await adapter.launch(pageOut);
      const [comment, beyond] = await lines({ line: 1 }, { line: 1000 });
      assert.deepEqual([comment?.verified, comment?.line], [true, lineOf('machine')]);
      assert.equal(beyond?.verified, false);
      const other = await adapter.client.setBreakpointsRequest({
        source: { path: '/other.hpt' },
        breakpoints: [{ line: 1 }],
      });
      assert.equal(other.body.breakpoints[0]?.verified, false);
      const { body } = await adapter.client.customRequest('breakpointLocations', {
        source,
        line: 1,
        endLine: lineOf('slb'),
      });
      assert.deepEqual(
        body.breakpoints.map(({ line }: { line: number }) => line),
        [lineOf('machine'), lineOf('memslot'), lineOf('slb')],
      );
    });

    it('on lines with a hit count stop that time, and log points only speak', async () => {
      await adapter.launch(pageOut);
      await filters();
      await lines({ line: swapOut, logMessage: 'out {a.state} {{' }, { line: swapOut + 1, hitCondition: '1' });
      await adapter.move('continue');
      assert.equal((await adapter.state()).line, swapOut + 1);
      assert.equal(
        adapter.outputs.some(({ output, line }) => /^#\d+ out valid \{\{\n$/.test(output) && line === swapOut),
        true,
      );
      const [bad] = await lines({ line: swapOut, hitCondition: 'often' });
      assert.match(bad?.message ?? '', /hit count "often": expected a number/);
    });

    it('in listings stop at the step', async () => {
      await atAbsent();
      await filters();
      const [frame] = await adapter.stack();
      const { body } = await adapter.client.setBreakpointsRequest({
        source: frame?.source ?? {},
        breakpoints: [{ line: 9 }, { line: 500 }],
      });
      assert.deepEqual(
        body.breakpoints.map(({ verified, line }) => [verified, line]),
        [
          [true, 9],
          [true, 9],
        ],
      );
      await adapter.move('continue');
      assert.match(await adapter.top(), /^unmap_rmapp:9 /);
    });

    it('on kernel functions stop at each activation; a name that is none is told', async () => {
      await adapter.launch(pageOut);
      const { body } = await adapter.client.setFunctionBreakpointsRequest({
        breakpoints: [{ name: 'kvm_unmap_rmapp' }, { name: 'do_fork' }],
      });
      assert.deepEqual(
        body.breakpoints.map(({ verified }) => verified),
        [true, false],
      );
      const stop = await adapter.move('continue');
      assert.equal(stop.reason, 'function breakpoint');
      assert.match(await adapter.top(), /^unmap_rmapp:4 /);
    });

    it('on data stop where it changes: an HPTE, a guest page, an rmap word', async () => {
      await adapter.launch(pageOut, { stopOnEntry: false }, () => lines({ line: swapOut }));
      await lines();
      const info = async (name: string) => (await adapter.client.customRequest('dataBreakpointInfo', { name })).body;
      assert.equal((await info('a')).description.startsWith('HPTE 0x'), true);
      assert.equal((await info('1 + 1')).dataId, null);
      for (const name of ['a', 'page(gfn 0x10)', 'rmap(0, gfn 0x10)', 'pteg[a.pteg]']) {
        await adapter.move('hpt/goToMoment', {
          moment: (await adapter.client.gotoTargetsRequest({ source, line: swapOut })).body.targets[0]?.id,
        });
        const { dataId } = await info(name);
        await adapter.client.customRequest('setDataBreakpoints', { breakpoints: [{ dataId }] });
        const stop = await adapter.move('continue');
        assert.equal(stop.reason, 'data breakpoint', name);
        assert.equal((await adapter.state()).line, swapOut, name);
      }
      const { body } = await adapter.client.customRequest('setDataBreakpoints', {
        breakpoints: [{ dataId: 'moon:1' }],
      });
      assert.equal(body.breakpoints[0].verified, false);
    });

    it('tell a condition that cannot be worked out once, and do not stop', async () => {
      await adapter.launch(pageOut);
      await adapter.client.setExceptionBreakpointsRequest({
        filters: [],
        filterOptions: [{ filterId: 'hpte.absent', condition: 'nobody == 3' }],
      });
      assert.equal((await adapter.move('continue')).description, 'End of the run');
      assert.equal(adapter.outputs.filter(({ output }) => output.includes('there is no "nobody"')).length, 1);
    });
  });

  describe('a stopped run', () => {
    it('has the actors as threads; one that is not at work says so', async () => {
      const stop = await atAbsent();
      const { threads } = (await adapter.client.threadsRequest()).body;
      assert.deepEqual(threads.map(({ name }) => name).sort(), ['VMM', 'host', 'vCPU 0']);
      assert.equal(threads.find(({ id }) => id === stop.threadId)?.name, 'host');
      const idle = threads.find(({ name }) => name === 'vCPU 0')?.id ?? 0;
      const { stackFrames } = (await adapter.client.stackTraceRequest({ threadId: idle })).body;
      assert.deepEqual(
        stackFrames.map(({ name, presentationHint }) => [name, presentationHint]),
        [['not at work at this moment', 'label']],
      );
    });

    it('shows a race as two stacks: the one that interrupts and the one that is interrupted', async () => {
      const racing = text.findIndex((line) => line.includes('racing')) + 1;
      await adapter.launch(pageOut, { stopOnEntry: false }, () => lines({ line: racing }));
      await filters('hpte.absent');
      await adapter.move('continue');
      const { threads } = (await adapter.client.threadsRequest()).body;
      const top: Record<string, string | undefined> = {};
      for (const { id, name } of threads) {
        top[name] = (await adapter.client.stackTraceRequest({ threadId: id })).body.stackFrames[0]?.name;
      }
      assert.equal(top['vCPU 0'], 'kvmppc_book3s_hv_page_fault');
      assert.equal(top.host, 'kvm_unmap_rmapp');
    });

    it('gives the stack in parts', async () => {
      const { threadId = 0 } = await atAbsent();
      const all = (await adapter.client.stackTraceRequest({ threadId })).body;
      const part = (await adapter.client.stackTraceRequest({ threadId, startFrame: 1, levels: 1 })).body;
      assert.deepEqual(
        [part.totalFrames, part.stackFrames[0]?.name],
        [all.stackFrames.length, all.stackFrames[1]?.name],
      );
    });

    it('serves listings as sources', async () => {
      await atAbsent();
      const [frame] = await adapter.stack();
      const reference = frame?.source?.sourceReference ?? 0;
      const { content, mimeType } = (await adapter.client.sourceRequest({ sourceReference: reference })).body;
      assert.equal(mimeType, 'text/x-hpt-listing');
      const listing = content.split('\n');
      assert.deepEqual(listing.slice(0, 3), [
        'Make all HPTEs of a guest page absent',
        'kvm_unmap_rmapp(gfn, rmap)',
        '',
      ]);
      assert.match(listing[(frame?.line ?? 0) - 1] ?? '', /set ABSENT, clear VALID/);
      const { sources } = (await adapter.client.customRequest('loadedSources')).body;
      assert.ok(sources.length > 3 && sources[0].path === pageOut);
      await assert.rejects(adapter.client.sourceRequest({ sourceReference: 9999 }), /no such source/);
    });

    it('shows the HPTE with what this moment changed and what stood there before', async () => {
      await atAbsent();
      const hpte = await adapter.variables('HPTE', 2);
      assert.ok(hpte.includes('state: absent  (before valid)'), hpte.join('\n'));
      assert.ok(hpte.includes('  valid: no  (before yes)'));
      await adapter.move('stepBack');
      assert.ok((await adapter.variables('HPTE')).includes('state: valid'));
    });

    it('has the scopes of a fault, with the sixteen candidates and why each is none', async () => {
      await adapter.launch(pageOut, { stopOnEntry: false }, () => filters('fault.enter'));
      const names = (await adapter.scopes()).map(({ name }) => name);
      assert.deepEqual(names, [
        'Locals',
        'Moment',
        'Fault',
        'HPTE',
        'Memslot and rmap',
        'Host page',
        'vCPU 0',
        'Notifier',
      ]);
      const fault = await adapter.variables('Fault', 2);
      const candidates = fault.filter((line) => /^ {2}(primary|secondary) \d: HPTE 0x/.test(line));
      assert.equal(candidates.length, 16);
      assert.equal(candidates.filter((line) => line.includes('matches')).length, 1, candidates.join('\n'));
      assert.ok(fault.some((line) => /^ea: 0xc0000000000[12]0000$/.test(line)));
    });

    it('pages long lists', async () => {
      await adapter.launch(pageOut);
      const scopes = await adapter.scopes();
      const moment = scopes.find(({ name }) => name === 'Moment')?.variablesReference ?? 0;
      const { variables } = (await adapter.client.variablesRequest({ variablesReference: moment })).body;
      assert.ok(variables.length > 3);
      await assert.rejects(adapter.client.variablesRequest({ variablesReference: 4711 }), /moved on/);
    });

    it('evaluates expressions, with fields to open and the place of a mistake', async () => {
      await atAbsent();
      assert.equal(await adapter.evaluate('a.state'), 'absent');
      assert.equal(await adapter.evaluate('a.state', 'watch'), 'absent  (before valid)');
      assert.equal(await adapter.evaluate('slot(gpa 0x10000).pages'), '4096');
      assert.match(await adapter.evaluate('help'), /hash\(ea\)/);
      const { body } = await adapter.client.evaluateRequest({ expression: 'hpte[a]', context: 'watch' });
      const below = (await adapter.client.variablesRequest({ variablesReference: body.variablesReference })).body
        .variables;
      assert.deepEqual(
        below.slice(0, 2).map(({ name }) => name),
        ['state', 'index'],
      );
      await assert.rejects(adapter.evaluate('a.stat'), /character 3: no field "stat"; there are state,/);
    });

    it('completes expressions', async () => {
      await atAbsent();
      const labels = async (typed: string) =>
        (await adapter.client.customRequest('completions', { text: typed, column: typed.length + 1 })).body.targets.map(
          ({ label }: { label: string }) => label,
        );
      assert.deepEqual(await labels('a.sta'), ['state']);
      assert.deepEqual(await labels('count(fault.e'), ['fault.enter', 'fault.error', 'fault.exit']);
      assert.ok((await labels('1 + ha')).includes('hash('));
      assert.ok((await labels('')).includes('a'));
    });

    it('reads the raw table', async () => {
      await atAbsent();
      const { body } = await adapter.client.evaluateRequest({ expression: 'a', context: 'watch' });
      const memory = (
        await adapter.client.customRequest('readMemory', { memoryReference: body.memoryReference, count: 16 })
      ).body;
      const bytes = Buffer.from(memory.data, 'base64');
      assert.equal(bytes.length, 16);
      assert.equal(bytes.readBigUInt64BE(0) & 0x20n, 0x20n, 'ABSENT in dword 0');
      const end = (await adapter.client.customRequest('readMemory', { memoryReference: '0x3fff8', count: 16 })).body;
      assert.equal(end.unreadableBytes, 8);
      await assert.rejects(adapter.client.customRequest('readMemory', { memoryReference: 'x', count: 1 }), /no place/);
    });

    it('tells its host of every move', async () => {
      await atAbsent();
      await adapter.move('stepBack');
      assert.deepEqual(
        adapter.told.moves.map(({ reason }) => reason),
        ['exception', 'step'],
      );
    });
  });
});
