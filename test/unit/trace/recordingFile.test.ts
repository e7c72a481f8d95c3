import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFtraceText } from '../../../src/trace/ftraceText';
import { readHtabText } from '../../../src/trace/htabText';
import { formatProblem } from '../../../src/trace/problem';
import { readRecordingFile, resolveAt, resolvePlacedAt } from '../../../src/trace/recordingFile';
import { repository } from '../../repository';
import { type CaptureName, captureBytes, captureRecording } from '../../support/captures';

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

const minimal = '{ "hptscope": 1, "kernel": "linux-6.1", "cpu": "POWER9", "hostPageSize": 65536, "traces": ["t.dat"]';

function problemsOf(text: string): string[] {
  return readRecordingFile(text, 'r.json').problems.map(formatProblem);
}

describe('recording file', () => {
  const captures: CaptureName[] = [
    'p9-61-64k-fixed',
    'p8-61-64k-fixed',
    'p9-612-4k-fixed',
    'l2-61-64k',
    'p9-61-64k-random',
  ];
  for (const capture of captures) {
    it(`reads that of ${capture} without complaint`, () => {
      const { files } = captureRecording(capture);
      const { recording, problems } = readRecordingFile(textOf(files.get('hptscope.json')), 'hptscope.json');
      assert.deepEqual(problems, []);
      for (const file of [...(recording?.traces ?? []), ...(recording?.dumps ?? []).map((dump) => dump.file)]) {
        assert.ok(files.has(file), file);
      }
    });
  }

  it('reads the sample recording, whose moments are all in its trace', async () => {
    const folder = join(repository, 'samples', 'recordings', 'power9-64k');
    const text = readFileSync(join(folder, 'hptscope.json'), 'utf8');
    const file = readRecordingFile(text, 'hptscope.json');
    const trace = await readFtraceText([readFileSync(join(folder, 'trace.txt'))], 'trace.txt');
    assert.deepEqual([...file.problems, ...trace.problems], []);
    const { hpt, memslots, dumps } = file.recording ?? assert.fail('no recording');
    const moments = [...hpt, ...dumps].map((entry) => entry.at);
    moments.push(...memslots.flatMap((slot) => [slot.from, slot.to]).filter((at) => at !== undefined));
    assert.equal(moments.length, 42);
    for (const at of moments) {
      assert.ok('before' in resolvePlacedAt(at, trace.events, file), at.path);
    }
    for (const dump of dumps.filter((entry) => entry.kind === 'htab')) {
      assert.deepEqual(readHtabText(readFileSync(join(folder, dump.file)), dump.file).problems, []);
    }
  });

  it('gives every field', () => {
    const text = `${minimal}, "vm": { "tgid": 307 },
      "hpt": [{ "order": 18, "how": "allocate", "at": { "mark": "m" } }],
      "memslots": [{ "slot": 1, "gpa": "0x10000", "size": "0x20000", "hva": "0x7fff00000000", "logDirty": true, "to": { "time": "1.5" } }],
      "dumps": [{ "kind": "htab", "file": "./dumps/1.htab.txt", "at": { "time": "2" } }], "facts": "facts.jsonl" }`;
    const { recording, problems } = readRecordingFile(text, 'r.json');
    assert.deepEqual(problems, []);
    const at = (path: string, value: object): object => ({
      at: value,
      path,
      start: recording === undefined ? -1 : startOf(path),
    });
    const startOf = (path: string): number =>
      text.indexOf('{', text.indexOf(path.endsWith('to') ? '"to"' : '"at"', text.indexOf(path.split('[')[0] ?? '')));
    assert.deepEqual(recording, {
      kernel: 'linux-6.1',
      cpu: 'POWER9',
      hostPageSize: 65536,
      tgid: 307,
      hpt: [{ order: 18, how: 'allocate', at: at('hpt[0].at', { mark: 'm' }) }],
      traces: ['t.dat'],
      memslots: [
        {
          slot: 1,
          gpa: 0x10000n,
          size: 0x20000n,
          hva: 0x7fff00000000n,
          logDirty: true,
          from: undefined,
          to: at('memslots[0].to', { ns: 1_500_000_000n }),
        },
      ],
      dumps: [{ kind: 'htab', file: 'dumps/1.htab.txt', at: at('dumps[0].at', { ns: 2_000_000_000n }) }],
      facts: 'facts.jsonl',
    });
  });

  it('shows each mistake at its line, column and JSON path, all in one go', () => {
    const text = `{
  "hptscope": 1,
  "kernel": "linux-7",
  "cpu": "POWER9",
  "hostPageSize": 8192,
  "traces": ["../t.dat", 7, "/etc/passwd", "c:x", "a\\\\b"],
  "hpt": [{ "order": 99, "how": "allocate", "at": { "time": "soon" } }],
  "memslots": [
    { "slot": 0, "gpa": "10000", "size": "0x10000", "hva": "0x1ffffffffffffffff" },
    { "slot": 1, "gpa": "0x10", "size": "0x10000", "hva": "0x0" },
    { "slot": 2, "gpa": "0x0", "size": "0x0", "hva": "0x0" },
    7
  ],
  "dumps": [{ "kind": "hpt", "file": "d", "at": {} }],
  "speed": 3
}`;
    assert.deepEqual(problemsOf(text), [
      'r.json:3:13: error: kernel: expected "linux-3.4" or "linux-6.1", found "linux-7"',
      'r.json:5:19: error: hostPageSize: expected 4096 or 65536',
      ...[14, 26, 29, 44, 51].map(
        (column) =>
          `r.json:6:${column}: error: traces[${[14, 26, 29, 44, 51].indexOf(column)}]: ${
            column === 26
              ? 'expected the path of a file, relative to this one'
              : 'expected a path inside the recording folder: relative, with "/", and without ".."'
          }`,
      ),
      'r.json:7:22: error: hpt[0].order: expected a whole number from 18 to 46, found 99',
      'r.json:7:61: error: hpt[0].at.time: expected seconds with up to nine decimals, such as "6.486738593"',
      'r.json:9:25: error: memslots[0].gpa: expected a hexadecimal number of at most 64 bits in quotes, such as "0x1000"',
      'r.json:9:60: error: memslots[0].hva: expected a hexadecimal number of at most 64 bits in quotes, such as "0x1000"',
      'r.json:10:25: error: memslots[1].gpa: expected a multiple of the host page size 0x2000',
      'r.json:11:40: error: memslots[2].size: a memslot of size 0 holds nothing; leave it out, and give the older one a "to"',
      'r.json:12:5: error: memslots[3]: expected an object, found 7',
      'r.json:14:23: error: dumps[0].kind: expected "htab" or "htabfd" or "pagemap", found "hpt"',
      'r.json:14:49: error: dumps[0].at: expected { "time": "seconds" } or { "mark": "text" }',
      'r.json:15:3: warning: speed: "speed" is not known here and is ignored; known are "hptscope", "kernel", "cpu", "hostPageSize", "vm", "traces", "hpt", "memslots", "dumps", "facts", "$schema"',
    ]);
  });

  it('knows the same keys as the schema that the editor validates with', () => {
    const schema = JSON.parse(readFileSync(join(repository, 'schemas', 'hptscope.schema.json'), 'utf8'));
    const keysOf = (object: { properties: object }): string[] => Object.keys(object.properties).sort();
    const known = (text: string): string[] => {
      const message = problemsOf(text).find((line) => line.includes('"unheard-of" is not known'));
      return [...(message ?? '').matchAll(/"([^"]+)"(?=,|$)/g)].map((match) => match[1] ?? '').sort();
    };
    const { vm, hpt, memslots, dumps } = schema.properties;
    assert.deepEqual(known(`${minimal}, "unheard-of": 1 }`), keysOf(schema));
    assert.deepEqual(known(`${minimal}, "vm": { "unheard-of": 1 } }`), keysOf(vm));
    assert.deepEqual(known(`${minimal}, "hpt": [{ "unheard-of": 1 }] }`), keysOf(hpt.items));
    assert.deepEqual(known(`${minimal}, "memslots": [{ "unheard-of": 1 }] }`), keysOf(memslots.items));
    assert.deepEqual(known(`${minimal}, "dumps": [{ "unheard-of": 1 }] }`), keysOf(dumps.items));
  });

  it('shows where the JSON itself is broken', () => {
    assert.deepEqual(problemsOf(''), ['r.json:1:1: error: the file is empty; expected a recording ("hptscope": 1, …)']);
    assert.deepEqual(problemsOf('{ "a": 1,\n  "a": 2 }'), [
      'r.json:2:3: error: the key "a" stands twice in this object',
    ]);
    assert.deepEqual(problemsOf('{ "a": tru }'), ['r.json:1:8: error: "tru" is not a JSON value']);
    assert.deepEqual(problemsOf('{ "a": "x\n'), [
      'r.json:1:8: error: a string must end on its line; write \\n for a line end',
    ]);
    assert.deepEqual(problemsOf('[1, 2'), ['r.json:1:6: error: expected "," or "]"']);
    assert.deepEqual(problemsOf('[]'), ['r.json:1:1: error: expected an object with "hptscope": 1']);
    assert.match(problemsOf('['.repeat(100_000)).join(), /nested more than 64 deep/);
  });

  it('resolves moments by mark and by time', async () => {
    const { events } = await readFtraceText([captureBytes('p9-61-64k-fixed', 'trace.txt')], 'trace.txt');
    const byMark = resolveAt({ mark: 'hptgt step 7 end' }, events) ?? assert.fail('mark not found');
    const marked = events.decode(byMark.before - 1);
    assert.deepEqual(marked, { kind: 'print', text: 'hptgt step 7 end' });
    assert.deepEqual(resolveAt({ ns: byMark.time }, events), byMark);
    assert.equal(resolveAt({ mark: 'hptgt step' }, events), undefined);
  });

  it('says where a mark stands that the trace does not have', async () => {
    const { events } = await readFtraceText([captureBytes('p9-61-64k-fixed', 'trace.txt')], 'trace.txt');
    const source = readRecordingFile(
      `${minimal}, "dumps": [\n { "kind": "htab", "file": "d", "at": { "mark": "nowhere" } } ] }`,
      'r.json',
    );
    const at = source.recording?.dumps[0]?.at ?? assert.fail('no dump');
    const resolved = resolvePlacedAt(at, events, source);
    assert.equal(
      'message' in resolved ? formatProblem(resolved) : '',
      'r.json:2:39: error: dumps[0].at: the trace has no tracing_mark_write event with the text "nowhere"',
    );
  });
});
