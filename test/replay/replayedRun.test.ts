// The run of a real capture: what it shows and says it knows at every dump, read through the run itself, against the dump.

import assert from 'node:assert/strict';
import { eventText } from '../../src/model/events';
import { hpteView } from '../../src/model/machine';
import { ABSENT, FREE, isSettled, possibleStates, VALID } from '../../src/timeline/known';
import type { Run } from '../../src/timeline/run';
import { eventCode } from '../../src/trace/eventKinds';
import type { ReplayInput } from '../../src/trace/replay/input';
import { isVcpuKind } from '../../src/trace/replay/machines';
import { replayInput } from '../../src/trace/replay/report';
import { frameOf, guestOf, identityOf, RC } from '../../src/trace/replay/words';
import { replayedRun } from '../../src/trace/replayed/replayedRun';
import { captureInput } from './recordings';

type Counts = Record<'equal' | 'unknown' | 'wrong', number>;
type FieldCounts = Record<'state' | 'dword0' | 'guest' | 'frame' | 'rc', Counts>;

const none = (): Counts => ({ equal: 0, unknown: 0, wrong: 0 });

/** Compares a dump with what the run knows at its current moment, as `hptscope replay` does. */
function compareDump(
  run: Run,
  { dump }: ReplayInput['tables'][number],
  counts: FieldCounts,
  wrong: string[],
  disturbed: boolean,
): void {
  const isa3 = run.vm.newFormat;
  const { state } = run.vm;
  for (let index = 0; index < state.hpt.entries; index++) {
    const at = dump.find(index);
    if (at < 0 && possibleStates(state, index) === FREE) {
      continue;
    }
    const known = run.knownOf(index);
    assert.ok(known);
    const count = (field: keyof FieldCounts, is: 'equal' | 'unknown' | 'wrong'): void => {
      counts[field][is]++;
      if (is === 'wrong') wrong.push(`${field} of 0x${index.toString(16)}`);
    };
    const entry = at < 0 ? undefined : dump.entry(at);
    const seen = entry === undefined ? FREE : (entry.v & 1n) !== 0n ? VALID : ABSENT;
    if (disturbed && known.states === VALID && seen === ABSENT) {
      continue; // taken away while the dump was read
    }
    const settled = isSettled(known.states);
    const excluded = (known.states & seen) === 0;
    count('state', excluded ? 'wrong' : settled ? 'equal' : 'unknown');
    const view = hpteView(run.vm, index);
    const parts = {
      dword0: 'dword0',
      guest: 'guest',
      frame: 'frame',
      rc: 'rc',
    } as const;
    if (settled && seen !== FREE) {
      assert.equal(view.state, seen === VALID ? 'valid' : 'absent', `state shown of 0x${index.toString(16)}`);
    }
    for (const field of Object.keys(parts) as (keyof typeof parts)[]) {
      const open = entry === undefined || excluded || (known.states & FREE) !== 0;
      if (open || known.certainty[field] === 'unknown' || (field === 'dword0' && !settled)) {
        count(field, 'unknown');
        continue;
      }
      const v = identityOf(view.v, isa3);
      const guest = guestOf(view.guestRpte);
      const dumpedV = isa3 ? (entry.v & 0x000fffffffffffffn) | ((entry.r & (3n << 58n)) << 4n) : entry.v;
      const same = {
        dword0: v === identityOf(dumpedV, isa3),
        guest: guest === guestOf(entry.guest),
        frame: frameOf(v, view.r, guest, isa3) === frameOf(v, entry.r, guest, isa3),
        rc: (view.r & RC) === (entry.r & RC),
      }[field];
      count(field, same ? 'equal' : 'wrong');
    }
    if (entry !== undefined && !excluded && (known.states & FREE) === 0) {
      if (known.certainty.rights !== 'unknown') {
        const mask = 0xb000000000000e7fn;
        if ((view.r & mask) !== (entry.r & mask))
          wrong.push(`rights of 0x${index.toString(16)}: ${view.r.toString(16)} ${entry.r.toString(16)}`);
      }
      if (known.certainty.guestRc !== 'unknown' && (view.guestRpte & RC) !== (entry.guest & RC))
        wrong.push(`guest rc of 0x${index.toString(16)}: ${view.guestRpte.toString(16)} ${entry.guest.toString(16)}`);
    }
  }
}

