import { strict as assert } from 'node:assert';
import { byteIn } from '../../../src/trace/byteWords';
import { TraceEvents } from '../../../src/trace/events';
import { FtraceLineParser } from '../../../src/trace/ftraceLine';
import { FtraceTextReader } from '../../../src/trace/ftraceText';
import { holdsAnotherLine } from '../../../src/trace/strayLines';
import { captureBytes } from '../../support/captures';
import { mutated, Random } from '../../support/mutate';

/** What a line tells by itself; undefined if it is no event. */
function told(line: Uint8Array): unknown {
  const events = new TraceEvents();
  const parser = new FtraceLineParser(events);
  const end = line.at(-1) === 13 ? line.length - 1 : line.length;
  if (line[0] === 35 || end === 0 || !parser.parse(line, 0, end)) {
    return undefined;
  }
  events.add(parser, 0);
  // what is left to the reader: two lines in one
  const text = Buffer.from(line.subarray(parser.textAt, end)).toString();
  return holdsAnotherLine(text) ? undefined : toldOf(events, 0);
}

function toldOf(events: TraceEvents, i: number): unknown {
  return {
    time: events.timeOf(i),
    cpu: events.cpu[i],
    task: events.taskOf(i),
    name: events.nameOf(i),
    flags: events.flagTexts[events.flags[i] ?? 0],
    textAt: events.textAt[i],
  };
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let to = bytes.indexOf(10); to >= 0; to = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return lines;
}

describe('a line of ftrace text', () => {
  for (const file of ['trace.txt', 'trace-cmd-report.txt']) {
    it(`of a damaged ${file} tells the same behind lines that began alike as it does alone`, () => {
      const whole = captureBytes('p9-61-64k-kprobes', file);
      let damaged = 0;
      for (let run = 1; run <= 100; run++) {
        const random = new Random(run);
        const from = random.below(whole.length - 3000);
        let bytes = whole.slice(from, from + 3000);
        for (let i = 0; i < 8; i++) {
          const at = random.below(bytes.length);
          bytes[at] = [10, 13, 32, 40, 46, 58, 91, 48][random.below(8)] ?? 0;
        }
        bytes = Uint8Array.from([...bytes.subarray(0, 1000), ...mutated(bytes.subarray(1000), random)]);
        const reader = new FtraceTextReader('trace.txt');
        reader.push(bytes);
        const { events } = reader.end();
        const expected = linesOf(bytes).flatMap((line) => told(line) ?? []);
        damaged += linesOf(bytes).length - expected.length;
        assert.deepEqual(
          Array.from({ length: events.count }, (_, i) => toldOf(events, i)),
          expected,
          `run ${run}`,
        );
      }
      assert.ok(damaged > 100);
    });
  }

  it('ends at the first line feed, wherever that stands', () => {
    const bytes = new Uint8Array(32).fill(11);
    const view = new DataView(bytes.buffer);
    for (let from = 0; from < 8; from++) {
      for (let at = from; at < 32; at++) {
        bytes.fill(11).fill(10, at, Math.min(32, at + 3));
        assert.equal(byteIn(view, 10, from, 32), at);
        assert.equal(byteIn(view, 10, from, at), -1);
      }
    }
  });
});
