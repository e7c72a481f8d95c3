import { strict as assert } from 'node:assert';
import { type PlacedAt, type Recording, readRecordingFile } from '../../../src/trace/recordingFile';
import { type NewRecording, writeRecording } from '../../../src/trace/writeRecording';
import { type CaptureName, captureRecording } from '../../support/captures';

/** The recording without the places of its moments. */
function plain(recording: Recording): NewRecording {
  const at = (placed: PlacedAt) => placed.at;
  const maybe = (placed: PlacedAt | undefined) => placed?.at;
  return {
    ...recording,
    hpt: recording.hpt.map((one) => ({ ...one, at: at(one.at) })),
    memslots: recording.memslots.map((one) => ({ ...one, from: maybe(one.from), to: maybe(one.to) })),
    dumps: recording.dumps.map((one) => ({ ...one, at: at(one.at) })),
  };
}

function reread(recording: NewRecording): NewRecording {
  const { recording: read, problems } = readRecordingFile(writeRecording(recording), 'hptscope.json');
  assert.deepEqual(problems, []);
  return plain(read ?? assert.fail('no recording'));
}

describe('writing a recording file', () => {
  for (const capture of ['p9-61-64k-fixed', 'p8-61-64k-fixed', 'l2-61-64k'] as CaptureName[]) {
    it(`what it writes of ${capture} reads back as the same`, () => {
      const text = new TextDecoder().decode(captureRecording(capture).files.get('hptscope.json'));
      const { recording } = readRecordingFile(text, 'hptscope.json');
      const before = plain(recording ?? assert.fail('no recording'));
      assert.deepEqual(reread(before), before);
    });
  }

  it('leaves out what is not told, and quotes what people wrote', () => {
    const recording: NewRecording = {
      kernel: 'linux-6.1',
      cpu: 'POWER10',
      hostPageSize: 4096,
      tgid: undefined,
      hpt: [{ order: 24, how: 'allocate', at: { mark: 'a "quoted" \\ mark' } }],
      traces: ['a.dat', 'b c.txt'],
      memslots: [],
      dumps: [{ kind: 'htabfd', file: 'dumps/é.htabfd', at: { ns: 6486738593n } }],
      facts: undefined,
    };
    assert.deepEqual(reread(recording), recording);
    assert.equal(
      writeRecording(recording),
      `{
  "hptscope": 1,
  "kernel": "linux-6.1",
  "cpu": "POWER10",
  "hostPageSize": 4096,
  "hpt": [
    { "order": 24, "how": "allocate", "at": { "mark": "a \\"quoted\\" \\\\ mark" } }
  ],
  "traces": ["a.dat", "b c.txt"],
  "memslots": [],
  "dumps": [
    { "kind": "htabfd", "file": "dumps/é.htabfd", "at": { "time": "6.486738593" } }
  ]
}
`,
    );
  });
});
