// What came of each fault, against what the driver of a recording noted of the same step: exits to the VMM for MMIO, failures of
// KVM_RUN, and interrupts that the guest took.

import assert from 'node:assert/strict';
import { Replay } from '../../src/trace/replay/replay';
import { type CaptureName, captureBytes } from '../support/captures';
import { captureInput } from './recordings';

interface Step {
  readonly step: number;
  readonly op: string;
  readonly exits?: ReadonlyArray<{ readonly exit?: string; readonly kvm_run_errno?: number }>;
  readonly guest_interrupt?: { readonly vector: string };
}

function stepsOf(capture: CaptureName): Step[] {
  return Buffer.from(captureBytes(capture, 'steps.jsonl'))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Step);
}

/** Data and instruction storage interrupts; segment interrupts never leave the guest. */
const storageVectors = new Set(['0x300', '0x400']);

describe('outcomes of faults', function () {
  this.timeout(60_000);

  for (const capture of ['p9-61-64k-fixed', 'p9-612-4k-fixed'] as const) {
    it(`${capture}: each step's exits and interrupts are those that the driver noted`, async () => {
      const input = await captureInput(capture);
      const faults = new Replay(input, { keyframes: 'first' }).faults();
      for (const { step, op, exits = [], guest_interrupt } of stepsOf(capture)) {
        const from = input.events.findMark(`hptgt step ${step} begin ${op}`);
        const to = input.events.findMark(`hptgt step ${step} end`);
        assert.ok(from !== undefined && to !== undefined, `step ${step}`);
        const inStep = faults.filter(({ first }) => first > from && first < to);
        const count = (outcome: string): number => inStep.filter((fault) => fault.outcome === outcome).length;
        assert.equal(count('mmio'), exits.filter(({ exit }) => exit === 'mmio').length, `mmio in step ${step}`);
        assert.equal(
          count('efault'),
          exits.filter((exit) => exit.kvm_run_errno === 14).length,
          `efault in step ${step}`,
        );
        const storage = guest_interrupt !== undefined && storageVectors.has(guest_interrupt.vector);
        assert.equal(count('reflected'), storage ? 1 : 0, `reflected in step ${step}`);
      }
      assert.ok(faults.every(({ outcome, certainty }) => outcome !== 'cut off' && certainty !== 'unknown'));
    });
  }

  it('a fault that was reinstated took from the exit out of the guest to the end of the handler', async () => {
    const { events } = await captureInput('p9-61-64k-fixed');
    const replay = new Replay(await captureInput('p9-61-64k-fixed'), { keyframes: 'first' });
    const [fault] = replay.faults().filter(({ outcome }) => outcome === 'reinstated');
    assert.ok(fault?.last !== undefined && fault.enter !== undefined);
    assert.equal(events.nameOf(fault.first), 'kvm_guest_exit');
    assert.equal(events.nameOf(fault.enter), 'kvm_page_fault_enter');
    assert.equal(events.nameOf(fault.last), 'kvm_page_fault_exit');
    assert.equal(BigInt(fault.duration ?? 0), events.timeOf(fault.last) - events.timeOf(fault.first));
  });

  it("an invalidation ends at its task's next event outside the notifier", async () => {
    const input = await captureInput('p9-61-64k-fixed');
    const windows = new Replay(input, { keyframes: 'first' }).notifierWindows();
    const unmaps = Array.from({ length: input.events.count }, (_, i) => input.events.nameOf(i)).filter(
      (name) => name === 'kvm_unmap_hva_range',
    );
    assert.equal(windows.length, unmaps.length);
    assert.ok(windows.filter(({ last }) => last !== undefined).length > windows.length / 2);
    for (const { first, last, task } of windows) {
      if (last !== undefined) {
        assert.equal(input.events.task[last], task);
      }
      for (let i = first + 1; i < (last ?? input.events.count); i++) {
        const inside = ['kvm_unmap_hva_range', 'kvm_set_spte_hva', 'tlbie'].includes(input.events.nameOf(i));
        assert.ok(input.events.task[i] !== task || inside, `event ${i}`);
      }
    }
  });
});
