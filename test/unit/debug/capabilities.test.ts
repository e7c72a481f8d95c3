// Each capability that the adapter announces does something: one probe for each, which fails when the request behind it does not work.

import { strict as assert } from 'node:assert';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { CAPABILITIES } from '../../../src/debug/capabilities';
import { inRepository } from '../../repository';
import { Adapter } from '../../support/adapter';

const pageOut = inRepository('samples/page-out.hpt');
const source: DebugProtocol.Source = { path: pageOut };

type Announced = Exclude<keyof DebugProtocol.Capabilities, never>;

/** Stands where the first HPTE is marked absent. */
async function atAbsent(adapter: Adapter): Promise<DebugProtocol.StoppedEvent['body']> {
  return adapter.launch(pageOut, { stopOnEntry: false }, () =>
    adapter.client.setExceptionBreakpointsRequest({ filters: ['hpte.absent'] }),
  );
}

const momentOf = async (adapter: Adapter): Promise<number> => (await adapter.state()).moment;

const probes: Partial<Record<Announced, (adapter: Adapter) => Promise<void>>> = {
  async supportsConfigurationDoneRequest(adapter) {
    await adapter.client.initializeRequest();
    const stopped = adapter.stopped();
    let configured = false;
    const launched = adapter.client
      .launchRequest({ program: pageOut } as DebugProtocol.LaunchRequestArguments)
      .then(() => assert.ok(configured, 'launching ends only after the configuration'));
    await adapter.client.waitForEvent('initialized');
    configured = true;
    await adapter.client.configurationDoneRequest();
    await Promise.all([launched, stopped]);
  },
  async supportsRestartRequest(adapter) {
    await atAbsent(adapter);
    const stopped = adapter.stopped();
    const again = adapter.client.waitForEvent('initialized').then(() => adapter.client.configurationDoneRequest());
    await adapter.client.customRequest('restart');
    await Promise.all([again, stopped]);
  },
  async supportsRestartFrame(adapter) {
    await atAbsent(adapter);
    const here = await momentOf(adapter);
    const [frame] = await adapter.stack();
    assert.equal((await adapter.move('restartFrame', { frameId: frame?.id })).reason, 'restart');
    assert.ok((await momentOf(adapter)) < here);
    await assert.rejects(adapter.client.customRequest('restartFrame', { frameId: 999 }), /no longer on the stack/);
  },
  async supportsStepBack(adapter) {
    await atAbsent(adapter);
    const here = await momentOf(adapter);
    await adapter.move('stepBack');
    assert.equal(await momentOf(adapter), here - 1);
    assert.equal((await adapter.move('reverseContinue')).description, 'Start of the run');
  },
  async supportsGotoTargetsRequest(adapter) {
    await adapter.launch(pageOut);
    const { targets } = (await adapter.client.gotoTargetsRequest({ source, line: 20 })).body;
    await adapter.move('goto', { targetId: targets[0]?.id });
    assert.deepEqual([await momentOf(adapter), (await adapter.state()).line], [targets[0]?.id, 20]);
  },
  async supportsBreakpointLocationsRequest(adapter) {
    await adapter.launch(pageOut);
    const { body } = await adapter.client.customRequest('breakpointLocations', { source, line: 1, endLine: 20 });
    const text = (await adapter.client.sourceRequest({ source, sourceReference: 0 })).body.content.split('\n');
    for (const { line } of body.breakpoints) assert.match(text[line - 1] ?? '', /^[a-z]/);
    assert.ok(body.breakpoints.length > 2);
  },
  async supportsConditionalBreakpoints(adapter) {
    await adapter.launch(pageOut);
    await adapter.client.setBreakpointsRequest({
      source,
      breakpoints: [
        { line: 20, condition: 'a.state == free' },
        { line: 21, condition: 'a.state != free' },
      ],
    });
    await adapter.move('continue');
    assert.equal((await adapter.state()).line, 21);
  },
  async supportsHitConditionalBreakpoints(adapter) {
    await adapter.launch(pageOut);
    const { body } = await adapter.client.setFunctionBreakpointsRequest({
      breakpoints: [{ name: 'kvm_unmap_rmapp', hitCondition: '2' }],
    });
    assert.equal(body.breakpoints[0]?.verified, true);
    await adapter.move('continue');
    const second = await momentOf(adapter);
    await adapter.client.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'kvm_unmap_rmapp' }] });
    await adapter.move('reverseContinue');
    assert.ok((await momentOf(adapter)) < second, 'one comes before');
  },
  async supportsLogPoints(adapter) {
    await adapter.launch(pageOut);
    await adapter.client.setBreakpointsRequest({ source, breakpoints: [{ line: 20, logMessage: 'seq {seq}' }] });
    await adapter.move('continue');
    assert.ok(adapter.outputs.some(({ output }) => output.endsWith('seq 0x0\n')));
  },
  async supportsFunctionBreakpoints(adapter) {
    await adapter.launch(pageOut);
    await adapter.client.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'kvmppc_book3s_hv_page_fault' }] });
    assert.equal((await adapter.move('continue')).reason, 'function breakpoint');
    assert.equal((await adapter.stack())[0]?.name, 'kvmppc_book3s_hv_page_fault');
  },
  async supportsDataBreakpoints(adapter) {
    await atAbsent(adapter);
    const scope = (await adapter.scopes()).find(({ name }) => name === 'HPTE')?.variablesReference ?? 0;
    const info = await adapter.client.customRequest('dataBreakpointInfo', { variablesReference: scope, name: 'v' });
    assert.match(info.body.description, /^HPTE 0x/);
    await adapter.client.customRequest('setDataBreakpoints', { breakpoints: [{ dataId: info.body.dataId }] });
    assert.equal((await adapter.move('reverseContinue')).reason, 'data breakpoint');
  },
  async supportsExceptionFilterOptions(adapter) {
    await adapter.launch(pageOut);
    await adapter.client.setExceptionBreakpointsRequest({
      filters: [],
      filterOptions: [{ filterId: 'hpte.absent', condition: 'index == b' }],
    });
    await adapter.move('continue');
    assert.equal(await adapter.evaluate('event.index == b'), 'yes');
  },
  async supportsExceptionInfoRequest(adapter) {
    const { threadId } = await atAbsent(adapter);
    const { body } = await adapter.client.customRequest('exceptionInfo', { threadId });
    assert.deepEqual([body.exceptionId, body.details.typeName], ['HPTE marked absent', 'hpte.absent']);
    await adapter.move('stepIn');
    await assert.rejects(adapter.client.customRequest('exceptionInfo', { threadId }), /did not stop at an event/);
  },
  async supportsEvaluateForHovers(adapter) {
    await atAbsent(adapter);
    assert.match(await adapter.evaluate('a', 'hover'), /^HPTE 0x/);
    await assert.rejects(adapter.evaluate('nobody', 'hover'), /character 1: there is no "nobody"/);
  },
  async supportsCompletionsRequest(adapter) {
    await atAbsent(adapter);
    const labels = async (text: string): Promise<string[]> => {
      const { body } = await adapter.client.customRequest('completions', { text, column: text.length + 1 });
      return body.targets.map(({ label }: DebugProtocol.CompletionItem) => label);
    };
    assert.deepEqual(await labels('gfn == 1 && dt(fault.en'), ['fault.enter']);
    assert.ok((await labels('a.')).includes('state'));
  },
  async completionTriggerCharacters(adapter) {
    await atAbsent(adapter);
    for (const [character, text] of [
      ['.', 'a.'],
      ['(', 'count('],
      [' ', 'gfn == 1 && '],
    ] as const) {
      assert.ok(CAPABILITIES.completionTriggerCharacters?.includes(character));
      const { body } = await adapter.client.customRequest('completions', { text, column: text.length + 1 });
      assert.ok(body.targets.length > 0, text);
    }
  },
  async supportsLoadedSourcesRequest(adapter) {
    await adapter.launch(pageOut);
    const { sources } = (await adapter.client.customRequest('loadedSources')).body;
    assert.equal(sources[0].path, pageOut);
    assert.ok(sources.some(({ name }: DebugProtocol.Source) => name === 'kvm_unmap_rmapp'));
    assert.ok(
      !sources.some(({ name }: DebugProtocol.Source) => name === 'kvmppc_h_bulk_remove'),
      'it is never run here',
    );
  },
  async supportsReadMemoryRequest(adapter) {
    await atAbsent(adapter);
    const { memoryReference } = (await adapter.client.evaluateRequest({ expression: 'a', context: 'watch' })).body;
    const { body } = await adapter.client.customRequest('readMemory', { memoryReference, count: 8 });
    const word = Buffer.from(body.data, 'base64').readBigUInt64BE();
    assert.equal(`0x${word.toString(16)}`, (await adapter.evaluate('a.v')).split(' ')[0]);
  },
  async supportsDelayedStackTraceLoading(adapter) {
    const { threadId = 0 } = await atAbsent(adapter);
    const whole = (await adapter.client.stackTraceRequest({ threadId })).body;
    const parts = [];
    for (let startFrame = 0; startFrame < (whole.totalFrames ?? 0); startFrame++)
      parts.push(...(await adapter.client.stackTraceRequest({ threadId, startFrame, levels: 1 })).body.stackFrames);
    assert.deepEqual(
      parts.map(({ name, line }) => [name, line]),
      whole.stackFrames.map(({ name, line }) => [name, line]),
    );
  },
};

