// Sentences of the specification that the vectors seldom or never touch, and the edges of the public face.

import { strict as assert } from 'node:assert';
import { pageFault } from '../../../src/model/fault';
import { HTAB_WRITE_FD } from '../../../src/model/htab';
import { checkInvariants } from '../../../src/model/invariants';
import { Machine, type MachineOptions } from '../../../src/model/machine';
import { Vcpu } from '../../../src/model/state';

const HVA = 0x7f0000000000;

function machine(options: Partial<MachineOptions> = {}, npages = 16): Machine {
  const m = new Machine({ kernel: 'linux-6.1', cpu: 'POWER8', order: 18, ...options });
  m.host.map({ hva: HVA, npages });
  m.addMemslot({ slot: 0, baseGfn: 0, npages, hva: HVA });
  for (let page = 0; page < npages; page++) {
    m.host.getUserPages(HVA + page * m.vm.page, true);
    m.host.putPage();
  }
  m.setSlb(0, 0, 0xc000000008000000n, 0x12345400n);
  return m;
}

const rmapWord = (m: Machine, page: number): bigint => {
  const { rmap } = m.state.slots[0] ?? assert.fail('no memslot');
  return (BigInt(rmap.hi(page) >>> 0) << 32n) | BigInt(rmap.lo(page) >>> 0);
};

describe('unmap of one page', () => {
  it('makes the next entry the head even when the one taken off was not the head (a resize that fails half-way)', () => {
    const m = machine({ order: 19 });
    const enter = (pteg: number, page: number, bolted = false): number => {
      const v = 0x12345001n | (bolted ? 0x10n : 0n);
      const { ret, regs } = m.hEnter({ index: BigInt(pteg * 8), v, r: BigInt(page * 65536) | 0x12n });
      assert.equal(ret, 0);
      return Number(regs[0]);
    };
    // two bolted entries that fall into one slot of the smaller table
    enter(1, 1, true);
    enter(0x801, 2, true);
    // a ring: its head behind the collision, the next entry before it
    const head = enter(0x900, 5);
    enter(2, 5);
    const last = enter(0x901, 5);
    assert.equal(Number(rmapWord(m, 5) & 0xffffffffn), head);
    m.resizePrepare(0, 18);
    m.runResizeWork();
    assert.equal(m.resizeCommit(0, 18), -28);
    assert.equal(Number(rmapWord(m, 5) & 0xffffffffn), last);
    assert.deepEqual(checkInvariants(m.vm), []);
  });

  it('linux-3.4 goes from start in steps of a page: a last page that no step falls into is left out', () => {
    const m = machine({ kernel: 'linux-3.4', cpu: 'POWER7' });
    const indexes = [0, 1, 2].map((page) =>
      Number(m.hEnter({ index: BigInt(page * 8), v: 0x12345001n, r: BigInt(page << 16) | 0x12n }).regs[0]),
    );
    m.invalidateRangeStart(HVA + 0x8000, HVA + 0x14000);
    assert.deepEqual(
      indexes.map((index) => m.hpte(index).state),
      ['absent', 'valid', 'valid'],
    );
    const later = machine();
    const same = [0, 1, 2].map((page) =>
      Number(later.hEnter({ index: BigInt(page * 8), v: 0x12345001n, r: BigInt(page << 16) | 0x12n }).regs[0]),
    );
    later.invalidateRangeStart(HVA + 0x8000, HVA + 0x14000);
    assert.deepEqual(
      same.map((index) => later.hpte(index).state),
      ['absent', 'absent', 'valid'],
    );
  });
});

