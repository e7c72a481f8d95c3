// What the editor of binary files answers: rows, filters, places and records of a real trace and a real stream.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FileSession } from '../../../src/extension/fileEditor/session';
import { StreamContent } from '../../../src/extension/fileEditor/streamContent';
import { TraceContent } from '../../../src/extension/fileEditor/traceContent';
import { partDecompressors } from '../../../src/platform/decompression';
import { readFile as readFileJob, unpackTrace } from '../../../src/platform/fileJobs';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import { type FilePicture, maxRowsPerRequest } from '../../../src/protocol';
import { readHtabStream } from '../../../src/trace/htabStream';
import { inRepository } from '../../repository';
import { captureRecording, memoryAccess } from '../../support/captures';

const dat = captureRecording('p9-61-64k-kprobes').files.get('trace.dat') ?? assert.fail('no trace.dat');
const streamBytes = gunzipSync(
  readFileSync(inRepository('test/data/captures/streams/p9-61-64k-fixed-htabfd.00110.htabfd.gz')),
);
const noActions = { stop: () => undefined, debug: () => undefined, convert: () => undefined };

async function traceSession(pause: () => Promise<void> = async () => undefined) {
  const services = {
    files: memoryAccess(new Map([['trace.dat', dat]])),
    decompressors: partDecompressors(nodeDecoders),
  };
  const read = await readFileJob('trace.dat', services, new Set());
  const session = new FileSession(noActions, pause);
  const trace = read.kind === 'trace' ? read.trace : assert.fail(read.kind);
  session.show(await TraceContent.of(unpackTrace(trace), trace.coverage, pause));
  const picture = (await session.handlers.open(undefined)) ?? assert.fail('not open');
  return { ...session.handlers, picture };
}

function section(picture: FilePicture, title: string) {
  return picture.sections.find((one) => one.title === title) ?? assert.fail(title);
}

