// Each assumption of replay: what it answers, that it is marked, and what happens when an event or a dump contradicts it.

import assert from 'node:assert/strict';
import { type AssumptionName, bitOf, EVERY_ASSUMPTION, namesIn } from '../../../../src/timeline/assumptions';
import { ABSENT, FREE, VALID } from '../../../../src/timeline/known';
import { HtabDump } from '../../../../src/trace/htabDump';
import { AssumingReplay } from '../../../../src/trace/replay/assumingReplay';
import type { ReplayInput } from '../../../../src/trace/replay/input';
import { FIELD, type Slot } from '../../../../src/trace/replay/knowledge';
import { replayAssuming, replayInput } from '../../../../src/trace/replay/report';
import { withoutEvents } from '../../../replay/cutEvents';
import { faultEnter, faultExit, guestEnter, guestExit, hcall, hcallEnter, inputOf, runEnter, unmap } from './support';

const gpa = 0x1000000n;
const memslot = { slot: 0, gpa, size: 0x400000n, hva: 0x7f0000000000n, logDirty: false };
const vmm = 'vmm-10';
/** dword 0 and the guest view of entry `i` of PTEG 0; 64K pages */
const v = (i: number): bigint => 0x1001001n + (BigInt(i) << 12n);
const r = (i: number): bigint => 0x1000012n + (BigInt(i) << 16n);
const enter = (index: bigint, i: number, rc?: string): string[] => hcall(vmm, 'H_ENTER', [0n, index, v(i), r(i)], rc);
/** kinds of events that a trace is to have so that their absence says something; they concern nothing */
const everyKind = [
  unmap('other-7', '1000', '2000'),
  'other-7 kvm_age_hva: mmu notifier age hva: 0x1000 -- 0x2000',
  'other-7 tracing_mark_write: begin',
];
/** behind what is looked at */
const fault = faultEnter(vmm, '0x1001020:0x12', '0x1000012', '0x100001000,40000000', '0x100,0x0');
const end = [fault, faultExit(vmm, '0x1001001:0x12', '0x0'), ...enter(0x3000n, 100)];

/** A new machine with an empty table and a memslot, unless `more` says else. */
function machine(lines: readonly string[], more: Partial<ReplayInput> = {}): ReplayInput {
  const begin = [...everyKind, runEnter(vmm, 10), guestEnter(vmm, '0x0')];
  return inputOf([...begin, ...lines, ...end], {
    hpts: [{ order: 18, how: 'allocate', before: everyKind.length }],
    slots: [{ before: 0, slot: 0, is: memslot }],
    ...more,
  });
}

/** Goes to the end of the lines given to `machine`. */
function replayed(input: ReplayInput, ...names: readonly AssumptionName[]) {
  const slots = new Map<number, Slot>();
  let background: Slot | undefined;
  const watch = {
    put: (index: number, slot: Slot) => void slots.set(index, slot),
    reset: (slot: Slot) => {
      slots.clear();
      background = slot;
    },
  };
  const set = names.reduce((bits, name) => bits | bitOf(name), 0);
  const replay = new AssumingReplay(input, set, { keyframes: 'all', watch });
  for (const step of replay.steps()) {
    if (step.what === 'event' && step.event === input.events.count - 1 - end.length) break;
  }
  const slot = (index: number): Slot => {
    const found = slots.get(index) ?? background;
    assert.ok(found !== undefined);
    return found;
  };
  return { slot, replay, basis: (index: number) => namesIn(slot(index).assumed?.basis ?? 0) };
}

/** A dump of entries: index, dword 0, dword 1, guest view. */
function dumpOf(...entries: readonly (readonly [number, number, number, number])[]): HtabDump {
  const dump = new HtabDump();
  for (const [index, v, r, guest] of [...entries].sort(([a], [b]) => a - b)) {
    dump.add(index, 0, v, 0, r, 0, guest);
  }
  return dump;
}

const stateIsAssumed = ({ assumed }: Slot): boolean => ((assumed?.fields ?? 0) & FIELD.states) !== 0;