describe('capabilities', () => {
  it('each have a probe', () => {
    const announced = Object.keys(CAPABILITIES).filter(
      (name) => name !== 'exceptionBreakpointFilters' && name !== 'supportsCancelRequest',
    );
    assert.deepEqual(Object.keys(probes).sort(), announced.sort());
  });

  for (const [name, probe] of Object.entries(probes)) {
    it(name, async () => {
      const adapter = await Adapter.start();
      try {
        await probe(adapter);
      } finally {
        await adapter.stop();
      }
    });
  }
});

/** A run in which a walk takes its time: a condition is looked at for every event of many statements. */
const long = `machine power9 linux-6.1 order 18
memslot 0 gpa 0 size 16M hva 0x7f0000000000
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
${'load a\nswap-out a\n'.repeat(12_000)}`;

describe('a long walk', () => {
  const path = '/nowhere/long.hpt';
  let adapter: Adapter;
  beforeEach(async () => {
    adapter = await Adapter.start(new Map([[path, long]]));
  });
  afterEach(() => adapter.stop());

  const searching = async (): Promise<void> => {
    await adapter.client.customRequest('hpt/setEventBreakpoints', {
      breakpoints: [{ kind: 'hpte.absent', condition: 'count(gfn) == 0', hitCondition: '1' }],
    });
  };

  for (const end of ['pause', 'cancel']) {
    it(`is ended by ${end}, and can be walked again`, async function () {
      this.timeout(60_000);
      await adapter.launch(path, {}, searching);
      const stopped = adapter.stopped();
      await adapter.client.continueRequest({ threadId: 1 });
      await adapter.client.customRequest(end, { threadId: 1 });
      assert.ok(['pause', 'step'].includes((await stopped).reason));
      const { moment, length } = await adapter.state();
      assert.ok(moment < length - 1, `it has not come to the end: moment ${moment} of ${length}`);
      await adapter.client.customRequest('hpt/setEventBreakpoints', { breakpoints: [] });
      assert.equal((await adapter.move('continue')).description, 'End of the run');
    });
  }

  it('meets the actors while it is stopped already, and says so', async function () {
    this.timeout(60_000);
    await adapter.client.initializeRequest({ adapterID: 'hpt', pathFormat: 'path', supportsInvalidatedEvent: true });
    const invalidated = adapter.client.waitForEvent('invalidated', 50_000);
    const stopped = adapter.stopped();
    const configured = adapter.client.waitForEvent('initialized').then(() => adapter.client.configurationDoneRequest());
    await Promise.all([
      adapter.client.launchRequest({ program: path } as DebugProtocol.LaunchRequestArguments),
      configured,
      stopped,
    ]);
    assert.deepEqual((await invalidated).body.areas, ['threads']);
    const { threads } = (await adapter.client.threadsRequest()).body;
    assert.deepEqual(threads.map(({ name }) => name).sort(), ['VMM', 'host', 'vCPU 0']);
  });
});
