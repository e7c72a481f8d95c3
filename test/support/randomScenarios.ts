// Random scenarios without mutations, for property tests: a small world in which things meet, and one of raw words.

import fc from 'fast-check';

const labels = ['a', 'b', 'c', 'd'] as const;
const label = fc.constantFrom(...labels);
const gpa = fc.constantFrom('0x10000', '0x20000', '0x210000');
const pp = fc.constantFrom('2', '3', '1', '0', '6');
const vcpu = fc.constantFrom('', '', ' on vcpu 1');

const join = (...parts: (string | fc.Arbitrary<string>)[]) =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((words) => words.join(''));

const simple = fc.oneof(
  {
    weight: 6,
    arbitrary: join(
      fc.constantFrom('load ', 'store ', 'store ', 'fetch '),
      label,
      fc.constantFrom('', ' user', ' offset 0x18'),
      vcpu,
    ),
  },
  {
    weight: 4,
    arbitrary: join(
      fc.constantFrom(
        'swap-out ',
        'swap-out ',
        'write-protect ',
        'ksm-merge ',
        'migrate ',
        'age ',
        'test-age ',
        'unmap ',
        'pin ',
        'touch ',
      ),
      label,
    ),
  },
  {
    weight: 2,
    arbitrary: join('h_protect ', label, ' pp ', pp, fc.constantFrom('', ' key 5', ' no-execute', ' avpn'), vcpu),
  },
  { weight: 2, arbitrary: join('h_remove ', label, fc.constantFrom('', ' avpn', ' local'), vcpu) },
  {
    weight: 3,
    arbitrary: join(
      'h_enter ea 0xc00000000001',
      fc.constantFrom('0', '1', '2'),
      '000 gpa ',
      gpa,
      ' pp ',
      pp,
      fc.constantFrom('', ' secondary', ' R C', ' bolted', ' key 7'),
    ),
  },
  join('h_bulk_remove ', label, ' ', label, fc.constantFrom('', ' avpn')),
  join('h_read ', label, fc.constantFrom('', ' four')),
  fc.constantFrom(
    'dirty-log 0',
    'dirty-log 1',
    'memslot change 1 log-dirty',
    'unmap gpa 0 size 1M',
    'h_enter ea 0xc000000000090000 gpa 0x90000000 pp 2 wimg IG',
    'load ea 0xc000000000090000',
    'amr 0x0400000000000000',
    'amr 0',
  ),
);
const later = fc.oneof(
  join(fc.constantFrom('h_clear_ref ', 'h_clear_mod '), label),
  fc.constantFrom(
    'htab-read',
    'htab-dump',
    'h_page_init gpa 0x10000 zero',
    'resize order 19',
    'resize order 18',
    'reset',
    'vcpu 0 running',
    'vcpu 0 running off',
  ),
);

/** A statement, sometimes with another one racing it. */
function line(statement: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const access = join(fc.constantFrom('load ', 'store ', 'fetch '), label);
  const point = fc.constantFrom(
    'access.before_hv_fault',
    'access.before_fault',
    'page_fault.after_gup',
    'page_fault.before_lock',
  );
  return fc.oneof(
    { weight: 4, arbitrary: statement },
    { weight: 2, arbitrary: join(access, ' racing ', point, ': ', simple) },
    {
      weight: 1,
      arbitrary: join('h_enter ea 0xc000000000010000 gpa ', gpa, ' pp 2 racing h_enter.after_pte: ', simple),
    },
  );
}

const setUps = [
  'machine power7 linux-3.4 order 18 page 64K vcpus 2',
  'machine power8 linux-6.1 order 18 page 64K vcpus 2',
  'machine power9 linux-6.1 order 18 page 64K vcpus 2 tlb',
  'machine power9 linux-6.1 order 18 page 4K vcpus 2',
  'machine ppc970 linux-3.4 order 18 page 4K vcpus 2',
];

/** Statements of a small world, some raced by others, on all machines. */
export const scenarios = fc.constantFrom(...setUps).chain((machine) => {
  const statement = machine.includes('6.1')
    ? fc.oneof({ weight: 6, arbitrary: simple }, { weight: 1, arbitrary: later })
    : simple;
  return fc
    .array(line(statement), { minLength: 1, maxLength: 40 })
    .map((lines) =>
      [
        machine,
        'memslot 0 gpa 0 size 2M hva 0x7f0000000000 log-dirty',
        'memslot 1 gpa 0x200000 size 1M hva 0x7f0010000000',
        'vma hva 0x7f0010000000 size 1M cow',
        'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
        ...labels.map(
          (name, at) =>
            `${name}: h_enter ea 0xc0000000000${at + 1}0000 gpa ${['0x10000', '0x10000', '0x20000', '0x210000'][at]} pp 2`,
        ),
        ...lines,
      ].join('\n'),
    );
});

