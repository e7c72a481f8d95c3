import assert from 'node:assert/strict';
import { coverageOf } from '../../../../src/trace/replay/coverage';
import { Replay } from '../../../../src/trace/replay/replay';
import { guestEnter, guestExit, inputOf, runEnter, unmap } from './support';

const lines = [
  runEnter('vmm-10', 10),
  guestEnter('vmm-10', '0x0'),
  guestExit('vmm-10', 'SYSCALL', '0x20'),
  unmap('vmm-10', '7fff00000000', '7fff00010000'),
];

describe('coverage report', () => {
  it('names what is not recorded by question, and the commands that record it', () => {
    const { questions, sources, commands } = coverageOf(new Replay(inputOf(lines), { keyframes: 'first' }).run());
    const missing = questions.find(({ question }) => question === 'which entries are valid')?.missing;
    assert.deepEqual(missing, ['kvm_page_fault_enter', 'kvm_page_fault_exit', 'memslots']);
    assert.equal(sources.find(({ name }) => name === 'kvm_unmap_hva_range')?.count, 1);
    assert.equal(sources.find(({ name }) => name === 'table dumps')?.count, 0);
    assert.ok(commands.some((command) => command.includes('-e kvm_hv:kvm_page_fault_enter')));
    assert.ok(commands.some((command) => command.includes('kvm/PID-FD/htab')));
  });

  it('says of POWER8 that no event could tell what its real-mode handlers do', () => {
    const replay = new Replay(inputOf(lines, { cpu: 'POWER8' }), { keyframes: 'first' }).run();
    const hidden = coverageOf(replay).questions.filter(({ unanswerable }) => unanswerable);
    assert.deepEqual(
      hidden.map(({ question, missing }) => [question, missing]),
      [
        ['which entries exist', ['table dumps']],
        ['which slot an entry took', ['table dumps']],
        ['which entries are valid', ['table dumps']],
      ],
    );
  });
});
