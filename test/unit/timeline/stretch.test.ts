// What stretches of writes come to, against applying the writes one by one.

import assert from 'node:assert/strict';
import { numbers } from '../../../src/cli/benchTime';
import { Plane } from '../../../src/model/place';
import { State } from '../../../src/model/state';
import { Keyframes } from '../../../src/timeline/keyframes';
import { Gathering } from '../../../src/timeline/stretch';
import type { WriteVisitor } from '../../../src/timeline/writes';

type Write = Parameters<WriteVisitor>;

/** Writes to a few words of a table, its links and a memslot's rmap, each with the value that stood there before. */
function someWrites(state: State, count: number): Write[] {
  const slot = state.newMemslot(0, 0, 64, 0x7f0000000000, 16, null);
  const { placeV, placeR, placeLink } = state.hpt;
  const places = [placeV, placeR, placeLink, slot.rmap.place];
  const now = new Map<string, readonly [number, number]>();
  const next = numbers(5);
  return Array.from({ length: count }, () => {
    const place = places[next(places.length)] as number;
    const index = next(64) * 1000;
    const key = `${place} ${index}`;
    const [oldHi, oldLo] = now.get(key) ?? [0, 0];
    const value = [next(1000) - 500, next(1000)] as const;
    now.set(key, value);
    return [place, index, oldHi, oldLo, ...value];
  });
}

function contents(state: State): string {
  const words: string[] = [];
  state.hpt.forEach((index, chunk, at) => words.push(`${index}: ${[...chunk.subarray(at, at + 8)].join(' ')}`));
  const slot = state.ownerOf(state.hpt.owner + 3);
  if (slot !== null && 'rmap' in slot) slot.rmap.forEach((index, hi, lo) => words.push(`rmap ${index}: ${hi} ${lo}`));
  return words.join('\n');
}

/** The state after the first `count` of some writes. */
function written(writes: readonly Write[], count: number): string {
  const state = new State(20, 1);
  someWrites(state, 0);
  for (const [place, index, , , hi, lo] of writes.slice(0, count)) state.apply(place, index, hi, lo);
  return contents(state);
}

describe('Stretch', () => {
  it('comes to what its writes come to, in both directions', () => {
    const state = new State(20, 1);
    const writes = someWrites(state, 500);
    const gathering = new Gathering(500);
    for (const write of writes) gathering.add(...write);
    const stretch = gathering.take();
    stretch.apply(state, true);
    assert.equal(contents(state), written(writes, 500));
    assert.notEqual(contents(state), '');
    stretch.apply(state, false);
    assert.equal(contents(state), '');
  });

  it('joins with the one that follows', () => {
    const state = new State(20, 1);
    const writes = someWrites(state, 500);
    const gathering = new Gathering(300);
    for (const write of writes.slice(0, 300)) gathering.add(...write);
    const first = gathering.take();
    for (const write of writes.slice(300)) gathering.add(...write);
    const joined = first.join(gathering.take());
    assert.ok(joined.length < 257, 'each of 256 words is there once');
    joined.apply(state, true);
    assert.equal(contents(state), written(writes, 500));
    joined.apply(state, false);
    assert.equal(contents(state), '');
  });

  it('knows which words are written in it', () => {
    const gathering = new Gathering(10);
    gathering.add(4096, 7, 0, 0, 0, 1);
    gathering.add(8192, 3, 0, 0, 0, 1);
    gathering.add(4096, 0xffffffff | 0, 0, 0, 0, 1);
    const stretch = gathering.take();
    assert.ok(stretch.writes(4096, 7) && stretch.writes(8192, 3) && stretch.writes(4096, 0xffffffff));
    assert.ok(
      !stretch.writes(4096, 3) && !stretch.writes(8192, 7) && !stretch.writes(1, 7) && !stretch.writes(9000, 7),
    );
    assert.equal(gathering.take().length, 0, 'taking begins anew');
  });
});

describe('Keyframes', () => {
  const build = (writes: readonly Write[], most: number, spacing: number): Keyframes => {
    const visit = (from: number, to: number, visitor: WriteVisitor): void => {
      for (const write of writes.slice(from, to)) visitor(...write);
    };
    const keyframes = new Keyframes(visit, most, spacing);
    for (let count = 1; count <= writes.length; count++) keyframes.reached(count);
    return keyframes;
  };

  it('lead from each to each other, over few stretches', () => {
    const state = new State(20, 1);
    const writes = someWrites(state, 1000);
    const keyframes = build(writes, 2 ** 20, 10);
    assert.equal(keyframes.length, 100);
    const next = numbers(3);
    let at = 0;
    for (let i = 0; i < 100; i++) {
      const to = next(101);
      let stretches = 0;
      keyframes.between(at, to, (stretch) => {
        stretch.apply(state, at < to);
        stretches++;
      });
      assert.equal(contents(state), written(writes, to * 10), `from keyframe ${at} to ${to}`);
      assert.ok(stretches <= 18, `${stretches} stretches from ${at} to ${to}`);
      at = to;
    }
  });

  it('give up the shortest when their memory is used up, and are still right', () => {
    const state = new State(20, 1);
    const writes = someWrites(state, 1000);
    const keyframes = build(writes, 20_000, 10);
    assert.ok(keyframes.bytes <= 20_000 && keyframes.spacing > 10, `${keyframes.bytes} bytes`);
    assert.ok(keyframes.length > 0);
    keyframes.between(0, keyframes.length, (stretch) => stretch.apply(state, true));
    assert.equal(contents(state), written(writes, keyframes.length * keyframes.spacing));
  });

  it('say in which stretches a word can be written', () => {
    const writes: Write[] = Array.from({ length: 100 }, (_, i) => [(Plane.rmap << 24) | 1024, i, 0, 0, 0, 1]);
    const keyframes = build(writes, 2 ** 20, 10);
    const place = (Plane.rmap << 24) | 1024;
    assert.ok(keyframes.mayWrite(4, place, 43));
    assert.ok(!keyframes.mayWrite(3, place, 43));
    assert.ok(keyframes.mayWrite(10, place, 43), 'what is not gathered yet may hold it');
  });
});
