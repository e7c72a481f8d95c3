import assert from 'node:assert/strict';
import { GuestExits } from '../../../../src/trace/replayed/guestExits';
import { eventsOf } from '../replay/support';

const exit = (vcpu: number, pc: number): string =>
  `vmm-10 kvm_guest_exit: VCPU ${vcpu}: trap=H_DATA_STORAGE pc=0x${pc.toString(16)} msr=0x8000000000001011, ceded=0`;

describe('the last exits of vCPUs', () => {
  it('are found by vCPU, also where one task tells those of several', () => {
    const events = eventsOf([exit(0, 1), exit(1, 2), exit(0, 3), exit(2, 4)]);
    const exits = new GuestExits(events);
    assert.equal(exits.of(0), undefined);
    for (let i = 0; i < events.count; i++) exits.note(i);
    assert.deepEqual(
      [0, 1, 2, 3].map((vcpu) => exits.of(vcpu)?.pc),
      [3n, 2n, 4n, undefined],
    );
  });

  it('are forgotten when they are too long ago to belong to a fault', () => {
    const events = eventsOf([exit(0, 1), ...Array.from({ length: 256 }, (_, i) => exit(1, i))]);
    const exits = new GuestExits(events);
    for (let i = 0; i < events.count; i++) exits.note(i);
    assert.equal(exits.of(0), undefined);
    assert.equal(exits.of(1)?.pc, 255n);
  });
});
