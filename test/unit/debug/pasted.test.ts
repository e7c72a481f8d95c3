// What a person pastes, decoded without a run.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { type Decoded, decodedText, decodePasted, type Part } from '../../../src/debug/pasted';

function decoded(text: string): readonly Decoded[] {
  const found = decodePasted(text);
  assert.ok(typeof found !== 'string', String(found));
  return found;
}

/** The value of a field by its path: "dword 0/absent". */
function at(text: string, path: string, as?: string): string | undefined {
  const one = as === undefined ? decoded(text)[0] : decoded(text).find((each) => each.as === as);
  let parts: readonly Part[] = one?.parts ?? [];
  let value: string | undefined;
  for (const name of path.split('/')) {
    const part = parts.find((each) => each.name === name);
    value = part?.value;
    parts = part?.parts ?? [];
  }
  return value;
}

describe('decoding what was pasted', () => {
  it('takes an HPTE pair apart, written in any way', () => {
    for (const text of ['12345020 10000192', '0x12345020:0x10000192', 'hpte 0x12345020, 0x10000192']) {
      assert.equal(at(text, 'dword 0/absent'), 'yes', text);
      assert.equal(at(text, 'dword 1/C'), 'yes', text);
      assert.equal(at(text, 'dword 1/pp'), '2', text);
    }
    assert.equal(at('12345020 10000192 10012', 'guest view/modified'), 'no');
  });

  it('takes a line of a debugfs htab file', () => {
    const line = '    80 0000002002000001 0400000004cc0112 0000000001010112';
    assert.equal(decoded(line)[0]?.as, 'HPTE 0x80');
    assert.equal(at(line, 'dword 0/valid'), 'yes');
    assert.equal(at(line, 'guest view/pp'), '2');
  });

  it('takes words by their kind', () => {
    assert.match(at('dsisr 0x42000000', 'DSISR') ?? '', /NOHPTE ISSTORE/);
    assert.equal(at('rmap 0x100018100001b28', 'rmap/head'), '0x1b28');
    assert.match(at('slb 0x12345000', 'VSID word') ?? '', /vsid 0x12345 256M page 4K/);
    assert.equal(at('msr 0x8000000000004000', 'MSR/PR'), 'yes');
    assert.equal(at('pte 0x10003', 'PTE/pfn'), '0x10');
  });

  it('offers a bare word as everything that it can be', () => {
    const kinds = decoded('0x42000000').map(({ as }) => as);
    assert.equal(kinds[0], 'DSISR');
    assert.ok(kinds.includes('rmap word') && kinds.includes('HPTE dword 0') && kinds.includes('host PTE'));
    assert.ok(!decoded('0x100018100001b28').some(({ as }) => as === 'DSISR'), 'a DSISR has 32 bits');
  });

  it('takes a trace line apart, and the words in it', () => {
    const enter =
      'hptgt-370     [000] .....    22.717708: kvm_hcall_enter: VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x1aa8,0x12345001,0x10012';
    assert.equal(decoded(enter)[0]?.as, 'kvm_hcall_enter');
    assert.equal(at(enter, 'task'), 'hptgt-370');
    assert.equal(at(enter, 'index'), '0x1aa8');
    assert.equal(at(enter, 'dword 0/valid'), 'yes');
    assert.equal(at(enter, 'dword 1/pp'), '2');
    const fault =
      'hptgt-370     [000] .....    22.720000: kvm_page_fault_enter: VCPU 0: hpte=0x12345020:0x10000192 guest=0x10012 ea=0xc000000000010000,42000000 slot=0x0,0x0';
    assert.match(at(fault, 'dsisr') ?? '', /NOHPTE ISSTORE/);
    assert.equal(at(fault, 'hpteV/absent'), 'yes');
    assert.equal(at(fault, 'ea'), '0xc000000000010000');
  });

  it('takes several lines, each by itself', () => {
    assert.equal(decoded('dsisr 40000000\n\n12345020 10000192').length, 2);
  });

  it('says what would be right', () => {
    for (const [text, right] of [
      ['', /neither a trace line nor words/],
      ['hello there', /neither a trace line nor words of up to 64 bits in hex/],
      ['1 2 3 4 5 6', /neither a trace line nor words/],
      ['hpte', /^Expected hpte V R \[GUEST\]\.$/],
      ['dsisr zz', /^zz is no word/],
      ['rmap 0x123456789abcdef01', /^0x123456789abcdef01 is no word of up to 64 bits/],
    ] as const) {
      const answer = decodePasted(text);
      assert.ok(typeof answer === 'string', text);
      assert.match(answer, right);
      assert.ok(answer.length < 70, 'it fits into the row of a box');
    }
  });

  it('answers anything, in a text without empty lines inside', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((n) => n.toString(16)),
        ),
        (text) => {
          const answer = decodePasted(text);
          if (typeof answer !== 'string') assert.match(decodedText(answer), /\S/);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
