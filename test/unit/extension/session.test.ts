// The object behind all views: what it announces, and who moves the run.

import { strict as assert } from 'node:assert';
import { momentOf, openSample, ran } from './samples';

describe('run session', () => {
  it('announces one travel for each stop, however many moments lie between', async () => {
    const { session, run } = openSample('page-out.hpt');
    const travels: { from: number; to: number }[] = [];
    session.onDidMove((travel) => travels.push(travel));
    run.seek(40);
    run.seek(50);
    session.moved();
    session.moved();
    await session.goTo(30);
    assert.deepEqual(travels, [
      { from: 0, to: 50 },
      { from: 50, to: 30 },
    ]);
  });

  it('lets the debug session travel when there is one', async () => {
    const { session, run } = openSample('page-out.hpt');
    const asked: number[] = [];
    session.setTraveller(async (moment) => {
      asked.push(moment);
    });
    await session.goTo(12);
    assert.deepEqual(asked, [12]);
    assert.equal(run.position, 0);
    session.setTraveller(null);
    await session.goTo(12);
    assert.equal(run.position, 12);
  });

  it('keeps to the moments that there are', async () => {
    const { session, run } = openSample('page-out.hpt');
    await session.goTo(1e9);
    assert.equal(run.position, run.length - 1);
    await session.goTo(-5);
    assert.equal(run.position, 0);
  });

  it('closes a run only for whom it belongs to', () => {
    const { session, run } = openSample('page-out.hpt');
    const seen: unknown[] = [];
    session.onDidChangeRun((now) => seen.push(now));
    const other = ran('machine power9 linux-6.1 order 18 page 4K\n').run;
    session.clear(other);
    assert.equal(session.run, run);
    session.clear(run);
    assert.equal(session.run, null);
    assert.equal(session.view, null);
    session.clear();
    assert.deepEqual(seen, [null]);
  });

  it('shows another moment while somebody looks around, and tells the traveller only of going there', async () => {
    const { session, run } = openSample('page-out.hpt');
    const travels: number[] = [];
    session.setTraveller((moment) => {
      travels.push(moment);
      return Promise.resolve();
    });
    const moved: number[] = [];
    session.onDidMove(({ to }) => moved.push(to));
    session.look(40);
    session.look(0);
    assert.deepEqual(moved, [40, 0]);
    assert.deepEqual(travels, []);
    assert.equal(run.position, 0);
    await session.goTo(40);
    assert.deepEqual(travels, [40]);
  });

  it('selects the entry of the last event until a person selects one', async () => {
    const { session, run } = openSample('page-out.hpt');
    const seen: number[] = [];
    session.onDidSelect(({ index }) => seen.push(index));
    await session.goTo(momentOf(run, 'hpte.absent'));
    await session.goTo(momentOf(run, 'hpte.absent', 1));
    session.select(7);
    await session.goTo(momentOf(run, 'hpte.absent'));
    assert.deepEqual(seen, [0x1aa8, 0x1b28, 7]);
    assert.equal(session.selection, 7);
  });

  it('knows what a travel changed, and what it was before', async () => {
    const { session, run } = openSample('page-out.hpt');
    const moment = momentOf(run, 'hpte.absent');
    await session.goTo(moment - 1);
    assert.ok(session.view);
    const before = run.vm.state.hpt.vLo(0x1aa8);
    await session.goTo(moment);
    assert.deepEqual(session.view.changes.hptes(run.vm.state.hpt.owner), [0x1aa8]);
    assert.equal(session.view.changes.before(1, run.vm.state.hpt.owner, 0x1aa8), BigInt(before));
    assert.equal(session.view.hpteChanged(0x1b28), false);
  });
});
