// Scenarios made of traces, from recordings of runs whose story is known: which operations come back, what is expected of them, what is
// said to be unknown, and why there may be no scenario.

import assert from 'node:assert/strict';
import { runScenario } from '../../../src/scenario/runner';
import type { ReplayInput } from '../../../src/trace/replay/input';
import { reproduce } from '../../../src/trace/reproduce/reproduce';
import type { DumpTimes } from '../../../src/trace/saveRun/saveRun';
import { inputOf, recorded } from '../../replay/roundTrip';

const world = [
  'machine power9 linux-6.1 order 18 page 4K',
  'memslot 0 gpa 0x0 size 16M hva 0x7f0000000000',
  'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M',
];

/** The recording of a scenario, and the event of its last statement whose kind is given. */
async function recording(
  lines: readonly string[],
  kind: string,
  dumps: DumpTimes = 'end',
): Promise<{ input: ReplayInput; event: number }> {
  const input = await inputOf(recorded(lines.join('\n'), { dumps }));
  for (let event = input.events.count - 1; event >= 0; event--) {
    if (input.events.nameOf(event) === kind) {
      return { input, event };
    }
  }
  throw new Error(`no ${kind}`);
}

/** Statements of the scenario that is made of the last event of a kind, without what stands behind them. Fails when it is not green. */
async function made(lines: readonly string[], kind: string): Promise<{ text: string; statements: string[] }> {
  const { input, event } = await recording(lines, kind);
  const result = reproduce(input, event);
  assert.ok('scenario' in result, 'why' in result ? result.why : '');
  const { scenario: text } = result;
  const run = runScenario(text, 'reproduced');
  assert.ok('run' in run && run.passed, text);
  const statements = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/ *(->|#).*$/, ''));
  return { text, statements };
}

async function why(lines: readonly string[], kind: string): Promise<string> {
  const { input, event } = await recording(lines, kind);
  const result = reproduce(input, event);
  assert.ok('why' in result, JSON.stringify(result));
  return result.why;
}

describe('a moment of a trace as a scenario', () => {
  const pageOut = [
    ...world,
    'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
    'other: h_enter ea 0xc000000000030000 gpa 0x30000 pp 2',
    'store a',
    'load other',
    'swap-out other',
    'swap-out a',
    'load other',
    'load a',
  ];

  it('has the stretch behind it, from the entry on, and nothing of other entries', async () => {
    const { statements } = await made(pageOut, 'kvm_page_fault_enter');
    assert.deepEqual(statements, [
      ...world,
      'a: h_enter exact index 0x1aa8 v 0x12345001 r 0x10012',
      'store ea 0xc000000000010000',
      'unmap hva 0x7f0000010000 size 4K',
      'load ea 0xc000000000010000',
    ]);
  });

  it('expects what the trace showed: return codes, states, faults', async () => {
    const { text } = await made(pageOut, 'kvm_page_fault_enter');
    // the fault that follows shows that the page was not there when the entry was made
    assert.match(text, /h_enter .*-> H_SUCCESS, a absent/);
    assert.match(text, /^unmap .*-> a absent, hpte\.absent x1/m);
    assert.match(text, /^load .*-> ok, hpte\.reinstate x1, fault\.enter x1 dsisr 0x40000000, a valid/m);
  });

  it('expects nothing of what is not told, and says so', async () => {
    const { input, event } = await recording(pageOut.slice(0, 4), 'kvm_hcall_enter', 'none');
    const result = reproduce(input, event);
    assert.ok('scenario' in result);
    assert.match(result.scenario, /^a: h_enter .* -> H_SUCCESS +# event \d+, [\d.]+; valid or absent is not told/m);
  });

  it('names the event of each operation, and the trace', async () => {
    const { text } = await made(pageOut, 'kvm_page_fault_enter');
    assert.match(text, /^# kvm_page_fault_enter: event \d+, 100\.\d{9} of hptscope\.json\n/);
    assert.match(text, /^store .*# event \d+, 100\.\d+$/m);
  });

  it('ends with the entry as it ends in the run that was recorded', async () => {
    const original = runScenario(pageOut.join('\n'), 'original');
    const { text } = await made(pageOut, 'kvm_page_fault_enter');
    const again = runScenario(text, 'reproduced');
    assert.ok('run' in original && 'run' in again);
    const entry = (run: typeof original) => {
      assert.ok('run' in run);
      const { hpt } = run.run.vm.state;
      return [hpt.vLo(0x1aa8), hpt.rLo(0x1aa8) & 0xfff, hpt.guestLo(0x1aa8)];
    };
    assert.deepEqual(entry(again), entry(original));
  });

  it('an invalidation takes the entries with it that it made absent', async () => {
    const lines = [
      ...world,
      'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
      'b: h_enter ea 0xc000000000020000 gpa 0x10000 pp 2',
      'store a',
      'store b',
      'swap-out a',
    ];
    const { text, statements } = await made(lines, 'kvm_unmap_hva_range');
    assert.equal(statements.at(-1), 'unmap hva 0x7f0000010000 size 4K');
    assert.match(text, /-> a absent, b absent, hpte\.absent x2/);
  });

  it('H_REMOVE, H_PROTECT and H_BULK_REMOVE speak of the entries that they had', async () => {
    const entries = [
      ...world,
      'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
      'b: h_enter ea 0xc000000000020000 gpa 0x20000 pp 2',
      'store a',
    ];
    const remove = await made([...entries, 'h_remove a avpn'], 'kvm_hcall_enter');
    assert.equal(remove.statements.at(-1), 'h_remove a flags 0x80000000 avpn 0x12345000');
    assert.match(remove.text, /-> H_SUCCESS, a free/);
    const protect = await made([...entries, 'h_protect a pp 3'], 'kvm_hcall_enter');
    assert.equal(protect.statements.at(-1), 'h_protect a flags 0x3');
    const bulk = await made([...entries, 'h_bulk_remove a b'], 'kvm_hcall_enter');
    assert.match(bulk.statements.at(-1) ?? '', /^h_bulk_remove words 0x4000000000001aa8 0x0 0x4000000000001b28 0x0$/);
    assert.match(bulk.text, /a free, b free/);
  });

  it('a call that found nothing is repeated on a free slot', async () => {
    const lines = [...world, 'h_enter ea 0xc000000000010000 gpa 0x10000 pp 2', 'load ea 0xc000000000010000'];
    const { text } = await made([...lines, 'h_remove index 8  -> H_NOT_FOUND'], 'kvm_hcall_enter');
    assert.match(text, /^h_remove index 0x8 +-> H_NOT_FOUND, hpte\(0x8\) free/m);
  });

  it('an H_ENTER that found its PTEG full finds it full again', async () => {
    const entry = 'h_enter index 8 v 0x1234501 r 0x10012';
    const { text, statements } = await made([...world, `repeat 8 ${entry}`, entry], 'kvm_hcall_enter');
    assert.deepEqual(statements.slice(-2), [
      'repeat 8 h_enter index 0x8 v 0x1234501 r 0x10012',
      'h_enter index 0x8 v 0x1234501 r 0x10012',
    ]);
    assert.match(text, /-> H_PTEG_FULL/);
  });

  it('a copy on write is one store with two faults, over memory that is copied on write', async () => {
    const cow = [world[0] as string, 'vma hva 0x7f0000000000 size 16M cow', ...world.slice(1)];
    const lines = [...cow, 'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2', 'load a', 'store a'];
    const { text, statements } = await made(lines, 'kvm_page_fault_enter');
    assert.ok(statements.includes('vma hva 0x7f0000010000 size 4K cow'));
    assert.match(text, /^store .*fault\.enter x1 dsisr 0xa000000, fault\.enter x1 dsisr 0x42000000/m);
  });

  it('an invalidation during a fault races it', async () => {
    const lines = [
      ...world,
      'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2',
      'store a racing page_fault.before_lock: swap-out a',
    ];
    const { statements } = await made(lines, 'kvm_page_fault_enter');
    assert.equal(
      statements.at(-1),
      'store ea 0xc000000000010000 racing page_fault.before_lock: unmap hva 0x7f0000010000 size 4K',
    );
  });

  it('MMIO and failing faults end as they did', async () => {
    const mmio = [...world, 'm: h_enter ea 0xc000000000010000 gpa 0x80000000 pp 2 wimg IG', 'load m offset 4'];
    assert.match((await made(mmio, 'kvm_page_fault_enter')).text, /-> mmio 0x80000004, fault\.enter x1/);
    const readOnly = [world[0] as string, 'vma hva 0x7f0000000000 size 16M read-only', ...world.slice(1)];
    const store = [...readOnly, 'a: h_enter ea 0xc000000000010000 gpa 0x10000 pp 2', 'store a'];
    assert.match((await made(store, 'kvm_page_fault_enter')).text, /-> error EFAULT/);
  });

  it('large pages get a host that has pages as large', async () => {
    const lines = [
      'machine power9 linux-6.1 order 18 page 64K',
      'vma hva 0x7f0000000000 size 32M huge 16M',
      'memslot 0 gpa 0 size 32M hva 0x7f0000000000',
      'slb 0 ea 0xc000000000000000 vsid 0x12345 segment 256M page 16M',
      'a: h_enter ea 0xc000000001000000 gpa 0x1000000 pp 2',
      'store a',
    ];
    const { statements } = await made(lines, 'kvm_page_fault_enter');
    assert.ok(statements.includes('vma hva 0x7f0001000000 size 16M huge 16M'));
  });

  it('POWER8: the fault tells the entry, not its slot, and hypercalls are not there', async () => {
    const lines = pageOut.map((line) => line.replace('power9', 'power8'));
    const { text, statements } = await made(lines, 'kvm_page_fault_enter');
    assert.ok(statements.includes('machine power8 linux-6.1 order 18 page 4K'));
    assert.match(text, /h_enter index 0x1aa8 .*# as it stood; which slot of its PTEG it has is not told/);
    assert.match(
      await why(lines, 'kvm_unmap_hva_range'),
      /no entry is known to be valid for a page that this takes away/,
    );
  });

  it('says why there is none', async () => {
    const outside = [...world, 'vma hva 0x100000000 size 64K', 'h_enter ea 0xc000000000010000 gpa 0 pp 2'];
    assert.match(
      await why([...outside, 'unmap hva 0x100000000 size 64K'], 'kvm_unmap_hva_range'),
      /^event \d+, 100\.\d+: this range of host addresses lies in no memslot/,
    );
    const { input } = await recording([...world, 'unmap gpa 0 size 4K'], 'kvm_unmap_hva_range');
    const nothing = reproduce({ ...input }, 0, { events: 1 });
    assert.deepEqual('why' in nothing, true);
  });

  it('looks no further back than it is told', async () => {
    const { input, event } = await recording(pageOut, 'kvm_page_fault_enter');
    const result = reproduce(input, event, { events: 12 });
    assert.ok('scenario' in result);
    assert.match(result.scenario, /a: h_enter exact index 0x1aa8 .*-> H_SUCCESS, a absent +# as it stood/);
  });
});
