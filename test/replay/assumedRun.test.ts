// The run of a recording with assumptions: what it calls observed or inferred is what the run without assumptions says, at the end of
// every statement; what is assumed is unknown there.

import assert from 'node:assert/strict';
import { hpteView } from '../../src/model/machine';
import { EVERY_ASSUMPTION } from '../../src/timeline/assumptions';
import { FREE, isSettled, type Known, PARTS, type Part } from '../../src/timeline/known';
import type { Run } from '../../src/timeline/run';
import type { ReplayInput } from '../../src/trace/replay/input';
import { replayedRun } from '../../src/trace/replayed/replayedRun';
import { cut } from './cut';
import { captureInput, randomFrom } from './recordings';

const options = { kind: 'trace', notes: [] } as const;

/** The value of a part as the run shows it. */
function shownValue(run: Run, index: number, part: Part): string {
  const { v, r, guestRpte } = hpteView(run.vm, index);
  const rc = 0x180n;
  const pageBits = 0x0ffffffffffff000n;
  switch (part) {
    case 'state':
      return String(v & 0x21n);
    case 'dword0':
      return String(v & ~0x61n);
    case 'guest':
      return String(guestRpte & ~0x1f8n & ~(7n << 56n));
    case 'guestRc':
      return String(guestRpte & rc);
    case 'frame':
      return String(r & pageBits);
    case 'rights':
      return String(r & 0xb000000000000e7fn);
    case 'rc':
      return String(r & rc);
  }
}

/** What a path of the emulator makes is assumed where the path was run on an assumption, and may be known otherwise. */
const fromPaths: ReadonlySet<Part> = new Set(['rights', 'guestRc']);

const isSure = ({ certainty }: Known, part: Part): boolean =>
  certainty[part] === 'observed' || certainty[part] === 'inferred';

/** Slots that are worth a look: those that either run has something of. */
function slotsOf(...runs: readonly Run[]): Set<number> {
  const slots = new Set([0, 100, 1000]);
  for (const { vm } of runs) {
    vm.state.known?.forEach((index) => slots.add(index));
  }
  return slots;
}

function assertSame(plain: Run, assuming: Run, what: string): { readonly assumed: number } {
  let assumed = 0;
  const { entries } = plain.vm.state.hpt;
  assert.equal(assuming.vm.state.hpt.entries, entries, what);
  for (const index of slotsOf(plain, assuming)) {
    const [is, may] = [plain.knownOf(index), assuming.knownOf(index)];
    if (index >= entries || is === null || may === null) continue;
    for (const part of PARTS) {
      const where = `${what}: ${part} of slot 0x${index.toString(16)}`;
      if (isSure(may, part)) {
        assert.ok(isSure(is, part), `${where} is ${may.certainty[part]}, but not known without assumptions`);
        if ((is.states & FREE) === 0 && isSettled(is.states)) {
          assert.equal(shownValue(assuming, index, part), shownValue(plain, index, part), where);
        }
      } else if (may.certainty[part] === 'assumed') {
        assumed++;
        // a dump shows a state that may have changed a moment later
        const weakened = fromPaths.has(part) || !isSettled(is.states);
        assert.ok(is.certainty[part] === 'unknown' || weakened, `${where} is known`);
        assert.ok(may.assumed !== 0, `${where} rests on nothing`);
      }
    }
    if (isSure(may, 'state')) assert.equal(may.states, is.states, what);
  }
  return { assumed };
}

/** Ends of statements of a run, by statement. */
function endsOf(run: Run): number[] {
  const ends: number[] = [];
  for (let moment = 0; moment < run.length; moment++) ends[run.sourceNumber(moment)] = moment;
  return ends;
}

function compareRuns(input: ReplayInput, what: string, every: number): number {
  const plain = replayedRun(input, options);
  const assuming = replayedRun(input, { ...options, assume: EVERY_ASSUMPTION });
  const [ends, others] = [endsOf(plain), endsOf(assuming)];
  assert.equal(others.length, ends.length, `${what}: statements`);
  let assumed = 0;
  for (let statement = 0; statement < ends.length; statement += every) {
    plain.seek(ends[statement] ?? 0);
    assuming.seek(others[statement] ?? 0);
    assumed += assertSame(plain, assuming, `${what}: statement ${statement}`).assumed;
  }
  return assumed;
}

describe('run of a recording with assumptions', function () {
  this.timeout(180_000);

  for (const capture of ['p9-61-64k-fixed', 'p9-612-4k-fixed'] as const) {
    it(`${capture}, without facts: nothing more is called known, and much is assumed`, async () => {
      const input = await captureInput(capture, false);
      assert.ok(compareRuns({ ...input, tables: input.tables.slice(0, 2) }, capture, 97) > 1000);
    });
  }

  it('with random things taken out nothing more is called known', async () => {
    const input = await captureInput('p9-61-64k-fixed');
    for (let seed = 1; seed <= 6; seed++) {
      compareRuns(cut(input, randomFrom(seed)), `seed ${seed}`, 61);
    }
  });

  it('marks what the emulator did on assumptions: its events are assumed, those of the trace observed', async () => {
    const input = await captureInput('p9-61-64k-fixed', false);
    const run = replayedRun({ ...input, tables: input.tables.slice(0, 2) }, { ...options, assume: EVERY_ASSUMPTION });
    const counts = { observed: 0, inferred: 0, assumed: 0, unknown: 0 };
    for (let number = 0; number < run.eventCount; number++) counts[run.certaintyOfEvent(number)]++;
    assert.ok(counts.assumed > 0 && counts.observed > 0, JSON.stringify(counts));
    assert.ok(run.notes.some((note) => note.startsWith('Assumed where nothing tells: empty-start (')));
  });

  it('without assumptions asked for nothing is assumed', async () => {
    const run = replayedRun(await captureInput('p9-61-64k-fixed', false), options);
    for (let number = 0; number < run.eventCount; number++) assert.notEqual(run.certaintyOfEvent(number), 'assumed');
    assert.ok(run.notes.every((note) => !note.includes('ssumed')));
  });
});
