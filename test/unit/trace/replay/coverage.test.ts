import assert from 'node:assert/strict';
import { coverageOf } from '../../../../src/trace/replay/coverage';
import { coverageNotes } from '../../../../src/trace/replay/coverageNotes';
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

  it('is told in sentences: what explains the unknown, what was not recorded, how to record it', () => {
    const replay = new Replay(inputOf(lines), { keyframes: 'first' }).run();
    const notes = coverageNotes(coverageOf(replay), replay.comparison);
    assert.match(notes[0] ?? '', /^Open, for want of what was not recorded: which entries exist \(kvm_hcall_enter, /);
    assert.ok(
      notes.includes(
        'To record it the next time: npx hptscope recording DIR    # joins trace and dumps; add memslots and hpt to its hptscope.json',
      ),
    );
    const { comparison } = replay;
    comparison.checkpoints = 2;
    comparison.entries = 8;
    comparison.fields.state.unknown = 2;
    comparison.fields.state.causes = { 'real-mode hypercalls': 2 };
    assert.deepEqual(coverageNotes(coverageOf(replay), comparison).slice(0, 2), [
      'Coverage: at 2 dumps, the states of 75.0 % of 8 entries were known before they were looked at.',
      'Unknown because of real-mode hypercalls: 2 states; nothing could have told.',
    ]);
  });

  it('says first where an event could not be read, and counts it as lost', () => {
    const more = `${unmap('vmm-10', '7fff00000000', '7fff00010000')} flags=1`;
    const replay = new Replay(inputOf([...lines, more, more]), { keyframes: 'first' }).run();
    assert.equal(
      coverageNotes(coverageOf(replay), replay.comparison)[0],
      '2 events count as lost, not printed as the kernels known here do (first trace.txt:5, kvm_unmap_hva_range: expected the end of the line).',
    );
    assert.equal(coverageOf(new Replay(inputOf(lines), { keyframes: 'first' }).run()).unread, undefined);
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
