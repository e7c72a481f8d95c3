// A recording made of a folder's files: what the files tell, what has to be answered, and what is refused.

import { strict as assert } from 'node:assert';
import { partDecompressors } from '../../../../src/platform/decompression';
import { nodeDecoders } from '../../../../src/platform/node/decoders';
import { type Answers, type Created, createRecording } from '../../../../src/trace/create/createRecording';
import { markShapes, stemOf } from '../../../../src/trace/create/dumpMarks';
import { type Survey, surveyFiles } from '../../../../src/trace/create/survey';
import { openRecording } from '../../../../src/trace/openTrace';
import { type PlacedAt, readRecordingFile, resolveAt } from '../../../../src/trace/recordingFile';
import { writeRecording } from '../../../../src/trace/writeRecording';
import { type CaptureName, captureBytes, captureRecording, memoryAccess } from '../../../support/captures';

const decompressors = partDecompressors(nodeDecoders);

function survey(files: ReadonlyMap<string, Uint8Array>, chosen: readonly string[] = []): Promise<Survey> {
  return surveyFiles([...files.keys()], { files: memoryAccess(files), decompressors }, chosen);
}

/** The files of a capture without its hptscope.json, and what that said. */
function capture(name: CaptureName) {
  const { files } = captureRecording(name);
  const text = new TextDecoder().decode(files.get('hptscope.json'));
  files.delete('hptscope.json');
  const { recording } = readRecordingFile(text, 'hptscope.json');
  return { files, recording: recording ?? assert.fail(name) };
}

function madeOf(created: Created) {
  return 'recording' in created ? created.recording : assert.fail(JSON.stringify(created));
}

const plain = (placed: PlacedAt) => placed.at;