const word = fc
  .oneof(
    fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    fc.bigInt({ min: 0n, max: 63n }).map((bit) => 1n << bit),
    fc.constantFrom(0n, 0x1234501n, 0x12345005n, 0x10192n, 0x11192n, 0x4001ffffff000001n, 0xfffffffffffffffn),
  )
  .map((value) => `0x${value.toString(16)}`);
const index = fc.oneof(fc.constantFrom('8', '0x3fff', '0x4000'), fc.nat(0x4000).map(String), word);
const low = fc.bigInt({ min: 0n, max: 1n << 25n }).map((value) => `0x${(value & ~0xffffn).toString(16)}`);
const raw = fc.oneof(
  join('h_enter flags ', word, ' index ', index, ' v ', word, ' r ', word),
  join('h_enter exact index ', index, ' v ', word, ' r ', word, ' virtual'),
  join(fc.constantFrom('h_remove', 'h_protect', 'h_read'), ' flags ', word, ' index ', index),
  join('h_bulk_remove words ', word, ' ', word, ' ', word, ' ', word),
  join('slb ', fc.constantFrom('0', '1', '63'), ' esid-word ', word, ' vsid-word ', word),
  join('amr ', word),
  join(fc.constantFrom('load', 'store', 'fetch', 'translate'), ' ea ', word, ' msr ', word),
  join(fc.constantFrom('load', 'store', 'fetch'), ' ea ', word, fc.constantFrom('', ' real', ' user')),
  join(fc.constantFrom('swap-out', 'unmap', 'ksm-merge', 'age', 'migrate', 'touch', 'write-protect'), ' gpa ', low),
  join('unmap hva ', low, ' size 16T'),
  fc.constantFrom(
    'map-vrma 0',
    'memslot remove 0 -> ret 0',
    'memslot 0 gpa 0 size 2M hva 0x7f0000000000 -> ret 0',
    'invalidate start gpa 0 size 1M',
    'invalidate end gpa 0 size 1M',
  ),
);
const raw61 = fc.oneof(
  raw,
  join('htab-write w index ', index, ' v ', word, ' r ', word),
  join('htab-write w index ', index, ' invalid ', fc.nat(65535).map(String)),
  join('htab-read bytes ', fc.nat(4096).map(String)),
  join('h_page_init gpa ', low, ' flags ', word),
  join('resize order ', fc.constantFrom('18', '19', '21', '46')),
  join('reset order ', fc.constantFrom('18', '20')),
);
/** Hypercalls, accesses and ioctls with any words that the guest and the VMM can give. */
export const rawScenarios = fc.constantFrom(...setUps).chain((machine) => {
  const later61 = machine.includes('6.1');
  return fc
    .array(later61 ? raw61 : raw, { minLength: 1, maxLength: 30 })
    .map((lines) =>
      [
        machine,
        'memslot 0 gpa 0 size 32M hva 0x7f0000000000 log-dirty',
        'slb 0 ea 0xc000000000000000 vsid 0x12345',
        ...(later61 ? ['w: htab-open write'] : []),
        ...lines,
      ].join('\n'),
    );
});

const sizes = ['4K', '64K', '16M'] as const;
const names = ['s', 'm', 'l', 't', 'u'] as const;
const name = fc.constantFrom(...names);
const actor = fc.constantFrom('', '', ' on vcpu 1', ' on vcpu 2');
/** Guest pages of each size, in huge host pages and beside them. */
const placeOf = {
  '4K': fc.constantFrom('0x1001000', '0x1002000', '0x3010000', '0x2000'),
  '64K': fc.constantFrom('0x1010000', '0x1020000', '0x3010000', '0x20000'),
  '16M': fc.constantFrom('0x1000000', '0x2000000'),
} as const;

const sized = fc
  .constantFrom(...sizes)
  .chain((size) =>
    join(
      'h_enter ea 0x',
      size === '16M' ? 'd00000000' : 'c00000000',
      fc.constantFrom('1', '2', '3'),
      '000000 gpa ',
      placeOf[size],
      ` size ${size} pp `,
      pp,
      fc.constantFrom('', '', ' bolted', ' secondary', ' R C'),
      actor,
    ),
  );
