import { strict as assert } from 'node:assert';
import { gzipSync } from 'node:zlib';
import { browserFiles } from '../../../src/platform/browser/files';
import { partDecompressors } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import type { FileAccess } from '../../../src/trace/files';
import { type OpenedRecording, openRecording, openTrace } from '../../../src/trace/openTrace';
import { formatProblem } from '../../../src/trace/problem';
import { matchHcallFacts, readFacts } from '../../../src/trace/recordingFacts';
import { resolveAt } from '../../../src/trace/recordingFile';
import { type CaptureName, captureBytes, captureRecording, memoryAccess } from '../../support/captures';

const services = (files: FileAccess) => ({ files, decompressors: partDecompressors(nodeDecoders) });

async function open(capture: CaptureName): Promise<OpenedRecording> {
  const opened = await openRecording('hptscope.json', services(captureRecording(capture).access));
  return 'events' in opened ? opened : assert.fail(opened.problems.map(formatProblem).join('\n'));
}

describe('opening', () => {
  for (const [capture, events, dumps] of [
    ['p9-61-64k-fixed', 8076, 432],
    ['p8-61-64k-fixed', 2630, 448],
    ['l2-61-64k', 61909, 12],
  ] as const) {
    it(`the recording ${capture} gives its events, moments and dumps`, async () => {
      const opened = await open(capture);
      assert.deepEqual(opened.problems, []);
      assert.equal(opened.events.count, events);
      assert.equal(opened.recording.dumps.length, dumps);
      let before = 0;
      for (const dump of opened.recording.dumps) {
        const at = resolveAt(dump.at.at, opened.events) ?? assert.fail(dump.file);
        assert.ok(at.before >= before, `${dump.file} is not after the one before`);
        before = at.before;
        const loaded = await opened.loadDump(dump);
        assert.ok('problems' in loaded && loaded.problems.length === 0, dump.file);
      }
    });
  }

  it('compressed files of a recording are read too', async () => {
    const { files } = captureRecording('p9-61-64k-fixed');
    const packed = browserFiles(async (path) => {
      const bytes = files.get(path) ?? assert.fail(path);
      return path === 'hptscope.json' ? bytes : new Uint8Array(gzipSync(bytes));
    });
    const opened = await openRecording('hptscope.json', services(packed));
    assert.ok('events' in opened && opened.events.count === 8076);
    assert.deepEqual(opened.problems, []);
  });

  it('several traces of a recording are merged by time', async () => {
    const bytes = captureBytes('p9-61-64k-fixed', 'trace.txt');
    const lines = Buffer.from(bytes)
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const half = (odd: number): Uint8Array => Buffer.from(`${lines.filter((_, i) => i % 2 === odd).join('\n')}\n`);
    const json = { hptscope: 1, kernel: 'linux-6.1', cpu: 'POWER9', hostPageSize: 65536, traces: ['a.txt', 'b.txt'] };
    const files = memoryAccess(
      new Map([
        ['hptscope.json', Buffer.from(JSON.stringify(json))],
        ['a.txt', half(0)],
        ['b.txt', half(1)],
      ]),
    );
    const opened = await openRecording('hptscope.json', services(files));
    const { events } = 'events' in opened ? opened : assert.fail('not opened');
    assert.deepEqual(opened.problems, []);
    assert.equal(events.count, lines.length);
    const whole = await openTrace('t', services(memoryAccess(new Map([['t', bytes]]))));
    const expected = 'events' in whole ? whole.events : assert.fail('not opened');
    for (let i = 0; i < events.count; i++) {
      assert.equal(events.timeOf(i), expected.timeOf(i));
    }
    const texts = (e: typeof events): string[] =>
      Array.from({ length: e.count }, (_, i) => `${e.timeOf(i)} ${Buffer.from(e.record(i)).toString()}`).sort();
    assert.deepEqual(texts(events), texts(expected));
  });

  it('between traces that follow each other, nothing is known to be whole', async () => {
    const line = (second: number, cpu: string): Uint8Array =>
      Buffer.from(`a-1 [${cpu}] ..... ${second}.000000: tracing_mark_write: x\n`.repeat(2));
    const json = { hptscope: 1, kernel: 'linux-6.1', cpu: 'POWER9', hostPageSize: 65536, traces: ['b.txt', 'a.txt'] };
    const files = memoryAccess(
      new Map([
        ['hptscope.json', Buffer.from(JSON.stringify(json))],
        ['a.txt', line(1, '000')],
        ['b.txt', line(7, '002')],
      ]),
    );
    const opened = await openRecording('hptscope.json', services(files));
    assert.deepEqual('events' in opened && opened.events.lost, [{ before: 2, cpu: 2, count: undefined }]);
  });

  it('what cannot be opened is a problem with its file, not an exception', async () => {
    const missing = await openRecording('hptscope.json', services(memoryAccess(new Map())));
    assert.deepEqual(missing.problems.map(formatProblem), ['hptscope.json: error: there is no file hptscope.json']);
    const { files } = captureRecording('p9-61-64k-fixed');
    files.delete('trace.dat');
    files.delete('facts.jsonl');
    const opened = await openRecording('hptscope.json', services(memoryAccess(files)));
    assert.deepEqual(opened.problems.map(formatProblem), [
      'trace.dat: error: there is no file trace.dat',
      'facts.jsonl: error: there is no file facts.jsonl',
    ]);
    const empty = await openTrace('t.txt', services(memoryAccess(new Map([['t.txt', new Uint8Array(0)]]))));
    assert.match(empty.problems.map(formatProblem).join(), /^t\.txt: error: The file is empty\./);
    const htab = await openTrace('t', services(memoryAccess(new Map([['t', Buffer.from('hello\n')]]))));
    assert.match(htab.problems.map(formatProblem).join(), /^t: error: The text is in none of the known forms/);
  });
});

