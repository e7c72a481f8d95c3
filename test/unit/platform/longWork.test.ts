// Long work in real worker threads: what comes of a job is what doing it here gives, problems keep their places, a job is cancelled
// while it works, and a worker that breaks down is told.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobCancelled, type JobWatch, Workers } from '../../../src/platform/longWork';
import { nodeDecompressors } from '../../../src/platform/node/decoders';
import { nodeFiles } from '../../../src/platform/node/files';
import { startNodeWorker } from '../../../src/platform/node/startWorker';
import { unpackRun } from '../../../src/platform/packedRun';
import { runScenario } from '../../../src/scenario/runner';
import type { Run } from '../../../src/timeline/run';
import { openRun } from '../../../src/trace/openRun';
import { inRepository } from '../../repository';
import { bundledWorker } from '../../support/worker';

const patient: JobWatch = { cancelled: false };
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
const machine = 'machine power9 linux-6.1 order 18 page 64K\n';

/** What a run tells at some of its moments, with the state there. */
function told(run: Run): unknown[] {
  const moments = new Set([0, 1, run.length >> 2, run.length >> 1, run.length - 1]);
  return [...moments].map((moment) => {
    run.seek(moment);
    const { line, text, file, time, actor } = run.statements.at(run.sourceNumber(moment)) ?? { line: -1, text: '' };
    const { laterCalls } = run.vm.kernel;
    const state = run.vm.state.hash(laterCalls, run.vm.pageShift);
    const known: unknown[] = [];
    for (let index = 0; index < 256; index++) known.push(run.knownOf(index));
    return [moment, { line, text, file, time, actor }, run.events(moment), run.writes(moment), state, known];
  });
}