const onSized = fc.oneof(
  { weight: 6, arbitrary: join(fc.constantFrom('load ', 'store ', 'store ', 'fetch '), name, actor) },
  {
    weight: 4,
    arbitrary: join(
      fc.constantFrom('swap-out ', 'swap-out ', 'write-protect ', 'ksm-merge ', 'migrate ', 'age ', 'touch '),
      name,
    ),
  },
  { weight: 4, arbitrary: sized },
  join(fc.constantFrom('h_remove ', 'h_clear_ref ', 'h_clear_mod ', 'h_read '), name, actor),
  join('h_protect ', name, ' pp ', pp, actor),
  join('h_bulk_remove ', name, ' ', name, ' ', name, fc.constantFrom('', ' avpn')),
  // the host takes huge pages away as a whole
  join('unmap gpa ', fc.constantFrom('0 size 64K', '0x1000000 size 16M', '0x3000000 size 64K')),
);
const vmmOnSized = fc.oneof(
  join('dirty-log ', fc.constantFrom('0', '1', '2')),
  join('memslot change ', fc.constantFrom('0', '1', '2'), fc.constantFrom(' log-dirty', ' log-dirty off')),
  fc.constantFrom(
    'memslot remove 2',
    'memslot 2 gpa 0x3000000 size 1M hva 0x7f0020000000',
    'memslot 2 gpa 0x3000000 size 1M hva 0x7f0030000000 log-dirty',
    'resize order 19',
    'resize order 18',
    'reset',
    'htab-dump',
    'vcpu 0 running',
    'vcpu 0 running off',
    'map-vrma 0',
  ),
);
const points = fc.constantFrom(
  'access.before_hv_fault',
  'access.before_fault',
  'page_fault.after_gup',
  'page_fault.before_lock',
);
const racedOnSized = fc.oneof(
  { weight: 6, arbitrary: onSized },
  { weight: 2, arbitrary: vmmOnSized },
  {
    weight: 3,
    arbitrary: join(fc.constantFrom('load ', 'store ', 'fetch '), name, ' racing ', points, ': ', onSized),
  },
  { weight: 2, arbitrary: join(sized, ' racing h_enter.after_pte: ', onSized) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(onSized, onSized, onSized)
      .map(([one, two, host]) => ['parallel', `  one: ${one}`, `  two: ${two}`, `  three: ${host}`, 'end'].join('\n')),
  },
  {
    weight: 2,
    // an invalidation that takes its time
    arbitrary: fc
      .tuple(
        fc.constantFrom('gpa 0x1000000 size 16M', 'gpa 0x1000000 size 64K', 'gpa 0x3000000 size 1M', 'gpa 0 size 64K'),
        fc.array(fc.oneof(onSized, sized), { minLength: 1, maxLength: 4 }),
      )
      .map(([range, lines]) => [`invalidate start ${range}`, ...lines, `invalidate end ${range}`].join('\n')),
  },
);

/** Several vCPUs at once with pages of all sizes in memory of huge pages, memslots and tables that change, open invalidations. */
export const sizedScenarios = fc
  .tuple(
    fc.constantFrom('power10', 'power9', 'power10', 'power8'),
    fc.constantFrom('4K', '64K'),
    fc.constantFrom('', ' huge 2M', ' huge 16M'),
  )
  .chain(([cpu, page, huge]) =>
    fc
      .array(racedOnSized, { minLength: 1, maxLength: 40 })
      .map((lines) =>
        [
          `machine ${cpu} linux-6.1 order 18 page ${page} vcpus 3`,
          'memslot 0 gpa 0 size 1M hva 0x7f0000000000',
          'memslot 1 gpa 0x1000000 size 32M hva 0x7f0010000000 log-dirty',
          'memslot 2 gpa 0x3000000 size 1M hva 0x7f0020000000',
          `vma hva 0x7f0010000000 size 32M${huge}`,
          'vma hva 0x7f0020000000 size 1M cow',
          'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
          'slb 1 ea 0xd000000000000000 vsid 0x54321 segment 1T page 16M',
          's: h_enter ea 0xc000000000001000 gpa 0x1001000 size 4K pp 2',
          'm: h_enter ea 0xc000000000020000 gpa 0x1010000 size 64K pp 2',
          'l: h_enter ea 0xd000000001000000 gpa 0x1000000 size 16M pp 2',
          't: h_enter ea 0xc000000000003000 gpa 0x3010000 size 4K pp 2',
          'u: h_enter ea 0xc000000000004000 gpa 0x2000 size 4K pp 2',
          ...lines,
        ].join('\n'),
      ),
  );