describe('creating a recording', () => {
  for (const name of ['p9-61-64k-fixed', 'p8-61-64k-fixed', 'p9-612-4k-fixed', 'l2-61-64k'] as const) {
    it(`of the files of ${name} gives the recording that belongs to them, once the rest is answered`, async () => {
      const { files, recording } = capture(name);
      const found = await survey(files);
      const answers: Answers = {
        cpu: recording.cpu,
        hpt: recording.hpt.map((one) => ({ ...one, at: plain(one.at) })),
        memslots: recording.memslots.map((one) => ({
          ...one,
          from: one.from && plain(one.from),
          to: one.to && plain(one.to),
        })),
      };
      const made = madeOf(createRecording(found, answers));
      assert.equal(made.kernel, recording.kernel);
      assert.equal(made.hostPageSize, recording.hostPageSize);
      assert.equal(made.tgid, recording.tgid);
      assert.equal(made.facts, recording.facts);
      assert.deepEqual(made.traces, recording.traces);
      const dumps = (list: ReadonlyArray<{ kind: string; file: string }>, at: (i: number) => unknown) =>
        list.map(({ kind, file }, i) => `${file} ${kind} ${JSON.stringify(at(i))}`).sort();
      assert.deepEqual(
        dumps(made.dumps, (i) => made.dumps[i]?.at),
        dumps(recording.dumps, (i) => recording.dumps[i]?.at.at),
      );
      const places = made.dumps.map(({ at }) => resolveAt(at, found.events)?.before ?? assert.fail('no such moment'));
      assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
      );

      files.set('hptscope.json', Buffer.from(writeRecording(made)));
      const opened = await openRecording('hptscope.json', { files: memoryAccess(files), decompressors });
      assert.deepEqual(opened.problems, []);
    });
  }

  it('asks for what the files do not tell, and says what they do', async () => {
    const created = createRecording(await survey(capture('p9-61-64k-fixed').files), {});
    const questions = 'questions' in created ? created.questions : assert.fail('made without answers');
    assert.deepEqual(
      questions.map(({ topic }) => topic),
      ['cpu', 'hpt', 'memslots'],
    );
    const [cpu, hpt, memslots] = questions;
    assert.ok(cpu?.topic === 'cpu' && hpt?.topic === 'hpt' && memslots?.topic === 'memslots');
    assert.deepEqual(cpu.choices, ['POWER9', 'POWER10']); // the dumps are in the layout of ISA 3.0
    assert.equal(hpt.leastOrder, 19); // the table was resized to this
    assert.deepEqual(
      memslots.bases.map(({ gfn }) => gfn),
      [0n, 0x100n, 0x600n, 0x1000n, 0x8000n],
    );
  });

  it('refuses answers that the files contradict', async () => {
    const created = createRecording(await survey(capture('p9-61-64k-fixed').files), {
      kernel: 'linux-3.4',
      cpu: 'POWER8',
      hostPageSize: 4096,
      tgid: 1,
      hpt: [{ order: 18, how: 'allocate' }],
      memslots: [],
    });
    const refused = 'refused' in created ? created.refused.join('\n') : assert.fail('made of wrong answers');
    assert.match(refused, /kernel cannot be linux-3\.4: trace\.dat is of Linux 6\.1/);
    assert.match(
      refused,
      /processor cannot be POWER8: the entries of dumps\/\d+\.htab\.txt are in the layout of ISA 3/,
    );
    assert.match(refused, /host page size cannot be 4096: trace\.dat was recorded on a host/);
    assert.match(refused, /process 1 runs no vCPU in the trace; 307 do/);
    assert.match(refused, /table cannot have order 18: the dumps hold indexes of a table of order 19/);
  });

  it('takes the best of several forms of one trace, and asks which of several traces belong', async () => {
    const { files } = capture('p9-61-64k-fixed');
    files.set('trace.txt', captureBytes('p9-61-64k-fixed', 'trace.txt'));
    files.set('trace.v6.dat', captureBytes('p9-61-64k-fixed', 'trace.v6.dat'));
    const same = await survey(files);
    assert.deepEqual(same.traces, ['trace.dat']);
    assert.deepEqual(
      same.leftOut.map(({ file, why }) => `${file}: ${why}`),
      ['trace.v6.dat: it holds the same events as trace.dat', 'trace.txt: it holds the same events as trace.dat'],
    );
    files.set('other.txt', captureBytes('p9-61-64k-kprobes', 'trace.txt'));
    const created = createRecording(await survey(files), { hpt: [], memslots: [], cpu: 'POWER9' });
    const questions = 'questions' in created ? created.questions : assert.fail('made of two traces');
    assert.deepEqual(
      questions.find(({ topic }) => topic === 'traces'),
      { topic: 'traces', choices: ['trace.dat', 'other.txt'] },
    );
    const chosen = await survey(files, ['trace.dat']);
    assert.deepEqual(madeOf(createRecording(chosen, { hpt: [], memslots: [], cpu: 'POWER9' })).traces, ['trace.dat']);
  });

  it('asks how marks name the dumps when several ways do, and when a dump has none', async () => {
    const line = (n: number, text: string) => `a-1 [000] ..... ${n}.000000: tracing_mark_write: ${text}\n`;
    const files = new Map<string, Uint8Array>([
      [
        't.txt',
        Buffer.from(line(1, 'dump 1 begin') + line(2, 'dump 1 end') + line(3, 'dump 2 begin') + line(4, 'dump 2 end')),
      ],
      ['d/01.htab', new Uint8Array(0)],
      ['d/02.htab', new Uint8Array(0)],
    ]);
    const answers: Answers = { kernel: 'linux-6.1', cpu: 'POWER8', hostPageSize: 4096, hpt: [], memslots: [] };
    const asked = createRecording(await survey(files), answers);
    const [question] = 'questions' in asked ? asked.questions : assert.fail('guessed');
    assert.ok(question?.topic === 'dumpMark');
    assert.deepEqual(
      question.choices.map(({ shape }) => shape),
      ['dump * begin', 'dump * end'],
    );
    const made = madeOf(createRecording(await survey(files), { ...answers, dumpMark: 'dump * end' }));
    assert.deepEqual(
      made.dumps.map(({ file, at }) => [file, at]),
      [
        ['d/01.htab', { mark: 'dump 1 end' }],
        ['d/02.htab', { mark: 'dump 2 end' }],
      ],
    );
    files.set('last.htab', new Uint8Array(0));
    const more = createRecording(await survey(files), { ...answers, dumpMark: 'dump * end' });
    assert.deepEqual('questions' in more && more.questions, [{ topic: 'dumpAt', files: ['last.htab'] }]);
    const told = new Map([['last.htab', { ns: 5_000_000_000n }]]);
    const all = madeOf(createRecording(await survey(files), { ...answers, dumpMark: 'dump * end', dumpAt: told }));
    assert.deepEqual(
      all.dumps.map(({ file }) => file),
      ['d/01.htab', 'd/02.htab', 'last.htab'],
    );
  });

  it('knows dumps by the words of their names', () => {
    assert.equal(stemOf('dumps/00007.htab.txt.xz'), '00007');
    assert.equal(stemOf('snap-1-before.pagemap.txt'), 'snap-1-before');
    assert.equal(stemOf('a/after.boot.htabfd'), 'after.boot');
    const shapes = markShapes(
      ['007', '8'],
      ['step 7 begin x', 'step 7 end', 'step 8 begin y', 'step 8 end', 'page 7 8'],
    );
    assert.deepEqual(
      shapes.map(({ shape, marks }) => `${shape}: ${[...marks.values()].join(', ')}`),
      [
        'step * end: step 7 end, step 8 end',
        'page * 8: page 7 8',
        'page 7 *: page 7 8',
        'step * begin x: step 7 begin x',
        'step * begin y: step 8 begin y',
      ],
    );
  });

  it('needs a trace, whose clock tells the moments', async () => {
    const created = createRecording(await survey(new Map([['1.htab', new Uint8Array(0)]])), {});
    assert.match('refused' in created ? created.refused.join() : '', /there is no trace among the files/);
  });
});
