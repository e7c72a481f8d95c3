// Properties of the emulator over random operations. HPTSCOPE_RUNS=N multiplies the number of sequences.

import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { EVENT_WORDS } from '../../../src/model/events';
import { LOG_CHUNK, Log, REC_WRITE, readLog } from '../../../src/model/log';
import type { Machine, MachineOptions } from '../../../src/model/machine';
import { MUTATION_NAMES, type Mutation } from '../../../src/model/mutations';
import { Point } from '../../../src/model/points';
import { faults, OPEN_POINTS, SmallWorld, type Step, steps, wholeHash } from '../../support/operations';

const MACHINES: readonly MachineOptions[] = [
  { kernel: 'linux-3.4', cpu: 'POWER7', pageShift: 12 },
  { kernel: 'linux-3.4', cpu: 'POWER7', pageShift: 16 },
  { kernel: 'linux-3.4', cpu: 'PPC970', pageShift: 12 },
  { kernel: 'linux-6.1', cpu: 'POWER8', pageShift: 16 },
  { kernel: 'linux-6.1', cpu: 'POWER9', pageShift: 12, onlineVcores: 1, realmode: true },
  { kernel: 'linux-6.1', cpu: 'POWER9', pageShift: 16, tlbieStqBug: true, tlbieEratBug: true },
];
const runs = (n: number): number => n * Number(process.env.HPTSCOPE_RUNS ?? 1);
const name = ({ kernel, cpu, pageShift }: MachineOptions): string =>
  `${kernel} ${cpu} ${2 ** (pageShift ?? 16) / 1024}K`;

/** Runs steps with a journal; answers what is wrong after the first step that leaves something wrong. */
function firstFault(options: MachineOptions, sequence: readonly Step[], mutation?: Mutation): string | null {
  const world = new SmallWorld(options);
  const log = new Log();
  world.m.record(log);
  if (mutation !== undefined) world.m.setMutation(mutation, true);
  for (const [n, step] of sequence.entries()) {
    const from = log.end;
    world.step(step);
    const found = faults(world.m, log, from);
    if (found.length > 0) return `after step ${n}: ${found.join('; ')}`;
  }
  return null;
}

/** Puts the words back that the journal wrote in [from, to), or writes them again. */
function replay(m: Machine, log: Log, from: number, to: number, back: boolean): void {
  const addresses: number[] = [];
  readLog(log, from, to, EVENT_WORDS, (type, _value, _chunk, _at, where) => {
    if (type === REC_WRITE) addresses.push(where);
  });
  if (back) addresses.reverse();
  for (const where of addresses) {
    const c = log.chunks[Math.floor(where / LOG_CHUNK)] as Int32Array;
    const at = where % LOG_CHUNK;
    const value = at + (back ? 3 : 5);
    m.state.apply(c[at + 1] as number, c[at + 2] as number, c[value] as number, c[value + 1] as number);
  }
}

for (const options of MACHINES) {
  const points = options.cpu === 'PPC970' ? [] : OPEN_POINTS;
  describe(`random operations: ${name(options)}`, function () {
    this.timeout(120_000);

    it('keep every invariant, leave no frame open, and never meet a stale translation', () => {
      fc.assert(
        fc.property(steps(options.kernel, []), (sequence) => assert.equal(firstFault(options, sequence), null)),
        { numRuns: runs(400) },
      );
    });

    if (points.length > 0)
      it('keep them when another vCPU gets in between at any point', () => {
        fc.assert(
          fc.property(steps(options.kernel, points), (sequence) => assert.equal(firstFault(options, sequence), null)),
          { numRuns: runs(800) },
        );
      });

    it('are undone and redone exactly, from and to any place in the journal', () => {
      fc.assert(
        fc.property(steps(options.kernel, points), fc.array(fc.nat(), { maxLength: 6 }), (sequence, jumps) => {
          const world = new SmallWorld(options);
          const log = new Log();
          world.m.record(log);
          const marks = [{ at: 0, hash: wholeHash(world.m) }];
          for (const step of sequence) {
            world.step(step);
            marks.push({ at: log.end, hash: wholeHash(world.m) });
          }
          world.m.record(null);
          let now = marks.length - 1;
          for (const jump of [...jumps, 0, marks.length - 1]) {
            const target = jump % marks.length;
            const [a, b] = [marks[now]?.at ?? 0, marks[target]?.at ?? 0];
            replay(world.m, log, Math.min(a, b), Math.max(a, b), b < a);
            assert.equal(wholeHash(world.m), marks[target]?.hash, `from step ${now} to ${target}`);
            now = target;
          }
        }),
        { numRuns: runs(100) },
      );
    });

    it('do the same with a journal and without', () => {
      fc.assert(
        fc.property(steps(options.kernel, points), (sequence) => {
          const recorded = new SmallWorld(options);
          recorded.m.record(new Log());
          const plain = new SmallWorld(options);
          for (const step of sequence) {
            recorded.step(step);
            plain.step(step);
          }
          assert.equal(wholeHash(plain.m), wholeHash(recorded.m));
        }),
        { numRuns: runs(100) },
      );
    });
  });
}

describe('mutations', function () {
  this.timeout(120_000);
  const kernels = MACHINES.filter(({ cpu, pageShift }) => cpu !== 'PPC970' && pageShift === 16);
  /** Where another vCPU must get in for the step to matter; everywhere when nothing is said. */
  const where: Partial<Record<Mutation, readonly Point[]>> = {
    'seq-check': [Point.beforeLock, Point.enterAfterPte],
    'hpte-recheck': [Point.beforeLock],
    'rmap-lock': [Point.enterInRmap, Point.faultInRmap, Point.unmapInRmap],
  };

  for (const options of kernels)
    for (const mutation of MUTATION_NAMES)
      it(`${mutation} left out of ${name(options)} is noticed within a short search`, () => {
        const sequences = fc.sample(steps(options.kernel, where[mutation] ?? OPEN_POINTS), {
          numRuns: 3000,
          seed: 20261123,
        });
        const found = sequences.find((sequence) => firstFault(options, sequence, mutation) !== null);
        assert.ok(found, 'no sequence shows what the step is for');
        assert.equal(firstFault(options, found), null);
      });
});
