import { strict as assert } from 'node:assert';
import { partDecompressors } from '../../../src/platform/decompression';
import { nodeDecoders } from '../../../src/platform/node/decoders';
import { FtraceTextReader } from '../../../src/trace/ftraceText';
import { readTraceDat } from '../../../src/trace/traceDat';
import { ftraceText, jsonLines } from '../../../src/trace/writeFtrace';
import { type CaptureName, captureBytes, captureRecording } from '../../support/captures';

describe('writing traces', () => {
  for (const capture of ['p9-61-64k-fixed', 'p8-61-64k-fixed', 'p9-61-64k-kprobes'] as CaptureName[]) {
    it(`the trace.dat of ${capture} becomes the kernel's own text, byte for byte`, async () => {
      const bytes = captureRecording(capture).files.get('trace.dat') ?? assert.fail('no trace.dat');
      const { events } = await readTraceDat(bytes, 'trace.dat', partDecompressors(nodeDecoders));
      assert.equal([...ftraceText(events)].join(''), Buffer.from(captureBytes(capture, 'trace.txt')).toString());
    });
  }

  it('what is written reads back as the same events', () => {
    const reader = new FtraceTextReader('trace.txt');
    reader.push(captureBytes('p9-61-64k-kprobes', 'trace.txt'));
    const { events } = reader.end();
    events.lost.push({ before: 3, cpu: 0, count: 7 }, { before: 3, cpu: 0, count: undefined });
    const again = new FtraceTextReader('again.txt');
    again.push(Buffer.from([...ftraceText(events)].join('')));
    const back = again.end().events;
    assert.equal(back.count, events.count);
    assert.deepEqual(back.lost, events.lost);
    for (let i = 0; i < events.count; i++) {
      assert.deepEqual(
        [back.timeOf(i), back.taskOf(i), back.decode(i)],
        [events.timeOf(i), events.taskOf(i), events.decode(i)],
      );
    }
  });

  it('JSON lines hold 64-bit numbers as text', () => {
    const reader = new FtraceTextReader('trace.txt');
    reader.push(
      Buffer.from(
        'a-1 [002] d.... 1.000002: kvm_page_fault_exit: VCPU 0: hpte=0x8000000000001001:0x2 ret=0xfffffffffffffff2\n',
      ),
    );
    assert.deepEqual(
      [...jsonLines(reader.end().events)].map((line) => JSON.parse(line)),
      [
        {
          time: '1.000002000',
          cpu: 2,
          comm: 'a',
          pid: 1,
          flags: 'd....',
          event: 'kvm_page_fault_exit',
          fields: { vcpu: 0, hpteV: '0x8000000000001001', hpteR: '0x2', ret: '-0xe' },
        },
      ],
    );
  });
});