describe('H_ENTER', () => {
  it('linux-3.4 counts host frame 0 as unmapped, also where the offset in a larger host page is not 0', () => {
    const m = new Machine({ kernel: 'linux-3.4', cpu: 'POWER7', order: 18, pageShift: 16 });
    m.host.map({ hva: HVA, npages: 1, pfnmap: true, pfn: 0, cache: 0x20 });
    m.addMemslot({ slot: 0, baseGfn: 0, npages: 1, hva: HVA });
    const { ret, regs } = m.hEnter({ index: 0n, v: 0x12345001n, r: 0x3000n | 0x2an });
    assert.equal(ret, 0);
    const entry = m.hpte(Number(regs[0]));
    assert.equal(entry.state, 'absent');
    assert.equal(entry.r & 0x0ffffffffffff000n, 0n);
  });

  it('says H_PARAMETER for an index beyond the table, however large', () => {
    const m = machine();
    for (const index of [0x4000n, 1n << 32n, 1n << 53n, 0xffffffffffffffffn])
      assert.equal(m.hEnter({ index, v: 0x12345001n, r: 0x12n }).ret, -4, `index ${index}`);
  });
});

describe('page fault', () => {
  it('goes back to the guest when it is not the one that was remembered', () => {
    const m = machine();
    m.hEnter({ index: BigInt((0x12345 & 0x7ff) * 8), v: 0x12345001n, r: 0x12n });
    m.host.unmapPage(HVA);
    assert.equal(pageFault(m.vm, 0, 0xc0000000 | 0, 0x10000, 0x42000000), 0);
    assert.deepEqual(
      [...Array(2).keys()].map((i) => m.state.vcpus[0]?.lo(Vcpu.pgfaultAddr + i)),
      [0, 0],
    );
  });

  it('writes a protection fault of a key 31 entry into the MMIO cache with mmio_update 0: it is not found again', () => {
    const m = machine();
    const index = BigInt((0x12345 & 0x7ff) * 8);
    m.hEnter({ index, v: 0x12345001n, r: 0x12n });
    m.host.writeProtect(HVA);
    assert.equal(m.access('load', 0xc000000000000000n).outcome, 'ok');
    // RWRW and key 31; dword 1 stays read-only, as the host's page
    m.hProtect({ index, flags: 0x3e02n });
    m.access('store', 0xc000000000000000n);
    const cpu = m.state.vcpus[0] ?? assert.fail('no vCPU');
    assert.ok(cpu.lo(Vcpu.mmioNext) > 0);
    assert.equal(cpu.lo(Vcpu.mmio + 6), 0);
  });

  it('finds MMIO in the cache from the second fault on, until the memslots change', () => {
    const m = machine();
    const index = BigInt((0x12345 & 0x7ff) * 8);
    m.hEnter({ index, v: 0x12345001n, r: 0x10000000n | 0x2an });
    assert.equal(m.access('load', 0xc000000000000000n).outcome, 'mmio');
    const cpu = m.state.vcpus[0] ?? assert.fail('no vCPU');
    // the first fault writes the cache, later ones hit it
    assert.equal(cpu.lo(Vcpu.mmioNext), 1);
    assert.equal(m.access('load', 0xc000000000000000n).outcome, 'mmio');
    assert.equal(cpu.lo(Vcpu.mmioNext), 1);
    assert.equal(cpu.lo(Vcpu.pgfaultCache), 1);
    // a change of the memslots makes it stale: the table is looked at again
    m.setMemslotFlags(0, true);
    assert.equal(m.access('load', 0xc000000000000000n).outcome, 'mmio');
    assert.equal(cpu.lo(Vcpu.mmioNext), 2);
  });
});

