// The views over a recording with gaps and assumptions: cells, descriptions, trees and counts say what is assumed, and why.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { RunHeatmaps } from '../../../src/extension/heatmapRun';
import { RunSession } from '../../../src/extension/session';
import { hpteNode } from '../../../src/extension/viewModels/hpte';
import { machineNodes } from '../../../src/extension/viewModels/machine';
import { memslotNodes } from '../../../src/extension/viewModels/memslots';
import { nodeDecompressors } from '../../../src/platform/node/decoders';
import { cellFlag, stateOfCell } from '../../../src/protocol';
import { EVERY_ASSUMPTION } from '../../../src/timeline/assumptions';
import { openRun } from '../../../src/trace/openRun';
import { inRepository } from '../../repository';
import { memoryAccess } from '../../support/captures';
import { lines } from './samples';

const sample = (name: string): Uint8Array => readFileSync(inRepository(`samples/recordings/power9-64k/${name}`));

async function opened(assume: number) {
  const { facts: _, ...recording } = JSON.parse(new TextDecoder().decode(sample('hptscope.json')));
  const json = new TextEncoder().encode(JSON.stringify({ ...recording, dumps: [] }));
  const files = memoryAccess(
    new Map([
      ['hptscope.json', json],
      ['trace.txt', sample('trace.txt')],
    ]),
  );
  const { run } = await openRun('hptscope.json', { files, decompressors: nodeDecompressors }, { assume });
  assert.ok(run);
  const session = new RunSession();
  const heatmaps = new RunHeatmaps(session);
  session.setRun({ run, labels: new Map(), origin: 'file:///hptscope.json' });
  await session.goTo(run.length - 1);
  const { source } = heatmaps;
  assert.ok(session.view && source);
  return { view: session.view, source };
}

describe('views of a recording with assumptions', () => {
  it('mark each entry whose state is assumed, and no other', async () => {
    const { view, source } = await opened(EVERY_ASSUMPTION);
    const cells = [...source.cells(0, source.table.npteg * 8)];
    const assumed = cells.flatMap((cell, index) => ((cell & cellFlag.assumed) === 0 ? [] : [index]));
    assert.deepEqual(assumed, [0x3fc7, 0x3fcf, 0x3fd7, 0x3fdf, 0x3fe7, 0x3fef, 0x3ff7, 0x3fff], 'the real-mode area');
    assert.ok(assumed.every((index) => stateOfCell(cells[index] ?? 0) === 'valid'));
    assert.match(source.moment, /8 entries assumed, 0 unknown$/);
    assert.deepEqual([view.table.counts.assumed, view.table.counts.valid], [8, 10]);
  });

  it('say why: in the description, the trees and the counts of the table', async () => {
    const { view, source } = await opened(EVERY_ASSUMPTION);
    const { certainty, cause, fields } = source.describe(0x3ff7);
    assert.equal(certainty, 'assumed');
    assert.match(
      cause ?? '',
      /H_ENTER found the host page mapped; the real-mode area has pages of the size of a host page$/,
    );
    assert.equal(fields.find(({ name }) => name === 'page size')?.meaning, 'assumed');
    assert.match(
      hpteNode(view, 'p', 0x3ff7).description ?? '',
      /^valid · .*assumed: .*H_ENTER found the host page mapped/,
    );
    assert.ok(!/assumed/.test(hpteNode(view, 'p', 0).description ?? ''));
    assert.ok(lines(memslotNodes(view)).some((line) => /gfn 0x1: valid 0x3ff7 · assumed/.test(line)));
    const machine = lines(machineNodes(view));
    assert.ok(
      machine.some((line) => /HPT: order 18 · 10 valid · .*8 assumed/.test(line)),
      machine.join('\n'),
    );
  });

  it('without assumptions the same entries are unknown', async () => {
    const { view, source } = await opened(0);
    assert.equal(source.describe(0x3ff7).certainty, 'unknown');
    assert.equal(view.table.counts.assumed, 0);
    assert.ok([...source.cells(0, source.table.npteg * 8)].every((cell) => (cell & cellFlag.assumed) === 0));
  });
});
