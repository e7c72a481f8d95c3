import assert from 'node:assert/strict';
import { Replay } from '../../../../src/trace/replay/replay';
import { faultEnter, faultExit, guestEnter, guestExit, inputOf, unmap } from './support';

const vcpu = 'vmm-10';
const hdsi = guestExit(vcpu, 'H_DATA_STORAGE', '0x1000');
/** an entry of a 256M segment, and one of a 1T segment */
const enter = faultEnter(vcpu, '0x1001020:0x12', '0x1000012', '0x100001000,40000000', '0x100,0x0');
const enter1T = faultEnter(vcpu, '0x4000002002000020:0x12', '0x1000012', '0x10000012000,40000000', '0x100,0x0');

function outcomesOf(...lines: string[]): string[] {
  const replay = new Replay(inputOf(lines), { keyframes: 'first' });
  return replay.faults().map(({ outcome, certainty }) => `${outcome}, ${certainty}`);
}

describe('outcome of a fault', () => {
  it('reinstated: observed where the layout tells, else inferred while nothing was invalidated', () => {
    assert.deepEqual(outcomesOf(hdsi, enter1T, faultExit(vcpu, '0x2002000001:0x12', '0x0')), ['reinstated, observed']);
    assert.deepEqual(outcomesOf(hdsi, enter, faultExit(vcpu, '0x1001001:0x12', '0x0')), ['reinstated, inferred']);
    const during = unmap('other-20', '7fff00000000', '7fff00010000');
    assert.deepEqual(outcomesOf(hdsi, enter, during, faultExit(vcpu, '0x1001001:0x12', '0x0')), [
      'reinstated, unknown',
    ]);
  });

  it('retried: the older layout in a 1T segment, ABSENT still set, or no exit and the same instruction again', () => {
    assert.deepEqual(outcomesOf(hdsi, enter1T, faultExit(vcpu, '0x4000002002000001:0x12', '0x0')), [
      'retried, observed',
    ]);
    assert.deepEqual(outcomesOf(hdsi, enter, faultExit(vcpu, '0x1001020:0x12', '0x0')), ['retried, observed']);
    assert.deepEqual(outcomesOf(hdsi, enter, guestEnter(vcpu, '0x1000')), ['retried, inferred']);
  });

  it('efault: a negative result, or KVM_RUN that fails', () => {
    const failed = `${vcpu} kvm_userspace_exit: reason error (14)`;
    assert.deepEqual(outcomesOf(hdsi, enter, faultExit(vcpu, '0x1001020:0x12', '0xfffffffffffffff2')), [
      'efault, observed',
    ]);
    assert.deepEqual(outcomesOf(hdsi, enter, failed), ['efault, observed']);
  });

  it('mmio: with the handler, and from the cache without it', () => {
    const instruction = `${vcpu} kvm_ppc_instr: inst 2185494528 pc 0x1000 emulate 1`;
    const exit = `${vcpu} kvm_userspace_exit: reason KVM_EXIT_MMIO (6)`;
    assert.deepEqual(outcomesOf(hdsi, enter, instruction, exit), ['mmio, observed']);
    assert.deepEqual(outcomesOf(hdsi, instruction, exit), ['mmio, observed']);
  });

  it('reflected: the guest goes on at a storage interrupt vector', () => {
    assert.deepEqual(outcomesOf(hdsi, guestEnter(vcpu, '0x300')), ['reflected, observed']);
    assert.deepEqual(outcomesOf(hdsi, guestEnter(vcpu, '0xc000000000004300')), ['reflected, observed']);
  });

  it('cut off: the trace ends first', () => {
    assert.deepEqual(outcomesOf(hdsi, enter), ['cut off, observed']);
  });
});
