// A machine handed to another thread is the same machine: every word, every owner, and its journal still undoes and redoes it.

import assert from 'node:assert/strict';
import { HostMemory } from '../../../src/model/host';
import { LOG_CHUNK, Log } from '../../../src/model/log';
import { Machine } from '../../../src/model/machine';
import { packVm, unpackVm } from '../../../src/model/packed';
import { Run } from '../../../src/timeline/run';

const HVA = 0x7f0000000000;
const PAGES = 64;

/** A machine with two memslots, one of them gone again, a resized table, and its journal. */
function worked(): { readonly machine: Machine; readonly log: Log } {
  const machine = new Machine({ kernel: 'linux-6.1', cpu: 'POWER9', order: 18, pageShift: 16, vcpus: 2 });
  const log = new Log();
  machine.record(log);
  log.mark(0);
  machine.host.map({ hva: HVA, npages: PAGES });
  machine.host.map({ hva: HVA + 2 ** 32, npages: PAGES, writable: false, cow: true });
  machine.addMemslot({ slot: 0, baseGfn: 0, npages: PAGES, hva: HVA });
  machine.addMemslot({ slot: 1, baseGfn: 4096, npages: PAGES, hva: HVA + 2 ** 32 });
  for (let page = 0; page < PAGES; page++) {
    log.mark(page + 1);
    machine.hEnter({ index: BigInt(page * 8), v: 0x12345001n, r: BigInt((page << 16) | 0x192) });
    if (page % 3 === 0) machine.host.unmapPage(HVA + page * 65536);
  }
  log.mark(PAGES + 1);
  machine.deleteMemslot(1);
  machine.setMutation('tlbie', true);
  return { machine, log };
}

describe('a machine handed over', () => {
  it('has the same words, memslots, mappings and mutations', () => {
    const { machine } = worked();
    const hash = machine.hash();
    const { packed, buffers } = packVm(machine.vm);
    const vm = unpackVm(structuredClone(packed, { transfer: buffers }), (it) => new HostMemory(it));
    assert.equal(vm.state.hash(true, 16), hash);
    assert.deepEqual(vm.mutations, ['tlbie']);
    assert.equal(vm.config.kernel, machine.vm.config.kernel);
    const plain = ({ id, baseGfn, npages, hva }: { id: number; baseGfn: number; npages: number; hva: number }) => ({
      id,
      baseGfn,
      npages,
      hva,
    });
    assert.deepEqual(vm.state.slots.map(plain), machine.state.slots.map(plain));
    assert.equal(vm.state.vmas.length, 2);
    assert.equal(vm.state.owned.length, machine.state.owned.length);
  });

  it('is undone and redone by the journal that came with it', () => {
    const { machine, log } = worked();
    const sources = Array.from({ length: PAGES + 2 }, (_, line) => ({ line, text: 'statement' }));
    const parts = { title: 'test', kind: 'scenario', sources, notes: [] } as const;
    const { packed, buffers } = packVm(machine.vm);
    const journal = { chunks: log.chunks, end: log.end };
    const copy = structuredClone({ packed, journal }, { transfer: buffers });
    const here = new Run({ ...parts, vm: machine.vm, log });
    const there = new Run({
      ...parts,
      vm: unpackVm(copy.packed, (it) => new HostMemory(it)),
      log: Log.of(copy.journal.chunks, copy.journal.end),
    });
    assert.equal(there.length, here.length);
    for (const moment of [0, 17, here.length >> 1, 3, here.length - 1]) {
      here.seek(moment);
      there.seek(moment);
      assert.equal(there.vm.state.hash(true, 16), here.vm.state.hash(true, 16), `moment ${moment}`);
      assert.equal(there.vm.state.slots.length, here.vm.state.slots.length);
    }
  });

  it('goes on with the journal where it ended', () => {
    const log = new Log();
    for (let i = 0; i < LOG_CHUNK + 100; i++) log.mark(i);
    const next = Log.of(log.chunks, log.end);
    assert.equal(next.end, log.end);
    next.mark(7);
    log.mark(7);
    assert.equal(next.end, log.end);
    assert.equal(next.chunks.length, log.chunks.length);
  });
});