describe('public face', () => {
  it('takes guest addresses of all 64 bits', () => {
    const m = machine();
    for (const gpa of [1n << 53n, 0x0fffffffffff0000n, 0xffffffffffffffffn]) assert.equal(m.pinUnpin(gpa), null);
    // not 4K aligned, but a multiple of 4K once rounded to a double
    assert.equal(m.hPageInit({ flags: 0n, dest: (1n << 62n) + 1n }).ret, -4);
    assert.equal(m.hPageInit({ flags: 0x8000n, dest: 1n << 62n }).ret, -4);
    assert.equal(m.hEnter({ index: 0n, v: 0x12345001n, r: 0x0ffffffffffff012n }).ret, 0);
    assert.notEqual(m.access('load', 0xfffffffffffffff8n).outcome, 'ok');
  });

  it('takes a stream position beyond the table', () => {
    const m = machine();
    const fd = m.htabOpen(0, 2 ** 40);
    assert.equal(m.htabRead(fd, 4096).ret, 0);
    m.hEnter({ index: 0n, v: 0x12345001n, r: 0x12n });
    assert.equal(m.htabRead(fd, 4096).ret, 24, 'from the start, what changed');
    assert.equal(m.htabWrite(fd, new Uint8Array(8)), -9, 'a read fd');
    assert.equal(m.htabWrite(m.htabOpen(HTAB_WRITE_FD, 0), new Uint8Array([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1])), -22);
  });

  it('says what is wrong with a description of a machine', () => {
    assert.throws(
      () => new Machine({ kernel: 'linux-3.4', cpu: 'POWER9' }),
      /does not run HPT guests on POWER9: PPC970, POWER7/,
    );
    assert.throws(() => new Machine({ kernel: 'linux-6.1', order: 47 }), /HPT order 47: .* 7 \(one PTEG\) to 46/);
    assert.throws(
      () => new Machine({ kernel: 'linux-6.1', pageShift: 13 }),
      /host page shift 13: 12 \(4K\) or 16 \(64K\)/,
    );
    assert.throws(() => new Machine({ kernel: 'linux-6.1', vcpus: 0 }), /0 vCPUs: 1 to 2048/);
    assert.throws(() => machine().setAmr(3, 0n), /no vCPU 3: this machine has 1/);
    const io = { hva: 0, npages: 2 ** 40, pfnmap: true, pfn: 0 };
    assert.throws(() => machine().host.map(io), /at most 8388608/);
  });

  it('has H_FUNCTION for what linux-3.4 does not know', () => {
    const m = machine({ kernel: 'linux-3.4', cpu: 'POWER7' });
    assert.equal(m.hClearRef({ index: 0n }).ret, -2);
    assert.equal(m.hClearMod({ index: 0n }).ret, -2);
    assert.equal(m.hPageInit({ flags: 0n, dest: 0n }).ret, -2);
  });
});

describe('tables of any size', () => {
  for (let order = 18; order <= 46; order++)
    it(`order ${order}: entries are entered, found, unmapped and removed`, () => {
      const m = machine({ order });
      const mask = 2n ** BigInt(order - 7) - 1n;
      // VRMA: one hash whose bits reach beyond every mask
      assert.equal(m.mapVrma(0, 16), 0);
      const index = ((0x1ffffffn ^ (0x1ffffffn << 25n)) & mask) * 8n + 7n;
      assert.equal(m.hpte(Number(index)).state, 'valid');
      m.setMsr(0, 0x8000000000001002n);
      const { outcome, raLo } = m.access('store', 0x1234n);
      assert.equal(outcome, 'ok');
      assert.equal(raLo & 0xffff, 0x1234);
      if (order < 37) {
        // rmap words hold 32-bit indexes
        m.host.unmapPage(HVA);
        assert.equal(m.hpte(Number(index)).state, 'absent');
        assert.deepEqual(checkInvariants(m.vm), []);
      }
      assert.equal(m.hRemove({ index }).ret, 0);
      assert.match(m.hash(), /^0x[0-9a-f]{16}$/);
    });

  it('an order-29 table with a thousand entries takes less than 64 MiB', () => {
    const before = process.memoryUsage();
    const m = machine({ order: 29 });
    let entered = 0;
    for (let i = 0; i < 1000; i++) {
      const pteg = (i * 0x9e3779b1) % 2 ** 22;
      if (m.hEnter({ index: BigInt(pteg * 8), v: 0x12345001n, r: BigInt((i % 16) << 16) | 0x12n }).ret === 0) entered++;
    }
    assert.equal(entered, 1000);
    const { heapTotal, arrayBuffers } = process.memoryUsage();
    const used = heapTotal - before.heapTotal + arrayBuffers - before.arrayBuffers;
    assert.ok(used < 64 * 1024 * 1024, `${used} bytes`);
    assert.deepEqual(checkInvariants(m.vm), []);
  });
});