describe('facts of a recording', () => {
  for (const [capture, count] of [
    ['p9-61-64k-fixed', 68],
    ['p9-612-4k-fixed', 65],
    ['p9-61-64k-random', 1847],
  ] as const) {
    it(`each hypercall of ${capture} has its event`, async () => {
      const { facts, events } = await open(capture);
      const matched = matchHcallFacts(facts?.facts ?? [], events);
      assert.deepEqual(matched.unmatched, []);
      assert.equal(matched.byEvent.size, count);
      for (const [event, fact] of matched.byEvent) {
        const call = events.decode(event);
        assert.ok(call.kind === 'kvm_hcall_enter' && call.nr === fact.nr);
        assert.deepEqual(call.args.slice(0, fact.args.length), fact.args.slice(0, 4));
      }
    });
  }

  it('hypercalls of a POWER8 host, which leave no event, stay unmatched', async () => {
    const { facts, events } = await open('p8-61-64k-fixed');
    const matched = matchHcallFacts(facts?.facts ?? [], events);
    assert.ok(matched.unmatched.length > 60);
  });

  it('are refused with line and column where they are wrong', () => {
    const text = `{"kind":"page","at":{"time":"1.5"},"gpa":"0x10000","present":true,"frame":"0x4cc"}
{"kind":"page","at":{"time":"1.5"},"gpa":"0x10000","present":true}
{"kind":"hcall","at":{"mark":"m"},"nr":"0x8","args":["0x1", 2],"ret":0}
{"kind":"other","at":{"mark":"m"}}
[]
{"kind":"hcall","at":{"mark":"m"},"nr":"0x8","args":[],"ret":-6,"out":["0x1"]}
{"kind":`;
    const { facts, problems } = readFacts(Buffer.from(text), 'f');
    assert.deepEqual(
      facts.map(({ kind, line }) => `${kind} ${line}`),
      ['page 1', 'hcall 6'],
    );
    assert.deepEqual(problems.map(formatProblem), [
      'f:2:1: error: frame: a page that is present has a "frame"',
      'f:3:61: error: args[1]: expected a hexadecimal number of at most 64 bits in quotes, such as "0x1000"',
      'f:4:9: error: kind: expected "hcall" or "page", found "other"',
      'f:5:1: error: expected an object such as {"kind":"page", …}',
      'f:7:9: error: the file ends here; expected a JSON value (the file ends in the middle of this line)',
    ]);
  });
});