describe('long work', () => {
  let script = '';
  let folder = '';
  let workers: Workers;

  before(async () => {
    script = await bundledWorker();
    folder = mkdtempSync(join(tmpdir(), 'hptscope-'));
  });
  beforeEach(() => {
    workers = new Workers(startNodeWorker(script));
  });
  afterEach(() => workers.dispose());
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const path of ['hptscope.json', 'trace.txt', 'dumps/031.htab']) {
    it(`opens ${path} of a recording as it is opened here`, async () => {
      const recording = inRepository('samples/recordings/power9-64k');
      const opened = await workers.run({ kind: 'trace', path, folder: recording }, patient);
      assert.ok(opened.run);
      const there = await unpackRun(opened.run, pause);
      const services = { files: nodeFiles(recording), decompressors: nodeDecompressors };
      const here = await openRun(path, services);
      assert.ok(here.run);
      assert.equal(there.length, here.run.length);
      assert.deepEqual(told(there), told(here.run));
      assert.deepEqual(there.notes, here.run.notes);
      assert.deepEqual(there.lastDump(there.length - 1), here.run.lastDump(here.run.length - 1));
      assert.deepEqual(opened.problems, here.problems);
    });
  }

  it('asks for files that it cannot read itself, and tells those that nobody can', async () => {
    const recording = nodeFiles(inRepository('samples/recordings/power9-64k'));
    const asked: string[] = [];
    const watch: JobWatch = {
      cancelled: false,
      read: (path) => {
        asked.push(path);
        if (path.startsWith('dumps/')) return Promise.reject(new Error(`no ${path} today`));
        return recording.read(path);
      },
    };
    const { run, problems } = await workers.run({ kind: 'trace', path: 'hptscope.json', folder: null }, watch);
    assert.ok(run);
    assert.ok(asked.includes('hptscope.json') && asked.some((path) => path.startsWith('dumps/')), asked.join(' '));
    assert.ok(problems.some(({ file, message }) => file === 'dumps/031.htab' && message === 'no dumps/031.htab today'));
  });

  it('tells what is wrong with a trace at its place', async () => {
    const line = '   qemu-1   [000] .....     1.000001: kvm_set_spte_hva: mmu notifier set pte hva: 0x007fff96400000\n';
    writeFileSync(join(folder, 'cut.txt'), `${line}${line}   qemu-1   [000] .....     1.0`);
    const cut = await workers.run({ kind: 'trace', path: 'cut.txt', folder }, patient);
    assert.ok(cut.run);
    assert.deepEqual(
      cut.problems.map(({ file, line: at }) => [file, at]),
      [['cut.txt', 3]],
    );
    const missing = await workers.run({ kind: 'trace', path: 'missing.txt', folder }, patient);
    assert.equal(missing.run, null);
    assert.match(missing.problems[0]?.message ?? '', /there is no such file/);
  });

  it('runs a scenario as it runs here', async () => {
    const text = `${machine}memslot 0 gpa 0 size 16M hva 0x7f0000000000
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
store a -> a absent
repeat 3
  swap-out gpa 0x10000 -> a valid
  load a
`;
    const ran = await workers.run({ kind: 'scenario', text, title: 'test.hpt' }, patient);
    assert.ok('run' in ran, JSON.stringify(ran));
    const here = runScenario(text, 'test.hpt');
    assert.ok('run' in here);
    assert.deepEqual(told(await unpackRun(ran.run, pause)), told(here.run));
    assert.deepEqual(ran.labels, here.labels);
    assert.deepEqual(
      ran.failed.map(({ line, seen }) => [line, seen]),
      here.statements.flatMap((one) =>
        one.expectations.filter(({ passed }) => !passed).map((it) => [it.line, it.seen]),
      ),
    );
    assert.equal(ran.failures, 4);
  });

  it('judges a scenario by its expectations, keeps a few failures of each, and tells mistakes at their place', async () => {
    const text = `${machine}repeat 50\n  delay -> hpte.absent\n`;
    const mistaken = await workers.run({ kind: 'judge', text, title: 'test.hpt', longest: 10_000 }, patient);
    assert.ok('problems' in mistaken);
    assert.equal(mistaken.problems[0]?.line, 2);
    const good = `${machine}memslot 0 gpa 0 size 1M hva 0x7f0000000000\nrepeat 50\n  unmap gpa 0 -> hpte.absent\n`;
    const judged = await workers.run({ kind: 'judge', text: good, title: 'test.hpt', longest: 10_000 }, patient);
    assert.ok('byId' in judged, JSON.stringify(judged));
    const [verdict] = judged.byId.values();
    assert.equal(verdict?.times, 50);
    assert.equal(verdict?.failures, 50);
    assert.equal(verdict?.failed.length, 3);
    assert.equal(judged.cutOff, false);
  });

  it('cancels a job while it works, and does the next one', async () => {
    // seconds on the fastest machine; the looks take a tenth of one
    const work = 'repeat 100000\n  unmap gpa 0\n'.repeat(20);
    const text = `${machine}memslot 0 gpa 0 size 1M hva 0x7f0000000000\n${work}`;
    let looks = 0;
    const watch: JobWatch = {
      get cancelled() {
        return ++looks > 2;
      },
    };
    await assert.rejects(workers.run({ kind: 'scenario', text, title: 'endless.hpt' }, watch), JobCancelled);
    const next = await workers.run({ kind: 'scenario', text: machine, title: 'next.hpt' }, patient);
    assert.ok('run' in next);
  });

  it('uses a free worker again, and starts others for jobs at the same time', async () => {
    let started = 0;
    const start = startNodeWorker(script);
    const counted = new Workers(() => {
      started++;
      return start();
    });
    try {
      for (let i = 0; i < 3; i++) await counted.run({ kind: 'scenario', text: machine, title: 'test.hpt' }, patient);
      assert.equal(started, 1);
      const job = { kind: 'scenario', text: machine, title: 'test.hpt' } as const;
      await Promise.all([counted.run(job, patient), counted.run(job, patient)]);
      assert.equal(started, 2);
    } finally {
      counted.dispose();
    }
  });

  const broken: readonly [string, string, RegExp][] = [
    [
      'throws',
      "require('node:worker_threads').parentPort.on('message', () => { throw new Error('a bug'); });",
      /a bug/,
    ],
    ['ends', "require('node:worker_threads').parentPort.on('message', () => process.exit(3));", /code 3/],
    ['is no script', 'this is not JavaScript', /stopped/],
  ];
  for (const [what, content, expected] of broken) {
    it(`tells that a worker broke down: it ${what}`, async () => {
      const file = join(folder, 'broken.js');
      writeFileSync(file, content);
      const breaking = new Workers(startNodeWorker(file));
      const job = { kind: 'scenario', text: machine, title: 'test.hpt' } as const;
      await assert.rejects(breaking.run(job, patient), expected);
      breaking.dispose();
    });
  }

  it('jobs under way end when the extension does', async () => {
    const text = `${machine}memslot 0 gpa 0 size 1M hva 0x7f0000000000\nrepeat 1000000\n  unmap gpa 0\n`;
    const running = workers.run({ kind: 'scenario', text, title: 'endless.hpt' }, patient);
    setImmediate(() => workers.dispose());
    await assert.rejects(running, /shut down/);
  });
});
