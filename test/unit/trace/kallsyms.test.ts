import { strict as assert } from 'node:assert';
import { Kallsyms } from '../../../src/trace/kallsyms';

const symbols = new Kallsyms(
  Buffer.from(`c000000000118320 T kvmppc_hpte_hv_fault
c000000000118830 T later
c000000000118830 T alias_of_later
c0080000002c2018 t kvm_unmap_rmapp\t[kvm_hv]
c0080000002c21d8 t next\t[kvm_hv]
not a symbol
`),
);

describe('kernel symbols', () => {
  it('name an address as the kernel does: function, offset, size, module', () => {
    assert.equal(symbols.place(0xc00000000011832cn), 'kvmppc_hpte_hv_fault+0xc/0x510');
    assert.equal(symbols.place(0xc0080000002c2024n), 'kvm_unmap_rmapp+0xc/0x1c0 [kvm_hv]');
    assert.equal(symbols.place(0xc000000000118830n), 'later+0x0/0x80000001a97e8');
    assert.equal(symbols.symbol(0xc0080000002c2024n), 'kvm_unmap_rmapp [kvm_hv]');
  });

  it('give the bare digits where none is below or above', () => {
    assert.equal(symbols.place(0x1000n), '1000');
    assert.equal(symbols.symbol(0xc0080000002c21d8n), 'c0080000002c21d8');
    assert.equal(new Kallsyms(new Uint8Array(0)).place(0xc000n), 'c000');
  });
});