describe('assumptions of replay', () => {
  it('nothing is assumed unless asked for', () => {
    const { slot } = replayed(machine(enter(0n, 0)));
    assert.equal(slot(0).states, VALID | ABSENT);
    assert.equal(slot(0).cause, 'host presence');
    assert.equal(slot(0).assumed, undefined);
  });

  it('host-present: an H_ENTER makes a valid entry; what is known of it stays known', () => {
    const { slot, basis } = replayed(machine(enter(0n, 0)), 'host-present');
    assert.equal(slot(0).states, VALID);
    assert.deepEqual(slot(0).assumed?.fields, FIELD.states);
    assert.deepEqual(basis(0), ['host-present']);
    assert.equal(slot(0).guest, r(0));
  });

  it('host-present: a fault that finds the entry absent ends it, and is observed', () => {
    const { slot, replay } = replayed(machine([...enter(0n, 0), fault]), 'host-present');
    assert.equal(slot(0).states, ABSENT);
    assert.equal(slot(0).assumed, undefined);
    assert.deepEqual(
      replay.falseOnes.map(({ kind, assumptions, event }) => [kind, assumptions, event]),
      [['assumption', ['host-present'], 7]],
    );
    assert.deepEqual(replay.sound.divergences, []);
  });

  it('hidden-pairs: H_BULK_REMOVE leaves the entries that it may have removed', () => {
    const bulk = hcall(vmm, 'H_BULK_REMOVE', [(1n << 62n) | 1n, 0n, (1n << 62n) | 2n, 0n]);
    const lines = [...enter(0n, 0), ...enter(0n, 1), ...enter(0n, 2), ...bulk];
    const without = replayed(machine(lines)).slot(0);
    assert.equal(without.states & FREE, FREE);
    const { slot, basis } = replayed(machine(lines), 'hidden-pairs', 'host-present');
    assert.deepEqual([slot(0).states, slot(1).states, slot(2).states], [VALID, FREE, FREE]);
    assert.deepEqual(basis(0), ['hidden-pairs', 'host-present']);
    assert.ok(!stateIsAssumed(slot(1)));
  });

  it('hidden-pairs: an H_ENTER into a full PTEG ends it for that PTEG only', () => {
    const bulk = hcall(vmm, 'H_BULK_REMOVE', [(1n << 62n) | 0x100n, 0n, (1n << 62n) | 0x101n, 0n]);
    const fill = Array.from({ length: 8 }, (_, i) => enter(0n, i)).flat();
    const lines = [...fill, ...enter(8n, 8), ...bulk, ...enter(0n, 9)];
    const { slot, replay } = replayed(machine(lines), 'hidden-pairs', 'host-present');
    assert.deepEqual(replay.falseOnes[0]?.assumptions, ['hidden-pairs', 'host-present']);
    assert.match(replay.falseOnes[0]?.expected ?? '', /H_PTEG_FULL/);
    assert.equal(slot(3).states & FREE, FREE, 'one of eight was removed');
    assert.equal(slot(8).states, VALID, 'the other PTEG is believed');
    assert.ok(stateIsAssumed(slot(8)));
    assert.deepEqual(replay.sound.divergences, []);
  });

  it('first-free: of the slots that an H_ENTER may have taken, the first known to be free', () => {
    const bulk = hcall(vmm, 'H_BULK_REMOVE', [(1n << 62n) | 0x100n, 0n, (1n << 62n) | 0x101n, 0n]);
    const lines = [...enter(0n, 0), ...enter(0n, 1), ...bulk, ...enter(0n, 2)];
    const { slot, basis } = replayed(machine(lines), 'first-free');
    assert.equal(slot(2).guest, r(2));
    assert.equal((slot(2).assumed?.fields ?? 0) & FIELD.guest, 0, 'if there is an entry in slot 2, it is this one');
    assert.equal(slot(0).states & FREE, 0, 'what it passed over is taken');
    assert.deepEqual([slot(0).guest, basis(0)], [r(0), ['first-free']]);
    assert.deepEqual(basis(2), []);
    const both = replayed(machine(lines), 'first-free', 'host-present');
    assert.equal(both.slot(2).states, VALID);
    assert.deepEqual(both.basis(2), ['first-free', 'host-present']);
  });

  it('empty-start: a table of which there is no dump is empty, and is filled from there', () => {
    const bare = { hpts: [{ order: 18, how: 'allocate' as const, before: 0 }] };
    const { slot, basis } = replayed(machine(enter(0n, 0), bare), 'empty-start', 'host-present');
    assert.deepEqual([slot(5).states, slot(0).states], [FREE, VALID]);
    assert.deepEqual([slot(800).states, basis(800)], [FREE, ['empty-start']]);
    assert.deepEqual(basis(0), ['empty-start', 'host-present']);
    assert.equal(slot(0).guest, r(0));
    assert.equal(replayed(machine(enter(0n, 0), bare)).slot(800).cause, 'no first dump');
  });

  it('empty-start: a fault on an entry that nothing has entered ends it for its PTEGs', () => {
    const bare = { hpts: [{ order: 18, how: 'allocate' as const, before: 0 }] };
    const { slot, replay } = replayed(machine([fault], bare), 'empty-start');
    assert.deepEqual(
      replay.falseOnes.map(({ assumptions }) => assumptions),
      [['empty-start']],
    );
    assert.equal(slot(0).cause, 'no first dump');
    assert.equal(slot(800).states, FREE, 'the rest is believed');
    const placed = replayed(machine([fault], bare), 'empty-start', 'first-free');
    assert.equal(placed.slot(0).states, ABSENT, 'the entry is shown where it may be');
    assert.deepEqual(placed.basis(0), ['empty-start', 'first-free']);
  });

  it('same-table: without events and hpt entries that would tell, the VMM is taken to keep its table', () => {
    const bare = { hpts: [], tgid: 10 };
    const { slot, basis } = replayed(machine(enter(0n, 0), bare), 'same-table', 'empty-start', 'host-present');
    assert.equal(slot(0).states, VALID);
    assert.deepEqual(basis(0), ['empty-start', 'same-table', 'host-present']);
    assert.equal(replayed(machine(enter(0n, 0), bare), 'empty-start').slot(0).cause, 'untraced ioctl');
  });

  it('nothing-unrecorded: kinds of events that a trace lacks are taken not to have happened', () => {
    const lines = everyKind.slice(1).concat(runEnter(vmm, 10), guestEnter(vmm, '0x0'), enter(0n, 0), end);
    const input = inputOf(lines, {
      hpts: [{ order: 18, how: 'allocate', before: 2 }],
      slots: [{ before: 0, slot: 0, is: memslot }],
    });
    assert.equal(replayed(input, 'host-present').slot(0).states, VALID | ABSENT);
    const { slot, basis } = replayed(input, 'nothing-unrecorded', 'host-present');
    assert.equal(slot(0).states, VALID);
    assert.deepEqual(basis(0), ['nothing-unrecorded', 'host-present']);
  });

  it('hcall-done: a hypercall without its result is taken to have succeeded', () => {
    const lines = [hcallEnter(vmm, 'H_ENTER', [0n, 0n, v(0), r(0)]), ...enter(0n, 1)];
    assert.equal(replayed(machine(lines)).slot(0).cause, 'slot not told');
    const { slot, basis } = replayed(machine(lines), 'hcall-done', 'host-present');
    assert.deepEqual([slot(0).guest, slot(1).guest], [r(0), r(1)]);
    assert.deepEqual(basis(0), ['host-present', 'hcall-done']);
  });

  it('in-order: two operations on one PTEG happen in the order in which they end', () => {
    const lines = [
      hcallEnter(vmm, 'H_ENTER', [0n, 0n, v(0), r(0)]),
      ...hcall('vmm-11', 'H_ENTER', [0n, 0n, v(1), r(1)], 'H_SUCCESS', 1),
      `${vmm} kvm_hcall_exit: VCPU 0: ret=RESUME_GUEST hcall_rc=H_SUCCESS`,
    ];
    const input = machine([runEnter('vmm-11', 10).replace('VCPU 0', 'VCPU 1'), ...lines]);
    assert.equal(replayed(input).slot(0).cause, 'race');
    const { slot, basis } = replayed(input, 'in-order', 'host-present');
    assert.deepEqual([slot(0).guest, slot(1).guest], [r(1), r(0)]);
    assert.deepEqual(basis(0), ['host-present', 'in-order']);
  });

  it('nothing-lost: what was known before lost events holds on, and those that came meanwhile count', () => {
    const input = machine([...enter(0n, 0), 'other-7 tracing_mark_write: lost', ...enter(0n, 1)]);
    const gone = new Uint8Array(input.events.count);
    gone[7] = 1;
    const lossy = withoutEvents(input, gone, true);
    assert.equal(replayed(lossy, 'host-present').slot(800).cause, 'lost events');
    const { slot, basis } = replayed(lossy, 'host-present', 'nothing-lost');
    assert.deepEqual([slot(0).guest, slot(1).guest], [r(0), r(1)]);
    assert.deepEqual(basis(1), ['nothing-lost', 'host-present']);
    assert.deepEqual([slot(800).states, basis(800)], [FREE, ['nothing-lost']]);
  });

  it('resize-drops: entries that nobody knows do not outlive a resize', () => {
    const lines = [...enter(0n, 0), 'other-7 tracing_mark_write: resized', ...enter(0x6000n, 1)];
    const hpts = [
      { order: 18, how: 'allocate', before: 0 },
      { order: 19, how: 'resize', before: 7 },
    ] as const;
    assert.equal(replayed(machine(lines, { hpts }), 'host-present').slot(0x6000).cause, 'slot not told');
    assert.equal(replayed(machine(lines, { hpts }), 'host-present').slot(800).cause, 'resize');
    const { slot, basis } = replayed(machine(lines, { hpts }), 'host-present', 'resize-drops');
    assert.deepEqual([slot(0).states, slot(0x6000).states], [FREE, VALID]);
    assert.deepEqual([basis(0), basis(0x6000)], [['resize-drops'], ['host-present', 'resize-drops']]);
  });

  it('vrma-pages: the real-mode area has pages of the host page size', () => {
    const low = { ...memslot, gpa: 0n };
    const input = machine([guestExit(vmm, 'SYSCALL', '0x20')], { slots: [{ before: 0, slot: 0, is: low }] });
    const area = (...names: readonly AssumptionName[]): number[] => {
      const { slot } = replayed(input, ...names);
      return Array.from({ length: 2 ** 14 }, (_, i) => i).filter((i) => slot(i).states === VALID);
    };
    assert.deepEqual(area('host-present'), []);
    const made = area('vrma-pages', 'host-present');
    assert.equal(made.length, 0x400000 / 0x10000);
    assert.deepEqual(replayed(input, 'vrma-pages', 'host-present').basis(made[0] ?? -1), [
      'host-present',
      'vrma-pages',
    ]);
  });

  it('nothing-else: after a divergence the rest of the table is believed', () => {
    const fill = Array.from({ length: 8 }, (_, i) => enter(0n, i)).flat();
    const lines = [...fill, ...enter(8n, 8), ...enter(0n, 9)];
    const without = replayed(machine(lines), 'host-present');
    assert.equal(without.slot(8).cause, 'divergence');
    assert.equal(without.replay.sound.divergences.length, 1);
    const { slot, basis, replay } = replayed(machine(lines), 'host-present', 'nothing-else');
    assert.equal(slot(8).states, VALID);
    assert.ok(basis(8).includes('nothing-else'));
    assert.equal(slot(0).states, FREE | VALID | ABSENT);
    assert.deepEqual(replay.falseOnes, [], 'the divergence is that of what is known');
  });

  it('a dump that shows something else is a divergence of its own kind, and nothing is wrong', () => {
    const old = [0x10, 0x1009020, 0x12, 0x1080012] as const;
    const tables = [
      { before: 5, file: 'first.htab', dump: dumpOf(old) },
      { before: 7, file: 'second.htab', dump: dumpOf([0, 0x1001020, 0x12, 0x1000012], old) },
    ];
    // a fault on an entry that nobody knows, behind the dump: one on entry 0 would tell what became of it
    const other = faultEnter(vmm, '0x1777020:0x12', '0x1ff0012', '0x177701000,40000000', '0x1ff,0x0');
    const input = inputOf([...everyKind, runEnter(vmm, 10), guestEnter(vmm, '0x0'), ...enter(0n, 0), other], {
      hpts: [{ order: 18, how: 'allocate', before: 0 }],
      slots: [{ before: 0, slot: 0, is: memslot }],
      tables,
    });
    const plain = replayInput(input, { keyframes: 'first' }).report;
    assert.deepEqual(plain.fields.state.causes, { 'host presence': 1 });
    const { report, replay } = replayAssuming(input, bitOf('host-present'), { keyframes: 'first' });
    assert.deepEqual(report.fields, plain.fields);
    assert.deepEqual(report.assumed?.fields.state, { equal: 0, wrong: 1 });
    assert.deepEqual(report.assumed?.false, { 'host-present': 1 });
    assert.deepEqual(report.divergences, { ...plain.divergences, assumption: 1 });
    assert.equal(replay.falseOnes[0]?.expected, 'state valid of slot 0x0');
    assert.equal(replay.falseOnes[0]?.seen, 'absent in second.htab');
  });

  it('the figures of what is known are those of a replay that assumes nothing', () => {
    const bulk = hcall(vmm, 'H_BULK_REMOVE', [(1n << 62n) | 1n, 0n, (1n << 62n) | 2n, 0n]);
    const input = machine([...enter(0n, 0), ...bulk, ...enter(0n, 1)]);
    for (const keyframes of ['first', 'all'] as const) {
      const plain = replayInput(input, { keyframes }).report;
      const { assumed, ...known } = replayAssuming(input, EVERY_ASSUMPTION, { keyframes }).report;
      assert.deepEqual({ ...known, divergences: plain.divergences }, plain);
      assert.ok(assumed !== undefined);
    }
  });
});
