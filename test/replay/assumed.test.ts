// Replay with assumptions, of captures and of recordings with random things taken out: what is known is what it is without them, and
// what is assumed is counted apart. HPTSCOPE_CUT_RUNS=2000 looks at more cuts, HPTSCOPE_CUT_SEED=n begins with seed n.

import assert from 'node:assert/strict';
import { EVERY_ASSUMPTION } from '../../src/timeline/assumptions';
import { AssumingReplay } from '../../src/trace/replay/assumingReplay';
import { FIELDS } from '../../src/trace/replay/checkpoint';
import type { ReplayInput } from '../../src/trace/replay/input';
import { FIELD, type KnowledgeWatch, type Slot } from '../../src/trace/replay/knowledge';
import { Replay } from '../../src/trace/replay/replay';
import { foundIn, replayAssuming, replayInput } from '../../src/trace/replay/report';
import { cutCaptures } from './cut';
import { captureInput } from './recordings';

const runs = Number(process.env.HPTSCOPE_CUT_RUNS ?? 12);
const firstSeed = Number(process.env.HPTSCOPE_CUT_SEED ?? 1);

/** What a watch was told, as it is now. */
class Table implements KnowledgeWatch {
  background: Slot | undefined;
  slots = new Map<number, Slot>();
  /** slots told since they were looked at last; all when all was void */
  changed: Set<number> | 'all' = 'all';

  put(index: number, slot: Slot): void {
    this.slots.set(index, slot);
    if (this.changed !== 'all') this.changed.add(index);
  }

  reset(background: Slot): void {
    this.background = background;
    this.slots = new Map();
    this.changed = 'all';
  }

  get(index: number): Slot {
    const slot = this.slots.get(index) ?? this.background;
    assert.ok(slot !== undefined);
    return slot;
  }
}

/** What is known of a slot: with what is assumed left out, as a replay without assumptions has it. */
function assertKnown(completed: Slot, plain: Slot, what: () => string): void {
  const { fields } = completed.assumed ?? { fields: 0 };
  const is = (bit: number): boolean => (fields & bit) === 0;
  if (is(FIELD.states)) assert.equal(completed.states, plain.states, what());
  else assert.equal(completed.states & ~plain.states, 0, what());
  if (plain.states !== completed.states && completed.states === 1) return;
  for (const name of ['v', 'guest', 'frame', 'rc'] as const) {
    if (is(FIELD[name])) assert.equal(completed[name], plain[name], `${what()}: ${name}`);
    else assert.equal(plain[name], undefined, `${what()}: ${name} is known`);
  }
}

/** Replays with and without assumptions in step and compares what is known after every event. */
function assertSameKnowledge(input: ReplayInput, keyframes: 'first' | 'all', what: string): void {
  const found = foundIn(input, { keyframes });
  const known = new Table();
  const completed = new Table();
  const plain = new Replay(input, { keyframes, found, watch: known });
  const assuming = new AssumingReplay(input, EVERY_ASSUMPTION, { keyframes, found, watch: completed });
  const steps = plain.steps();
  let number = 0;
  for (const step of assuming.steps()) {
    assert.deepEqual(steps.next().value, step, what);
    const all = known.changed === 'all' || completed.changed === 'all';
    const indexes = all
      ? [...known.slots.keys(), ...completed.slots.keys()]
      : [...known.changed, ...completed.changed].filter((index) => typeof index === 'number');
    for (const index of indexes) {
      assertKnown(completed.get(index), known.get(index), () => `${what}: step ${number}, slot ${index}`);
    }
    if (all && completed.background !== undefined && known.background !== undefined) {
      assertKnown(completed.background, known.background, () => `${what}: step ${number}, all other slots`);
    }
    known.changed = new Set();
    completed.changed = new Set();
    number++;
  }
  assert.deepEqual(assuming.sound.divergences, plain.divergences, what);
}

describe('replay with assumptions', function () {
  this.timeout(120_000 + runs * 10_000);

  for (const capture of ['p9-61-64k-fixed', 'p9-612-4k-fixed', 'p8-61-64k-fixed'] as const) {
    for (const keyframes of ['first', 'all'] as const) {
      it(`${capture}, keyframes ${keyframes}, without facts: the figures of what is known stay, assumed values are apart`, async () => {
        const input = await captureInput(capture, false);
        const plain = replayInput(input, { keyframes }).report;
        const { assumed, ...known } = replayAssuming(input, EVERY_ASSUMPTION, { keyframes }).report;
        assert.deepEqual({ ...known, divergences: plain.divergences }, plain);
        for (const field of FIELDS) {
          const { equal, wrong } = assumed?.fields[field] ?? { equal: 0, wrong: 0 };
          assert.ok(equal >= 0 && wrong >= 0 && equal + wrong <= plain.fields[field].unknown, field);
        }
      });
    }
  }

  it('hidden pairs that are assumed to remove nothing are right more often than not, and are told where they are not', async () => {
    const { report } = replayAssuming(await captureInput('p9-612-4k-fixed', false), EVERY_ASSUMPTION, {
      keyframes: 'first',
    });
    const { equal = 0, wrong = 0 } = report.assumed?.fields.state ?? {};
    assert.ok(equal > 10 * wrong && wrong > 0, `${equal} equal, ${wrong} wrong`);
    assert.ok((report.divergences.assumption ?? 0) > 0);
    assert.ok((report.assumed?.false['hidden-pairs'] ?? 0) > 0);
  });

  it('without facts the same is known after every event, and with random things taken out', async () => {
    const cuts = cutCaptures(['p9-61-64k-fixed', 'p9-612-4k-fixed', 'p9-61-64k-kprobes'], firstSeed, runs);
    for await (const { input, keyframes, what } of cuts) {
      assertSameKnowledge(input, keyframes, what);
    }
    assertSameKnowledge(await captureInput('p9-61-64k-fixed', false), 'first', 'without facts');
  });
});