describe('the editor of binary files', () => {
  it('gives the rows of a trace with what the kernel prints of them', async () => {
    const { rows, picture } = await traceSession();
    assert.equal(picture.rows, 8957);
    const { numbers, cells } = await rows({ from: 181, to: 183 });
    assert.deepEqual(numbers, [181, 182]);
    assert.deepEqual(cells[0], [
      '182',
      '26.443995327',
      '+0.000062182',
      '0',
      'hptgt-394',
      'kvm_page_fault_enter',
      'VCPU 0: hpte=0x1001020:0x12 guest=0x1000012 ea=0x100001000,40000000 slot=0x100,0x0',
    ]);
    assert.equal((await rows({ from: 0, to: 8957 })).numbers.length, maxRowsPerRequest);
    assert.deepEqual((await rows({ from: 9000, to: Number.NaN })).numbers, []);
  });

  it('filters by kind and by all words, in the order of the trace', async () => {
    const { filter, rows } = await traceSession();
    assert.deepEqual(await filter({ text: '', kinds: ['kvm_page_fault_enter'] }), { rows: 58 });
    const { rows: found } = await filter({ text: 'ABSENT', kinds: [] });
    assert.equal(found, 0);
    const both = await filter({ text: 'hcall=h_enter gpr4-7=0x0,0x8', kinds: ['kvm_hcall_enter'] });
    assert.ok(both.rows > 0);
    for (const cells of (await rows({ from: 0, to: both.rows })).cells) {
      assert.match(cells.join(' '), /kvm_hcall_enter VCPU 0: hcall=H_ENTER GPR4-7=0x0,0x8/);
    }
    assert.deepEqual(await filter({ text: ' ', kinds: [] }), { rows: 8957 });
  });

  it('lets the last filter win', async () => {
    const waiting: Array<() => void> = [];
    let block = false;
    const { filter } = await traceSession(() =>
      block ? new Promise<void>((resume) => waiting.push(resume)) : Promise.resolve(),
    );
    block = true;
    const first = Promise.resolve(filter({ text: 'h_enter', kinds: [] }));
    block = false;
    assert.deepEqual(await filter({ text: '', kinds: ['print'] }), { rows: 432 });
    waiting.forEach((resume) => resume());
    await assert.rejects(first, /Another filter was set/);
  });

  it('goes to times, numbers and marks, also where the filter hides them', async () => {
    const { goTo, filter } = await traceSession();
    assert.deepEqual(await goTo({ text: '26.443995327' }), {
      row: 181,
      sentence: 'event 182, the first at or after 26.443995327',
    });
    assert.equal((await goTo({ text: '#8957' })).row, 8956);
    assert.deepEqual(await goTo({ text: '8958' }), { row: undefined, sentence: 'There are events 1 to 8,957.' });
    assert.deepEqual(await goTo({ text: '99.5' }), { row: undefined, sentence: 'The trace ends before 99.5.' });
    assert.match((await goTo({ text: 'hptgt step 31 end' })).sentence, /the mark hptgt step 31 end/);
    assert.match((await goTo({ text: 'nonsense' })).sentence, /no time, no event number and no mark/);
    await filter({ text: '', kinds: ['kvm_page_fault_enter'] });
    assert.equal((await goTo({ text: '182' })).row, 0);
    const next = await goTo({ text: '183' });
    assert.deepEqual([next.row, /the next that the filter shows/.test(next.sentence)], [1, true]);
    assert.equal((await goTo({ text: '8957' })).row, undefined);
  });

  it('decodes the record behind an event, and gives its bytes', async () => {
    const { record } = await traceSession();
    const { title, fields, bytes, text } = await record({ number: 181 });
    assert.equal(title, 'Event 182: kvm_page_fault_enter');
    assert.match(text ?? '', /^VCPU 0: hpte=0x1001020:0x12/);
    assert.deepEqual(fields[1], { name: 'hpte_v', type: 'unsigned long', value: '0x1001020', meaning: 'ABSENT' });
    assert.deepEqual(
      fields.find(({ name }) => name === 'dsisr'),
      { name: 'dsisr', type: 'u32', value: '0x40000000', meaning: 'NOHPTE' },
    );
    assert.equal(bytes.byteLength, 64);
    assert.equal(new DataView(bytes).getInt32(4, true), 394); // common_pid
  });

  it('sums a trace up', async () => {
    const { picture } = await traceSession();
    assert.deepEqual(section(picture, 'Virtual machines').rows, [['394', '0', 'hptgt-394']]);
    assert.deepEqual(section(picture, 'Events by kind').rows[0], ['kvmppc_run_vcpu_enter', '1,676', '18.7 %']);
    assert.equal(section(picture, 'Lost events').note, 'Nothing was lost.');
    assert.deepEqual(section(picture, 'File').rows.at(-2), ['Written by', 'trace-cmd 3.1.6 not-a-git-repo']);
    const open = section(picture, 'Coverage').rows;
    assert.ok(open.some(([question, missing]) => question === 'which entries exist' && missing === 'hpt, table dumps'));
    assert.match(section(picture, 'To record it the next time').rows.join('\n'), /debug\/kvm\/PID-FD\/htab/);
    assert.match(picture.facts.join(' · '), /^trace\.dat version 7 · 8,957 events · 2\.365 s · 1 CPU/);
  });

  it('gives the entries and the free slots of a stream', async () => {
    const session = new FileSession(noActions, async () => undefined);
    assert.equal(await session.handlers.open(undefined), undefined); // still being read
    session.show(new StreamContent(readHtabStream(streamBytes, 'dump.htabfd'), streamBytes));
    const picture = (await session.handlers.open(undefined)) ?? assert.fail('not open');
    assert.deepEqual([picture.rows, picture.isTrace], [27, false]);
    const { cells } = await session.handlers.rows({ from: 0, to: 2 });
    assert.deepEqual(cells, [
      ['1', '0x0', '0x0', '0x0000000001001001', '0x0000000001000192', 'VALID | R C pp 2'],
      ['1', '0x1', '0x0', '', '', '15 free slots, to 0xf'],
    ]);
    assert.equal((await session.handlers.goTo({ text: '0x3fc7' })).row, 12);
    assert.equal((await session.handlers.goTo({ text: '0x200' })).row, 11); // inside a run of free slots
    const { bytes, place } = await session.handlers.record({ number: 0 });
    assert.equal(place, 'pass 1, byte 8 of the stream');
    assert.deepEqual(new Uint8Array(bytes), Uint8Array.from(streamBytes.subarray(8, 24)));
  });

  it('says why a file cannot be shown', async () => {
    const session = new FileSession(noActions, async () => undefined);
    session.show({ failure: 'no trace' });
    await assert.rejects(async () => session.handlers.open(undefined), /no trace/);
    const services = {
      files: memoryAccess(new Map([['x.dat', Buffer.from('text\n')]])),
      decompressors: partDecompressors(nodeDecoders),
    };
    const read = await readFileJob('x.dat', services, new Set());
    assert.match(read.kind === 'none' ? (read.problems[0]?.message ?? '') : '', /none of the known forms/);
  });
});
