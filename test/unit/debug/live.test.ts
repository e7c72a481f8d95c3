// Debugging a live trace over the protocol: "continue" waits for what comes, breakpoints stop when it does, pause and stop work while
// nothing comes, and time travel works on what has come.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { DebugHost } from '../../../src/debug/host';
import { followRun } from '../../../src/platform/liveRun';
import { Workers } from '../../../src/platform/longWork';
import { startNodeWorker } from '../../../src/platform/node/startWorker';
import { Adapter } from '../../support/adapter';
import { unmapLine, unmapLines } from '../../support/liveTrace';
import { bundledWorker } from '../../support/worker';

const hcall = (microseconds: number) =>
  `         qemu-1234    [000] .....     2.${String(microseconds).padStart(6, '0')}: kvm_hcall_exit: VCPU 0: ret=RESUME_GUEST hcall_rc=H_SUCCESS\n`;

describe('debugging a live trace', () => {
  let folder = '';
  let path = '';
  let workers: Workers;
  let adapter: Adapter;
  let moved: (length: number) => void = () => undefined;
  let length = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
    const script = await bundledWorker();
    workers = new Workers(startNodeWorker(script));
  });
  after(() => {
    workers.dispose();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    path = join(folder, `trace-${Math.random()}`);
    length = 0;
    const follow: DebugHost['follow'] = async (trace, control, listener) => {
      const { run, stop } = await followRun(workers, trace, control, listener);
      return { loaded: { run, labels: new Map(), path: trace, problems: [] }, stop };
    };
    adapter = await Adapter.start(new Map(), {
      follow,
      onMoved: (run) => {
        length = run.length;
        moved(length);
      },
    });
  });
  afterEach(() => adapter.stop());

  /** Resolves when the run stands at its end and has so many moments. */
  function seen(count: number): Promise<void> {
    return new Promise((done) => {
      moved = (now) => {
        if (now >= count) done();
      };
      moved(length);
    });
  }

  async function attach(args: object = {}, configure: () => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    await adapter.client.initializeRequest();
    const configured = adapter.client.waitForEvent('initialized').then(async () => {
      await configure();
      await adapter.client.configurationDoneRequest();
    });
    const attached = adapter.client.attachRequest({ trace: path, ...args } as DebugProtocol.AttachRequestArguments);
    await Promise.all([attached, configured]);
  }

  it('goes on through what comes, pauses at its end, travels back, and goes on again', async () => {
    writeFileSync(path, unmapLines(0, 3));
    await attach();
    await seen(3);
    appendFileSync(path, unmapLines(3, 6));
    await seen(6);
    const paused = adapter.stopped();
    await adapter.client.pauseRequest({ threadId: 1 });
    assert.equal((await paused).reason, 'pause');
    assert.deepEqual([(await adapter.state()).moment, (await adapter.state()).length], [5, 6]);

    await adapter.move('stepBack');
    assert.equal((await adapter.state()).moment, 4);
    appendFileSync(path, unmapLines(6, 8));
    await adapter.client.continueRequest({ threadId: 1 });
    await seen(8);
    const again = adapter.stopped();
    await adapter.client.pauseRequest({ threadId: 1 });
    await again;
    assert.equal((await adapter.state()).moment, 7);
  });

  it('stops at an event breakpoint when the event comes', async () => {
    writeFileSync(path, unmapLines(0, 3));
    await attach({}, () => adapter.client.setExceptionBreakpointsRequest({ filters: ['hcall.exit'] }));
    await seen(3);
    const stopped = adapter.stopped();
    appendFileSync(path, `${hcall(1)}${unmapLine(9)}`);
    const { reason, text } = await stopped;
    assert.equal(reason, 'exception');
    assert.match(text ?? '', /returns 0/);
    assert.equal((await adapter.state()).moment, 3);
    assert.match((await adapter.state()).statement, /^kvm_hcall_exit/);
    // the next one has come before "continue", and stops as well
    appendFileSync(path, hcall(2));
    const next = adapter.stopped();
    await adapter.client.continueRequest({ threadId: 1 });
    await next;
    assert.equal((await adapter.state()).moment, 5);
  });

  it('a view that goes to a moment ends the waiting', async () => {
    writeFileSync(path, unmapLines(0, 3));
    await attach();
    await seen(3);
    const gone = new Promise<void>((done) => {
      adapter.client.on('stopped', ({ body }: DebugProtocol.StoppedEvent) => {
        if (body.reason === 'goto') done();
      });
    });
    await adapter.client.customRequest('hpt/goToMoment', { moment: 1 });
    await gone;
    assert.equal((await adapter.state()).moment, 1);
  });

  it('shows its events as pages of text that hold what had come', async () => {
    writeFileSync(path, unmapLines(0, 2));
    await attach({ stopOnEntry: true });
    const [frame] = await adapter.stack();
    assert.equal(frame?.line, 1);
    const { source } = frame ?? {};
    assert.match(source?.path ?? '', /\.1-\d+\.trace\.txt$/);
    const reference = source?.sourceReference ?? 0;
    const { content } = (await adapter.client.sourceRequest({ source: source ?? {}, sourceReference: reference })).body;
    assert.match(content, /: kvm_unmap_hva_range: mmu notifier unmap range: 0x007f0000000000/);
    assert.ok(content.endsWith('\n'));
  });

  it('waits for the first event of a FIFO, and the end of the session closes it', async () => {
    execFileSync('mkfifo', [path]);
    const attached = attach();
    const writer = openSync(path, constants.O_RDWR);
    writeSync(writer, unmapLines(0, 2));
    await attached;
    await seen(2);
    await adapter.client.disconnectRequest({});
    assert.equal(adapter.told.ended, 1);
    closeSync(writer);
    // a new session may follow it anew
    const second = new Promise<void>((done) => {
      const open = () => {
        try {
          closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
          setTimeout(open, 5);
        } catch {
          done(); // ENXIO: nobody reads any more
        }
      };
      open();
    });
    await second;
  });

  it('can be stopped before anything came', async () => {
    execFileSync('mkfifo', [path]);
    await adapter.client.initializeRequest();
    const refused = assert.rejects(
      adapter.client.attachRequest({ trace: path } as DebugProtocol.AttachRequestArguments),
      /cancelled/,
    );
    await adapter.client.disconnectRequest({});
    await refused;
  });

  it('tells why a trace cannot be followed, and what is wrong with the arguments', async () => {
    await adapter.client.initializeRequest();
    const request = (args: object) => adapter.client.attachRequest(args as DebugProtocol.AttachRequestArguments);
    await assert.rejects(request({ trace: join(folder, 'missing') }), /there is no such file/);
    const other = await Adapter.start();
    await other.client.initializeRequest();
    await assert.rejects(
      other.client.attachRequest({ program: 'x', trcae: 'y' } as unknown as DebugProtocol.AttachRequestArguments),
      /"trace": expected the path of .*"program": no such property.*"trcae": no such property; did you mean "trace"\?/,
    );
    await other.stop();
  });

  it('restarts with what comes from then on', async () => {
    writeFileSync(path, unmapLines(0, 3));
    await attach();
    await seen(3);
    const paused = adapter.stopped();
    await adapter.client.pauseRequest({ threadId: 1 });
    await paused;
    length = 0;
    const configured = adapter.client.waitForEvent('initialized').then(() => adapter.client.configurationDoneRequest());
    await adapter.client.customRequest('restart', {});
    await configured;
    appendFileSync(path, unmapLines(3, 5));
    await seen(5);
  });
});
