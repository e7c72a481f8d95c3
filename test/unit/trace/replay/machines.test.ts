import assert from 'node:assert/strict';
import { machinesOf } from '../../../../src/trace/replay/machines';
import { eventsOf, flush, guestEnter, guestExit, runEnter } from './support';

const runs = (task: string, tgid: number, lpid?: number): string[] => [
  runEnter(task, tgid),
  ...(lpid === undefined ? [] : [flush(task, lpid)]),
  guestEnter(task, '0x0'),
  guestExit(task, 'SYSCALL', '0x20'),
];

describe('machines of a trace', () => {
  it('lists the machines with process, partition, tasks and events, most events first', () => {
    const events = eventsOf([...runs('a-10', 10, 1), ...runs('b-20', 20, 2), ...runs('c-21', 20), ...runs('b-20', 20)]);
    const { all, tgid } = machinesOf(events, undefined);
    assert.deepEqual(all, [
      { tgid: 20, lpid: 2, tasks: ['b-20', 'c-21'], events: 9, chosen: true },
      { tgid: 10, lpid: 1, tasks: ['a-10'], events: 3, chosen: false },
    ]);
    assert.equal(tgid, 20);
    assert.deepEqual(
      machinesOf(events, 10).all.map(({ chosen }) => chosen),
      [false, true],
    );
  });

  it('tells two machines of one process apart by the partition that each task flushes as it runs', () => {
    const events = eventsOf([...runs('a-10', 10, 1), ...runs('b-11', 10, 2), ...runs('a-10', 10)]);
    const machines = machinesOf(events, 10);
    assert.deepEqual(
      machines.all.map(({ lpid, chosen }) => [lpid, chosen]),
      [
        [1, true],
        [2, false],
      ],
    );
    const of = (comm: string): number => events.tasks.findIndex((task) => task.comm === comm);
    assert.ok(machines.runs(of('a')) && !machines.runs(of('b')));
    assert.equal(machines.mixedFrom, Number.POSITIVE_INFINITY);
  });

  it('does not know whose a task is that never flushed while two machines of the process run', () => {
    const events = eventsOf([...runs('a-10', 10, 1), ...runs('b-11', 10, 2), ...runs('c-12', 10)]);
    assert.equal(machinesOf(events, 10).mixedFrom, 5);
  });

  it("knows from when to when the VMM has another machine, so that a dump may be that one's", () => {
    const events = eventsOf([...runs('a-10', 10, 1), flush('a-10', 2), flush('a-10', 2), ...runs('a-10', 10)]);
    const { hasOther, mixedFrom } = machinesOf(events, 10);
    assert.deepEqual(
      [4, 5, 6].map((event) => hasOther(event)),
      [false, true, false],
    );
    assert.equal(mixedFrom, Number.POSITIVE_INFINITY);
  });
});
