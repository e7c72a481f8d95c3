// Following a trace through a real worker: what is written comes in order and nothing is lost, however slow the one who looks; it
// stops cleanly, can begin again, and says what happened.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FollowSide } from '../../../src/platform/followSide';
import { type Following, type FollowListener, Workers } from '../../../src/platform/longWork';
import { startNodeWorker } from '../../../src/platform/node/startWorker';
import { Tail } from '../../../src/platform/node/tail';
import type { FromWorker } from '../../../src/platform/workerMessages';
import { GrowingRun } from '../../../src/trace/follow/growingRun';
import type { TracePiece } from '../../../src/trace/follow/piece';
import { unmapLines } from '../../support/liveTrace';
import { bundledWorker } from '../../support/worker';

/** Takes pieces into a run and lets a test wait until so many events have come. */
class Looker implements FollowListener {
  readonly growing = new GrowingRun('trace');
  readonly told: string[] = [];
  readonly over: Promise<Error | undefined>;
  ended: (error: Error | undefined) => void = () => undefined;
  /** how long it takes over each piece */
  pause: () => Promise<void> = async () => undefined;
  private readonly waiting: { readonly events: number; readonly done: () => void }[] = [];

  constructor() {
    this.over = new Promise((done) => {
      this.ended = done;
    });
  }

  async more(piece: TracePiece): Promise<void> {
    await this.pause();
    this.growing.take(piece);
    this.told.push(...piece.told);
    for (const { events, done } of this.waiting) if (this.length >= events) done();
  }

  get length(): number {
    return this.growing.run?.length ?? 0;
  }

  has(events: number): Promise<void> {
    return new Promise((done) => {
      if (this.length >= events) done();
      else this.waiting.push({ events, done });
    });
  }

  /** The texts of all statements, in order. */
  get texts(): string[] {
    const { run } = this.growing;
    return run === null ? [] : Array.from({ length: run.length }, (_, moment) => run.source(moment).text);
  }
}

/** The texts of the statements that `unmapLines` makes. */
function texts(from: number, to: number): string[] {
  return unmapLines(from, to)
    .split('\n')
    .slice(0, -1)
    .map((line) => line.slice(line.indexOf('kvm_')));
}

describe('following a trace', () => {
  let script = '';
  let folder = '';
  let path = '';
  let workers: Workers;
  let looker: Looker;
  let following: Following | undefined;

  before(async () => {
    script = await bundledWorker();
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    path = join(folder, `trace-${Math.random()}`);
    workers = new Workers(startNodeWorker(script));
    looker = new Looker();
  });
  afterEach(async () => {
    await following?.stop();
    following = undefined;
    workers.dispose();
  });

  it('a growing file: events appear as they come', async () => {
    writeFileSync(path, unmapLines(0, 3));
    following = await workers.follow(path, looker);
    await looker.has(3);
    appendFileSync(path, unmapLines(3, 5));
    await looker.has(5);
    assert.deepEqual(looker.texts, texts(0, 5));
  });

  it('a FIFO: nothing is lost, and a writer never waits for one who looks slowly', async () => {
    execFileSync('mkfifo', [path]);
    let release: () => void = () => undefined;
    const slow = new Promise<void>((done) => {
      release = done;
    });
    looker.pause = () => slow;
    following = await workers.follow(path, looker);
    // far more than a FIFO holds: were it not drained meanwhile, the writer would never end
    const count = 60_000;
    const lines = join(folder, 'lines.txt');
    writeFileSync(lines, unmapLines(0, count));
    await new Promise<void>((done, fail) => {
      const writer = spawn('sh', ['-c', `cat '${lines}' > '${path}'`], { stdio: 'ignore' });
      writer.on('error', fail);
      writer.on('close', (code) => (code === 0 ? done() : fail(new Error(`cat ended with ${code}`))));
    });
    assert.equal(looker.length, 0);
    release();
    await looker.has(count);
    assert.deepEqual(looker.texts, texts(0, count));
  });

  it('stops cleanly: what was read is told, the FIFO is closed, and following can begin again', async () => {
    execFileSync('mkfifo', [path]);
    following = await workers.follow(path, looker);
    const writer = openSync(path, constants.O_WRONLY);
    writeSync(writer, unmapLines(0, 2));
    await looker.has(1);
    await following.stop();
    assert.equal(await looker.over, undefined);
    assert.deepEqual(looker.texts, texts(0, 2));
    assert.throws(() => writeSync(writer, unmapLines(2, 3)), /EPIPE/);
    closeSync(writer);

    const again = new Looker();
    following = await workers.follow(path, again);
    const next = openSync(path, constants.O_WRONLY);
    writeSync(next, unmapLines(2, 4));
    await again.has(2);
    closeSync(next);
    assert.deepEqual(again.texts, texts(2, 4));
  });

  it('stops although a FIFO has no writer and nothing ever came', async () => {
    execFileSync('mkfifo', [path]);
    const one = await workers.follow(path, looker);
    await one.stop();
    assert.equal(await looker.over, undefined);
    assert.equal(looker.growing.run, null);
  });

  it('tells that a file was cut', async () => {
    writeFileSync(path, unmapLines(0, 3));
    following = await workers.follow(path, looker);
    await looker.has(3);
    writeFileSync(path, unmapLines(5, 6));
    await looker.has(4);
    assert.match(looker.told.join(), /was cut/);
    assert.deepEqual(looker.texts, [...texts(0, 3), ...texts(5, 6)]);
  });

  it('tells why something cannot be followed', async () => {
    await workers.follow(path, looker);
    assert.match((await looker.over)?.message ?? '', /no such file/);
    const binary = new Looker();
    writeFileSync(path, Buffer.from('\x17\x08Dtracing6\0rest of it', 'latin1'));
    await workers.follow(path, binary);
    assert.match((await binary.over)?.message ?? '', /is binary \(trace-dat\)/);
  });

  it('one who looks and throws ends it, with the error', async () => {
    writeFileSync(path, unmapLines(0, 3));
    looker.pause = () => Promise.reject(new Error('no room'));
    await workers.follow(path, looker);
    assert.match((await looker.over)?.message ?? '', /no room/);
  });

  it('keeps so much and no more, and says so', async () => {
    writeFileSync(path, unmapLines(0, 30_000));
    const growing = new GrowingRun('trace');
    const told: string[] = [];
    await new Promise<void>((done) => {
      const post = (message: FromWorker) => {
        if (message.kind === 'followed') done();
        if (message.kind !== 'piece') return;
        growing.take(message.piece);
        told.push(...message.piece.told);
        setImmediate(() => side.more());
      };
      const side = new FollowSide(path, (at, take, say) => new Tail(at, take, say), post, 3_000_000);
      side.more();
    });
    assert.ok(growing.run);
    assert.ok(growing.run.length > 0);
    assert.match(told.join(), /as much as is kept: following has stopped/);
  });
});
