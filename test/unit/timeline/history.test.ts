// Questions to the past of a long run, against looking at every moment: who wrote a word, which events name a value, what a long way
// comes to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { numbers } from '../../../src/cli/benchTime';
import { changesOf, dataPoint, lastChangeOf } from '../../../src/debug/dataPoints';
import { V_HVLOCK } from '../../../src/model/bits';
import type { Event, EventName } from '../../../src/model/events';
import { decodePlace, Plane } from '../../../src/model/place';
import { runScenario } from '../../../src/scenario/runner';
import { changesBetween } from '../../../src/timeline/changes';
import { generationOf, tablesOf } from '../../../src/timeline/generations';
import type { Run } from '../../../src/timeline/run';
import { inRepository } from '../../repository';
import { longRun } from '../../support/longRun';

describe('the past of a long run', () => {
  let run: Run;
  let events: { readonly event: Event; readonly moment: number }[];
  /** moments by plane, owner and index of what they wrote, save locks */
  const writers = new Map<string, number[]>();
  before(function () {
    this.timeout(60_000);
    ({ run } = longRun(12_000, 12_000));
    events = Array.from({ length: run.eventCount }, (_, i) => run.event(i));
    for (let moment = 0; moment < run.length; moment++) {
      for (const { place, before: was, after: is } of run.writes(moment)) {
        if (place.plane === Plane.hpteV && (was ^ is) === BigInt(V_HVLOCK)) continue;
        if (place.plane === Plane.rmap && (was ^ is) === BigInt(run.vm.kernel.rmapLockHi >>> 0) << 32n) continue;
        const key = `${place.plane} ${place.owner} ${place.index}`;
        const known = writers.get(key) ?? [];
        writers.set(key, known);
        if (known.at(-1) !== moment) known.push(moment);
      }
    }
  });

  const unique = (moments: readonly number[]): number[] => [...new Set(moments)].sort((a, b) => a - b);

  it('finds all changes of an HPTE, and the last one, in every table or in one', () => {
    const tables = tablesOf(run.vm.state);
    assert.equal(tables.length, 2);
    const planes = [Plane.hpteV, Plane.hpteR, Plane.guestRpte];
    const written = unique(
      [...writers.keys()].filter((key) => key.startsWith(`${Plane.hpteV} `)).map((key) => Number(key.split(' ')[2])),
    );
    const next = numbers(3);
    let inBoth = 0;
    for (let i = 0; i < 40; i++) {
      const index = written[next(written.length)] as number;
      const of = tables.map(({ owner }) =>
        unique(planes.flatMap((plane) => writers.get(`${plane} ${owner} ${index}`) ?? [])),
      );
      const all = unique(of.flat());
      of.forEach((moments, generation) => {
        const point = dataPoint(run.vm, `hpte:${index}@${generation}`);
        assert.ok(point !== undefined);
        for (const until of [0, next(run.length), run.length - 1])
          assert.equal(lastChangeOf(run, point, until), moments.filter((moment) => moment <= until).at(-1) ?? -1);
        assert.deepEqual(changesOf(run, point), moments, `HPTE ${index} of table ${generation}`);
      });
      if (of.every((moments) => moments.length > 0)) inBoth++;
      const point = dataPoint(run.vm, `hpte:${index}`);
      assert.ok(point !== undefined);
      assert.deepEqual(changesOf(run, point), all);
      assert.equal(lastChangeOf(run, point, run.length - 1), all.at(-1));
    }
    assert.ok(inBoth > 0);
    assert.equal(dataPoint(run.vm, 'hpte:0@2'), undefined, 'there is no third table');
  });

  it('finds all changes of a guest page and of its rmap word', () => {
    const slot = run.vm.state.slots[0];
    assert.ok(slot !== undefined);
    const all = unique(events.flatMap(({ event }) => ('gfn' in event ? [Number(event.gfn)] : [])));
    const next = numbers(11);
    for (let i = 0; i < 8; i++) {
      const gfn = all[next(all.length)] as number;
      const rmap: readonly number[] = writers.get(`${Plane.rmap} ${slot.rmap.owner} ${gfn}`) ?? [];
      const named = events
        .filter(({ event }) => 'gfn' in event && event.gfn === BigInt(gfn))
        .map(({ moment }) => moment);
      const [word, page] = [dataPoint(run.vm, `rmap:0:${gfn}`), dataPoint(run.vm, `page:${gfn}`)];
      assert.ok(word !== undefined && page !== undefined && named.length > 0);
      assert.deepEqual(changesOf(run, word), rmap);
      assert.deepEqual(changesOf(run, page), unique([...rmap, ...named]));
      assert.equal(lastChangeOf(run, page, run.length - 1), unique([...rmap, ...named]).at(-1));
    }
  });

  it('counts events by kind and by value', () => {
    const next = numbers(9);
    for (const kind of ['hpte.absent', 'fault.retry', 'hpt.resize'] as const) {
      const numbersOf = events.flatMap(({ event }, i) => (event.kind === kind ? [i] : []));
      assert.deepEqual([...run.eventsOf(kind)], numbersOf);
      const moment = next(run.length);
      assert.equal(run.countOf(kind, moment), numbersOf.filter((i) => (events[i]?.moment ?? 0) <= moment).length);
    }
    const chain = run.eventsBy('gfn');
    for (const gfn of [0n, 17n, 1500n, 0xffffffffffffffffn]) {
      const naming = events.flatMap(({ event }, i) => ('gfn' in event && event.gfn === gfn ? [i] : []));
      const until = next(run.eventCount);
      const expected = naming.filter((i) => i <= until);
      const found: number[] = [];
      for (let event = chain.lastUpTo(gfn, until); event >= 0; event = chain.before(event)) found.unshift(event);
      assert.deepEqual(found, expected, `gfn ${gfn}`);
      const last = expected.at(-1);
      if (last !== undefined) assert.equal(chain.rank(last), expected.length);
    }
  });

  it('finds the next and the last moment with an event of some kinds', () => {
    const kinds: readonly EventName[] = ['hpte.absent', 'pteg.full', 'fault.retry'];
    const moments = unique(events.filter(({ event }) => kinds.includes(event.kind)).map(({ moment }) => moment));
    const next = numbers(5);
    for (let i = 0; i < 60; i++) {
      const from = i === 0 ? 0 : next(run.length);
      assert.equal(run.nextMomentOf(kinds, from, 1), moments.find((moment) => moment > from) ?? -1);
      assert.equal(run.nextMomentOf(kinds, from, -1), moments.filter((moment) => moment < from).at(-1) ?? -1);
    }
    assert.equal(run.nextMomentOf([], 0, 1), -1);
  });

  it('says what a long way comes to as it says it for many short ones', () => {
    const word = (place: number, indexLo: number): string => {
      const { plane, owner, index } = decodePlace(place, indexLo);
      return `${plane} ${owner} ${index}`;
    };
    const [from, to] = [run.length >> 4, run.length - (run.length >> 3)];
    const first = new Map<string, string>();
    const last = new Map<string, string>();
    run.forEachWrite(from + 1, to, (place, indexLo, oldHi, oldLo, newHi, newLo) => {
      const key = word(place, indexLo);
      if (!first.has(key)) first.set(key, `${oldHi} ${oldLo}`);
      last.set(key, `${newHi} ${newLo}`);
    });
    let visits = 0;
    const seen = new Map<string, readonly [string, string]>();
    run.forEachChange(from + 1, to, (place, indexLo, oldHi, oldLo, newHi, newLo) => {
      const key = word(place, indexLo);
      visits++;
      seen.set(key, [seen.get(key)?.[0] ?? `${oldHi} ${oldLo}`, `${newHi} ${newLo}`]);
    });
    assert.deepEqual(new Map([...seen].map(([key, [was]]) => [key, was])), first);
    assert.deepEqual(new Map([...seen].map(([key, [, is]]) => [key, is])), last);
    let writes = 0;
    run.forEachWrite(from + 1, to, () => writes++);
    assert.ok(visits < writes, `${visits} of ${writes}`);
    assert.equal(changesBetween(run, to, from).none, false);
  });
});

describe('generations', () => {
  it('name the table of an HPTE when a run has more than one', () => {
    const ran = runScenario(readFileSync(inRepository('samples/resize.hpt'), 'utf8'), 'resize.hpt');
    assert.ok('run' in ran);
    const { run } = ran;
    const generations = new Set<number>();
    for (let moment = 0; moment < run.length; moment++) {
      run.seek(moment);
      generations.add(generationOf(run.vm.state));
    }
    assert.ok(generations.has(0) && generations.size > 1, `${[...generations]}`);
  });
});
