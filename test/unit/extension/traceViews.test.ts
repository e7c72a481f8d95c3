// The views over a recording of a real kernel: what its dumps tell is shown as of the dump, what nothing tells is unknown.

import { strict as assert } from 'node:assert';
import { RunHeatmaps } from '../../../src/extension/heatmapRun';
import { RunSession } from '../../../src/extension/session';
import { eventNodes, timeText } from '../../../src/extension/viewModels/events';
import { machineNodes } from '../../../src/extension/viewModels/machine';
import { memslotNodes } from '../../../src/extension/viewModels/memslots';
import { rmapChainNodes } from '../../../src/extension/viewModels/rmapChains';
import type { RunView } from '../../../src/extension/viewModels/runView';
import { nodeDecompressors } from '../../../src/platform/node/decoders';
import { nodeFiles } from '../../../src/platform/node/files';
import { cellState, stateOfCell } from '../../../src/protocol';
import { openRun } from '../../../src/trace/openRun';
import { inRepository } from '../../repository';
import { lines } from './samples';

describe('views of a recording', () => {
  let session: RunSession;
  let view: RunView;
  let heatmaps: RunHeatmaps;

  before(async () => {
    const folder = inRepository('samples/recordings/power9-64k');
    const services = { files: nodeFiles(folder), decompressors: nodeDecompressors };
    const { run, problems } = await openRun('hptscope.json', services);
    assert.ok(run, JSON.stringify(problems));
    run.seek(0);
    session = new RunSession();
    heatmaps = new RunHeatmaps(session);
    session.setRun({ run, labels: new Map(), origin: 'file:///hptscope.json' });
    assert.ok(session.view);
    view = session.view;
  });

  it('draws the table as unknown before the first dump, and as the dump after it', async () => {
    const source = heatmaps.source;
    assert.ok(source);
    const seen: string[] = [];
    source.onDidChange(({ kind }) => seen.push(kind));
    const states = () => new Set([...source.cells(0, source.table.npteg * 8)].map(stateOfCell));
    assert.deepEqual(states(), new Set(['unknown']));
    assert.equal(source.cells(5, 6)[0], cellState.unknown);
    assert.equal(source.describe(5).certainty, 'unknown');
    assert.match(source.moment, /no dump of the table so far/);
    await session.goTo(view.run.length - 1);
    assert.deepEqual(seen, ['reset']);
    assert.ok(states().has('valid') && !states().has('unknown'));
    assert.match(source.moment, /table as in dumps\/\d+\.htab/);
    assert.equal(source.describe(5).certainty, undefined);
    await session.goTo(0);
    assert.deepEqual(states(), new Set(['unknown']));
  });

  it('never shows a guess: registers, counters and the reverse map are unknown', async () => {
    await session.goTo(view.run.length - 1);
    const machine = lines(machineNodes(view), 0).join('\n');
    assert.match(machine, /vCPU registers: unknown/);
    assert.match(machine, /MMU notifier: unknown/);
    assert.doesNotMatch(machine, /seq 0|0 SLB/);
    assert.match(lines(memslotNodes(view), 2).join('\n'), /rmap: unknown/);
    assert.deepEqual(rmapChainNodes(view, 'length'), []);
  });

  it('files the HPTEs of the dump under their guest pages', async () => {
    await session.goTo(view.run.length - 1);
    const text = lines(memslotNodes(view), 3).join('\n');
    const { valid, absent } = view.table.counts;
    const entries = text.split('\n').filter((line) => /^\s*(\* )?0x[0-9a-f]+: (valid|absent)/.test(line));
    assert.ok(entries.length > 5 && entries.length <= valid + absent, text);
  });

  it('gives events the time of the trace', async () => {
    await session.goTo(400);
    const nodes = eventNodes(view, { column: 'time' });
    const timed = nodes.filter(({ description }) => /\d+\.\d{6}$/.test(description ?? ''));
    assert.ok(timed.length > nodes.length / 2);
    const deltas = eventNodes(view, { column: 'delta' }).map(({ description }) => description ?? '');
    assert.ok(deltas.some((text) => /\+[\d.]+ (ns|µs|ms|s)$/.test(text)));
    assert.ok(deltas.some((text) => /−[\d.]+ (ns|µs|ms|s)$/.test(text)));
  });

  it('writes times as ftrace does', () => {
    assert.equal(timeText(7_046_595_123n), '7.046595');
    assert.equal(timeText(12_000_000_999n), '12.000000');
  });
});