/** Whether an invalidation may have run while a dump was read: before the machine's next own event. */
function isDisturbed({ events }: ReplayInput, before: number): boolean {
  for (let i = before; i < events.count && !isVcpuKind(events.kind[i] as number); i++) {
    if (events.kind[i] === eventCode.kvm_unmap_hva_range) {
      return true;
    }
  }
  return false;
}

/** The moment right before a dump is taken over, for each dump in order. */
function* dumpMoments(
  run: Run,
  input: ReplayInput,
): Generator<{ table: ReplayInput['tables'][number]; before: number }> {
  let moment = -1;
  for (const table of input.tables) {
    moment = run.find(moment, 1, (m) => run.isStatement(m) && run.source(m).file === table.file);
    assert.ok(moment >= 0, table.file);
    yield { table, before: moment - 1 };
  }
}

/** Compares all dumps but the one that replay starts from. */
function compareDumps(run: Run, input: ReplayInput): FieldCounts {
  const counts: FieldCounts = { state: none(), dword0: none(), guest: none(), frame: none(), rc: none() };
  const wrong: string[] = [];
  let started = false;
  for (const { table, before } of dumpMoments(run, input)) {
    const starts: boolean = !started && table.dump.count > 0;
    started ||= starts;
    if (!starts && before >= 0) {
      run.seek(before);
      compareDump(run, table, counts, wrong, isDisturbed(input, table.before));
    }
    assert.deepEqual(wrong, [], table.file);
  }
  return counts;
}

function divergences(run: Run): string[] {
  const texts: string[] = [];
  for (let i = 0; i < run.eventCount; i++) {
    if (run.eventName(i) === 'replay.divergence') {
      texts.push(eventText(run.event(i).event));
    }
  }
  return texts;
}

describe('replayed runs of captures', function () {
  this.timeout(120_000);

  for (const [capture, facts] of [
    ['p9-61-64k-fixed', true],
    ['p9-61-64k-fixed', false],
    ['p9-612-4k-fixed', true],
    ['p9-61-64k-random', true],
    ['p9-61-64k-random', false],
    ['p9-61-64k-kprobes', true],
  ] as const) {
    it(`${capture}, ${facts ? 'with' : 'without'} facts: the run knows at each dump what replay knows, and it is so`, async () => {
      const input = await captureInput(capture, facts);
      const run = replayedRun(input, { kind: 'trace', notes: [] });
      assert.deepEqual(divergences(run), []);
      const { fields } = replayInput(input, { keyframes: 'all' }).report;
      const expected = Object.entries(fields).map(([field, { equal, unknown, wrong }]) => [
        field,
        { equal, unknown, wrong },
      ]);
      assert.deepEqual(compareDumps(run, input), Object.fromEntries(expected));
    });
  }

  it('l2-61-64k: a guest that is paged out while it runs', async () => {
    const input = await captureInput('l2-61-64k');
    const run = replayedRun(input, { kind: 'trace', notes: [] });
    assert.deepEqual(divergences(run), []);
    const { state } = compareDumps(run, input);
    assert.ok(state.equal >= replayInput(input, { keyframes: 'all' }).report.fields.state.equal);
  });

  it('p8-61-64k-fixed: nothing that the run knows is wrong', async () => {
    const input = await captureInput('p8-61-64k-fixed');
    const { state } = compareDumps(replayedRun(input, { kind: 'trace', notes: [] }), input);
    assert.ok(state.unknown > state.equal);
  });
});
