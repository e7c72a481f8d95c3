// Property: whatever lines of a text trace cannot be read, what replay still calls known is right, and what could not be read is told.
// HPTSCOPE_DAMAGE_RUNS=500 looks at more damage, HPTSCOPE_DAMAGE_SEED=n begins with seed n.

import assert from 'node:assert/strict';
import { nodeDecompressors } from '../../src/platform/node/decoders';
import { FIELDS } from '../../src/trace/replay/checkpoint';
import { openReplay, replayInput } from '../../src/trace/replay/report';
import { type CaptureName, captureBytes, captureRecording, memoryAccess } from '../support/captures';
import { randomFrom } from './recordings';

const runs = Number(process.env.HPTSCOPE_DAMAGE_RUNS ?? 12);
const firstSeed = Number(process.env.HPTSCOPE_DAMAGE_SEED ?? 1);
const captures: readonly CaptureName[] = ['p9-61-64k-fixed', 'p9-61-64k-kprobes'];

/** Damages a line, if it can; answers whether it has. */
type Damage = (lines: string[], at: number) => boolean;

const isMark = (line: string | undefined): boolean => line?.includes('tracing_mark_write') !== false;

/** What a serial line, a careless copy or another kernel makes of a line. */
const damages: readonly Damage[] = [
  // a kernel that prints more, of an event that tells of the table
  (lines, at) => {
    if (/: kvm_(?:hcall|page_fault|unmap|set_spte|age)/.test(lines[at] ?? '')) {
      lines[at] += ' more=1';
      return true;
    }
    return false;
  },
  // something else in its place
  (lines, at) => {
    lines[at] = '@@@@';
    return true;
  },
  // its head is lost
  (lines, at) => {
    lines[at] = lines[at]?.slice(40) ?? '';
    return true;
  },
  // the line feed is lost
  (lines, at) => {
    if (isMark(lines[at + 1])) {
      return false;
    }
    lines.splice(at, 2, `${lines[at]}${lines[at + 1]}`);
    return true;
  },
  // another writer's line comes in between, in the middle of the event's name
  (lines, at) => {
    if (isMark(lines[at + 1])) {
      return false;
    }
    lines.splice(at, 2, `${lines[at]?.slice(0, 56)}${lines[at + 1]}`, lines[at]?.slice(56) ?? '');
    return true;
  },
  // more of it is lost than a line
  (lines, at) => {
    lines.splice(at, 1, 'CPU:0 [LOST 1 EVENTS]');
    return true;
  },
];

function damaged(text: Uint8Array, random: () => number): { text: Uint8Array; times: number } {
  const lines = Buffer.from(text).toString('latin1').split('\n');
  let times = 0;
  for (let i = 1 + Math.floor(random() * 6); i > 0; i--) {
    const at = 12 + Math.floor(random() * (lines.length - 20));
    // the marks tell when dumps were taken; what follows one may be more of its text
    if (!isMark(lines[at]) && !isMark(lines[at - 1]) && / \[\d+\] .*: kvm/.test(lines[at] ?? '')) {
      times += damages[Math.floor(random() * damages.length)]?.(lines, at) === true ? 1 : 0;
    }
  }
  return { text: Buffer.from(lines.join('\n'), 'latin1'), times };
}

describe('replay of text traces with lines that cannot be read', function () {
  this.timeout(60_000 + runs * 5_000);

  for (const capture of captures) {
    it(`of ${capture} is never wrong`, async () => {
      const { files } = captureRecording(capture);
      const recording = JSON.parse(new TextDecoder().decode(files.get('hptscope.json')));
      files.set('hptscope.json', Buffer.from(JSON.stringify({ ...recording, traces: ['trace.txt'] })));
      const whole = captureBytes(capture, 'trace.txt');
      let damages = 0;
      for (let seed = firstSeed - 1; seed < firstSeed + runs; seed++) {
        const random = randomFrom(seed);
        const { text, times } = seed < firstSeed ? { text: whole, times: 0 } : damaged(whole, random);
        files.set('trace.txt', text);
        const services = { files: memoryAccess(files), decompressors: nodeDecompressors };
        const { input, problems } = await openReplay('hptscope.json', services, { facts: random() < 0.8 });
        assert.ok(input !== null, problems[0]?.message);
        const { replay, report } = replayInput(input, { keyframes: random() < 0.5 ? 'all' : 'first' });
        assert.deepEqual(replay.comparison.wrong.slice(0, 3), [], `seed ${seed}`);
        assert.ok(report.checkpoints > 100, `seed ${seed}`);
        for (const field of FIELDS) {
          assert.equal(report.fields[field].wrong, 0, `seed ${seed}: ${field}`);
        }
        const told = problems.length > 0 || replay.unread.told !== undefined;
        assert.equal(told, times > 0, `seed ${seed}: ${problems.map(({ message }) => message).join('\n')}`);
        damages += times;
      }
      assert.ok(damages > runs);
    });
  }
});
