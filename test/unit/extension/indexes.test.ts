// What the views keep about the whole table, brought up to date by each travel, against the same read afresh.

import { strict as assert } from 'node:assert';
import { ChainIndex } from '../../../src/extension/viewModels/chainIndex';
import { TableIndex } from '../../../src/extension/viewModels/tableIndex';
import type { Run } from '../../../src/timeline/run';
import { openSample, openText } from './samples';

const many = `machine power9 linux-6.1 order 18 page 4K
memslot 0 gpa 0 size 16M hva 0x7f0000000000
memslot 1 gpa 0x10000000 size 1M hva 0x7f1000000000
slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M
a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2
b: h_enter ea 0xc000000000020000 gpa 0x10000 pp 2
c: h_enter ea 0xc000000000030000 gpa 0x10000000 pp 2
load a
store b
store c
swap-out gpa 0x10000
load b
h_remove b
memslot remove 1
load a
`;

function tableOf(index: TableIndex, { vm }: Run): unknown {
  const pages = vm.state.slots.map((slot) => [slot.id, [...index.pagesInUse(slot)]]);
  return { counts: index.counts, pages, entries: [0x10, 0x10000].map((gfn) => index.entriesOf(gfn)) };
}

function chainsOf({ lengths, broken, count }: ChainIndex): unknown {
  return { lengths: lengths.map(([length, gfns]) => [length, [...gfns].sort((a, b) => a - b)]), broken, count };
}

describe('indexes of the views', () => {
  for (const [name, open] of [
    ['a made-up run', () => openText(many)],
    ['retry-race.hpt', () => openSample('retry-race.hpt')],
    ['two-hptes.hpt', () => openSample('two-hptes.hpt')],
    ['resize.hpt', () => openSample('resize.hpt')],
  ] as const) {
    it(`stay true over any travel through ${name}`, () => {
      const { run } = open();
      const table = new TableIndex(run);
      const chains = new ChainIndex(run);
      const last = run.length - 1;
      for (const moment of [0, last, 1, 7, 8, Math.floor(last / 2), Math.floor(last / 3), last - 1, 30, 29, 0, last]) {
        run.seek(moment);
        assert.deepEqual(tableOf(table, run), tableOf(new TableIndex(run), run), `table at moment ${moment}`);
        assert.deepEqual(chainsOf(chains), chainsOf(new ChainIndex(run)), `chains at moment ${moment}`);
      }
      for (let moment = 0; moment <= last; moment++) {
        run.seek(moment);
        assert.deepEqual(tableOf(table, run), tableOf(new TableIndex(run), run), `table stepped to ${moment}`);
        assert.deepEqual(chainsOf(chains), chainsOf(new ChainIndex(run)), `chains stepped to ${moment}`);
      }
    });
  }
});
