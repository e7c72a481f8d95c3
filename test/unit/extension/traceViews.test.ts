// The views over a recording of a real kernel: what its dumps tell is shown as of the dump, what nothing tells is unknown.

import { strict as assert } from 'node:assert';
import { eventDetails } from '../../../src/debug/scopes';
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

  it('draws what is unknown as unknown, and says why', async () => {
    const source = heatmaps.source;
    assert.ok(source);
    const states = () => new Set([...source.cells(0, source.table.npteg * 8)].map(stateOfCell));
    assert.deepEqual(states(), new Set(['free']), 'the machine has not run yet');
    assert.match(source.moment, /the state of every entry is known/);
    assert.equal(source.describe(5).certainty, 'inferred');
    // the first run fills the real-mode area, nobody knows with which pages
    const unknown = (): number => view.table.counts.unknown;
    let moment = 0;
    while (unknown() === 0 && moment < view.run.length - 1) await session.goTo(++moment);
    assert.ok(unknown() > 0);
    assert.ok(states().has('unknown'));
    assert.match(source.moment, /entries unknown/);
    const index = [...source.cells(0, source.table.npteg * 8)].indexOf(cellState.unknown);
    const { certainty, cause, fields } = source.describe(index);
    assert.equal(certainty, 'unknown');
    assert.match(cause ?? '', /real-mode area/);
    assert.deepEqual(fields, []);
    await session.goTo(view.run.length - 1);
    assert.ok(states().has('valid') && states().has('absent'));
    await session.goTo(0);
    assert.deepEqual(states(), new Set(['free']));
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

  it('says of no field of an event what the trace does not tell', async () => {
    const numbers = Array.from({ length: view.run.eventCount }, (_, number) => number);
    const doubted = numbers.filter((number) => view.run.event(number).event.unknown?.includes('r'));
    assert.ok(doubted.length > 0);
    for (const number of doubted.slice(0, 5)) {
      await session.goTo(view.run.eventMomentOf(number));
      const node = eventNodes(view, { column: 'time' }).find(({ id }) => id === `event:${number}`);
      const fields = new Map(node?.tooltip?.rows);
      assert.equal(fields.get('r'), 'unknown');
      assert.match(eventDetails(view.run.event(number).event), /^r: unknown$/m);
    }
  });

  it('tells in one entry how far the trace tells the table, without a warning', () => {
    const notes = machineNodes(view).filter(({ kind }) => kind === 'notes' || kind === 'note');
    assert.deepEqual(
      notes.map(({ kind }) => kind),
      ['notes'],
    );
    const inside = notes[0]?.children?.() ?? [];
    assert.deepEqual(
      inside.map(({ label }) => label),
      view.run.notes,
    );
    assert.ok(inside.length > 1 && inside.every(({ icon }) => icon?.name === 'info'));
  });

  it('shows a memslot without pages in use as a leaf', async () => {
    await session.goTo(view.run.length - 1);
    const slots = memslotNodes(view);
    for (const { description, children } of slots) {
      assert.equal(children === undefined, /· 0 pages in use$/.test(description ?? ''), description);
    }
    assert.ok(slots.some(({ children }) => children === undefined) && slots.some(({ children }) => children));
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
