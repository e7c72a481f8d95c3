// The raw bytes of the table, as "View Binary Data" shows them: the words of its entries, and nothing that is not known.

import { strict as assert } from 'node:assert';
import { readTable } from '../../../src/debug/memory';
import { Machine } from '../../../src/model/machine';
import type { Vm } from '../../../src/model/vm';
import { makeUnknown } from '../../../src/timeline/known';

const ENTRY = 16;

function read(
  vm: Vm,
  memoryReference: string,
  count: number,
  offset = 0,
): { hex: string; unreadable: number | undefined } {
  const body = readTable(vm, { memoryReference, count, offset });
  return { hex: Buffer.from(body?.data ?? '', 'base64').toString('hex'), unreadable: body?.unreadableBytes };
}

function entered(): Machine {
  const machine = new Machine({ kernel: 'linux-6.1', cpu: 'POWER9', order: 18, pageShift: 16 });
  machine.host.map({ hva: 0x7f0000000000, npages: 16 });
  machine.addMemslot({ slot: 0, baseGfn: 0, npages: 16, hva: 0x7f0000000000 });
  machine.hEnter({ index: 8n, v: (0x12345n << 12n) | 1n, r: 0x192n });
  return machine;
}

describe('memory of the table', () => {
  it('is two big-endian dwords an entry, from wherever it is asked for', () => {
    const { vm } = entered();
    const { hex, unreadable } = read(vm, '0x80', ENTRY);
    assert.equal(BigInt(`0x${hex.slice(0, 16)}`) & 0xfffffffffffff000n, 0x12345000n);
    assert.deepEqual([hex.length, unreadable], [2 * ENTRY, 0]);
    assert.equal(read(vm, '0x80', 4, 4).hex, hex.slice(8, 16));
    assert.equal(read(vm, '0x70', 2 * ENTRY).hex, '0'.repeat(2 * ENTRY) + hex);
  });

  it('ends where the table ends', () => {
    const { vm } = entered();
    const end = vm.state.hpt.entries * ENTRY;
    assert.deepEqual(read(vm, `0x${(end - 4).toString(16)}`, 10), { hex: '00000000', unreadable: 6 });
    assert.deepEqual(read(vm, '0x0', 8, -16), { hex: '', unreadable: 8 });
    assert.throws(() => read(vm, 'here', 8), /"here" is no place in the table/);
  });

  it('is unreadable where a trace does not tell it', () => {
    const { vm } = entered();
    makeUnknown(vm.state, 'no first dump');
    assert.deepEqual(read(vm, '0x80', 2 * ENTRY), { hex: '', unreadable: 2 * ENTRY });
  });
});
